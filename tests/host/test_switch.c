// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_net's switch: who hears what, whose frames are refused, what is learned and
 * forgotten, and what a rate lets through.
 */
/* sources: guests/drv_net/switch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <guests/drv_net/switch.h>

#define HZ	1000000u
#define A	0			/* ports with a filter; MAC 0x020000000000 + port */
#define B	1
#define ALONE	2			/* isolated */
#define INNER	3			/* without the uplink */
#define BRIDGE	4			/* without a filter */
#define UP	16
#define MAC(port) (0x020000000000ull + (port))
#define FAR	0x525400123456ull
#define ALL	0xffffffffffffull
#define BIT(port) (1u << (port))

static struct switch_core sw;
static uint64_t now;

static void begin(void)
{
	memset(&sw, 0, sizeof(sw));
	sw.hz = HZ;
	sw.open = 0x1f | BIT(UP);
	now = 0;
	for (unsigned i = 0; i < 4; i++) {
		sw.port[i] = (struct switch_port){ .has_filter = true,
						   .has_uplink = i != INNER,
						   .is_isolated = i == ALONE, .mac = MAC(i) };
	}
	sw.port[BRIDGE] = (struct switch_port){ .has_uplink = true };
	sw.port[UP] = (struct switch_port){ .is_uplink = true };
}

static uint32_t frame(uint32_t from, uint64_t source, uint64_t to)
{
	uint8_t head[SWITCH_HEAD];

	for (unsigned i = 0; i < 6; i++) {
		head[i] = (uint8_t)(to >> (40 - 8 * i));
		head[6 + i] = (uint8_t)(source >> (40 - 8 * i));
	}
	return switch_frame(&sw, from, head, ++now);
}

static void a_frame_reaches_whom_it_is_for(void **state)
{
	begin();
	assert_int_equal(frame(A, MAC(A), MAC(B)), BIT(B));
	assert_int_equal(frame(B, MAC(B), MAC(A)), BIT(A));
	assert_int_equal(frame(A, MAC(A), MAC(A)), 0);
	assert_int_equal(frame(UP, FAR, MAC(B)), BIT(B));
	assert_int_equal(frame(A, MAC(A), FAR), BIT(UP));
	assert_int_equal(sw.port[A].taken, 3);
}

static void groups_reach_all_that_may_hear(void **state)
{
	begin();
	assert_int_equal(frame(A, MAC(A), ALL), BIT(B) | BIT(INNER) | BIT(BRIDGE) | BIT(UP));
	assert_int_equal(frame(UP, FAR, 0x333300000001ull),
			 BIT(A) | BIT(B) | BIT(ALONE) | BIT(BRIDGE));
	assert_int_equal(frame(A, MAC(A), 0x0180c200000eull), 0);
	assert_int_equal(frame(A, MAC(A), 0x0180c2000010ull),
			 BIT(B) | BIT(INNER) | BIT(BRIDGE) | BIT(UP));
}

static void who_is_isolated_talks_to_the_uplink_only(void **state)
{
	begin();
	assert_int_equal(frame(ALONE, MAC(ALONE), MAC(A)), 0);
	assert_int_equal(frame(A, MAC(A), MAC(ALONE)), 0);
	assert_int_equal(frame(ALONE, MAC(ALONE), ALL), BIT(UP));
	assert_int_equal(frame(ALONE, MAC(ALONE), FAR), BIT(UP));
	assert_int_equal(frame(UP, FAR, MAC(ALONE)), BIT(ALONE));
	assert_int_equal(frame(BRIDGE, FAR + 1, MAC(ALONE)), 0);
}

static void who_has_no_uplink_neither_sends_nor_hears_there(void **state)
{
	begin();
	assert_int_equal(frame(INNER, MAC(INNER), FAR), BIT(BRIDGE));
	assert_int_equal(frame(INNER, MAC(INNER), ALL), BIT(A) | BIT(B) | BIT(BRIDGE));
	assert_int_equal(frame(UP, FAR, MAC(INNER)), 0);
	assert_int_equal(frame(INNER, MAC(INNER), FAR), 0);	/* learned: at the uplink */
}

static void forged_sources_are_refused(void **state)
{
	begin();
	assert_int_equal(frame(A, MAC(B), FAR), 0);
	assert_int_equal(frame(A, FAR, MAC(B)), 0);
	assert_int_equal(frame(A, 0, MAC(B)), 0);
	assert_int_equal(frame(A, MAC(A) | 1ull << 40, MAC(B)), 0);
	assert_int_equal(sw.port[A].forged, 4);
	assert_int_equal(sw.port[A].taken, 0);
	assert_int_equal(frame(UP, MAC(A), MAC(B)), 0);		/* an outsider as a guest */
	assert_int_equal(frame(BRIDGE, MAC(A), MAC(B)), 0);
	assert_int_equal(frame(UP, ALL, MAC(B)), 0);
	assert_int_equal(sw.port[UP].forged, 2);
	assert_int_equal(frame(A, MAC(A), MAC(B)), BIT(B));	/* nothing was learned of it */
}

static void places_are_learned_moved_and_forgotten(void **state)
{
	begin();
	assert_int_equal(frame(A, MAC(A), FAR), BIT(UP) | BIT(BRIDGE));
	frame(BRIDGE, FAR, ALL);
	assert_int_equal(frame(A, MAC(A), FAR), BIT(BRIDGE));
	frame(UP, FAR, ALL);
	assert_int_equal(frame(A, MAC(A), FAR), BIT(UP));
	assert_int_equal(frame(UP, FAR + 1, FAR), 0);		/* both are there */
	now += (uint64_t)SWITCH_AGE_S * HZ + 10;
	assert_int_equal(frame(A, MAC(A), FAR), BIT(UP) | BIT(BRIDGE));
	frame(BRIDGE, FAR, ALL);
	switch_open(&sw, BRIDGE, false);
	assert_int_equal(frame(A, MAC(A), FAR), BIT(UP));
}

/* A storm of sources takes the table's places, and no more. */
static void a_full_table_forgets_the_oldest(void **state)
{
	uint32_t known = 0;

	begin();
	for (uint32_t i = 0; i < 100000; i++) {
		frame(UP, FAR + i, ALL);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		known += frame(A, MAC(A), FAR + i) == BIT(UP);
	}
	assert_int_equal(known, SWITCH_SETS * SWITCH_WAYS);
	assert_int_equal(frame(A, MAC(A), FAR + 99999), BIT(UP));
	assert_int_equal(frame(A, MAC(A), MAC(B)), BIT(B));
}

/* Over ten seconds a port gets its rate, whatever the size of its frames. */
static void a_rate_is_kept(void **state)
{
	static const uint32_t sizes[] = { 60, 590, 1514 };

	begin();
	for (unsigned i = 0; i < 3; i++) {
		struct switch_limit l = { .kbps = 8000 };	/* 1,000,000 bytes a second */
		uint64_t passed = 0, first = 0;

		for (now = 0; now < 10ull * HZ; now += 10) {
			while (switch_allow(&sw, &l, sizes[i], now)) {
				passed += sizes[i];
				first += now == 0;
			}
			assert_true(switch_wait(&sw, &l, now) > 0);
		}
		assert_true(first >= 4 && first * sizes[i] <= 60000);
		assert_true(passed > 9900000 && passed < 10100000);
	}
}

static void after_the_wait_a_frame_may_pass(void **state)
{
	struct switch_limit l = { .kbps = 1 }, any = { 0 };
	uint64_t wait;

	begin();
	while (switch_allow(&sw, &l, 1514, now)) {
	}
	wait = switch_wait(&sw, &l, now);
	assert_true(wait > 0);
	assert_false(switch_allow(&sw, &l, 14, now + wait - 1));
	assert_true(switch_allow(&sw, &l, 1514, now + wait));
	for (unsigned i = 0; i < 100000; i++) {
		assert_true(switch_allow(&sw, &any, 1514, now));
	}
	assert_int_equal(switch_wait(&sw, &any, now), 0);
}

static void a_name_gives_a_mac_of_its_own(void **state)
{
	assert_int_equal(switch_mac_of_name("lan-a"), switch_mac_of_name("lan-a"));
	assert_int_not_equal(switch_mac_of_name("lan-a"), switch_mac_of_name("lan-b"));
	for (char name[2] = "a"; name[0] <= 'z'; name[0]++) {
		assert_int_equal(switch_mac_of_name(name) >> 40, 2);	/* one station, local */
	}
	assert_int_equal(switch_mac((const uint8_t *)"\x02\0\0\0\x01\x0f"), 0x02000000010full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_reaches_whom_it_is_for),
		cmocka_unit_test(groups_reach_all_that_may_hear),
		cmocka_unit_test(who_is_isolated_talks_to_the_uplink_only),
		cmocka_unit_test(who_has_no_uplink_neither_sends_nor_hears_there),
		cmocka_unit_test(forged_sources_are_refused),
		cmocka_unit_test(places_are_learned_moved_and_forgotten),
		cmocka_unit_test(a_full_table_forgets_the_oldest),
		cmocka_unit_test(a_rate_is_kept),
		cmocka_unit_test(after_the_wait_a_frame_may_pass),
		cmocka_unit_test(a_name_gives_a_mac_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
