/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest manages others: each operation of CONTROL in each state, on oneself, by two at
 * a time; what it says and what record it leaves, with the real life cycle under it.
 */
/* sources: core/control.c core/life.c core/watchdog.c lib/format.c
 * tests/host/fake/fake_arch.c */
#include "control_machine.h"

static unsigned lines_of(const char *word)
{
	unsigned n = 0;

	for (const char *at = fake.log; (at = strstr(at, word)) != NULL; at++) {
		n++;
	}
	return n;
}

static void each_operation_in_each_state(void **state)
{
	enum { NO = -1 };
	static const int to[GUEST_STATES][SKERRY_CONTROL_COUNT] = {
	/* start, stop, restart, pause, resume, crash */
	[GUEST_ABSENT] =      { GUEST_LOADING, NO, GUEST_LOADING, NO, NO, NO },
	[GUEST_LOADING] =     { NO, GUEST_STOPPING, NO, NO, NO, NO },
	[GUEST_RUNNING] =     { NO, GUEST_STOPPING, GUEST_STOPPING, GUEST_PAUSED, NO,
				GUEST_STOPPING },
	[GUEST_PAUSED] =      { NO, GUEST_STOPPING, GUEST_STOPPING, NO, GUEST_RUNNING, NO },
	[GUEST_STOPPING] =    { NO, NO, NO, NO, NO, NO },
	[GUEST_STOPPED] =     { GUEST_LOADING, NO, GUEST_LOADING, NO, NO, NO },
	[GUEST_CRASHED] =     { GUEST_LOADING, NO, GUEST_LOADING, NO, NO, NO },
	[GUEST_QUARANTINED] = { NO, NO, NO, NO, NO, NO },
	};
	static const char *const names[] = {
		"start", "stop", "restart", "pause", "resume", NULL,
	};

	for (int from = 0; from < GUEST_STATES; from++) {
		for (unsigned o = 0; o < SKERRY_CONTROL_COUNT; o++) {
			int want = to[from][o];
			char line[64];

			begin(state);
			guests[A].state = (uint8_t)from;
			guests[A].next_state = GUEST_STOPPED;
			assert_int_equal(control(MANAGER, A, o), want == NO ? SKERRY_BUSY : 0);
			assert_int_equal(guests[A].state, want == NO ? from : want);
			snprintf(line, sizeof(line), "skerry: a: %s, asked for by manager\n",
				 names[o] ? names[o] : "crash");
			assert_string_equal(fake.log, want == NO ? "" : line);
			if (o == SKERRY_CONTROL_RESTART && want == GUEST_STOPPING) {
				assert_int_equal(guests[A].next_state, GUEST_LOADING);
			}
		}
	}
}

static void what_there_is_not_is_invalid_and_says_nothing(void **state)
{
	(void)state;
	start(A);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_COUNT), SKERRY_INVALID);
	assert_int_equal(control(MANAGER, A, ~0ull), SKERRY_INVALID);
	config[B].refused = true;
	for (unsigned o = 0; o < SKERRY_CONTROL_COUNT; o++) {
		assert_int_equal(control(MANAGER, B, o), SKERRY_INVALID);
	}
	assert_int_equal(guests[B].state, GUEST_ABSENT);
	assert_string_equal(fake.log, "");
}

static void pause_and_resume_in_turn_do_not_flood_the_log(void **state)
{
	(void)state;
	start(A);
	for (unsigned second = 1; second <= 3; second++) {
		for (unsigned i = 0; i < 50; i++) {
			assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_PAUSE), SKERRY_OK);
			assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_RESUME), SKERRY_OK);
		}
		assert_int_equal(lines_of("asked for by manager"), 16 * second);
		fake.now += fake.hz;
	}
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_STOP), SKERRY_OK);
	assert_int_equal(lines_of("asked for by other"), 1);	/* each has its own limit */
}

static void a_guest_may_manage_itself(void **state)
{
	start(MANAGER);
	start(A);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_START), SKERRY_BUSY);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_RESUME), SKERRY_BUSY);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_RESTART), SKERRY_OK);
	work();
	assert_int_equal(guests[MANAGER].state, GUEST_RUNNING);
	assert_int_equal(guests[MANAGER].life, 2);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_PAUSE), SKERRY_OK);
	work();
	assert_int_equal(guests[MANAGER].state, GUEST_PAUSED);
	assert_int_equal(control(OTHER, MANAGER, SKERRY_CONTROL_RESUME), SKERRY_OK);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_CRASH), SKERRY_OK);
	work();
	assert_int_equal(guests[MANAGER].state, GUEST_CRASHED);
	assert_string_equal(cause, "asked for by manager");

	begin(state);
	start(MANAGER);
	start(A);
	assert_int_equal(control(MANAGER, MANAGER, SKERRY_CONTROL_STOP), SKERRY_OK);
	work();
	assert_int_equal(guests[MANAGER].state, GUEST_STOPPED);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
}

/* The life cycle's lock decides; who comes second finds the state that the first has made. */
static void of_two_managers_the_second_is_told_that_it_is_late(void **state)
{
	(void)state;
	start(A);
	start(B);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_RESTART), SKERRY_OK);
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_STOP), SKERRY_BUSY);
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_RESTART), SKERRY_BUSY);
	work();
	assert_int_equal(guests[A].state, GUEST_RUNNING);
	assert_int_equal(guests[A].life, 2);
	guests[A].vcpu[0].power = VCPU_ON;
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_STOP), SKERRY_OK);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_CRASH), SKERRY_BUSY);
	work();
	assert_int_equal(records, 0);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_START), SKERRY_OK);
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_START), SKERRY_BUSY);
	assert_int_equal(control(OTHER, A, SKERRY_CONTROL_STOP), SKERRY_OK);	/* it loads */
	work();
	assert_int_equal(guests[A].state, GUEST_STOPPED);
	assert_int_equal(guests[A].life, 3);
}

static void a_crash_that_was_asked_for_leaves_vcpu_0_s_record(void **state)
{
	(void)state;
	start(A);
	start(B);
	assert_int_equal(control(MANAGER, B, SKERRY_CONTROL_CRASH), SKERRY_OK);
	fake.cpu = 5;
	assert_true(life_work(&guests[B].vcpu[1]));
	assert_int_equal(records, 0);		/* not that one's */
	work();
	assert_int_equal(records, 1);
	assert_ptr_equal(record_of, &guests[B].vcpu[0]);
	assert_int_equal(record_cpu, config[B].cpu[0]);
	assert_string_equal(cause, "asked for by manager");
	assert_int_equal(guests[B].state, GUEST_CRASHED);
	assert_int_equal(guests[B].crashes, 1);
	start(B);
	assert_int_equal(control(MANAGER, B, SKERRY_CONTROL_STOP), SKERRY_OK);
	work();
	assert_int_equal(records, 1);		/* a stop leaves none */
}

static void a_guest_paused_by_its_crash_stays_paused(void **state)
{
	(void)state;
	config[A].on_crash = CRASH_PAUSE;
	start(A);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_CRASH), SKERRY_OK);
	/* its record wakes who reads the log, on the same core maybe: that is looked at then */
	assert_true(life_work(&guests[A].vcpu[0]));
	assert_int_equal(records, 1);
	assert_false(life_work(&guests[A].vcpu[0]));
	work();
	assert_int_equal(guests[A].state, GUEST_PAUSED);
	assert_int_equal(records, 1);
	assert_int_equal(lines_of("skerry: a: paused"), 1);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_RESUME), SKERRY_BUSY);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_RESTART), SKERRY_OK);
	work();
	assert_int_equal(guests[A].state, GUEST_RUNNING);
	assert_int_equal(records, 1);
}

static void do_work(void *unused)
{
	(void)unused;
	work();
}

static void the_record_comes_before_the_board_s_reset(void **state)
{
	(void)state;
	config[A].on_crash = CRASH_RESET_BOARD;
	start(A);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_CRASH), SKERRY_OK);
	assert_int_equal(fake_run(do_work, NULL), FAKE_RESET);
	assert_int_equal(records, 1);
}

static void a_start_waits_for_those_before_it_in_any_life(void **state)
{
	(void)state;
	config[B].after = 1 << A;
	start(OTHER);
	start(A);
	start(B);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_STOP), SKERRY_OK);
	assert_int_equal(control(MANAGER, B, SKERRY_CONTROL_STOP), SKERRY_OK);
	work();
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_START), SKERRY_OK);
	assert_int_equal(control(MANAGER, B, SKERRY_CONTROL_START), SKERRY_OK);
	fake.cpu = config[B].cpu[0];
	assert_false(life_work(&guests[B].vcpu[0]));		/* A is being loaded */
	work();
	assert_int_equal(guests[B].state, GUEST_RUNNING);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_in_each_state),
		cmocka_unit_test_setup(what_there_is_not_is_invalid_and_says_nothing, begin),
		cmocka_unit_test_setup(pause_and_resume_in_turn_do_not_flood_the_log, begin),
		cmocka_unit_test_setup(a_guest_may_manage_itself, begin),
		cmocka_unit_test_setup(of_two_managers_the_second_is_told_that_it_is_late, begin),
		cmocka_unit_test_setup(a_crash_that_was_asked_for_leaves_vcpu_0_s_record, begin),
		cmocka_unit_test_setup(a_guest_paused_by_its_crash_stays_paused, begin),
		cmocka_unit_test_setup(the_record_comes_before_the_board_s_reset, begin),
		cmocka_unit_test_setup(a_start_waits_for_those_before_it_in_any_life, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
