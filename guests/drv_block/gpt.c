// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads a GUID partition table (UEFI 2.10, 5.3): header and entries by their CRCs, the
 * backup where the primary is damaged. Called at drv_block's start only; writes nothing.
 */
#include "parse.h"

#define HEADER_SIZE	92
#define ENTRY_SIZE	128	/* least */
#define ENTRIES_MAX	(1u << 20)	/* bytes of all entries */
#define NAME_MAX	36

struct gpt {
	uint64_t entries;	/* first sector of the entries */
	uint32_t count, entry_size;
	uint64_t first, last;	/* sectors that partitions may use */
};

static uint8_t sector[SECTOR_SIZE];

uint32_t utf8_next(const char **at)
{
	const uint8_t *p = (const uint8_t *)*at;
	uint32_t more = p[0] < 0x80 ? 0 : p[0] >= 0xc2 && p[0] < 0xe0 ? 1 :
			p[0] >= 0xe0 && p[0] < 0xf0 ? 2 : 3;
	uint32_t c = more == 0 ? p[0] : more == 1 ? p[0] & 0x1f : p[0] & 0x0f;

	*at += 1;
	if (more == 3) {
		return 0xfffd;
	}
	for (uint32_t i = 1; i <= more; i++, *at += 1) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0xfffd;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	return c;
}

static uint32_t folded(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool utf16_is(const uint8_t *utf16, uint32_t max, const char *name, size_t size, bool fold)
{
	const char *at = name;
	uint32_t i = 0;

	while (at < name + size) {
		uint32_t c = utf8_next(&at), d = i < max ? le16(utf16 + 2 * i) : 0;

		i++;
		if (c == 0xfffd || at > name + size || (fold ? folded(c) != folded(d) : c != d)) {
			return false;
		}
	}
	return i == max || le16(utf16 + 2 * i) == 0;
}

/* The header at `lba`, if it and its entries are whole. */
static bool gpt_read(uint64_t lba, struct gpt *g)
{
	uint64_t all, blocks;
	uint32_t size, crc, sum = 0;

	if (lba == 0 || lba >= disk_sectors() || !disk_read(lba, 1, sector) ||
	    memcmp(sector, "EFI PART", 8) != 0) {
		return false;
	}
	size = le32(sector + 12);
	crc = le32(sector + 16);
	memset(sector + 16, 0, 4);
	if (size < HEADER_SIZE || size > SECTOR_SIZE || crc32(0, sector, size) != crc ||
	    le64(sector + 24) != lba) {
		return false;
	}
	*g = (struct gpt){ le64(sector + 72), le32(sector + 80), le32(sector + 84),
			   le64(sector + 40), le64(sector + 48) };
	crc = le32(sector + 88);
	all = (uint64_t)g->count * g->entry_size;
	if (g->entry_size < ENTRY_SIZE || SECTOR_SIZE % ENTRY_SIZE ||
	    g->entry_size % ENTRY_SIZE || all == 0 || all > ENTRIES_MAX ||
	    g->first > g->last || g->last >= disk_sectors()) {
		return false;
	}
	blocks = (all + SECTOR_SIZE - 1) / SECTOR_SIZE;
	if (!extent_is_within(g->entries, blocks, disk_sectors())) {
		return false;
	}
	for (uint64_t i = 0; i < blocks; i++) {
		uint64_t left = all - i * SECTOR_SIZE;

		if (!disk_read(g->entries + i, 1, sector)) {
			return false;
		}
		sum = crc32(sum, sector, left < SECTOR_SIZE ? left : SECTOR_SIZE);
	}
	return sum == crc;
}

/* Either header; `is_backup` says which. */
static const char *gpt_open(struct gpt *g, bool *is_backup)
{
	*is_backup = false;
	if (gpt_read(1, g)) {
		return NULL;
	}
	*is_backup = true;
	return gpt_read(disk_sectors() - 1, g) ? NULL : "the disk has no undamaged GPT";
}

/* Entry `index` into sector[]: its first 128 bytes; NULL: not in use or not readable.
 * They never cross a sector, as an entry's size is a multiple of 128. */
static const uint8_t *gpt_entry(const struct gpt *g, uint32_t index)
{
	static const uint8_t unused[16];
	uint64_t at = (uint64_t)index * g->entry_size;
	const uint8_t *entry = sector + at % SECTOR_SIZE;

	if (!disk_read(g->entries + at / SECTOR_SIZE, 1, sector)) {
		return NULL;
	}
	return memcmp(entry, unused, sizeof(unused)) == 0 ? NULL : entry;
}

static const char *entry_extent(const struct gpt *g, const uint8_t *entry, struct extent *found)
{
	uint64_t first = le64(entry + 32), last = le64(entry + 40);

	if (first < g->first || last > g->last || first > last) {
		return "the partition's entry lies outside the disk";
	}
	*found = (struct extent){ first, last - first + 1 };
	return NULL;
}

const char *gpt_find(const char *name, struct extent *found, bool *is_backup)
{
	struct gpt g;
	const char *why = gpt_open(&g, is_backup);
	uint32_t matches = 0;

	if (why) {
		return why;
	}
	for (uint32_t i = 0; i < g.count; i++) {
		const uint8_t *entry = gpt_entry(&g, i);

		if (entry && utf16_is(entry + 56, NAME_MAX, name, strlen(name), false)) {
			if (matches++) {
				return "several partitions have this name";
			}
			why = entry_extent(&g, entry, found);
		}
	}
	return matches ? why : "the disk has no such partition";
}

const char *gpt_at(uint32_t index, struct extent *found)
{
	struct gpt g;
	bool is_backup;
	const char *why = gpt_open(&g, &is_backup);

	for (uint32_t i = 0; !why && i < g.count; i++) {
		const uint8_t *entry = gpt_entry(&g, i);

		if (entry && index-- == 0) {
			return entry_extent(&g, entry, found);
		}
	}
	return why ? why : "the disk has no more partitions";
}
