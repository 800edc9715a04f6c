/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits, counted by cause per vCPU, and the last few of each. Written by the
 * vCPU's own core only, so no lock; readers on other cores see a moment's value.
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <core/guest.h>

/* One exit of `v`, on its own core: every slow exit calls this once. */
static inline void stats_exit(struct vcpu *v, enum exit_cause cause, uint64_t syndrome)
{
	struct exit_record *r = &v->last_exit[v->exit_next++ % EXIT_RING];

	v->exits[cause]++;
	r->syndrome = (uint32_t)syndrome;
	r->cause = (uint32_t)cause;
}

#endif
