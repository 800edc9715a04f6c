/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Death at a step (guests/lib/step.h): before and after each message and event call, too:
 * the linker puts __wrap_hvc in hvc's place.
 */
#include "pvtest.h"

void __real_hvc(struct regs *r);
void __wrap_hvc(struct regs *r);

void __wrap_hvc(struct regs *r)
{
	bool is_counted = r->x[0] == SKERRY_HVC_MESSAGE || r->x[0] == SKERRY_HVC_EVENT;

	if (is_counted) {
		step();
	}
	__real_hvc(r);
	if (is_counted) {
		step();
	}
}
