// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finds a file that lies in one piece on FAT16 or FAT32 (Microsoft's FAT specification
 * 1.03): boot sector, directories with long names, the file's chain. Reads only. Loops are
 * bounded by the number of clusters, whatever the tables say. Used at drv_block's start.
 */
#include "parse.h"

#define DEPTH_MAX	16
#define LONG_MAX	260	/* characters of a long name: 20 entries of 13 */
#define ENTRY_SIZE	32
#define DIRECTORY_MAX	4096	/* sectors: 65,536 entries */
#define FAT16_LEAST	4085	/* clusters */
#define FAT32_LEAST	65525

struct fat {
	uint64_t start, sectors;	/* of the file system on the disk */
	uint32_t cluster_sectors, clusters;
	uint64_t table, data;		/* sectors on the disk: first FAT; cluster 2 */
	uint64_t root;			/* FAT16: first sector of the root directory */
	uint32_t root_sectors, root_cluster;
	bool is_32;
};

struct entry {				/* of a directory: what is wanted */
	uint32_t cluster, size;
	bool is_directory;
};

struct search {				/* in one directory */
	const char *name;
	size_t size;
	uint8_t utf16[LONG_MAX * 2];
	uint32_t next;			/* ordinal of the long name's part that comes next */
	uint8_t sum;			/* of the short name that it belongs to */
	bool has_long;
	struct entry found;
};

enum answer { MORE, FOUND, END };

static uint8_t table[SECTOR_SIZE], block[SECTOR_SIZE];
static uint64_t table_at;		/* what table[] holds: a sector; 0: nothing */
static struct search search;

static bool is_power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

/* Fills `f` from the boot sector in block[]; a reason where it is none of ours. */
static const char *fat_layout(struct fat *f)
{
	uint32_t reserved = le16(block + 14), tables = block[16], entries = le16(block + 17);
	uint32_t table_size = le16(block + 22) ? le16(block + 22) : le32(block + 36);
	uint64_t total = le16(block + 19) ? le16(block + 19) : le32(block + 32);
	uint64_t before, clusters;

	f->cluster_sectors = block[13];
	if (le16(block + 510) != 0xaa55 || (block[0] != 0xeb && block[0] != 0xe9) ||
	    !is_power_of_two(f->cluster_sectors) || !reserved || !tables || !table_size) {
		return "no FAT file system is there";
	}
	if (le16(block + 11) != SECTOR_SIZE) {
		return "the FAT file system has sectors that are not of 512 bytes";
	}
	f->root_sectors = (entries * ENTRY_SIZE + SECTOR_SIZE - 1) / SECTOR_SIZE;
	before = reserved + (uint64_t)tables * table_size + f->root_sectors;
	if (total > f->sectors || before >= total) {
		return "the FAT file system is larger than where it lies";
	}
	clusters = (total - before) / f->cluster_sectors;
	if (clusters < FAT16_LEAST) {
		return "the file system is FAT12: FAT16 and FAT32 are read";
	}
	f->is_32 = clusters >= FAT32_LEAST;
	f->clusters = (uint32_t)clusters;
	f->table = f->start + reserved;
	f->root = f->start + before - f->root_sectors;
	f->data = f->start + before;
	f->root_cluster = f->is_32 ? le32(block + 44) & 0x0fffffff : 0;
	if (clusters > 0x0ffffff0 ||
	    (clusters + 2) * (f->is_32 ? 4 : 2) > (uint64_t)table_size * SECTOR_SIZE) {
		return "the FAT is too small for the file system";
	}
	return NULL;
}

static const char *fat_open(const struct extent *part, struct fat *f)
{
	*f = (struct fat){ .start = part->start, .sectors = part->count };
	table_at = 0;
	if (!part->count || !extent_is_within(part->start, part->count, disk_sectors()) ||
	    !disk_read(part->start, 1, block)) {
		return "the disk can't be read";
	}
	return fat_layout(f);
}

static bool is_cluster(const struct fat *f, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < f->clusters;
}

/* The cluster after this one; 0: the chain ends, or is damaged. */
static uint32_t fat_next(const struct fat *f, uint32_t cluster)
{
	uint64_t at = (uint64_t)cluster * (f->is_32 ? 4 : 2);
	uint64_t sector = f->table + at / SECTOR_SIZE;
	const uint8_t *entry = table + at % SECTOR_SIZE;
	uint32_t next;

	if (sector != table_at) {
		table_at = 0;
		if (!disk_read(sector, 1, table)) {
			return 0;
		}
		table_at = sector;
	}
	next = f->is_32 ? le32(entry) & 0x0fffffff : le16(entry);
	return is_cluster(f, next) ? next : 0;
}

static uint64_t cluster_sector(const struct fat *f, uint32_t cluster)
{
	return f->data + (uint64_t)(cluster - 2) * f->cluster_sectors;
}

static uint8_t short_sum(const uint8_t *name)
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++) {
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	}
	return sum;
}

/* A part of a long name: they come last part first, each before the short entry. */
static void long_part(struct search *s, const uint8_t *e)
{
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	uint32_t ordinal = e[0] & 0x3f;

	if (e[0] & 0x40) {
		memset(s->utf16, 0, sizeof(s->utf16));
		s->has_long = true;
		s->next = ordinal;
		s->sum = e[13];
	}
	if (!s->has_long || ordinal == 0 || ordinal > LONG_MAX / 13 || ordinal != s->next ||
	    e[13] != s->sum) {
		s->has_long = false;
		return;
	}
	for (uint32_t i = 0; i < 13; i++) {
		uint32_t c = le16(e + places[i]);
		uint8_t *to = s->utf16 + ((ordinal - 1) * 13 + i) * 2;

		to[0] = (uint8_t)(c == 0xffff ? 0 : c);
		to[1] = (uint8_t)(c == 0xffff ? 0 : c >> 8);
	}
	s->next = ordinal - 1;
}

/* "NAME    EXT" against "name.ext". */
static bool short_is(const uint8_t *e, const char *name, size_t size)
{
	uint8_t utf16[13 * 2] = { 0 };
	uint32_t n = 0;

	for (int i = 0; i < 8 && e[i] != ' '; i++) {
		utf16[2 * n++] = i == 0 && e[0] == 5 ? 0xe5 : e[i];
	}
	if (e[8] != ' ') {
		utf16[2 * n++] = '.';
	}
	for (int i = 8; i < 11 && e[i] != ' '; i++) {
		utf16[2 * n++] = e[i];
	}
	return utf16_is(utf16, 13, name, size, true);
}

static enum answer entry_look(const struct fat *f, struct search *s, const uint8_t *e)
{
	bool is_long = s->has_long && s->next == 0 && s->sum == short_sum(e);

	if (e[0] == 0) {
		return END;
	}
	if (e[0] == 0xe5) {			/* deleted */
		s->has_long = false;
		return MORE;
	}
	if ((e[11] & 0x3f) == 0x0f) {
		long_part(s, e);
		return MORE;
	}
	s->has_long = false;
	if ((e[11] & 0x08) || !((is_long && utf16_is(s->utf16, LONG_MAX, s->name, s->size, true)) ||
				short_is(e, s->name, s->size))) {
		return MORE;			/* the volume's label, or another name */
	}
	s->found.cluster = le16(e + 26) | (f->is_32 ? le16(e + 20) << 16 : 0);
	s->found.size = le32(e + 28);
	s->found.is_directory = e[11] & 0x10;
	return FOUND;
}

static enum answer sectors_look(const struct fat *f, struct search *s, uint64_t sector,
				uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!disk_read(sector + i, 1, block)) {
			return END;
		}
		for (uint32_t at = 0; at < SECTOR_SIZE; at += ENTRY_SIZE) {
			enum answer a = entry_look(f, s, block + at);

			if (a != MORE) {
				return a;
			}
		}
	}
	return MORE;
}

/* Looks in the directory that begins at `cluster`; 0: FAT16's root. */
static bool directory_find(const struct fat *f, struct search *s, uint32_t cluster)
{
	enum answer a = MORE;

	s->has_long = false;
	if (cluster == 0) {
		return sectors_look(f, s, f->root, f->root_sectors) == FOUND;
	}
	for (uint32_t i = 0; a == MORE && is_cluster(f, cluster) && i < DIRECTORY_MAX; i++) {
		a = sectors_look(f, s, cluster_sector(f, cluster), f->cluster_sectors);
		cluster = fat_next(f, cluster);
	}
	return a == FOUND;
}

static const char *path_find(const struct fat *f, const char *path, struct entry *found)
{
	*found = (struct entry){ f->root_cluster, 0, true };
	for (uint32_t depth = 0; depth <= DEPTH_MAX; depth++) {
		while (*path == '/') {
			path++;
		}
		if (*path == 0) {
			return NULL;
		}
		if (!found->is_directory || (depth && found->cluster == 0)) {
			return "a part of the path is no directory";
		}
		search.name = path;
		search.size = 0;
		while (path[search.size] && path[search.size] != '/') {
			search.size++;
		}
		if (!directory_find(f, &search, found->cluster)) {
			return "the file system has no such file";
		}
		*found = search.found;
		path += search.size;
	}
	return "the path is too deep";
}

const char *fat_find(const struct extent *part, const char *path, struct extent *found)
{
	struct fat f;
	struct entry e;
	const char *why = fat_open(part, &f);
	uint32_t cluster, bytes, count;

	why = why ? why : path_find(&f, path, &e);
	if (why) {
		return why;
	}
	if (e.is_directory) {
		return "the path names a directory";
	}
	if (e.size < SECTOR_SIZE) {
		return "the file is shorter than a sector";
	}
	cluster = e.cluster;
	bytes = f.cluster_sectors * SECTOR_SIZE;
	count = (uint32_t)(((uint64_t)e.size + bytes - 1) / bytes);
	if (!is_cluster(&f, cluster) || count > f.clusters - (cluster - 2)) {
		return "the file's first cluster is damaged";
	}
	for (uint32_t i = 1; i < count; i++) {
		uint32_t next = fat_next(&f, cluster);

		if (next != cluster + 1) {
			return next ? "the file is fragmented: it must lie in one piece"
				    : "the file's chain of clusters is damaged";
		}
		cluster = next;
	}
	*found = (struct extent){ cluster_sector(&f, e.cluster), e.size / SECTOR_SIZE };
	return NULL;
}

/* Is there a FAT16 or FAT32 file system? */
static bool is_fat(const struct extent *part)
{
	struct fat f;

	return fat_open(part, &f) == NULL;
}

/* The MBR's four partitions (types of FAT). */
static bool mbr_find(struct extent *found)
{
	static const uint8_t types[] = { 0x04, 0x06, 0x0b, 0x0c, 0x0e };
	uint8_t mbr[SECTOR_SIZE];

	if (!disk_sectors() || !disk_read(0, 1, mbr) || le16(mbr + 510) != 0xaa55) {
		return false;
	}
	for (const uint8_t *e = mbr + 446; e < mbr + 510; e += 16) {
		*found = (struct extent){ le32(e + 8), le32(e + 12) };
		for (uint32_t i = 0; i < sizeof(types); i++) {
			if (e[4] == types[i] && is_fat(found)) {
				return true;
			}
		}
	}
	return false;
}

const char *fat_first(struct extent *found)
{
	*found = (struct extent){ 0, disk_sectors() };
	if (is_fat(found) || mbr_find(found)) {
		return NULL;
	}
	for (uint32_t i = 0; i < 128 && !gpt_at(i, found); i++) {
		if (is_fat(found)) {
			return NULL;
		}
	}
	return "the disk has no FAT16 or FAT32 file system";
}
