/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the policies must do, told a second time, tick by tick and without any cleverness: who
 * runs is found anew each tick, each tick of budget that was used remembers by itself when it
 * comes back. One tick is a microsecond here. Periods are at most MODEL_PERIOD ticks, so that
 * no table of refills is ever full; what happens then has tests of its own.
 */
#ifndef SCHED_MODEL_H
#define SCHED_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sched/sched.h>

#define MODEL_PERIOD	24
#define MODEL_LATE	10	/* how late a pick may come */
#ifndef MODEL_RING
#define MODEL_RING	64	/* more than both and a period again */
#endif
#define HZ		1000000

struct model_vcpu {
	unsigned priority, budget, period;
	int left, owed;
	uint64_t looked;		/* what came back until then is in `left` */
	uint8_t back[MODEL_RING];	/* ticks of budget that come back, by time */
};

struct model {
	const struct sys_core *core;
	uint32_t frame, count;
	uint64_t origin, now;
	bool is_runnable[SYS_SLOT_MAX];
	int running;
	bool is_paying;
	/* server */
	uint64_t piece;			/* the paying one runs since, without a gap */
	int last_paid, last_slack;
	uint64_t slack_left;
	/* rr */
	int owner, runner;
	uint64_t slice_end;
	struct model_vcpu vcpu[SYS_SLOT_MAX];	/* [count], last: see model_copy() */
};

static inline void model_copy(struct model *to, const struct model *from)
{
	memcpy(to, from, offsetof(struct model, vcpu) + from->count * sizeof(from->vcpu[0]));
}

/* In a round from `after` on, the first that is runnable and, in the policy server, has this
 * priority and budget or not; or SCHED_NONE. */
static inline int model_next(const struct model *m, int after, int priority, bool has_budget)
{
	for (unsigned i = 1; i <= SYS_SLOT_MAX; i++) {
		int slot = (after + (int)i) % SYS_SLOT_MAX;
		const struct model_vcpu *v = &m->vcpu[slot];

		if (m->is_runnable[slot] &&
		    (priority < 0 ||
		     ((int)v->priority == priority && (v->left > 0) == has_budget))) {
			return slot;
		}
	}
	return SCHED_NONE;
}

/* The highest priority of the runnable ones with budget, or of those without; -1: none. */
static inline int model_top(const struct model *m, bool has_budget)
{
	int top = -1;

	for (unsigned i = 0; i < m->count; i++) {
		const struct model_vcpu *v = &m->vcpu[i];

		if (m->is_runnable[i] && (v->left > 0) == has_budget && (int)v->priority > top) {
			top = (int)v->priority;
		}
	}
	return top;
}

/* Each tick that comes back is there again, or pays for one that was owed. */
static inline void model_come_back(struct model *m, int slot)
{
	struct model_vcpu *v = &m->vcpu[slot];
	unsigned paid = 0;

	for (unsigned i = 0; v->looked < m->now && i < MODEL_RING; i++) {
		uint8_t *back = &v->back[++v->looked % MODEL_RING];

		for (; *back; --*back) {
			paid += v->owed > 0;
			*(v->owed > 0 ? &v->owed : &v->left) += v->owed > 0 ? -1 : 1;
		}
	}
	v->looked = m->now;
	v->back[(m->now + v->period) % MODEL_RING] += paid;
	if (m->running == slot && (paid || m->piece + v->period <= m->now)) {
		m->piece = m->now;
	}
}

static inline int model_server(struct model *m)
{
	int top;
	bool was_paying = m->is_paying;

	for (unsigned i = 0; i < m->count; i++) {
		if (m->is_runnable[i]) {
			model_come_back(m, (int)i);
		}
	}
	top = model_top(m, true);
	m->is_paying = top >= 0;
	if (m->is_paying) {
		if (was_paying && m->running >= 0 && m->is_runnable[m->running] &&
		    m->vcpu[m->running].left > 0 &&
		    (int)m->vcpu[m->running].priority == top) {
			return m->last_paid = m->running;
		}
		m->piece = m->now;
		return m->last_paid = model_next(m, m->last_paid, top, true);
	}
	top = model_top(m, false);
	if (top < 0 || !m->core->slack) {
		return SCHED_NONE;
	}
	if (m->slack_left && m->is_runnable[m->last_slack] &&
	    (int)m->vcpu[m->last_slack].priority == top) {
		return m->last_slack;
	}
	m->slack_left = m->core->slice_us;
	return m->last_slack = model_next(m, m->last_slack, top, false);
}

static inline int model_rr(struct model *m)
{
	int runner = m->runner;
	bool others = false;

	for (unsigned i = 0; i < m->count; i++) {
		others |= m->is_runnable[i] && (int)i != runner;
	}
	if (!others && !m->is_runnable[runner]) {
		return SCHED_NONE;
	}
	if (m->running < 0 || !m->is_runnable[runner] || (others && m->now >= m->slice_end)) {
		m->owner = m->runner = model_next(m, m->owner, -1, false);
		m->slice_end = m->now + m->core->slice_us;
	}
	return m->runner;
}

static inline int model_cyclic(const struct model *m)
{
	uint64_t at = (m->now - m->origin) % m->frame;

	for (unsigned i = 0; i < m->core->turn_count; i++) {
		const struct sys_turn *t = &m->core->turn[i];

		if (at >= t->start_us && at < (uint64_t)t->start_us + t->length_us) {
			return m->is_runnable[t->vcpu] ? t->vcpu : SCHED_NONE;
		}
	}
	return SCHED_NONE;
}

static inline int model_pick(struct model *m)
{
	m->running = m->core->policy == POLICY_CYCLIC ? model_cyclic(m) :
		     m->core->policy == POLICY_RR ? model_rr(m) : model_server(m);
	return m->running;
}

/* One tick goes by. */
static inline void model_tick(struct model *m)
{
	if (m->is_paying && m->running >= 0) {
		struct model_vcpu *v = &m->vcpu[m->running];

		if (v->left > 0) {
			v->left--;
			v->back[(m->piece + v->period) % MODEL_RING]++;
		} else {
			v->owed++;
		}
	} else if (m->core->policy == POLICY_SERVER && m->running >= 0 && m->slack_left) {
		m->slack_left--;
	}
	m->now++;
}

static inline void model_yield(struct model *m, int to)
{
	if (m->core->policy == POLICY_RR && to >= 0 && m->is_runnable[to]) {
		m->runner = to;
	} else {
		m->slice_end = m->now;
	}
}

/* Both of them, as `core` says; on server cores with these budgets. vCPU n of guest 0 to 3
 * has slot n; cyclic turns name vCPUs below 8 of guest 0. */
static inline void model_begin(struct model *m, const struct sys_core *core, uint32_t frame,
			       uint32_t count, const struct sys_server *servers, uint64_t now)
{
	*m = (struct model){ .core = core, .frame = frame, .count = count, .origin = now,
			     .now = now, .running = SCHED_NONE, .last_paid = SYS_SLOT_MAX - 1,
			     .last_slack = SYS_SLOT_MAX - 1, .owner = SYS_SLOT_MAX - 1 };
	sched_init(0, core, frame, HZ, now);
	for (unsigned i = 0; i < count; i++) {
		m->vcpu[i] = (struct model_vcpu){
			.priority = servers[i].priority, .budget = servers[i].budget_us,
			.period = servers[i].period_us, .left = (int)servers[i].budget_us,
			.looked = now,
		};
		sched_add(0, i, (uint8_t)(i / SKERRY_VCPU_MAX), (uint8_t)(i % SKERRY_VCPU_MAX),
			  &servers[i]);
	}
}

/* One event, to both. */
static inline void model_set(struct model *m, unsigned slot, bool is_runnable)
{
	m->is_runnable[slot] = is_runnable;
	(is_runnable ? sched_wake : sched_block)(0, slot, m->now);
}

#endif
