// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arm PrimeCell UART PL011 (Arm DDI 0183G); see uart.h. Its transmit interrupt comes when
 * the FIFO sinks below the level that IFLS was found with, and stays until ICR or a byte.
 */
#include "uart.h"

enum { DR = 0x00, FR = 0x18, IMSC = 0x38, MIS = 0x40, ICR = 0x44 };
enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5,
       INT_RX = 0x50,			/* receive, receive timeout */
       INT_TX = 0x20, INT_ALL = 0x7ff };

static void begin(uint64_t at)
{
	write32(at + ICR, INT_ALL & ~INT_RX);	/* receive's goes with the FIFO */
	write32(at + IMSC, INT_RX);
}

static int get(uint64_t at)
{
	return read32(at + FR) & FR_RXFE ? -1 : (int)(read32(at + DR) & 0xff);
}

static bool has_room(uint64_t at)
{
	return !(read32(at + FR) & FR_TXFF);
}

static void put(uint64_t at, uint8_t c)
{
	write32(at + DR, c);
}

static void tell_room(uint64_t at)
{
	write32(at + IMSC, INT_RX | INT_TX);
}

static void room_told(uint64_t at)
{
	if (read32(at + MIS) & INT_TX) {
		write32(at + IMSC, INT_RX);
		write32(at + ICR, INT_TX);
	}
}

const struct uart_kind uart_pl011 = {
	"arm,pl011", begin, get, has_room, put, tell_room, room_told
};
