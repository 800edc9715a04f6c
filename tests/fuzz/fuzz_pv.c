// SPDX-License-Identifier: BSD-2-Clause
/*
 * libFuzzer: messages from both ends, writes to the register page, bells, events, lives
 * and time, in any order. Whatever comes: locks are free again, errors change no
 * register, the page shows the state, a set-up queue lies in its window, windows are
 * zeroed only when nobody is waited for.
 */
/* sources: pv/device.c pv/message.c pv/page.c lib/format.c tests/host/fake/fake_arch.c */
#include "tests/host/fake/pv_machine.h"
#include "../../pv/link.c"		/* its static state is reset for each input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[MIB(11)];
static const uint8_t *next, *end;

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static uint32_t take(unsigned bytes)
{
	uint32_t v = 0;

	for (; bytes != 0 && next < end; bytes--) {
		v = v << 8 | *next++;
	}
	return v;
}

/* Any payload; words that look like addresses of a window are made ones more often. */
static void message(unsigned guest)
{
	uint64_t port = take(1) % 5;
	unsigned id = take(1), size = take(1);
	uint64_t q[15] = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(q) && next < end; i++) {
		uint32_t kind = take(1);

		q[i] = kind & 1 ? take(1) : kind & 2 ? (uint64_t)take(4) << 32 | take(4) :
		       (kind & 4 ? SPLIT : BANK) + ((uint64_t)take(2) << (kind >> 4));
	}
	(void)ask(guest, port, id, q, size);
}

static void life(unsigned guest)
{
	if (links[DISK].is_up[guest == BACK_GUEST]) {
		machine_stop(guest);
	} else if (pv_stop_step(&guests[guest]) != PV_MORE) {
		machine_start(guest);
	}
}

static void step(void)
{
	uint32_t what = take(1), bits, epoch, offset = take(2);
	unsigned guest = what >> 4 & 1 ? BACK_GUEST : FRONT_GUEST;

	switch (what & 7) {
	case 0:
		life(guest);
		break;
	case 1:
		(void)event(guest, &bits, &epoch);
		break;
	case 2:
		(void)notify(guest, offset);
		break;
	case 3:
		fake.now += (uint64_t)offset << 16;
		break;
	case 4:
		(void)ask_words(BACK_GUEST, what >> 5, SKERRY_MSG_ACK, 1,
				links[what >> 5 & 3].epoch);
		break;
	case 5:
		message(guest);
		break;
	default:
		(void)pv_page_write(&guests[FRONT_GUEST].vcpu[0],
				    NET * PAGE_SIZE + offset % 0x180, what & 0x80 ? 1 : 4, take(4));
	}
}

static bool is_inside(const struct sys_window *w, uint64_t base, uint64_t at, uint64_t size)
{
	return range_holds((struct range){ base, w->size }, at, size);
}

static void check(void)
{
	for (unsigned i = 0; i < LINKS; i++) {
		const struct pv_link *l = &links[i];
		const struct sys_link *c = &the_system.link[i];

		must(fake.lock_depth == 0 && !(l->is_live && !(l->status & STATUS_DRIVER_OK)));
		must(!(l->status & STATUS_FEATURES_OK) || !(~l->features & FEATURES_NEEDED));
		must(!l->is_ack_due || l->is_ready);
		must(!l->is_reset_due || l->is_ack_due);
		for (unsigned n = 0; n < SKERRY_QUEUE_MAX; n++) {
			const struct skerry_msg_vqueue *q = &l->queue[n];
			const struct sys_window *w = &the_system.window[c->window];
			uint64_t base = c->end[SKERRY_FRONT].base;

			uint64_t size = q->size;

			must(size == 0 || (is_inside(w, base, q->descriptors, 16 * size) &&
					   is_inside(w, base, q->available, 6 + 2 * size) &&
					   is_inside(w, base, q->used, 6 + 8 * size)));
		}
	}
	must(registers[0x070 / 4] == links[NET].status);
	must(registers[0x060 / 4] == links[NET].interrupts);
	must(registers[0x0fc / 4] == links[NET].generation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	next = data;
	end = data + size;
	machine_reset();
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct pv_link){ .lock = LOCK_INIT(LOCK_LINK) };
	}
	fake.memory = memory;
	fake.memory_base = WINDOWS_AT;
	fake.memory_size = sizeof(memory);
	machine_start(BACK_GUEST);
	(void)ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &disk_offer, 32);
	(void)ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32);
	machine_start(FRONT_GUEST);
	if (take(1) & 1) {
		disk_up();
	}
	(void)queue_at(0, 0, 0);
	(void)events_of(FRONT_GUEST, 0);
	while (next < end) {
		step();
		check();
	}
	return 0;
}
