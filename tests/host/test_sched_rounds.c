/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the policies rr and cyclic promise, seen on who ran in each tick.
 */
/* sources: sched/sched.c sched/server.c sched/boot/sched.c */
#include "sched_machine.h"

#define SLICE	100

static void begin_rr(unsigned count)
{
	machine = (struct machine){ .core = { .policy = POLICY_RR, .slice_us = SLICE },
				    .count = count };
	for (unsigned i = 0; i < count; i++) {
		machine.actor[i] = (struct actor)GREEDY;
	}
}

static void greedy_ones_take_equal_turns(void **unused)
{
	for (unsigned count = 2; count <= SYS_SLOT_MAX; count += 5) {
		begin_rr(count);
		machine_run(&machine);
		for (unsigned t = 0; t < TICKS; t++) {
			assert_int_equal(machine.ran[t], t / SLICE % count);
		}
		assert_int_equal(machine.picks, TICKS / SLICE + 1);
	}
}

static void alone_it_goes_on_without_an_end(void **unused)
{
	uint64_t until;

	begin_rr(2);
	machine.actor[0].wake = EVER;
	machine_begin(&machine);
	assert_true(machine.until == UINT64_MAX);
	sched_pass(0, SCHED_NONE, BEGIN + 5);
	assert_int_equal(sched_pick(0, BEGIN + 5, &until), 1);
	assert_true(until == UINT64_MAX);
	sched_wake(0, 0, BEGIN + 5 * SLICE);		/* its slice is over long ago */
	assert_int_equal(sched_pick(0, BEGIN + 5 * SLICE, &until), 0);
	assert_int_equal(until, BEGIN + 6 * SLICE);
	sched_block(0, 0, BEGIN + 5 * SLICE + 1);
	sched_block(0, 1, BEGIN + 5 * SLICE + 1);
	assert_int_equal(sched_pick(0, BEGIN + 5 * SLICE + 1, &until), SCHED_NONE);
	assert_true(until == UINT64_MAX);
}

/* Others sleep, storm, or sleep just before their slice ends: each greedy one has its turn. */
static void nobody_starves_or_gains_by_sleeping(void **unused)
{
	static const struct actor others[] = {
		WORKS(1, 1, 1, 1), WORKS(SLICE - 1, SLICE - 1, 1, 1), WORKS(1, 300, 1, 300),
		WORKS(1, 1, 2 * SLICE, 2 * SLICE), ASLEEP, GREEDY,
	};

	for (unsigned n = 0; n < ARRAY_SIZE(others); n++) {
		uint64_t least, most, free = 0;

		begin_rr(4);
		machine.actor[1] = others[n];
		machine.actor[2] = others[(n + 1) % ARRAY_SIZE(others)];
		machine_run(&machine);
		for (uint8_t i = 0; i < 4; i++) {
			machine_extremes(&machine, i, 4 * SLICE, &least, &most);
			assert_true(i % 3 || least >= SLICE);
			if (i % 3 == 0) {
				free += machine_count(&machine, i, 0, TICKS);
			} else {	/* who sleeps has no more than who does not */
				assert_true(machine_count(&machine, i, 0, TICKS) <=
					    machine_count(&machine, 0, 0, TICKS) + SLICE);
			}
		}
		assert_true(free >= TICKS / 2);
		assert_int_equal(machine_count(&machine, IDLE, 0, TICKS), 0);
	}
}

static void who_gives_way_gives_the_rest_of_its_slice_and_no_more(void **unused)
{
	uint64_t until;

	begin_rr(3);
	machine_begin(&machine);
	assert_int_equal(machine.running, 0);
	for (unsigned n = 1; n <= 9; n++) {	/* 0 and 2 name each other */
		unsigned to = n % 2 ? 2 : 0;

		sched_pass(0, (int)to, BEGIN + 10 * n);
		assert_int_equal(sched_pick(0, BEGIN + 10 * n, &until), to);
		assert_int_equal(until, BEGIN + SLICE);
	}
	assert_int_equal(sched_pick(0, BEGIN + SLICE, &until), 1);
	assert_int_equal(sched_pick(0, BEGIN + 2 * SLICE, &until), 2);
	sched_pass(0, SCHED_NONE, BEGIN + 2 * SLICE + 1);
	assert_int_equal(sched_pick(0, BEGIN + 2 * SLICE + 1, &until), 0);
	sched_block(0, 1, BEGIN + 2 * SLICE + 2);
	sched_pass(0, 1, BEGIN + 2 * SLICE + 2);	/* who can't run: as to anybody */
	assert_int_equal(sched_pick(0, BEGIN + 2 * SLICE + 2, &until), 2);
	sched_pass(0, 0, BEGIN + 2 * SLICE + 3);
	assert_int_equal(sched_pick(0, BEGIN + 2 * SLICE + 3, &until), 0);
	sched_block(0, 0, BEGIN + 2 * SLICE + 4);	/* whom it named sleeps */
	assert_int_equal(sched_pick(0, BEGIN + 2 * SLICE + 4, &until), 2);
}

static void giving_way_changes_nothing_in_other_policies(void **unused)
{
	for (unsigned policy = POLICY_CYCLIC; policy <= POLICY_SERVER; policy++) {
		uint64_t until, again;

		machine = (struct machine){ .core = { .policy = (uint8_t)policy, .turn_count = 1,
			.turn = { { .length_us = 300 } } }, .frame = 1000, .count = 2 };
		for (unsigned i = 0; i < 2; i++) {
			machine.server[i] = (struct sys_server){ 1, 200, 1000 };
			machine.actor[i] = (struct actor)GREEDY;
		}
		machine_begin(&machine);
		assert_int_equal(sched_pick(0, BEGIN + 1, &until), 0);
		sched_pass(0, 1, BEGIN + 1);
		assert_int_equal(sched_pick(0, BEGIN + 1, &again), 0);
		sched_pass(0, SCHED_NONE, BEGIN + 1);
		assert_int_equal(sched_pick(0, BEGIN + 1, &again), 0);
		assert_int_equal(until, again);
	}
}

/* 0: two turns, one behind the other; a gap; 2, then 1 until the end of the frame. */
static void begin_cyclic(void)
{
	static const struct sys_core core = { .policy = POLICY_CYCLIC, .turn_count = 4, .turn = {
		{ 100, 200, 0, 0, { 0 } }, { 300, 50, 0, 0, { 0 } }, { 600, 1, 0, 2, { 0 } },
		{ 601, 399, 0, 1, { 0 } },
	} };

	machine = (struct machine){ .core = core, .frame = 1000, .count = 3 };
	for (unsigned i = 0; i < 3; i++) {
		machine.actor[i] = (struct actor)GREEDY;
	}
}

static uint8_t turn_at(unsigned t)
{
	return t < 100 ? IDLE : t < 350 ? 0 : t < 600 ? IDLE : t < 601 ? 2 : 1;
}

static void turns_are_exact(void **unused)
{
	for (unsigned frame = 1000; frame <= 1250; frame += 250) {	/* and idle at its end */
		begin_cyclic();
		machine.frame = frame;
		machine_run(&machine);
		for (unsigned t = 0; t < TICKS; t++) {
			unsigned at = t % frame;

			assert_int_equal(machine.ran[t], at < 1000 ? turn_at(at) : IDLE);
		}
		assert_int_equal(machine.picks, 6 * (TICKS / frame) + 1);
	}
}

static void a_turn_that_nobody_uses_goes_to_nobody(void **unused)
{
	begin_cyclic();
	machine.actor[0] = (struct actor)WORKS(1, 100, 1, 300);
	machine.actor[1] = (struct actor)WORKS(20, 20, 20, 20);
	machine_run(&machine);
	for (unsigned t = 0; t < TICKS; t++) {
		assert_true(machine.ran[t] == IDLE || machine.ran[t] == turn_at(t % 1000));
	}
	assert_int_equal(machine_count(&machine, 2, 0, TICKS), TICKS / 1000);
}

static void a_late_pick_delays_a_turn_and_nothing_else(void **unused)
{
	begin_cyclic();
	machine.late = 7;
	machine_run(&machine);
	for (unsigned t = 2000; t < TICKS; t++) {
		assert_true(machine.ran[t] == turn_at(t % 1000) ||
			    machine.ran[t] == turn_at((t - 7) % 1000));
	}
}

static void a_core_without_turns_runs_nobody(void **unused)
{
	begin_cyclic();
	machine.core.turn_count = 0;
	machine_run(&machine);
	assert_int_equal(machine_count(&machine, IDLE, 0, TICKS), TICKS);
}

/* A gang: two cores of the same frame, begun at the same time though told one after the other;
 * and a counter of which a microsecond is no whole number of ticks. */
static void frames_of_all_cores_are_one(void **unused)
{
	static const struct sys_core core = { .policy = POLICY_CYCLIC, .turn_count = 2, .turn = {
		{ 0, 333, 0, 0, { 0 } }, { 333, 667, 1, 0, { 0 } } } };
	static const struct sys_server none;
	uint64_t now[2] = { BEGIN, BEGIN }, until[2];

	for (unsigned cpu = 0; cpu < 2; cpu++) {
		sched_init(cpu, &core, 1000, 19200001, BEGIN);
		for (unsigned slot = 0; slot < 2; slot++) {
			sched_add(cpu, slot, (uint8_t)slot, 0, &none);
			sched_wake(cpu, slot, BEGIN);
		}
	}
	for (unsigned n = 0; n < 10000; n++) {
		for (unsigned cpu = 0; cpu < 2; cpu++) {
			assert_int_equal(sched_pick(cpu, now[cpu], &until[cpu]), n % 2);
		}
		assert_int_equal(until[0], until[1]);
		assert_int_equal(until[0] - BEGIN, n / 2 * 19200ull + (n % 2 ? 19200 : 6393));
		now[0] = now[1] = until[0];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greedy_ones_take_equal_turns),
		cmocka_unit_test(alone_it_goes_on_without_an_end),
		cmocka_unit_test(nobody_starves_or_gains_by_sleeping),
		cmocka_unit_test(who_gives_way_gives_the_rest_of_its_slice_and_no_more),
		cmocka_unit_test(giving_way_changes_nothing_in_other_policies),
		cmocka_unit_test(turns_are_exact),
		cmocka_unit_test(a_turn_that_nobody_uses_goes_to_nobody),
		cmocka_unit_test(a_late_pick_delays_a_turn_and_nothing_else),
		cmocka_unit_test(a_core_without_turns_runs_nobody),
		cmocka_unit_test(frames_of_all_cores_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
