/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt's pin; see pin.h. Registers: BCM2711 ARM Peripherals, 5.2.
 */
#include "pin.h"
#include "tree.h"

#define PIN_COUNT	58u

enum { GPFSEL = 0x00, GPSET = 0x1c, GPCLR = 0x28 };

static uint64_t set_at, clear_at;	/* 0: there is no pin */
static uint32_t bit;
static uint64_t changes;

void pin_open(void)
{
	uint64_t pin = arg_number("pin", ~0ull), select;
	struct tree_device gpio;
	uint32_t shift;

	if (pin >= PIN_COUNT) {
		return;
	}
	if (!tree_device("brcm,bcm2711-gpio", 0, &gpio)) {
		printf("rt: no GPIO is assigned: no pin\n");
		return;
	}
	select = gpio.base + GPFSEL + pin / 10 * 4;
	shift = (uint32_t)(pin % 10 * 3);
	set_at = gpio.base + GPSET + pin / 32 * 4;
	clear_at = gpio.base + GPCLR + pin / 32 * 4;
	bit = 1u << pin % 32;
	write32(clear_at, bit);
	write32(select, (read32(select) & ~(7u << shift)) | 1u << shift);
	printf("rt: pin %lu changes with each beat\n", pin);
}

void pin_toggle(void)
{
	if (set_at) {
		write32(changes++ & 1 ? clear_at : set_at, bit);
	}
}

uint64_t pin_changes(void)
{
	return changes;
}
