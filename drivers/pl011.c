/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm PrimeCell UART PL011 (Arm DDI 0183G). Called by core/console.c under its
 * lock. Transmits by polling, a bounded number of polls a character; receives
 * by its interrupt, which goes away when the FIFO has been read empty.
 */
#include <hv/drivers.h>

enum { DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2c, CR = 0x30, IFLS = 0x34,
       IMSC = 0x38, ICR = 0x44 };
enum { FR_BUSY = 1 << 3, FR_RXFE = 1 << 4, FR_TXFF = 1 << 5, LCRH_8N1_FIFO = 0x70,
       CR_ON = 0x301,		/* UARTEN, TXE, RXE */
       IMSC_RECEIVE = 0x50 };	/* RXIM, RTIM */
#define BAUD	115200u

static void init(uintptr_t base, uint32_t clock_hz)
{
	mmio_wait32(base + FR, FR_BUSY, 0);	/* the boot loader's last characters */
	mmio_write32(base + CR, 0);
	mmio_write32(base + IMSC, 0);
	mmio_write32(base + ICR, 0x7ff);
	if (clock_hz) {
		uint32_t divisor = (uint32_t)((4ull * clock_hz + BAUD / 2) / BAUD);

		mmio_write32(base + IBRD, divisor >> 6);
		mmio_write32(base + FBRD, divisor & 0x3f);
	}
	mmio_write32(base + LCRH, LCRH_8N1_FIFO);	/* takes the divisor over */
	mmio_write32(base + IFLS, 0);			/* 1/8 */
	mmio_write32(base + CR, CR_ON);
	mmio_write32(base + IMSC, IMSC_RECEIVE);
}

static void put(uintptr_t base, char c)
{
	mmio_wait32(base + FR, FR_TXFF, 0);	/* a character takes 87 us */
	mmio_write32(base + DR, (uint8_t)c);
}

static int get(uintptr_t base)
{
	return mmio_read32(base + FR) & FR_RXFE ? -1 : (int)(mmio_read32(base + DR) & 0xff);
}

const struct uart_ops pl011_uart = { init, put, get };
