/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the readers of a disk's layout (gpt.c, fat.c) share: little-endian fields, names in
 * UTF-16, and disk_read(), which drv_block implements on the disk and the host tests on an
 * image. Everything read is somebody else's: each number is checked before it is used.
 */
#ifndef DRV_BLOCK_PARSE_H
#define DRV_BLOCK_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef SKERRY_HOST
#include <string.h>
uint32_t crc32(uint32_t crc, const void *data, size_t size);	/* IEEE; of the test */
#else
#include "guest.h"
#endif

#define SECTOR_SIZE	512

struct extent {			/* in sectors of 512 bytes, of the disk */
	uint64_t start, count;
};

/* Reads `count` sectors; false: the disk could not. The range was checked against
 * disk_sectors() by disk_has(). Waits; only used before the first request. */
bool disk_read(uint64_t sector, uint32_t count, void *to);
uint64_t disk_sectors(void);

static inline bool extent_is_within(uint64_t start, uint64_t count, uint64_t limit)
{
	return start <= limit && count <= limit - start;
}

static inline uint32_t le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* One character of UTF-8 below 0x10000 and the byte after it; 0xfffd for what is none. */
uint32_t utf8_next(const char **at);
/* Is this UTF-16 (little endian, ended by `max` characters or a 0) the name of `size`
 * bytes of UTF-8? `fold`: A to Z are a to z. */
bool utf16_is(const uint8_t *utf16, uint32_t max, const char *name, size_t size, bool fold);

/*
 * The partition called `name` on the disk's GPT (UEFI 2.10, 5.3). NULL and `found`, or the
 * reason why not. `is_backup`: the primary header or its entries are damaged, and the
 * backup at the disk's end was used.
 */
const char *gpt_find(const char *name, struct extent *found, bool *is_backup);
/* The partition that is number `index` of those in use; a reason where there are fewer. */
const char *gpt_at(uint32_t index, struct extent *found);

/*
 * The sectors of the file `path` ("a/b/c.img"; long names, case of A to Z ignored) in the
 * FAT16 or FAT32 file system that fills `part`. The file must lie in one piece; its last
 * part of a sector is left out. NULL and `found`, or the reason why not.
 */
const char *fat_find(const struct extent *part, const char *path, struct extent *found);
/* The disk's first FAT16 or FAT32 file system: the disk itself, an MBR partition, a GPT
 * partition. NULL and `found`, or a reason. */
const char *fat_first(struct extent *found);

#endif
