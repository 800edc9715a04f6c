/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core's loop where several vCPUs share the core, with the real policies under it: whose
 * turn it is, what wakes, until when EL2's timer is armed, and that times add up. What others
 * do happens while the core sleeps (arch_cpu_wait()).
 */
/* sources: core/run.c sched/sched.c sched/server.c sched/boot/sched.c
 * tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <abi/errors.h>
#include <abi/hypercalls.h>
#include <core/core.h>
#include <hv/sched.h>
#include "fake_arch.h"

#define SLICE	6250		/* 100 us of ticks */

enum { A, B, GUESTS };

static struct sys_guest config[GUESTS];
static struct sys_core core = { .policy = POLICY_RR, .slice_us = 100 };
static const struct sys_server none;
static struct vcpu *a0, *a1, *b0;
static unsigned steps, steps_left;	/* of life work */

static unsigned published;		/* times of a0; of nobody else */

void time_publish(struct vcpu *v)
{
	assert_ptr_equal(v, a0);
	published++;
}

bool life_work(struct vcpu *v)
{
	if (v->guest->state != GUEST_LOADING || v->index != 0) {
		return false;
	}
	steps++;
	fake.now += 50;
	if (steps_left == 0) {
		return false;
	}
	if (--steps_left == 0) {
		v->guest->state = GUEST_RUNNING;
		v->power = VCPU_STARTING;
		core_look(v->cpu);
	}
	return true;
}

static int begin(void **state)
{
	(void)state;
	fake_reset();
	fake.now = 1000;
	memset(config, 0, sizeof(config));
	config[A].vcpu_count = 2;
	config[B].vcpu_count = 1;
	fake_guests(config, GUESTS);
	pcpus[0].is_shared = true;
	sched_init(0, &core, 0, fake.hz, fake.now);
	for (unsigned g = 0; g < GUESTS; g++) {
		guests[g].state = GUEST_RUNNING;
		for (unsigned i = 0; i < config[g].vcpu_count; i++) {
			struct vcpu *v = &guests[g].vcpu[i];

			v->slot = pcpus[0].vcpu_count;
			v->power = VCPU_ON;
			v->time = VCPU_IDLE;
			pcpus[0].vcpu[pcpus[0].vcpu_count++] = v;
			sched_add(0, v->slot, (uint8_t)g, (uint8_t)i, &none);
		}
	}
	a0 = &guests[A].vcpu[0];
	a1 = &guests[A].vcpu[1];
	b0 = &guests[B].vcpu[0];
	steps = steps_left = published = 0;
	return 0;
}

/* Whoever core_next() enters has the core, its context and its turn, and nothing is left. */
static struct vcpu *next(void)
{
	struct vcpu *v = core_next(&pcpus[0]);

	assert_ptr_equal(pcpus[0].current, v);
	assert_ptr_equal(pcpus[0].running, v);
	assert_int_equal(v->time, VCPU_RUN);
	assert_false(v->is_waiting || pcpus[0].look);
	return v;
}

static struct vcpu *waits(struct vcpu *v)
{
	core_wait(v);
	assert_true(pcpus[0].came != 0);
	return next();
}

static void turns_go_round_and_times_add_up(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	assert_int_equal(pcpus[0].until, fake.now + SLICE);
	fake.now += SLICE - 1;
	assert_ptr_equal(next(), a0);
	fake.now += 1;
	assert_ptr_equal(next(), a1);
	fake.now += SLICE;
	assert_ptr_equal(next(), b0);
	fake.now += SLICE;
	assert_ptr_equal(next(), a0);
	for (unsigned i = 0; i < 3; i++) {
		const struct vcpu *v = pcpus[0].vcpu[i];

		assert_int_equal(v->ticks[VCPU_IDLE], 1000);
		assert_int_equal(v->ticks[VCPU_IDLE] + v->ticks[VCPU_READY] + v->ticks[VCPU_RUN],
				 v->since);
	}
	assert_int_equal(b0->ticks[VCPU_RUN], SLICE);
	assert_int_equal(b0->ticks[VCPU_READY], 2 * SLICE);
	assert_int_equal(a0->switches, 2);
}

static void who_waits_is_woken_by_its_timer_or_an_interrupt(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	a0->arch.timer = fake.now + 20;		/* when it leaves the core */
	assert_ptr_equal(waits(a0), a1);
	assert_int_equal(a0->time, VCPU_IDLE);
	assert_int_equal(pcpus[0].until, a0->arch.timer);
	assert_ptr_equal(waits(a1), b0);
	assert_int_equal(pcpus[0].until, a0->arch.timer);
	fake.now += 20;
	assert_ptr_equal(next(), b0);		/* woken; its turn comes later */
	assert_int_equal(a0->time, VCPU_READY);
	assert_int_not_equal(pcpus[0].until, a0->arch.timer);
	a1->arch.has_interrupt = true;
	core_look(0);
	assert_ptr_equal(waits(b0), a0);
	assert_int_equal(a1->time, VCPU_READY);
	assert_ptr_equal(waits(a0), a1);
	a1->arch.has_interrupt = true;		/* it does not sleep over that */
	assert_ptr_equal(waits(a1), a1);
}

static void ring(void)
{
	assert_null(pcpus[0].running);
	b0->arch.has_interrupt = fake.waits == 3;	/* the first ones are for nothing */
	fake.now += 100;
}

static void nobody_ready_is_sleep_and_nothing_is_slept_over(void **state)
{
	uint64_t begun = fake.now;

	(void)state;
	a0->power = a1->power = VCPU_OFF;
	assert_ptr_equal(next(), b0);
	fake.on_wait = ring;
	assert_ptr_equal(waits(b0), b0);
	assert_int_equal(fake.waits, 3);
	assert_int_equal(b0->ticks[VCPU_IDLE], begun + 300);
	assert_ptr_equal(pcpus[0].current, b0);		/* never left the core */
	assert_int_equal(b0->switches, 2);
}

static void a_paused_guest_has_no_turn_and_no_deadline(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	a0->arch.timer = fake.now + 20;
	assert_ptr_equal(waits(a0), a1);
	guests[A].state = GUEST_PAUSED;
	core_look(0);
	assert_ptr_equal(next(), b0);
	assert_int_equal(pcpus[0].until, UINT64_MAX);
	fake.now += 50;
	assert_ptr_equal(next(), b0);
	guests[A].state = GUEST_RUNNING;
	core_look(0);
	fake.now += SLICE;
	assert_ptr_equal(next(), a0);		/* its timer was due meanwhile */
}

static void a_vcpu_starts_on_its_turn(void **state)
{
	(void)state;
	a1->power = VCPU_STARTING;
	a1->is_waiting = true;			/* of an earlier life */
	assert_ptr_equal(next(), a0);
	assert_int_equal(a1->arch.starts, 0);
	fake.now += SLICE;
	assert_ptr_equal(next(), a1);
	assert_int_equal(a1->arch.starts, 1);
	assert_int_equal(a1->power, VCPU_ON);
}

static void life_work_is_done_in_its_own_turns(void **state)
{
	(void)state;
	guests[A].state = GUEST_LOADING;
	a0->power = a1->power = VCPU_OFF;
	steps_left = 4;
	fake.has_work = false;
	assert_ptr_equal(next(), a0);		/* four steps, then its first instruction */
	assert_int_equal(steps, 4);
	assert_int_equal(a0->arch.starts, 1);
	assert_int_equal(b0->ticks[VCPU_RUN], 0);
	guests[A].state = GUEST_LOADING;	/* waits for another guest: nothing to do yet */
	assert_ptr_equal(next(), b0);
	assert_int_equal(steps, 5);
	assert_int_equal(a0->time, VCPU_IDLE);
	core_look(0);
	assert_ptr_equal(next(), b0);		/* tried again when it is its turn */
	fake.now += SLICE;
	assert_ptr_equal(next(), b0);
	assert_int_equal(steps, 6);
}

static void an_serror_is_taken_by_whose_context_is_there(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	core_wait(a0);
	fake.has_serror = true;
	assert_ptr_equal(core_next(&pcpus[0]), a0);
	assert_true(pcpus[0].came != 0);	/* and then it is looked at again */
	fake.has_serror = false;
	assert_ptr_equal(next(), a1);
}

static void an_interrupts_time_is_not_who_ran(void **state)
{
	uint64_t before;

	(void)state;
	assert_ptr_equal(next(), a0);
	before = fake.now;
	fake.now += SLICE;
	core_came();
	fake.now += 77;				/* EL2's work on it */
	assert_ptr_equal(next(), a1);
	assert_int_equal(a0->ticks[VCPU_RUN], SLICE);
	assert_int_equal(a1->since, before + SLICE);
}

static void yield_lets_the_named_one_go_first(void **state)
{
	uint64_t x[18] = { 0, 0 };

	(void)state;
	assert_ptr_equal(next(), a0);
	fake.now += SLICE;
	assert_ptr_equal(next(), a1);
	x[1] = 2;
	assert_int_equal(hvc_yield(a1, x), SKERRY_INVALID);
	x[1] = 0;
	assert_int_equal(hvc_yield(a1, x), SKERRY_OK);
	assert_ptr_equal(next(), a0);
	x[1] = SKERRY_YIELD_ANY;
	assert_int_equal(hvc_yield(a0, x), SKERRY_OK);
	assert_ptr_equal(next(), b0);
}

static struct vcpu *yields(struct vcpu *v, uint64_t to)
{
	v->arch.x[1] = to;
	return exit_yield(v, &pcpus[0], 0x5a000000);
}

/* YIELD's own path: who waits is not looked at, unless something has come. */
static void a_passed_turn_is_decided_alone(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	assert_ptr_equal(waits(a0), a1);
	assert_ptr_equal(waits(a1), b0);
	a0->arch.has_interrupt = true;			/* and nobody told the core */
	fake.now += 10;
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), b0);
	assert_int_equal(b0->arch.x[0], SKERRY_OK);
	assert_int_equal(b0->exits[EXIT_HVC], 1);
	assert_int_equal(a0->time, VCPU_IDLE);
	assert_int_equal(pcpus[0].came, 0);
	core_look(0);
	fake.now += 10;
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), a0);
	assert_int_equal(b0->time, VCPU_READY);
	assert_int_equal(b0->ticks[VCPU_RUN], 20);
	assert_ptr_equal(yields(a0, 2), a0);		/* no such vCPU */
	assert_int_equal(a0->arch.x[0], SKERRY_INVALID);
	assert_ptr_equal(yields(a0, SKERRY_YIELD_ANY), b0);
	guests[A].state = GUEST_PAUSED;			/* its core is told a moment later */
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), b0);
	assert_int_equal(a0->time, VCPU_IDLE);
	fake.has_serror = true;
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), b0);
	assert_true(pcpus[0].came != 0);		/* then */
}

/* Stolen time is for those that have asked for it: ready, running, at each change. */
static void time_is_published_for_who_asked(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	assert_int_equal(published, 0);
	a0->has_asked_time = true;
	assert_ptr_equal(yields(a0, SKERRY_YIELD_ANY), a1);
	assert_int_equal(published, 1);			/* preempted */
	assert_ptr_equal(yields(a1, SKERRY_YIELD_ANY), b0);
	assert_int_equal(published, 1);
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), a0);
	assert_int_equal(published, 2);
}

/* The deadlines of those that leave the core while they wait, and of nobody else. */
static void a_deadline_is_of_who_waits_only(void **state)
{
	(void)state;
	assert_ptr_equal(next(), a0);
	a0->arch.has_interrupt = true;			/* WFI with an interrupt: no wait */
	a0->arch.timer = fake.now + 5;
	fake.now += SLICE;
	assert_ptr_equal(waits(a0), a1);
	assert_int_equal(a0->time, VCPU_READY);
	assert_false(a0->is_waiting);
	assert_int_equal(pcpus[0].until, fake.now + SLICE);
	a1->arch.timer = fake.now + 7;
	assert_ptr_equal(waits(a1), b0);
	assert_int_equal(pcpus[0].until, a1->arch.timer);
	fake.now += 2;
	assert_ptr_equal(yields(b0, SKERRY_YIELD_ANY), a0);
	assert_int_equal(pcpus[0].until, a1->arch.timer);	/* it is kept */
	core_look(0);
	assert_ptr_equal(next(), a0);
	assert_int_equal(pcpus[0].until, a1->arch.timer);	/* and found again */
	fake.now += 5;
	assert_ptr_equal(next(), a0);
	assert_int_equal(a1->time, VCPU_READY);
	assert_int_equal(pcpus[0].until, fake.now - 5 + SLICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(turns_go_round_and_times_add_up, begin),
		cmocka_unit_test_setup(who_waits_is_woken_by_its_timer_or_an_interrupt, begin),
		cmocka_unit_test_setup(nobody_ready_is_sleep_and_nothing_is_slept_over, begin),
		cmocka_unit_test_setup(a_paused_guest_has_no_turn_and_no_deadline, begin),
		cmocka_unit_test_setup(a_vcpu_starts_on_its_turn, begin),
		cmocka_unit_test_setup(life_work_is_done_in_its_own_turns, begin),
		cmocka_unit_test_setup(an_serror_is_taken_by_whose_context_is_there, begin),
		cmocka_unit_test_setup(an_interrupts_time_is_not_who_ran, begin),
		cmocka_unit_test_setup(yield_lets_the_named_one_go_first, begin),
		cmocka_unit_test_setup(a_passed_turn_is_decided_alone, begin),
		cmocka_unit_test_setup(time_is_published_for_who_asked, begin),
		cmocka_unit_test_setup(a_deadline_is_of_who_waits_only, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
