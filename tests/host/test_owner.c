// SPDX-License-Identifier: BSD-2-Clause
/*
 * The page-owner records: whole ranges or nothing, one owner each. The table can't be
 * emptied, so each test takes addresses of its own; the last one fills it.
 */
/* sources: tests/oracle/owner.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <abi/errors.h>
#include <core/guest.h>
#include "../oracle/owner.h"

struct system the_system;

static struct range r(uint64_t base, uint64_t size)
{
	return (struct range){ base, size };
}

static const struct owner *owner_of(struct pa at)
{
	return owner_overlap((struct range){ at.v, 1 });
}

static void bad_ranges_are_refused(void **state)
{
	assert_int_equal(owner_add(r(0x1000, 0), OWNER_HV, 0), SKERRY_INVALID);
	assert_int_equal(owner_add(r(0x1008, 0x1000), OWNER_HV, 0), SKERRY_INVALID);
	assert_int_equal(owner_add(r(0x1000, 0x1008), OWNER_HV, 0), SKERRY_INVALID);
	assert_int_equal(owner_add(r(~0xfffull, 0x1000), OWNER_HV, 0), SKERRY_INVALID);
	assert_int_equal(owner_add(r(0x1000, ~0xfffull), OWNER_HV, 0), SKERRY_INVALID);
	assert_null(owner_of(pa(0x1000)));
}

static void a_range_has_one_owner(void **state)
{
	assert_int_equal(owner_add(r(0x100000, 0x4000), OWNER_GUEST, 1), SKERRY_OK);
	assert_int_equal(owner_add(r(0x103000, 0x1000), OWNER_HV, 0), SKERRY_BUSY);
	assert_int_equal(owner_add(r(0x0ff000, 0x2000), OWNER_HV, 0), SKERRY_BUSY);
	assert_int_equal(owner_add(r(0x0f0000, 0x20000), OWNER_GUEST, 1), SKERRY_BUSY);
	assert_int_equal(owner_overlap(r(0x0f0000, 0x20000))->index, 1);
	assert_int_equal(owner_add(r(0x0ff000, 0x1000), OWNER_HV, 0), SKERRY_OK);
	assert_int_equal(owner_add(r(0x104000, 0x1000), OWNER_DEVICE, 2), SKERRY_OK);
	assert_int_equal(owner_of(pa(0xfffff))->kind, OWNER_HV);
	assert_int_equal(owner_of(pa(0x100000))->kind, OWNER_GUEST);
	assert_int_equal(owner_of(pa(0x103fff))->kind, OWNER_GUEST);
	assert_int_equal(owner_of(pa(0x104000))->kind, OWNER_DEVICE);
	assert_null(owner_of(pa(0x105000)));
	assert_true(owner_audit());
}

static void a_check_covers_the_whole_range(void **state)
{
	assert_int_equal(owner_add(r(0x202000, 0x2000), OWNER_GUEST, 3), SKERRY_OK);
	assert_int_equal(owner_add(r(0x200000, 0x2000), OWNER_GUEST, 3), SKERRY_OK);
	assert_int_equal(owner_add(r(0x204000, 0x1000), OWNER_GUEST, 4), SKERRY_OK);
	assert_true(owner_check(r(0x200000, 0x1000), OWNER_GUEST, 3));
	assert_true(owner_check(r(0x202000, 0x2000), OWNER_GUEST, 3));
	assert_false(owner_check(r(0x203000, 0x2000), OWNER_GUEST, 3));
	assert_false(owner_check(r(0x201000, 0x4000), OWNER_GUEST, 3));
	assert_false(owner_check(r(0x1ff000, 0x2000), OWNER_GUEST, 3));
	assert_false(owner_check(r(0x200000, 0x1000), OWNER_GUEST, 4));
	assert_false(owner_check(r(0x200000, 0x1000), OWNER_HV, 3));
	assert_false(owner_check(r(0x200000, 0), OWNER_GUEST, 3));
	assert_false(owner_check(r(0x300000, 0x1000), OWNER_GUEST, 3));
	assert_false(owner_check(r(~0xfffull, 0x2000), OWNER_GUEST, 3));
}

static void a_guest_maps_only_what_is_its_own(void **state)
{
	assert_int_equal(owner_add(r(0x400000, 0x1000), OWNER_GUEST, 0), SKERRY_OK);
	assert_int_equal(owner_add(r(0x401000, 0x1000), OWNER_DEVICE, 0), SKERRY_OK);
	assert_int_equal(owner_add(r(0x402000, 0x1000), OWNER_DEVICE, OWNER_EVERY), SKERRY_OK);
	assert_int_equal(owner_add(r(0x403000, 0x1000), OWNER_HV, 0), SKERRY_OK);
	assert_true(owner_may_map(r(0x400000, 0x1000), 0, S2_RAM));
	assert_false(owner_may_map(r(0x400000, 0x1000), 1, S2_RAM));
	assert_false(owner_may_map(r(0x400000, 0x1000), 0, S2_DEVICE));
	assert_true(owner_may_map(r(0x401000, 0x1000), 0, S2_DEVICE));
	assert_false(owner_may_map(r(0x401000, 0x1000), 1, S2_DEVICE));
	assert_false(owner_may_map(r(0x401000, 0x1000), 0, S2_RAM));
	assert_true(owner_may_map(r(0x402000, 0x1000), 7, S2_DEVICE));
	assert_false(owner_may_map(r(0x403000, 0x1000), 0, S2_RAM));
	assert_false(owner_may_map(r(0x403000, 0x1000), 0, S2_DEVICE));
	assert_true(owner_may_map(r(0x403000, 0x1000), 5, S2_READ_ONLY));
	assert_false(owner_may_map(r(0x400000, 0x1000), 0, S2_READ_ONLY));
	assert_false(owner_may_map(r(0x800000, 0x1000), 0, S2_RAM));
}

static void a_window_is_mapped_in_both_its_guests_only(void **state)
{
	the_system.link_count = 1;
	the_system.link[0].window = 2;
	the_system.link[0].end[SKERRY_FRONT].guest = 1;
	the_system.link[0].end[SKERRY_BACK].guest = 3;
	assert_int_equal(owner_add(r(0x600000, 0x21000), OWNER_WINDOW, 2), SKERRY_OK);
	assert_int_equal(owner_add(r(0x700000, 0x21000), OWNER_WINDOW, 1), SKERRY_OK);
	assert_true(owner_may_map(r(0x600000, 0x10000), 1, S2_RAM));
	assert_true(owner_may_map(r(0x610000, 0x11000), 3, S2_RAM));
	assert_true(owner_may_map(r(0x610000, 0x10000), 1, S2_READ_ONLY));
	assert_false(owner_may_map(r(0x600000, 0x10000), 2, S2_RAM));
	assert_false(owner_may_map(r(0x600000, 0x10000), 2, S2_READ_ONLY));
	assert_false(owner_may_map(r(0x600000, 0x10000), 1, S2_DEVICE));
	assert_false(owner_may_map(r(0x600000, 0x22000), 1, S2_RAM));
	assert_false(owner_may_map(r(0x700000, 0x1000), 1, S2_RAM));
}

static void a_full_table_refuses(void **state)
{
	uint64_t at = 0x10000000;
	int result = SKERRY_OK;

	for (int i = 0; i < OWNER_MAX + 1 && result == SKERRY_OK; i++) {
		result = owner_add(r(at -= 0x2000, 0x1000), OWNER_GUEST, 1);
	}
	assert_int_equal(result, SKERRY_INVALID);
	assert_null(owner_of(pa(at)));
	assert_int_equal(owner_of(pa(at + 0x2000))->index, 1);
	assert_true(owner_audit());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_ranges_are_refused),
		cmocka_unit_test(a_range_has_one_owner),
		cmocka_unit_test(a_check_covers_the_whole_range),
		cmocka_unit_test(a_guest_maps_only_what_is_its_own),
		cmocka_unit_test(a_window_is_mapped_in_both_its_guests_only),
		cmocka_unit_test(a_full_table_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
