/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work for a back end of serve.c through our drivers: brings its devices up, has
 * batches of requests done, checks each byte, and begins again; must not notice that the
 * back end dies meanwhile. May die itself at any step (step.c).
 *   rounds=N    bring-ups (20)
 *   broken      the back end lies: a device that breaks is begun with again
 *   hostile     after each round breaks a rule of the ring, in turn; only this device
 *               must stop for it
 */
#include "pvtest.h"
#include "virtio_blk.h"
#include "virtio_console.h"

#define BATCH		8u
#define CHUNK		4096u
#define BATCHES		4u		/* a round */

static struct virtio_blk blk;
static struct virtio_console console;
static uint64_t requests, breaks, failures;

static void failed(const struct virtio *v, const char *what, int64_t result)
{
	uint32_t status = 0;

	if (result == SKERRY_BUSY && arg_has("broken")) {
		breaks++;
	} else if (failures++ < 10) {
		v->ops->status((struct virtio *)v, &status);
		printf("load: FAILED, %s: %ld, status %x, rings %d %d\n", what, result, status,
		       v->queue[0].error, v->queue[1].error);
	}
}

/* Reads and writes by turns, and a flush at last. */
static bool blk_batch(uint8_t *in, uint8_t *out, uint64_t sector)
{
	struct blk_request r[BATCH];
	int64_t result = SKERRY_OK;

	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t at = sector + i * CHUNK / BLK_SECTOR;
		bool is_write = i & 1, is_flush = i == BATCH - 1;

		r[i] = (struct blk_request){
			is_flush ? BLK_FLUSH : is_write ? BLK_WRITE : BLK_READ, is_flush ? 0 : at,
			(is_write ? out : in) + i * CHUNK, is_flush ? 0 : CHUNK, 0, NULL,
		};
		if (is_write) {
			stamp_fill(out + i * CHUNK, at, CHUNK, STAMP_WRITTEN);
		}
		result = result == SKERRY_OK ? virtio_blk_submit(&blk, &r[i]) : result;
		step();
	}
	for (uint32_t i = 0; i < BATCH && result == SKERRY_OK; i++) {
		result = virtio_blk_wait(&blk, &r[i]);
		step();
		if (result == SKERRY_OK && r[i].operation == BLK_READ &&
		    !stamp_is(in + i * CHUNK, r[i].sector, CHUNK, STAMP_READ)) {
			failed(&blk.virtio, "content", r[i].sector);
		}
		requests++;
	}
	if (result != SKERRY_OK) {
		failed(&blk.virtio, "a request", result);
	}
	return result == SKERRY_OK;
}

static void blk_round(uint32_t port)
{
	int64_t result = blk.virtio.ops ? SKERRY_OK : virtio_open_link(&blk.virtio, port);
	uint8_t *in, *out;

	result = result == SKERRY_OK ? virtio_blk_start(&blk, 128) : result;
	step();
	if (result != SKERRY_OK) {
		failed(&blk.virtio, "start", result);
		return;
	}
	if (!requests) {
		printf("load: up with %lu messages\n", blk.virtio.controls);
	}
	in = virtio_alloc(&blk.virtio, VIRTIO_IN, BATCH * CHUNK);
	out = virtio_alloc(&blk.virtio, VIRTIO_OUT, BATCH * CHUNK);
	for (uint64_t i = 0; i < BATCHES; i++) {
		if (!blk_batch(in, out, i * BATCH * CHUNK / BLK_SECTOR)) {
			return;
		}
	}
}

/* One descriptor that no driver may write, and the index with it. */
static const struct bad_ring {
	const char *what;
	uint64_t offset;		/* of the buffer, from the window's begin */
	uint32_t size;
	uint16_t flags, next, head, index;
} bad_rings[] = {
	{ "an index far ahead", 0, 16, 0, 0, 0, 1000 },
	{ "a head that is none", 0, 16, 0, 0, 5000, 1 },
	{ "a next that is none", 0, 16, VIRTQ_DESC_NEXT, 128, 0, 1 },
	{ "a ring of descriptors", 0, 16, VIRTQ_DESC_NEXT, 0, 0, 1 },
	{ "nothing to read", 0, 0, 0, 0, 0, 1 },
	{ "an address below", -4096ull, 16, 0, 0, 0, 1 },
	{ "an address above", 1ull << 40, 16, 0, 0, 0, 1 },
	{ "an address that wraps", ~0ull - 0x20000000, 0xffffffff, 0, 0, 0, 1 },
	{ "a read from the device half", 0x110000, 16, 0, 0, 0, 1 },
	{ "a write to the driver half", 0x1000, 16, VIRTQ_DESC_WRITE, 0, 0, 1 },
	{ "a buffer over the middle", 0x100000 - 8, 16, 0, 0, 0, 1 },
	{ "a table in a table", 0, 16, VIRTQ_DESC_INDIRECT, 0, 0, 1 },
};

static void be_hostile(uint32_t port, const struct bad_ring *bad)
{
	struct virtq_driver *q = &blk.virtio.queue[0];
	uint32_t tries = 0;

	if (virtio_blk_start(&blk, 128) != SKERRY_OK) {
		failed(&blk.virtio, "start", 0);
		return;
	}
	q->desc[0].addr = link_info(port)->base + bad->offset;
	q->desc[0].len = bad->size;
	q->desc[0].flags = bad->flags;
	q->desc[0].next = bad->next;
	*virtq_avail_entry(q->avail, 0) = bad->head;
	virtq_store_release(&q->avail->idx, bad->index);
	link_notify(port);
	while (!virtio_check(&blk.virtio) && ++tries < 10000) {
		sleep_unless(NULL, NULL, 1000);
	}
	if (!blk.virtio.is_broken) {
		failed(&blk.virtio, bad->what, 0);
	}
	requests++;
}

static void console_round(uint32_t port)
{
	int64_t result = console.virtio.ops ? SKERRY_OK : virtio_open_link(&console.virtio, port);
	static uint8_t out[300], in[300];
	size_t got = 0;

	result = result == SKERRY_OK ? virtio_console_start(&console) : result;
	step();
	if (result != SKERRY_OK) {
		failed(&console.virtio, "console", result);
		return;
	}
	for (uint32_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(requests + i);
	}
	if (!virtio_console_print(&console, out, sizeof(out))) {
		failed(&console.virtio, "print", SKERRY_BUSY);
		return;
	}
	step();
	while (got < sizeof(in)) {
		got += virtio_console_read(&console, in + got, sizeof(in) - got);
		if (got < sizeof(in)) {
			if (console.virtio.is_broken) {
				failed(&console.virtio, "read", SKERRY_BUSY);
				return;
			}
			virtio_console_wait(&console);
		}
		step();
	}
	if (memcmp(in, out, sizeof(in)) != 0) {
		failed(&console.virtio, "the echo", 0);
	}
	requests++;
}

void load_run(void)
{
	int block = link_by_type(SKERRY_LINK_BLOCK, SKERRY_FRONT, 0);
	int tty = link_by_type(SKERRY_LINK_CONSOLE, SKERRY_FRONT, 0);

	printf("load: life %lu\n", guest_life());
	for (uint64_t i = 0; i < arg_number("rounds", 20); i++) {
		if (block >= 0) {
			blk_round((uint32_t)block);
		}
		if (arg_has("hostile")) {
			be_hostile((uint32_t)block, &bad_rings[i % ARRAY_SIZE(bad_rings)]);
		}
		if (tty >= 0) {
			console_round((uint32_t)tty);
		}
	}
	if (arg_has("broken") && !breaks) {
		failed(&blk.virtio, "nothing broke", 0);
	}
	printf("load: %lu requests, %lu breaks, %s\n", requests, breaks,
	       failures ? "FAILED" : "ok");
}
