/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART's lines and input; what they look like: core/console.h. All state is
 * guarded by console_lock. Printing is polled and in proportion to what is
 * printed; what a guest prints is never kept beyond one unfinished line.
 */
#include <abi/layout.h>
#include <core/board.h>
#include <core/console.h>
#include <core/crash.h>
#include <core/guest.h>
#include <core/life.h>
#include <core/stats.h>
#include <core/vpl011.h>
#include <hv/arch.h>
#include <hv/uart.h>

#define LINE_SIZE	160
#define INPUT_SIZE	256	/* a power of two */
#define INPUT_BURST	64	/* bytes taken from the UART in one interrupt */
#define EARLY_SIZE	2048
#define BREAK_WAIT	1000000	/* polls of the lock before panic goes on without it */

struct line {			/* a guest's unfinished line */
	uint16_t count;
	bool is_cr;		/* a carriage return waits for what follows it */
	char text[LINE_SIZE];	/* what came since the line's last carriage return */
};

static struct lock console_lock = LOCK_INIT(LOCK_CONSOLE);
static const struct uart_ops *uart;
static uintptr_t uart_base;
static uint32_t breaker;		/* core in panic, + 1 */
static char early[EARLY_SIZE];		/* printed before there was a UART */
static uint32_t early_count;
static uint64_t since, ticks;
static struct line lines[SKERRY_GUEST_MAX];
static int input = -1;			/* the guest with the input */
static bool is_shown;			/* its unfinished line stands on the terminal's last row */
static char ring[INPUT_SIZE];		/* its waiting input */
static uint32_t ring_put, ring_got;	/* count for ever */
static uint32_t lost;			/* input bytes dropped: nobody took them */
static bool is_key;			/* Ctrl-] was the last byte */

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

/* A guest's byte as it is shown. Bytes 0x80..0x9f are control characters, alone
 * or as UTF-8 behind 0xc2; behind another byte they are part of a letter. */
static char visible(char c, char before, bool has_input)
{
	uint8_t u = (uint8_t)c, b = (uint8_t)before;

	if (u >= 0x80 && u < 0xa0) {
		return b >= 0x80 && b != 0xc2 ? c : '?';
	}
	if ((u >= 0x20 && u != 0x7f) || c == '\t') {
		return c;
	}
	return has_input && (c == '\a' || c == '\b' || c == 0x1b) ? c : '?';
}

static void put_name(const struct guest *g)
{
	put(g->config->name);
	put("| ");
}

static void put_line(const struct guest *g)
{
	const struct line *l = &lines[g->index];

	put_name(g);
	for (uint32_t i = 0; i < l->count; i++) {
		put_char(visible(l->text[i], i ? l->text[i - 1] : '\0', g->index == input));
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
	if (!is_shown && input >= 0 && lines[input].count) {
		put_line(&guests[input]);
		is_shown = true;
	}
	ticks += arch_time_now() - since;
	if (__atomic_load_n(&breaker, __ATOMIC_RELAXED) != arch_cpu_index() + 1) {
		lock_release(&console_lock);
	}
}

static void end_line(struct guest *g)
{
	if (!is_shown || g->index != input) {
		hide();
		put_line(g);
	}
	put("\n");
	if (g->index == input) {
		is_shown = false;
	}
	lines[g->index].count = 0;
	lines[g->index].is_cr = false;
}

static void begin_again(struct guest *g)
{
	if (is_shown && g->index == input) {
		put_char('\r');
		put_name(g);
	}
	lines[g->index].count = 0;
	lines[g->index].is_cr = false;
}

static void show_char(struct guest *g, struct line *l, char c)
{
	if (!is_shown) {
		put_line(g);
		is_shown = true;
	}
	put_char(visible(c, l->count ? l->text[l->count - 1] : '\0', true));
	if (l->count < LINE_SIZE) {
		l->text[l->count++] = c;
	}
}

static void keep_char(struct guest *g, struct line *l, char c)
{
	if (c == '\b') {
		l->count = (uint16_t)(l->count - (l->count > 0));
		return;
	}
	if (l->count == LINE_SIZE) {
		end_line(g);
	}
	l->text[l->count++] = c;
}

static void take_char(struct guest *g, char c)
{
	struct line *l = &lines[g->index];

	if (c == '\n') {
		end_line(g);
	} else if (c == '\r') {
		l->is_cr = true;
	} else if (c != '\0') {
		if (l->is_cr) {
			begin_again(g);
		}
		if (g->index == input) {
			show_char(g, l, c);
		} else {
			keep_char(g, l, c);
		}
	}
}

void console_write(struct guest *g, const char *bytes, uint32_t count)
{
	enter();
	for (uint32_t i = 0; i < count; i++) {
		take_char(g, bytes[i]);
	}
	leave();
}

void console_flush_guest(struct guest *g)
{
	enter();
	if (lines[g->index].count) {
		end_line(g);
	}
	lines[g->index].is_cr = false;
	if (g->index == input) {
		ring_got = ring_put;
	}
	leave();
}

void console_put(const char *text)
{
	enter();
	hide();
	put(text);
	leave();
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
	for (unsigned n = 0; n < BREAK_WAIT && __atomic_load_n(&console_lock.next, __ATOMIC_RELAXED) !=
	     __atomic_load_n(&console_lock.owner, __ATOMIC_ACQUIRE); n++) {
		arch_cpu_relax();
	}
	return true;
}

void console_init(const struct board *board)
{
	static const struct uart_ops *const drivers[] = {
		[UART_NONE] = NULL,
		[UART_PL011] = &pl011_uart,
		[UART_BCM2835_AUX] = &bcm2835_aux_uart,
	};

	enter();
	uart = drivers[board->uart];
	if (uart) {
		uart_base = arch_uart_base(board);
		uart->init(uart_base, board->uart_clock_hz);
		for (uint32_t i = 0; i < early_count; i++) {
			put_char(early[i]);
		}
		early_count = 0;
	}
	leave();
}

void console_set_input(int guest)
{
	enter();
	hide();
	input = guest;
	ring_got = ring_put;
	leave();
}

uint32_t console_read(struct guest *g, char *bytes, uint32_t max)
{
	uint32_t n = 0;

	enter();
	if (g->index == input) {
		while (n < max && ring_got != ring_put) {
			bytes[n++] = ring[ring_got++ % INPUT_SIZE];
		}
	}
	leave();
	return n;
}

static bool takes_input(const struct guest *g)
{
	return g->config->console != CONSOLE_NONE &&
	       __atomic_load_n(&g->state, __ATOMIC_ACQUIRE) == GUEST_RUNNING;
}

static void next_input(void)
{
	for (uint32_t n = 1; n <= guest_count; n++) {
		uint32_t i = ((uint32_t)(input + 1) + n - 1) % guest_count;

		if (takes_input(&guests[i])) {
			console_set_input((int)i);
			log_line("the input goes to %s", guests[i].config->name);
			return;
		}
	}
	log_line("no running guest takes input");
}

/* What the byte behind Ctrl-] asks for; no lock held. */
static void obey_key(char c)
{
	switch (c) {
	case 'q':
		life_end_run();
		break;
	case 'n':
		next_input();
		break;
	case 's':
		stats_print();
		break;
	case 'c':
		crash_print();
		break;
	default:
		log_line("Ctrl-] and then: q end, n input to the next guest, s exits, "
			 "c crashes, Ctrl-] itself; %u bytes of input were lost", lost);
	}
}

/* One received byte. True: it is a command for obey_key(). */
static bool receive(char c)
{
	bool was_key = is_key;

	is_key = c == CONSOLE_KEY && !was_key;
	if (is_key) {
		return false;
	}
	if (was_key && c != CONSOLE_KEY) {
		return true;
	}
	if (input < 0 || !takes_input(&guests[input]) || ring_put - ring_got == INPUT_SIZE) {
		lost++;
	} else {
		ring[ring_put++ % INPUT_SIZE] = c;
	}
	return false;
}

void console_uart_interrupt(void)
{
	struct guest *g = NULL;
	bool is_command = false;
	int c = -1;

	enter();
	for (uint32_t n = 0; n < INPUT_BURST && uart && !is_command; n++) {
		c = uart->get(uart_base);
		if (c < 0) {
			break;
		}
		is_command = receive((char)c);
	}
	if (ring_put != ring_got) {
		g = &guests[input];
	}
	leave();
	if (g && g->config->console == CONSOLE_PL011) {
		vpl011_receive(g);
	} else if (g) {
		arch_event_raise(g, SKERRY_INTID_EVENT);
	}
	if (is_command) {
		obey_key((char)c);
	}
}
