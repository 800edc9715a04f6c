/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the drivers provide. UARTs: one const table each, chosen at boot; all polled but
 * receive's interrupt. `base` is EL2's mapping of the registers.
 */
#pragma once

#include <hv/mmio.h>

struct uart_ops {
	void (*init)(uintptr_t base, uint32_t clock_hz);	/* 8N1, receive interrupt on */
	void (*put)(uintptr_t base, char c);	/* waits for room, a bounded number of polls */
	int (*get)(uintptr_t base);		/* 0..255, -1: none. Acknowledges the interrupt */
};

extern const struct uart_ops pl011_uart, bcm2835_aux_uart;

/* The power management block of BCM2835 and its successors (Raspberry Pi): reset of the
 * board. It returns; the reset comes some 150 us later: the caller waits for it. To stay
 * off is a reset into the boot ROM, which finds "halt" and sleeps, as the Pi's firmware
 * knows it. */
void pm_reset(uintptr_t base, bool stays_off);
/* The board is reset in `ms` (15,999 at most), unless it is called again. */
void pm_watchdog(uintptr_t base, uint32_t ms);
/* Register: the board's reset status. 0x1000: power on; of full resets 0x20: watchdog, 0x200:
 * software, 2: debugger. 0x555 are the firmware's. */
#define PM_RSTS	0x20
