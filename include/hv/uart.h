/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a UART driver provides: one const table each, chosen at boot.
 * All polled but receive's interrupt. `base` is EL2's mapping of the registers.
 */
#ifndef HV_UART_H
#define HV_UART_H

#include <hv/types.h>

struct uart_ops {
	void (*init)(uintptr_t base, uint32_t clock_hz);	/* 8N1, receive interrupt on */
	void (*put)(uintptr_t base, char c);	/* waits for room, a bounded number of polls */
	int (*get)(uintptr_t base);		/* 0..255, -1: none. Acknowledges the interrupt */
};

extern const struct uart_ops pl011_uart;
extern const struct uart_ops bcm2835_aux_uart;

#endif
