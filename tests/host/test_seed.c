// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keys of the guests' generators out of the board's seed.
 */
/* sources: core/boot/seed.c core/boot/sha256.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <core/boot/boot.h>
#include <core/life.h>

struct guest guests[SKERRY_GUEST_MAX];
static struct board board;

static void each_guest_has_a_key_of_its_own(void **state)
{
	uint8_t first[32];

	board.seed_size = 32;
	memset(board.seed, 7, 32);
	seed_guests(&board, SKERRY_GUEST_MAX);
	for (int i = 0; i < SKERRY_GUEST_MAX; i++) {
		for (int k = 0; k < i; k++) {
			assert_memory_not_equal(guests[i].seed_key, guests[k].seed_key, 32);
		}
	}
	memcpy(first, guests[0].seed_key, 32);
	board.seed_size = 33;
	memset(board.seed, 7, 33);
	seed_guests(&board, 1);
	assert_memory_not_equal(first, guests[0].seed_key, 32);
}

static void the_board_s_seed_is_forgotten(void **state)
{
	static const uint8_t nothing[sizeof(board.seed)];

	board.seed_size = sizeof(board.seed);
	memset(board.seed, 9, sizeof(board.seed));
	seed_guests(&board, 2);
	assert_memory_equal(board.seed, nothing, sizeof(nothing));
	assert_int_equal(board.seed_size, sizeof(board.seed));	/* the guests' trees ask */
}

static void without_a_seed_there_are_no_keys(void **state)
{
	memset(guests[0].seed_key, 0xee, 32);
	board.seed_size = 0;
	seed_guests(&board, 2);
	assert_int_equal(guests[0].seed_key[0], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_guest_has_a_key_of_its_own),
		cmocka_unit_test(the_board_s_seed_is_forgotten),
		cmocka_unit_test(without_a_seed_there_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
