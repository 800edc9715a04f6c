/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches those whose watchdogs bite: every guest called w-* ends as crashed, but "w-fed",
 * which checks in for ever, and "w-off", which ended its watchdog and switched itself off.
 */
#include "ctltest.h"

void watch(void)
{
	int fed = find("w-fed"), off = find("w-off");

	for (int i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (hvc_call(SKERRY_HVC_STATS, (uint64_t)i, 0, 0) != SKERRY_OK ||
		    strncmp(stats(i)->name, "w-", 2)) {
			continue;
		}
		if (i == off) {
			printf("%s: %s\n", stats(i)->name,
			       wait_state(i, SKERRY_STATE_STOPPED) ? "off, ok" : "FAILED");
		} else if (i != fed) {
			printf("%s: %s\n", stats(i)->name,
			       wait_state(i, SKERRY_STATE_CRASHED) ? "crashed, ok" : "FAILED");
		}
	}
	if (fed >= 0) {		/* a pause is no reason */
		control((uint64_t)fed, SKERRY_CONTROL_PAUSE);
		sleep_unless(NULL, NULL, 300000);
		control((uint64_t)fed, SKERRY_CONTROL_RESUME);
		sleep_unless(NULL, NULL, 300000);
		printf("w-fed: %s\n", stats(fed)->state == SKERRY_STATE_RUNNING &&
		       stats(fed)->life == 1 ? "runs, ok" : "FAILED");
	}
	printf("watch: done\n");
}
