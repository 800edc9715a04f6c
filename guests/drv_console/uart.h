/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL011 (Arm DDI 0183G) as a guest's device: its interrupt receives into a ring, says
 * when the FIFO has room again, and wakes link_wait(). Baud rate and line control stay as
 * they were found. One vCPU, which also takes the interrupt.
 */
#ifndef UART_H
#define UART_H

#include "guest.h"

void uart_init(uint64_t base, uint32_t intid);
/* Bytes that the FIFO took now. Fewer than `count`: the interrupt tells of room. */
uint32_t uart_write(const uint8_t *bytes, uint32_t count);
/* The same, waiting for the FIFO; at most `us` microseconds. */
uint32_t uart_write_all(const uint8_t *bytes, uint32_t count, uint64_t us);
int uart_read(void);			/* a received byte, or -1 */

#endif
