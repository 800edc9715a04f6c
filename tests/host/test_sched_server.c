/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the policy server promises, seen on who ran in each tick: every interval of one period
 * is looked at, by brute force.
 */
/* sources: sched/sched.c sched/server.c sched/boot/sched.c */
#include "sched_machine.h"

/* Of max(left, 0) and refills, at any time; the last of them may not have come yet. */
static void budgets_are_whole(const struct machine *m)
{
	for (unsigned i = 0; i < m->count; i++) {
		const struct sched_server *s = sched_cores[0].server[i];
		uint64_t all = s->left > 0 ? (uint64_t)s->left : 0;

		for (unsigned r = 0; r < s->refill_count; r++) {
			all += s->refill[r].amount;
			assert_true(s->refill[r].first <= s->refill[r].last);
			assert_true(s->refill[r].last - s->refill[r].first <= s->period / 15);
			assert_true(r == 0 || s->refill[r - 1].last <= s->refill[r].first);
		}
		assert_int_equal(all, m->server[i].budget_us);
	}
}

static void run_whole(struct machine *m)
{
	machine_begin(m);
	while (m->now < BEGIN + TICKS) {
		uint64_t picks = m->picks;

		machine_tick(m);
		if (m->picks != picks) {
			budgets_are_whole(m);
		}
	}
}

/* vCPU i: priority falls with i, `percent` of a core each */
static void set(struct machine *m, unsigned i, uint32_t period, unsigned percent,
		struct actor actor)
{
	m->server[i] = (struct sys_server){ 32 - i, period * percent / 100, period };
	m->actor[i] = actor;
	m->count = i + 1;
}

static void clear(bool has_slack)
{
	machine = (struct machine){ .core = { .policy = POLICY_SERVER, .slack = has_slack } };
}

static void no_interval_of_a_period_has_more_than_the_budget(void **unused)
{
	for (unsigned n = 0; n < 60; n++) {
		clear(n & 1);
		for (unsigned i = 0; i < 1 + n % 5; i++) {
			uint64_t work = 1 + any(any(2) ? 20 : 2000);

			struct actor actor = WORKS(1, work, 1, 1 + any(any(2) ? 30 : 3000));

			set(&machine, i, 100 + any(5000), 2 + any(40), actor);
			machine.server[i].priority = any(4);
		}
		run_whole(&machine);
		for (unsigned i = 0; i < machine.count; i++) {
			uint64_t least, most;

			machine_extremes(&machine, (uint8_t)i, machine.server[i].period_us, &least,
					 &most);
			assert_true(most <= machine.server[i].budget_us);
		}
	}
}

static const struct actor neighbours[] = {
	GREEDY, ASLEEP,
	WORKS(1, 1, 1, 1),		/* storms: wakes all the time */
	WORKS(1, 30, 1, 30),
	WORKS(1999, 1999, 1, 1),	/* sleeps just before its budget ends */
	WORKS(1, 4000, 1, 4000),
};

static void the_highest_priority_has_its_budget_in_any_period(void **unused)
{
	for (unsigned n = 0; n < ARRAY_SIZE(neighbours); n++) {
		uint64_t least, most;

		clear(n & 1);
		set(&machine, 0, 5000, 30, (struct actor)GREEDY);
		set(&machine, 1, 10000, 20, neighbours[n]);
		set(&machine, 2, 3000, 50, neighbours[(n + 1) % ARRAY_SIZE(neighbours)]);
		run_whole(&machine);
		machine_extremes(&machine, 0, 5000, &least, &most);
		assert_int_equal(least, 1500);
		assert_int_equal(most, 1500);
	}
}

static void neighbours_below_change_no_tick(void **unused)
{
	static uint8_t alone[TICKS];

	for (unsigned n = 0; n <= ARRAY_SIZE(neighbours); n++) {
		clear(false);
		set(&machine, 0, 5000, 30, (struct actor)WORKS(700, 700, 300, 300));
		if (n) {
			set(&machine, 1, 10000, 20, neighbours[n - 1]);
			set(&machine, 2, 3000, 50, neighbours[n % ARRAY_SIZE(neighbours)]);
		}
		run_whole(&machine);
		for (unsigned t = 0; t < TICKS; t++) {
			assert_true(n == 0 || (alone[t] == 0) == (machine.ran[t] == 0));
		}
		memcpy(alone, machine.ran, sizeof(alone));
	}
}

/* A job of the length of its budget, each period: ready when response-time analysis says. */
static void neighbours_above_delay_a_job_by_their_budgets_only(void **unused)
{
	for (unsigned n = 0; n < ARRAY_SIZE(neighbours); n++) {
		uint64_t least, most;

		clear(n & 1);
		set(&machine, 0, 2000, 25, neighbours[n]);
		set(&machine, 1, 4000, 25, neighbours[(n + 2) % ARRAY_SIZE(neighbours)]);
		set(&machine, 2, 10000, 20, (struct actor)WORKS(2000, 2000, 8000, 8000));
		machine.actor[2].wake = BEGIN + 77;
		machine_begin(&machine);
		for (unsigned job = 0; job < 15; job++) {
			uint64_t ready;

			while (machine.actor[2].wake) {
				machine_tick(&machine);
			}
			ready = machine.now;
			while (!machine.actor[2].wake) {
				machine_tick(&machine);
			}
			/* R = 2000 + ceil(R/2000) * 500 + ceil(R/4000) * 1000: 5000 */
			assert_true(machine.now - ready <= 5000);
		}
		machine_extremes(&machine, 2, 10000, &least, &most);
		assert_true(most <= 2000);
	}
}

/* All of the core is given away, and those above do their worst: what was used is back a period
 * and a fifteenth later, and then has run within the response time of a job of that length. */
static void a_full_core_starves_nobody(void **unused)
{
	for (unsigned n = 0; n < ARRAY_SIZE(neighbours); n++) {
		uint64_t least, most;

		clear(n & 1);
		set(&machine, 0, 2000, 30, neighbours[n]);
		set(&machine, 1, 4000, 30, neighbours[(n + 3) % ARRAY_SIZE(neighbours)]);
		set(&machine, 2, 8000, 40, (struct actor)GREEDY);
		run_whole(&machine);
		/* R = 3200 + ceil(R/2000) * 600 + ceil(R/4000) * 1200: 8000 */
		machine_extremes(&machine, 2, 8000 + 8000 / 15 + 8000, &least, &most);
		assert_true(least >= 3200);
	}
}

static void a_piece_comes_back_a_period_after_it_began(void **unused)
{
	clear(false);
	set(&machine, 0, 100, 30, (struct actor)WORKS(10, 10, 15, 15));
	machine_begin(&machine);
	while (machine.now < BEGIN + 400) {
		machine_tick(&machine);
	}
	/* at 0, 25, 50: nothing left at 75; then at 100 the first one is back */
	for (unsigned t = 0; t < 400; t++) {
		bool expected = t % 100 < 10 || (t % 100 >= 25 && t % 100 < 35) ||
				(t % 100 >= 50 && t % 100 < 60);

		assert_int_equal(machine.ran[t], expected ? 0 : IDLE);
	}
}

static void what_ran_too_long_is_owed(void **unused)
{
	for (unsigned late = 1; late < 3000; late += 211) {
		clear(false);
		set(&machine, 0, 1000, 20, (struct actor)GREEDY);
		set(&machine, 1, 1000, 10, (struct actor)GREEDY);
		machine.late = late;
		run_whole(&machine);
		for (uint8_t i = 0; i < 2; i++) {	/* at most one is owed at the end */
			uint64_t share = TICKS / 1000 * machine.server[i].budget_us;

			assert_true(machine_count(&machine, i, 0, TICKS) <=
				    share + machine.server[i].budget_us + late);
		}
	}
}

static void slack_is_for_those_without_budget_and_costs_nothing(void **unused)
{
	uint64_t free[4], least, most;

	clear(true);
	for (unsigned i = 0; i < 4; i++) {
		set(&machine, i, 10000, 10, (struct actor)GREEDY);
		machine.server[i].priority = i == 3;	/* the others are equal */
	}
	machine.actor[3] = (struct actor)WORKS(500, 500, 19500, 19500);	/* never out of budget */
	run_whole(&machine);
	assert_int_equal(machine_count(&machine, IDLE, 0, TICKS), 0);
	for (uint8_t i = 0; i < 4; i++) {
		free[i] = machine_count(&machine, i | FREE, 0, TICKS);
		machine_extremes(&machine, i, 10000, &least, &most);
		assert_int_equal(most, i == 3 ? 500 : 1000);
	}
	assert_int_equal(free[3], 0);
	for (uint8_t i = 0; i < 3; i++) {	/* equals in turn */
		assert_true(free[i] * 100 > free[(i + 1) % 3] * 95);
	}
	clear(false);
	set(&machine, 0, 10000, 10, (struct actor)GREEDY);
	run_whole(&machine);
	assert_int_equal(machine_count(&machine, 0 | FREE, 0, TICKS), 0);
}

/* However short and long the times without anybody's budget are, by turns. */
static void equals_have_as_much_slack_as_each_other(void **unused)
{
	uint64_t a, b;

	clear(true);
	set(&machine, 0, 10000, 10, (struct actor)GREEDY);
	set(&machine, 1, 10000, 10, (struct actor)GREEDY);
	machine.server[1].priority = machine.server[0].priority;
	machine.actor[1].wake = BEGIN + 1001;	/* one tick of slack, theirs, 7,999 of slack */
	machine_run(&machine);
	a = machine_count(&machine, 0 | FREE, 0, TICKS);
	b = machine_count(&machine, 1 | FREE, 0, TICKS);
	assert_true(a * 100 > b * 95 && b * 100 > a * 95);
}

static void slack_goes_to_the_most_urgent(void **unused)
{
	clear(true);
	set(&machine, 0, 1000, 10, (struct actor)GREEDY);
	set(&machine, 1, 1000, 10, (struct actor)GREEDY);
	run_whole(&machine);
	assert_int_equal(machine_count(&machine, 1 | FREE, 0, TICKS), 0);
	assert_int_equal(machine_count(&machine, 1, 0, TICKS), TICKS / 10);
}

static void equals_go_on_until_they_sleep_or_have_used_their_budget(void **unused)
{
	clear(false);
	set(&machine, 0, 1000, 30, (struct actor)GREEDY);
	set(&machine, 1, 1000, 20, (struct actor)WORKS(50, 50, 100, 100));
	set(&machine, 2, 1000, 20, (struct actor)GREEDY);
	machine.server[1].priority = machine.server[2].priority = machine.server[0].priority;
	machine_run(&machine);
	for (unsigned t = 0; t < 1000; t++) {
		uint8_t expected = t < 300 ? 0 : t < 350 ? 1 : t < 550 ? 2 : t < 600 ? 1 :
				   t >= 700 && t < 750 ? 1 : t >= 850 && t < 900 ? 1 : IDLE;

		assert_int_equal(machine.ran[t], expected);
	}
}

/* What it used comes back a period and a fifteenth later, however often it sleeps. */
static void a_vcpu_in_many_pieces_gets_no_more_and_not_much_less(void **unused)
{
	for (unsigned gap = 1; gap < 40; gap += 3) {	/* by chance, and always the same */
		struct actor actors[] = { WORKS(3, 40, gap, gap + 5), WORKS(21, 21, gap, gap) };
		uint64_t least, most;

		clear(false);
		set(&machine, 0, 7000, 30, actors[gap & 1]);
		run_whole(&machine);
		machine_extremes(&machine, 0, 7000, &least, &most);
		assert_true(most <= 2100);
		/* it asks for more than a third of the core */
		machine_extremes(&machine, 0, 7000 + 7000 / 15, &least, &most);
		assert_true(least >= 2100 * 9 / 10);
	}
}

static void waking_or_blocking_again_changes_nothing(void **unused)
{
	uint64_t until, again;

	clear(false);
	set(&machine, 0, 1000, 30, (struct actor)GREEDY);
	machine_begin(&machine);
	assert_int_equal(sched_pick(0, BEGIN + 10, &until), 0);
	sched_wake(0, 0, BEGIN + 10);
	assert_int_equal(sched_pick(0, BEGIN + 10, &again), 0);
	assert_int_equal(until, again);
	assert_int_equal(until, BEGIN + 300);
	sched_block(0, 0, BEGIN + 20);
	sched_block(0, 0, BEGIN + 20);
	assert_int_equal(sched_pick(0, BEGIN + 20, &until), SCHED_NONE);
	assert_true(until == UINT64_MAX);
}

/* Those that can't change anything by coming back are not waited for. */
static void a_core_is_looked_at_when_something_changes_only(void **unused)
{
	clear(false);
	set(&machine, 0, 1000, 30, (struct actor)GREEDY);
	set(&machine, 1, 700, 10, (struct actor)GREEDY);
	machine_run(&machine);
	/* for each: end of its budget, and its return */
	assert_true(machine.picks <= 2 * TICKS / 1000 + 3 * TICKS / 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_interval_of_a_period_has_more_than_the_budget),
		cmocka_unit_test(the_highest_priority_has_its_budget_in_any_period),
		cmocka_unit_test(neighbours_below_change_no_tick),
		cmocka_unit_test(neighbours_above_delay_a_job_by_their_budgets_only),
		cmocka_unit_test(a_full_core_starves_nobody),
		cmocka_unit_test(a_piece_comes_back_a_period_after_it_began),
		cmocka_unit_test(what_ran_too_long_is_owed),
		cmocka_unit_test(slack_is_for_those_without_budget_and_costs_nothing),
		cmocka_unit_test(equals_have_as_much_slack_as_each_other),
		cmocka_unit_test(slack_goes_to_the_most_urgent),
		cmocka_unit_test(equals_go_on_until_they_sleep_or_have_used_their_budget),
		cmocka_unit_test(a_vcpu_in_many_pieces_gets_no_more_and_not_much_less),
		cmocka_unit_test(waking_or_blocking_again_changes_nothing),
		cmocka_unit_test(a_core_is_looked_at_when_something_changes_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
