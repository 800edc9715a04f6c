/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART and its lines; what they look like: core/console.h. All state is guarded by
 * console_lock. Printing is polled and in proportion to what is printed. All output goes
 * through the log ring (abi/info.h), which is printed at once, or, while a guest has the
 * UART, read by it.
 */
#include <core/core.h>
#include <hv/drivers.h>

#define LINE_SIZE	256
#define BURST		8	/* of the log's records printed at once */
#define BREAK_WAIT	1000000	/* polls of the lock before panic goes on without it */

static struct line {		/* by guest: its unfinished line */
	uint16_t count;
	bool is_cr;		/* a carriage return waits for what follows it */
	bool is_escape;		/* within an escape sequence, which is shown once and not kept */
	char text[LINE_SIZE];	/* what came since the line's last carriage return */
} lines[SKERRY_GUEST_MAX];

struct skerry_log console_log __attribute__((aligned(4096)));
static struct lock console_lock = LOCK_INIT(LOCK_CONSOLE);
static const struct uart_ops *uart;
static uintptr_t uart_base;
static uint32_t uart_hz;
static uint32_t breaker;		/* core in panic, + 1 */
static uint64_t printed;		/* of the log, by EL2 or as the driver says */
static bool is_given;			/* the driver has the UART */
static uint64_t since;
uint64_t console_ticks;
static char last;			/* byte sent */
static int row = -1;			/* whose unfinished line the last row shows; -1: nobody's */

static void put_char(char c)
{
	if (c == '\n') {
		uart->put(uart_base, '\r');
	}
	uart->put(uart_base, c);
	last = c;
}

static void put(const char *text)
{
	while (*text) {
		put_char(*text++);
	}
}

/* A byte of a guest as it is shown. 0x80..0x9f are control characters, alone or
 * as UTF-8 behind 0xc2; behind another byte they are part of a letter. */
static void put_visible(int guest, char c)
{
	uint8_t u = (uint8_t)c, b = (uint8_t)last;
	bool is_fine = (u >= 0x20 && u < 0x7f) || u >= 0xa0 || c == '\t';

	if (u >= 0x80 && u < 0xa0) {
		is_fine = b >= 0x80 && b != 0xc2;
	} else if (c == '\a' || c == '\b' || c == '\033') {
		is_fine = guest == console_input;
	}
	put_char(is_fine ? c : '?');
}

void console_begin_row(int guest)
{
	if (row >= 0 && row != guest) {
		put("\r\033[K");
	}
	if (guest >= 0 && row != guest) {
		put(guests[guest].config->name);
		put("| ");
		for (uint32_t i = 0; i < lines[guest].count; i++) {
			put_visible(guest, lines[guest].text[i]);
		}
	}
	row = guest;
}

/* While a core is in panic, it prints without the lock, and a core that wants to
 * print ends here. */
bool console_enter(void)
{
	uint32_t core = load_acquire(&breaker);

	if (!core) {
		lock_acquire(&console_lock);
	} else if (core != arch_cpu_index() + 1) {
		arch_halt();
	}
	since = arch_time_now();
	return true;
}

/* Shows again what others' lines have taken off the screen. */
void console_leave(const bool *held)
{
	uint32_t core = load_relaxed(&breaker);

	(void)held;
	if (row < 0 && console_input >= 0 && lines[console_input].count) {
		console_begin_row(console_input);
	}
	console_ticks += arch_time_now() - since;
	/* in panic, this core has no lock; entered at EL1 or EL3, it has no number */
	if (core == 0 || core != arch_cpu_index() + 1) {
		lock_release(&console_lock);
	}
}

static void end_line(int guest)
{
	struct line *l = &lines[guest];

	console_begin_row(guest);
	put("\n");
	row = -1;
	l->count = 0;
	l->is_cr = l->is_escape = false;
}

static void end_unfinished(int guest)
{
	if (lines[guest].count || row == guest) {
		end_line(guest);
	}
}

static void keep_char(struct line *l, char c)
{
	if (l->is_escape) {		/* "ESC [" goes on to a letter */
		l->is_escape = c == '[' || (uint8_t)c < '@';
	} else if (c == '\033') {
		l->is_escape = true;
	} else if (c != '\a') {
		l->text[l->count++] = c;
	}
}

static void take_char(int guest, char c)
{
	struct line *l = &lines[guest];

	if (c == '\r' || c == '\0') {
		l->is_cr = l->is_cr || c == '\r';
		return;
	}
	if (c == '\n' || l->count == LINE_SIZE) {
		end_line(guest);
		if (c == '\n') {
			return;
		}
	}
	if (l->is_cr) {			/* the line begins again, with the name */
		l->is_cr = false;
		l->count = 0;
		if (row == guest) {
			put_char('\r');
			row = -1;
		}
	}
	if (guest == console_input) {
		console_begin_row(guest);
		put_visible(guest, c);
	}
	keep_char(l, c);
}

/* The log's oldest record. A driver that has lied may have left no record's begin: then
 * it comes out as rubbish, but comes to an end. */
static void print_record(void)
{
	const uint8_t *r = console_log.ring;
	uint64_t end = printed + 2 + r[(printed + 1) % SKERRY_LOG_SIZE];
	uint8_t from = r[printed % SKERRY_LOG_SIZE];
	bool is_guest = from < guest_count;

	if (console_log.head - printed > SKERRY_LOG_SIZE) {
		printed = console_log.head;	/* written over */
		return;
	}
	if (!is_guest) {
		console_begin_row(-1);
	} else if (end == printed + 2) {
		end_unfinished(from);
	}
	for (printed += 2; printed < end; printed++) {
		char c = (char)r[printed % SKERRY_LOG_SIZE];

		is_guest ? take_char(from, c) : put_char(c);
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
	store_release(&console_log.head, at);
}

void console_write(uint32_t from, const char *bytes, size_t count)
{
	(void)console_enter();
	if (from != CONSOLE_OWN && count != 0 && console_log.head - printed > SKERRY_LOG_SIZE / 2) {
		console_log.dropped += count;
	} else {
		add((uint8_t)from, bytes, count);
	}
	if (count == 0 && from == (uint32_t)console_input) {
		input_drop();
	}
	print_log();
	console_leave(NULL);
	if (is_given) {
		arch_event_raise(&guests[the_system.console_driver], SKERRY_INTID_EVENT);
	}
}

/* If a guest has it. The terminal is as that left it. */
static void take_uart(void)
{
	if (is_given && uart) {
		uart->init(uart_base, uart_hz);
		put("\n");
	}
	is_given = false;
}

void console_pass(struct guest *g, bool to_guest)
{
	bool is_new;

	(void)console_enter();
	is_new = !(to_guest && is_given) && g->index == the_system.console_driver;
	for (uint32_t i = 0; i < guest_count && is_new && to_guest; i++) {
		end_unfinished((int)i);
	}
	if (is_new && !to_guest) {
		take_uart();
	}
	is_given |= is_new && to_guest;
	console_leave(NULL);
	if (is_new) {
		arch_uart_pass(g, to_guest);
	}
}

bool console_drain(void)
{
	console_scope();
	print_log();
	return uart && !is_given && printed != console_log.head;
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
	(void)console_enter();
	if (x[2] - printed <= console_log.head - printed) {
		printed = x[2];
	}
	console_leave(NULL);
	console_pass(v->guest, x[1] == SKERRY_DRIVE_TAKE);
	(void)console_drain();
	return SKERRY_OK;
}

bool console_break(void)
{
	uint32_t none = 0;

	if (!compare_exchange(&breaker, &none, arch_cpu_index() + 1)) {
		return false;
	}
	for (unsigned n = 0; n < BREAK_WAIT && console_lock.next != console_lock.owner; n++) {
		arch_cpu_relax();	/* the compiler reads both again */
	}
	take_uart();
	printed = console_log.head;	/* this first */
	return true;
}

void console_init(const struct uart_ops *ops, uintptr_t base, uint32_t clock_hz)
{
	console_scope();
	ops->init(base, clock_hz);
	uart = ops;
	uart_base = base;
	uart_hz = clock_hz;
	print_log();
}

int console_get(void) { return uart && !is_given ? uart->get(uart_base) : -1; }
