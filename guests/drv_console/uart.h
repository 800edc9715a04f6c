/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART as drv_console's device, whichever of two it is: its interrupt receives into a
 * ring, says when the FIFO has room again, and wakes link_wait(). Baud rate and line control
 * stay as they were found. One vCPU, which also takes the interrupt. Runs on the host under
 * test.
 */
#ifndef UART_H
#define UART_H

#include "../lib/guest.h"

/* A kind of UART; its registers are at `at`. */
struct uart_kind {
	const char *compatible;
	/* Interrupts: receive on, what is left of transmitting gone. */
	void (*begin)(uint64_t at);
	int (*get)(uint64_t at);		/* a received byte, or -1 */
	bool (*has_room)(uint64_t at);		/* the FIFO, for one byte more */
	void (*put)(uint64_t at, uint8_t c);
	void (*tell_room)(uint64_t at);		/* by the interrupt, once */
	void (*room_told)(uint64_t at);		/* in the interrupt: not again, if it was that */
};

extern const struct uart_kind uart_pl011, uart_aux;

/* The UART among the devices in the tree. False: there is none, or without an interrupt. */
bool uart_find(void);
void uart_init(void);			/* on */
/* Bytes that the FIFO took now. Fewer than `count`: the interrupt tells of room. */
uint32_t uart_write(const uint8_t *bytes, uint32_t count);
int uart_read(void);			/* a received byte, or -1 */

#endif
