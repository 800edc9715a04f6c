/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART's lines and input; what they look like: core/console.h. All state is
 * guarded by console_lock, but what only the UART's interrupt writes: it is
 * active on one core at a time. Printing is polled and in proportion to what is
 * printed. All output goes through the log ring (abi/info.h), which is printed at once, or,
 * while a guest has the UART, read by it.
 */
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <core/core.h>
#include <hv/uart.h>

#define LINE_SIZE	256
#define INPUT_SIZE	256	/* a power of two */
#define INPUT_BURST	64	/* bytes taken from the UART in one interrupt */
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
static int input = -1;			/* the guest with the input */
static bool is_shown;			/* its unfinished line stands on the terminal's last row */
static char ring[INPUT_SIZE];		/* its waiting input */
static uint32_t ring_put;		/* counts for ever; the interrupt's */
static uint32_t ring_got;		/* follows it; under the lock */
static bool is_key;			/* Ctrl-] was the last byte; the interrupt's */

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
		is_fine = g->index == input;
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

static void hide(void)
{
	if (is_shown) {
		put("\r\033[K");
		is_shown = false;
	}
}

/* While a core is in panic, it prints without the lock, and a core that wants to
 * print ends here. */
static void enter(void)
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
static void leave(void)
{
	uint32_t core;

	if (!is_shown && input >= 0 && lines[input].count) {
		put_line(&guests[input]);
		is_shown = true;
	}
	ticks += arch_time_now() - since;
	core = __atomic_load_n(&breaker, __ATOMIC_RELAXED);
	if (!core || core != arch_cpu_index() + 1) {	/* in panic, this core has no lock */
		lock_release(&console_lock);
	}
}

static void drop_input(void)
{
	__atomic_store_n(&ring_got, __atomic_load_n(&ring_put, __ATOMIC_RELAXED),
			 __ATOMIC_RELEASE);
}

static void end_line(struct guest *g)
{
	if (!is_shown || g->index != input) {
		hide();
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
	bool has_input = g->index == input;

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
		hide();
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
	enter();
	if (from != OWN && count != 0 && console_log.head - printed > SKERRY_LOG_SIZE / 2) {
		console_log.dropped += count;
	} else {
		add(from, bytes, count);
	}
	print_log();
	leave();
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
	if (g->index == input) {
		drop_input();
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

	enter();
	is_new = !is_given;
	if (tail - printed <= console_log.head - printed) {
		printed = tail;
	}
	for (uint32_t i = 0; i < guest_count && is_new; i++) {
		end_unfinished(&guests[i]);
	}
	is_given = true;
	leave();
	if (is_new) {
		arch_uart_pass(g, true);
	}
}

void console_take(struct guest *g)
{
	bool is_driver;

	enter();
	is_driver = is_given && g->index == the_system.console_driver;
	if (is_driver) {
		take_uart();
	}
	leave();
	if (is_driver) {
		arch_uart_pass(g, false);
	}
}

bool console_drain(void)
{
	enter();
	print_log();
	leave();
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
	enter();
	ops->init(base, clock_hz);
	uart = ops;
	uart_base = base;
	uart_hz = clock_hz;
	print_log();
	leave();
}

void console_set_input(int guest)
{
	enter();
	hide();
	input = guest;
	drop_input();
	leave();
}

uint32_t console_waiting(const struct guest *g)
{
	/* Without the lock: nothing is missed, who adds input tells the guest after. */
	uint32_t got = __atomic_load_n(&ring_got, __ATOMIC_ACQUIRE);

	return g->index == input ? __atomic_load_n(&ring_put, __ATOMIC_ACQUIRE) - got : 0;
}

uint32_t console_read(struct guest *g, char *bytes, uint32_t max)
{
	uint32_t n = 0;

	if (console_waiting(g)) {
		enter();
		for (; n < max && console_waiting(g); n++) {
			bytes[n] = ring[ring_got % INPUT_SIZE];
			__atomic_store_n(&ring_got, ring_got + 1, __ATOMIC_RELEASE);
		}
		leave();
	}
	return n;
}

static bool takes_input(int guest)
{
	return guest >= 0 && guests[guest].config->console != CONSOLE_NONE &&
	       __atomic_load_n(&guests[guest].state, __ATOMIC_ACQUIRE) == GUEST_RUNNING;
}

static void next_input(void)
{
	int next = input;

	for (uint32_t n = 0; n < guest_count; n++) {
		next = (next + 1) % (int)guest_count;
		if (takes_input(next)) {
			console_set_input(next);
			log_line("the input goes to %s", guests[next].config->name);
			return;
		}
	}
	log_line("no running guest takes input");
}

/* The byte behind Ctrl-]. */
static void obey_key(char c)
{
	if (c == 'q') {
		life_end_run();
	} else if (c == 'n') {
		next_input();
	} else {
		log_line("Ctrl-] and then: q end, n input to the next guest, Ctrl-] itself");
	}
}

/* For the guest with the input. False: nobody takes it; it is lost, without a count. */
static bool add_input(char c)
{
	bool is_taken;

	enter();
	is_taken = takes_input(input) && console_waiting(&guests[input]) < INPUT_SIZE;
	if (is_taken) {
		ring[ring_put % INPUT_SIZE] = c;
		__atomic_store_n(&ring_put, ring_put + 1, __ATOMIC_RELEASE);
	}
	leave();
	return is_taken;
}

static void tell_input(void)
{
	if (takes_input(input) && console_waiting(&guests[input])) {
		struct guest *g = &guests[input];

		if (g->config->console == CONSOLE_PL011) {
			vpl011_receive(g);
		} else {
			arch_event_raise(g, SKERRY_INTID_EVENT);
		}
	}
}

/* One received byte. */
static void receive(char c)
{
	bool was_key = is_key;

	is_key = c == CONSOLE_KEY && !was_key;
	if (was_key && c != CONSOLE_KEY) {
		obey_key(c);
	} else if (!is_key) {
		(void)add_input(c);
	}
}

void console_uart_interrupt(void)
{
	int c = 0;

	for (uint32_t n = 0; n < INPUT_BURST && uart && !is_given && c >= 0; n++) {
		c = uart->get(uart_base);
		if (c >= 0) {
			receive((char)c);
		}
	}
	tell_input();
}

int64_t hvc_console_input(struct vcpu *v, uint64_t *x)
{
	const char *bytes = (const char *)&x[3];
	uint64_t n = 0;

	(void)v;
	if (x[1] >= guest_count || x[2] - 1 >= SKERRY_CONSOLE_WRITE_MAX) {
		return SKERRY_INVALID;
	}
	if (!takes_input((int)x[1])) {
		return SKERRY_BUSY;
	}
	if ((int)x[1] != input) {
		console_set_input((int)x[1]);
	}
	while (n < x[2] && add_input(bytes[n])) {
		n++;
	}
	tell_input();
	return (int64_t)n;
}
