/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line editor; see line.h.
 */
#include "line.h"

enum { PLAIN, ESCAPE, CONTROL, SINGLE };	/* behind nothing, ESC, ESC [, ESC O */

#define CTRL(c)		((c) & 31)
#define DEL		0x7f

void line_init(struct line *l, const char *prompt, uint32_t columns)
{
	memset(l, 0, sizeof(*l));
	l->prompt = prompt;
	l->columns = columns;
}

/* Characters of the text that stand behind the prompt, the cursor behind them too. */
static uint32_t room_of(const struct line *l)
{
	uint32_t prompt = (uint32_t)strlen(l->prompt) + 1;
	uint32_t room = l->columns > prompt + 4 ? l->columns - prompt : 4;

	return room < LINE_ROOM ? room : LINE_ROOM;
}

void line_show(struct line *l)
{
	uint32_t room = room_of(l), shown;

	if (l->at < l->first) {
		l->first = l->at;
	}
	if (l->at - l->first > room) {
		l->first = l->at - room;
	}
	if (l->count <= room) {
		l->first = 0;
	}
	shown = l->count - l->first < room ? l->count - l->first : room;
	say("\r%s", l->prompt);
	say_bytes(l->text + l->first, shown);
	say("\033[K");
	for (uint32_t i = l->at - l->first; i < shown; i++) {
		say("\b");
	}
}

void line_begin(struct line *l)
{
	l->count = l->at = l->first = l->back = 0;
	l->text[0] = 0;
	l->state = PLAIN;
	line_show(l);
}

static void bell(void)
{
	say("\a");
}

static void insert(struct line *l, const char *bytes, uint32_t count)
{
	bool is_append = l->at == l->count && l->at + count - l->first <= room_of(l);

	if (count > LINE_MAX - l->count) {
		bell();
		return;
	}
	memmove(l->text + l->at + count, l->text + l->at, l->count - l->at + 1);
	memcpy(l->text + l->at, bytes, count);
	l->count += count;
	l->at += count;
	if (is_append) {
		say_bytes(bytes, count);
	} else {
		line_show(l);
	}
}

void line_insert(struct line *l, const char *text)
{
	insert(l, text, (uint32_t)strlen(text));
}

/* Takes out [from, to), and the cursor goes there. */
static void cut(struct line *l, uint32_t from, uint32_t to)
{
	if (from == to) {
		bell();
		return;
	}
	memmove(l->text + from, l->text + to, l->count - to + 1);
	l->count -= to - from;
	l->at = from;
	line_show(l);
}

static void move(struct line *l, uint32_t to)
{
	if (to != l->at && to <= l->count) {
		l->at = to;
		line_show(l);
	}
}

static uint32_t word_before(const struct line *l)
{
	uint32_t at = l->at;

	while (at && l->text[at - 1] == ' ') {
		at--;
	}
	while (at && l->text[at - 1] != ' ') {
		at--;
	}
	return at;
}

static uint32_t word_behind(const struct line *l)
{
	uint32_t at = l->at;

	while (at < l->count && l->text[at] == ' ') {
		at++;
	}
	while (at < l->count && l->text[at] != ' ') {
		at++;
	}
	return at;
}

/* The line that stands `back` lines before the new one; 0: the new one. */
static void recall(struct line *l, uint32_t back)
{
	uint32_t kept = l->history_count < LINE_HISTORY ? l->history_count : LINE_HISTORY;
	const char *text = l->kept;

	if (back > kept) {			/* or below 0 */
		bell();
		return;
	}
	if (!l->back) {
		memcpy(l->kept, l->text, sizeof(l->kept));
	}
	if (back) {
		text = l->history[(l->history_count - back) % LINE_HISTORY];
	}
	memcpy(l->text, text, sizeof(l->text));
	l->back = back;
	l->count = l->at = (uint32_t)strlen(l->text);
	l->first = 0;
	line_show(l);
}

static void remember(struct line *l)
{
	const char *last = l->history[(l->history_count - 1) % LINE_HISTORY];

	if (l->count && (!l->history_count || strcmp(last, l->text) != 0)) {
		memcpy(l->history[l->history_count++ % LINE_HISTORY], l->text, sizeof(l->text));
	}
}

static void end_sequence(struct line *l, uint8_t c)
{
	bool by_word = l->parameter[1] == 3 || l->parameter[1] == 5;	/* Alt, Ctrl */
	uint32_t n = c == '~' ? l->parameter[0] : 0;

	if (c == 'A') {
		recall(l, l->back + 1);
	} else if (c == 'B') {
		recall(l, l->back - 1);
	} else if (c == 'C') {
		move(l, by_word ? word_behind(l) : l->at + 1);
	} else if (c == 'D') {
		move(l, by_word ? word_before(l) : l->at - 1);
	} else if (c == 'H' || n == 1 || n == 7) {
		move(l, 0);
	} else if (c == 'F' || n == 4 || n == 8) {
		move(l, l->count);
	} else if (n == 3) {
		cut(l, l->at, l->at < l->count ? l->at + 1 : l->at);
	}
}

static void take_parameter(struct line *l, uint8_t c)
{
	uint32_t *n = &l->parameter[l->which];

	if (c == ';') {
		l->which = 1;
	} else if (c >= '0' && c <= '9') {
		*n = *n < 1000 ? *n * 10 + c - '0' : *n;
	}
}

/* A byte of an escape sequence. False: it is none, and stands for itself. */
static bool take_sequence(struct line *l, uint8_t c)
{
	uint8_t state = l->state;

	if (c < 0x20 || c >= 0x7f) {
		l->state = PLAIN;
		return false;
	}
	if (state == ESCAPE) {
		l->parameter[0] = l->parameter[1] = l->which = 0;
		l->state = c == '[' ? CONTROL : c == 'O' ? SINGLE : PLAIN;
		if (c == 'b' || c == 'f') {
			move(l, c == 'b' ? word_before(l) : word_behind(l));
		}
	} else if (c >= 0x40) {
		l->state = PLAIN;
		end_sequence(l, c);
	} else {
		take_parameter(l, c);
	}
	return true;
}

static enum line_event done(struct line *l)
{
	remember(l);
	l->back = 0;
	say("\n");
	return LINE_DONE;
}

static void take_control(struct line *l, uint8_t c)
{
	switch (c) {
	case CTRL('A'):
		move(l, 0);
		break;
	case CTRL('E'):
		move(l, l->count);
		break;
	case CTRL('B'):
		move(l, l->at - 1);
		break;
	case CTRL('F'):
		move(l, l->at + 1);
		break;
	case CTRL('D'):
		cut(l, l->at, l->at < l->count ? l->at + 1 : l->at);
		break;
	case CTRL('H'):
	case DEL:
		cut(l, l->at ? l->at - 1 : 0, l->at);
		break;
	case CTRL('K'):
		cut(l, l->at, l->count);
		break;
	case CTRL('U'):
		cut(l, 0, l->at);
		break;
	case CTRL('W'):
		cut(l, word_before(l), l->at);
		break;
	case CTRL('P'):
		recall(l, l->back + 1);
		break;
	case CTRL('N'):
		recall(l, l->back - 1);
		break;
	case CTRL('C'):
		say("^C\n");
		line_begin(l);
		break;
	default:
		bell();
	}
}

enum line_event line_type(struct line *l, uint8_t c)
{
	bool was_cr = l->was_cr;

	l->was_cr = c == '\r';
	if (c == '\033') {
		l->state = ESCAPE;
		return LINE_MORE;
	}
	if (l->state != PLAIN && take_sequence(l, c)) {
		return LINE_MORE;
	}
	if (c == '\r' || (c == '\n' && !was_cr)) {
		return done(l);
	}
	if (c == '\t') {
		return LINE_TAB;
	}
	if (c == CTRL('L')) {
		return LINE_CLEAR;
	}
	if (c >= 0x20 && c < 0x7f) {
		insert(l, (const char *)&c, 1);
	} else if (c != '\n' && c != '\0') {
		take_control(l, c);
	}
	return LINE_MORE;
}
