/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL1 virtual and physical timers of the calling vCPU. Times are counter
 * values; with CNTVOFF = 0 both counters are the same.
 */
#ifndef TIMER_H
#define TIMER_H

#include "guest.h"

#define TIMER_ENABLE	1
#define TIMER_MASK	2
#define TIMER_FIRED	4

static inline void vtimer_arm(uint64_t when)
{
	sysreg_write(cntv_cval_el0, when);
	sysreg_write(cntv_ctl_el0, TIMER_ENABLE);
	isb();
}

static inline void vtimer_stop(void)
{
	sysreg_write(cntv_ctl_el0, 0);
	isb();
}

static inline void ptimer_arm(uint64_t when)
{
	sysreg_write(cntp_cval_el0, when);
	sysreg_write(cntp_ctl_el0, TIMER_ENABLE);
	isb();
}

static inline void ptimer_stop(void)
{
	sysreg_write(cntp_ctl_el0, 0);
	isb();
}

#endif
