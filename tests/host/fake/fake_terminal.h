/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A terminal for tests: rows without an end, what ECMA-48 says of the sequences that a
 * line editor uses, and nothing of colours. An unknown sequence sets is_lost. Of a letter
 * in UTF-8 the first byte is kept and takes one column; combining ones (0xcc and 0xcd
 * first) take none.
 */
#ifndef FAKE_TERMINAL_H
#define FAKE_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#define TERMINAL_ROWS	64
#define TERMINAL_COLUMNS 900

struct terminal {
	char row[TERMINAL_ROWS][TERMINAL_COLUMNS + 1];	/* cells; 0 behind the last */
	uint32_t y, x;
	uint32_t width;			/* 0: rows never wrap */
	uint64_t scrolled;		/* rows that are gone */
	uint32_t state, size;
	bool is_lost;			/* something came that a line cannot use */
	uint32_t rest;			/* bytes of a letter still to come */
	char sequence[32];
};

void terminal_reset(struct terminal *t);
void terminal_print(struct terminal *t, const uint8_t *bytes, uint32_t count);
/* Row n, blanks at its end cut off; 0: the first that is still there. */
const char *terminal_row(struct terminal *t, uint32_t n);

#endif
