// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests below the driver: what VIRTIO allows and our driver never sends, and what it
 * forbids. A forbidden one costs this front end its device until it resets it, no more.
 */
#include "blktest.h"

#define T_GET_ID	8
#define S_OK		0
#define S_IOERR		1
#define S_UNSUPP	2

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

static struct header *header;		/* VIRTIO_OUT */
static uint8_t *out, *in, *status;
static uint32_t the_port;

static bool begin(void)
{
	if (!disk_begin(the_port)) {
		return false;
	}
	out = ops[0].out;
	in = ops[0].in;
	header = (struct header *)ops[1].out;
	status = ops[1].in;
	return true;
}

/* Sends a chain and waits: its status byte, or -1 if the device is broken now. */
static int send(const struct virtq_buffer *b, uint32_t outs, uint32_t ins)
{
	uint32_t written;
	void *cookie;

	if (virtio_add(&blk.virtio, 0, b, outs, ins, NULL) < 0) {
		return -2;
	}
	virtio_kick(&blk.virtio, 0);
	while (!virtio_take(&blk.virtio, 0, &cookie, &written)) {
		if (virtio_check(&blk.virtio)) {
			return -1;
		}
		sleep_unless(NULL, NULL, 1000);
	}
	return virtio_check(&blk.virtio) ? -1 : *status;
}

static int request(uint32_t type, uint64_t sector, uint32_t size)
{
	bool is_write = type == BLK_WRITE;
	struct virtq_buffer b[3] = {
		{ (uint64_t)header, sizeof(*header) },
		{ (uint64_t)(is_write ? out : in), size },
		{ (uint64_t)status, 1 },
	};

	*header = (struct header){ .type = type, .sector = sector };
	if (!size) {
		b[1] = b[2];
		return send(b, 1, 1);
	}
	return send(b, is_write ? 2 : 1, is_write ? 1 : 2);
}

static void test_ranges(void)
{
	static const uint64_t beyond[] = { 0, 1, 1ull << 32, 1ull << 55, 1ull << 62 };

	if (!begin()) {
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		check(request(BLK_READ, blk.sectors + beyond[i], 512) == S_IOERR, "read %u", i);
		check(request(BLK_WRITE, blk.sectors + beyond[i], 512) == S_IOERR, "write %u", i);
	}
	check(request(BLK_READ, ~0ull, 1024) == S_IOERR, "around");
	check(request(BLK_READ, blk.sectors - 1, 1024) == S_IOERR, "over the end");
	check(request(BLK_READ, blk.sectors - 1, 512) == S_OK, "the last sector");
	check(request(BLK_READ, 0, 511) == S_IOERR, "a part of a sector");
}

static void test_types(void)
{
	if (!begin()) {
		return;
	}
	memset(out, 0, CHUNK);
	check(request(T_GET_ID, 0, 20) == S_OK, "id");
	check(strncmp((char *)in, "volume-", 7) == 0, "id %s", (char *)in);
	check(request(T_GET_ID, 0, 5) == S_OK, "short id");
	check(request(BLK_FLUSH, 0, 0) == S_OK, "flush");
	check(request(11, 0, 512) == S_UNSUPP, "discard");
	check(request(0xffffffff, 0, 512) == S_UNSUPP, "unknown");
	check(request(BLK_WRITE, 0, 512) == (blk.is_read_only ? S_IOERR : S_OK), "write");
}

/* Header, data and status cut as VIRTIO leaves it to the driver (2.7.4). */
static void test_framing(void)
{
	struct virtq_buffer b[4];
	uint8_t *h;

	if (!begin()) {
		return;
	}
	h = (uint8_t *)header;
	b[0] = (struct virtq_buffer){ (uint64_t)h, 3 };
	b[1] = (struct virtq_buffer){ (uint64_t)h + 3, 13 };
	b[2] = (struct virtq_buffer){ (uint64_t)in, 100 };
	b[3] = (struct virtq_buffer){ (uint64_t)in + 100, 412 + 1 };
	*header = (struct header){ .type = BLK_READ, .sector = 3 };
	check(send(b, 2, 2) >= 0 && in[512] == S_OK, "in pieces");
	*header = (struct header){ .type = BLK_WRITE, .sector = 3 };
	memcpy(h + 16, in, 512);
	b[0].size = 16 + 512;
	b[1] = (struct virtq_buffer){ (uint64_t)status, 1 };
	check(send(b, 1, 1) == (blk.is_read_only ? S_IOERR : S_OK), "in one");
}

/* Each of these is answered with DEVICE_NEEDS_RESET; then the device begins anew. */
static void test_forbidden(void)
{
	for (uint32_t i = 0; i < 7 && begin(); i++) {
		struct virtq_driver *q = &blk.virtio.queue[0];
		struct bank w = link_half(the_port, SKERRY_FRONT);
		struct virtq_buffer b[3] = {
			{ (uint64_t)header, 16 }, { (uint64_t)in, 512 }, { (uint64_t)status, 1 },
		};

		*header = (struct header){ .type = BLK_READ };
		switch (i) {
		case 0:			/* no whole header */
			b[0].size = 15;
			break;
		case 1:			/* nothing to write to */
			check(send(b, 1, 0) == -1, "no status");
			continue;
		case 2:			/* outside the window */
			b[1].address = w.base - 4096;
			break;
		case 3:			/* over its end */
			b[1].address = w.base + 2 * w.size - 256;
			break;
		case 4:			/* writable, in the driver's half */
			if (link_info(the_port)->window == SKERRY_WINDOW_SHARED) {
				continue;
			}
			b[1].address = (uint64_t)out;
			break;
		case 5:			/* around the end of all addresses */
			b[1].address = ~0ull - 100;
			break;
		default:		/* an index that is far ahead */
			virtq_store_release(&q->avail->idx, 0x4000);
			blk.virtio.ops->notify(&blk.virtio, 0);
			while (!virtio_check(&blk.virtio)) {
				sleep_unless(NULL, NULL, 1000);
			}
			continue;
		}
		check(send(b, 1, 2) == -1, "try %u", i);
	}
	check(begin() && request(BLK_READ, 0, 512) == S_OK, "after a reset");
}

static void test_resets(void)
{
	for (uint32_t i = 0; i < 20 && begin(); i++) {
		for (uint32_t n = 0; n < 8; n++) {
			ops[n].r = request_of(BLK_READ, n, ops[n].in, 512);
			check(virtio_blk_submit(&blk, &ops[n].r) == SKERRY_OK, "submit");
		}
		virtio_blk_kick(&blk);
		check(virtio_reset(&blk.virtio) == SKERRY_OK, "reset in mid-work");
	}
	check(begin() && request(BLK_READ, 0, 512) == S_OK, "afterwards");
}

/* Changes words of the rings, of headers and of what lies beside them, at random, with
 * numbers that mean something now and then. */
static void scribble(uint64_t *random, uint32_t words)
{
	struct virtq_driver *q = &blk.virtio.queue[0];
	struct bank w = link_half(the_port, SKERRY_FRONT);

	for (uint32_t i = 0; i < words; i++) {
		uint64_t r = random_next(random);
		volatile struct virtq_desc *d = &q->desc[r % q->size];

		switch (r >> 32 & 7) {
		case 0:
			d->addr = w.base + (r >> 40 & 0x3fffff) - 0x10000;
			break;
		case 1:
			d->addr = (uint64_t)header;
			break;
		case 2:
			d->len = (uint32_t)(r >> 36);
			break;
		case 3:
			d->flags = (uint16_t)(r >> 36 & 7);
			break;
		case 4:
			d->next = (uint16_t)(r >> 36 & 0x1ff);
			break;
		case 5:
			*virtq_avail_entry(q->avail, (uint16_t)(r >> 36 & (q->size - 1))) =
				(uint16_t)(r >> 48 & 0x1ff);
			break;
		case 6:
			virtq_store(&q->avail->idx, (uint16_t)(q->avail->idx + (r >> 36 & 3)));
			break;
		default:
			((uint64_t *)header)[r >> 36 & 1] = r >> 60 ? r >> 61 : r;
		}
	}
}

/* All of it while requests are under way; what comes of it is the device's loss. */
static void test_storm(void)
{
	uint64_t random = time_now() | 1;

	for (uint32_t round = 0; round < 40 && begin(); round++) {
		for (uint32_t n = 2; n < 10; n++) {
			ops[n].r = request_of(BLK_READ, n, ops[n].in, 4096);
			virtio_blk_submit(&blk, &ops[n].r);
		}
		virtio_blk_kick(&blk);
		for (uint32_t n = 0; n < 50; n++) {
			scribble(&random, 4);
			blk.virtio.ops->notify(&blk.virtio, 0);
		}
	}
	check(begin() && request(BLK_READ, 0, 512) == S_OK, "after the storm");
}

void raw_run(uint32_t port)
{
	static const struct test tests[] = {
		{ "ranges", test_ranges }, { "types", test_types }, { "framing", test_framing },
		{ "forbidden", test_forbidden }, { "resets", test_resets },
		{ "storm", test_storm },
	};

	the_port = port;
	tests_run(tests, ARRAY_SIZE(tests));
}
