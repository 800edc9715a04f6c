// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the UARTs have in common; see uart.h. The handler empties the receive FIFO; of
 * transmitting it only masks the interrupt that says there is room. It wakes the main loop,
 * which does the rest.
 */
#include "uart.h"
#include "../lib/gic.h"
#include "../lib/link.h"
#include "../lib/tree.h"

#define RING		1024u		/* received bytes that wait; what is more is lost */

static const struct uart_kind *const kinds[] = { &uart_pl011, &uart_aux };
static const struct uart_kind *uart;
static uint64_t at;
static uint32_t intid;
static uint8_t ring[RING];
static uint32_t ring_put, ring_got;	/* put: the handler's */

static void interrupt(uint32_t number)
{
	int c;

	(void)number;
	while ((c = uart->get(at)) >= 0) {
		if (ring_put - __atomic_load_n(&ring_got, __ATOMIC_RELAXED) < RING) {
			ring[ring_put % RING] = (uint8_t)c;
			__atomic_store_n(&ring_put, ring_put + 1, __ATOMIC_RELEASE);
		}
	}
	uart->room_told(at);
	link_wake();
}

bool uart_find(void)
{
	struct tree_device d;

	for (uint32_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (tree_device(kinds[i]->compatible, 0, &d) && d.intid) {
			uart = kinds[i];
			at = d.base;
			intid = d.intid;
			return true;
		}
	}
	return false;
}

void uart_init(void)
{
	irq_handler(intid, interrupt);
	gic_set_edge(intid, false);
	gic_route(intid, (uint32_t)cpu_self()->index);
	uart->begin(at);
	gic_enable(intid);
}

uint32_t uart_write(const uint8_t *bytes, uint32_t count)
{
	uint32_t n = 0;

	for (; n < count; n++) {
		if (!uart->has_room(at)) {
			irq_disable();
			uart->tell_room(at);
			irq_enable();
			break;
		}
		uart->put(at, bytes[n]);
	}
	return n;
}

int uart_read(void)
{
	int c;

	if (__atomic_load_n(&ring_put, __ATOMIC_ACQUIRE) == ring_got) {
		return -1;
	}
	c = ring[ring_got % RING];
	__atomic_store_n(&ring_got, ring_got + 1, __ATOMIC_RELEASE);
	return c;
}
