/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt's pin: an output that changes with each beat, for an oscilloscope. Its GPIO registers
 * are a device of this guest's own, so a change is one store and no exit.
 */
#ifndef RT_PIN_H
#define RT_PIN_H

#include "guest.h"

/* Takes the pin of boot argument `pin`, if there is one, and says so; without GPIO registers
 * among this guest's devices (brcm,bcm2711-gpio) it says that and goes on without. */
void pin_open(void);
/* How often it has changed. */
uint64_t pin_changes(void);
void pin_toggle(void);

#endif
