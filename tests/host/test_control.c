/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest manages others: each operation of CONTROL in each state, on oneself, by two at
 * a time; what it says and what record it leaves; statistics; published time; watchdogs of
 * guests and the board's, with the real life cycle under them. Loading and scrubbing take
 * one call of life_work() each.
 */
/* sources: core/control.c core/life.c core/watchdog.c core/stats.c lib/format.c
 * tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <abi/stats.h>
#include <core/core.h>
#include "fake_arch.h"

enum { MANAGER, OTHER, A, B, GUESTS };

static struct sys_guest config[GUESTS];
static struct skerry_info infos[GUESTS];
static struct skerry_stats pages[GUESTS];
static struct skerry_time_page time_page;
static union crash_page kept[GUESTS];
union crash_page *crash_pages = kept;
static char cause[128];
static unsigned records, record_cpu;
static const struct vcpu *record_of;

void load_begin(struct guest *g, bool scrub_only)
{
	g->life += !scrub_only;
	if (!scrub_only) {
		g->info->load_begin = fake.now;
	}
}

enum load_result load_step(struct guest *g)
{
	(void)g;
	return LOAD_DONE;
}

bool quiesce_devices(const struct guest *g)
{
	(void)g;
	return true;
}

void crash_record(struct vcpu *v, const char *why, uint64_t esr, uint64_t far, uint64_t ipa)
{
	(void)esr, (void)far, (void)ipa;
	strncpy(cause, why, sizeof(cause) - 1);
	record_of = v;
	record_cpu = fake.cpu;
	records++;
}

void console_write(uint32_t from, const char *bytes, size_t count)
{
	(void)from, (void)bytes, (void)count;
}

void vpl011_reset(struct guest *g) { (void)g; }

static int begin(void **state)
{
	static const char *const names[GUESTS] = { "manager", "other", "a", "b" };

	(void)state;
	fake_reset();
	memset(config, 0, sizeof(config));
	memset(infos, 0, sizeof(infos));
	memset(pages, 0, sizeof(pages));
	memset(&time_page, 0, sizeof(time_page));
	memset(kept, 0, sizeof(kept));
	memset(cause, 0, sizeof(cause));
	memset(&the_system, 0, sizeof(the_system));
	for (uint8_t i = 0; i < GUESTS; i++) {
		strcpy(config[i].name, names[i]);
		config[i].vcpu_count = 1;
		config[i].cpu[0] = i;
		config[i].control = i <= OTHER ? 0xffff : 0;
	}
	config[B].vcpu_count = 2;
	config[B].cpu[1] = 5;
	fake_guests(config, GUESTS);
	for (uint8_t i = 0; i < GUESTS; i++) {
		guests[i].info = &infos[i];
		guests[i].stats = &pages[i];
		pages[i].vcpu_count = config[i].vcpu_count;
		for (uint32_t k = 0; k < config[i].vcpu_count; k++) {
			struct pcpu *p = &pcpus[config[i].cpu[k]];

			p->vcpu[p->vcpu_count++] = &guests[i].vcpu[k];
		}
	}
	records = 0;
	record_of = NULL;
	watchdog_critical = 0;
	return 0;
}

/* Each core's loop, until nobody has work left. */
static void work(void)
{
	unsigned cpu = fake.cpu;
	bool is_busy = true;

	for (unsigned n = 0; is_busy && n < 1000; n++) {
		is_busy = false;
		for (uint32_t i = 0; i < guest_count; i++) {
			for (uint32_t k = 0; k < config[i].vcpu_count; k++) {
				fake.cpu = config[i].cpu[k];
				is_busy |= life_work(&guests[i].vcpu[k]);
			}
		}
	}
	fake.cpu = cpu;
	assert_false(is_busy);
	assert_int_equal(fake.lock_depth, 0);
}

static void start(int guest)
{
	assert_int_equal(life_apply(&guests[guest], LIFE_START), SKERRY_OK);
	work();
	assert_int_equal(guests[guest].state, GUEST_RUNNING);
	for (uint32_t i = 0; i < config[guest].vcpu_count; i++) {
		guests[guest].vcpu[i].power = VCPU_ON;
	}
}

static int64_t control(int by, uint64_t guest, uint64_t operation)
{
	uint64_t x[18] = { 0, guest, operation };

	fake.cpu = config[by].cpu[0];
	return hvc_control(&guests[by].vcpu[0], x);
}

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
	/*                       start          stop            restart         pause resume crash */
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
	assert_int_equal(time_page.time[1].stolen, 100000000000000000 + 500);
	assert_true(time_page.state[1].preempted);
	v->time = VCPU_RUN;
	time_publish(v);
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
		cmocka_unit_test_setup(statistics_say_what_a_guest_does, begin),
		cmocka_unit_test_setup(stolen_time_is_published_in_nanoseconds, begin),
		cmocka_unit_test_setup(a_guest_that_does_not_check_in_has_crashed, begin),
		cmocka_unit_test_setup(a_watchdog_s_time_has_limits, begin),
		cmocka_unit_test_setup(another_core_is_told_of_an_earlier_deadline_only, begin),
		cmocka_unit_test_setup(a_watchdog_stands_still_while_its_guest_is_paused, begin),
		cmocka_unit_test_setup(each_guest_of_a_core_has_its_own, begin),
		cmocka_unit_test_setup(the_board_s_is_fed_by_each_round_of_the_critical_guests,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
