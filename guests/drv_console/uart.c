// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL011; see uart.h. The handler empties the receive FIFO; of transmitting it only masks
 * the interrupt that says there is room. It wakes the main loop, which does the rest.
 */
#include "uart.h"
#include "gic.h"
#include "link.h"

enum { DR = 0x00, FR = 0x18, IMSC = 0x38, MIS = 0x40, ICR = 0x44 };

#define FR_BUSY		(1u << 3)
#define FR_RXFE		(1u << 4)
#define FR_TXFF		(1u << 5)
#define INT_RX		0x50u		/* receive, receive timeout */
#define INT_TX		0x20u
#define RING		1024u		/* received bytes that wait; what is more is lost */

static uint64_t at;
static uint8_t ring[RING];
static uint32_t ring_put, ring_got;	/* put: the handler's */

static void interrupt(uint32_t intid)
{
	(void)intid;
	while (!(read32(at + FR) & FR_RXFE)) {
		uint8_t c = (uint8_t)read32(at + DR);

		if (ring_put - __atomic_load_n(&ring_got, __ATOMIC_RELAXED) < RING) {
			ring[ring_put % RING] = c;
			__atomic_store_n(&ring_put, ring_put + 1, __ATOMIC_RELEASE);
		}
	}
	if (read32(at + MIS) & INT_TX) {
		write32(at + IMSC, INT_RX);
		write32(at + ICR, INT_TX);
	}
	link_wake();
}

void uart_init(uint64_t base, uint32_t intid)
{
	at = base;
	irq_handler(intid, interrupt);
	gic_set_edge(intid, false);
	gic_route(intid, (uint32_t)cpu_self()->index);
	write32(at + ICR, 0x7ff & ~INT_RX);	/* receive's goes with the FIFO */
	write32(at + IMSC, INT_RX);
	gic_enable(intid);
}

uint32_t uart_write(const uint8_t *bytes, uint32_t count)
{
	uint32_t n = 0;

	for (; n < count; n++) {
		if (read32(at + FR) & FR_TXFF) {
			irq_disable();
			write32(at + IMSC, INT_RX | INT_TX);
			irq_enable();
			break;
		}
		write32(at + DR, bytes[n]);
	}
	return n;
}

uint32_t uart_write_all(const uint8_t *bytes, uint32_t count, uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);
	uint32_t n = 0;

	while (n < count && time_now() < end) {
		if (!(read32(at + FR) & FR_TXFF)) {
			write32(at + DR, bytes[n++]);
		}
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
