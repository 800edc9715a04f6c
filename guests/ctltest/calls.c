/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CONTROL and STATS, and waiting for what they lead to.
 */
#include "ctltest.h"

int64_t control(uint64_t guest, uint64_t operation)
{
	return hvc_call(SKERRY_HVC_CONTROL, guest, operation, 0);
}

const struct skerry_stats *stats(int guest)
{
	hvc_call(SKERRY_HVC_STATS, (uint64_t)guest, 0, 0);
	return (const struct skerry_stats *)SKERRY_STATS((uint64_t)guest);
}

int find(const char *name)
{
	for (int i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (hvc_call(SKERRY_HVC_STATS, (uint64_t)i, 0, 0) == SKERRY_OK &&
		    !strcmp(stats(i)->name, name)) {
			return i;
		}
	}
	return -1;
}

bool wait_state(int guest, uint32_t state)
{
	for (unsigned i = 0; i < 20000; i++) {
		if (stats(guest)->state == state) {
			return true;
		}
		sleep_unless(NULL, NULL, 1000);
	}
	return false;
}

bool wait_life(int guest, uint64_t life)
{
	for (unsigned i = 0; i < 20000; i++) {
		const struct skerry_stats *s = stats(guest);

		if (s->life == life && s->state == SKERRY_STATE_RUNNING) {
			return true;
		}
		sleep_unless(NULL, NULL, 1000);
	}
	return false;
}
