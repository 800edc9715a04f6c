/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on the terminal and where typed bytes go: the part of drv_console that
 * knows no hardware, no link and no clock, and runs on the host under test.
 *
 * Sources are the consoles: of links, of guests that print through EL2, and EL2 itself.
 * Bytes of a source wait in its queue; view_run() turns them into bytes for the UART,
 * which view_take() hands out. In the view of all, a source's lines come whole behind
 * "NAME| "; the source with the input is shown character by character, an unfinished line of
 * it comes back below what others print. Of control characters only those
 * get through that cannot reach beyond the line and its name. In the view of one source
 * (the focus) its bytes go to the terminal as they are.
 *
 * Ctrl-] is the terminal's own key; view_type() says what is behind it. Times are
 * microseconds that grow. Not reentrant: one caller at a time.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define VIEW_KEY	0x1d	/* Ctrl-] */
#define VIEW_SOURCES	33	/* 16 links, 16 guests, EL2 */
#define VIEW_NAME	24
#define VIEW_LINE	256	/* bytes of a line that is kept; longer ones are split */
#define VIEW_OWN_LINE	704	/* EL2's are not */
#define VIEW_QUEUE	4096	/* powers of two */
#define VIEW_INPUT	4096
#define VIEW_OUT	16384
#define VIEW_SEQUENCE	24	/* longest escape sequence that is looked at */

enum view_kind { VIEW_GUEST, VIEW_OWN };	/* EL2: no name, no input, never split */

struct fifo {
	uint32_t put, got, size;	/* counts for ever; size a power of two */
	uint8_t *bytes;
};

struct source {
	char name[VIEW_NAME];
	uint8_t name_size;
	uint8_t kind;
	uint8_t colour;			/* of the name: 1..7 as in ECMA-48, 0 none */
	bool is_up;			/* takes input */
	/* output */
	uint32_t rate;			/* bytes a second, 0: no limit */
	uint64_t credit;		/* bytes x 1,000,000 */
	uint64_t credit_time;
	uint64_t dropped;		/* bytes, not yet told */
	bool is_gap;			/* the last bytes were dropped */
	uint64_t gap_time;
	bool has_cut;			/* its line ends where the queue's count is `cut` */
	uint32_t cut;
	struct fifo queue;
	/* its unfinished line; `text` is what may be printed as it stands */
	bool is_cr;			/* a carriage return waits for what follows it */
	bool has_style;			/* text changes colours */
	bool is_raw_cr;			/* focus: the last byte was a carriage return */
	uint8_t state;			/* within an escape sequence */
	uint8_t sequence_size;
	char before;			/* the byte shown before */
	char sequence[VIEW_SEQUENCE];
	uint16_t count;
	uint16_t column, reach;		/* of the cursor, behind the name: at least, at most */
	uint8_t letter_rest;		/* bytes of UTF-8 still to come */
	char text[VIEW_OWN_LINE];
	/* input */
	struct fifo input;
	uint64_t input_lost;		/* not yet told */
	uint8_t queue_bytes[VIEW_QUEUE];
	uint8_t input_bytes[VIEW_INPUT];
};

struct view {
	struct source source[VIEW_SOURCES];
	uint32_t count;
	int input;			/* source with the input, or -1 */
	bool is_focused;		/* on it alone */
	bool is_key;			/* Ctrl-] was the last byte typed */
	bool is_shown;			/* the input's unfinished line is on the last row */
	bool is_mute;			/* nothing reaches the terminal */
	bool is_column_0;		/* of the terminal */
	bool is_end_wanted;		/* Ctrl-] q; the caller's to clear */
	uint32_t columns;		/* lines are split at, with the name, 40..; 0: not known */
	uint32_t name_width;		/* texts begin in this column; 0: behind the name */
	uint32_t turn;			/* source that comes first in view_run() */
	uint64_t missed;		/* lines of others, not shown during the focus */
	uint64_t lost;			/* bytes of whoever, not yet told */
	uint64_t tell_time;		/* drops are told from then on */
	struct fifo out;
	uint8_t out_bytes[VIEW_OUT];
};

/* An empty view; the terminal's line begins anew. */
void view_init(struct view *v);
/* A further source (at most VIEW_SOURCES): its number. The name is cut. */
int view_add(struct view *v, enum view_kind kind, const char *name, uint8_t colour,
	     uint32_t rate);
/* The names' texts one below the other. After the last view_add(). */
void view_align(struct view *v);
/* Who gets the input, -1: nobody. Leaves the focus. */
void view_set_input(struct view *v, int source);

/* Bytes that source `s` prints. What is above its rate or finds no room is dropped
 * and told later. */
void view_write(struct view *v, int s, const uint8_t *bytes, uint32_t count, uint64_t now);
/* Bytes that its queue takes now. */
uint32_t view_room(const struct view *v, int s);
/* It has stopped: its line ends behind what is queued, its input is dropped, and more is
 * not taken until it is up. */
void view_down(struct view *v, int s);
void view_up(struct view *v, int s);
/* `count` bytes of nobody knows whom were lost. */
void view_lost(struct view *v, uint64_t count);
/* Queues go out as far as there is room. True: something waits for room. */
bool view_run(struct view *v, uint64_t now);
/* Bytes for the UART, at most `max`: how many. */
uint32_t view_take(struct view *v, uint8_t *bytes, uint32_t max);

/* A byte was typed. Behind Ctrl-]:
 * n the input (in the focus: the focus) to the next, 0..9 A..W the focus on a source,
 * a all, l list, q end of the run, ? help, Ctrl-] itself. */
void view_type(struct view *v, uint8_t c);
/* Typed bytes that wait for `s`, at most `max`, without taking them: how many. */
uint32_t view_input(const struct view *v, int s, uint8_t *bytes, uint32_t max);
void view_input_taken(struct view *v, int s, uint32_t count);

/* For keys.c and line.c. */
void view_put(struct view *v, char c);
void view_puts(struct view *v, const char *text);	/* "\n" is a line's end */
void view_hide(struct view *v);				/* the unfinished line */
void view_show(struct view *v);				/* again, where it is missing */
void view_say(struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_take(struct view *v, int s, char c);		/* into the view of all */
void line_raw(struct view *v, int s, char c);		/* into the focus */
void line_end(struct view *v, int s);			/* its unfinished line, if any */
void line_put(struct view *v, int s);			/* name and unfinished line */

uint32_t fifo_count(const struct fifo *f);
uint32_t fifo_room(const struct fifo *f);
void fifo_put(struct fifo *f, uint8_t c);		/* the caller has looked for room */
uint8_t fifo_get(struct fifo *f);

#endif
