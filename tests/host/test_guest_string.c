/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/lib/string.c: copies of every alignment and length, with nothing written beside.
 */
/* sources: */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#define memset	guest_memset
#define memcpy	guest_memcpy
#define memmove	guest_memmove
#define memcmp	guest_memcmp
#define strlen	guest_strlen
#define strcmp	guest_strcmp
#define strncmp	guest_strncmp
#include "guests/lib/string.c"
#undef memset
#undef memcpy
#undef memmove
#undef memcmp

#define SIZE	160

static uint8_t from[SIZE] __attribute__((aligned(16))), to[SIZE] __attribute__((aligned(16)));

static void is_moved(const uint8_t *before, size_t at, size_t source, size_t n)
{
	for (size_t i = 0; i < SIZE; i++) {
		bool is_in = i >= at && i < at + n;

		assert_int_equal(to[i], is_in ? before[source + i - at] : 0xee);
	}
}

static void copies_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		from[i] = (uint8_t)(i * 3 + 1);
	}
	for (size_t at = 0; at < 17; at++) {
		for (size_t source = 0; source < 17; source++) {
			for (size_t n = 0; n < 120; n++) {
				memset(to, 0xee, SIZE);
				assert_ptr_equal(guest_memcpy(to + at, from + source, n), to + at);
				is_moved(from, at, source, n);
			}
		}
	}
}

static void moves_may_overlap(void **state)
{
	uint8_t want[SIZE];

	(void)state;
	for (size_t at = 0; at < 40; at++) {
		for (size_t source = 0; source < 40; source++) {
			for (size_t n = 0; n < 120; n += 7) {
				memcpy(to, from, SIZE);
				memcpy(want, from, SIZE);
				memmove(want + at, want + source, n);
				guest_memmove(to + at, to + source, n);
				assert_memory_equal(to, want, SIZE);
			}
		}
	}
}

static void filling_is_exact(void **state)
{
	(void)state;
	for (size_t at = 0; at < 17; at++) {
		for (size_t n = 0; n < 120; n++) {
			memset(to, 0xee, SIZE);
			memset(from, 0x5c, SIZE);
			guest_memset(to + at, 0x15c, n);
			is_moved(from, at, 0, n);
			assert_int_equal(guest_memcmp(to + at, from, n), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_exact),
		cmocka_unit_test(moves_may_overlap),
		cmocka_unit_test(filling_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
