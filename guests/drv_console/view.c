/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources, their queues and rates, and what goes out to the UART. The state is struct
 * view's; nothing is kept elsewhere. What becomes of a byte: line.c; of a key: keys.c.
 */
#include <stdarg.h>
#include "view.h"

#define SECOND		1000000u
#define QUANTUM		256	/* bytes of one source in its turn */
#define MARGIN		2048	/* room for all that one byte can cause */
#define BURST_LEAST	4096	/* bytes that may come at once, under any rate */

uint32_t fifo_count(const struct fifo *f)
{
	return f->put - f->got;
}

uint32_t fifo_room(const struct fifo *f)
{
	return f->size - fifo_count(f);
}

void fifo_put(struct fifo *f, uint8_t c)
{
	f->bytes[f->put++ & (f->size - 1)] = c;
}

uint8_t fifo_get(struct fifo *f)
{
	return f->bytes[f->got++ & (f->size - 1)];
}

void view_put(struct view *v, char c)
{
	if (!v->is_mute && fifo_room(&v->out)) {
		fifo_put(&v->out, (uint8_t)c);
		v->is_column_0 = c == '\n';
	}
}

void view_puts(struct view *v, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			view_put(v, '\r');
		}
		view_put(v, *text);
	}
}

void view_hide(struct view *v)
{
	if (v->is_shown) {
		view_puts(v, v->source[v->input].has_style ? "\033[0m\r\033[K" : "\r\033[K");
		v->is_shown = false;
		v->is_column_0 = true;
	}
}

void view_show(struct view *v)
{
	if (!v->is_shown && !v->is_focused && v->input >= 0 && v->source[v->input].count) {
		line_put(v, v->input);
		v->is_shown = true;
	}
}

static void put_number(struct view *v, uint64_t n)
{
	char digits[21];
	int i = 20;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	view_puts(v, &digits[i]);
}

/* %s, %u (uint32_t), %lu (uint64_t), %c. A line of the terminal's own, in any view. */
void view_say(struct view *v, const char *format, ...)
{
	va_list args;

	v->is_mute = false;
	view_hide(v);
	view_puts(v, v->is_column_0 ? "skerry: " : "\nskerry: ");
	va_start(args, format);
	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			view_put(v, *p);
		} else if (*++p == 's') {
			view_puts(v, va_arg(args, const char *));
		} else if (*p == 'c') {
			view_put(v, (char)va_arg(args, int));
		} else if (*p == 'u') {
			put_number(v, va_arg(args, unsigned));
		} else {
			put_number(v, va_arg(args, unsigned long));
			p++;
		}
	}
	va_end(args);
	view_puts(v, "\n");
}

void view_init(struct view *v)
{
	__builtin_memset(v, 0, sizeof(*v));
	v->input = -1;
	v->out.size = VIEW_OUT;
	v->out.bytes = v->out_bytes;
	view_puts(v, "\r\033[K");
	v->is_column_0 = true;
}

int view_add(struct view *v, enum view_kind kind, const char *name, uint8_t colour,
	     uint32_t rate)
{
	struct source *s = &v->source[v->count];

	for (uint32_t i = 0; i < VIEW_NAME - 1 && name[i]; i++) {
		s->name[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
		s->name_size++;
	}
	s->kind = (uint8_t)kind;
	s->colour = colour & 7;
	s->rate = rate;
	s->queue = (struct fifo){ 0, 0, VIEW_QUEUE, s->queue_bytes };
	s->input = (struct fifo){ 0, 0, VIEW_INPUT, s->input_bytes };
	return (int)v->count++;
}

void view_align(struct view *v)
{
	for (uint32_t i = 0; i < v->count; i++) {
		uint32_t n = v->source[i].name_size;

		if (v->source[i].kind == VIEW_GUEST && n > v->name_width) {
			v->name_width = n;
		}
	}
}

uint32_t view_room(const struct view *v, int s)
{
	return fifo_room(&v->source[s].queue);
}

/* What its rate lets through now; a second's worth may come at once. */
static void refill(struct source *s, uint64_t now)
{
	uint64_t most = (uint64_t)(s->rate > BURST_LEAST ? s->rate : BURST_LEAST) * SECOND;
	uint64_t gone = now - s->credit_time;

	s->credit += gone < 10 * SECOND && s->credit_time ? gone * s->rate : most;
	s->credit = s->credit < most ? s->credit : most;
	s->credit_time = now ? now : 1;
}

/* After a gap it goes on with a whole line, and not before there is something to go on
 * with: how many of the bytes are skipped. */
static uint32_t skip(struct source *s, const uint8_t *bytes, uint32_t count, uint64_t now)
{
	uint32_t n = 0;

	if (!s->is_gap) {
		return 0;
	}
	if ((s->rate && s->credit < (uint64_t)s->rate * SECOND / 8) ||
	    fifo_room(&s->queue) < VIEW_QUEUE / 4) {
		return count;
	}
	if (now - s->gap_time < SECOND) {		/* else it has no lines */
		while (n < count && bytes[n] != '\n') {
			n++;
		}
		if (n == count) {
			return count;
		}
		n++;
	}
	s->is_gap = false;
	return n;
}

void view_write(struct view *v, int number, const uint8_t *bytes, uint32_t count, uint64_t now)
{
	struct source *s = &v->source[number];
	uint32_t n, room = fifo_room(&s->queue), skipped;

	refill(s, now);
	skipped = skip(s, bytes, count, now);
	s->dropped += skipped;
	bytes += skipped;
	count -= skipped;
	n = count;
	if (s->rate && (uint64_t)n * SECOND > s->credit) {
		n = (uint32_t)(s->credit / SECOND);
	}
	n = n < room ? n : room;
	for (uint32_t i = 0; i < n; i++) {
		fifo_put(&s->queue, bytes[i]);
	}
	s->credit -= s->rate ? (uint64_t)n * SECOND : 0;
	if (n < count) {
		s->dropped += count - n;
		s->has_cut = s->is_gap = true;
		s->cut = s->queue.put;
		s->gap_time = now;
	}
}

void view_down(struct view *v, int number)
{
	struct source *s = &v->source[number];

	s->is_up = false;
	s->has_cut = true;
	s->cut = s->queue.put;
	s->input.got = s->input.put;
	s->input_lost = 0;
}

void view_up(struct view *v, int number)
{
	v->source[number].is_up = true;
}

void view_lost(struct view *v, uint64_t count)
{
	v->lost += count;
}

static void cut(struct view *v, int number)
{
	struct source *s = &v->source[number];

	if (!s->has_cut || s->cut != s->queue.got) {
		return;
	}
	s->has_cut = false;
	if (v->is_focused && number == v->input && s->count) {
		view_puts(v, "\n");
	}
	v->is_mute = v->is_focused;
	line_end(v, number);
	v->is_mute = false;
}

/* A turn of one source. True: more waits. */
static bool run_source(struct view *v, int number)
{
	struct source *s = &v->source[number];

	for (uint32_t n = 0; n < QUANTUM; n++) {
		cut(v, number);
		if (!fifo_count(&s->queue)) {
			return false;
		}
		if (fifo_room(&v->out) < MARGIN) {
			return true;
		}
		char c = (char)fifo_get(&s->queue);

		if (v->is_focused && number == v->input) {
			line_raw(v, number, c);
		} else {
			v->is_mute = v->is_focused;
			line_take(v, number, c);
			v->is_mute = false;
		}
	}
	return true;
}

/* Once a second at most; of others and in general not during the focus. */
static void tell(struct view *v, uint64_t now)
{
	bool told = v->lost && !v->is_focused;

	if (now < v->tell_time) {
		return;
	}
	if (told) {
		view_say(v, "%lu bytes of guests' output were lost before they came here", v->lost);
		v->lost = 0;
	}
	for (uint32_t i = 0; i < v->count; i++) {
		struct source *s = &v->source[i];

		if (v->is_focused && (int)i != v->input) {
			continue;
		}
		if (s->dropped) {
			view_say(v, "%s: %lu bytes dropped: more than is let through", s->name,
				 s->dropped);
		}
		if (s->input_lost) {
			view_say(v, "%s does not take its input: %lu bytes dropped", s->name,
				 s->input_lost);
		}
		told = told || s->dropped || s->input_lost;
		s->dropped = s->input_lost = 0;
	}
	if (told) {
		v->tell_time = now + SECOND;
	}
}

bool view_run(struct view *v, uint64_t now)
{
	bool is_more = true;

	while (is_more && fifo_room(&v->out) >= MARGIN) {
		is_more = false;
		for (uint32_t i = 0; i < v->count; i++) {
			is_more |= run_source(v, (int)((v->turn + i) % v->count));
		}
		v->turn = v->count ? (v->turn + 1) % v->count : 0;
	}
	if (fifo_room(&v->out) >= MARGIN * 4) {
		tell(v, now);
	}
	if (!is_more) {
		view_show(v);
	}
	return is_more;
}

uint32_t view_take(struct view *v, uint8_t *bytes, uint32_t max)
{
	uint32_t n = 0;

	for (; n < max && fifo_count(&v->out); n++) {
		bytes[n] = fifo_get(&v->out);
	}
	return n;
}
