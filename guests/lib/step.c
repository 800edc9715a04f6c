// SPDX-License-Identifier: BSD-2-Clause
/*
 * See step.h.
 */
#include "guest.h"
#include "step.h"

static uint64_t steps_left;		/* 0: lives */
static const char *name;

void steps_begin(const char *program)
{
	uint64_t at = arg_number("die-at", 0), life = guest_life();

	name = program;
	if (at && life <= arg_number("die-lives", 1)) {
		steps_left = at + (life - 1) * arg_number("die-add", 0);
	}
}

void step(void)
{
	if (steps_left && --steps_left == 0) {
		if (name) {
			printf("%s: dies, as its boot arguments ask for\n", name);
		}
		guest_crash(4, 0);
	}
}
