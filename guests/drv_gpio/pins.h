/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pins of a BCM2711: its GPIO registers (BCM2711 ARM Peripherals, 5), which drv_gpio alone
 * touches. Knows no rights: gpio.h checks whose pin it is. Nothing is kept here that the
 * registers do not hold, so a restart of drv_gpio changes no pin. One vCPU.
 */
#ifndef DRV_GPIO_PINS_H
#define DRV_GPIO_PINS_H

#include "../lib/guest.h"

#define PIN_COUNT	58u

/* GPFSELn, 3 bits a pin; the others are alternate functions, which are not offered. */
enum { PIN_IN, PIN_OUT };

/* What makes GPEDSn's bit of a pin; VIRTIO's numbers (1.2, 5.18.6). */
enum pin_trigger {
	PIN_NEVER = 0, PIN_RISING = 1, PIN_FALLING = 2, PIN_BOTH = 3, PIN_HIGH = 4, PIN_LOW = 8,
};

void pins_open(uint64_t base);		/* where the registers are mapped */

uint32_t pin_function(uint32_t pin);
void pin_set_function(uint32_t pin, uint32_t function);
bool pin_level(uint32_t pin);
/* What it drives while it is an output, or will drive. */
void pin_drive(uint32_t pin, bool is_high);

enum pin_pull { PIN_FLOATS, PIN_PULL_UP, PIN_PULL_DOWN };
void pin_set_pull(uint32_t pin, enum pin_pull pull);

void pin_set_trigger(uint32_t pin, enum pin_trigger trigger);
void pin_clear_event(uint32_t pin);
/* Pins whose events have come since the last time, bit by bit; they are cleared. */
uint64_t pins_take_events(void);

/* The host's tests have registers of their own. */
#ifdef SKERRY_HOST
uint32_t pins_read(uint64_t at);
void pins_write(uint64_t at, uint32_t value);
#else
#define pins_read	read32
#define pins_write	write32
#endif

#endif
