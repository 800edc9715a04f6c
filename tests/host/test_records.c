/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/boot/records.c: which records of earlier boots are told, how often, and what becomes
 * of what lies there.
 */
/* sources: core/boot/records.c core/crash.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <core/core.h>
#include <core/boot/boot.h>
#include "fake_arch.h"

static struct sys_guest config[2] = {
	{ .name = "rt", .vcpu_count = 1 }, { .name = "linux", .vcpu_count = 1 },
};
static union crash_page kept[SKERRY_GUEST_MAX + 1], lost[SKERRY_GUEST_MAX + 1];
static const struct pa place = { 0x70000000 };
static bool can_map;

void *arch_boot_keep(struct pa at)
{
	assert_int_equal(at.v, place.v);
	return can_map ? kept : NULL;
}

void *arch_boot_alloc(uint64_t size)
{
	assert_int_equal(size, sizeof(lost));
	return memset(lost, 0, sizeof(lost));
}

static void boot_again(void)
{
	fake_reset();
	fake_guests(config, 2);
	guests[0].life = guests[1].life = 1;
	memcpy(the_system.guest, config, sizeof(config));
	the_system.guest_count = 2;
	crash_pages = NULL;
	records_boot(&place);
}

static int begin(void **state)
{
	(void)state;
	can_map = true;
	for (uint32_t i = 0; i < sizeof(kept); i++) {
		((uint8_t *)kept)[i] = (uint8_t)rand();	/* as after power-on */
	}
	boot_again();
	return 0;
}

static bool told(const char *text)
{
	return strstr(fake.log, text) != NULL;
}

static void what_was_never_written_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(fake.log, "");
	for (uint32_t i = 0; i <= SKERRY_GUEST_MAX; i++) {
		assert_int_equal(kept[i].record.crc32, 0);
		assert_int_equal(kept[i].record.magic, 0);
	}
	boot_again();
	assert_string_equal(fake.log, "");
}

static void a_record_is_told_once_and_stays(void **state)
{
	(void)state;
	crash_record(&guests[1].vcpu[0], "SError", 0, 0, 0);
	boot_again();
	assert_true(told("skerry: kept from an earlier boot:\nskerry: linux crashed at 0."));
	assert_true(told(": SError\n") && told("last exits: none"));
	assert_false(told("rt crashed"));
	assert_int_equal(kept[1].record.boots, 1);
	for (uint32_t boots = 2; boots < 5; boots++) {
		boot_again();
		assert_string_equal(fake.log, "");
		assert_int_equal(kept[1].record.boots, boots);
		assert_string_equal(kept[1].record.cause, "SError");
	}
	crash_record(&guests[1].vcpu[0], "again", 0, 0, 0);
	assert_int_equal(kept[1].record.boots, 0);
	boot_again();
	assert_true(told(": again\n"));
}

static void damage_is_noticed(void **state)
{
	static union crash_page good;

	(void)state;
	crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
	good = kept[0];
	for (uint32_t i = 0; i < sizeof(struct skerry_crash); i += 29) {
		kept[0] = good;
		kept[0].page[i] ^= 1;
		boot_again();
		assert_string_equal(fake.log, "");
		assert_int_equal(kept[0].record.crc32, 0);
	}
	kept[0] = good;
	boot_again();
	assert_true(told("rt crashed"));
}

/* Its checksum is right, but another Skerry's wrote it. */
static void another_layout_is_not_a_record(void **state)
{
	struct skerry_crash *r = &kept[0].record;

	(void)state;
	crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
	r->version++;
	r->crc32 = 0;
	crash_seal(r);
	boot_again();
	assert_string_equal(fake.log, "");
	crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
	r->size -= 8;
	r->crc32 = 0;
	crash_seal(r);
	boot_again();
	assert_string_equal(fake.log, "");
}

/* Whoever had the memory between two boots can make a checksum too. */
static void a_text_without_an_end_is_not_a_record(void **state)
{
	struct skerry_crash *r = &kept[0].record;

	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
		memset(n ? r->cause : r->name, 'y', n ? sizeof(r->cause) : sizeof(r->name));
		r->crc32 = 0;
		crash_seal(r);
		boot_again();
		assert_string_equal(fake.log, "");
		assert_int_equal(r->crc32, 0);
	}
}

/* Who may read the record of guest 1 may not have had a right over that one. */
static void the_record_of_a_guest_that_is_gone_is_told_and_forgotten(void **state)
{
	static const struct sys_guest other = { .name = "other", .vcpu_count = 1 };
	struct sys_guest linux_then = config[1];

	(void)state;
	crash_record(&guests[1].vcpu[0], "x", 0, 0, 0);
	config[1] = other;
	boot_again();
	assert_true(told("linux crashed"));
	assert_int_equal(kept[1].record.crc32 | kept[1].record.pc | kept[1].record.magic, 0);
	config[1] = linux_then;
	boot_again();
	assert_string_equal(fake.log, "");
}

static void el2s_own_record_tells_why(void **state)
{
	(void)state;
	crash_note(&guests[0].vcpu[0], 0, "crashed: its description resets the board then");
	boot_again();
	assert_string_equal(fake.log, "skerry: the board was reset: rt crashed: its description "
			    "resets the board then\n");
	boot_again();
	assert_string_equal(fake.log, "");
	stats_exit(&guests[1].vcpu[0], EXIT_HVC, 7);
	fake.cpu = 3;
	crash_note(&guests[1].vcpu[0], 0x4000001234, "page 7 owned twice");
	boot_again();
	assert_string_equal(fake.log, "skerry: an earlier boot ended in a panic on core 3, guest "
			    "linux, at 0x4000001234: page 7 owned twice\n"
			    "skerry:   last exits: hvc/7\n");
	crash_note(NULL, 0x4000001234, "y");
	boot_again();
	assert_true(told("on core 0, guest none, at 0x4000001234: y\n"));
}

static void without_a_place_all_else_works(void **state)
{
	(void)state;
	crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
	can_map = false;
	boot_again();
	assert_true(told("skerry: crash records are not kept"));
	assert_false(told("crashed"));
	crash_record(&guests[0].vcpu[0], "y", 0, 0, 0);
	assert_ptr_equal(crash_pages, lost);
	assert_string_equal(lost[0].record.cause, "y");
	fake.log[0] = '\0';
	records_boot(NULL);
	assert_true(told("skerry: crash records are not kept"));
	assert_int_equal(lost[0].record.crc32, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_never_written_is_nothing, begin),
		cmocka_unit_test_setup(a_record_is_told_once_and_stays, begin),
		cmocka_unit_test_setup(damage_is_noticed, begin),
		cmocka_unit_test_setup(another_layout_is_not_a_record, begin),
		cmocka_unit_test_setup(a_text_without_an_end_is_not_a_record, begin),
		cmocka_unit_test_setup(the_record_of_a_guest_that_is_gone_is_told_and_forgotten,
				       begin),
		cmocka_unit_test_setup(el2s_own_record_tells_why, begin),
		cmocka_unit_test_setup(without_a_place_all_else_works, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
