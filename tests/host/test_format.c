/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/format against the C library's snprintf, and its limits.
 */
/* sources: lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <limits.h>
#include <cmocka.h>
#include <lib/string.h>

#define same_as_libc(...) do { \
	char ours_[128], libc_[128]; \
	int n_ = format_to(ours_, sizeof(ours_), __VA_ARGS__); \
	assert_int_equal(n_, snprintf(libc_, sizeof(libc_), __VA_ARGS__)); \
	assert_string_equal(ours_, libc_); \
} while (0)

static void conversions_come_out_as_in_the_c_library(void **state)
{
	(void)state;
	same_as_libc("plain");
	same_as_libc("%s|%10s|%-10s|", "ab", "cd", "ef");
	same_as_libc("%u %u", 0u, UINT_MAX);
	same_as_libc("%x %08x %-8x| %8x", 0x1fu, 0xbeefu, 0xcafeu, 0xf00du);
	same_as_libc("%lu %lx", ULONG_MAX, ULONG_MAX);
	same_as_libc("%llu %llx", ULLONG_MAX, 1ull << 63);
	same_as_libc("%zu %zx", (size_t)123, (size_t)0xabc);
	same_as_libc("%5u|%-5u|%05u|%1u", 42u, 42u, 42u, 42u);
	same_as_libc("%016lx", 0x40000000ul);
	same_as_libc("100%% %s", "sure");
}

static void a_text_too_long_is_cut_and_terminated(void **state)
{
	char out[8];

	(void)state;
	memset(out, '#', sizeof(out));
	assert_int_equal(format_to(out, 5, "%s", "abcdefgh"), 8);
	assert_string_equal(out, "abcd");
	assert_int_equal(out[5], '#');
	assert_int_equal(format_to(out, 5, "abcd"), 4);
	assert_string_equal(out, "abcd");
	assert_int_equal(format_to(out, 1, "abcd"), 4);
	assert_string_equal(out, "");
	out[0] = '#';
	assert_int_equal(format_to(out, 0, "abcd"), 4);
	assert_int_equal(out[0], '#');
}

static int odd(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = format_v(out, size, format, args);
	va_end(args);
	return n;
}

static void odd_formats_do_no_harm(void **state)
{
	char out[64];

	(void)state;
	odd(out, sizeof(out), "a%");
	assert_string_equal(out, "a");
	odd(out, sizeof(out), "a%-8l");
	assert_string_equal(out, "a");
	odd(out, sizeof(out), "%q");
	assert_string_equal(out, "q");
	odd(out, sizeof(out), "%s", (char *)NULL);
	assert_string_equal(out, "(none)");
	assert_true(odd(out, sizeof(out), "%99999999u", 1) < 100000);
	assert_int_equal(strlen(out), 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversions_come_out_as_in_the_c_library),
		cmocka_unit_test(a_text_too_long_is_cut_and_terminated),
		cmocka_unit_test(odd_formats_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
