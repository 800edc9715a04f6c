/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text and tables; see say.h.
 */
#include "say.h"

#define BUFFER		4096u
#define TEXT_MAX	256u
#define TEXTS		8u		/* of the text_...() that live at a time */

static char buffer[BUFFER];
static size_t used;

void say_flush(void)
{
	size_t n = used;

	used = 0;
	if (n) {
		port_write(buffer, n);
	}
}

void say_bytes(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (used == BUFFER) {
			say_flush();
		}
		buffer[used++] = bytes[i];
	}
}

void say(const char *text, ...)
{
	char line[TEXT_MAX];
	va_list args;
	int n;

	va_start(args, text);
	n = vformat(line, sizeof(line), text, args);
	va_end(args);
	say_bytes(line, (size_t)n);
}

static char *next_text(void)
{
	static char texts[TEXTS][TABLE_CELL];
	static uint32_t turn;

	return texts[turn++ % TEXTS];
}

const char *text_size(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	char *to = next_text();
	uint32_t unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && bytes && !(bytes & 1023)) {
		bytes >>= 10;
		unit++;
	}
	format(to, TABLE_CELL, "%lu %s", bytes, units[unit]);
	return to;
}

const char *text_time(uint64_t ticks)
{
	uint64_t s = ticks / port_hz(), days = s / 86400;
	char *to = next_text();
	int n = 0;

	if (days) {
		n = format(to, TABLE_CELL, "%lu day%s ", days, days > 1 ? "s" : "");
	}
	s %= 86400;
	format(to + n, TABLE_CELL - (size_t)n, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	return to;
}

/* A thousandth part, rounded down, of what may not fit times 1000. */
static uint64_t per_mille(uint64_t part, uint64_t whole)
{
	uint64_t unit = whole / 1000;

	if (!whole) {
		return 0;
	}
	part = part > whole ? whole : part;
	return whole < 1ull << 50 ? part * 1000 / whole : part / unit;
}

const char *text_share(uint64_t part, uint64_t whole)
{
	uint64_t share = per_mille(part, whole);
	char *to = next_text();

	format(to, TABLE_CELL, "%lu.%lu", share / 10, share % 10);
	return to;
}

static char cells[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
static bool is_right[TABLE_COLUMNS];
static uint32_t columns, cell_count;

void table_begin(const char *heads)
{
	columns = cell_count = 0;
	while (*heads && columns < TABLE_COLUMNS) {
		uint32_t n = 0;

		is_right[columns] = *heads == '+';
		heads += *heads == '+';
		while (*heads && *heads != ' ') {
			if (n < TABLE_CELL - 1) {
				cells[0][columns][n++] = *heads;
			}
			heads++;
		}
		cells[0][columns++][n] = 0;
		while (*heads == ' ') {
			heads++;
		}
	}
	cell_count = columns;
}

void table_cell(const char *text, ...)
{
	va_list args;

	if (cell_count < columns * TABLE_ROWS) {
		va_start(args, text);
		vformat(cells[cell_count / columns][cell_count % columns], TABLE_CELL, text, args);
		va_end(args);
		cell_count++;
	}
}

static uint32_t width_of(uint32_t column, uint32_t rows)
{
	uint32_t width = 0;

	for (uint32_t row = 0; row < rows; row++) {
		uint32_t n = (uint32_t)strlen(cells[row][column]);

		width = n > width ? n : width;
	}
	return width;
}

static void say_row(uint32_t row, const uint32_t *width, uint32_t shown)
{
	for (uint32_t i = 0; i < shown; i++) {
		if (i) {
			say("  ");
		}
		if (is_right[i]) {
			say("%*s", (int)width[i], cells[row][i]);
		} else if (i + 1 < shown) {
			say("%-*s", (int)width[i], cells[row][i]);
		} else {
			say("%s", cells[row][i]);
		}
	}
	say("\n");
}

void table_end(void)
{
	uint32_t rows = columns ? cell_count / columns : 0, width[TABLE_COLUMNS];
	uint32_t shown = 0, total = 0, room = port_columns() ? port_columns() : UINT32_MAX;

	for (; shown < columns; shown++) {
		width[shown] = width_of(shown, rows);
		total += width[shown] + (shown ? 2 : 0);
		if (shown && total > room) {
			break;
		}
	}
	for (uint32_t row = 0; row < rows; row++) {
		say_row(row, width, shown);
	}
}
