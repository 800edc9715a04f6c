/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watchdogs. A guest's is a deadline: any of its vCPUs moves it by a check-in, vCPU 0's core
 * takes the guest as crashed when it passes. Without a lock: a deadline that comes earlier is
 * stored, then that core is told to look. The board's is fed by the check-in that completes a
 * round of all critical guests.
 */
#include <core/core.h>

uint32_t watchdog_critical;
static uint32_t checked_in;	/* critical guests of this round, a bit each */

uint64_t watchdog_look(unsigned cpu, uint64_t now)
{
	struct pcpu *p = &pcpus[cpu];
	uint64_t next = UINT64_MAX, due;
	char cause[64];

	if (now < p->watchdog) {
		return p->watchdog;
	}
	__atomic_store_n(&p->watchdog, UINT64_MAX, __ATOMIC_SEQ_CST);
	for (struct vcpu **v = p->vcpu; v < p->vcpu + p->vcpu_count; v++) {
		struct guest *g = (*v)->guest;
		bool is_set;		/* paused: watchdog_shift() comes at its end */

		due = __atomic_load_n(&g->watchdog, __ATOMIC_SEQ_CST);	/* after that store */
		is_set = (*v)->index == 0 && due != 0 && g->state == GUEST_RUNNING;
		if (is_set && now < due) {
			next = min_u64(next, due);
		} else if (is_set) {
			(void)format_to(cause, sizeof(cause), "watchdog: no check-in within %lu us",
					g->watchdog_us);
			life_crash(*v, cause, 0, 0, 0);
		}
	}
	due = UINT64_MAX;	/* unless look_again() was there meanwhile */
	(void)compare_exchange(&p->watchdog, &due, next);
	return next;
}

/* A deadline is earlier than what was seen. */
static void look_again(const struct guest *g)
{
	__atomic_store_n(&pcpus[g->vcpu[0].cpu].watchdog, 0, __ATOMIC_SEQ_CST);
	core_look(g->vcpu[0].cpu);
}

void watchdog_shift(struct guest *g, uint64_t ticks)
{
	uint64_t due = __atomic_load_n(&g->watchdog, __ATOMIC_SEQ_CST);

	if (due != 0) {	/* a vCPU on its way into the pause may check in: then that counts */
		(void)compare_exchange(&g->watchdog, &due, due + ticks);
		look_again(g);
	}
}

int64_t hvc_watchdog(struct vcpu *v, uint64_t *x)
{
	struct guest *g = v->guest;
	uint64_t us = x[1], due = arch_time_now() + us * arch_time_hz() / 1000000;
	uint32_t all = watchdog_critical;

	if (us != 0 && (us < SKERRY_WATCHDOG_MIN || us > SKERRY_WATCHDOG_MAX)) {
		return SKERRY_INVALID;
	}
	g->watchdog_us = us;
	__atomic_store_n(&g->watchdog, us ? due : 0, __ATOMIC_SEQ_CST);
	if (us && due < __atomic_load_n(&pcpus[g->vcpu[0].cpu].watchdog, __ATOMIC_SEQ_CST)) {
		look_again(g);		/* or it looks in time as it is */
	}
	__atomic_fetch_or(&checked_in, 1u << g->index & all, __ATOMIC_ACQ_REL);
	if (all && compare_exchange(&checked_in, &all, 0)) {
		arch_board_watchdog(the_system.watchdog_ms);
	}
	return SKERRY_OK;
}
