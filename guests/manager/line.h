/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line editor: keys in, what the terminal is to show out by say(). One line of printable
 * ASCII with a prompt, as wide as the terminal or less; what does not fit is scrolled. Only
 * carriage return, backspace and "erase to the right" are used, so that it looks right behind
 * a name in the console's view of all, too.
 *
 * Keys: left, right, home, end, delete, backspace, Ctrl-A B D E F H K U W, Ctrl or Alt with
 * left and right for words, up and down or Ctrl-P and N for the lines before, tab, Ctrl-L,
 * Ctrl-C.
 */
#ifndef LINE_H
#define LINE_H

#include "say.h"

#define LINE_MAX	160u	/* characters of a line */
#define LINE_ROOM	100u	/* of them on the terminal at a time, at most */
#define LINE_HISTORY	32u

enum line_event {
	LINE_MORE,		/* goes on */
	LINE_DONE,		/* a line is complete, in `text`; the terminal's line has ended */
	LINE_TAB,		/* the caller completes what is before `at` */
	LINE_CLEAR,		/* Ctrl-L: the caller clears the terminal and shows the line */
};

struct line {
	char text[LINE_MAX + 1];	/* NUL-terminated */
	uint32_t count, at;		/* at: the cursor */
	uint32_t first;			/* shown from here on */
	uint32_t columns;		/* of the terminal, for prompt and text */
	const char *prompt;
	uint8_t state;			/* within an escape sequence */
	uint32_t parameter[2], which;	/* its numbers so far */
	bool was_cr;
	char history[LINE_HISTORY][LINE_MAX + 1];
	uint32_t history_count;		/* ever; the last LINE_HISTORY are kept */
	uint32_t back;			/* so many lines back is shown; 0: the new one */
	char kept[LINE_MAX + 1];	/* the new one, meanwhile */
};

void line_init(struct line *l, const char *prompt, uint32_t columns);
/* An empty line with its prompt. The history stays. */
void line_begin(struct line *l);
void line_show(struct line *l);		/* the row anew */
enum line_event line_type(struct line *l, uint8_t c);
void line_insert(struct line *l, const char *text);	/* as if it had been typed */

#endif
