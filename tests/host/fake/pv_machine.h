/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three guests and four links for the tests of pv/: FRONT uses a disk by messages
 * (split window), a network card by a register page (shared window) and raw shared
 * memory, all served by BACK; OTHER uses a console that BACK serves too. Included
 * once by each test; the calls are made as guests make them.
 */
#ifndef PV_MACHINE_H
#define PV_MACHINE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <abi/hypercalls.h>
#include "../../../pv/pv.h"
#include "fake_arch.h"

enum { FRONT_GUEST, BACK_GUEST, OTHER_GUEST, GUESTS };
enum { DISK, NET, RAW, CONSOLE, LINKS };	/* ports of BACK; the first three of FRONT */

#define SPLIT		0x20000000ull
#define SPLIT_SIZE	MIB(2)
#define BANK		0x40000000ull
#define BANK_SIZE	MIB(4)
#define WINDOWS_AT	0x90000000ull

static struct sys_guest config[GUESTS];
static _Alignas(4096) uint32_t registers[1024];
static struct skerry_msg answer;
static unsigned forced[GUESTS], kicked[GUESTS];

int life_force(struct guest *g, const char *why, const char *what)
{
	(void)why, (void)what;
	forced[g->index]++;
	return SKERRY_OK;
}

int life_apply(struct guest *g, enum life_event event)
{
	(void)g, (void)event;
	return SKERRY_OK;
}

void life_kick_waiting(uint32_t index)
{
	kicked[index]++;
}

static void machine_link(unsigned i, uint8_t type, uint8_t transport, uint8_t window,
			 uint8_t front, uint8_t port, uint64_t base)
{
	struct sys_link *l = &the_system.link[i];

	*l = (struct sys_link){ .type = type, .transport = transport, .window = window };
	l->name[0] = (char)('a' + i);
	l->end[SKERRY_FRONT] = (struct sys_end){ .guest = front, .port = port, .base = base };
	l->end[SKERRY_BACK] = (struct sys_end){ .guest = BACK_GUEST, .port = (uint8_t)i,
						.base = 0x30000000 + MIB(i) };
	l->registers = transport == SKERRY_BY_REGISTER_PAGE ? registers : NULL;
}

static void machine_reset(void)
{
	static const struct sys_window windows[LINKS] = {
#define WINDOW(at, bytes, guest, of) \
		{ .host = { WINDOWS_AT + MIB(at) }, .size = (bytes), .link_count = 1, \
		  .front = (guest), .kind = (of) }
		WINDOW(0, SPLIT_SIZE, FRONT_GUEST, SKERRY_WINDOW_SPLIT),
		WINDOW(4, BANK_SIZE, FRONT_GUEST, SKERRY_WINDOW_SHARED),
		WINDOW(9, KIB(128), FRONT_GUEST, SKERRY_WINDOW_SPLIT),
		WINDOW(10, KIB(128), OTHER_GUEST, SKERRY_WINDOW_SPLIT),
	};
	struct system *s = &the_system;

	fake_reset();
	memset(s, 0, sizeof(*s));
	memset(config, 0, sizeof(config));
	memset(registers, 0, sizeof(registers));
	memset(forced, 0, sizeof(forced));
	memset(kicked, 0, sizeof(kicked));
	for (uint8_t i = 0; i < GUESTS; i++) {
		config[i].name[0] = (char)('F' + i);
		config[i].vcpu_count = 1;
		config[i].cpu[0] = i;
	}
	fake_guests(config, GUESTS);
	s->guest_count = GUESTS;
	memcpy(s->window, windows, sizeof(windows));
	s->window_count = s->link_count = LINKS;
	machine_link(DISK, SKERRY_LINK_BLOCK, SKERRY_BY_MESSAGE, 0, FRONT_GUEST, 0, SPLIT);
	machine_link(NET, SKERRY_LINK_NET, SKERRY_BY_REGISTER_PAGE, 1, FRONT_GUEST, 1, BANK);
	machine_link(RAW, SKERRY_LINK_SHARED_MEMORY, SKERRY_BY_MESSAGE, 2, FRONT_GUEST, 2,
		     SPLIT + MIB(8));
	machine_link(CONSOLE, SKERRY_LINK_CONSOLE, SKERRY_BY_MESSAGE, 3, OTHER_GUEST, 0,
		     SPLIT);
}

static void machine_start(unsigned guest)
{
	pv_guest_change(&guests[guest], true);
	guests[guest].state = GUEST_RUNNING;
}

static inline void machine_stop(unsigned guest)
{
	guests[guest].state = GUEST_STOPPING;
	pv_guest_change(&guests[guest], false);
}

/* A request of `size` bytes of payload; its result, with the answer in `answer`. */
static int64_t ask(unsigned guest, uint64_t port, unsigned id, const void *payload, unsigned size)
{
	struct skerry_msg q = { .id = (uint8_t)id, .token = 0x1234,
				.size = (uint16_t)(SKERRY_MSG_HEADER + size) };
	uint64_t x[18] = { SKERRY_HVC_MESSAGE, port }, before[18];
	int64_t result;

	if (size != 0) {
		memcpy(q.bytes, payload, size < sizeof(q.bytes) ? size : sizeof(q.bytes));
	}
	memcpy(&x[2], &q, sizeof(q));
	memcpy(before, x, sizeof(x));
	result = hvc_message(&guests[guest].vcpu[0], x);
	if (x[0] != before[0] || x[1] != before[1] || fake.lock_depth != 0) {
		abort();
	}
	if (result != SKERRY_OK && result != SKERRY_PENDING) {
		if (memcmp(x, before, sizeof(x)) != 0) {
			abort();	/* an error changes no register */
		}
	}
	memcpy(&answer, &x[2], sizeof(answer));
	return result;
}

static int64_t ask_words(unsigned guest, uint64_t port, unsigned id, unsigned count, ...)
{
	uint32_t w[30];
	va_list args;

	va_start(args, count);
	for (unsigned i = 0; i < count; i++) {
		w[i] = va_arg(args, uint32_t);
	}
	va_end(args);
	return ask(guest, port, id, w, 4 * count);
}

static int64_t event(unsigned guest, uint32_t *bits, uint32_t *epoch)
{
	uint64_t x[18] = { SKERRY_HVC_EVENT, 1, 2, 3 };
	int64_t port = hvc_event(&guests[guest].vcpu[0], x);

	if (x[3] != 3 || (port < 0 && (x[1] != 1 || x[2] != 2)) || fake.lock_depth != 0) {
		abort();
	}
	*bits = port < 0 ? 0 : (uint32_t)x[1];
	*epoch = port < 0 ? 0 : (uint32_t)x[2];
	return port;
}

/* All events of a guest's port so far. */
static inline uint32_t events_of(unsigned guest, int64_t port)
{
	uint32_t bits, epoch, found = 0;
	int64_t from;

	while ((from = event(guest, &bits, &epoch)) >= 0) {
		found |= from == port ? bits : 0;
	}
	return found;
}

static inline int64_t notify(unsigned guest, uint64_t port)
{
	uint64_t x[18] = { SKERRY_HVC_NOTIFY, port };

	return hvc_notify(&guests[guest].vcpu[0], x);
}

static const struct skerry_msg_offer __attribute__((unused)) disk_offer = {
	.device_id = SKERRY_LINK_BLOCK, .vendor_id = 0x59524b53, .features = 1ull << 29 | 1 << 9,
	.config_size = 60, .queue_count = 2, .queue_size_max = 256,
};
static const struct skerry_msg_offer __attribute__((unused)) net_offer = {
	.device_id = SKERRY_LINK_NET, .vendor_id = 0x59524b53, .features = 1 << 5,
	.config_size = 12, .queue_count = 2, .queue_size_max = 128,
};

/* A queue in its window as a front end of ours lays it out. */
static inline struct skerry_msg_vqueue queue_at(unsigned index, uint64_t base, uint64_t half)
{
	return (struct skerry_msg_vqueue){
		.index = index, .size = 16, .descriptors = base + index * KIB(8),
		.available = base + index * KIB(8) + KIB(4), .used = half + index * KIB(4),
	};
}

/* FRONT's driver on DISK, up to DRIVER_OK. */
static inline void disk_up(void)
{
	struct skerry_msg_vqueue q;
	bool is_fine = ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 3) == 0 &&
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 0, 1, 1u << 29) == 0 &&
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 1, 1, 3) == 0 &&
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 11) == 0;

	for (unsigned i = 0; i < 2; i++) {
		q = queue_at(i, SPLIT, SPLIT + SPLIT_SIZE / 2);
		is_fine = is_fine && ask(FRONT_GUEST, DISK, SKERRY_MSG_SET_VQUEUE, &q,
					 sizeof(q)) == 0;
	}
	if (!is_fine || ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 15) != 0 ||
	    answer.w[0] != 15) {
		abort();
	}
}

#endif
