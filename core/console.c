/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART and its lines; what they look like: core/console.h. All state is guarded by
 * console_lock. Printing is polled and in proportion to what is
 * printed. All output goes through the log ring (abi/info.h), which is printed at once, or,
 * while a guest has the UART, read by it.
 */
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <core/core.h>
#include <hv/uart.h>

#define LINE_SIZE	256
#define OWN		0xff	/* in the log: EL2's */
#define BURST		8	/* of the log's records printed at once */
#define BREAK_WAIT	1000000	/* polls of the lock before panic goes on without it */

struct line {			/* a guest's unfinished line */
	uint16_t count;
	bool is_cr;		/* a carriage return waits for what follows it */
	char text[LINE_SIZE];	/* what came since the line's last carriage return */
};

struct skerry_log console_log __attribute__((aligned(4096)));
static struct lock console_lock = LOCK_INIT(LOCK_CONSOLE);
static const struct uart_ops *uart;
static uintptr_t uart_base;
static uint32_t uart_hz;
static uint32_t breaker;		/* core in panic, + 1 */
static uint64_t printed;		/* of the log, by EL2 or as the driver says */
static bool is_given;			/* the driver has the UART */
static uint64_t since, ticks;
static struct line lines[SKERRY_GUEST_MAX];
static bool is_shown;			/* its unfinished line stands on the terminal's last row */

static void put_char(char c)
{
	uart->put(uart_base, c);
}

static void put(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			put_char('\r');
		}
		put_char(*text);
	}
}

/* A byte of guest `g` as it is shown. 0x80..0x9f are control characters, alone or
 * as UTF-8 behind 0xc2; behind another byte they are part of a letter. */
static void put_visible(const struct guest *g, char c, char before)
{
	uint8_t u = (uint8_t)c, b = (uint8_t)before;
	bool is_fine = (u >= 0x20 && u < 0x7f) || u >= 0xa0 || c == '\t';

	if (u >= 0x80 && u < 0xa0) {
		is_fine = b >= 0x80 && b != 0xc2;
	} else if (c == '\a' || c == '\b' || c == '\033') {
		is_fine = g->index == console_input;
	}
	put_char(is_fine ? c : '?');
}

static void put_line(const struct guest *g)
{
	const struct line *l = &lines[g->index];

	put(g->config->name);
	put("| ");
	for (uint32_t i = 0; i < l->count; i++) {
		put_visible(g, l->text[i], i ? l->text[i - 1] : '\0');
	}
}

void console_hide(void)
{
	if (is_shown) {
		put("\r\033[K");
		is_shown = false;
	}
}

/* While a core is in panic, it prints without the lock, and a core that wants to
 * print ends here. */
void console_enter(void)
{
	uint32_t core = __atomic_load_n(&breaker, __ATOMIC_ACQUIRE);

	if (!core) {
		lock_acquire(&console_lock);
	} else if (core != arch_cpu_index() + 1) {
		arch_halt();
	}
	since = arch_time_now();
}

/* Shows again what others' lines have taken off the screen. */
void console_leave(void)
{
	uint32_t core;

	if (!is_shown && console_input >= 0 && lines[console_input].count) {
		put_line(&guests[console_input]);
		is_shown = true;
	}
	ticks += arch_time_now() - since;
	core = __atomic_load_n(&breaker, __ATOMIC_RELAXED);
	if (!core || core != arch_cpu_index() + 1) {	/* in panic, this core has no lock */
		lock_release(&console_lock);
	}
}

static void end_line(struct guest *g)
{
	if (!is_shown || g->index != console_input) {
		console_hide();
		put_line(g);
	}
	put("\n");
	is_shown = false;
	lines[g->index].count = 0;
	lines[g->index].is_cr = false;
}

/* What was asked of the terminal (ESC [ ... n or c: a report) is not asked again
 * when the line is shown again. */
static void forget_query(struct line *l)
{
	uint32_t n = l->count - 1u;

	while (n > 0 && l->text[n - 1] >= '0' && l->text[n - 1] <= ';') {	/* and ':' */
		n--;
	}
	if (n >= 2 && l->text[n - 1] == '[' && l->text[n - 2] == '\033') {
		l->count = (uint16_t)(n - 2);
	}
}

static void take_char(struct guest *g, char c)
{
	struct line *l = &lines[g->index];
	bool has_input = g->index == console_input;

	if (c == '\n') {
		end_line(g);
		return;
	}
	if (c == '\r' || c == '\0') {
		l->is_cr = l->is_cr || c == '\r';
		return;
	}
	if (l->is_cr) {			/* the line begins again, with the name */
		l->is_cr = false;
		l->count = 0;
		if (has_input && is_shown) {
			put_char('\r');
			is_shown = false;
		}
	}
	if (has_input) {
		if (!is_shown) {
			put_line(g);
			is_shown = true;
		}
		put_visible(g, c, l->count ? l->text[l->count - 1] : '\0');
	} else if (l->count == LINE_SIZE) {
		end_line(g);
	}
	if (l->count < LINE_SIZE && c != '\a') {
		l->text[l->count++] = c;
		if (c == 'n' || c == 'c') {
			forget_query(l);
		}
	}
}

static void end_unfinished(struct guest *g)
{
	if (lines[g->index].count) {
		end_line(g);
	}
	lines[g->index].is_cr = false;
}

/* The log's oldest record. A driver that has lied may have left no record's begin: then
 * it comes out as rubbish, but comes to an end. */
static void print_record(void)
{
	const uint8_t *r = console_log.ring;
	uint64_t end = printed + 2 + r[(printed + 1) % SKERRY_LOG_SIZE];
	uint8_t from = r[printed % SKERRY_LOG_SIZE];
	struct guest *g = from < guest_count ? &guests[from] : NULL;

	if (console_log.head - printed > SKERRY_LOG_SIZE) {
		printed = console_log.head;	/* written over */
		return;
	}
	if (g == NULL) {
		console_hide();
	} else if (end == printed + 2) {
		end_unfinished(g);
	}
	for (printed += 2; printed < end; printed++) {
		char text[2] = { (char)r[printed % SKERRY_LOG_SIZE], '\0' };

		if (g != NULL) {
			take_char(g, text[0]);
		} else {
			put(text);
		}
	}
}

/* More than one writer adds at a time: so what a driver has left comes to its end. */
static void print_log(void)
{
	for (unsigned n = 0; n < BURST && uart && !is_given && printed != console_log.head; n++) {
		print_record();
	}
}

static void add(uint8_t from, const char *bytes, size_t count)
{
	uint8_t *r = console_log.ring;
	uint64_t at = console_log.head;

	do {
		size_t n = min_u64(count, 255);

		r[at++ % SKERRY_LOG_SIZE] = from;
		r[at++ % SKERRY_LOG_SIZE] = (uint8_t)n;
		for (count -= n; n != 0; n--) {
			r[at++ % SKERRY_LOG_SIZE] = (uint8_t)*bytes++;
		}
	} while (count != 0);
	__atomic_store_n(&console_log.head, at, __ATOMIC_RELEASE);
}

/* Bytes of a guest, none: it has stopped; or EL2's own, who has half of the log alone. */
static void say(uint8_t from, const char *bytes, size_t count)
{
	console_enter();
	if (from != OWN && count != 0 && console_log.head - printed > SKERRY_LOG_SIZE / 2) {
		console_log.dropped += count;
	} else {
		add(from, bytes, count);
	}
	print_log();
	console_leave();
	if (is_given) {
		arch_event_raise(&guests[the_system.console_driver], SKERRY_INTID_EVENT);
	}
}

void console_write(struct guest *g, const char *bytes, uint32_t count)
{
	say(g->index, bytes, count);
}

void console_flush_guest(struct guest *g)
{
	say(g->index, NULL, 0);
	if (g->index == console_input) {
		input_drop();
	}
}

void console_put(const char *text)
{
	say(OWN, text, strlen(text));
}

/* The terminal is as the driver left it. */
static void take_uart(void)
{
	is_given = false;
	uart->init(uart_base, uart_hz);
	put("\n");
}

static void give_uart(struct guest *g, uint64_t tail)
{
	bool is_new;

	console_enter();
	is_new = !is_given;
	if (tail - printed <= console_log.head - printed) {
		printed = tail;
	}
	for (uint32_t i = 0; i < guest_count && is_new; i++) {
		end_unfinished(&guests[i]);
	}
	is_given = true;
	console_leave();
	if (is_new) {
		arch_uart_pass(g, true);
	}
}

void console_take(struct guest *g)
{
	bool is_driver;

	console_enter();
	is_driver = is_given && g->index == the_system.console_driver;
	if (is_driver) {
		take_uart();
	}
	console_leave();
	if (is_driver) {
		arch_uart_pass(g, false);
	}
}

bool console_drain(void)
{
	console_enter();
	print_log();
	console_leave();
	return !is_given && printed != console_log.head;
}

int64_t hvc_console_drive(struct vcpu *v, uint64_t *x)
{
	if (x[1] > SKERRY_DRIVE_END) {
		return SKERRY_INVALID;
	}
	if (x[1] == SKERRY_DRIVE_END) {
		life_end_run();
		return SKERRY_OK;
	}
	give_uart(v->guest, x[2]);
	if (x[1] == SKERRY_DRIVE_GIVE) {
		console_take(v->guest);
		(void)console_drain();
	}
	return SKERRY_OK;
}

uint64_t console_ticks(void)
{
	return ticks;
}

bool console_break(void)
{
	uint32_t none = 0;

	if (!__atomic_compare_exchange_n(&breaker, &none, arch_cpu_index() + 1, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		return false;
	}
	for (unsigned n = 0; n < BREAK_WAIT && console_lock.next != console_lock.owner; n++) {
		arch_cpu_relax();	/* the compiler reads both again */
	}
	if (is_given) {
		take_uart();
	}
	printed = console_log.head;	/* this first */
	return true;
}

void console_init(const struct uart_ops *ops, uintptr_t base, uint32_t clock_hz)
{
	console_enter();
	ops->init(base, clock_hz);
	uart = ops;
	uart_base = base;
	uart_hz = clock_hz;
	print_log();
	console_leave();
}

int console_get(void)
{
	return uart && !is_given ? uart->get(uart_base) : -1;
}
