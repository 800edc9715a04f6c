/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/console.c and core/log.c: whose line is whose, what a hostile guest can
 * put on the terminal, the keys, and panic.
 */
/* sources: core/console.c core/input.c core/log.c core/crash.c core/vpl011.c lib/format.c
 * tests/host/fake/fake_arch.c tests/host/fake/fake_uart.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <core/console.h>
#include <core/life.h>
#include <core/exit.h>
#include <hv/drivers.h>
#include "fake_arch.h"
#include "fake_uart.h"

enum { RT, LINUX, VICTIM, SILENT, GUESTS };

static struct sys_guest config[GUESTS] = {
	[RT] = { .name = "rt", .console = CONSOLE_HYPERCALL, .vcpu_count = 1 },
	[LINUX] = { .name = "linux", .console = CONSOLE_PL011, .vcpu_count = 2 },
	[VICTIM] = { .name = "victim", .console = CONSOLE_HYPERCALL, .vcpu_count = 1 },
	[SILENT] = { .name = "silent", .console = CONSOLE_NONE, .vcpu_count = 1 },
};
static unsigned ends;
static union crash_page pages[SKERRY_GUEST_MAX + 1];

void life_end_run(void)
{
	ends++;
}

static int begin(void **state)
{
	(void)state;
	fake_reset();
	fake_guests(config, GUESTS);
	crash_pages = pages;
	for (int i = 0; i < GUESTS; i++) {
		guests[i].state = GUEST_RUNNING;
		console_write((uint32_t)i, NULL, 0);
	}
	console_set_input(-1);
	console_init(&pl011_uart, 0, 0);
	fake_uart_reset();
	ends = 0;
	return 0;
}

static void say(int guest, const char *text)
{
	console_write((uint32_t)guest, text, strlen(text));
}

static void type(const char *text)
{
	fake_uart_type(text, strlen(text));
	console_uart_interrupt();
}

static void assert_screen(const char *expected)
{
	assert_string_equal(fake_uart_out, expected);
	fake_uart_reset();
}

/* First of all: before a UART is known. */
static void what_is_logged_before_the_uart_comes_out_with_it(void **state)
{
	(void)state;
	fake_reset();
	log_line("entered at EL%u", 2u);
	log_raw("a\nb\n");
	assert_int_equal(fake_uart_count, 0);
	console_init(&pl011_uart, 0, 0);
	assert_true(fake_uart_is_on);
	assert_screen("skerry: entered at EL2\r\na\r\nb\r\n");
	console_init(&pl011_uart, 0, 0);
	assert_screen("");
}

static void lines_come_whole_behind_their_names(void **state)
{
	(void)state;
	say(RT, "tick ");
	say(VICTIM, "beat\n");
	say(RT, "1\ntick 2\nti");
	log_line("hello %u", 1u);
	say(RT, "ck 3\r\n\n");
	assert_screen("victim| beat\r\nrt| tick 1\r\nrt| tick 2\r\nskerry: hello 1\r\n"
		      "rt| tick 3\r\nrt| \r\n");
}

static void a_long_line_is_split(void **state)
{
	char text[601];
	size_t lines = 0;

	(void)state;
	memset(text, 'x', 600);
	text[600] = '\0';
	say(RT, text);
	say(RT, "\n");
	for (const char *p = fake_uart_out; (p = strstr(p, "rt| x")); p++) {
		lines++;
	}
	assert_int_equal(lines, 3);
	assert_int_equal(fake_uart_count, 600 + 3 * strlen("rt| \r\n"));
}

static void the_input_guest_is_shown_at_once(void **state)
{
	(void)state;
	console_set_input(LINUX);
	say(LINUX, "/ # ");
	assert_screen("linux| / # ");
	say(LINUX, "l");
	say(LINUX, "s");
	assert_screen("ls");
	say(RT, "tick\n");
	assert_screen("\r\033[Krt| tick\r\nlinux| / # ls");
	say(RT, "a\nb\n");
	assert_screen("\r\033[Krt| a\r\nrt| b\r\nlinux| / # ls");
	say(LINUX, "\r\nbin dev\r\n/ # ");
	assert_screen("\r\nlinux| bin dev\r\nlinux| / # ");
	say(LINUX, "\n");
	log_line("x");
	assert_screen("\r\nskerry: x\r\n");
}

static void linux_line_editing_looks_right(void **state)
{
	(void)state;
	console_set_input(LINUX);
	say(LINUX, "/ # echo\b\033[J");
	assert_screen("linux| / # echo\b\033[J");
	say(LINUX, "\r/ # echp\033[J");
	assert_screen("\rlinux| / # echp\033[J");
	log_line("x");
	assert_screen("\r\033[Kskerry: x\r\nlinux| / # echp");
	say(LINUX, "\r\r\n");
	assert_screen("\r\n");
	say(LINUX, "\n\rok\n");
	assert_screen("linux| \r\nlinux| ok\r\n");
}

static void a_question_to_the_terminal_is_not_repeated(void **state)
{
	(void)state;
	console_set_input(LINUX);
	say(LINUX, "\a/ # \033[6n\033[0;5nnc\033[c");
	assert_screen("linux| \a/ # \033[6n\033[0;5nnc\033[c");
	log_line("x");
	assert_screen("\r\033[Kskerry: x\r\nlinux| / # nc");
	say(LINUX, "\n\033[6nc[1nn");
	assert_screen("\r\nlinux| \033[6nc[1nn");
	log_line("x");
	assert_screen("\r\033[Kskerry: x\r\nlinux| c[1nn");
}

static void a_carriage_return_cannot_forge_a_name(void **state)
{
	(void)state;
	say(RT, "ok\rvictim| crashed\n");
	assert_screen("rt| victim| crashed\r\n");
	console_set_input(RT);
	say(RT, "ok\rvictim| crashed\r\rskerry: end\n\rskerry: end\n");
	assert_screen("rt| ok\rrt| victim| crashed\rrt| skerry: end\r\nrt| skerry: end\r\n");
	say(RT, "\r\033[Kskerry: end\n");
	assert_screen("rt| \033[Kskerry: end\r\n");
	say(RT, "x\r\033[Kskerry: end\n");
	assert_screen("rt| x\rrt| \033[Kskerry: end\r\n");
}

static void control_characters_are_made_harmless(void **state)
{
	(void)state;
	console_write(RT, "a\0b\033[2Jc\td\x7f\x01\x9b" "e\n", 15);
	assert_screen("rt| abc\td???e\r\n");
	say(RT, "gr\xc3\xbc\xc3\x9f" "e \xe2\x80\x93 \xc2\x9b" "31m\n");
	assert_screen("rt| gr\xc3\xbc\xc3\x9f" "e \xe2\x80\x93 \xc2?31m\r\n");
	say(RT, "2\b\b1\n");
	assert_screen("rt| 2??1\r\n");
	console_set_input(RT);
	say(RT, "\a\b\033[1m\x0b\x0c\x0e\x9b\n");
	assert_screen("rt| \a\b\033[1m????\r\n");
}

static void a_flood_of_empty_lines_is_not_amplified(void **state)
{
	char lines[64];

	(void)state;
	memset(lines, '\n', sizeof(lines));
	console_set_input(LINUX);
	say(LINUX, "a rather long unfinished line of the guest that has the input");
	fake_uart_reset();
	console_write(RT, lines, sizeof(lines));
	assert_true(fake_uart_count < 64 * strlen("rt| \r\n") + 100);
}

static void every_byte_in_every_state_is_survived(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int n = 0; n < 30000; n++) {
		char bytes[8];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 24);
		}
		if (n % 100 == 0) {
			console_set_input((int)(seed >> 8 & 3) - 1);
			fake_uart_reset();
		}
		console_write(seed >> 10 & 1, bytes, sizeof(bytes));
	}
	assert_int_equal(fake.lock_depth, 0);
}

static void an_unfinished_line_goes_out_when_its_guest_stops(void **state)
{
	(void)state;
	say(RT, "last wor");
	console_write(RT, NULL, 0);
	console_write(RT, NULL, 0);
	assert_screen("rt| last wor\r\n");
	console_set_input(RT);
	say(RT, "again");
	console_write(RT, NULL, 0);
	log_line("x");
	assert_screen("rt| again\r\nskerry: x\r\n");
}

static void input_reaches_a_hypercall_guest_as_an_event(void **state)
{
	char bytes[64];

	(void)state;
	console_set_input(RT);
	type("hello");
	assert_int_equal(guests[RT].arch.raised[SKERRY_INTID_EVENT], 1);
	assert_int_equal(console_read(&guests[VICTIM], bytes, 64), 0);
	assert_int_equal(console_read(&guests[RT], bytes, 2), 2);
	assert_int_equal(console_read(&guests[RT], bytes + 2, 62), 3);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(console_read(&guests[RT], bytes, 64), 0);
}

static void input_reaches_a_pl011_guest_as_its_interrupt(void **state)
{
	uint64_t v = 0x50;

	(void)state;
	vpl011_reset(&guests[LINUX]);
	assert_true(vpl011_access(&guests[LINUX], 0x38, true, 4, &v));
	console_set_input(LINUX);
	type("a");
	assert_true(guests[LINUX].arch.level[SKERRY_INTID_PL011]);
	assert_int_equal(guests[LINUX].arch.raised[SKERRY_INTID_EVENT], 0);
}

static void more_input_than_there_is_room_for_is_lost(void **state)
{
	char bytes[512];
	uint32_t n = 0;

	(void)state;
	console_set_input(RT);
	memset(bytes, 'x', sizeof(bytes));
	fake_uart_type(bytes, 300);
	for (int i = 0; i < 5; i++) {
		console_uart_interrupt();
	}
	for (int i = 0; i < 10; i++) {
		n += console_read(&guests[RT], bytes, 50);
	}
	assert_int_equal(n, 256);
	type("\035?");
	assert_non_null(strstr(fake_uart_out, "skerry: Ctrl-] and then: q end"));
}

static void input_without_a_taker_is_dropped(void **state)
{
	(void)state;
	type("x");
	guests[RT].state = GUEST_STOPPED;
	console_set_input(RT);
	type("y");
	assert_int_equal(guests[RT].arch.raised[SKERRY_INTID_EVENT], 0);
	guests[RT].state = GUEST_RUNNING;
	type("z");
	assert_int_equal(guests[RT].arch.raised[SKERRY_INTID_EVENT], 1);
	console_write(RT, NULL, 0);
	assert_int_equal(console_read(&guests[RT], fake_uart_out, 1), 0);
}

static void the_key_ends_the_run(void **state)
{
	char c;

	(void)state;
	console_set_input(RT);
	type("q\035q");
	assert_int_equal(ends, 1);
	assert_int_equal(console_read(&guests[RT], &c, 1), 1);
	assert_int_equal(c, 'q');
	type("\035");
	assert_int_equal(ends, 1);
	type("q");
	assert_int_equal(ends, 2);
	assert_int_equal(console_read(&guests[RT], &c, 1), 0);
}

static void the_key_twice_is_sent_through(void **state)
{
	char bytes[4];

	(void)state;
	console_set_input(RT);
	type("\035\035q");
	assert_int_equal(ends, 0);
	assert_int_equal(console_read(&guests[RT], bytes, 4), 2);
	assert_memory_equal(bytes, "\035q", 2);
}

static void the_key_moves_the_input_to_the_next_running_guest(void **state)
{
	(void)state;
	console_set_input(RT);
	say(RT, "> ");
	say(LINUX, "/ # ");
	assert_screen("rt| > ");
	type("\035n");
	assert_screen("\r\033[Klinux| / # \r\033[Kskerry: the input goes to linux\r\nlinux| / # ");
	guests[VICTIM].state = GUEST_STOPPED;
	type("\035n");
	assert_non_null(strstr(fake_uart_out, "the input goes to rt\r\nrt| > "));
	for (int i = 0; i < GUESTS; i++) {
		guests[i].state = GUEST_STOPPED;
	}
	type("\035n");
	assert_non_null(strstr(fake_uart_out, "no running guest takes input\r\n"));
}

static void log_lines_are_cut_at_640_characters(void **state)
{
	char text[700];

	(void)state;
	memset(text, 'y', sizeof(text));
	text[699] = '\0';
	log_line("%s", text);
	assert_int_equal(fake_uart_count, strlen("skerry: ") + 640 + 2);
}

static void time_spent_printing_is_counted(void **state)
{
	uint64_t before = console_ticks;

	(void)state;
	fake.tick = 10;
	log_line("x");
	assert_int_equal(console_ticks - before, 10);
}

static void bug(void *arg)
{
	(void)arg;
	panic("page %u owned twice", 7u);
}

static void print_on_another_core(void *arg)
{
	(void)arg;
	log_line("too late");
}

/* Last: it leaves the console broken, as it should. */
static void panic_prints_and_halts_whoever_holds_the_lock(void **state)
{
	(void)state;
	console_set_input(LINUX);
	say(LINUX, "/ # ");
	fake.cpu = 2;
	pcpus[2].current = &guests[RT].vcpu[0];
	assert_int_equal(fake_run(bug, NULL), FAKE_HALT);
	assert_non_null(strstr(fake_uart_out, "\r\033[Kskerry: panic on core 2, guest rt, at 0x"));
	assert_non_null(strstr(fake_uart_out, ": page 7 owned twice\r\n"));
	fake_uart_reset();
	assert_int_equal(fake_run(bug, NULL), FAKE_HALT);
	fake.cpu = 1;
	assert_int_equal(fake_run(bug, NULL), FAKE_HALT);
	assert_int_equal(fake_run(print_on_another_core, NULL), FAKE_HALT);
	assert_screen("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_logged_before_the_uart_comes_out_with_it),
		cmocka_unit_test_setup(lines_come_whole_behind_their_names, begin),
		cmocka_unit_test_setup(a_long_line_is_split, begin),
		cmocka_unit_test_setup(the_input_guest_is_shown_at_once, begin),
		cmocka_unit_test_setup(linux_line_editing_looks_right, begin),
		cmocka_unit_test_setup(a_question_to_the_terminal_is_not_repeated, begin),
		cmocka_unit_test_setup(a_carriage_return_cannot_forge_a_name, begin),
		cmocka_unit_test_setup(control_characters_are_made_harmless, begin),
		cmocka_unit_test_setup(a_flood_of_empty_lines_is_not_amplified, begin),
		cmocka_unit_test_setup(every_byte_in_every_state_is_survived, begin),
		cmocka_unit_test_setup(an_unfinished_line_goes_out_when_its_guest_stops, begin),
		cmocka_unit_test_setup(input_reaches_a_hypercall_guest_as_an_event, begin),
		cmocka_unit_test_setup(input_reaches_a_pl011_guest_as_its_interrupt, begin),
		cmocka_unit_test_setup(more_input_than_there_is_room_for_is_lost, begin),
		cmocka_unit_test_setup(input_without_a_taker_is_dropped, begin),
		cmocka_unit_test_setup(the_key_ends_the_run, begin),
		cmocka_unit_test_setup(the_key_twice_is_sent_through, begin),
		cmocka_unit_test_setup(the_key_moves_the_input_to_the_next_running_guest, begin),
		cmocka_unit_test_setup(log_lines_are_cut_at_640_characters, begin),
		cmocka_unit_test_setup(time_spent_printing_is_counted, begin),
		cmocka_unit_test_setup(panic_prints_and_halts_whoever_holds_the_lock, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
