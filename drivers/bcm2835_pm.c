/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BCM2835 power management block: the watchdog, and reset and power off through it.
 * No lock: those come when everything else has stopped, and two that feed write the same.
 * Source: the bcm2835-wdt binding and the register names that Broadcom's
 * firmware headers use; the block has no public manual.
 */
#include <hv/drivers.h>

enum { PM_RSTC = 0x1c, PM_WDOG = 0x24 };
enum { PM_PASSWORD = 0x5a000000,	/* in every write */
       RSTC_WRCFG = 0x30, RSTC_FULL_RESET = 0x20,
       RSTS_HALT = 0x555,		/* boot partition 63, bits 0 2 4 6 8 10: stay off */
       WDOG_RESET = 10 };
#define WDOG_HZ	65536ull		/* it counts down 20 bits */

static void count_down(uintptr_t base, uint32_t ticks)
{
	uint32_t rstc = mmio_read32(base + PM_RSTC) & ~(0xff000000u | RSTC_WRCFG);

	mmio_write32(base + PM_WDOG, PM_PASSWORD | ticks);
	mmio_write32(base + PM_RSTC, PM_PASSWORD | rstc | RSTC_FULL_RESET);
}

void pm_watchdog(uintptr_t base, uint32_t ms) { count_down(base, (uint32_t)(ms * WDOG_HZ / 1000)); }

void pm_reset(uintptr_t base, bool stays_off)
{
	uint32_t rsts = mmio_read32(base + PM_RSTS) & ~0xff000000u;

	if (stays_off) {
		mmio_write32(base + PM_RSTS, PM_PASSWORD | rsts | RSTS_HALT);
	}
	count_down(base, WDOG_RESET);
}
