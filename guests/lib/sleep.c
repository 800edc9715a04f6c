/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for an interrupt without missing one: WFI with interrupts masked ends when
 * one is pending, and the look that comes before it can't be overtaken.
 */
#include "gic.h"
#include "timer.h"

static void timer_interrupt(uint32_t intid)
{
	(void)intid;
	vtimer_stop();
}

void sleep_unless(bool (*is_ready)(void *context), void *context, uint64_t us)
{
	uint64_t daif = sysreg_read(daif);

	irq_disable();
	if (!is_ready || !is_ready(context)) {
		if (us) {
			irq_handler(SKERRY_INTID_VTIMER, timer_interrupt);
			gic_enable(SKERRY_INTID_VTIMER);
			vtimer_arm(time_now() + us_to_ticks(us));
		}
		wfi();
		if (us) {
			vtimer_stop();
		}
	}
	irq_enable();
	isb();
	sysreg_write(daif, daif);
}
