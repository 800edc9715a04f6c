// SPDX-License-Identifier: BSD-2-Clause
/*
 * lib/string.c and core/boot/string.c under other names, against the C library's,
 * at every alignment.
 */
/* sources: */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define memcpy	our_memcpy
#define memmove	our_memmove
#define memset	our_memset
#define memcmp	our_memcmp
#define strlen	our_strlen
#define strcmp	our_strcmp
#define strncmp	our_strncmp
#include "../../lib/string.c"
#include "../../core/boot/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp

#define ROOM 512

static uint8_t a[ROOM] __attribute__((aligned(16)));
static uint8_t b[ROOM] __attribute__((aligned(16)));

static void fill(void)
{
	for (int i = 0; i < ROOM; i++) {
		a[i] = b[i] = (uint8_t)(i * 7 + (i >> 8));
	}
}

static void copies_at_every_alignment_and_size(void **state)
{
	uint8_t from[256];

	(void)state;
	for (size_t size = 0; size < 200; size++) {
		for (size_t at = 0; at < 9; at++) {
			for (size_t off = 0; off < 9; off++) {
				fill();
				memset(from, 0xa5, sizeof(from));
				memcpy(from + off, b + 300, size);
				assert_ptr_equal(our_memcpy(a + 8 + at, from + off, size),
						 a + 8 + at);
				memcpy(b + 8 + at, from + off, size);
				assert_memory_equal(a, b, ROOM);
			}
		}
	}
}

static void moves_overlapping_ranges_both_ways(void **state)
{
	(void)state;
	for (size_t size = 0; size < 150; size++) {
		for (size_t to = 0; to < 200; to += 3) {
			for (size_t from = 90; from < 107; from++) {
				fill();
				assert_ptr_equal(our_memmove(a + to, a + from, size), a + to);
				memmove(b + to, b + from, size);
				assert_memory_equal(a, b, ROOM);
			}
		}
	}
}

static void sets_exactly_its_range(void **state)
{
	(void)state;
	for (size_t size = 0; size < 200; size++) {
		for (size_t at = 0; at < 9; at++) {
			fill();
			assert_ptr_equal(our_memset(a + at, 0x1c3, size), a + at);
			memset(b + at, 0xc3, size);
			assert_memory_equal(a, b, ROOM);
		}
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void compares_as_unsigned_bytes(void **state)
{
	static const char *const words[] = { "", "a", "ab", "abc", "abd", "\x80", "a\xff", "b" };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(our_strlen(words[i]), strlen(words[i]));
		for (size_t j = 0; j < 8; j++) {
			assert_int_equal(sign(our_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
			for (size_t n = 0; n < 4; n++) {
				assert_int_equal(sign(our_strncmp(words[i], words[j], n)),
						 sign(strncmp(words[i], words[j], n)));
			}
		}
	}
	assert_true(our_memcmp("ab\0c", "ab\0d", 4) < 0);
	assert_true(our_memcmp("\xff", "\x01", 1) > 0);
	assert_int_equal(our_memcmp("x", "y", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_at_every_alignment_and_size),
		cmocka_unit_test(moves_overlapping_ranges_both_ways),
		cmocka_unit_test(sets_exactly_its_range),
		cmocka_unit_test(compares_as_unsigned_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
