/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of a virtio device (VIRTIO 1.2), over one of two transports: messages
 * on a link of Skerry's (virtio_open_link), or a virtio-mmio page, version 2
 * (virtio_open_mmio), also QEMU's own. Drivers of the device types stand on top:
 * virtio_blk.h, virtio_net.h, virtio_console.h, virtio_gpio.h,
 * virtio_scmi.h.
 *
 *	virtio_open_...()  closed -> open
 *	virtio_begin()     open, live, broken -> open, features negotiated (3.1.1, 1..6)
 *	virtio_queue()     a queue's areas and entries (3.1.1, 7)
 *	virtio_go()        open -> live (DRIVER_OK)
 *	virtio_reset()     live, broken -> open
 *
 * Rings and buffers lie in two pieces of memory that are the driver's alone: VIRTIO_OUT is
 * read by the device (descriptors, available rings, data going out), VIRTIO_IN is
 * written by it. On a link they are the halves of its window. Each area of a queue has
 * pages of its own. Nothing is copied: buffers come from virtio_alloc().
 *
 * A device that breaks the rules of the ring becomes broken: its queues are not looked at
 * any more. The guest goes on, and may begin with it again.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include "guest.h"
#include "virtq_driver.h"
#include <abi/message.h>

#define VIRTIO_ID_NET		1
#define VIRTIO_ID_BLOCK		2
#define VIRTIO_ID_CONSOLE	3
#define VIRTIO_ID_SCMI		32
#define VIRTIO_ID_GPIO		41

#define VIRTIO_ACKNOWLEDGE	1	/* device status, 2.1 */
#define VIRTIO_DRIVER		2
#define VIRTIO_DRIVER_OK	4
#define VIRTIO_FEATURES_OK	8
#define VIRTIO_NEEDS_RESET	64
#define VIRTIO_FAILED		128

#define VIRTIO_INDIRECT_DESC	(1ull << 28)	/* features, 6 */
#define VIRTIO_EVENT_IDX	(1ull << 29)
#define VIRTIO_VERSION_1	(1ull << 32)
#define VIRTIO_ACCESS_PLATFORM	(1ull << 33)

#define VIRTIO_OUT		0	/* the device reads */
#define VIRTIO_IN		1	/* the device writes */
#define VIRTIO_QUEUE_MAX	SKERRY_QUEUE_MAX
#define VIRTIO_SLOT_MAX		512	/* entries of all queues of a device together */

struct virtio;

/* A transport. Results: SKERRY_OK or one of abi/errors.h. */
struct virtio_ops {
	int64_t (*identify)(struct virtio *v);		/* device_id; AGAIN: none yet */
	int64_t (*features)(struct virtio *v, uint64_t *offered);
	int64_t (*accept)(struct virtio *v, uint64_t features);
	int64_t (*status)(struct virtio *v, uint32_t *status);
	int64_t (*set_status)(struct virtio *v, uint32_t status);	/* PENDING for a reset */
	int64_t (*config)(struct virtio *v, uint32_t offset, void *to, uint32_t size);
	int64_t (*queue_size)(struct virtio *v, uint32_t index, uint32_t *size_max);
	/* right after queue_size of the same queue */
	int64_t (*queue_set)(struct virtio *v, const struct skerry_msg_vqueue *q);
	void (*notify)(struct virtio *v, uint32_t index);
};

struct virtio_area {			/* memory of one direction: [base, end) */
	uint64_t base, next, end;
	bool is_writable;		/* to the driver */
};

struct virtio {
	const struct virtio_ops *ops;	/* NULL: closed */
	uint64_t at;			/* the link's port, or the registers' address */
	uint32_t intid;
	uint32_t device_id;
	uint64_t features;		/* accepted */
	struct virtio_area area[2];	/* VIRTIO_OUT, VIRTIO_IN */
	struct virtq_driver queue[VIRTIO_QUEUE_MAX];
	uint32_t queue_count;		/* set up with virtio_queue() */
	uint32_t slots_used;
	struct virtq_slot slot[VIRTIO_SLOT_MAX];
	bool is_live, is_broken;
	uint64_t notifications;		/* sent */
	uint64_t controls;		/* messages, or writes of registers, for control */
	uint64_t acknowledged;		/* interrupts, by writing a register */
};

/* The front end's port of a link. INVALID: no such port, or not a front end's. */
int64_t virtio_open_link(struct virtio *v, uint32_t port);
/* A virtio-mmio device of this device id: the index'th of the tree. `memory` is split
 * into what goes out and what comes in. INVALID: there is none. */
int64_t virtio_open_mmio(struct virtio *v, uint32_t device_id, uint32_t index,
			 struct bank memory);

/* Resets the device, forgets all queues and buffers, and accepts VERSION_1,
 * ACCESS_PLATFORM and EVENT_IDX where offered, and of `wanted` what is. Waits for a device
 * that is not there yet. NOT_SUPPORTED: there is another one, or none for ever (the back
 * end says so), or it lacks what must be. */
int64_t virtio_begin(struct virtio *v, uint32_t device_id, uint64_t wanted);
/* Sets the next queue up: at most `size` entries (a power of two) and what the device
 * can. NO_MEMORY: the window is too small. */
int64_t virtio_queue(struct virtio *v, uint32_t size);
int64_t virtio_go(struct virtio *v);
/* Writes status 0 and waits until the back end has let go. */
int64_t virtio_reset(struct virtio *v);
int64_t virtio_config(struct virtio *v, uint32_t offset, void *to, uint32_t size);

/* `size` bytes, 64-byte aligned, zeroed if that memory is ours to write; NULL: full. Until
 * the next virtio_begin(). */
void *virtio_alloc(struct virtio *v, uint32_t direction, uint32_t size);

/* As vqd_add() and vqd_take(), on queue `index` of a live device; a ring that is not as
 * it should be makes the device broken. */
int virtio_add(struct virtio *v, uint32_t index, const struct virtq_buffer *b, uint32_t out,
	       uint32_t in, void *cookie);
bool virtio_take(struct virtio *v, uint32_t index, void **cookie, uint32_t *written);
/* After virtio_reset(): gives up one chain that was in flight; false: none is left. */
bool virtio_abandon(struct virtio *v, uint32_t index, void **cookie);
/* Shows the device what was added to queue `index`, and rings unless it said it looks. */
void virtio_kick(struct virtio *v, uint32_t index);
/* Sleeps until queue `index` has something used, or any interrupt. */
void virtio_wait(struct virtio *v, uint32_t index);
/* Has the device asked for a reset? Then it is broken. Two exits at most; not for the
 * hot path. */
bool virtio_check(struct virtio *v);

#endif
