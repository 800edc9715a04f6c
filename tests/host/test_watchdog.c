/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics and published time; watchdogs of guests and the board's, with the real life cycle
 * under them.
 */
/* sources: core/control.c core/life.c core/watchdog.c core/stats.c lib/format.c
 * drivers/bcm2835_pm.c tests/host/fake/fake_arch.c */
#include <hv/drivers.h>
#include "control_machine.h"

/* --- Statistics ------------------------------------------------------------------ */

static void stats(int guest)
{
	uint64_t x[18] = { 0, (uint64_t)guest };

	assert_int_equal(hvc_stats(&guests[MANAGER].vcpu[0], x), SKERRY_OK);
}

static void statistics_say_what_a_guest_does(void **state)
{
	struct vcpu *v = &guests[B].vcpu[1];

	(void)state;
	stats(B);
	assert_int_equal(pages[B].state, SKERRY_STATE_ABSENT);
	assert_int_equal(pages[B].life, 0);
	fake.now = 500;
	start(A);
	start(B);
	assert_int_equal(control(MANAGER, B, SKERRY_CONTROL_CRASH), SKERRY_OK);
	work();
	fake.now = 700;
	start(B);
	for (unsigned i = 0; i < EXIT_CAUSES; i++) {
		v->exits[i] = 10 + i;
	}
	pcpus[5].is_shared = true;
	v->ticks[VCPU_IDLE] = 100;
	v->ticks[VCPU_READY] = 30;
	v->ticks[VCPU_RUN] = 570;
	v->since = 700;
	v->time = VCPU_READY;
	v->switches = 8;
	guests[B].arch.notified[3] = 77;
	fake.now = 1000;
	stats(B);
	assert_int_equal(pages[B].state, SKERRY_STATE_RUNNING);
	assert_int_equal(pages[B].now, 1000);
	assert_int_equal(pages[B].life, 2);
	assert_int_equal(pages[B].crashes, 1);
	assert_int_equal(pages[B].life_begin, 700);
	assert_int_equal(pages[B].vcpu[0].run, 1000);		/* its core is its own */
	assert_int_equal(pages[B].vcpu[0].idle + pages[B].vcpu[0].stolen, 0);
	assert_int_equal(pages[B].vcpu[1].idle, 100);
	assert_int_equal(pages[B].vcpu[1].stolen, 330);
	assert_int_equal(pages[B].vcpu[1].run, 570);
	assert_int_equal(pages[B].vcpu[1].switches, 8);
	assert_true(pages[B].vcpu[1].is_on);
	for (unsigned i = 0; i < EXIT_CAUSES; i++) {
		assert_int_equal(pages[B].vcpu[1].exits[i], 10 + i);
	}
	assert_int_equal(pages[B].port[3].notified, 77);
	assert_false(pages[B].has_crash);
	kept[B].record.crc32 = 1;
	stats(B);
	assert_true(pages[B].has_crash);
	config[A].refused = true;
	stats(A);
	assert_int_equal(pages[A].state, SKERRY_STATE_REFUSED);
}

static void stolen_time_is_published_in_nanoseconds(void **state)
{
	struct vcpu *v = &guests[B].vcpu[1];

	(void)state;
	time_publish(v);			/* no page: nothing */
	guests[B].time = &time_page;
	fake.hz = 54000000;
	v->ticks[VCPU_READY] = 54000000ull * 100000000 + 27;	/* three years, half a us */
	v->time = VCPU_READY;
	time_publish(v);
	assert_true(time_page.state[1].preempted);
	v->time = VCPU_RUN;			/* it looks now */
	time_publish(v);
	assert_int_equal(time_page.time[1].stolen, 100000000000000000 + 500);
	assert_false(time_page.state[1].preempted);
	assert_int_equal(time_page.time[0].stolen, 0);
	assert_int_equal(time_page.time[1].revision + time_page.time[1].attributes, 0);
}

/* --- Watchdogs ------------------------------------------------------------------- */

static int64_t check_in(int guest, unsigned vcpu, uint64_t us)
{
	uint64_t x[18] = { 0, us };

	fake.cpu = guests[guest].vcpu[vcpu].cpu;
	return hvc_watchdog(&guests[guest].vcpu[vcpu], x);
}

static uint64_t look(int guest)
{
	fake.cpu = guests[guest].vcpu[0].cpu;
	return watchdog_look(fake.cpu, fake.now);
}

static void a_guest_that_does_not_check_in_has_crashed(void **state)
{
	(void)state;
	fake.hz = 1000000;		/* ticks are microseconds */
	start(A);
	start(B);
	assert_int_equal(look(B), UINT64_MAX);
	assert_int_equal(check_in(B, 0, 5000), SKERRY_OK);
	assert_int_equal(look(B), 5000);
	fake.now = 4999;
	assert_int_equal(look(B), 5000);
	assert_int_equal(check_in(B, 0, 5000), SKERRY_OK);
	fake.now = 5000;
	assert_int_equal(look(B), 9999);
	fake.now = 9999;
	assert_int_equal(look(B), UINT64_MAX);
	assert_int_equal(guests[B].state, GUEST_STOPPING);
	assert_ptr_equal(record_of, &guests[B].vcpu[0]);
	assert_string_equal(cause, "watchdog: no check-in within 5000 us");
	work();
	assert_int_equal(guests[B].state, GUEST_CRASHED);
	start(B);
	fake.now = 1000000;
	assert_int_equal(look(B), UINT64_MAX);	/* the next life has none */
	assert_int_equal(guests[B].state, GUEST_RUNNING);
	assert_int_equal(records, 1);
}

static void a_watchdog_s_time_has_limits(void **state)
{
	(void)state;
	start(A);
	assert_int_equal(check_in(A, 0, SKERRY_WATCHDOG_MIN - 1), SKERRY_INVALID);
	assert_int_equal(check_in(A, 0, SKERRY_WATCHDOG_MAX + 1), SKERRY_INVALID);
	assert_int_equal(check_in(A, 0, ~0ull), SKERRY_INVALID);
	assert_int_equal(look(A), UINT64_MAX);
	fake.hz = 1000000000;
	assert_int_equal(check_in(A, 0, SKERRY_WATCHDOG_MAX), SKERRY_OK);
	assert_int_equal(look(A), SKERRY_WATCHDOG_MAX * 1000ull);
	assert_int_equal(check_in(A, 0, 0), SKERRY_OK);
	fake.now = SKERRY_WATCHDOG_MAX * 1001ull;
	assert_int_equal(look(A), UINT64_MAX);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
}

static void another_core_is_told_of_an_earlier_deadline_only(void **state)
{
	(void)state;
	fake.hz = 1000000;
	start(B);
	start(A);
	assert_int_equal(check_in(B, 1, 50000), SKERRY_OK);
	assert_true(pcpus[B].look);
	assert_int_equal(look(B), 50000);
	fake.kicks[B] = 0;
	fake.now = 10000;
	assert_int_equal(check_in(B, 1, 50000), SKERRY_OK);	/* later: the core looks in time */
	assert_int_equal(fake.kicks[B], 0);
	assert_int_equal(look(B), 50000);
	fake.now = 50000;
	assert_int_equal(look(B), 60000);
	assert_int_equal(check_in(B, 1, 2000), SKERRY_OK);
	assert_int_equal(fake.kicks[B], 1);
	assert_int_equal(look(B), 52000);
	assert_int_equal(records, 0);
}

/* From a core of its own a guest keeps others from nothing. */
static void check_ins_without_end_are_told_once(void **state)
{
	(void)state;
	fake.hz = 1000000;
	start(B);
	assert_int_equal(look(B), UINT64_MAX);
	fake.kicks[B] = 0;
	for (unsigned i = 0; i < 1000; i++) {
		fake.now = i;
		assert_int_equal(check_in(B, 1, 0), SKERRY_OK);
		assert_int_equal(check_in(B, 1, 50000), SKERRY_OK);
		if (i == 0) {
			assert_int_equal(look(B), 50000);
		}
	}
	assert_int_equal(fake.kicks[B], 1);
	fake.now = 50000;
	assert_int_equal(look(B), 50999);
	fake.now = 50999;
	assert_int_equal(look(B), UINT64_MAX);
	assert_int_equal(records, 1);
}

static void a_watchdog_stands_still_while_its_guest_is_paused(void **state)
{
	(void)state;
	fake.hz = 1000000;
	start(A);
	assert_int_equal(check_in(A, 0, 5000), SKERRY_OK);
	fake.now = 2000;
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_PAUSE), SKERRY_OK);
	fake.now = 900000;
	assert_int_equal(look(A), UINT64_MAX);
	assert_int_equal(control(MANAGER, A, SKERRY_CONTROL_RESUME), SKERRY_OK);
	assert_int_equal(look(A), 903000);
	fake.now = 903000;
	assert_int_equal(look(A), UINT64_MAX);
	assert_int_equal(guests[A].state, GUEST_STOPPING);
}

static void each_guest_of_a_core_has_its_own(void **state)
{
	(void)state;
	fake.hz = 1000000;
	pcpus[A].vcpu[pcpus[A].vcpu_count++] = &guests[B].vcpu[0];
	guests[B].vcpu[0].cpu = A;
	start(A);
	start(B);
	assert_int_equal(check_in(A, 0, 9000), SKERRY_OK);
	assert_int_equal(check_in(B, 0, 3000), SKERRY_OK);
	assert_int_equal(look(A), 3000);
	fake.now = 4000;
	assert_int_equal(look(A), 9000);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
	assert_int_equal(guests[B].state, GUEST_STOPPING);
}

static void the_board_s_is_fed_by_each_round_of_the_critical_guests(void **state)
{
	(void)state;
	the_system.watchdog_ms = 5000;
	start(A);
	start(B);
	start(OTHER);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(check_in(A, 0, 5000), SKERRY_OK);
	}
	assert_int_equal(fake.feeds, 0);		/* it has none */
	watchdog_critical = 1 << A | 1 << B;
	for (unsigned round = 1; round <= 5; round++) {
		for (unsigned i = 0; i < 10; i++) {
			assert_int_equal(check_in(A, 0, 5000), SKERRY_OK);
			assert_int_equal(check_in(OTHER, 0, 5000), SKERRY_OK);
			assert_int_equal(fake.feeds, 2 * round - 2);
		}
		assert_int_equal(check_in(B, 1, 5000), SKERRY_OK);
		assert_int_equal(fake.feeds, 2 * round - 1);
		assert_int_equal(fake.watchdog_ms, 5000);
		assert_int_equal(check_in(B, 0, 5000), SKERRY_OK);	/* of the next round */
		assert_int_equal(check_in(B, 0, 5000), SKERRY_OK);
		assert_int_equal(fake.feeds, 2 * round - 1);
		assert_int_equal(check_in(A, 0, 5000), SKERRY_OK);
		assert_int_equal(fake.feeds, 2 * round);
	}
}

/* --- A board with a power block that counts down, as a Raspberry Pi's does ---------- */

#define PM	0x10000u
#define STEP	10000u			/* microseconds */

static struct {
	uint32_t wdog;			/* PM_WDOG, in 1/65536 s */
	bool is_on, is_reset;
	uint64_t fed, reset_at;		/* times of the last feeding and of the reset */
} pm;

static uint32_t pm_read(uintptr_t at, unsigned width)
{
	(void)width;
	return at == PM + 0x24 ? pm.wdog : pm.is_on ? 0x122 : 0x102;
}

static void pm_write(uintptr_t at, unsigned width, uint32_t value)
{
	(void)width;
	assert_int_equal(value >> 24, 0x5a);
	if (at == PM + 0x24) {
		pm.wdog = value & 0xfffff;
	} else if (at == PM + 0x1c) {
		pm.is_on = (value & 0x30) == 0x20;
		pm.fed = fake.now;
	}
}

/* Time goes on to `end`; the guests in the mask check in every 100 ms, for 500. */
static void run_until(uint64_t end, uint32_t mask)
{
	while (fake.now < end && !pm.is_reset) {
		fake.now += STEP;
		for (int g = A; g <= B; g++) {
			if ((mask & 1u << g) && guests[g].state == GUEST_RUNNING &&
			    fake.now % 100000 == 0) {
				unsigned feeds = fake.feeds;

				assert_int_equal(check_in(g, 0, 500000), SKERRY_OK);
				if (fake.feeds != feeds) {	/* as arch_board_watchdog() */
					pm_watchdog(PM, fake.watchdog_ms);
				}
			}
			look(g);
		}
		work();
		if (pm.is_on && (fake.now - pm.fed) * 65536 >= pm.wdog * 1000000ull) {
			pm.is_reset = true;
			pm.reset_at = fake.now;
		}
	}
}

static void begin_board(uint8_t on_crash)
{
	memset(&pm, 0, sizeof(pm));
	fake.mmio_read = pm_read;
	fake.mmio_write = pm_write;
	fake.hz = 1000000;
	config[B].on_crash = on_crash;
	config[B].restart_limit = 5;
	config[B].restart_window_s = 60;
	the_system.watchdog_ms = 5000;
	watchdog_critical = 1 << A | 1 << B;
	pm_watchdog(PM, the_system.watchdog_ms);	/* as start_guests() */
	start(A);
	start(B);
}

static void a_missed_check_in_of_a_critical_guest_resets_the_board(void **state)
{
	(void)state;
	begin_board(CRASH_STOP);
	run_until(20000000, 1 << A | 1 << B);
	assert_false(pm.is_reset);
	assert_int_equal(records, 0);
	run_until(40000000, 1 << A);		/* B is not heard of any more; A goes on */
	assert_true(pm.is_reset);
	assert_int_equal(pm.reset_at, pm.fed + 5000000);
	assert_in_range(pm.fed, 20000000 - 100000, 20000000 + 100000);
	assert_int_equal(records, 1);		/* long before, so it is there in the next boot */
	assert_ptr_equal(record_of, &guests[B].vcpu[0]);
	assert_string_equal(cause, "watchdog: no check-in within 500000 us");
}

static void a_critical_guest_that_comes_back_in_time_keeps_the_board(void **state)
{
	(void)state;
	begin_board(CRASH_RESTART);
	run_until(10000000, 1 << A | 1 << B);
	run_until(12000000, 1 << A);
	assert_int_equal(records, 1);
	assert_int_equal(guests[B].state, GUEST_RUNNING);	/* its second life */
	run_until(60000000, 1 << A | 1 << B);
	assert_false(pm.is_reset);
	assert_int_equal(records, 1);
}

static void a_critical_guest_that_never_comes_up_resets_the_board(void **state)
{
	(void)state;
	begin_board(CRASH_STOP);
	run_until(40000000, 1 << A);
	assert_true(pm.is_reset);
	assert_int_equal(pm.reset_at, 5000000);		/* from boot on */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(statistics_say_what_a_guest_does, begin),
		cmocka_unit_test_setup(stolen_time_is_published_in_nanoseconds, begin),
		cmocka_unit_test_setup(a_guest_that_does_not_check_in_has_crashed, begin),
		cmocka_unit_test_setup(a_watchdog_s_time_has_limits, begin),
		cmocka_unit_test_setup(another_core_is_told_of_an_earlier_deadline_only, begin),
		cmocka_unit_test_setup(check_ins_without_end_are_told_once, begin),
		cmocka_unit_test_setup(a_watchdog_stands_still_while_its_guest_is_paused, begin),
		cmocka_unit_test_setup(each_guest_of_a_core_has_its_own, begin),
		cmocka_unit_test_setup(the_board_s_is_fed_by_each_round_of_the_critical_guests,
				       begin),
		cmocka_unit_test_setup(a_missed_check_in_of_a_critical_guest_resets_the_board,
				       begin),
		cmocka_unit_test_setup(a_critical_guest_that_comes_back_in_time_keeps_the_board,
				       begin),
		cmocka_unit_test_setup(a_critical_guest_that_never_comes_up_resets_the_board,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
