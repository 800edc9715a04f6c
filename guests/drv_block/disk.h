/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk that drv_block owns: a virtio block device (disk_virtio.c) or an SD card
 * (sd_queue.c), whichever its devices hold. Up to DISK_SLOTS requests are with the disk; a
 * slot's number says which is which. Restarted, it finds the disk reset: nothing is in
 * flight. disk_read() and disk_sectors() are in parse.h.
 */
#ifndef DRV_BLOCK_DISK_H
#define DRV_BLOCK_DISK_H

#include "request.h"

#define DISK_SLOTS	64
#define DISK_SOURCES	32u	/* who send requests: links */

struct disk_info {
	uint64_t sectors;
	bool is_read_only;
	bool can_flush;		/* else what it answers is on the medium */
};

/* One kind of disk. What each does is said with the functions of disk_ below. */
struct disk_ops {
	bool (*is_there)(void);			/* a device of this kind is assigned */
	const char *(*open)(struct disk_info *info);
	int (*submit)(uint32_t source, uint32_t type, uint64_t sector,
		      const struct vqv_part *data, uint32_t count);
	void (*kick)(void);
	int (*take)(uint8_t *status);
	bool (*has_room)(void);
	bool (*is_broken)(void);
	bool (*enable_event)(void);
	void (*wait)(void);			/* until something may have happened */
};

extern const struct disk_ops disk_virtio, disk_sd;

/* Finds the disk and brings it up. NULL, or the reason why there is none. */
const char *disk_open(void);
bool disk_is_read_only(void);
bool disk_can_flush(void);	/* else what it answers is on the medium */

/* Hands a request of `source` to the disk, at `sector` of it: data of `count` parts, which
 * are copied. Its slot; -1: no room before others are done. disk_kick() makes the disk look.
 * A disk that does one thing at a time gives sources turns. */
int disk_submit(uint32_t source, uint32_t type, uint64_t sector, const struct vqv_part *data,
		uint32_t count);
void disk_kick(void);
/* The slot of one that is done, -1: none. `status`: BLK_S_... The slot is free again. */
int disk_take(uint8_t *status);
bool disk_has_room(void);
bool disk_is_broken(void);	/* it broke the rules: nothing can be had of it any more */
/* Before sleeping; true: something is done already. */
bool disk_enable_event(void);

#endif
