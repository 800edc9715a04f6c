/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a source's bytes to lines: what of it may stand on the terminal. Nothing that
 * a source sends in the view of all may move the cursor out of its line or onto its name,
 * change what another has printed, or last beyond the line's end.
 *
 * Escape sequences (ECMA-48) are gathered whole and either passed on or swallowed:
 * colours from everybody; from the source with the input also erasing to the right,
 * moving within the line and asking the terminal. `text` has only what passed.
 */
#include "view.h"

enum { PLAIN, ESCAPE, CONTROL, STRING };

#define ESC	'\033'

/* A letter's width is not certain: `column` counts what it is at least, so that the cursor
 * does not come back too far, and `reach` what it is at most, so that no line wraps. */
static uint32_t letter_width(uint8_t c)
{
	return c == '\t' ? 8 : c < 0xe0 ? 1 : 2;
}

static void count_width(struct source *s, uint8_t c)
{
	if ((c >= 0x20 && c < 0x7f) || c == '\t' || (c >= 0xc3 && c <= 0xcb)) {
		s->column++;
	}
	if (c >= 0x80 && c < 0xc0 && s->letter_rest) {
		s->letter_rest--;
		return;
	}
	s->reach = (uint16_t)(s->reach + letter_width(c));
	s->letter_rest = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

static uint32_t width(const struct view *v, const struct source *s)
{
	uint32_t n = v->columns - 2;

	if (!v->columns || s->kind == VIEW_OWN) {
		return UINT32_MAX;
	}
	n -= v->name_width > s->name_size ? v->name_width : s->name_size;
	return n;
}

static void clear_line(struct source *s)
{
	s->count = s->column = s->reach = 0;
	s->is_cr = s->has_style = false;
	s->before = 0;
	s->letter_rest = 0;
}

static void keep(struct source *s, char c)
{
	if (s->count < (s->kind == VIEW_OWN ? VIEW_OWN_LINE : VIEW_LINE)) {
		s->text[s->count++] = c;
	}
}

static bool has_room(const struct source *s, uint32_t size)
{
	return s->count + size <= VIEW_LINE;
}

static void put_name(struct view *v, const struct source *s)
{
	if (s->kind == VIEW_OWN) {
		return;
	}
	if (s->colour) {
		view_puts(v, "\033[3");
		view_put(v, (char)('0' + s->colour));
		view_put(v, 'm');
	}
	view_puts(v, s->name);
	view_puts(v, s->colour ? "|\033[0m " : "| ");
	for (uint32_t size = s->name_size; size < v->name_width; size++) {
		view_put(v, ' ');
	}
}

void line_put(struct view *v, int number)
{
	struct source *s = &v->source[number];

	put_name(v, s);
	for (uint32_t i = 0; i < s->count; i++) {
		view_put(v, s->text[i]);
	}
}

static void finish(struct view *v, int number)
{
	struct source *s = &v->source[number];

	if (!v->is_shown || number != v->input) {
		view_hide(v);
		line_put(v, number);
	}
	view_puts(v, s->has_style ? "\033[0m\n" : "\n");
	v->is_shown = false;
	v->missed += v->is_mute;
	clear_line(s);
}

void line_end(struct view *v, int number)
{
	struct source *s = &v->source[number];

	s->state = PLAIN;
	if (s->count) {
		finish(v, number);
	}
	s->is_cr = false;
}

/* The line is on the terminal when it is the input's. True: it is. */
static bool open_line(struct view *v, int number)
{
	if (number != v->input || v->is_focused) {
		return false;
	}
	if (!v->is_shown) {
		line_put(v, number);
		v->is_shown = true;
	}
	return true;
}

static void show_sequence(struct view *v, int number, bool is_kept)
{
	struct source *s = &v->source[number];

	if (open_line(v, number)) {
		for (uint32_t i = 0; i < s->sequence_size; i++) {
			view_put(v, s->sequence[i]);
		}
	}
	for (uint32_t i = 0; is_kept && i < s->sequence_size; i++) {
		keep(s, s->sequence[i]);
	}
}

/* The number in ESC [ n X; one without digits is `otherwise`; not a number: UINT32_MAX. */
static uint32_t parameter(const struct source *s, uint32_t otherwise)
{
	uint32_t n = 0;

	for (uint32_t i = 2; i + 1 < s->sequence_size; i++) {
		uint8_t digit = (uint8_t)(s->sequence[i] - '0');

		if (digit > 9 || n > 10000) {
			return UINT32_MAX;
		}
		n = 10 * n + digit;
	}
	return s->sequence_size > 3 ? n : otherwise;
}

static bool is_style(const struct source *s)
{
	for (uint32_t i = 2; i + 1 < s->sequence_size; i++) {
		if (s->sequence[i] < '0' || s->sequence[i] > ';') {	/* digits, ':' */
			return false;
		}
	}
	return true;
}

/* ESC [ ... c is complete. */
static void end_sequence(struct view *v, int number, char c)
{
	struct source *s = &v->source[number];
	bool has_input = number == v->input;
	bool fits = has_room(s, s->sequence_size);
	uint32_t n = parameter(s, c == 'K' || c == 'J' || c == 'c' ? 0 : 1);

	if (c == 'm') {
		if (is_style(s) && fits) {
			s->has_style = true;
			show_sequence(v, number, true);
		}
	} else if (!has_input || n == UINT32_MAX) {
		return;
	} else if (c == 'n' || c == 'c') {	/* a question is not asked again */
		show_sequence(v, number, false);
	} else if (!fits) {
		return;
	} else if (c == 'K' || c == 'J') {	/* erases to the right, and below */
		if (n == 0) {
			show_sequence(v, number, true);
		}
	} else if (c == 'P' || c == '@' || c == 'X') {
		show_sequence(v, number, true);
	} else if (c == 'C' && s->reach + n < 1000 && s->reach + n + 1 < width(v, s)) {
		show_sequence(v, number, true);
		s->reach = (uint16_t)(s->reach + n + 1);	/* 0 is 1 */
	} else if (c == 'D' && n && n <= s->column) {
		show_sequence(v, number, true);
		s->column = (uint16_t)(s->column - n);
	}
}

static bool after_escape(struct source *s, uint8_t c)
{
	if (c == '[') {
		s->sequence[1] = '[';
		s->sequence_size = 2;
		s->state = CONTROL;
	} else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
		s->sequence_size = 0;
		s->state = STRING;
	} else if (c < 0x20 || c > 0x2f || ++s->sequence_size > 4) {
		s->state = PLAIN;		/* of two bytes, or cut off */
		return c >= 0x20 && c < 0x7f;
	}
	return true;
}

/* A byte that may belong to an escape sequence. True: it does. */
static bool take_sequence(struct view *v, int number, uint8_t c)
{
	struct source *s = &v->source[number];

	if (c == ESC) {
		s->sequence[0] = ESC;
		s->sequence_size = 1;
		s->state = ESCAPE;
		return true;
	}
	switch (s->state) {
	case ESCAPE:
		return after_escape(s, c);
	case CONTROL:
		if (c < 0x20 || c >= 0x7f) {
			s->state = PLAIN;
			return false;
		}
		s->sequence[s->sequence_size++] = (char)c;
		if (c >= 0x40) {
			s->state = PLAIN;
			end_sequence(v, number, (char)c);
		} else if (s->sequence_size == VIEW_SEQUENCE) {
			s->state = PLAIN;
		}
		return true;
	case STRING:			/* up to BEL or ESC \, or as far as one believes it */
		if (c == '\a' || (c >= 0x20 && ++s->sequence_size < 200)) {
			s->state = c == '\a' ? PLAIN : STRING;
			return true;
		}
		s->state = PLAIN;
		return false;
	default:
		return false;
	}
}

/* 0x80..0x9f are control characters, alone or as UTF-8 behind 0xc2; behind another byte
 * they are part of a letter. */
static char visible(const struct source *s, char c)
{
	uint8_t u = (uint8_t)c, before = (uint8_t)s->before;

	if (u >= 0x80 && u < 0xa0) {
		return before >= 0x80 && before != 0xc2 ? c : '?';
	}
	return (u >= 0x20 && u < 0x7f) || u >= 0xa0 || c == '\t' ? c : '?';
}

/* BEL and backspace are the input's; the cursor does not go back onto the name. */
static void show_control(struct view *v, int number, char c)
{
	struct source *s = &v->source[number];

	if (c == '\b') {
		if (!s->column || !has_room(s, 1)) {
			return;
		}
		s->column--;
		keep(s, c);
	}
	if (open_line(v, number)) {
		view_put(v, c);
	}
}

static void show_char(struct view *v, int number, char c)
{
	struct source *s = &v->source[number];
	char shown = visible(s, c);

	if (s->count == (s->kind == VIEW_OWN ? VIEW_OWN_LINE : VIEW_LINE) ||
	    s->reach + letter_width((uint8_t)shown) > width(v, s)) {
		finish(v, number);
	}
	if (open_line(v, number)) {
		view_put(v, shown);
	}
	keep(s, shown);
	s->before = c;
	count_width(s, (uint8_t)shown);
}

/* After a carriage return: the line from its begin, with the name. */
static void begin_again(struct view *v, int number)
{
	struct source *s = &v->source[number];
	bool was_shown = number == v->input && v->is_shown;

	if (was_shown) {
		view_puts(v, s->has_style ? "\033[0m\r" : "\r");
		v->is_shown = false;
	}
	clear_line(s);
	if (was_shown) {
		open_line(v, number);
	}
}

void line_take(struct view *v, int number, char c)
{
	struct source *s = &v->source[number];

	if (take_sequence(v, number, (uint8_t)c)) {
		return;
	}
	if (c == '\n') {
		finish(v, number);
		return;
	}
	if (c == '\r' || c == '\0') {
		s->is_cr = s->is_cr || c == '\r';
		return;
	}
	if (s->is_cr) {
		begin_again(v, number);
	}
	if (number == v->input && (c == '\a' || c == '\b')) {
		show_control(v, number, c);
	} else {
		show_char(v, number, c);
	}
}

void line_raw(struct view *v, int number, char c)
{
	struct source *s = &v->source[number];
	uint64_t missed = v->missed;

	if (c == '\n' && !s->is_raw_cr) {
		view_put(v, '\r');
	}
	s->is_raw_cr = c == '\r';
	view_put(v, c);
	v->is_mute = true;		/* the line is kept for the view of all */
	line_take(v, number, c);
	v->is_mute = false;
	v->missed = missed;
}
