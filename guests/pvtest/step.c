/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Death at a step: steps are counted before and after each message and event call (the
 * linker puts __wrap_hvc in hvc's place) and where the code says step().
 *   die-at=N      crash at the Nth step
 *   die-lives=K   in each of the first K lives (1)
 *   die-add=M     at a step that is M later each life (0)
 */
#include "pvtest.h"

static uint64_t steps_left;

void __real_hvc(struct regs *r);
void __wrap_hvc(struct regs *r);

void steps_begin(void)
{
	uint64_t at = arg_number("die-at", 0), life = guest_life();

	if (at && life <= arg_number("die-lives", 1)) {
		steps_left = at + (life - 1) * arg_number("die-add", 0);
	}
}

void step(void)
{
	if (steps_left && --steps_left == 0) {
		guest_crash(4, 0);
	}
}

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
