/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EL2 publishes: statistics, brought up to date by the call STATS on the caller's time,
 * and paravirtualised time (Arm DEN0057A), by the vCPU's own core. No lock.
 */
#include <abi/hypercalls.h>
#include <abi/stats.h>
#include <core/core.h>

/* Called by core_next() where another vCPU gets the core, or may have to wait for it. */
void time_publish(struct vcpu *v)
{
	struct skerry_time_page *t = v->guest->time;
	uint64_t hz = arch_time_hz(), stolen = v->ticks[VCPU_READY];

	if (t != NULL) {
		stolen = stolen / hz * 1000000000 + stolen % hz * 1000000000 / hz;
		__atomic_store_n(&t->time[v->index].stolen, stolen, __ATOMIC_RELAXED);
		t->state[v->index].preempted = v->time == VCPU_READY;
	}
}
