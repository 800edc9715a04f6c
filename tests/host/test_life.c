/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/life.c: every state against every event, and the ways that guests take
 * through them: off, reset, crash and restart within the limit, pause, a device
 * that won't stop, a damaged image, waiting for another, the end of the run.
 * Loading takes LOAD_STEPS calls of life_work() and scrubbing as many.
 */
/* sources: core/watchdog.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <abi/errors.h>
#include <core/console.h>
#include <core/exit.h>
#include <core/life.h>
#include "fake_arch.h"
#include "../../core/life.c"		/* its static state is reset for each test */

#define LOAD_STEPS	3

enum { A, B, SERVICE, GUESTS };

static struct sys_guest config[GUESTS];
static struct { unsigned begun, steps, scrubs; bool is_scrub, is_bad; } load[GUESTS];
static unsigned records, flushed, uart_resets;
static bool device_stops;

void load_begin(struct guest *g, bool scrub_only)
{
	load[g->index].begun++;
	load[g->index].steps = 0;
	load[g->index].is_scrub = scrub_only;
	load[g->index].scrubs += scrub_only;
	g->life += !scrub_only;
}

enum load_result load_step(struct guest *g)
{
	if (++load[g->index].steps < LOAD_STEPS) {
		return LOAD_MORE;
	}
	if (load[g->index].is_bad && !load[g->index].is_scrub) {
		return LOAD_BAD;
	}
	return LOAD_DONE;
}

bool quiesce_devices(const struct guest *g)
{
	assert_int_equal(g->arch.stops, load[g->index].scrubs + 1);	/* interrupts are off */
	return device_stops;
}

void crash_record(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa)
{
	(void)v, (void)cause, (void)esr, (void)far, (void)ipa;
	records++;
}

void console_write(uint32_t from, const char *bytes, size_t count)
{
	(void)from, (void)bytes;
	assert_int_equal(count, 0);
	flushed++;
}

void vpl011_reset(struct guest *g)
{
	(void)g;
	uart_resets++;
}

static int begin(void **state)
{
	static const char *const names[GUESTS] = { "a", "b", "service" };

	(void)state;
	fake_reset();
	memset(config, 0, sizeof(config));
	memset(load, 0, sizeof(load));
	for (uint8_t i = 0; i < GUESTS; i++) {
		strcpy(config[i].name, names[i]);
		config[i].vcpu_count = 1;
		config[i].cpu[0] = i;
		config[i].entry = 0x40200000;
		config[i].tree.at.base = 0x44000000;
	}
	config[B].vcpu_count = 2;
	config[B].cpu[1] = 3;
	config[SERVICE].service = true;
	fake_guests(config, GUESTS);
	records = flushed = uart_resets = 0;
	device_stops = true;
	is_ending = has_ended = false;
	return 0;
}

/* Each core's loop, until nobody has work left. */
static void work(void *unused)
{
	bool is_busy = true;

	(void)unused;
	for (unsigned n = 0; is_busy && n < 1000; n++) {
		is_busy = false;
		for (uint32_t i = 0; i < guest_count; i++) {
			for (uint32_t k = 0; k < config[i].vcpu_count; k++) {
				fake.cpu = config[i].cpu[k];
				is_busy |= life_work(&guests[i].vcpu[k]);
			}
		}
	}
	assert_false(is_busy);
	assert_int_equal(fake.lock_depth, 0);
}

static void apply(int guest, enum life_event event)
{
	assert_int_equal(life_apply(&guests[guest], event), SKERRY_OK);
}

/* What the cores do when a guest has become runnable. */
static void power_on(int guest)
{
	assert_int_equal(guests[guest].vcpu[0].power, VCPU_STARTING);
	for (uint32_t i = 0; i < config[guest].vcpu_count; i++) {
		guests[guest].vcpu[i].power = VCPU_ON;
	}
}

static void start(int guest)
{
	apply(guest, LIFE_START);
	work(NULL);
	assert_int_equal(guests[guest].state, GUEST_RUNNING);
	power_on(guest);
}

static void every_arrow_of_the_table_and_no_other(void **state)
{
	enum { NO = -1, L = GUEST_LOADING, X = GUEST_STOPPING };
	static const int to[GUEST_STATES][LIFE_EVENTS] = {
	/*                     start loaded bad off reset crash last pause resume quarantine */
	[GUEST_ABSENT] =      { L, NO, NO, NO, L, NO, NO, NO, NO, NO },
	[GUEST_LOADING] =     { NO, GUEST_RUNNING, X, X, NO, NO, NO, NO, NO, NO },
	[GUEST_RUNNING] =     { NO, NO, NO, X, X, X, NO, GUEST_PAUSED, NO, NO },
	[GUEST_PAUSED] =      { NO, NO, NO, X, X, NO, NO, NO, GUEST_RUNNING, NO },
	[GUEST_STOPPING] =    { NO, NO, NO, NO, NO, NO, GUEST_STOPPED, NO, NO, GUEST_QUARANTINED },
	[GUEST_STOPPED] =     { L, NO, NO, NO, L, NO, NO, NO, NO, NO },
	[GUEST_CRASHED] =     { L, NO, NO, NO, L, NO, NO, NO, NO, NO },
	[GUEST_QUARANTINED] = { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
	};

	for (int from = 0; from < GUEST_STATES; from++) {
		for (int event = 0; event < LIFE_EVENTS; event++) {
			int result;

			begin(state);
			guests[A].state = (uint8_t)from;
			guests[A].next_state = GUEST_STOPPED;
			result = life_apply(&guests[A], (enum life_event)event);
			if (result != (to[from][event] == NO ? SKERRY_BUSY : SKERRY_OK) ||
			    guests[A].state !=
				    (to[from][event] == NO ? from : to[from][event])) {
				fail_msg("%s, event %d: %d, %s", state_names[from], event,
					 result, state_names[guests[A].state]);
			}
		}
	}
}

static void a_guest_starts_at_its_entry_with_its_tree(void **state)
{
	(void)state;
	start(A);
	assert_int_equal(guests[A].vcpu[0].entry, 0x40200000);
	assert_int_equal(guests[A].vcpu[0].context, 0x44000000);
	assert_int_equal(guests[A].arch.resets, 1);
	assert_int_equal(uart_resets, 1);
	assert_true(pcpus[0].look);		/* the caller's own core: no kick */
}

static void loading_is_one_step_at_a_time(void **state)
{
	(void)state;
	apply(A, LIFE_START);
	for (unsigned i = 1; i < LOAD_STEPS; i++) {
		assert_true(life_work(&guests[A].vcpu[0]));
		assert_int_equal(load[A].steps, i);
	}
	assert_int_equal(guests[A].state, GUEST_LOADING);
}

static void only_the_first_vcpu_s_core_loads(void **state)
{
	(void)state;
	apply(B, LIFE_START);
	assert_false(life_work(&guests[B].vcpu[1]));
	assert_int_equal(load[B].steps, 0);
}

static void a_guest_stops_when_all_its_vcpus_have_left(void **state)
{
	(void)state;
	start(A);
	start(B);
	apply(B, LIFE_OFF);
	assert_true(fake.kicks[1] && fake.kicks[3]);
	assert_true(life_work(&guests[B].vcpu[0]));
	assert_int_equal(guests[B].vcpu[0].arch.stops, 1);
	assert_false(life_work(&guests[B].vcpu[0]));
	assert_int_equal(guests[B].arch.stops, 0);
	assert_true(life_work(&guests[B].vcpu[1]));
	assert_int_equal(guests[B].vcpu[1].arch.stops, 1);
	work(NULL);
	assert_int_equal(guests[B].state, GUEST_STOPPED);
	assert_int_equal(guests[B].vcpu[0].power, VCPU_OFF);
	assert_int_equal(guests[B].vcpu[1].power, VCPU_OFF);
	assert_int_equal(guests[B].arch.stops, 1);
	assert_int_equal(load[B].scrubs, 1);
	assert_int_equal(flushed, 1);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
	assert_non_null(strstr(fake.log, "skerry: b: off\n"));
}

static void a_vcpu_that_is_off_is_not_stopped_again(void **state)
{
	(void)state;
	start(A);
	start(B);
	guests[B].vcpu[1].power = VCPU_OFF;
	apply(B, LIFE_OFF);
	work(NULL);
	assert_int_equal(guests[B].vcpu[1].arch.stops, 0);
	assert_int_equal(guests[B].state, GUEST_STOPPED);
}

static void a_reset_scrubs_and_loads_again_a_hundred_times(void **state)
{
	(void)state;
	start(A);
	start(B);
	for (unsigned i = 1; i <= 100; i++) {
		apply(B, LIFE_RESET);
		work(NULL);
		assert_int_equal(guests[B].state, GUEST_RUNNING);
		assert_int_equal(load[B].scrubs, i);
		assert_int_equal(guests[B].life, i + 1);
		assert_int_equal(guests[B].vcpu[1].power, VCPU_OFF);
		power_on(B);
		fake.log[0] = '\0';
	}
	assert_int_equal(guests[A].life, 1);
}

static void crash(int guest)
{
	life_crash(&guests[guest].vcpu[0], "a test", 0, 0, 0);
	work(NULL);
}

static void a_crash_stops_or_restarts_as_described(void **state)
{
	(void)state;
	config[B].on_crash = CRASH_RESTART;
	config[B].restart_limit = 5;
	config[B].restart_window_s = 60;
	start(SERVICE);
	start(A);
	start(B);
	crash(B);
	assert_int_equal(guests[B].state, GUEST_RUNNING);
	crash(A);
	assert_int_equal(guests[A].state, GUEST_CRASHED);
	assert_int_equal(records, 2);
	life_crash(&guests[A].vcpu[0], "too late", 0, 0, 0);
	assert_int_equal(records, 2);
	start(A);
}

static void restarts_are_limited_within_the_window(void **state)
{
	(void)state;
	config[B].on_crash = CRASH_RESTART;
	config[B].restart_limit = 3;
	config[B].restart_window_s = 60;
	start(A);
	start(B);
	fake.now = 1000;
	for (unsigned i = 0; i < 3; i++) {
		crash(B);
		assert_int_equal(guests[B].state, GUEST_RUNNING);
		power_on(B);
	}
	fake.now += 61ull * fake.hz;		/* a new window */
	for (unsigned i = 0; i < 3; i++) {
		crash(B);
		assert_int_equal(guests[B].state, GUEST_RUNNING);
		power_on(B);
	}
	fake.now += 59ull * fake.hz;
	crash(B);
	assert_int_equal(guests[B].state, GUEST_CRASHED);
	assert_non_null(strstr(fake.log, "3 restarts within 60 s were the limit"));
}

static void a_crash_can_pause_the_guest(void **state)
{
	(void)state;
	config[A].on_crash = CRASH_PAUSE;
	start(A);
	crash(A);
	life_crash(&guests[A].vcpu[0], "another vCPU, later", 0, 0, 0);
	assert_int_equal(records, 1);
	assert_int_equal(guests[A].state, GUEST_PAUSED);
	assert_int_equal(load[A].scrubs, 0);
	start(B);
	apply(A, LIFE_OFF);		/* it ends as what it is */
	work(NULL);
	assert_int_equal(guests[A].state, GUEST_CRASHED);
}

static void crash_on_reset_board(void *unused)
{
	(void)unused;
	crash(A);
}

static void a_crash_can_reset_the_board(void **state)
{
	(void)state;
	config[A].on_crash = CRASH_RESET_BOARD;
	start(A);
	assert_int_equal(fake_run(crash_on_reset_board, NULL), FAKE_RESET);
	assert_int_equal(records, 1);
}

static void a_damaged_image_crashes_its_guest_only(void **state)
{
	(void)state;
	start(A);
	load[B].is_bad = true;
	apply(B, LIFE_START);
	work(NULL);
	assert_int_equal(guests[B].state, GUEST_CRASHED);
	assert_int_equal(load[B].scrubs, 1);
	assert_int_equal(guests[B].arch.resets, 0);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
}

static void a_device_that_will_not_stop_quarantines_its_guest(void **state)
{
	(void)state;
	start(A);
	start(B);
	device_stops = false;
	apply(B, LIFE_RESET);
	work(NULL);
	assert_int_equal(guests[B].state, GUEST_QUARANTINED);
	assert_int_equal(load[B].scrubs, 0);
	assert_int_equal(life_apply(&guests[B], LIFE_START), SKERRY_BUSY);
}

static void a_guest_waits_for_those_it_comes_after(void **state)
{
	(void)state;
	config[B].after = 1 << A;
	apply(B, LIFE_START);
	work(NULL);
	assert_int_equal(load[B].steps, 0);
	fake.kicks[config[B].cpu[0]] = 0;
	start(A);
	assert_true(fake.kicks[config[B].cpu[0]] > 0);
	work(NULL);
	assert_int_equal(guests[B].state, GUEST_RUNNING);
}

static void a_guest_does_not_wait_for_one_that_is_gone(void **state)
{
	config[B].after = 1 << A;
	apply(A, LIFE_START);
	apply(B, LIFE_START);
	load[A].is_bad = true;
	work(NULL);
	assert_int_equal(guests[A].state, GUEST_CRASHED);
	assert_int_equal(guests[B].state, GUEST_RUNNING);

	begin(state);		/* it ran, and was off before the other looked */
	config[B].after = 1 << A;
	start(A);
	start(SERVICE);
	apply(B, LIFE_START);
	apply(A, LIFE_OFF);
	fake.kicks[config[B].cpu[0]] = 0;
	work(NULL);
	assert_true(fake.kicks[config[B].cpu[0]] > 0);
	assert_int_equal(guests[B].state, GUEST_RUNNING);

	begin(state);
	config[B].after = 1 << A;
	config[A].refused = true;
	start(B);
}

static void a_restarted_guest_waits_for_nobody(void **state)
{
	(void)state;
	config[B].after = 1 << A;
	start(A);
	start(B);
	apply(A, LIFE_RESET);
	apply(B, LIFE_RESET);
	for (unsigned i = 0; guests[B].state != GUEST_RUNNING && i < 20; i++) {
		for (uint32_t k = 0; k < config[B].vcpu_count; k++) {
			(void)life_work(&guests[B].vcpu[k]);
		}
	}
	assert_int_equal(guests[B].state, GUEST_RUNNING);
	assert_int_equal(guests[A].state, GUEST_STOPPING);
}

static void a_guest_stopped_while_loading_stops(void **state)
{
	(void)state;
	start(A);
	apply(B, LIFE_START);
	assert_true(life_work(&guests[B].vcpu[0]));
	apply(B, LIFE_OFF);
	work(NULL);
	assert_int_equal(guests[B].state, GUEST_STOPPED);
	assert_int_equal(guests[B].vcpu[0].power, VCPU_OFF);
	assert_int_equal(guests[B].vcpu[0].arch.stops, 0);
}

static void the_run_ends_when_only_services_are_left(void **state)
{
	(void)state;
	start(SERVICE);
	start(A);
	config[B].on_crash = CRASH_STOP;
	start(B);
	crash(B);
	apply(A, LIFE_OFF);
	assert_int_equal(fake_run(work, NULL), FAKE_OFF);
	assert_non_null(strstr(fake.log, "skerry: end a=off b=crashed service=off\n"));
}

static void end_run(void *unused)
{
	(void)unused;
	life_end_run();
	work(NULL);
}

static void the_key_ends_the_run_whatever_guests_do(void **state)
{
	(void)state;
	config[B].on_crash = CRASH_RESTART;
	config[B].restart_limit = 100;
	config[B].restart_window_s = 1;
	start(A);
	start(B);
	apply(B, LIFE_RESET);
	assert_int_equal(fake_run(end_run, NULL), FAKE_OFF);
	assert_non_null(strstr(fake.log, "skerry: end a=off b=off service=absent\n"));
	assert_int_equal(life_apply(&guests[A], LIFE_START), SKERRY_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_arrow_of_the_table_and_no_other),
		cmocka_unit_test_setup(a_guest_starts_at_its_entry_with_its_tree, begin),
		cmocka_unit_test_setup(loading_is_one_step_at_a_time, begin),
		cmocka_unit_test_setup(only_the_first_vcpu_s_core_loads, begin),
		cmocka_unit_test_setup(a_guest_stops_when_all_its_vcpus_have_left, begin),
		cmocka_unit_test_setup(a_vcpu_that_is_off_is_not_stopped_again, begin),
		cmocka_unit_test_setup(a_reset_scrubs_and_loads_again_a_hundred_times, begin),
		cmocka_unit_test_setup(a_crash_stops_or_restarts_as_described, begin),
		cmocka_unit_test_setup(restarts_are_limited_within_the_window, begin),
		cmocka_unit_test_setup(a_crash_can_pause_the_guest, begin),
		cmocka_unit_test_setup(a_crash_can_reset_the_board, begin),
		cmocka_unit_test_setup(a_damaged_image_crashes_its_guest_only, begin),
		cmocka_unit_test_setup(a_device_that_will_not_stop_quarantines_its_guest, begin),
		cmocka_unit_test_setup(a_guest_waits_for_those_it_comes_after, begin),
		cmocka_unit_test_setup(a_guest_does_not_wait_for_one_that_is_gone, begin),
		cmocka_unit_test_setup(a_restarted_guest_waits_for_nobody, begin),
		cmocka_unit_test_setup(a_guest_stopped_while_loading_stops, begin),
		cmocka_unit_test_setup(the_run_ends_when_only_services_are_left, begin),
		cmocka_unit_test_setup(the_key_ends_the_run_whatever_guests_do, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
