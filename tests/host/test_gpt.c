// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's reader of GPTs: finds partitions by name, trusts no number of the table,
 * and uses the backup where the primary is damaged.
 */
/* sources: guests/drv_block/gpt.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "disk_image.h"

#define SECTORS 4096

static struct extent found;
static bool is_backup;

static int make(void **state)
{
	(void)state;
	image_make(SECTORS);
	gpt_make();
	return 0;
}

/* The table's primary copy is made to fit its changed entries again. */
static void primary_sign(void)
{
	gpt_header_put(1, SECTORS - 1, 2);
}

static void header_sign(uint64_t lba)
{
	uint8_t *h = at_sector(lba);

	put(h + 16, 0, 4);
	put(h + 16, crc32(0, h, 92), 4);
}

static void a_partition_is_found_by_its_name(void **state)
{
	(void)state;
	assert_null(gpt_find("root", &found, &is_backup));
	assert_false(is_backup);
	assert_int_equal(found.start, 100);
	assert_int_equal(found.count, SECTORS - 299);
	assert_null(gpt_find("boot", &found, &is_backup));
	assert_int_equal(found.count, 36);
}

static void a_name_is_matched_whole(void **state)
{
	static const char *const names[] = { "roo", "roott", "Root", "", "\xc3", "root\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_string_equal(gpt_find(names[i], &found, &is_backup),
				    "the disk has no such partition");
	}
}

static void a_name_of_36_characters_and_one_in_utf_8_are_found(void **state)
{
	const char *most = "abcdefghijklmnopqrstuvwxyz0123456789";

	(void)state;
	gpt_entry_put(2, 5, most, 70, 71);
	gpt_entry_put(2, 6, "x", 72, 73);
	put(at_sector(2) + 6 * 128 + 56, 0xe4, 2);	/* a umlaut */
	put(at_sector(2) + 6 * 128 + 58, 0x20ac, 2);	/* euro sign */
	primary_sign();
	assert_null(gpt_find(most, &found, &is_backup));
	assert_int_equal(found.start, 70);
	assert_null(gpt_find("\xc3\xa4\xe2\x82\xac", &found, &is_backup));
	assert_int_equal(found.start, 72);
	assert_non_null(gpt_find("abcdefghijklmnopqrstuvwxyz01234567890", &found, &is_backup));
}

static void a_name_that_two_have_is_refused(void **state)
{
	(void)state;
	gpt_entry_put(2, 9, "root", 70, 71);
	primary_sign();
	assert_string_equal(gpt_find("root", &found, &is_backup),
			    "several partitions have this name");
}

static void a_damaged_primary_is_replaced_by_the_backup(void **state)
{
	static const uint32_t places[] = { 0, 12, 16, 24, 40, 72, 80, 84, 88 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		make(state);
		at_sector(1)[places[i]] ^= 0x10;
		assert_null(gpt_find("root", &found, &is_backup));
		assert_true(is_backup);
		assert_int_equal(found.start, 100);
	}
	make(state);
	at_sector(2)[3 * 128 + 33] ^= 1;	/* an entry */
	assert_null(gpt_find("root", &found, &is_backup));
	assert_true(is_backup);
	make(state);
	bad_sector = 1;
	assert_null(gpt_find("root", &found, &is_backup));
	make(state);
	bad_sector = 9;				/* among the entries */
	assert_null(gpt_find("root", &found, &is_backup));
	assert_true(is_backup);
}

static void two_damaged_tables_are_refused(void **state)
{
	(void)state;
	at_sector(1)[0] = 0;
	at_sector(SECTORS - 1)[88] ^= 1;
	assert_string_equal(gpt_find("root", &found, &is_backup),
			    "the disk has no undamaged GPT");
	image_make(SECTORS);
	assert_non_null(gpt_find("root", &found, &is_backup));
	image_make(1);
	assert_non_null(gpt_find("root", &found, &is_backup));
}

/* Well signed, and still absurd. */
static void hostile_headers_are_refused(void **state)
{
	static const struct {
		uint32_t at;
		uint64_t value;
		int bytes;
	} tries[] = {
		{ 12, 91, 4 }, { 12, 0xffffffff, 4 }, { 24, 2, 8 }, { 48, SECTORS, 8 },
		{ 48, ~0ull, 8 }, { 40, SECTORS - 1, 8 }, { 72, SECTORS - 3, 8 },
		{ 72, ~0ull, 8 }, { 80, 0, 4 }, { 80, 0xffffffff, 4 }, { 84, 0, 4 },
		{ 84, 64, 4 }, { 84, 129, 4 }, { 84, 192, 4 }, { 84, 0x80000000, 4 },
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		make(state);
		at_sector(SECTORS - 1)[0] = 0;
		put(at_sector(1) + tries[i].at, tries[i].value, tries[i].bytes);
		header_sign(1);
		assert_non_null(gpt_find("root", &found, &is_backup));
	}
}

static void a_partition_outside_the_usable_part_is_refused(void **state)
{
	static const uint64_t bad[][2] = {
		{ 1, 50 }, { 100, SECTORS }, { 100, ~0ull }, { 200, 199 }, { ~0ull, ~0ull },
		{ SECTORS - 33, SECTORS - 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		gpt_entry_put(2, 3, "root", bad[i][0], bad[i][1]);
		primary_sign();
		assert_string_equal(gpt_find("root", &found, &is_backup),
				    "the partition's entry lies outside the disk");
	}
}

static void partitions_are_counted_in_use(void **state)
{
	(void)state;
	assert_null(gpt_at(0, &found));
	assert_int_equal(found.start, 64);
	assert_null(gpt_at(1, &found));
	assert_int_equal(found.start, 100);
	assert_non_null(gpt_at(2, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_partition_is_found_by_its_name, make),
		cmocka_unit_test_setup(a_name_is_matched_whole, make),
		cmocka_unit_test_setup(a_name_of_36_characters_and_one_in_utf_8_are_found, make),
		cmocka_unit_test_setup(a_name_that_two_have_is_refused, make),
		cmocka_unit_test_setup(a_damaged_primary_is_replaced_by_the_backup, make),
		cmocka_unit_test_setup(two_damaged_tables_are_refused, make),
		cmocka_unit_test_setup(hostile_headers_are_refused, make),
		cmocka_unit_test_setup(a_partition_outside_the_usable_part_is_refused, make),
		cmocka_unit_test_setup(partitions_are_counted_in_use, make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
