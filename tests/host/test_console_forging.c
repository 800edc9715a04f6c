/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hostile source can do to the terminal that drv_console shows it on: control
 * characters, escape sequences, overlong lines, floods.
 */
/* sources: guests/drv_console/view.c guests/drv_console/line.c guests/drv_console/keys.c
 * tests/host/fake/fake_terminal.c */
#include "console_view.h"

static void a_carriage_return_cannot_forge_a_name(void **state)
{
	(void)state;
	say(RT, "ok\rvictim| crashed\n");
	assert_screen("rt| victim| crashed\r\n");
	view_set_input(&v, RT);
	say(RT, "ok\rvictim| crashed\r\rskerry: end\n\rskerry: end\n");
	assert_screen("rt| ok\rrt| victim| crashed\rrt| skerry: end\r\nrt| skerry: end\r\n");
	say(RT, "x\r\033[Kskerry: end\n");
	assert_screen("rt| x\033[K\rrt| skerry: end\r\n");
}

static void the_cursor_does_not_reach_the_name(void **state)
{
	(void)state;
	view_set_input(&v, RT);
	say(RT, "ab\b\b\b\b\b\bX");
	assert_screen("rt| ab\b\bX");
	say(RT, "\033[9DY\033[2D\033[1DZ\n");
	assert_screen("Y\033[2DZ\r\n");
	say(RT, "e\xcc\x81\xcc\x81\b\b\b\n");		/* combining: no column of its own */
	assert_screen("rt| e\xcc\x81\xcc\x81\b\r\n");
}

static void sequences_that_reach_beyond_the_line_are_swallowed(void **state)
{
	static const char *const evil[] = {
		"\033[A", "\033[2A", "\033[H", "\033[1;1H", "\033[2J", "\033[1J", "\033[2K",
		"\033[1G", "\033[1F", "\033M", "\033c", "\0337", "\033[s", "\033[?1049h",
		"\033[1;5r", "\033[S", "\033[T", "\033[L", "\033[?25l", "\033]0;title\a",
		"\033]52;c;eA==\033\\", "\033Pq\033\\", "\033(0", "\033[20h", "\033[?7l",
		"\033[1;1f", "\033[5d", "\033[3Z", "\033[5i", "\033[>0c", "\033#8", "\033[!p",
		"\033[999999999999D", "\033[D", "\033[?6n", "\033D", "\033E",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		for (int input = -1; input <= RT; input += RT + 1) {
			view_set_input(&v, input);
			say(RT, evil[i]);
			say(RT, "x\n");
			assert_screen("rt| x\r\n");
		}
	}
}

static void control_characters_are_made_harmless(void **state)
{
	(void)state;
	write_bytes(RT, "a\0b\tc\x7f\x01\x9b\x0b\x0c" "e\n", 12);
	assert_screen("rt| ab\tc?????e\r\n");
	say(RT, "gr\xc3\xbc\xc3\x9f" "e \xe2\x80\x93 \xc2\x9b" "31m\n");
	assert_screen("rt| gr\xc3\xbc\xc3\x9f" "e \xe2\x80\x93 \xc2?31m\r\n");
	say(RT, "2\b\b1\n");
	assert_screen("rt| 2??1\r\n");
	say(RT, "\033\033[\n\033[1\n\033]x\ny\n");
	assert_screen("rt| \r\nrt| \r\nrt| \r\nrt| y\r\n");
}

static uint32_t seed;

static uint32_t random_next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Each source has one letter of its own, which is its name's too. */
static void assert_rows_are_honest(void)
{
	for (uint32_t y = 0; y < TERMINAL_ROWS; y++) {
		const char *row = terminal_row(&t, y), *other;

		if (!row[0] || strncmp(row, "skerry: ", 8) == 0) {
			continue;
		}
		other = row[0] == 'x' ? "yz" : row[0] == 'y' ? "xz" : "xy";
		if (!strchr("xyz", row[0]) || row[1] != row[0] || row[2] != '|' ||
		    strpbrk(row, other)) {
			fail_msg("row %u: %s", y, row);
		}
	}
}

/* The sources take turns with bytes that a line editor and a forger would use. */
static void no_source_forges_anothers_line_whatever_it_sends(void **state)
{
	static const char bytes[] = "\r\n\b\t\a\033\033\033\033\033[[[[[[0123456789;?"
				    "KJDDDCPX@mnHAGc|: \xc3\xbc\xcc\x81\x9b\x7f\x01]\\(";

	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		seed = round;
		view_init(&v);
		v.columns = round & 1 ? 60 : 0;
		terminal_reset(&t);
		t.width = v.columns;
		view_add(&v, VIEW_GUEST, "xx", 0, 0);
		view_add(&v, VIEW_GUEST, "yy", round & 2 ? 3 : 0, 0);
		view_add(&v, VIEW_GUEST, "zz", 0, 0);
		for (uint32_t i = 0; i < 300; i++) {
			int s = (int)random_next(3);
			uint8_t text[12];

			for (uint32_t n = 0; n < sizeof(text); n++) {
				text[n] = random_next(3) ? (uint8_t)('x' + s) :
					  (uint8_t)bytes[random_next(sizeof(bytes))];
			}
			view_write(&v, s, text, 1 + random_next(sizeof(text)), now);
			if (random_next(20) == 0) {
				view_set_input(&v, (int)random_next(4) - 1);
			}
			if (random_next(20) == 0) {
				view_down(&v, s);
			}
			drain();
			terminal_print(&t, (uint8_t *)out, out_count);
			clear();
			assert_false(t.is_lost);
			assert_rows_are_honest();
		}
	}
}

static void a_flood_of_empty_lines_is_not_amplified(void **state)
{
	char lines[64];

	(void)state;
	memset(lines, '\n', sizeof(lines));
	view_set_input(&v, LINUX);
	say(LINUX, "a rather long unfinished line of the one that has the input");
	clear();
	write_bytes(RT, lines, sizeof(lines));
	assert_true(out_count < 64 * strlen("rt| \r\n") + 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_carriage_return_cannot_forge_a_name),
		TEST(the_cursor_does_not_reach_the_name),
		TEST(sequences_that_reach_beyond_the_line_are_swallowed),
		TEST(control_characters_are_made_harmless),
		TEST(no_source_forges_anothers_line_whatever_it_sends),
		TEST(a_flood_of_empty_lines_is_not_amplified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
