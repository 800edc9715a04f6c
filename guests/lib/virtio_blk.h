/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio block device (VIRTIO 1.2, 5.2): several requests in flight,
 * shown to the device in batches.
 *
 *	virtio_open_...(&b->virtio, ...), virtio_blk_start(b)
 *	data = virtio_alloc(&b->virtio, VIRTIO_IN for reads or VIRTIO_OUT for writes, size)
 *	virtio_blk_submit(b, &request)..., virtio_blk_kick(b)
 *	virtio_blk_poll(b)		whenever the device's interrupt or link's bell came
 *
 * A request is done when its `result` is not SKERRY_PENDING. One vCPU uses a device.
 */
#ifndef VIRTIO_BLK_H
#define VIRTIO_BLK_H

#include "virtio.h"

#define BLK_SECTOR	512u
#define BLK_SLOT_MAX	64		/* requests in flight */

enum blk_operation { BLK_READ, BLK_WRITE, BLK_FLUSH = 4 };	/* VIRTIO's numbers */

struct blk_request {
	enum blk_operation operation;
	uint64_t sector;
	void *data;			/* in the device's memory of the right direction */
	uint32_t size;			/* bytes, a multiple of BLK_SECTOR; FLUSH: 0 */
	int64_t result;			/* OK; PENDING; INVALID: the device refused or failed;
					   NOT_SUPPORTED: it can't; BUSY: it was reset */
	void *user;			/* the caller's */
};

struct blk_header;

struct blk_slot {
	struct blk_request *request;
	struct blk_header *header;	/* VIRTIO_OUT */
	volatile uint8_t *status;	/* VIRTIO_IN */
};

struct virtio_blk {
	struct virtio virtio;
	uint64_t sectors;
	uint32_t slot_count, slots_free;
	bool is_read_only, can_flush;
	struct blk_slot slot[BLK_SLOT_MAX];
	uint8_t free[BLK_SLOT_MAX];	/* a stack of slots */
};

/* Brings the device up, also a broken one again: requests in flight end with BUSY, and
 * all buffers of virtio_alloc() are gone. `queue_size` is a power of two. */
int64_t virtio_blk_start(struct virtio_blk *b, uint32_t queue_size);
/* AGAIN: no room before some are done. INVALID: outside the device. */
int64_t virtio_blk_submit(struct virtio_blk *b, struct blk_request *r);
void virtio_blk_kick(struct virtio_blk *b);
/* Takes back what is done: how many. */
uint32_t virtio_blk_poll(struct virtio_blk *b);
/* Sleeps until this request is done, and kicks first; its result. */
int64_t virtio_blk_wait(struct virtio_blk *b, struct blk_request *r);
/* One request, start to end. */
int64_t virtio_blk_do(struct virtio_blk *b, enum blk_operation operation, uint64_t sector,
		      void *data, uint32_t size);

#endif
