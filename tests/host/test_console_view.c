/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drv_console's views: whose line is whose, focus, keys, rates, lost bytes.
 */
/* sources: guests/drv_console/view.c guests/drv_console/line.c guests/drv_console/keys.c
 * tests/host/fake/fake_terminal.c */
#include "console_view.h"

static void a_new_view_begins_on_a_fresh_line(void **state)
{
	uint8_t bytes[32] = { 0 };

	(void)state;
	view_init(&v);
	assert_int_equal(view_take(&v, bytes, sizeof(bytes)), 4);
	assert_string_equal((char *)bytes, "\r\033[K");
}

static void lines_come_whole_behind_their_names(void **state)
{
	(void)state;
	say(RT, "tick ");
	say(VICTIM, "beat\n");
	say(RT, "1\ntick 2\nti");
	say(OWN, "skerry: hello 1\n");
	say(RT, "ck 3\r\n\n");
	assert_screen("victim| beat\r\nrt| tick 1\r\nrt| tick 2\r\nskerry: hello 1\r\n"
		      "rt| tick 3\r\nrt| \r\n");
}

static void a_long_line_is_split_and_one_of_skerry_is_not(void **state)
{
	char text[641];

	(void)state;
	memset(text, 'x', 640);
	text[640] = 0;
	say(OWN, text);
	say(OWN, "\n");
	assert_int_equal(out_count, 642);
	clear();
	say(RT, text);
	say(RT, "\n");
	assert_int_equal(out_count, 640 + 3 * strlen("rt| \r\n"));
	clear();
	view_set_input(&v, RT);
	say(RT, text);
	say(RT, "\n");
	assert_int_equal(out_count, 640 + 3 * strlen("rt| \r\n"));
}

static void lines_are_split_at_the_terminals_width(void **state)
{
	(void)state;
	v.columns = 40;
	terminal_reset(&t);
	t.width = 40;
	say(RT, "0123456789012345678901234567890123456789012345678901234567890123456789\n");
	terminal_print(&t, (uint8_t *)out, out_count);
	assert_string_equal(terminal_row(&t, 0), "rt| 012345678901234567890123456789012345");
	assert_string_equal(terminal_row(&t, 1), "rt| 6789012345678901234567890123456789");
	assert_string_equal(terminal_row(&t, 2), "");
}

static void the_source_with_the_input_is_shown_at_once(void **state)
{
	(void)state;
	view_set_input(&v, LINUX);
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
	say(OWN, "skerry: x\n");
	assert_screen("\r\nskerry: x\r\n");
}

static void line_editing_looks_right(void **state)
{
	(void)state;
	view_set_input(&v, LINUX);
	say(LINUX, "/ # echo\b\033[J");
	assert_screen("linux| / # echo\b\033[J");
	say(LINUX, "\r/ # echp\033[J");
	assert_screen("\rlinux| / # echp\033[J");
	say(OWN, "skerry: x\n");
	assert_screen("\r\033[Kskerry: x\r\nlinux| / # echp\033[J");
	say(LINUX, "\r\r\n");
	assert_screen("\r\n");
	say(LINUX, "\n\rok\n");
	assert_screen("linux| \r\nlinux| ok\r\n");
}

static void a_question_to_the_terminal_is_not_repeated(void **state)
{
	(void)state;
	view_set_input(&v, LINUX);
	say(LINUX, "\a/ # \033[6nnc\033[c");
	assert_screen("linux| \a/ # \033[6nnc\033[c");
	say(OWN, "skerry: x\n");
	assert_screen("\r\033[Kskerry: x\r\nlinux| / # nc");
	say(RT, "\033[6nme\n");
	assert_screen("\r\033[Krt| me\r\nlinux| / # nc");
}

static void colours_pass_and_end_with_the_line(void **state)
{
	(void)state;
	say(RT, "[\033[0;32m  OK  \033[0m]\n");
	assert_screen("rt| [\033[0;32m  OK  \033[0m]\033[0m\r\n");
	view_set_input(&v, LINUX);
	say(LINUX, "\033[31mred");
	say(RT, "x\n");
	assert_screen("linux| \033[31mred\033[0m\r\033[Krt| x\r\nlinux| \033[31mred");
}

static void an_unfinished_line_goes_out_when_its_source_stops(void **state)
{
	(void)state;
	say(RT, "last wor");
	view_down(&v, RT);
	view_write(&v, RT, (const uint8_t *)"new", 3, now);
	assert_screen("rt| last wor\r\n");
	view_up(&v, RT);
	say(RT, " life\n");
	assert_screen("rt| new life\r\n");
	view_set_input(&v, RT);
	say(RT, "again");
	view_down(&v, RT);
	drain();
	say(OWN, "skerry: x\n");
	assert_screen("rt| again\r\nskerry: x\r\n");
}

static void names_are_coloured_and_aligned_when_asked_for(void **state)
{
	(void)state;
	view_init(&v);
	view_add(&v, VIEW_OWN, "skerry", 0, 0);
	view_add(&v, VIEW_GUEST, "rt", 2, 0);
	view_add(&v, VIEW_GUEST, "linux", 0, 0);
	view_align(&v);
	clear();
	say(RT, "a\n");
	say(LINUX, "b\n");
	assert_screen("\033[32mrt|\033[0m    a\r\nlinux| b\r\n");
}

static void the_focus_shows_one_source_as_it_is(void **state)
{
	(void)state;
	view_set_input(&v, RT);
	say(RT, "> ");
	say(LINUX, "/ # ");
	clear();
	type("\0352");
	assert_screen("\r\033[Kskerry: linux alone; Ctrl-] a shows all\r\n/ # ");
	say(LINUX, "\033[2J\033[Hvi\r\nx\ny");
	say(RT, "not seen\nnor this\n");
	say(OWN, "skerry: not seen either\n");
	assert_screen("\033[2J\033[Hvi\r\nx\r\ny");
	type("\035a");
	assert_has("\033[!p");
	assert_has("\r\nskerry: all are shown; 3 lines of others were not\r\nlinux| y");
	clear();
	say(RT, "seen\n");
	assert_screen("\r\033[Krt| seen\r\nlinux| y");
}

static void the_focus_goes_on_to_the_next(void **state)
{
	(void)state;
	type("\0351\035n");
	assert_has("skerry: linux alone");
	view_down(&v, VICTIM);
	type("\035n");
	assert_has("skerry: rt alone");
	type("\0350\035X");
	assert_has("Ctrl-] and then: q end");
	assert_true(v.is_focused);
	assert_int_equal(v.input, RT);
}

static uint32_t typed(int s, char *bytes)
{
	uint32_t n = view_input(&v, s, (uint8_t *)bytes, 64);

	view_input_taken(&v, s, n);
	bytes[n] = 0;
	return n;
}

static void input_goes_to_who_has_it(void **state)
{
	char bytes[65];

	(void)state;
	type("nobody");
	view_set_input(&v, LINUX);
	type("ls\r");
	assert_int_equal(typed(RT, bytes), 0);
	assert_int_equal(typed(LINUX, bytes), 3);
	assert_string_equal(bytes, "ls\r");
	type("\035\035q");
	assert_int_equal(typed(LINUX, bytes), 2);
	assert_string_equal(bytes, "\035q");
	assert_false(v.is_end_wanted);
	view_down(&v, LINUX);
	type("lost");
	assert_int_equal(typed(LINUX, bytes), 0);
	type("\035q");
	assert_true(v.is_end_wanted);
}

static void the_key_moves_the_input_to_the_next_that_runs(void **state)
{
	(void)state;
	view_set_input(&v, RT);
	say(RT, "> ");
	say(LINUX, "/ # ");
	assert_screen("rt| > ");
	type("\035n");
	assert_screen("\r\033[Klinux| / # \r\033[Kskerry: the input goes to linux\r\nlinux| / # ");
	view_down(&v, VICTIM);
	type("\035n");
	assert_has("the input goes to rt\r\nrt| > ");
	for (int s = RT; s <= VICTIM; s++) {
		view_down(&v, s);
	}
	type("\035n");
	assert_has("no running guest takes input\r\n");
	type("\035l");
	assert_has("skerry: Ctrl-] 2  linux (not running)\r\n");
	assert_has("skerry: Ctrl-] 1  rt (not running) (has the input)\r\n");
}

static void input_that_nobody_takes_is_kept_then_dropped_and_told(void **state)
{
	char bytes[65];
	uint32_t n = 0, got;

	(void)state;
	view_set_input(&v, LINUX);
	for (uint32_t i = 0; i < VIEW_INPUT + 10; i++) {
		view_type(&v, 'x');
	}
	assert_screen("skerry: linux does not take its input: 10 bytes dropped\r\n");
	while ((got = typed(LINUX, bytes))) {
		n += got;
	}
	assert_int_equal(n, VIEW_INPUT);
}

static void a_source_above_its_rate_is_cut_and_told(void **state)
{
	char text[101];

	(void)state;
	v.source[RT].rate = 5000;
	memset(text, 'x', 99);
	text[99] = '\n';
	text[100] = 0;
	for (int i = 0; i < 60; i++) {
		say(RT, text);
	}
	say(LINUX, "not hindered\n");
	assert_has("skerry: rt: 100 bytes dropped");
	assert_has("linux| not hindered\r\n");
	clear();
	now += 1000000;
	drain();
	assert_screen("skerry: rt: 900 bytes dropped: more than is let through\r\n");
	say(RT, text);
	assert_int_equal(out_count, strlen("rt| ") + 101);
	clear();
	now += 500000;				/* half a second: 2,500 more, 5,000 at most */
	say(RT, text);
	for (int i = 0; i < 60; i++) {
		view_write(&v, RT, (const uint8_t *)text, 100, now);
		drain();
	}
	now += 2000000;
	assert_has("");
	assert_has("bytes dropped");
}

static void after_a_gap_it_goes_on_with_a_whole_line(void **state)
{
	(void)state;
	v.source[RT].rate = 1000;
	for (int i = 0; i < 500; i++) {
		say(RT, "some line\n");
	}
	for (int i = 0; i < 200; i++) {			/* drips at the rate's pace */
		now += 3000;
		say(RT, "ab");
		say(RT, "c\n");
	}
	for (char *p = strtok(out, "\r\n"); p; p = strtok(NULL, "\r\n")) {
		if (strncmp(p, "skerry: ", 8) && strcmp(p, "rt| abc") &&
		    strncmp(p, "rt| some line", strlen(p))) {
			fail_msg("%s", p);
		}
	}
}

static void a_full_queue_is_told_and_hinders_nobody(void **state)
{
	static char text[VIEW_QUEUE + 50];

	(void)state;
	memset(text, 'x', sizeof(text));
	view_write(&v, RT, (const uint8_t *)text, sizeof(text), now);
	assert_int_equal(view_room(&v, RT), 0);
	assert_int_equal(view_room(&v, LINUX), VIEW_QUEUE);
	say(LINUX, "me too\n");
	assert_has("linux| me too\r\n");
	assert_has("skerry: rt: 50 bytes dropped");
	clear();
	view_lost(&v, 12345);
	now += 1000000;
	assert_screen("skerry: 12345 bytes of guests' output were lost before they came here\r\n");
}

static void the_uarts_pace_is_kept(void **state)
{
	char text[VIEW_QUEUE];
	uint32_t lines = 0;
	uint8_t bytes[100];

	(void)state;
	for (uint32_t i = 0; i < sizeof(text); i++) {
		text[i] = i % 2 ? '\n' : 'x';
	}
	view_set_input(&v, LINUX);
	view_write(&v, RT, (uint8_t *)text, sizeof(text), now);
	view_write(&v, VICTIM, (uint8_t *)text, sizeof(text), now);
	view_write(&v, LINUX, (uint8_t *)text, sizeof(text), now);
	while (view_run(&v, now) | fifo_count(&v.out)) {
		uint32_t n = view_take(&v, bytes, sizeof(bytes));

		for (uint32_t i = 0; i < n; i++) {
			lines += bytes[i] == '\n';
		}
	}
	assert_int_equal(lines, 3 * VIEW_QUEUE / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_view_begins_on_a_fresh_line),
		TEST(lines_come_whole_behind_their_names),
		TEST(a_long_line_is_split_and_one_of_skerry_is_not),
		TEST(lines_are_split_at_the_terminals_width),
		TEST(the_source_with_the_input_is_shown_at_once),
		TEST(line_editing_looks_right),
		TEST(a_question_to_the_terminal_is_not_repeated),
		TEST(colours_pass_and_end_with_the_line),
		TEST(an_unfinished_line_goes_out_when_its_source_stops),
		TEST(names_are_coloured_and_aligned_when_asked_for),
		TEST(the_focus_shows_one_source_as_it_is),
		TEST(the_focus_goes_on_to_the_next),
		TEST(input_goes_to_who_has_it),
		TEST(the_key_moves_the_input_to_the_next_that_runs),
		TEST(input_that_nobody_takes_is_kept_then_dropped_and_told),
		TEST(a_source_above_its_rate_is_cut_and_told),
		TEST(after_a_gap_it_goes_on_with_a_whole_line),
		TEST(a_full_queue_is_told_and_hinders_nobody),
		TEST(the_uarts_pace_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
