/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's line editor: each key, the history, narrow terminals, and random keys
 * against a model and a terminal.
 */
/* sources: guests/manager/line.c guests/manager/say.c guests/manager/board.c
 * guests/manager/words.c tests/host/fake/fake_manager.c tests/host/fake/fake_guest_text.c
 * tests/host/fake/fake_terminal.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guests/manager/line.h"
#include "fake_manager.h"

#define TEST(f)	cmocka_unit_test_setup(f, begin)

#define UP	"\033[A"
#define DOWN	"\033[B"
#define RIGHT	"\033[C"
#define LEFT	"\033[D"

static struct line l;

static int begin(void **state)
{
	(void)state;
	fake_reset();
	line_init(&l, "> ", 80);
	line_begin(&l);
	say_flush();
	return 0;
}

static enum line_event type(const char *keys)
{
	enum line_event event = LINE_MORE;

	for (; *keys; keys++) {
		event = line_type(&l, (uint8_t)*keys);
	}
	say_flush();
	return event;
}

/* The terminal's last row and where its cursor is; what is scrolled is not looked at. */
static void shows(const char *text, uint32_t at)
{
	char row[200];

	snprintf(row, sizeof(row), "> %s", text);
	while (row[0] && row[strlen(row) - 1] == ' ') {
		row[strlen(row) - 1] = 0;
	}
	assert_string_equal(terminal_row(&fake.terminal, fake.terminal.y), row);
	assert_int_equal(fake.terminal.x, at + 2);
	assert_false(fake.terminal.is_lost);
}

static void is_line(const char *text, uint32_t at)
{
	assert_string_equal(l.text, text);
	assert_int_equal(l.count, strlen(text));
	assert_int_equal(l.at, at);
	shows(text, at);
}

static void typed_text_stands_there(void **state)
{
	(void)state;
	type("list");
	is_line("list", 4);
	assert_int_equal(type("\r"), LINE_DONE);
	assert_string_equal(l.text, "list");
	assert_string_equal(terminal_row(&fake.terminal, 0), "> list");
	assert_int_equal(type("\n"), LINE_MORE);	/* the other half of a line's end */
	line_begin(&l);
	assert_int_equal(type("a\n"), LINE_DONE);
}

static void keys_move_and_delete(void **state)
{
	(void)state;
	type("one two three");
	type(LEFT LEFT "\033[D");
	is_line("one two three", 10);
	type("\033[3~");
	is_line("one two thee", 10);
	type("\177");
	is_line("one two tee", 9);
	type("\001");
	is_line("one two tee", 0);
	type(RIGHT RIGHT "X");
	is_line("onXe two tee", 3);
	type("\033[F!\033[H?");
	is_line("?onXe two tee!", 1);
	type("\005\027");
	is_line("?onXe two ", 10);
	type("\033[1;5D\033[1;5D");
	is_line("?onXe two ", 0);
	type("\033[1;3C\013");
	is_line("?onXe", 5);
	type(LEFT "\025");
	is_line("e", 0);
	type("\004\004");
	is_line("", 0);
	type("ab\002c\006d\033b\033f\033[1~\033[4~\033OH\033OF\033[7~\033[8~");
	is_line("acbd", 4);
}

static void control_c_gives_the_line_up(void **state)
{
	(void)state;
	assert_int_equal(type("half a\003"), LINE_MORE);
	is_line("", 0);
	assert_string_equal(terminal_row(&fake.terminal, 0), "> half a^C");
	assert_int_equal(type("\t"), LINE_TAB);
	assert_int_equal(type("\014"), LINE_CLEAR);
}

static void enter(const char *text)
{
	line_begin(&l);
	type(text);
	assert_int_equal(type("\r"), LINE_DONE);
	line_begin(&l);
	say_flush();
}

static void the_history_comes_back(void **state)
{
	(void)state;
	type(UP);
	is_line("", 0);
	enter("list");
	enter("list");			/* is kept once */
	enter("");			/* not at all */
	enter("info rt");
	type("new");
	type(UP);
	is_line("info rt", 7);
	type(UP);
	is_line("list", 4);
	type(UP);
	is_line("list", 4);
	type(DOWN DOWN);
	is_line("new", 3);
	type(DOWN);
	is_line("new", 3);
	type("\020\177\177");
	is_line("info ", 5);
	type("linux\r");
	line_begin(&l);
	type(UP);
	is_line("info linux", 10);
	type(UP);
	is_line("info rt", 7);
}

static void the_history_forgets_the_oldest(void **state)
{
	char text[24];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		enter(text);
	}
	for (uint32_t i = 0; i < 2 * LINE_HISTORY; i++) {
		type(UP);
	}
	snprintf(text, sizeof(text), "line %d", 100 - (int)LINE_HISTORY);
	is_line(text, (uint32_t)strlen(text));
}

static void a_long_line_scrolls(void **state)
{
	(void)state;
	l.columns = 20;
	fake.terminal.width = 20;
	type("0123456789abcdefghijklmnopqrst");
	assert_int_equal(l.count, 30);
	shows("def" "ghijklmnopqrst", 17);
	type("\001");
	shows("0123456789abcdefg", 0);
	for (int i = 0; i < 20; i++) {
		type(RIGHT);
	}
	shows("3456789abcdefghij", 17);
	type("\005\025");
	shows("", 0);
}

static void a_full_line_takes_no_more(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < LINE_MAX + 50; i++) {
		type("x");
	}
	assert_int_equal(l.count, LINE_MAX);
	line_insert(&l, "y");
	assert_int_equal(l.count, LINE_MAX);
	type("\001\033[3~z");
	assert_int_equal(l.count, LINE_MAX);
	assert_int_equal(l.text[0], 'z');
}

static void strange_bytes_change_nothing(void **state)
{
	(void)state;
	type("ab");
	type("\033[99~\033[9;2;3;4;5~\033[12345678901234567890~\033[Z\033OP\033x\033[?1h");
	type("\x80\xff\xc3\xa4\021\022\023\026\033[<0;1M\035");
	is_line("ab", 2);
	type("\033\033[D\033\003");
	is_line("", 0);
}

/* What keys do to text and cursor, without a terminal or a history. */
struct model {
	char text[LINE_MAX + 1];
	uint32_t count, at;
};

static void model_key(struct model *m, char key)
{
	if (key == 'L' || key == 'R') {
		m->at += key == 'L' ? (m->at ? -1u : 0) : m->at < m->count;
	} else if (key == 'H' || key == 'E') {
		m->at = key == 'H' ? 0 : m->count;
	} else if (key == 'B' || key == 'D') {
		uint32_t from = key == 'B' ? m->at - 1 : m->at;

		if (key == 'B' ? m->at > 0 : m->at < m->count) {
			memmove(m->text + from, m->text + from + 1, m->count - from);
			m->count--;
			m->at = from;
		}
	} else if (m->count < LINE_MAX) {
		memmove(m->text + m->at + 1, m->text + m->at, m->count - m->at + 1);
		m->text[m->at++] = key;
		m->count++;
	}
}

static void random_keys_do_as_the_model(void **state)
{
	static const char *const sequences[128] = {
		['L'] = LEFT, ['R'] = RIGHT, ['H'] = "\033[H", ['E'] = "\005", ['B'] = "\177",
		['D'] = "\033[3~",
	};

	(void)state;
	for (uint32_t columns = 12; columns < 120; columns += 9) {
		struct model m = { .count = 0 };

		fake_clear();
		fake.terminal.width = columns;
		line_init(&l, "> ", columns);
		line_begin(&l);
		for (int i = 0; i < 4000; i++) {
			char key = "LLRRHEBDabcdefghij"[rand() % 18], one[2] = { key, 0 };

			model_key(&m, key);
			type(sequences[(int)key] ? sequences[(int)key] : one);
			assert_string_equal(l.text, m.text);
			assert_int_equal(l.at, m.at);
			assert_int_equal(fake.terminal.y, 0);	/* it never wraps */
			assert_int_equal(fake.terminal.x, 2 + l.at - l.first);
			assert_memory_equal(fake.terminal.row[0] + 2, l.text + l.first,
					    strlen(fake.terminal.row[0]) - 2);
			assert_true(strlen(fake.terminal.row[0]) < columns);
		}
		assert_false(fake.terminal.is_lost);
	}
}

static void random_bytes_do_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint8_t c = (uint8_t)(rand() % 3 ? rand() % 128 :
				      "\033[;0123ABCDO~\r\t"[rand() % 15]);

		if (i % 5000 == 0) {
			line_init(&l, "> ", (uint32_t)rand() % 40);
			line_begin(&l);
		}
		if (line_type(&l, c) == LINE_DONE) {
			line_begin(&l);
		}
		assert_true(l.count <= LINE_MAX && l.at <= l.count && l.first <= l.at);
		assert_int_equal(strlen(l.text), l.count);
		say_flush();
		fake.count = 0;
	}
	assert_false(fake.terminal.is_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(typed_text_stands_there),
		TEST(keys_move_and_delete),
		TEST(control_c_gives_the_line_up),
		TEST(the_history_comes_back),
		TEST(the_history_forgets_the_oldest),
		TEST(a_long_line_scrolls),
		TEST(a_full_line_takes_no_more),
		TEST(strange_bytes_change_nothing),
		TEST(random_keys_do_as_the_model),
		TEST(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
