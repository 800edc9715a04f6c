/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART's lines and input; what they look like: core/console.h. All state is
 * guarded by console_lock, but what only the UART's interrupt writes: it is
 * active on one core at a time. Printing is polled and in proportion to what is
 * printed; what a guest prints is never kept beyond one unfinished line.
 * While a guest drives the UART all output goes into the log ring for it (abi/info.h).
 */
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <core/core.h>
#include <hv/uart.h>

#define LINE_SIZE	256
#define INPUT_SIZE	256	/* a power of two */
#define INPUT_BURST	64	/* bytes taken from the UART in one interrupt */
#define EARLY_SIZE	2048
#define BREAK_WAIT	1000000	/* polls of the lock before panic goes on without it */

struct line {			/* a guest's unfinished line */
	uint16_t count;
	bool is_cr;		/* a carriage return waits for what follows it */
	char text[LINE_SIZE];	/* what came since the line's last carriage return */
};

enum drive {
	BY_EL2, BY_GUEST,
	BY_EL2_AGAIN,		/* what the guest has left of the log comes out first */
};

static struct lock console_lock = LOCK_INIT(LOCK_CONSOLE);
static const struct uart_ops *uart;
static uintptr_t uart_base;
static uint32_t uart_hz;
static enum drive drive;
static uint64_t log_tail;		/* so far the driver says that it has printed */
static uint32_t breaker;		/* core in panic, + 1 */
static char early[EARLY_SIZE];		/* printed before there was a UART */
static uint32_t early_count;
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
	if (uart) {
		uart->put(uart_base, c);
	} else if (early_count < EARLY_SIZE) {
		early[early_count++] = c;
	}
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

/* The log's oldest record, as if it were printed now. What the driver says it has
 * printed may be no record's begin: then it comes out as rubbish, but comes to an end. */
static void print_left(void)
{
	const struct skerry_log *log = the_system.log;
	uint64_t end = log_tail + 2 + log->ring[(log_tail + 1) % SKERRY_LOG_SIZE];
	uint8_t from = log->ring[log_tail % SKERRY_LOG_SIZE];
	struct guest *g = from < guest_count ? &guests[from] : NULL;

	if (log->head - log_tail > SKERRY_LOG_SIZE || log_tail == log->head) {
		log_tail = log->head;		/* overwritten, or all is printed */
		drive = BY_EL2;
		return;
	}
	if (g == NULL) {
		hide();
	} else if (end == log_tail + 2) {
		end_unfinished(g);
	}
	for (log_tail += 2; log_tail < end; log_tail++) {
		char text[2] = { (char)log->ring[log_tail % SKERRY_LOG_SIZE], '\0' };

		if (g != NULL) {
			take_char(g, text[0]);
		} else {
			put(text);
		}
	}
}

/* Under the lock, before more is printed. True: straight to the UART. What a driver has left
 * comes first: two records for one, so that the log becomes empty. */
static bool is_direct(void)
{
	for (unsigned n = 0; n < 2 && drive == BY_EL2_AGAIN; n++) {
		print_left();
	}
	return drive == BY_EL2;
}

/* One record; 0xff: EL2's own. */
static void log_add(uint8_t guest, const char *bytes, uint32_t count)
{
	struct skerry_log *log = the_system.log;
	uint64_t at = log->head;

	if (guest != 0xff && count != 0 && at - log_tail > SKERRY_LOG_SIZE / 2) {
		log->dropped += count;
		return;
	}
	log->ring[at++ % SKERRY_LOG_SIZE] = guest;
	log->ring[at++ % SKERRY_LOG_SIZE] = (uint8_t)count;
	for (uint32_t i = 0; i < count; i++) {
		log->ring[at++ % SKERRY_LOG_SIZE] = (uint8_t)bytes[i];
	}
	__atomic_store_n(&log->head, at, __ATOMIC_RELEASE);
}

/* No lock held: the driver is told of what is in the log. */
static void tell_driver(void)
{
	if (__atomic_load_n(&drive, __ATOMIC_RELAXED) == BY_GUEST) {
		arch_event_raise(&guests[the_system.console_driver], SKERRY_INTID_EVENT);
	}
}

void console_write(struct guest *g, const char *bytes, uint32_t count)
{
	enter();
	if (!is_direct()) {
		log_add(g->index, bytes, count);
		count = 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		take_char(g, bytes[i]);
	}
	leave();
	tell_driver();
}

void console_flush_guest(struct guest *g)
{
	enter();
	if (is_direct()) {
		end_unfinished(g);
	} else {
		log_add(g->index, NULL, 0);
	}
	if (g->index == input) {
		drop_input();
	}
	leave();
	tell_driver();
}

void console_put(const char *text)
{
	uint32_t left = (uint32_t)strlen(text);

	enter();
	if (is_direct()) {
		hide();
		put(text);
		left = 0;
	}
	for (uint32_t n; left != 0; left -= n, text += n) {
		n = (uint32_t)min_u64(left, 255);
		log_add(0xff, text, n);
	}
	leave();
	tell_driver();
}

/* Under the lock. On the terminal everything is as the driver left it. */
static void start_uart(void)
{
	uart->init(uart_base, uart_hz);
	put("\n");
}

void console_give(struct guest *g, uint64_t tail)
{
	bool is_new;

	enter();
	is_new = drive != BY_GUEST;
	for (uint32_t i = 0; i < guest_count && is_new; i++) {
		end_unfinished(&guests[i]);
	}
	if (is_new || tail - log_tail > the_system.log->head - log_tail) {
		tail = is_new ? the_system.log->head : log_tail;
	}
	log_tail = tail;
	drive = BY_GUEST;
	leave();
	if (is_new) {
		arch_uart_pass(g, true);
	}
}

void console_take(struct guest *g)
{
	bool is_driver;

	enter();
	is_driver = drive == BY_GUEST && g->index == the_system.console_driver;
	if (is_driver) {
		drive = BY_EL2_AGAIN;
		start_uart();
	}
	leave();
	if (is_driver) {
		arch_uart_pass(g, false);
	}
}

bool console_drain(void)
{
	enter();
	if (drive == BY_EL2_AGAIN) {
		print_left();
	}
	leave();
	return __atomic_load_n(&drive, __ATOMIC_RELAXED) == BY_EL2_AGAIN;
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
	if (drive != BY_EL2) {
		start_uart();
		drive = BY_EL2;
	}
	return true;
}

void console_init(const struct uart_ops *ops, uintptr_t base, uint32_t clock_hz)
{
	enter();
	ops->init(base, clock_hz);
	uart = ops;
	uart_base = base;
	uart_hz = clock_hz;
	for (uint32_t i = 0; i < early_count; i++) {
		put_char(early[i]);
	}
	early_count = 0;
	leave();
}

void console_set_input(int guest)
{
	enter();
	if (drive != BY_GUEST) {
		hide();
	}
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

	for (uint32_t n = 0; n < INPUT_BURST && uart && drive != BY_GUEST && c >= 0; n++) {
		c = uart->get(uart_base);
		if (c >= 0) {
			receive((char)c);
		}
	}
	tell_input();
}

int64_t console_type(uint64_t guest, const char *bytes, uint64_t count)
{
	uint64_t n = 0;

	if (guest >= guest_count || count == 0 || count > SKERRY_CONSOLE_WRITE_MAX) {
		return SKERRY_INVALID;
	}
	if (!takes_input((int)guest)) {
		return SKERRY_BUSY;
	}
	if ((int)guest != input) {
		console_set_input((int)guest);
	}
	while (n < count && add_input(bytes[n])) {
		n++;
	}
	tell_input();
	return (int64_t)n;
}
