/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UART for tests of the console: pl011_uart and bcm2835_aux_uart as tables
 * onto two buffers. Don't link it together with drivers/.
 */
#ifndef FAKE_UART_H
#define FAKE_UART_H

#include <hv/types.h>

extern char fake_uart_out[65536];	/* what was printed, NUL-terminated */
extern size_t fake_uart_count;
extern bool fake_uart_is_on;

void fake_uart_reset(void);
void fake_uart_type(const char *bytes, size_t count);	/* waits to be received */

#endif
