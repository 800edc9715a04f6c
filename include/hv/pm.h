/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power management block of BCM2835 and its successors (Raspberry Pi):
 * reset of the board, and power off as the Pi's firmware knows it.
 * `base` is EL2's mapping of the block. Both return; the reset comes some
 * 150 us later: the caller waits for it.
 */
#ifndef HV_PM_H
#define HV_PM_H

#include <hv/types.h>

void pm_reset(uintptr_t base);
void pm_power_off(uintptr_t base);	/* reset into the boot ROM, which finds "halt" and sleeps */

#endif
