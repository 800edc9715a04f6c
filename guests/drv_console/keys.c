/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is typed: to the source with the input, or behind Ctrl-] to the terminal itself.
 */
#include "view.h"

/* A program of the source that had the focus may have left the terminal in any mode:
 * ends what is half sent, main screen, soft reset (then lines wrap again), no mouse,
 * no brackets around pastes, plain letters. */
static const char sane[] = "\030\033\\\033[?1049l\033[!p\033[?7h\033[?1000;1002;1003;1006;2004l"
			   "\033[0m\033(B\017\n";

static char digit(int s)
{
	return (char)(s < 10 ? '0' + s : 'A' + s - 10);
}

static void drop_input(struct view *v)
{
	if (v->input >= 0) {
		struct source *s = &v->source[v->input];

		s->input.got = s->input.put;
	}
}

static void leave_focus(struct view *v)
{
	if (v->is_focused) {
		v->is_focused = false;
		view_puts(v, sane);
	}
}

void view_set_input(struct view *v, int source)
{
	leave_focus(v);
	view_hide(v);
	drop_input(v);
	v->input = source;
	view_show(v);
}

static bool takes_input(const struct view *v, int s)
{
	return v->source[s].kind == VIEW_GUEST && v->source[s].is_up;
}

static void focus(struct view *v, int s)
{
	const struct source *source = &v->source[s];

	leave_focus(v);
	view_hide(v);
	if (s != v->input) {
		drop_input(v);
		v->input = s;
	}
	view_say(v, "%s alone; Ctrl-] a shows all", source->name);
	v->missed = 0;
	v->is_focused = true;
	for (uint32_t i = 0; i < source->count; i++) {
		view_put(v, source->text[i]);
	}
}

static void show_all(struct view *v)
{
	bool was_focused = v->is_focused;

	leave_focus(v);
	if (was_focused) {
		view_say(v, "all are shown; %lu lines of others were not", v->missed);
	}
	view_show(v);
}

static void next(struct view *v)
{
	int s = v->input < 0 ? (int)v->count - 1 : v->input;

	for (uint32_t i = 0; i < v->count; i++) {
		s = (s + 1) % (int)v->count;
		if (!takes_input(v, s)) {
			continue;
		}
		if (v->is_focused) {
			focus(v, s);
			return;
		}
		view_set_input(v, s);
		view_say(v, "the input goes to %s", v->source[s].name);
		view_show(v);
		return;
	}
	view_say(v, "no running guest takes input");
}

static void list(struct view *v)
{
	for (uint32_t i = 0; i < v->count; i++) {
		const struct source *s = &v->source[i];

		if (s->kind == VIEW_GUEST) {
			view_say(v, "Ctrl-] %c  %s%s%s", digit((int)i), s->name,
				 s->is_up ? "" : " (not running)",
				 (int)i == v->input ? " (has the input)" : "");
		}
	}
	view_show(v);
}

static void help(struct view *v)
{
	view_say(v, "Ctrl-] and then: q end, n input to the next guest, 0..9 A..W one guest alone, "
		 "a all, l list, Ctrl-] itself");
	view_show(v);
}

static void give(struct view *v, uint8_t c)
{
	struct source *s = v->input >= 0 ? &v->source[v->input] : 0;

	if (!s || !s->is_up) {
		return;
	}
	if (fifo_room(&s->input)) {
		fifo_put(&s->input, c);
	} else {
		s->input_lost++;
	}
}

static void obey(struct view *v, uint8_t c)
{
	int s = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'W' ? c - 'A' + 10 : -1;

	if (s >= 0 && s < (int)v->count && v->source[s].kind == VIEW_GUEST) {
		focus(v, s);
	} else if (c == 'q') {
		leave_focus(v);
		v->is_end_wanted = true;
	} else if (c == 'n') {
		next(v);
	} else if (c == 'a') {
		show_all(v);
	} else if (c == 'l') {
		list(v);
	} else {
		help(v);
	}
}

void view_type(struct view *v, uint8_t c)
{
	bool was_key = v->is_key;

	v->is_key = c == VIEW_KEY && !was_key;
	if (was_key && c != VIEW_KEY) {
		obey(v, c);
	} else if (!v->is_key) {
		give(v, c);
	}
}

uint32_t view_input(const struct view *v, int number, uint8_t *bytes, uint32_t max)
{
	const struct fifo *f = &v->source[number].input;
	uint32_t n = 0;

	for (; n < max && n < fifo_count(f); n++) {
		bytes[n] = f->bytes[(f->got + n) & (f->size - 1)];
	}
	return n;
}

void view_input_taken(struct view *v, int number, uint32_t count)
{
	struct fifo *f = &v->source[number].input;

	f->got += count < fifo_count(f) ? count : fifo_count(f);
}
