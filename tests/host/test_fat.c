// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's reader of FAT16 and FAT32: finds files by short and long names, refuses those
 * that do not lie in one piece, and survives damaged file systems.
 */
/* sources: guests/drv_block/fat.c guests/drv_block/gpt.c guests/drv_block/volume.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <guests/drv_block/volume.h>
#include "disk_image.h"

#define SECTORS		70000
#define START		2048
#define LONG_NAME	"A long name, of two parts.img"

static struct fat_image f;
static struct extent part, found;
static uint32_t file, sub, deep;

void *volume_memory(uint64_t size)
{
	static uint8_t memory[4096];

	return size <= sizeof(memory) ? memory : NULL;
}

/* /disk.img of 3 clusters and a bit, /LONG_NAME, /sub/deep.bin, /pieces.img, /lost.img */
static void make(bool is_32)
{
	uint8_t *e;

	image_make(SECTORS);
	fat_make(&f, START, is_32);
	part = (struct extent){ START, SECTORS - START };
	e = is_32 ? cluster_at(&f, f.root_cluster) : at_sector(f.root);
	e = short_put(&f, e, "LABEL      ", 0x08, 0, 0);
	file = fat_chain(&f, 4, 1);
	e = short_put(&f, e, "DISK    IMG", 0x20, file, 3 * 512 + 100);
	e = short_put(&f, e, "\xe5ISK    IMG", 0x20, 99, 5000);
	e = long_put(&f, e, LONG_NAME, "ALONGN~1IMG", 0x20, fat_chain(&f, 2, 1), 1024);
	sub = fat_chain(&f, 2, 3);
	e = short_put(&f, e, "SUB        ", 0x10, sub, 0);
	e = short_put(&f, e, "PIECES  IMG", 0x20, fat_chain(&f, 3, 2), 1500);
	e = short_put(&f, e, "LOST    IMG", 0x20, fat_chain(&f, 2, 1), 1025);
	e = short_put(&f, e, "TINY       ", 0x20, fat_chain(&f, 1, 1), 511);
	short_put(&f, e, "EMPTY      ", 0x20, 0, 0);
	deep = fat_chain(&f, 2, 1);
	memset(cluster_at(&f, sub), 0xe5, SECTOR_SIZE);	/* full of deleted entries */
	short_put(&f, cluster_at(&f, sub + 3), "DEEP    BIN", 0x20, deep, 1024);
}

static int make_16(void **state)
{
	(void)state;
	make(false);
	return 0;
}

static int make_32(void **state)
{
	(void)state;
	make(true);
	return 0;
}

static uint64_t sector_of(uint32_t cluster)
{
	return f.data + (cluster - 2) * f.cluster_sectors;
}

static void files_are_found(void **state)
{
	static const char *const names[] = { "disk.img", "/disk.img", "DISK.IMG", "//Disk.Img" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_null(fat_find(&part, names[i], &found));
		assert_int_equal(found.start, sector_of(file));
		assert_int_equal(found.count, 3);
	}
	assert_null(fat_find(&part, "sub/deep.bin", &found));
	assert_int_equal(found.start, sector_of(deep));
	assert_int_equal(found.count, 2);
}

static void a_long_name_and_its_short_one_are_found(void **state)
{
	(void)state;
	assert_null(fat_find(&part, LONG_NAME, &found));
	assert_null(fat_find(&part, "a LONG name, of two parts.IMG", &found));
	assert_null(fat_find(&part, "alongn~1.img", &found));
	assert_non_null(fat_find(&part, "A long name, of two parts.im", &found));
	assert_non_null(fat_find(&part, "A long name, of two parts.imgg", &found));
}

static void a_long_name_with_a_wrong_sum_or_part_is_not_used(void **state)
{
	uint8_t *e = f.is_32 ? cluster_at(&f, f.root_cluster) : at_sector(f.root);

	(void)state;
	e += 3 * 32;
	e[13] ^= 1;
	assert_non_null(fat_find(&part, LONG_NAME, &found));
	assert_null(fat_find(&part, "alongn~1.img", &found));
	e[13] ^= 1;
	assert_null(fat_find(&part, LONG_NAME, &found));
	e[0] = 0x7f;
	assert_non_null(fat_find(&part, LONG_NAME, &found));
	e[0] = 0x40;
	assert_non_null(fat_find(&part, LONG_NAME, &found));
}

static void what_is_no_file_in_one_piece_is_refused(void **state)
{
	static const struct {
		const char *path, *why;
	} tries[] = {
		{ "none.img", "the file system has no such file" },
		{ "dis", "the file system has no such file" },
		{ "label", "the file system has no such file" },
		{ "sub", "the path names a directory" },
		{ "", "the path names a directory" },
		{ "disk.img/x", "a part of the path is no directory" },
		{ "sub/none", "the file system has no such file" },
		{ "pieces.img", "the file is fragmented: it must lie in one piece" },
		{ "lost.img", "the file's chain of clusters is damaged" },
		{ "tiny", "the file is shorter than a sector" },
		{ "empty", "the file is shorter than a sector" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		assert_string_equal(fat_find(&part, tries[i].path, &found), tries[i].why);
	}
}

static void a_directory_in_a_circle_ends(void **state)
{
	(void)state;
	fat_set(&f, sub + 3, sub);
	memset(cluster_at(&f, sub + 3), 0xe5, SECTOR_SIZE);
	assert_non_null(fat_find(&part, "sub/deep.bin", &found));
}

static void an_absurd_boot_sector_is_refused(void **state)
{
	static const struct {
		uint32_t at, value;
		int bytes;
	} tries[] = {
		{ 510, 0, 2 }, { 0, 0, 1 }, { 11, 4096, 2 }, { 11, 0, 2 }, { 13, 0, 1 },
		{ 13, 3, 1 }, { 14, 0, 2 }, { 14, 0xffff, 2 }, { 16, 0, 1 }, { 16, 255, 1 },
		{ 32, 0, 4 }, { 32, 5000, 4 }, { 32, 0xffffffff, 4 }, { 17, 0xffff, 2 },
		{ 13, 128, 1 },
	};
	uint8_t kept[SECTOR_SIZE];

	(void)state;
	memcpy(kept, at_sector(START), SECTOR_SIZE);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		put(at_sector(START) + tries[i].at, tries[i].value, tries[i].bytes);
		if (i != 13 || !f.is_32) {	/* a root directory more does not harm FAT32 */
			assert_non_null(fat_find(&part, "disk.img", &found));
		}
		memcpy(at_sector(START), kept, SECTOR_SIZE);
	}
	assert_null(fat_find(&part, "disk.img", &found));
}

static void clusters_outside_the_file_system_are_refused(void **state)
{
	static const uint32_t clusters[] = { 0, 1, 0xffff, 66002, 0x0fffffff, 0xffffffff };
	uint8_t *e = f.is_32 ? cluster_at(&f, f.root_cluster) : at_sector(f.root);

	(void)state;
	for (size_t i = 0; i < sizeof(clusters) / sizeof(clusters[0]); i++) {
		if (clusters[i] == (f.is_32 ? 0xffff : 66002)) {
			continue;		/* a cluster of the one, cut off in the other */
		}
		put(e + 32 + 20, clusters[i] >> 16, 2);
		put(e + 32 + 26, clusters[i], 2);
		assert_string_equal(fat_find(&part, "disk.img", &found),
				    "the file's first cluster is damaged");
	}
	put(e + 32 + 28, 0xffffffff, 4);
	put(e + 32 + 26, file, 2);
	put(e + 32 + 20, 0, 2);
	assert_non_null(fat_find(&part, "disk.img", &found));
}

static void unreadable_sectors_are_an_answer(void **state)
{
	uint64_t places[] = { START, f.table, f.root, sector_of(sub) };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bad_sector = places[i];
		assert_non_null(fat_find(&part, "sub/deep.bin", &found));
	}
	bad_sector = ~0ull;
}

static void a_partition_larger_than_the_disk_is_refused(void **state)
{
	struct extent bad[] = { { START, 0 }, { SECTORS, 1 }, { START, SECTORS },
				{ ~0ull, 2 }, { START, 100 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(fat_find(&bad[i], "disk.img", &found));
	}
}

static void the_first_file_system_is_found(void **state)
{
	uint8_t *mbr = at_sector(0);

	(void)state;
	assert_non_null(fat_first(&found));
	put(mbr + 510, 0xaa55, 2);
	mbr[446 + 16 + 4] = 0x0c;
	put(mbr + 446 + 16 + 8, START, 4);
	put(mbr + 446 + 16 + 12, SECTORS - START, 4);
	assert_null(fat_first(&found));
	assert_int_equal(found.start, START);
	memset(mbr, 0, SECTOR_SIZE);
	gpt_make();
	gpt_entry_put(2, 7, "esp", START, SECTORS - 40);
	gpt_header_put(1, SECTORS - 1, 2);
	assert_null(fat_first(&found));
	assert_int_equal(found.start, START);
	assert_int_equal(found.count, SECTORS - 40 - START + 1);
}

static void the_whole_disk_may_be_a_file_system(void **state)
{
	(void)state;
	image_make(5000);
	fat_make(&f, 0, false);
	short_put(&f, at_sector(f.root), "X          ", 0x20, fat_chain(&f, 2, 1), 1024);
	assert_null(fat_first(&found));
	assert_null(fat_find(&found, "x", &part));
	assert_int_equal(part.start, f.data);
}

static void a_small_file_system_is_told_to_be_fat12(void **state)
{
	(void)state;
	put(at_sector(START) + 32, f.data - START + 4000, 4);
	assert_string_equal(fat_find(&part, "disk.img", &found),
			    "the file system is FAT12: FAT16 and FAT32 are read");
}

static void volumes_are_made_of_each_kind(void **state)
{
	struct volume v, o;
	struct volume_wish w = { .file = "disk.img", .is_read_only = true };

	(void)state;
	gpt_make();
	gpt_entry_put(2, 7, "esp", START, SECTORS - 40);
	gpt_header_put(1, SECTORS - 1, 2);
	assert_null(volume_open(&w, true, &v));
	assert_true(v.is_read_only);
	assert_int_equal(v.at.start, sector_of(file));
	w.fat_partition = "esp";
	assert_null(volume_open(&w, true, &v));
	w.fat_partition = "boot";
	assert_non_null(volume_open(&w, true, &v));
	assert_string_equal(volume_open(&w, false, &v), "there is no disk");
	w = (struct volume_wish){ .partition = "esp" };
	assert_null(volume_open(&w, true, &v));
	w = (struct volume_wish){ .has_ram = true, .ram_size = 4096 };
	assert_null(volume_open(&w, false, &v));
	assert_int_equal(v.at.count, 8);
	assert_false(volumes_clash(&v, &v));
	w.ram_size = 4097;
	assert_non_null(volume_open(&w, false, &v));
	w.ram_size = 8192;
	assert_non_null(volume_open(&w, false, &v));
	w = (struct volume_wish){ .has_extent = true, .extent = { SECTORS - 1, 1 } };
	assert_null(volume_open(&w, true, &v));
	w.extent = (struct extent){ SECTORS - 2, 2 };
	assert_null(volume_open(&w, true, &o));
	assert_true(volumes_clash(&v, &o));
	w.extent.count = 3;
	assert_non_null(volume_open(&w, true, &o));
	w.extent = (struct extent){ ~0ull, 2 };
	assert_non_null(volume_open(&w, true, &o));
	w.extent = (struct extent){ 5, 0 };
	assert_non_null(volume_open(&w, true, &o));
	w.partition = "esp";
	assert_non_null(volume_open(&w, true, &o));
	w = (struct volume_wish){ 0 };
	assert_non_null(volume_open(&w, true, &o));
}

static void the_range_of_a_request_is_checked_without_overflow(void **state)
{
	const struct volume v = { .at = { 1000, 100 } };

	(void)state;
	assert_true(volume_has(&v, 0, 100 * 512));
	assert_true(volume_has(&v, 99, 512));
	assert_true(volume_has(&v, 100, 0));
	assert_false(volume_has(&v, 99, 1024));
	assert_false(volume_has(&v, 100, 512));
	assert_false(volume_has(&v, ~0ull, 512));
	assert_false(volume_has(&v, ~0ull, 1024));
	assert_false(volume_has(&v, 0, 511));
	assert_false(volume_has(&v, 0, ~0ull - 511));
}

#define BOTH(name) cmocka_unit_test_setup(name, make_16), cmocka_unit_test_setup(name, make_32)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(files_are_found),
		BOTH(a_long_name_and_its_short_one_are_found),
		BOTH(a_long_name_with_a_wrong_sum_or_part_is_not_used),
		BOTH(what_is_no_file_in_one_piece_is_refused),
		BOTH(a_directory_in_a_circle_ends),
		BOTH(an_absurd_boot_sector_is_refused),
		BOTH(clusters_outside_the_file_system_are_refused),
		BOTH(unreadable_sectors_are_an_answer),
		BOTH(a_partition_larger_than_the_disk_is_refused),
		BOTH(the_first_file_system_is_found),
		cmocka_unit_test(the_whole_disk_may_be_a_file_system),
		cmocka_unit_test_setup(a_small_file_system_is_told_to_be_fat12, make_16),
		BOTH(volumes_are_made_of_each_kind),
		cmocka_unit_test(the_range_of_a_request_is_checked_without_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
