/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mini-UART of BCM2835 and its successors (BCM2835 ARM Peripherals, 2.2,
 * with its published errata): a Raspberry Pi 4's usual console. Called by
 * core/console.c under its lock. Transmits by polling, bounded; receives by its
 * interrupt, which goes away when the FIFO has been read empty.
 */
#include <hv/drivers.h>

enum { IO = 0x00, IER = 0x04, LCR = 0x0c, LSR = 0x14, CNTL = 0x20, BAUD_DIVISOR = 0x28,
       ENABLES = 0x3c };	/* the last one: this far *before* the others */
enum { LSR_HAS_DATA = 1 << 0, LSR_HAS_ROOM = 1 << 5, LSR_IS_IDLE = 1 << 6, ENABLES_UART = 1,
       IER_RECEIVE = 0x5,	/* bit 2 must be set as well (errata) */
       LCR_8BIT = 0x3,		/* both bits (errata) */
       CNTL_ON = 0x3 };
#define BAUD	115200u

static void init(uintptr_t base, uint32_t clock_hz)
{
	uint32_t enables = mmio_read32(base - ENABLES);

	if (enables & ENABLES_UART) {
		mmio_wait32(base + LSR, LSR_IS_IDLE, LSR_IS_IDLE);	/* the loader's text */
	}
	mmio_write32(base - ENABLES, enables | ENABLES_UART);
	mmio_write32(base + CNTL, 0);
	mmio_write32(base + LCR, LCR_8BIT);
	if (clock_hz) {
		mmio_write32(base + BAUD_DIVISOR, clock_hz / (8 * BAUD) - 1);
	}
	mmio_write32(base + CNTL, CNTL_ON);
	mmio_write32(base + IER, IER_RECEIVE);
}

static void put(uintptr_t base, char c)
{
	mmio_wait32(base + LSR, LSR_HAS_ROOM, LSR_HAS_ROOM);	/* a character takes 87 us */
	mmio_write32(base + IO, (uint8_t)c);
}

static int get(uintptr_t base)
{
	return mmio_read32(base + LSR) & LSR_HAS_DATA ? (int)(mmio_read32(base + IO) & 0xff) : -1;
}

const struct uart_ops bcm2835_aux_uart = { init, put, get };
