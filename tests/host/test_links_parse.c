/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of a description: ports, windows and bases as they are read, and what
 * system_check() refuses of a table that was not made by that. What people get wrong in a
 * description is in tests/bad.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <abi/errors.h>
#include "tests/host/dts.h"
#include "tools/system_parse.h"

#define MEMORY	"memory = <0 0x80000000 0 0x1000000>;"

static const char text[] =
	"/dts-v1/; / { compatible = 'skerry,system-1'; console-driver = <&d>;\n"
	"guests {\n"
	"  a: a { " MEMORY " cpus = <0>; };\n"
	"  b: b { " MEMORY " cpus = <1>; window-bank = <0 0x40000000 0 0x200000>; };\n"
	"  c: c { " MEMORY " cpus = <2>; };\n"
	"  d: d { identity; memory-size = <0 0x400000>; cpus = <3>; };\n"
	"};\n"
	"links {\n"
	"  disk { type = 'block'; front = <&a>; back = <&c>; };\n"
	"  tty { type = 'console'; front = <&a>; back = <&d>; };\n"
	"  root { type = 'block'; front = <&b>; back = <&c>; transport = 'register-page'; };\n"
	"  net { type = 'net'; front = <&b>; back = <&d>; transport = 'register-page';\n"
	"    window = 'shared'; notify = 'hvc'; };\n"
	"  bell { type = 'shared-memory'; front = <&c>; back = <&a>;\n"
	"    window-size = <0 0x60000>; };\n"
	"  more { type = 'block'; front = <&b>; back = <&c>; transport = 'register-page'; };\n"
	"}; };\n";

static struct system s, good;
static struct heard h;
static void *fdt;

static int set_up(void **state)
{
	(void)state;
	h = (struct heard)HEARD;
	fdt = dts_compile(text);
	assert_int_equal(system_parse(fdt, &s, &h.r), 0);
	assert_string_equal(h.text, "");
	good = s;
	assert_int_equal(system_check(&s, NULL, NULL, &h.r), 0);
	assert_string_equal(h.text, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(fdt);
	return 0;
}

static void assert_end(unsigned link, unsigned role, unsigned guest, unsigned port, uint64_t base)
{
	const struct sys_end *e = &s.link[link].end[role];

	assert_int_equal(e->guest, guest);
	assert_int_equal(e->port, port);
	assert_int_equal(e->base, base);
}

static void ports_count_a_guest_s_ends_in_order(void **state)
{
	(void)state;
	assert_int_equal(s.link_count, 6);
	assert_end(0, SKERRY_FRONT, 0, 0, 0x20000000);
	assert_end(0, SKERRY_BACK, 2, 0, 0x20000000);
	assert_end(1, SKERRY_FRONT, 0, 1, 0x20200000);
	assert_end(1, SKERRY_BACK, 3, 0, 0);		/* identity: placed at boot */
	assert_end(2, SKERRY_FRONT, 1, 0, 0x40000000);	/* its window-bank */
	assert_end(2, SKERRY_BACK, 2, 1, 0x20200000);
	assert_end(3, SKERRY_FRONT, 1, 1, 0x40000000);
	assert_end(3, SKERRY_BACK, 3, 1, 0);
	assert_end(4, SKERRY_FRONT, 2, 2, 0x20400000);
	assert_end(4, SKERRY_BACK, 0, 2, 0x20220000);
	assert_end(5, SKERRY_FRONT, 1, 2, 0x40000000);
	assert_end(5, SKERRY_BACK, 2, 3, 0x20200000);	/* where it has that window already */
}

static void links_have_their_types_and_transports(void **state)
{
	static const uint8_t types[] = { SKERRY_LINK_BLOCK, SKERRY_LINK_CONSOLE, SKERRY_LINK_BLOCK,
					 SKERRY_LINK_NET, SKERRY_LINK_SHARED_MEMORY,
					 SKERRY_LINK_BLOCK };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(s.link[i].type, types[i]);
		assert_int_equal(s.link[i].transport, i == 2 || i == 3 || i == 5 ?
				 SKERRY_BY_REGISTER_PAGE : SKERRY_BY_MESSAGE);
	}
	assert_string_equal(s.link[4].name, "bell");
	assert_int_equal(s.console_driver, 3);
}

static void windows_belong_to_their_front_end(void **state)
{
	static const struct {
		uint64_t size;
		uint8_t front, kind, links;
	} want[] = {
		{ MIB(2), 0, SKERRY_WINDOW_SPLIT, 1 }, { KIB(128), 0, SKERRY_WINDOW_SPLIT, 1 },
		{ MIB(2), 1, SKERRY_WINDOW_SHARED, 3 }, { KIB(384), 2, SKERRY_WINDOW_SPLIT, 1 },
	};

	(void)state;
	assert_int_equal(s.window_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(s.window[i].size, want[i].size);
		assert_int_equal(s.window[i].front, want[i].front);
		assert_int_equal(s.window[i].kind, want[i].kind);
		assert_int_equal(s.window[i].link_count, want[i].links);
	}
	assert_int_equal(s.window[2].front_base, 0x40000000);
	assert_int_equal(s.link[5].window, 2);
	assert_int_equal(s.link[4].window, 3);
}

/* system_check() of the good table with one field changed. */
#define refused_with(field, value) do { \
	s = good; \
	s.field = (value); \
	h.r.errors = 0; \
	if (system_check(&s, NULL, NULL, &h.r) != SKERRY_INVALID) { \
		fail_msg("%s = %s passes", #field, #value); \
	} \
} while (0)

static void a_damaged_link_is_refused(void **state)
{
	(void)state;
	refused_with(link_count, SKERRY_LINK_MAX + 1);
	refused_with(link_count, UINT32_MAX);
	refused_with(link[0].window, 4);
	refused_with(link[0].window, 2);		/* another front end's */
	refused_with(link[0].transport, 2);
	refused_with(link[0].end[0].guest, 4);
	refused_with(link[0].end[0].guest, 255);
	refused_with(link[0].end[1].guest, 0);		/* its own front end */
	refused_with(link[0].end[0].base, 0x20000800);
	refused_with(link[0].end[0].base, SKERRY_GICD_BASE);
	refused_with(link[0].end[0].base, 1ull << SKERRY_IPA_BITS);
	refused_with(link[0].end[0].base, UINT64_MAX & ~0xffffull);
	refused_with(console_driver, 4);
	refused_with(console_driver, -2);
}

static void a_damaged_window_is_refused(void **state)
{
	(void)state;
	refused_with(window_count, SKERRY_LINK_MAX + 1);
	refused_with(window_count, 3);
	refused_with(window[0].size, 0);
	refused_with(window[0].size, MIB(2) + 0x1000);
	refused_with(window[0].size, KIB(64));		/* halves of 32 KiB */
	refused_with(window[0].size, UINT64_MAX & ~0x1ffffull);
	refused_with(window[0].kind, 2);
}

/* system_check() of the good table with one field changed: that one is EL2's own, as before. */
#define filled_in(field, value) do { \
	s = good; \
	s.field = (value); \
	h.r.errors = 0; \
	assert_int_equal(system_check(&s, NULL, NULL, &h.r), SKERRY_OK); \
	assert_int_equal(s.field, good.field); \
} while (0)

static void what_follows_from_the_rest_is_not_believed(void **state)
{
	(void)state;
	filled_in(link[0].end[1].port, 1);
	filled_in(link[5].end[1].port, 200);
	filled_in(link[5].end[1].port, 2);		/* twice */
	filled_in(window[0].front, 1);
	filled_in(window[2].link_count, 2);		/* a page would be missing */
	filled_in(window[2].link_count, UINT32_MAX);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ports_count_a_guest_s_ends_in_order),
		T(links_have_their_types_and_transports),
		T(windows_belong_to_their_front_end),
		T(a_damaged_link_is_refused),
		T(a_damaged_window_is_refused),
		T(what_follows_from_the_rest_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
