/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory for the tests of drv_block's readers: exactly as large as it says, so
 * that ASan sees a byte too far, and what makes a GPT and a FAT file system on it.
 */
#ifndef DISK_IMAGE_H
#define DISK_IMAGE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <guests/drv_block/parse.h>

static uint8_t *image;
static uint64_t image_sectors;
static uint64_t bad_sector = ~0ull;	/* that can't be read */

bool disk_read(uint64_t sector, uint32_t count, void *to)
{
	if (!extent_is_within(sector, count, image_sectors)) {
		abort();	/* the readers must not ask for it */
	}
	if (bad_sector - sector < count) {
		return false;
	}
	memcpy(to, image + sector * SECTOR_SIZE, count * SECTOR_SIZE);
	return true;
}

uint64_t disk_sectors(void)
{
	return image_sectors;
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	static uint32_t table[256];
	const uint8_t *p = data;

	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++) {
			table[i] = table[i] >> 1 ^ (0xedb88320u & -(table[i] & 1));
		}
	}
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	}
	return ~crc;
}

static inline void image_make(uint64_t sectors)
{
	free(image);
	image = calloc(sectors, SECTOR_SIZE);
	image_sectors = sectors;
	bad_sector = ~0ull;
}

static inline uint8_t *at_sector(uint64_t sector)
{
	return image + sector * SECTOR_SIZE;
}

static inline void put(uint8_t *to, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(v >> 8 * i);
	}
}

/* --- GPT ------------------------------------------------------------------------ */

#define GPT_COUNT	128
#define GPT_ENTRIES	(GPT_COUNT * 128 / SECTOR_SIZE)

static inline void gpt_entry_put(uint64_t entries, uint32_t index, const char *name,
				 uint64_t first, uint64_t last)
{
	uint8_t *e = at_sector(entries) + index * 128;

	memset(e, 0, 128);
	memset(e, 0x5a, 32);
	put(e + 32, first, 8);
	put(e + 40, last, 8);
	for (int i = 0; name[i]; i++) {
		e[56 + 2 * i] = (uint8_t)name[i];
	}
}

/* The header at `lba`, its CRCs made for what the entries hold now. */
static inline void gpt_header_put(uint64_t lba, uint64_t other, uint64_t entries)
{
	uint8_t *h = at_sector(lba);

	memset(h, 0, SECTOR_SIZE);
	memcpy(h, "EFI PART", 8);
	put(h + 8, 0x10000, 4);
	put(h + 12, 92, 4);
	put(h + 24, lba, 8);
	put(h + 32, other, 8);
	put(h + 40, 2 + GPT_ENTRIES, 8);
	put(h + 48, image_sectors - 2 - GPT_ENTRIES, 8);
	put(h + 72, entries, 8);
	put(h + 80, GPT_COUNT, 4);
	put(h + 84, 128, 4);
	put(h + 88, crc32(0, at_sector(entries), GPT_COUNT * 128), 4);
	put(h + 16, crc32(0, h, 92), 4);
}

/* Both tables with these two partitions. */
static inline void gpt_make(void)
{
	uint64_t last = image_sectors - 1;

	for (int backup = 0; backup < 2; backup++) {
		uint64_t entries = backup ? last - GPT_ENTRIES : 2;

		gpt_entry_put(entries, 0, "boot", 64, 99);
		gpt_entry_put(entries, 3, "root", 100, image_sectors - 200);
		gpt_header_put(backup ? last : 1, backup ? 1 : last, entries);
	}
}

/* --- FAT ------------------------------------------------------------------------ */

struct fat_image {
	uint64_t start, table, root, data;	/* sectors */
	uint32_t cluster_sectors, table_size, root_cluster, next;
	bool is_32;
};

static inline void fat_set(struct fat_image *f, uint32_t cluster, uint32_t value)
{
	put(at_sector(f->table) + cluster * (f->is_32 ? 4 : 2), value, f->is_32 ? 4 : 2);
}

static inline uint8_t *cluster_at(struct fat_image *f, uint32_t cluster)
{
	return at_sector(f->data + (uint64_t)(cluster - 2) * f->cluster_sectors);
}

/* `count` clusters in one piece, or each other one; the first. */
static inline uint32_t fat_chain(struct fat_image *f, uint32_t count, uint32_t step)
{
	uint32_t first = f->next;

	for (uint32_t i = 0; i < count; i++) {
		fat_set(f, first + i * step, i + 1 < count ? first + (i + 1) * step : 0x0fffffff);
	}
	f->next = first + count * step;
	return first;
}

/* An empty file system of 4,200 (FAT16) or 66,000 clusters from sector `start` on. */
static inline void fat_make(struct fat_image *f, uint64_t start, bool is_32)
{
	uint8_t *b = at_sector(start);
	uint32_t clusters = is_32 ? 66000 : 4200;

	*f = (struct fat_image){ .start = start, .cluster_sectors = 1, .is_32 = is_32, .next = 2 };
	f->table_size = ((clusters + 2) * (is_32 ? 4 : 2) + SECTOR_SIZE - 1) / SECTOR_SIZE;
	f->table = start + (is_32 ? 32 : 1);
	f->root = f->table + 2 * f->table_size;
	f->data = f->root + (is_32 ? 0 : 32);
	memcpy(b, "\xeb\x58\x90test    ", 11);
	put(b + 11, SECTOR_SIZE, 2);
	b[13] = 1;
	put(b + 14, f->table - start, 2);
	b[16] = 2;
	put(b + 17, is_32 ? 0 : 512, 2);
	put(b + 22, is_32 ? 0 : f->table_size, 2);
	put(b + 32, f->data - start + clusters, 4);
	put(b + 36, is_32 ? f->table_size : 0, 4);
	put(b + 510, 0xaa55, 2);
	fat_set(f, 0, 0x0ffffff8);
	fat_set(f, 1, 0x0fffffff);
	if (is_32) {
		f->root_cluster = fat_chain(f, 1, 1);
		put(b + 44, f->root_cluster, 4);
	}
}

/* A short entry: name as "NAME    EXT". */
static inline uint8_t *short_put(struct fat_image *f, uint8_t *e, const char *name,
				 uint32_t attribute, uint32_t cluster, uint32_t size)
{
	(void)f;
	memcpy(e, name, 11);
	e[11] = (uint8_t)attribute;
	put(e + 20, cluster >> 16, 2);
	put(e + 26, cluster, 2);
	put(e + 28, size, 4);
	return e + 32;
}

/* The entries of a long name and then the short one. */
static inline uint8_t *long_put(struct fat_image *f, uint8_t *e, const char *name,
				const char *other, uint32_t attribute, uint32_t cluster,
				uint32_t size)
{
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	size_t length = strlen(name);
	uint32_t parts = (uint32_t)(length + 12) / 13;
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++) {
		sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)other[i]);
	}
	for (uint32_t part = parts; part > 0; part--, e += 32) {
		e[0] = (uint8_t)(part | (part == parts ? 0x40 : 0));
		e[11] = 0x0f;
		e[13] = sum;
		for (uint32_t i = 0; i < 13; i++) {
			uint32_t at = (part - 1) * 13 + i;

			put(e + places[i], at < length ? (uint8_t)name[at] :
			    at == length ? 0 : 0xffff, 2);
		}
	}
	return short_put(f, e, other, attribute, cluster, size);
}

#endif
