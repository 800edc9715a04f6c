/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * E: a hostile front end. Its rings, messages and bells are whatever comes to mind; its
 * back end, other front ends of that and EL2 must go on. Needs a link with a device.
 */
#include "attacker.h"
#include "link.h"
#include "virtio.h"

#define LIVE	(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK)
#define SIZE	64u			/* entries of the queue */
#define RESET_MS 30000		/* only ends what hangs: a busy host may keep a core */

/* The first device of which this guest is the front end, or NULL with a note. */
static const struct skerry_link *device(uint32_t *port)
{
	const struct skerry_link *l;

	for (*port = 0; (l = link_info(*port)) != NULL; ++*port) {
		if (l->role == SKERRY_FRONT && l->type != SKERRY_LINK_SHARED_MEMORY &&
		    l->transport == SKERRY_BY_MESSAGE) {
			return l;
		}
	}
	note("not done without a link");
	return NULL;
}

static int64_t set_status(uint32_t port, uint32_t status)
{
	return link_ask(port, SKERRY_MSG_SET_STATUS, &status, sizeof(status), NULL, 0);
}

static uint32_t get_status(uint32_t port)
{
	uint32_t status = 0;

	link_ask(port, SKERRY_MSG_GET_STATUS, NULL, 0, &status, sizeof(status));
	return status;
}

static void reset(uint32_t port)
{
	uint64_t end = time_now() + us_to_ticks(RESET_MS * 1000);

	set_status(port, 0);
	while (get_status(port) && time_now() < end) {
		delay_us(100);
	}
	expect(get_status(port) == 0, "no reset within %u ms", RESET_MS);
}

/* A live device with one queue, its areas at the begin of their halves. */
static void bring_up(uint32_t port, const struct skerry_link *l)
{
	struct skerry_msg_vqueue q = {
		.size = SIZE, .descriptors = l->base, .available = l->base + 0x1000,
		.used = l->base + l->size / 2,
	};
	uint32_t low[3] = { 0, 1, (uint32_t)(VIRTIO_EVENT_IDX | VIRTIO_INDIRECT_DESC) };
	uint32_t high[3] = { 1, 1, 3 };

	reset(port);
	set_status(port, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	link_ask(port, SKERRY_MSG_SET_FEATURES, low, sizeof(low), NULL, 0);
	link_ask(port, SKERRY_MSG_SET_FEATURES, high, sizeof(high), NULL, 0);
	set_status(port, LIVE & ~VIRTIO_DRIVER_OK);
	expect(link_ask(port, SKERRY_MSG_SET_VQUEUE, &q, sizeof(q), NULL, 0) == SKERRY_OK, "queue");
	expect(set_status(port, LIVE) == SKERRY_OK && (get_status(port) & LIVE) == LIVE,
	       "DRIVER_OK");
}

static volatile uint64_t quit;

/* The other vCPU: words of descriptors and ring change all the time. */
static void rewrite(uint64_t base)
{
	uint64_t state = 99;

	while (!quit) {
		uint64_t v = random_next(&state);

		*(volatile uint64_t *)(base + (v >> 40 & 0x3f8)) = v & 0x000f0fff20ff0ff0;
		*(volatile uint32_t *)(base + 0x1000) = (uint32_t)v & 0x003f0001;
		*(volatile uint16_t *)(base + 0x1004 + (v >> 50 & 0x7e)) = (uint16_t)(v & 0x3f);
	}
}

void e56_double_fetch(void)
{
	uint64_t count = scaled(20), breaks = 0;
	const struct skerry_link *l;
	uint32_t port;

	if (!(l = device(&port)) || !has_worker()) {
		return;
	}
	quit = 0;
	worker_call(1, rewrite, l->base);
	for (uint64_t i = 0; i < count; i++) {
		bring_up(port, l);
		for (uint32_t n = 0; n < 200; n++) {
			link_notify(port);
		}
		delay_us(5000);
		breaks += get_status(port) & VIRTIO_NEEDS_RESET ? 1 : 0;
	}
	quit = 1;
	worker_wait(1);
	reset(port);
	note("%lu of %lu devices broke", breaks, count);
}

/* A descriptor that may look right. */
static struct virtq_desc random_desc(uint64_t base, uint64_t size, uint64_t *state)
{
	uint64_t v = random_next(state), w = random_next(state);
	struct virtq_desc d = {
		.addr = base + w % size, .len = (uint32_t)(v & 0xfff),
		.flags = (uint16_t)(v >> 32 & 7), .next = (uint16_t)(v >> 40 & 0x3f),
	};

	if ((v >> 56 & 7) == 0) {
		d.addr = w;
	} else if ((v >> 56 & 7) == 1) {
		d.len = (uint32_t)w;
	} else if ((v >> 56 & 7) == 2) {
		d.next = (uint16_t)w;
	}
	return d;
}

void e57_rings(void)
{
	uint64_t count = scaled(100), breaks = 0, state = 12345;
	const struct skerry_link *l;
	uint32_t port;

	if (!(l = device(&port))) {
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		struct virtq_desc *desc = (struct virtq_desc *)l->base;
		volatile uint16_t *avail = (volatile uint16_t *)(l->base + 0x1000);
		uint32_t tries = 0;

		memset(desc, 0, 0x2000);
		bring_up(port, l);
		for (uint32_t n = 0; n < SIZE; n++) {
			desc[n] = random_desc(l->base, l->size, &state);
			avail[2 + n] = (uint16_t)(n % 8 ? random_next(&state) % SIZE :
						  random_next(&state));
		}
		avail[1] = (uint16_t)(i % 4 ? random_next(&state) % SIZE : random_next(&state));
		while (!(get_status(port) & VIRTIO_NEEDS_RESET) && tries++ < 20) {
			link_notify(port);
			delay_us(50);
		}
		breaks += tries < 20;
	}
	reset(port);
	note("%lu of %lu devices broke", breaks, count);
}

static bool is_answer(int64_t e)
{
	return e == SKERRY_OK || e == SKERRY_INVALID || e == SKERRY_PENDING || e == SKERRY_BUSY ||
	       e == SKERRY_AGAIN;
}

void e61_messages(void)
{
	uint64_t count = scaled(100000), state = 777, done = 0;
	uint32_t port;

	if (!device(&port)) {
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t v = random_next(&state);
		struct skerry_msg m;
		bool is_mine;
		int64_t e;

		for (uint32_t n = 0; n < 15; n++) {
			m.q[n] = random_next(&state) >> (v >> (n + 8) & 1 ? 60 : 0);
		}
		m.type = v & 1 ? 0 : (uint8_t)(v >> 32);
		m.id = v & 2 ? (uint8_t)(v >> 40 & 0x8f) : (uint8_t)(v >> 40);
		m.device = v & 12 ? 0 : (uint16_t)(v >> 16);
		m.token = (uint16_t)v;
		m.size = v & 16 ? (uint16_t)(8 + (v >> 48 & 0x2c)) : (uint16_t)(v >> 48);
		is_mine = m.id < SKERRY_MSG_OFFER;
		e = link_message(v & 32 ? port : (uint32_t)(v >> 50), &m);
		expect(is_answer(e), "a message gives %ld", e);
		expect(e != SKERRY_OK || is_mine, "a back end's message is taken");
		done += e == SKERRY_OK;
	}
	reset(port);
	note("%lu of %lu taken", done, count);
}

void e62_handles(void)
{
	uint64_t count = scaled(200000), state = 4242, ports = 0;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	ports = platform.info->port_count;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t v = random_next(&state) >> (random_next(&state) & 63);
		int64_t e = hvc_call(SKERRY_HVC_NOTIFY, v, i, v);

		expect(e == (v < ports ? SKERRY_OK : SKERRY_INVALID), "NOTIFY(%lx): %ld", v, e);
	}
	note("%lu handles", count);
}

void e63_flood(void)
{
	uint64_t count = scaled(300000);
	uint32_t port;

	if (!device(&port)) {
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		expect(link_notify(port) == SKERRY_OK, "NOTIFY");
		if (i % 16 == 0) {
			struct regs r = { { SKERRY_HVC_EVENT } };

			get_status(port);
			hvc(&r);
		}
	}
	note("%lu bells", count);
}
