// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_console: the guest that owns the UART (console-driver in the description). It shows the
 * consoles of the links whose back end it is, of the guests that print through EL2, and
 * EL2's own lines (view.h), and gives them what is typed. Boot arguments:
 *   colours     each name gets a colour of its own, where its link asks for none
 *   align       texts begin one below the other
 *   columns=N rows=N  the terminal's size: lines are split there, front ends are told
 *   rate=N      bytes a second of each guest that prints through EL2 (a link's: rate-limit)
 *   input=NAME  who gets the input first, instead of the description's console-input
 * For the tests: die-after=N: it crashes behind N bytes to the UART, lives below 2.
 */
#include "console_back.h"
#include "log.h"
#include "tree.h"
#include "uart.h"
#include "view.h"

#define INPUT_MAX	64
#define CHUNK		256u
#define RETRY_US	10000		/* input that EL2 had no room for */
#define FLUSH_US	300000		/* a guest that stops waits so long for its last lines */

struct port {
	struct console_back back;
	int source;
	bool is_open;
	/* how far its output is on its way: a mark goes from stage to stage */
	enum { NO_MARK, IN_QUEUE, IN_OUT } stage;
	uint32_t mark_read, mark;	/* the back end's count, and that of the stage's fifo */
};

static struct view view;
static struct port ports[SKERRY_PORT_MAX];
static int by_guest[SKERRY_GUEST_MAX];	/* its source; -1: none through EL2 */
static struct log log;
static int own;				/* EL2's source */
static uint8_t waiting[CHUNK];		/* for the UART */
static uint32_t waiting_at, waiting_count;
static uint64_t tail_told;
static uint64_t sent;			/* bytes to the UART */

static uint64_t now_us(void)
{
	return ticks_to_ns(time_now()) / 1000;
}

static void maybe_die(uint64_t after)
{
	if (after && sent >= after && guest_life() < 2) {
		guest_crash(7, sent);
	}
}

/* Out of the view into the FIFO. True: something went. */
static bool pump(void)
{
	static uint64_t die_after = ~0ull;
	bool went = false;

	die_after = die_after == ~0ull ? arg_number("die-after", 0) : die_after;
	for (;;) {
		if (waiting_at == waiting_count) {
			waiting_at = 0;
			waiting_count = view_take(&view, waiting, die_after ? 1 : CHUNK);
		}
		if (!waiting_count) {
			return went;
		}
		uint32_t n = uart_write(waiting + waiting_at, waiting_count - waiting_at);

		waiting_at += n;
		sent += n;
		went = went || n;
		maybe_die(die_after);
		if (waiting_at < waiting_count) {
			return went;
		}
	}
}

/* All that EL2 knows of is on the UART: what EL2 would have to print itself is behind. */
static void tell_tail(void)
{
	if (tail_told != log.tail && waiting_at == waiting_count && !fifo_count(&view.out)) {
		for (uint32_t s = 0; s < view.count; s++) {
			if (fifo_count(&view.source[s].queue)) {
				return;
			}
		}
		tail_told = log.tail;
		hvc_call(SKERRY_HVC_CONSOLE_DRIVE, SKERRY_DRIVE_TAKE, tail_told, 0);
	}
}

/* EL2's lines come behind what guests printed before. */
static bool are_guests_queued(void)
{
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (by_guest[i] >= 0 && fifo_count(&view.source[by_guest[i]].queue)) {
			return true;
		}
	}
	return false;
}

static bool read_log(void)
{
	struct log_record r;
	bool came = false;

	while (view_room(&view, own) >= sizeof(r.bytes) &&
	       !(log_next(&log) == LOG_OWN && are_guests_queued()) && log_read(&log, &r)) {
		int s = r.guest == LOG_OWN ? own :
			r.guest < SKERRY_GUEST_MAX ? by_guest[r.guest] : -1;

		came = true;
		if (s < 0) {
			continue;
		}
		if (r.count) {
			view_up(&view, s);
			view_write(&view, s, r.bytes, r.count, now_us());
		} else {
			view_down(&view, s);
		}
		if (view_room(&view, s) < VIEW_QUEUE / 2) {
			break;			/* the view first */
		}
	}
	if (log.lost) {
		view_lost(&view, log.lost);
		log.lost = 0;
	}
	return came;
}

static bool read_port(struct port *p)
{
	uint8_t bytes[CHUNK];
	uint32_t room = view_room(&view, p->source);
	uint32_t n = p->is_open ? console_back_read(&p->back, bytes, room < CHUNK ? room : CHUNK) :
		     0;

	if (n) {
		view_write(&view, p->source, bytes, n, now_us());
	}
	return n != 0;
}

/* What is on the UART is given back to the front end. */
static bool follow_port(struct port *p)
{
	const struct fifo *queue = &view.source[p->source].queue;
	uint32_t on_uart = view.out.got - (waiting_count - waiting_at);

	if (!p->is_open || p->back.held_got == p->back.held_put) {
		p->stage = NO_MARK;
		return false;
	}
	if (p->stage == NO_MARK) {
		p->stage = IN_QUEUE;
		p->mark_read = p->back.count;
		p->mark = queue->put;
	}
	if (p->stage == IN_QUEUE && (int32_t)(queue->got - p->mark) >= 0) {
		p->stage = IN_OUT;
		p->mark = view.out.put;
	}
	if (p->stage == IN_OUT && (int32_t)(on_uart - p->mark) >= 0) {
		p->stage = NO_MARK;
		console_back_printed(&p->back, p->mark_read);
		return true;
	}
	return false;
}

/* Input that waits goes to the front end. */
static bool feed_port(struct port *p)
{
	uint8_t bytes[INPUT_MAX];
	uint32_t n = p->is_open ? view_input(&view, p->source, bytes, sizeof(bytes)) : 0;

	n = n ? console_back_write(&p->back, bytes, n) : 0;
	view_input_taken(&view, p->source, n);
	return n != 0;
}

/* True: taken. `is_left`: the rest is to be tried again later. */
static bool feed_guest(uint32_t guest, bool *is_left)
{
	struct regs r = { { SKERRY_HVC_CONSOLE_INPUT, guest } };
	uint32_t n = view_input(&view, by_guest[guest], (uint8_t *)&r.x[3], INPUT_MAX);

	if (!n) {
		return false;
	}
	r.x[2] = n;
	hvc(&r);
	if ((int64_t)r.x[0] < 0 && (int64_t)r.x[0] != SKERRY_BUSY) {
		view_input_taken(&view, by_guest[guest], n);	/* nobody's */
		return true;
	}						/* BUSY: it does not run yet */
	n = (int64_t)r.x[0] > 0 && r.x[0] <= n ? (uint32_t)r.x[0] : 0;
	view_input_taken(&view, by_guest[guest], n);
	*is_left = *is_left || !n;
	return n != 0;
}

static bool read_keys(void)
{
	bool came = false;
	int c;

	while (fifo_room(&view.out) >= VIEW_OUT / 4 && (c = uart_read()) >= 0) {
		view_type(&view, (uint8_t)c);
		came = true;
	}
	return came;
}

/* Everything once. True: something went on, so do it again. */
static bool run_once(bool *is_left)
{
	bool went = link_poll() != 0;

	went |= read_keys();
	went |= read_log();
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		went |= read_port(&ports[i]);
		went |= feed_port(&ports[i]);
	}
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		went |= by_guest[i] >= 0 && feed_guest(i, is_left);
	}
	view_run(&view, now_us());
	went |= pump();
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		went |= follow_port(&ports[i]);
	}
	tell_tail();
	if (view.is_end_wanted && waiting_at == waiting_count && !fifo_count(&view.out)) {
		view.is_end_wanted = false;
		hvc_call(SKERRY_HVC_CONSOLE_DRIVE, SKERRY_DRIVE_END, 0, 0);
	}
	return went;
}

/* What it printed is shown before the front end's stop goes on: it has no other reader. */
static void flush_port(struct port *p)
{
	uint64_t end = now_us() + FLUSH_US;

	while (now_us() < end && (read_port(p) || fifo_count(&view.source[p->source].queue))) {
		view_run(&view, now_us());
		pump();
		follow_port(p);
	}
}

static void port_event(uint32_t number, uint32_t events, uint32_t epoch)
{
	struct port *p = &ports[number];

	(void)epoch;
	if (events & (SKERRY_EVENT_DOWN | SKERRY_EVENT_STATUS)) {
		flush_port(p);
	}
	switch (console_back_update(&p->back)) {
	case BACK_LIVE:
		view_up(&view, p->source);
		break;
	case BACK_DOWN:
		view_down(&view, p->source);
		break;
	default:
		break;
	}
}

static uint8_t colour_of(uint64_t asked)
{
	static const uint8_t order[] = { 2, 3, 6, 5, 4, 1 };

	return asked <= 7 ? (uint8_t)asked :
	       arg_has("colours") ? order[view.count % sizeof(order)] : 0;
}

static void open_ports(uint16_t columns, uint16_t rows)
{
	for (uint32_t i = 0; i < SKERRY_PORT_MAX && link_info(i); i++) {
		const struct skerry_link *l = link_info(i);
		const char *label = link_string(i, NULL, "label");
		struct port *p = &ports[i];

		if (l->type != SKERRY_LINK_CONSOLE || l->role != SKERRY_BACK) {
			continue;
		}
		p->source = view_add(&view, VIEW_GUEST, label ? label : l->name,
				     colour_of(link_number(i, NULL, "colour", ~0ull)),
				     (uint32_t)link_number(i, NULL, "rate-limit", 0));
		link_on_event(i, port_event);
		p->is_open = console_back_open(&p->back, i, columns, rows) == SKERRY_OK;
		if (!p->is_open) {
			view_say(&view, "%s: drv_console can't offer it", l->name);
		} else if (p->back.back.is_live) {
			view_up(&view, p->source);
		}
	}
}

/* The guests that print through EL2, by index; see scripts/mksystem.d/tree.py. */
static void add_guests(void)
{
	uint32_t size = 0, guest = 0;
	const char *names = tree_property("/skerry@b000000", "skerry,consoles", &size);

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		by_guest[i] = -1;
	}
	for (const char *n = names; n && n < names + size && guest < SKERRY_GUEST_MAX; guest++) {
		if (*n) {
			by_guest[guest] = view_add(&view, VIEW_GUEST, n, colour_of(~0ull),
						   (uint32_t)arg_number("rate", 0));
			view_up(&view, by_guest[guest]);
		}
		n += strlen(n) + 1;
	}
}

/* The first to have the input: as the boot arguments say; else the guest that the
 * description names, on its link where it has one. */
static int first_input(void)
{
	uint64_t guest = tree_number("/skerry@b000000", "skerry,console-input", ~0ull);

	for (uint32_t i = 0; i < view.count; i++) {
		if (arg_is("input", view.source[i].name)) {
			return (int)i;
		}
	}
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		if (ports[i].is_open && link_info(i)->peer == guest) {
			return ports[i].source;
		}
	}
	return guest < SKERRY_GUEST_MAX ? by_guest[guest] : -1;
}

static void sleep(bool is_left)
{
	uint64_t until = is_left ? now_us() + RETRY_US : 0;

	for (uint32_t s = 0; s < view.count; s++) {
		if (view.source[s].dropped || view.source[s].input_lost || view.lost) {
			until = until && until < view.tell_time ? until : view.tell_time;
		}
	}
	if (until) {
		link_wait_us(until > now_us() ? until - now_us() : 1);
	} else {
		link_wait();
	}
}

void guest_main(void)
{
	uint16_t columns = (uint16_t)arg_number("columns", 0);

	platform.pl011 = 0;		/* not for printf() */
	if (!uart_find()) {
		guest_crash(1, 0);
	}
	view_init(&view);
	view.columns = columns >= 40 ? columns : 0;
	own = view_add(&view, VIEW_OWN, "skerry", 0, 0);
	add_guests();
	log_open(&log, (const struct skerry_log *)SKERRY_LOG_BASE);
	tail_told = log.tail;
	if (hvc_call(SKERRY_HVC_CONSOLE_DRIVE, SKERRY_DRIVE_TAKE, log.tail, 0) != SKERRY_OK) {
		guest_crash(2, 0);
	}
	link_init();
	uart_init();
	open_ports(view.columns ? columns : 0, (uint16_t)arg_number("rows", 24));
	if (arg_has("align")) {
		view_align(&view);
	}
	view_set_input(&view, first_input());
	if (guest_life() > 1 && view.input >= 0) {	/* perhaps another one had it */
		view_say(&view, "%s is back; what is typed goes to %s", guest_name(),
			 view.source[view.input].name);
	}
	for (;;) {
		bool is_left = false;

		if (!run_once(&is_left)) {
			sleep(is_left);
		}
	}
}
