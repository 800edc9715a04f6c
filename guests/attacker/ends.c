/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 59 and 64: queue addresses by both transports, and both ends against EL2. They
 * need the links of tests/qemu/test_guests.py; else they say so. The same image with the
 * boot argument "mate" is the guest at the other end: it offers what it can,
 * acknowledges, and rings every bell it has without end.
 */
#include "attacker.h"
#include "link.h"
#include <abi/message.h>

#define STATUS_READY	11u		/* FEATURES_OK */

static const uint64_t hostile[] = {
	0, 1, 2, 3, 15, 16, 31, 255, 256, 4096, 1ull << 31, (1ull << 31) - 1, 1ull << 32,
	(1ull << 32) + 1, 1ull << 39, 1ull << 48, 1ull << 63, (1ull << 63) - 1, ~0ull, ~0ull - 1,
	~15ull, SKERRY_INFO_BASE, SKERRY_PAGE_BASE, SKERRY_WINDOW_BASE, SKERRY_RAM_BASE,
};

static bool is_result(int64_t r)
{
	return r == SKERRY_OK || r == SKERRY_INVALID ||
	       (r <= SKERRY_DENIED && r >= SKERRY_NO_MEMORY);
}

/* This guest's front end of such a link; notes where there is none. */
static int front_of(uint32_t type)
{
	int port = link_by_type(type, SKERRY_FRONT, 0);

	if (port < 0) {
		note("not done without links");
	}
	return port;
}

static uint32_t word_of(uint32_t port, uint32_t id, uint32_t at)
{
	uint32_t w[16] = { 0 };

	(void)link_ask(port, id, NULL, 0, w, sizeof(w));
	return w[at];
}

static int64_t set_status(uint32_t port, uint32_t status)
{
	return link_ask(port, SKERRY_MSG_SET_STATUS, &status, sizeof(status), NULL, 0);
}

/* Status 0: the other end may have to agree, and may have to be restarted first. */
static bool reset(uint32_t port)
{
	uint64_t until = time_now() + us_to_ticks(20000000);

	while (set_status(port, 0) == SKERRY_PENDING ||
	       word_of(port, SKERRY_MSG_GET_STATUS, 0) != 0) {
		if (time_now() > until) {
			return false;
		}
		delay_us(1000);
	}
	return true;
}

static bool bring_up(uint32_t port, uint32_t status)
{
	uint64_t until = time_now() + us_to_ticks(20000000);
	uint32_t low[3] = { 0, 1, 0 }, high[3] = { 1, 1, 3 };

	while (link_ask(port, SKERRY_MSG_DEVICE_INFO, NULL, 0, NULL, 0) == SKERRY_AGAIN) {
		if (time_now() > until) {
			return false;
		}
		delay_us(1000);
	}
	return reset(port) && set_status(port, 3) == 0 &&
	       link_ask(port, SKERRY_MSG_SET_FEATURES, low, sizeof(low), NULL, 0) == 0 &&
	       link_ask(port, SKERRY_MSG_SET_FEATURES, high, sizeof(high), NULL, 0) == 0 &&
	       set_status(port, STATUS_READY) == 0 &&
	       word_of(port, SKERRY_MSG_GET_STATUS, 0) == STATUS_READY &&
	       (status == STATUS_READY || set_status(port, status) == 0);
}

static int64_t set_queue(uint32_t port, uint64_t d, uint64_t a, uint64_t u, uint32_t size)
{
	struct skerry_msg_vqueue q = { .size = size, .descriptors = d, .available = a, .used = u };

	return link_ask(port, SKERRY_MSG_SET_VQUEUE, &q, sizeof(q), NULL, 0);
}

/* 24, 59: queue areas everywhere but where they belong; changed while live. */
void e59_queues(void)
{
	int port = front_of(SKERRY_LINK_BLOCK);
	const struct skerry_link *l = link_info((uint32_t)port);
	uint64_t half;

	if (port < 0) {
		return;
	}
	half = l->base + l->size / 2;
	mmu_map_missing(l->base, l->size, MAP_WB | MAP_XN);
	expect(bring_up((uint32_t)port, STATUS_READY), "it does not come up");
	for (uint32_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		uint64_t h = hostile[i];
		bool inside = h == l->base;

		expect(inside || set_queue(port, h, l->base + 256, half, 16) == SKERRY_INVALID,
		       "descriptors at %lx", h);
		expect(set_queue(port, l->base, h, half, 16) == SKERRY_INVALID, "available at %lx",
		       h);
		expect(set_queue(port, l->base, l->base + 256, h, 16) == SKERRY_INVALID,
		       "used at %lx", h);
		expect(h - 1 < 16 || set_queue(port, l->base, l->base + 512, half,
					       (uint32_t)h) <= 0, "size %lx", h);
	}
	expect(set_queue(port, half, l->base, half + 4096, 16) == SKERRY_INVALID, "other half");
	expect(set_queue(port, l->base, l->base + 256, l->base + 4096, 16) == SKERRY_INVALID,
	       "used ring in the driver half");
	expect(set_queue(port, half - 16, l->base, half, 16) == SKERRY_INVALID,
	       "across the halves");
	expect(set_queue(port, l->base, l->base + 256, half, 16) == 0, "the right place");
	expect(set_status(port, STATUS_READY | 4) == 0, "not live");
	expect(set_queue(port, l->base + 4096, l->base + 8192, half, 16) == SKERRY_BUSY,
	       "changed while live");
	expect(try_write(half, 4, 0) != 0, "the device half can be written");
	expect(try_write(l->base, 4, 0) == 0, "the driver half can't be written");
	expect(reset((uint32_t)port), "no reset");
}

/* 61, 64: every id and size from each end, forged epochs, on all ports there may be, while
 * the mate rings all the time. */
void e64_both_ends(void)
{
	uint64_t count = scaled(30000), state = 99;

	if (!platform.info || !platform.info->port_count) {
		note("not done without links");
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t r = random_next(&state);
		struct regs x = { { SKERRY_HVC_MESSAGE,
				    r % 5 ? r >> 8 & 3 : hostile[r % ARRAY_SIZE(hostile)] } };
		bool is_wild = r & 1 << 16;

		for (uint32_t n = 2; n < 18; n++) {
			uint64_t v = random_next(&state);

			x.x[n] = v % 3 ? hostile[(v >> 8) % ARRAY_SIZE(hostile)] : 0;
		}
		if (!is_wild) {		/* a header that is one */
			x.x[2] = (r >> 20 & 0x8f) << 8 | (8 + (r >> 28 & 127)) << 48;
		}
		hvc(&x);
		expect(is_result((int64_t)x.x[0]), "x0 is %lx", x.x[0]);
		expect(x.x[1] < 4 || (int64_t)x.x[0] == SKERRY_INVALID, "port %lx", x.x[1]);
	}
	for (uint32_t port = 0; port < platform.info->port_count; port++) {
		uint32_t epoch = 0;

		do {				/* forged acknowledgements */
			int64_t e = link_ack(port, epoch);

			expect(e == SKERRY_INVALID || e == SKERRY_BUSY, "ACK %x: %ld", epoch, e);
			epoch = epoch * 3 + 1;
		} while (epoch < 0x10000000);
	}
	note("%lu messages", count);
}

/* 24: the register page: any write of any width; it shows what EL2 allows and stays
 * read-only. */
void e59_page(void)
{
	int port = front_of(SKERRY_LINK_NET);
	uint64_t at, count = scaled(20000), state = 3;

	if (port < 0 || !link_info((uint32_t)port)->page) {
		note("not done without a register page");
		return;
	}
	at = link_info((uint32_t)port)->page;
	expect(bring_up((uint32_t)port, STATUS_READY), "it does not come up");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t r = random_next(&state), offset = r % 0x200 & ~3ull;
		uint64_t value = r & 1 << 20 ? hostile[r >> 24 & 15] : r >> 32 & 15;

		if (offset == 0x070 && value == 0) {
			continue;		/* a reset: below */
		}
		expect(try_write(at + offset, 4, value) == 0, "a write at %lx", offset);
		if (i % 16 == 0) {
			expect(try_write(at + offset, 8, value) != 0, "8 bytes at %lx", offset);
		}
	}
	expect(read32(at) == 0x74726976 && read32(at + 4) == 2, "it is not what it was");
	write32(at + 0x070, 0);			/* lasts until the other end agrees */
	expect(read32(at + 0x070) == 0, "no reset");
	expect(bring_up((uint32_t)port, STATUS_READY), "it does not come up again");
	expect(reset((uint32_t)port), "no second reset");
	note("%lu writes", count);
}

/* The mate: a block device of two queues on each link that it serves. */
void mate_run(void)
{
	uint32_t ports = platform.info ? platform.info->port_count : 0, epoch;

	for (;;) {
		for (uint32_t port = 0; port < ports; port++) {
			const struct skerry_link *l = link_info(port);
			struct skerry_msg_offer offer = {
				.device_id = l->type, .config_size = 60, .queue_count = 2,
				.queue_size_max = 256,
			};
			struct skerry_msg_state s;

			if (l->role == SKERRY_BACK && link_state(port, &s) == 0 && s.is_ack_due) {
				(void)link_ack(port, s.epoch);
			}
			if (l->role == SKERRY_BACK && time_now() % 8 == 0) {
				(void)link_offer(port, &offer, &epoch);
			}
			(void)link_notify(port);
		}
	}
}
