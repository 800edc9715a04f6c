/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of drv_console's view: one with EL2 and three guests, and all that has
 * come out of it since clear().
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "../../guests/drv_console/view.h"
#include "fake_terminal.h"

enum { OWN, RT, LINUX, VICTIM };

static struct view v;
static struct terminal t;
static char out[1 << 20];
static uint32_t out_count;
static uint64_t now;

static inline void drain(void)
{
	bool is_more;

	do {
		is_more = view_run(&v, now);
		out_count += view_take(&v, (uint8_t *)out + out_count,
				       (uint32_t)sizeof(out) - out_count - 1);
	} while (is_more);
	out[out_count] = 0;
}

static inline void clear(void)
{
	drain();
	out_count = 0;
	out[0] = 0;
}

static inline int begin(void **state)
{
	(void)state;
	now = 1;
	view_init(&v);
	view_add(&v, VIEW_OWN, "skerry", 0, 0);
	view_add(&v, VIEW_GUEST, "rt", 0, 0);
	view_add(&v, VIEW_GUEST, "linux", 0, 0);
	view_add(&v, VIEW_GUEST, "victim", 0, 0);
	for (int s = RT; s <= VICTIM; s++) {
		view_up(&v, s);
	}
	clear();
	return 0;
}

static inline void write_bytes(int s, const char *bytes, uint32_t count)
{
	view_write(&v, s, (const uint8_t *)bytes, count, now);
	drain();
}

static inline void say(int s, const char *text)
{
	write_bytes(s, text, (uint32_t)strlen(text));
}

static inline void type(const char *text)
{
	for (; *text; text++) {
		view_type(&v, (uint8_t)*text);
	}
	drain();
}

static inline void assert_screen(const char *expected)
{
	drain();
	assert_string_equal(out, expected);
	clear();
}

static inline void assert_has(const char *expected)
{
	drain();
	if (!strstr(out, expected)) {
		fail_msg("\"%s\" is not in \"%s\"", expected, out);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

#endif
