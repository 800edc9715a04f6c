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
	uint32_t runnable = c->runnable, slot = c->runner, others = runnable & ~(1u << slot);
	uint64_t end = c->slice_end;

	if (others == runnable || (others && now >= end) || c->current == SCHED_NONE) {
		if (!runnable) {
			*until = UINT64_MAX;
			return c->current = SCHED_NONE;
		}
		c->owner = c->runner = slot = sched_after(runnable, c->owner);
		c->slice_end = end = now + c->slice;
		others = runnable & ~(1u << slot);
	}
	*until = others ? end : UINT64_MAX;
	return c->current = (int)slot;
}

/* No more than the rest: two that name each other take no turn of anybody else. */
void sched_pass(unsigned cpu, int to, uint64_t now)
{
	struct sched_core *c = &sched_cores[cpu];

	if (to != SCHED_NONE && (c->runnable >> to & 1)) {
		c->runner = (uint32_t)to;
	} else {
		c->slice_end = now;
	}
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
	struct sched_core *c = &sched_cores[cpu];

	return c->policy == POLICY_RR ? pick_rr(c, now, until) :
	       c->policy == POLICY_SERVER ? sched_pick_server(c, now, until) :
	       pick_cyclic(c, now, until);
}
