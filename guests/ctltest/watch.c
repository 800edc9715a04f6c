/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches those whose watchdogs bite: every guest called dog* ends as crashed, but "dogfed",
 * which checks in for ever, and "dogoff", which ended its watchdog and switched itself off.
 */
#include "ctltest.h"

/* Instructions, about: where time is counted in those, sleep and looks at the counter are slow. */
static void spend(uint64_t count)
{
	for (count /= 2; count; count--) {
		asm volatile("");
	}
}

static bool comes_to(int guest, uint32_t state)
{
	for (unsigned i = 0; i < 1000 && stats(guest)->state != state; i++) {
		spend(1000000);
	}
	return stats(guest)->state == state;
}

void watch(void)
{
	int fed = find("dogfed"), off = find("dogoff");

	for (int i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (hvc_call(SKERRY_HVC_STATS, (uint64_t)i, 0, 0) != SKERRY_OK ||
		    strncmp(stats(i)->name, "dog", 3)) {
			continue;
		}
		if (i == off) {
			printf("%s: %s\n", stats(i)->name,
			       comes_to(i, SKERRY_STATE_STOPPED) ? "off, ok" : "FAILED");
		} else if (i != fed) {
			printf("%s: %s\n", stats(i)->name,
			       comes_to(i, SKERRY_STATE_CRASHED) ? "crashed, ok" : "FAILED");
		}
	}
	if (fed >= 0) {		/* a pause is no reason */
		control((uint64_t)fed, SKERRY_CONTROL_PAUSE);
		spend(50000000);
		control((uint64_t)fed, SKERRY_CONTROL_RESUME);
		spend(50000000);
		printf("dogfed: %s\n", stats(fed)->state == SKERRY_STATE_RUNNING &&
		       stats(fed)->life == 1 ? "runs, ok" : "FAILED");
	}
	printf("watch: done\n");
}
