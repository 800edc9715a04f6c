/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/core.h>
/*
 * A core's loop: what its vCPU's guest is in decides. Runs on each core by
 * itself; other cores ask it to look again by a kick.
 */

/* Ready for its next (or first) instruction? */
static bool is_ready(struct vcpu *v)
{
	if (__atomic_load_n(&v->guest->state, __ATOMIC_ACQUIRE) != GUEST_RUNNING) {
		return false;
	}
	if (__atomic_load_n(&v->power, __ATOMIC_ACQUIRE) == VCPU_STARTING) {
		arch_vcpu_start(v, v->entry, v->context);
		__atomic_store_n(&v->power, VCPU_ON, __ATOMIC_RELEASE);
	}
	return vcpu_is_on(v);
}

struct vcpu *core_next(void)
{
	struct vcpu *v = pcpus[arch_cpu_index()].vcpu[0];

	for (;;) {
		if (v && is_ready(v)) {
			return v;
		}
		if (!(v && life_work(v)) || arch_cpu_has_work()) {
			arch_cpu_wait();
		}
	}
}
