// SPDX-License-Identifier: BSD-2-Clause
/*
 * libFuzzer: what three sources of drv_console print and what is typed, in any order. In
 * the view of all the terminal's rows must be honest: each begins with a source's name,
 * and none has a letter of another; every source has one letter of its own.
 *
 * Bytes: an operation (its low 4 bits), then for 0..11 a count and the bytes that source
 * op % 3 prints, with 'x' to 'z' made its own letter; 12 sets the input, 13 types a byte,
 * 14 stops or starts a source, 15 lets time pass.
 */
/* sources: guests/drv_console/view.c guests/drv_console/line.c guests/drv_console/keys.c
 * tests/host/fake/fake_terminal.c */
#include <stdlib.h>
#include <string.h>
#include "../../guests/drv_console/view.h"
#include "fake_terminal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view v;
static struct terminal t;
static uint64_t now;

static void check_rows(void)
{
	for (uint32_t y = 0; y < TERMINAL_ROWS; y++) {
		const char *row = terminal_row(&t, y), *other;

		if (!row[0] || strncmp(row, "skerry: ", 8) == 0) {
			continue;
		}
		other = row[0] == 'x' ? "yz" : row[0] == 'y' ? "xz" : "xy";
		if (!strchr("xyz", row[0]) || row[1] != row[0] || row[2] != '|' ||
		    strpbrk(row, other)) {
			abort();
		}
	}
}

/* Where the terminal is sane again. */
static uint32_t behind_focus(const uint8_t *bytes, uint32_t count)
{
	uint32_t n = count;

	while (n >= 3 && memcmp(&bytes[n - 3], "\017\r\n", 3) != 0) {
		n--;
	}
	return n >= 3 ? n : 0;
}

static void drain(bool was_focused)
{
	static uint8_t bytes[VIEW_OUT];
	bool is_more;

	do {
		is_more = view_run(&v, now);
		uint32_t n = view_take(&v, bytes, sizeof(bytes));

		uint32_t from = 0;

		if (v.is_focused || was_focused) {	/* the terminal was in any state */
			terminal_reset(&t);
			t.width = v.columns;
			from = v.is_focused ? n : behind_focus(bytes, n);
			was_focused = false;
		}
		terminal_print(&t, bytes + from, n - from);
	} while (is_more);
	if (t.is_lost) {
		abort();
	}
	check_rows();
}

static size_t print(int s, const uint8_t *data, size_t size)
{
	uint8_t text[255];
	size_t n = size ? data[0] : 0;

	n = n + 1 > size ? size - (size != 0) : n;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = data[1 + i] & 0x7f;

		text[i] = c >= 'x' && c <= 'z' ? (uint8_t)('x' + s) : data[1 + i];
	}
	view_write(&v, s, text, (uint32_t)n, now);
	return size ? n + 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	view_init(&v);
	terminal_reset(&t);
	now = 0;
	v.columns = size & 1 ? 150 : 0;	/* the terminal's own lines are shorter */
	t.width = v.columns;
	view_add(&v, VIEW_GUEST, "xx", 0, 0);
	view_add(&v, VIEW_GUEST, "yy", 3, 5000);
	view_add(&v, VIEW_GUEST, "zz", 0, 0);
	for (size_t i = 0; i < size;) {
		uint8_t op = data[i++], more = i < size ? data[i] : 0;
		bool was_focused = v.is_focused;

		if ((op & 15) < 12) {
			i += print((op & 15) % 3, &data[i], size - i);
		} else if ((op & 15) == 12) {
			view_set_input(&v, more % 4 - 1);
		} else if ((op & 15) == 13) {
			view_type(&v, more);
		} else if ((op & 15) == 14) {
			(more & 4 ? view_up : view_down)(&v, more % 3);
		} else {
			now += 1000 * more;
		}
		drain(was_focused);
	}
	return 0;
}
