/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio block device; see virtio_blk.h. Each slot has a header that the
 * device reads and a status byte that it writes, both in its memory from the start.
 */
#include "virtio_blk.h"

#define FEATURE_READ_ONLY	(1ull << 5)
#define FEATURE_FLUSH		(1ull << 9)
#define STATUS_OK		0
#define STATUS_UNSUPPORTED	2

struct blk_header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

static int64_t make_slots(struct virtio_blk *b, uint32_t count)
{
	struct blk_header *headers = virtio_alloc(&b->virtio, VIRTIO_OUT,
						  count * (uint32_t)sizeof(*headers));
	uint8_t *status = virtio_alloc(&b->virtio, VIRTIO_IN, count);

	if (!headers || !status) {
		return SKERRY_NO_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++) {
		b->slot[i] = (struct blk_slot){ NULL, &headers[i], &status[i] };
		b->free[i] = (uint8_t)i;
	}
	b->slot_count = b->slots_free = count;
	return SKERRY_OK;
}

/* The device is gone or broken: what was in flight ends. Until it is reset it may still
 * write to the buffers. */
static void end_all(struct virtio_blk *b)
{
	for (uint32_t i = 0; i < b->slot_count; i++) {
		if (b->slot[i].request) {
			b->slot[i].request->result = SKERRY_BUSY;
			b->slot[i].request = NULL;
		}
	}
	b->slot_count = b->slots_free = 0;
}

int64_t virtio_blk_start(struct virtio_blk *b, uint32_t queue_size)
{
	int64_t result = virtio_begin(&b->virtio, VIRTIO_ID_BLOCK,
				      FEATURE_READ_ONLY | FEATURE_FLUSH);
	uint32_t slots;

	end_all(b);
	if (result == SKERRY_OK) {
		result = virtio_queue(&b->virtio, queue_size);
	}
	if (result == SKERRY_OK) {
		result = virtio_config(&b->virtio, 0, &b->sectors, sizeof(b->sectors));
	}
	if (result != SKERRY_OK) {
		return result;
	}
	b->is_read_only = b->virtio.features & FEATURE_READ_ONLY;
	b->can_flush = b->virtio.features & FEATURE_FLUSH;
	slots = b->virtio.queue[0].size / 3u;		/* header, data, status */
	result = make_slots(b, slots < BLK_SLOT_MAX ? slots : BLK_SLOT_MAX);
	return result == SKERRY_OK ? virtio_go(&b->virtio) : result;
}

static bool is_valid(const struct virtio_blk *b, const struct blk_request *r)
{
	uint64_t count = r->size / BLK_SECTOR;

	if (r->operation == BLK_FLUSH) {
		return r->size == 0;
	}
	return (r->operation == BLK_READ || r->operation == BLK_WRITE) && count &&
	       r->size % BLK_SECTOR == 0 && r->sector < b->sectors &&
	       count <= b->sectors - r->sector;
}

int64_t virtio_blk_submit(struct virtio_blk *b, struct blk_request *r)
{
	struct virtq_buffer buffer[3];
	uint32_t n = 0, out;
	struct blk_slot *s;

	if (!b->virtio.is_live || b->virtio.is_broken) {
		return SKERRY_BUSY;
	}
	if (!is_valid(b, r)) {
		return SKERRY_INVALID;
	}
	if (!b->slots_free) {
		return SKERRY_AGAIN;
	}
	s = &b->slot[b->free[b->slots_free - 1]];
	*s->header = (struct blk_header){ .type = r->operation, .sector = r->sector };
	buffer[n++] = (struct virtq_buffer){ (uint64_t)s->header, sizeof(*s->header) };
	if (r->size) {
		buffer[n++] = (struct virtq_buffer){ (uint64_t)r->data, r->size };
	}
	buffer[n++] = (struct virtq_buffer){ (uint64_t)s->status, 1 };
	out = r->operation == BLK_READ ? 1 : n - 1;
	if (virtio_add(&b->virtio, 0, buffer, out, n - out, s) < 0) {
		return SKERRY_AGAIN;
	}
	b->slots_free--;
	s->request = r;
	r->result = SKERRY_PENDING;
	return SKERRY_OK;
}

void virtio_blk_kick(struct virtio_blk *b)
{
	virtio_kick(&b->virtio, 0);
}

/* `written`: data and status byte; the status is the last one the device wrote. */
static int64_t outcome(const struct blk_slot *s, uint32_t written)
{
	uint32_t wanted = (s->request->operation == BLK_READ ? s->request->size : 0) + 1;
	uint8_t status = *s->status;

	if (status == STATUS_OK) {
		return written == wanted ? SKERRY_OK : SKERRY_INVALID;
	}
	return status == STATUS_UNSUPPORTED ? SKERRY_NOT_SUPPORTED : SKERRY_INVALID;
}

uint32_t virtio_blk_poll(struct virtio_blk *b)
{
	uint32_t count = 0, written;
	void *cookie;

	while (virtio_take(&b->virtio, 0, &cookie, &written)) {
		struct blk_slot *s = cookie;

		s->request->result = outcome(s, written);
		s->request = NULL;
		b->free[b->slots_free++] = (uint8_t)(s - b->slot);
		count++;
	}
	if (b->virtio.is_broken) {
		end_all(b);
	}
	return count;
}

int64_t virtio_blk_wait(struct virtio_blk *b, struct blk_request *r)
{
	bool is_idle = false;

	virtio_blk_kick(b);
	while (r->result == SKERRY_PENDING) {
		if (virtio_blk_poll(b)) {
			is_idle = false;
			continue;
		}
		if (is_idle && virtio_check(&b->virtio)) {
			continue;	/* it has asked for a reset: the next poll ends all */
		}
		virtio_wait(&b->virtio, 0);
		is_idle = true;		/* if nothing is done now, it was woken for nothing */
	}
	return r->result;
}

int64_t virtio_blk_do(struct virtio_blk *b, enum blk_operation operation, uint64_t sector,
		      void *data, uint32_t size)
{
	struct blk_request r = { operation, sector, data, size, SKERRY_PENDING, NULL };
	int64_t result = virtio_blk_submit(b, &r);

	while (result == SKERRY_AGAIN) {
		virtio_blk_kick(b);
		virtio_wait(&b->virtio, 0);
		if (!virtio_blk_poll(b)) {
			virtio_check(&b->virtio);
		}
		result = virtio_blk_submit(b, &r);
	}
	return result == SKERRY_OK ? virtio_blk_wait(b, &r) : result;
}
