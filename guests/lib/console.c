/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: by hypercall on Skerry, else the PL011 of the device tree (also
 * on Skerry, where the description says console = "pl011").
 */
#include "runtime.h"

#define UART_DR		0x00
#define UART_FR		0x18
#define UART_CR		0x30
#define FR_RXFE		(1u << 4)
#define FR_TXFF		(1u << 5)

static uint64_t owner;		/* who prints: its index + 1; a handler may print in between */
static bool by_hypercall;

void console_init(void)
{
	by_hypercall = platform.info && !platform.pl011;
	if (platform.pl011) {
		write32(platform.pl011 + UART_CR, 0x301);	/* UARTEN, TXE, RXE */
	}
}

static void write_hypercall(const char *bytes, size_t count)
{
	while (count) {
		size_t n = count < SKERRY_CONSOLE_WRITE_MAX ? count : SKERRY_CONSOLE_WRITE_MAX;
		struct regs r = { { SKERRY_HVC_CONSOLE_WRITE, n } };

		memcpy(&r.x[2], bytes, n);
		hvc(&r);
		bytes += n;
		count -= n;
	}
}

static void write_pl011(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			write32(platform.pl011 + UART_DR, '\r');
		}
		while (read32(platform.pl011 + UART_FR) & FR_TXFF) {
			cpu_relax();
		}
		write32(platform.pl011 + UART_DR, (uint8_t)bytes[i]);
	}
}

void console_write(const char *bytes, size_t count)
{
	uint64_t me = cpu_self()->index + 1;
	bool is_nested = __atomic_load_n(&owner, __ATOMIC_RELAXED) == me;
	uint64_t nobody = 0;

	while (!is_nested && !__atomic_compare_exchange_n(&owner, &nobody, me, false,
							  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		nobody = 0;
		cpu_relax();
	}
	if (by_hypercall) {
		write_hypercall(bytes, count);
	} else if (platform.pl011) {
		write_pl011(bytes, count);
	}
	if (!is_nested) {
		__atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
	}
}

int console_read(void)
{
	static uint64_t waiting[2];
	static uint32_t count;
	int c;

	if (!by_hypercall) {
		if (!platform.pl011 || (read32(platform.pl011 + UART_FR) & FR_RXFE)) {
			return -1;
		}
		return (int)(read32(platform.pl011 + UART_DR) & 0xff);
	}
	if (!count) {
		struct regs r = { { SKERRY_HVC_CONSOLE_READ } };

		hvc(&r);
		if ((int64_t)r.x[0] <= 0 || r.x[0] > SKERRY_CONSOLE_READ_MAX) {
			return -1;
		}
		count = (uint32_t)r.x[0];
		waiting[0] = r.x[1];
		waiting[1] = r.x[2];
	}
	c = (int)(waiting[0] & 0xff);
	waiting[0] = waiting[0] >> 8 | waiting[1] << 56;
	waiting[1] >>= 8;
	count--;
	return c;
}
