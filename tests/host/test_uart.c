/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/drv_console's two UARTs against models of their registers: FIFOs that fill and
 * drain, interrupts that are levels, and nothing written that sets baud rate or line.
 */
/* sources: guests/drv_console/uart.c guests/drv_console/pl011.c guests/drv_console/aux.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "guests/drv_console/uart.h"
#include "guests/lib/gic.h"
#include "guests/lib/link.h"
#include "guests/lib/tree.h"

#define BASE	0xfe215040u
#define INTID	125u

enum kind { PL011, AUX, KINDS };
static const char *const compatible[] = { "arm,pl011", "brcm,bcm2835-aux-uart" };
static const unsigned depth[] = { 16, 8 };

static struct {
	enum kind kind;			/* what is at BASE */
	bool is_there, has_intid, is_masked, is_on;
	uint8_t in[64], out[4096];
	unsigned in_count, out_count;	/* received and not yet read; put */
	unsigned fifo;			/* of `out`: not yet sent */
	uint32_t mask;			/* IMSC, IER */
	bool is_tx_raw;			/* PL011: the FIFO sank below its level */
	unsigned wakes, interrupts;
	void (*handler)(uint32_t intid);
} model;

static struct cpu cpu = { .index = 0 };

struct cpu *cpu_self(void) { return &cpu; }
void gic_set_edge(uint32_t intid, bool is_edge) { assert_false(is_edge); }
void gic_route(uint32_t intid, uint32_t to) { assert_int_equal(to, 0); }
void link_wake(void) { model.wakes++; }

bool tree_device(const char *name, uint32_t index, struct tree_device *d)
{
	if (!model.is_there || strcmp(name, compatible[model.kind]) != 0 || index) {
		return false;
	}
	*d = (struct tree_device){ .base = BASE, .size = 0x40,
				   .intid = model.has_intid ? INTID : 0 };
	return true;
}

void irq_handler(uint32_t intid, void (*handler)(uint32_t intid))
{
	assert_int_equal(intid, INTID);
	model.handler = handler;
}

/* The line's level. */
static bool is_asserted(void)
{
	if (model.kind == PL011) {
		return ((model.mask & 0x10) && model.in_count) ||
		       ((model.mask & 0x20) && model.is_tx_raw);
	}
	return ((model.mask & 5) == 5 && model.in_count) || ((model.mask & 2) && !model.fifo);
}

/* Taken as long as the line is up: a handler that leaves it up would never end. */
static void deliver(void)
{
	for (unsigned n = 0; model.is_on && !model.is_masked && is_asserted(); n++) {
		assert_true(n < 4);
		model.interrupts++;
		model.handler(INTID);
	}
}

void gic_enable(uint32_t intid)
{
	assert_int_equal(intid, INTID);
	model.is_on = true;
	deliver();
}

void irq_disable(void) { model.is_masked = true; }
void irq_enable(void) { model.is_masked = false; deliver(); }

static uint32_t take_received(void)
{
	uint8_t c = model.in[0];

	assert_true(model.in_count > 0);
	memmove(model.in, model.in + 1, --model.in_count);
	return c;
}

uint32_t read32(uint64_t at)
{
	bool is_full = model.fifo == depth[model.kind];

	switch ((model.kind == PL011 ? 0x100 : 0) + (at - BASE)) {
	case 0x100:				/* DR: errors above the byte */
		return 0xf00 | take_received();
	case 0x118:				/* FR */
		return (model.in_count ? 0 : 0x10) | (is_full ? 0x20 : 0) |
		       (model.fifo ? 0x08 : 0x80);
	case 0x140:				/* MIS */
		return ((model.in_count ? 0x10 : 0) | (model.is_tx_raw ? 0x20 : 0)) & model.mask;
	case 0x000:				/* AUX_MU_IO */
		return take_received();
	case 0x004:				/* AUX_MU_IER */
		return model.mask;
	case 0x014:				/* AUX_MU_LSR */
		return (model.in_count ? 1 : 0) | (is_full ? 0 : 0x20) | (model.fifo ? 0 : 0x40);
	}
	fail_msg("read of %#x", (unsigned)(at - BASE));
	return 0;
}

void write32(uint64_t at, uint32_t v)
{
	switch ((model.kind == PL011 ? 0x100 : 0) + (at - BASE)) {
	case 0x100:
	case 0x000:
		assert_true(v < 0x100);
		assert_true(model.fifo < depth[model.kind]);
		model.out[model.out_count++] = (uint8_t)v;
		model.fifo++;
		model.is_tx_raw = false;
		return;
	case 0x138:				/* IMSC */
		assert_int_equal(v & ~0x70u, 0);
		model.mask = v;
		break;
	case 0x144:				/* ICR */
		model.is_tx_raw = model.is_tx_raw && !(v & 0x20);
		break;
	case 0x004:
		assert_int_equal(v & ~7u, 0);
		model.mask = v;
		break;
	default:				/* nothing of rate, line, FIFO or enable */
		fail_msg("write to %#x", (unsigned)(at - BASE));
	}
	deliver();
}

/* So many bytes leave the FIFO. */
static void send(unsigned count)
{
	model.fifo -= count;
	if (model.fifo <= depth[PL011] / 8) {	/* IFLS as EL2 leaves it */
		model.is_tx_raw = true;
	}
	deliver();
}

static void receive(const char *text)
{
	memcpy(model.in + model.in_count, text, strlen(text));
	model.in_count += (unsigned)strlen(text);
	deliver();
}

static int begin(void **state)
{
	memset(&model, 0, sizeof(model));
	model.kind = (enum kind)(uintptr_t)*state;
	model.is_there = model.has_intid = true;
	model.mask = model.kind == PL011 ? 0x50 : 5;	/* as EL2 leaves it */
	assert_true(uart_find());
	uart_init();
	while (uart_read() >= 0) {
	}
	return 0;
}

static void what_is_typed_is_read_in_order(void **state)
{
	(void)state;
	receive("a");
	receive("bcd\xff");
	assert_int_equal(model.in_count, 0);
	assert_int_equal(model.wakes, 2);
	for (const char *c = "abcd\xff"; *c; c++) {
		assert_int_equal(uart_read(), (uint8_t)*c);
	}
	assert_int_equal(uart_read(), -1);
}

static void what_was_typed_before_it_came_is_not_lost(void **state)
{
	model.is_on = false;
	receive("early");
	uart_init();
	assert_int_equal(uart_read(), 'e');
	assert_int_equal(model.in_count, 0);
}

static void output_waits_for_room_and_is_told_of_it_once(void **state)
{
	uint8_t text[100];
	uint32_t done, n;

	for (unsigned i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)i;
	}
	done = uart_write(text, sizeof(text));
	assert_int_equal(done, depth[model.kind]);
	assert_int_equal(model.wakes, 0);
	while (done < sizeof(text)) {
		model.wakes = 0;
		send(model.fifo);			/* all of it */
		assert_int_equal(model.wakes, 1);
		assert_int_equal(model.mask & (model.kind == PL011 ? 0x20 : 2), 0);
		n = uart_write(text + done, (uint32_t)sizeof(text) - done);
		assert_in_range(n, 1, depth[model.kind]);
		done += n;
	}
	send(model.fifo);
	assert_int_equal(model.out_count, sizeof(text));
	assert_memory_equal(model.out, text, sizeof(text));
}

/* It sinks between the look at the FIFO and the interrupt that is asked for. */
static void room_that_came_meanwhile_is_told_at_once(void **state)
{
	uint8_t text[32] = { 0 };

	assert_int_equal(uart_write(text, sizeof(text)), depth[model.kind]);
	model.is_masked = true;
	send(model.fifo);
	model.wakes = 0;
	irq_enable();
	assert_int_equal(model.wakes, 1);
	assert_false(is_asserted());
}

static void input_during_a_full_fifo_keeps_the_word_of_room(void **state)
{
	uint8_t text[32] = { 0 };

	uart_write(text, sizeof(text));
	receive("key");
	assert_int_equal(uart_read(), 'k');
	model.wakes = 0;
	send(model.fifo);
	assert_int_equal(model.wakes, 1);
}

static void more_than_is_read_is_lost_but_not_what_was_before(void **state)
{
	for (unsigned i = 0; i < 100; i++) {
		receive("0123456789abcdef");
	}
	for (unsigned i = 0; i < 1024; i++) {
		assert_int_equal(uart_read(), "0123456789abcdef"[i % 16]);
	}
	assert_int_equal(uart_read(), -1);
	receive("x");
	assert_int_equal(uart_read(), 'x');
}

static void without_a_uart_or_its_interrupt_there_is_none(void **state)
{
	model.has_intid = false;
	assert_false(uart_find());
	model.has_intid = true;
	model.is_there = false;
	assert_false(uart_find());
	model.kind = KINDS - 1 - model.kind;
	model.is_there = true;
	assert_true(uart_find());
}

#define OF(kind, name) { #name " (" #kind ")", name, begin, NULL, (void *)(uintptr_t)(kind) }
#define BOTH(name) OF(PL011, name), OF(AUX, name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_is_typed_is_read_in_order),
		BOTH(what_was_typed_before_it_came_is_not_lost),
		BOTH(output_waits_for_room_and_is_told_of_it_once),
		BOTH(room_that_came_meanwhile_is_told_at_once),
		BOTH(input_during_a_full_fifo_keeps_the_word_of_room),
		BOTH(more_than_is_read_is_lost_but_not_what_was_before),
		BOTH(without_a_uart_or_its_interrupt_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
