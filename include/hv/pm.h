/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power management block of BCM2835 and its successors (Raspberry Pi):
 * reset of the board, and power off as the Pi's firmware knows it.
 * `base` is EL2's mapping of the block. It returns; the reset comes some
 * 150 us later: the caller waits for it.
 */
#ifndef HV_PM_H
#define HV_PM_H

#include <hv/types.h>

/* To stay off is a reset into the boot ROM, which finds "halt" and sleeps. */
void pm_reset(uintptr_t base, bool stays_off);

#endif
