/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam that core/run.c calls, and the policies cyclic and rr; server.c has the third.
 * Each core calls for itself, with interrupts masked; nothing here is shared, so no lock.
 */
#include "sched.h"

struct sched_core sched_cores[SKERRY_CPU_MAX];
struct sched_server sched_servers[SKERRY_GUEST_MAX][SKERRY_VCPU_MAX];

/* A turn is its vCPU's, or nobody's. */
static int pick_cyclic(struct sched_core *c, uint64_t now, uint64_t *until)
{
	uint64_t at = (now - c->origin) % c->frame;
	const struct sched_turn *t = c->turn;

	while (t->end <= at) {
		t++;
	}
	*until = now - at + (at < t->begin ? t->begin : t->end);
	return at >= t->begin && (c->runnable >> t->slot & 1) ? (int)t->slot : SCHED_NONE;
}

/* Round by slot. A turn ends with its slice where another waits, or when it does not use it. */
static int pick_rr(struct sched_core *c, uint64_t now, uint64_t *until)
{
	uint32_t others = c->runnable & ~(1u << c->runner);

	if (!c->runnable) {
		return SCHED_NONE;
	}
	if (others == c->runnable || (others && now >= c->slice_end) || c->current == SCHED_NONE) {
		c->owner = c->runner = sched_after(c->runnable, c->owner);
		c->slice_end = now + c->slice;
	}
	*until = c->runnable & ~(1u << c->runner) ? c->slice_end : UINT64_MAX;
	return (int)c->runner;
}

/* No more than the rest: two that name each other take no turn of anybody else. */
void sched_pass(unsigned cpu, int to, uint64_t now)
{
	struct sched_core *c = &sched_cores[cpu];
	bool can_run = to != SCHED_NONE && (c->runnable >> to & 1);

	c->runner = can_run ? (uint32_t)to : c->runner;
	c->slice_end = can_run ? c->slice_end : now;
}

void sched_wake(unsigned cpu, unsigned slot, uint64_t now)
{
	(void)now;
	sched_cores[cpu].runnable |= 1u << slot;
}

void sched_block(unsigned cpu, unsigned slot, uint64_t now)
{
	(void)now;
	sched_cores[cpu].runnable &= ~(1u << slot);
}

int sched_pick(unsigned cpu, uint64_t now, uint64_t *until)
{
	static int (*const picks[POLICIES])(struct sched_core *, uint64_t, uint64_t *) = {
		[POLICY_CYCLIC] = pick_cyclic,
		[POLICY_SERVER] = sched_pick_server,
		[POLICY_RR] = pick_rr,
	};
	struct sched_core *c = &sched_cores[cpu];

	*until = UINT64_MAX;
	c->current = picks[c->policy](c, now, until);
	c->since = now;
	return c->current;
}
