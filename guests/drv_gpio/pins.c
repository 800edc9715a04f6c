// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pins; see pins.h. Setting and clearing a pin is one store each, since GPSETn and GPCLRn leave
 * the bits alone that are written as 0. GPEDSn's bits are cleared by writing 1.
 */
#include "pins.h"

enum {				/* offsets; the register of pins 32 and up is 4 behind each */
	GPFSEL = 0x00,		/* 10 pins each */
	GPSET = 0x1c, GPCLR = 0x28, GPLEV = 0x34, GPEDS = 0x40,
	GPREN = 0x4c, GPFEN = 0x58, GPHEN = 0x64, GPLEN = 0x70,
	GPIO_PUP_PDN_CNTRL = 0xe4,	/* 16 pins each */
};

static uint64_t base;

void pins_open(uint64_t at)
{
	base = at;
}

static uint64_t bank_of(uint32_t offset, uint32_t pin)
{
	return base + offset + pin / 32 * 4;
}

uint32_t pin_function(uint32_t pin)
{
	return pins_read(base + GPFSEL + pin / 10 * 4) >> pin % 10 * 3 & 7;
}

void pin_set_function(uint32_t pin, uint32_t function)
{
	uint64_t at = base + GPFSEL + pin / 10 * 4;
	uint32_t shift = pin % 10 * 3, old = pins_read(at);

	pins_write(at, (old & ~(7u << shift)) | function << shift);
}

void pin_set_pull(uint32_t pin, enum pin_pull pull)
{
	uint64_t at = base + GPIO_PUP_PDN_CNTRL + pin / 16 * 4;
	uint32_t shift = pin % 16 * 2, old = pins_read(at);

	pins_write(at, (old & ~(3u << shift)) | (uint32_t)pull << shift);
}

bool pin_level(uint32_t pin)
{
	return pins_read(bank_of(GPLEV, pin)) >> pin % 32 & 1;
}

void pin_drive(uint32_t pin, bool is_high)
{
	pins_write(bank_of(is_high ? GPSET : GPCLR, pin), 1u << pin % 32);
}

static void set_bit(uint32_t offset, uint32_t pin, bool is_set)
{
	uint64_t at = bank_of(offset, pin);
	uint32_t bit = 1u << pin % 32, old = pins_read(at);

	pins_write(at, is_set ? old | bit : old & ~bit);
}

void pin_set_trigger(uint32_t pin, enum pin_trigger trigger)
{
	set_bit(GPREN, pin, trigger & PIN_RISING);
	set_bit(GPFEN, pin, trigger & PIN_FALLING);
	set_bit(GPHEN, pin, trigger & PIN_HIGH);
	set_bit(GPLEN, pin, trigger & PIN_LOW);
}

void pin_clear_event(uint32_t pin)
{
	pins_write(bank_of(GPEDS, pin), 1u << pin % 32);
}

uint64_t pins_take_events(void)
{
	uint32_t low = pins_read(base + GPEDS), high = pins_read(base + GPEDS + 4);

	if (low) {
		pins_write(base + GPEDS, low);
	}
	if (high) {
		pins_write(base + GPEDS + 4, high);
	}
	return low | (uint64_t)high << 32;
}
