/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is typed: bytes from the UART, or from the guest that drives it, wait in a ring
 * for the guest that has the input; the console's own key. The ring is filled under the
 * console's lock and emptied under it, and looked at without.
 */
#include <core/core.h>

#define RING_SIZE	256	/* a power of two */
#define BURST		64	/* bytes taken from the UART in one interrupt */

int console_input = -1;
static char ring[RING_SIZE];
static uint32_t ring_put;		/* counts for ever */
static uint32_t ring_got;		/* follows it */
static bool is_key;			/* Ctrl-] was the last byte; the interrupt's */

void input_drop(void) { store_release(&ring_got, load_relaxed(&ring_put)); }

void console_set_input(int guest)
{
	console_scope();
	console_begin_row(-1);
	console_input = guest;
	input_drop();
}

uint32_t console_waiting(const struct guest *g)
{
	/* Without the lock: nothing is missed, who adds input tells the guest after. */
	uint32_t got = load_acquire(&ring_got);

	return g->index == console_input ? load_acquire(&ring_put) - got : 0;
}

uint32_t console_read(struct guest *g, char *bytes, uint32_t max)
{
	uint32_t n = 0;

	if (console_waiting(g)) {
		console_scope();
		for (; n < max && console_waiting(g); n++) {
			bytes[n] = ring[ring_got % RING_SIZE];
			store_release(&ring_got, ring_got + 1);
		}
	}
	return n;
}

static bool takes_input(int guest)
{
	return guest >= 0 && guests[guest].config->console != CONSOLE_NONE &&
	       state_of(&guests[guest]) == GUEST_RUNNING;
}

static void next_input(void)
{
	int next = console_input;

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

/* For the guest with the input. False: nobody takes it; it is lost, without a count. */
static bool add_input(char c)
{
	console_scope();
	if (!takes_input(console_input) || console_waiting(&guests[console_input]) >= RING_SIZE) {
		return false;
	}
	ring[ring_put % RING_SIZE] = c;
	store_release(&ring_put, ring_put + 1);
	return true;
}

static void tell_input(void)
{
	int to = load_relaxed(&console_input);
	bool has_some = takes_input(to) && console_waiting(&guests[to]);

	if (has_some && guests[to].config->console == CONSOLE_PL011) {
		vpl011_receive(&guests[to]);
	} else if (has_some) {
		arch_event_raise(&guests[to], SKERRY_INTID_EVENT);
	}
}

/* One received byte; behind Ctrl-] it is for the console. */
static void receive(char c)
{
	bool was_key = is_key;

	is_key = c == CONSOLE_KEY && !was_key;
	if (was_key && c == 'q') {
		life_end_run();
	} else if (was_key && c == 'n') {
		next_input();
	} else if (was_key && c != CONSOLE_KEY) {
		log_line("Ctrl-] and then: q end, n input to the next guest, Ctrl-] itself");
	} else if (!is_key) {
		(void)add_input(c);
	}
}

void console_uart_interrupt(void)
{
	int c;

	for (uint32_t n = 0; n < BURST && (c = console_get()) >= 0; n++) {
		receive((char)c);
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
	if ((int)x[1] != console_input) {
		console_set_input((int)x[1]);
	}
	while (n < x[2] && add_input(bytes[n])) {
		n++;
	}
	tell_input();
	return (int64_t)n;
}
