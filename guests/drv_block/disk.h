/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk that drv_block owns: a virtio block device on virtio-mmio (VIRTIO 1.2, 4.2,
 * 5.2). Up to DISK_SLOTS requests are in flight; data moves by DMA between the disk and the
 * windows, without a copy. Restarted, it finds the disk reset: nothing is in flight.
 * disk_read() and disk_sectors() are in parse.h.
 */
#ifndef DRV_BLOCK_DISK_H
#define DRV_BLOCK_DISK_H

#include "request.h"

#define DISK_SLOTS	64

struct disk_io {		/* one request to the disk; memory of the disk's driver */
	struct blk_header header;
	struct virtq_desc table[REQUEST_SEGMENTS + 2] __attribute__((aligned(16)));
	volatile uint8_t status;
	uint32_t index;		/* 0.. in the order of the slots */
};

/* Finds the disk and brings it up. NULL, or the reason why there is none. */
const char *disk_open(void);
bool disk_is_read_only(void);
bool disk_can_flush(void);	/* else what it answers is on the medium */

/* Hands a request to the disk, at `sector` of it: data of `count` parts. NULL: no room
 * before others are done. disk_kick() makes the disk look. */
struct disk_io *disk_submit(uint32_t type, uint64_t sector, const struct vqv_part *data,
			    uint32_t count);
void disk_kick(void);
/* One that is done, NULL: none. `status`: BLK_S_... It is free again. */
struct disk_io *disk_take(uint8_t *status);
bool disk_has_room(void);
bool disk_is_broken(void);	/* it broke the rules: nothing can be had of it any more */
/* Before sleeping; true: something is done already. */
bool disk_enable_event(void);

#endif
