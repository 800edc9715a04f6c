/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal of tests: see the header.
 */
#include <stdlib.h>
#include <string.h>
#include "fake_terminal.h"

enum { GROUND, ESCAPE, CONTROL };

void terminal_reset(struct terminal *t)
{
	memset(t, 0, sizeof(*t));
}

const char *terminal_row(struct terminal *t, uint32_t n)
{
	static char row[TERMINAL_COLUMNS + 1];
	size_t size;

	memcpy(row, t->row[n], sizeof(row));
	size = strlen(row);
	while (size && row[size - 1] == ' ') {
		row[--size] = 0;
	}
	return row;
}

static void line_feed(struct terminal *t)
{
	if (++t->y == TERMINAL_ROWS) {
		memmove(t->row[0], t->row[1], sizeof(t->row[0]) * (TERMINAL_ROWS - 1));
		memset(t->row[--t->y], 0, sizeof(t->row[0]));
		t->scrolled++;
	}
}

static void put(struct terminal *t, char c)
{
	char *row = t->row[t->y];

	if (t->width && t->x == t->width) {
		t->x = 0;
		line_feed(t);
		row = t->row[t->y];
	}
	for (uint32_t i = 0; i < t->x; i++) {
		row[i] = row[i] ? row[i] : ' ';
	}
	if (t->x < TERMINAL_COLUMNS) {
		row[t->x++] = c;
	}
}

static uint32_t number(const struct terminal *t, uint32_t otherwise)
{
	return t->size ? (uint32_t)strtoul(t->sequence, NULL, 10) : otherwise;
}

static void erase(struct terminal *t, char c)
{
	char *row = t->row[t->y];

	if (number(t, 0) == 0) {
		memset(&row[t->x], 0, TERMINAL_COLUMNS + 1 - t->x);
		for (uint32_t y = t->y + 1; c == 'J' && y < TERMINAL_ROWS; y++) {
			memset(t->row[y], 0, sizeof(t->row[y]));
		}
	} else if (c == 'K') {
		memset(row, ' ', t->x + 1 < TERMINAL_COLUMNS ? t->x + 1 : TERMINAL_COLUMNS);
	} else {
		t->is_lost = true;
	}
}

static void shift(struct terminal *t, char c)
{
	char *row = t->row[t->y];
	uint32_t size = (uint32_t)strlen(row), n = number(t, 1) ? number(t, 1) : 1;

	if (t->x >= size) {
		return;
	}
	n = n < size - t->x ? n : size - t->x;
	if (c == 'P') {
		memmove(&row[t->x], &row[t->x + n], size - t->x - n);
		memset(&row[size - n], 0, n);
	} else if (c == 'X') {
		memset(&row[t->x], ' ', n);
	} else {
		memmove(&row[t->x + n], &row[t->x],
			size + n < TERMINAL_COLUMNS ? size - t->x : TERMINAL_COLUMNS - t->x - n);
		memset(&row[t->x], ' ', n);
	}
}

static void control(struct terminal *t, char c)
{
	uint32_t n = number(t, 1) ? number(t, 1) : 1;
	uint32_t edge = t->width ? t->width - 1 : TERMINAL_COLUMNS - 1;

	t->sequence[t->size] = 0;
	switch (c) {
	case 'm':
	case 'n':
	case 'c':
		break;
	case 'K':
	case 'J':
		erase(t, c);
		break;
	case 'P':
	case 'X':
	case '@':
		shift(t, c);
		break;
	case 'C':
		t->x = n < edge - (t->x < edge ? t->x : edge) ? t->x + n : edge;
		break;
	case 'D':
		t->x = n < t->x ? t->x - n : 0;
		break;
	default:
		t->is_lost = true;
	}
}

static void ground(struct terminal *t, uint8_t c)
{
	if (c < 0x80) {
		t->rest = 0;
	}
	if (c == '\033') {
		t->state = ESCAPE;
	} else if (c == '\r') {
		t->x = 0;
	} else if (c == '\n') {
		line_feed(t);
	} else if (c == '\b') {
		t->x -= t->x > 0;
	} else if (c == '\t') {
		t->x += 8 - t->x % 8;
		t->x = t->x < TERMINAL_COLUMNS ? t->x : TERMINAL_COLUMNS;
	} else if (c >= 0x80 && c < 0xc0 && t->rest) {
		t->rest--;
	} else if (c == 0xcc || c == 0xcd) {
		t->rest = 1;
	} else if (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0)) {
		t->rest = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		put(t, (char)c);
	} else if (c < 0x20 && c != '\a') {
		t->is_lost = true;
	}
}

void terminal_print(struct terminal *t, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint8_t c = bytes[i];

		if (t->state == GROUND) {
			ground(t, c);
		} else if (t->state == ESCAPE) {
			t->is_lost |= c != '[';
			t->state = CONTROL;
			t->size = 0;
		} else if (c >= 0x40 && c < 0x7f) {
			t->state = GROUND;
			control(t, (char)c);
		} else if (c < 0x20 || c > 0x3f || t->size + 1 == sizeof(t->sequence)) {
			t->is_lost = true;
			t->state = GROUND;
		} else {
			t->sequence[t->size++] = (char)c;
		}
	}
}
