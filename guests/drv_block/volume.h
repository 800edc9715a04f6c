/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volumes: what a front end sees as a disk. A volume is made once, at drv_block's start,
 * from the properties that the description gives it; afterwards it is constant. Pure C:
 * also built for the host's tests.
 */
#ifndef DRV_BLOCK_VOLUME_H
#define DRV_BLOCK_VOLUME_H

#include "parse.h"

struct volume_wish {		/* of the first five, exactly one */
	const char *partition;		/* name in the GPT */
	bool has_extent;
	struct extent extent;
	const char *file;		/* path on FAT ... */
	const char *fat_partition;	/* ... in this partition of the GPT; NULL: the first */
	bool has_ram;
	uint64_t ram_size;		/* bytes */
	bool is_read_only;
};

struct volume {
	struct extent at;		/* on the disk; RAM: start 0 */
	uint8_t *ram;			/* NULL: on the disk */
	bool is_read_only;
	bool is_backup_gpt;		/* found by the GPT's backup header */
};

/* Memory for a RAM disk: `size` bytes of zeroes, aligned to 4 KiB; NULL: there is none. */
void *volume_memory(uint64_t size);

/* NULL and `v`, or the reason why this volume can't be had. `has_disk`: there is a disk. */
const char *volume_open(const struct volume_wish *w, bool has_disk, struct volume *v);

/* Do `bytes` (of whole sectors) from `sector` on lie inside the volume? */
static inline bool volume_has(const struct volume *v, uint64_t sector, uint64_t bytes)
{
	return bytes % SECTOR_SIZE == 0 &&
	       extent_is_within(sector, bytes / SECTOR_SIZE, v->at.count);
}

/* Do two volumes share a sector of the disk that one of them may write? */
bool volumes_clash(const struct volume *a, const struct volume *b);

#endif
