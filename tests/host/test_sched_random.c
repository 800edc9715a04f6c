/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policies against the model, over ten million random events in all: who runs, whether
 * it pays, and that nobody else should have run in any tick before the time at which to look
 * again. SEED=n takes another walk, EVENTS=n another length.
 */
/* sources: sched/sched.c sched/server.c sched/boot/sched.c */
#pragma GCC optimize("O2")
#include "sched_model.h"

#define WALK	2000	/* events with the same description */

static uint64_t state = 1;
static struct model m, would;
static struct sys_core core;
static uint64_t until;

static unsigned any(unsigned count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 20) % count);
}

static void begin(enum sys_policy policy)
{
	struct sys_server servers[SYS_SLOT_MAX] = { 0 };
	uint32_t count = any(64) ? 1 + any(6) : SYS_SLOT_MAX, at = 0, frame;

	core = (struct sys_core){ .policy = (uint8_t)policy, .slack = any(2) == 0,
				  .slice_us = 1 + any(12) };

	for (unsigned i = 0; i < count && policy == POLICY_SERVER; i++) {
		servers[i].period_us = 1 + any(MODEL_PERIOD);
		servers[i].budget_us = 1 + any(servers[i].period_us);
		servers[i].priority = any(4);
	}
	while (policy == POLICY_CYCLIC && core.turn_count < SYS_TURN_MAX && any(8)) {
		struct sys_turn *t = &core.turn[core.turn_count++];

		*t = (struct sys_turn){ .start_us = at + any(2) * any(6), .length_us = 1 + any(6),
					.vcpu = (uint8_t)any(count < 8 ? count : 8) };
		at = t->start_us + t->length_us;
	}
	frame = at + any(2) * any(10) + (at == 0);
	model_begin(&m, &core, frame, count, servers, any(1000000) + (any(2) ? 1ull << 40 : 0));
}

/* Until the next event: a tick, or more, or a bit too late. */
static void wait(void)
{
	uint64_t to = m.now + any(4), late = until == UINT64_MAX ? to : until;
	unsigned kind = any(8);

	if (kind < 4 && late < m.now + 40) {
		to = late;
	} else if (kind == 4 && late < m.now + 40) {
		to = late + any(MODEL_LATE);
	}
	while (m.now < to) {
		if (m.now < until && m.now > m.origin) {
			model_copy(&would, &m);
			assert_int_equal(model_pick(&would), m.running);
			assert_int_equal(would.is_paying, m.is_paying);
		}
		model_tick(&m);
	}
}

static void event(void)
{
	unsigned slot = any(m.count), kind = any(10);

	if (kind < 6) {
		model_set(&m, slot, kind < 3);
	} else if (kind == 6 && m.running >= 0) {	/* it sleeps */
		model_set(&m, (unsigned)m.running, false);
	} else if (kind == 7 && m.running >= 0) {
		int to = (int)any(m.count + 1) - 1;

		model_yield(&m, to);
		sched_pass(0, to, m.now);
	}
}

static void walk(enum sys_policy policy)
{
	begin(policy);
	until = m.now;
	for (unsigned i = 0; i < WALK; i++) {
		wait();
		event();
		assert_int_equal(sched_pick(0, m.now, &until), model_pick(&m));
		assert_true(until > m.now);
		if (policy == POLICY_SERVER) {
			assert_int_equal(sched_cores[0].is_paying, m.is_paying);
		}
	}
}

static void policies_do_what_the_model_does(void **unused)
{
	unsigned events = getenv("EVENTS") ? (unsigned)atoi(getenv("EVENTS")) : 10000000;

	state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) * 2 + 1 : 1;
	for (unsigned i = 0; i < events / WALK; i++) {
		walk(i % 4 == 0 ? POLICY_CYCLIC : i % 4 == 1 ? POLICY_RR : POLICY_SERVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_do_what_the_model_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
