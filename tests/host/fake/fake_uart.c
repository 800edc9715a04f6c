/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See fake_uart.h.
 */
#include <string.h>
#include <hv/drivers.h>
#include "fake_uart.h"

char fake_uart_out[65536];
size_t fake_uart_count;
bool fake_uart_is_on;
static char typed[1024];
static size_t typed_count, typed_taken;

void fake_uart_reset(void)
{
	memset(fake_uart_out, 0, sizeof(fake_uart_out));
	fake_uart_count = 0;
	typed_count = typed_taken = 0;
}

void fake_uart_type(const char *bytes, size_t count)
{
	memcpy(typed + typed_count, bytes, count);
	typed_count += count;
}

static void init(uintptr_t base, uint32_t clock_hz)
{
	(void)base;
	(void)clock_hz;
	fake_uart_is_on = true;
}

static void put(uintptr_t base, char c)
{
	(void)base;
	if (fake_uart_count + 1 < sizeof(fake_uart_out)) {
		fake_uart_out[fake_uart_count++] = c;
	}
}

static int get(uintptr_t base)
{
	(void)base;
	return typed_taken < typed_count ? (uint8_t)typed[typed_taken++] : -1;
}

const struct uart_ops pl011_uart = { init, put, get };
const struct uart_ops bcm2835_aux_uart = { init, put, get };
