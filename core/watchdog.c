/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watchdogs. A guest's is a deadline: any of its vCPUs moves it by a check-in, vCPU 0's core
 * takes the guest as crashed when it passes. Without a lock: a deadline that comes earlier is
 * stored, then that core is told to look. The board's is fed by the check-in that completes a
 * round of all critical guests.
 */
#include <abi/hypercalls.h>
#include <core/core.h>

static uint64_t next_look[SKERRY_CPU_MAX];	/* own core only */
static bool is_stale[SKERRY_CPU_MAX];		/* a deadline is earlier than next_look; any core */
static uint32_t checked_in;			/* critical guests of this round, a bit each */

static void expire(struct vcpu *v)
{
	char cause[64];

	(void)format_to(cause, sizeof(cause), "watchdog: no check-in within %lu us",
			v->guest->watchdog_us);
	life_crash(v, cause, 0, 0, 0);
}

uint64_t watchdog_look(unsigned cpu, uint64_t now)
{
	const struct pcpu *p = &pcpus[cpu];

	if (now < next_look[cpu] && !__atomic_load_n(&is_stale[cpu], __ATOMIC_RELAXED)) {
		return next_look[cpu];
	}
	__atomic_store_n(&is_stale[cpu], false, __ATOMIC_SEQ_CST);	/* before the deadlines */
	next_look[cpu] = UINT64_MAX;
	for (uint32_t i = 0; i < p->vcpu_count; i++) {
		struct guest *g = p->vcpu[i]->guest;
		uint64_t due = __atomic_load_n(&g->watchdog, __ATOMIC_RELAXED);

		if (p->vcpu[i]->index != 0 || due == 0 ||
		    __atomic_load_n(&g->state, __ATOMIC_ACQUIRE) != GUEST_RUNNING) {
			continue;	/* paused: watchdog_shift() comes at its end */
		}
		if (now >= due) {
			expire(p->vcpu[i]);
		} else {
			next_look[cpu] = min_u64(next_look[cpu], due);
		}
	}
	return next_look[cpu];
}

static void look_again(const struct guest *g)
{
	__atomic_store_n(&is_stale[g->vcpu[0].cpu], true, __ATOMIC_SEQ_CST);
	core_look(g->vcpu[0].cpu);
}

void watchdog_shift(struct guest *g, uint64_t ticks)
{
	uint64_t due = __atomic_load_n(&g->watchdog, __ATOMIC_SEQ_CST);

	if (due != 0) {	/* a vCPU on its way into the pause may check in: then that counts */
		(void)__atomic_compare_exchange_n(&g->watchdog, &due, due + ticks, false,
						  __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
		look_again(g);
	}
}

/* The last of the critical guests in this round feeds the board's. */
static void check_in(uint32_t index)
{
	uint32_t wanted = 0, seen;

	for (uint32_t i = 0; i < guest_count; i++) {
		wanted |= (uint32_t)guests[i].config->critical << i;
	}
	if (the_system.watchdog_ms == 0 || !(wanted >> index & 1)) {
		return;
	}
	seen = __atomic_or_fetch(&checked_in, 1u << index, __ATOMIC_ACQ_REL);
	if (seen == wanted && __atomic_compare_exchange_n(&checked_in, &seen, 0, false,
							  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		arch_board_watchdog(the_system.watchdog_ms);
	}
}

int64_t hvc_watchdog(struct vcpu *v, uint64_t *x)
{
	struct guest *g = v->guest;
	uint64_t us = x[1], due, old;

	if (us != 0 && (us < SKERRY_WATCHDOG_MIN || us > SKERRY_WATCHDOG_MAX)) {
		return SKERRY_INVALID;
	}
	due = us != 0 ? arch_time_now() + us * arch_time_hz() / 1000000 : 0;
	g->watchdog_us = us;
	old = __atomic_exchange_n(&g->watchdog, due, __ATOMIC_SEQ_CST);
	if (due != 0 && (old == 0 || due < old)) {
		look_again(g);
	}
	check_in(g->index);
	return SKERRY_OK;
}
