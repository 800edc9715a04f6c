/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The minimal PL011 of a guest with console = "pl011" (Arm DDI 0183G): what
 * Linux's amba-pl011, U-Boot and EDK2 use. Differences from the real one:
 * transmission takes no time; the baud rate, modem lines, DMA and loop back do
 * nothing; it works while disabled in UARTCR; RXIS and RTIS stay for as long as
 * data waits (RTIS at once, without a delay), whatever UARTICR says.
 * One lock a guest (LOCK_VPL011), held while the interrupt's level is set.
 */
#ifndef CORE_VPL011_H
#define CORE_VPL011_H

#include <hv/types.h>

struct guest;

/* A guest's access at `offset` into the page. False: an external abort (wider
 * than 4 bytes, or not aligned to a register). */
bool vpl011_access(struct guest *g, uint64_t offset, bool is_write, unsigned width,
		   uint64_t *value);
/* Before each life of the guest: nobody else uses its UART then. */
void vpl011_reset(struct guest *g);
/* Input waits in the console, which is the receive FIFO: the level follows. Any core. */
void vpl011_receive(struct guest *g);

#endif
