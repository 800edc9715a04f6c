/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/crash.c: what a record shows, how long it is, and that nothing of it is
 * the crashed guest's to choose but numbers.
 */
/* sources: core/crash.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <core/exit.h>
#include "fake_arch.h"

static struct sys_guest config[2] = {
	{ .name = "rt", .vcpu_count = 1, .cpu = { 1 } },
	{ .name = "a-name-of-twenty-three-c", .vcpu_count = 2, .cpu = { 2, 3 } },
};

static int begin(void **state)
{
	(void)state;
	fake_reset();
	fake_guests(config, 2);
	guests[0].life = guests[1].life = 1;
	return 0;
}

static unsigned lines(void)
{
	unsigned n = 0;

	for (const char *p = fake.log; (p = strchr(p, '\n')); p++) {
		n++;
	}
	return n;
}

static void a_record_shows_where_and_why(void **state)
{
	struct vcpu *v = &guests[0].vcpu[0];

	(void)state;
	for (uint64_t i = 0; i < 31; i++) {
		v->arch.x[i] = 0x1000 + i;
	}
	v->arch.elr = 0x40001234;
	v->arch.spsr = 0x3c5;
	guests[0].life = 3;
	fake.now = 62500000ull * 12 + 625;
	crash_record(v, "stage-2 abort: write", 0x93810046, 0xffff0000, 0x50000000);
	assert_non_null(strstr(fake.log,
			       "skerry: rt crashed at 12.000010 s: stage-2 abort: write\n"));
	assert_non_null(strstr(fake.log,
			       "life 3, vCPU 0 on core 1, pc 0000000040001234, pstate 3c5,"));
	assert_non_null(strstr(fake.log, "ESR 93810046, FAR 00000000ffff0000, IPA 0050000000\n"));
	assert_non_null(strstr(fake.log, "  x0  0000000000001000 0000000000001001 "));
	assert_non_null(strstr(fake.log, "  x28 000000000000101c 000000000000101d "
					 "000000000000101e\n"));
	assert_non_null(strstr(fake.log, "last exits: none\n"));
	assert_true(lines() <= 14);
}

static void the_last_exits_come_oldest_first(void **state)
{
	struct vcpu *v = &guests[1].vcpu[1];

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		stats_exit(v, i % 2 ? EXIT_HVC : EXIT_IRQ, 0xf000000f0ull + i);
	}
	crash_record(v, "x", 0, 0, 0);
	assert_non_null(strstr(fake.log, "last exits: hvc/f3 irq/f4 "));
	assert_non_null(strstr(fake.log, " irq/fa\n"));
	assert_int_equal(v->exits[EXIT_HVC], 5);
	assert_int_equal(v->exits[EXIT_IRQ], 6);
	assert_true(lines() <= 14);
}

static void the_longest_record_is_bounded(void **state)
{
	struct vcpu *v = &guests[1].vcpu[0];
	char cause[300];

	(void)state;
	memset(cause, 'c', sizeof(cause));
	cause[299] = '\0';
	memset(v->arch.x, 0xff, sizeof(v->arch.x));
	v->arch.elr = v->arch.spsr = guests[1].life = fake.now = UINT64_MAX;
	for (unsigned i = 0; i < EXIT_RING; i++) {
		stats_exit(v, EXIT_SERROR, UINT32_MAX);	/* the longest name */
	}
	crash_record(v, cause, UINT64_MAX, UINT64_MAX, UINT64_MAX);
	assert_true(lines() <= 14);
	assert_true(strlen(fake.log) < 14 * 200);
	assert_non_null(strstr(fake.log, " serror/ffffffff serror/ffffffff\n"));
}

static void a_panic_shows_what_led_there(void **state)
{
	struct vcpu *v = &guests[0].vcpu[0];

	(void)state;
	stats_exit(v, EXIT_MMIO, 0x93000000);
	crash_print_exits(v);
	assert_string_equal(fake.log, "skerry:   last exits: mmio/93000000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_shows_where_and_why, begin),
		cmocka_unit_test_setup(the_last_exits_come_oldest_first, begin),
		cmocka_unit_test_setup(the_longest_record_is_bounded, begin),
		cmocka_unit_test_setup(a_panic_shows_what_led_there, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
