// SPDX-License-Identifier: BSD-2-Clause
/*
 * The mini-UART of a Raspberry Pi (BCM2711 ARM Peripherals, 2.2, and the published errata of
 * BCM2835's); see uart.h. FIFOs of eight bytes. Its page also holds the AUX block's enable
 * register and two SPI masters, and all three share AUX' interrupt: the driver touches only
 * the mini-UART's registers, which the firmware or EL2 has enabled. Both interrupts are
 * levels: received bytes until they are read, room while the FIFO is empty.
 */
#include "uart.h"

enum { IO = 0x00, IER = 0x04, LSR = 0x14 };	/* AUX_MU_..., from AUX_MU_IO */
enum { LSR_HAS_DATA = 1 << 0, LSR_HAS_ROOM = 1 << 5,
       /* errata: bits 0 and 1 are the other way round than the manual has them, and none
	* of both works without bit 2 */
       IER_RX = 1 << 0 | 1 << 2, IER_TX = 1 << 1 };

static void begin(uint64_t at)
{
	write32(at + IER, IER_RX);
}

static int get(uint64_t at)
{
	return read32(at + LSR) & LSR_HAS_DATA ? (int)(read32(at + IO) & 0xff) : -1;
}

static bool has_room(uint64_t at)
{
	return read32(at + LSR) & LSR_HAS_ROOM;
}

static void put(uint64_t at, uint8_t c)
{
	write32(at + IO, c);
}

static void tell_room(uint64_t at)
{
	write32(at + IER, IER_RX | IER_TX);
}

/* IIR tells of one cause at a time, receive before transmit: the register itself does. */
static void room_told(uint64_t at)
{
	if ((read32(at + IER) & IER_TX) && has_room(at)) {
		write32(at + IER, IER_RX);
	}
}

const struct uart_kind uart_aux = {
	"brcm,bcm2835-aux-uart", begin, get, has_room, put, tell_room, room_told
};
