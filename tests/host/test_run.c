/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core's loop with the real life cycle and PSCI under it: what it enters, when it
 * sleeps, and that nothing that another core asks for is slept over. What others do
 * happens while the core sleeps (arch_cpu_wait()).
 */
/* sources: core/run.c core/life.c core/psci.c core/watchdog.c lib/format.c
 * sched/sched.c sched/server.c sched/boot/sched.c
 * tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <abi/smccc.h>
#include <core/console.h>
#include <core/exit.h>
#include <core/life.h>
#include "fake_arch.h"

#define STEPS	5
#define ENTRY	0x40080000ull

enum { A, OTHER, GUESTS };

static struct sys_guest config[GUESTS];
static struct vcpu *a0, *a1, *entered;
static unsigned steps, step_waits;

void load_begin(struct guest *g, bool scrub_only)
{
	steps = 0;
	g->life += !scrub_only;
}

enum load_result load_step(struct guest *g)
{
	(void)g;
	assert_int_equal(fake.lock_depth, 0);	/* nobody waits for a loader */
	step_waits = fake.waits;
	return ++steps < STEPS ? LOAD_MORE : LOAD_DONE;
}

bool quiesce_devices(const struct guest *g)
{
	(void)g;
	return true;
}

void crash_record(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa)
{
	(void)v, (void)cause, (void)esr, (void)far, (void)ipa;
}

void console_write(uint32_t from, const char *bytes, size_t count)
{
	(void)from, (void)bytes, (void)count;
}

void vpl011_reset(struct guest *g) { (void)g; }

static int begin(void **state)
{
	(void)state;
	fake_reset();
	for (uint8_t i = 0; i < GUESTS; i++) {
		config[i] = (struct sys_guest){ .vcpu_count = 1, .cpu = { 0, 1 }, .entry = ENTRY,
			.tree.at.base = 0x44000000, .bank_count = 1,
			.bank = { { 0x40000000, MIB(1) } } };
		strcpy(config[i].name, i ? "other" : "a");
	}
	config[A].vcpu_count = 2;
	config[OTHER].cpu[0] = 2;
	fake_guests(config, GUESTS);
	guests[OTHER].state = GUEST_RUNNING;	/* keeps the system up */
	a0 = &guests[A].vcpu[0];
	a1 = &guests[A].vcpu[1];
	pcpus[0].vcpu[0] = a0;
	pcpus[1].vcpu[0] = a1;
	entered = NULL;
	return 0;
}

static void loop(void *unused)
{
	(void)unused;
	entered = core_next(&pcpus[fake.cpu]);
	assert_int_equal(fake.lock_depth, 0);
}

/* The core sleeps and nobody comes. */
static void give_up(void)
{
	arch_halt();
}

/* What core `cpu` does until it enters a vCPU (which) or sleeps for good (NULL). */
static struct vcpu *run(unsigned cpu)
{
	entered = NULL;
	fake.cpu = cpu;
	fake.waits = 0;
	if (!fake.on_wait) {
		fake.on_wait = give_up;
	}
	if (fake_run(loop, NULL) != FAKE_RETURNED) {
		assert_int_equal(fake.end, FAKE_HALT);
		entered = NULL;
	}
	fake.on_wait = NULL;
	return entered;
}

static void apply(enum life_event event)
{
	assert_int_equal(life_apply(&guests[A], event), 0);
}

static void start(void)
{
	apply(LIFE_START);
	assert_ptr_equal(run(0), a0);
}

static void a_core_without_a_vcpu_sleeps(void **state)
{
	(void)state;
	assert_null(run(7));
	assert_int_equal(fake.waits, 1);
}

static void a_core_of_an_absent_guest_sleeps(void **state)
{
	(void)state;
	assert_null(run(0));
	assert_int_equal(a0->arch.starts, 0);
}

static void the_first_core_loads_and_enters(void **state)
{
	(void)state;
	start();
	assert_int_equal(steps, STEPS);
	assert_int_equal(fake.waits, 0);
	assert_int_equal(a0->arch.starts, 1);
	assert_int_equal(a0->arch.start_entry, ENTRY);
	assert_int_equal(a0->arch.start_context, 0x44000000);
	assert_int_equal(a0->power, VCPU_ON);
	assert_int_equal(guests[A].state, GUEST_RUNNING);
	assert_null(run(1));		/* off until somebody switches it on */
	assert_int_equal(a1->arch.starts, 0);
}

static void a_vcpu_that_is_on_goes_on(void **state)
{
	(void)state;
	start();
	assert_ptr_equal(run(0), a0);
	assert_int_equal(a0->arch.starts, 1);
	assert_int_equal(fake.waits, 0);
}

static void nothing(void) { }

static void interrupts_are_looked_at_between_steps(void **state)
{
	(void)state;
	apply(LIFE_START);
	fake.has_work = true;
	fake.on_wait = nothing;
	assert_ptr_equal(run(0), a0);
	assert_int_equal(step_waits, STEPS - 1);
}

static int64_t psci(struct vcpu *v, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x[18] = { function, a, b, c };

	assert_true(psci_call(v, x));
	return (int64_t)x[0];
}

static void switch_on(void)
{
	fake.on_wait = give_up;
	assert_int_equal(psci(a0, PSCI_CPU_ON_64, 1, ENTRY + 64, 9), PSCI_SUCCESS);
}

static void a_vcpu_that_is_switched_on_starts_on_its_core(void **state)
{
	(void)state;
	start();
	fake.on_wait = switch_on;
	assert_ptr_equal(run(1), a1);
	assert_int_equal(a1->arch.start_entry, ENTRY + 64);
	assert_int_equal(a1->arch.start_context, 9);
	assert_int_equal(psci(a1, PSCI_CPU_OFF, 0, 0, 0), PSCI_SUCCESS);
	assert_null(run(1));
	fake.on_wait = switch_on;
	assert_ptr_equal(run(1), a1);
	assert_int_equal(a1->arch.starts, 2);
	assert_int_equal(a1->arch.stops, 1);
}

static void resume(void)
{
	fake.on_wait = give_up;
	apply(LIFE_RESUME);
}

static void a_paused_guest_sleeps_and_goes_on_where_it_was(void **state)
{
	(void)state;
	start();
	apply(LIFE_PAUSE);
	fake.on_wait = resume;
	assert_ptr_equal(run(0), a0);
	assert_int_equal(fake.waits, 1);
	assert_int_equal(a0->arch.starts, 1);
	assert_int_equal(a0->arch.stops, 0);
}

static void off(void)
{
	fake.on_wait = give_up;
	apply(LIFE_OFF);
}

static void a_stop_reaches_a_core_that_sleeps(void **state)
{
	(void)state;
	start();
	apply(LIFE_PAUSE);
	fake.on_wait = off;
	assert_null(run(0));		/* leaves; the second vCPU's core has not yet */
	assert_int_equal(a0->arch.stops, 1);
	assert_int_equal(guests[A].state, GUEST_STOPPING);
	fake.kicks[0] = 0;
	assert_null(run(1));
	assert_int_equal(a1->arch.stops, 0);	/* it was never on */
	assert_true(fake.kicks[0] > 0);		/* the last one tells the first core */
	assert_null(run(0));
	assert_int_equal(guests[A].state, GUEST_STOPPED);
	assert_int_equal(guests[A].arch.stops, 1);
}

/* Stops while its second vCPU has been switched on but not started. */
static void a_vcpu_switched_on_before_a_stop_does_not_start(void **state)
{
	(void)state;
	start();
	switch_on();
	apply(LIFE_OFF);
	assert_null(run(1));
	assert_null(run(0));
	assert_int_equal(guests[A].state, GUEST_STOPPED);
	assert_int_equal(a1->arch.starts, 0);
	assert_int_equal(a1->power, VCPU_OFF);
	start();
	assert_null(run(1));		/* nor in the next life */
	assert_int_equal(a1->arch.starts, 0);
}

/* The other core's CPU_ON is still being made when the stop is asked for. */
static void a_cpu_on_during_a_stop_leaves_nothing(void **state)
{
	(void)state;
	start();
	apply(LIFE_RESET);
	assert_null(run(1));
	assert_int_equal(guests[A].left, 1 << a1->index);
	switch_on();			/* vCPU 0 has not left yet */
	assert_ptr_equal(run(0), a0);	/* stops, scrubs, loads, starts */
	assert_int_equal(guests[A].life, 2);
	assert_int_equal(a1->power, VCPU_OFF);
	assert_null(run(1));
	assert_int_equal(a1->arch.starts, 0);
}

static void a_guest_restarts_a_hundred_times(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < 100; i++) {
		switch_on();
		assert_ptr_equal(run(1), a1);
		assert_int_equal(psci(i % 2 ? a0 : a1, PSCI_SYSTEM_RESET, 0, 0, 0), 0);
		assert_int_equal(psci(i % 2 ? a1 : a0, PSCI_SYSTEM_OFF, 0, 0, 0),
				 PSCI_INTERNAL_FAILURE);	/* too late */
		if (i % 3) {
			assert_null(run(0));
			assert_null(run(1));
		} else {
			assert_null(run(1));
		}
		assert_ptr_equal(run(0), a0);
		fake.log[0] = '\0';
	}
	assert_int_equal(guests[A].life, 101);
	assert_int_equal(a0->arch.starts, 101);
	assert_int_equal(a0->arch.stops, 100);
	assert_int_equal(a1->arch.stops, 100);
	assert_int_equal(guests[A].arch.stops, 100);
	assert_int_equal(guests[A].arch.resets, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_core_without_a_vcpu_sleeps, begin),
		cmocka_unit_test_setup(a_core_of_an_absent_guest_sleeps, begin),
		cmocka_unit_test_setup(the_first_core_loads_and_enters, begin),
		cmocka_unit_test_setup(a_vcpu_that_is_on_goes_on, begin),
		cmocka_unit_test_setup(interrupts_are_looked_at_between_steps, begin),
		cmocka_unit_test_setup(a_vcpu_that_is_switched_on_starts_on_its_core, begin),
		cmocka_unit_test_setup(a_paused_guest_sleeps_and_goes_on_where_it_was, begin),
		cmocka_unit_test_setup(a_stop_reaches_a_core_that_sleeps, begin),
		cmocka_unit_test_setup(a_vcpu_switched_on_before_a_stop_does_not_start, begin),
		cmocka_unit_test_setup(a_cpu_on_during_a_stop_leaves_nothing, begin),
		cmocka_unit_test_setup(a_guest_restarts_a_hundred_times, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
