/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core with its vCPUs, each of which works for a while and sleeps for a while, again and
 * again. Who ran in each tick is recorded. One tick is a microsecond.
 */
#ifndef SCHED_MACHINE_H
#define SCHED_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sched/sched.h>

#define TICKS	200000
#define BEGIN	(1ull << 40)
#define IDLE	0xff
#define FREE	0x80		/* with a slot: on slack, not on its budget */
#define EVER	UINT64_MAX

struct actor {			/* (min, max): something random from min to max */
	uint64_t work[2], sleep[2];
	uint64_t left, wake;	/* of its work; when it wakes, if it sleeps */
};

static struct machine {
	struct sys_core core;
	struct sys_server server[SYS_SLOT_MAX];
	struct actor actor[SYS_SLOT_MAX];
	uint32_t frame, count;
	uint64_t now, until, picks;
	uint64_t late;		/* each pick that time asks for comes so much too late */
	int running;
	uint8_t ran[TICKS];
} machine;

static uint64_t random_state = 88172645463325252ull;

static inline uint64_t between(const uint64_t limits[2])
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return limits[0] == limits[1] ? limits[0] :
	       limits[0] + random_state % (limits[1] - limits[0] + 1);
}

static inline unsigned any(unsigned count)
{
	return (unsigned)between((uint64_t[]){ 0, count - 1 });
}

/* Greedy: works for ever. */
#define GREEDY		{ .work = { EVER, EVER }, .sleep = { 1, 1 } }
#define WORKS(a, b, c, d) { .work = { a, b }, .sleep = { c, d } }
#define ASLEEP		{ .work = { 1, 1 }, .sleep = { EVER, EVER }, .wake = EVER }

static inline void machine_pick(struct machine *m)
{
	m->running = sched_pick(0, m->now, &m->until);
	m->picks++;
}

static inline void machine_begin(struct machine *m)
{
	m->now = BEGIN;
	m->picks = 0;
	sched_init(0, &m->core, m->frame, 1000000, BEGIN);
	for (unsigned i = 0; i < m->count; i++) {
		struct actor *a = &m->actor[i];

		sched_add(0, i, (uint8_t)(i / SKERRY_VCPU_MAX), (uint8_t)(i % SKERRY_VCPU_MAX),
			  &m->server[i]);
		a->left = between(a->work);
		if (a->wake == 0) {
			sched_wake(0, i, BEGIN);
		}
	}
	machine_pick(m);
}

/* Who sleeps too long wakes; who has done its work sleeps. */
static inline bool machine_events(struct machine *m)
{
	bool something = m->now >= m->until && m->now - m->until >= m->late;

	for (unsigned i = 0; i < m->count; i++) {
		struct actor *a = &m->actor[i];

		if (a->wake && a->wake != EVER && a->wake <= m->now) {
			a->wake = 0;
			a->left = between(a->work);
			sched_wake(0, i, m->now);
			something = true;
		} else if (!a->wake && a->left == 0) {
			a->wake = a->sleep[0] == EVER ? EVER : m->now + between(a->sleep);
			sched_block(0, i, m->now);
			something = true;
		}
	}
	return something;
}

static inline void machine_tick(struct machine *m)
{
	uint8_t *ran = &m->ran[m->now - BEGIN];

	*ran = IDLE;
	if (m->running != SCHED_NONE) {
		struct actor *a = &m->actor[m->running];

		*ran = (uint8_t)m->running;
		if (m->core.policy == POLICY_SERVER && !sched_cores[0].is_paying) {
			*ran |= FREE;
		}
		a->left -= a->left != EVER && a->left != 0;
	}
	m->now++;
	if (machine_events(m)) {
		machine_pick(m);
	}
}

static inline void machine_run(struct machine *m)
{
	machine_begin(m);
	while (m->now < BEGIN + TICKS) {
		machine_tick(m);
	}
}

/* Ticks of [from, to) that `what` ran in. */
static inline uint64_t machine_count(const struct machine *m, uint8_t what, uint64_t from,
				     uint64_t to)
{
	uint64_t count = 0;

	for (uint64_t t = from; t < to; t++) {
		count += m->ran[t] == what;
	}
	return count;
}

/* The least and the most that `what` ran in any interval of `length`. */
static inline void machine_extremes(const struct machine *m, uint8_t what, uint64_t length,
				    uint64_t *least, uint64_t *most)
{
	uint64_t count = machine_count(m, what, 0, length);

	*least = *most = count;
	for (uint64_t t = length; t < TICKS; t++) {
		count += m->ran[t] == what;
		count -= m->ran[t - length] == what;
		*least = count < *least ? count : *least;
		*most = count > *most ? count : *most;
	}
}

#endif
