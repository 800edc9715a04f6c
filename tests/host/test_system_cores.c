/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system_check() on cores that are shared, rights and watchdogs: what a damaged or hand-made
 * table may hold. The description's side is in tests/bad.
 */
/* sources: core/boot/system.c core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <string.h>
#include <core/boot/boot.h>

static char said[4096];
static struct system table;
static struct report report;

static void note(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		 const char *message)
{
	size_t at = strlen(said);

	(void)is_error, (void)fdt, (void)node;
	snprintf(said + at, sizeof(said) - at, "%s: %s: %s\n", r->in[0] ? r->in[0] : "",
		 property, message);
}

/* A table of two guests on cores 2 and 3 that passes; each test spoils something of it. */
static struct system *shared(void)
{
	struct system *s = &table;

	*s = (struct system){ .guest_count = 2, .input = -1, .console_driver = -1 };
	for (struct sys_guest *g = s->guest; g < s->guest + 2; g++) {
		*g = (struct sys_guest){
			.bank = { { 0x40000000, 0x1000000 } }, .bank_count = 1, .refused = 1,
			.cpu = { 2, 3 }, .vcpu_count = 2,
		};
	}
	s->guest[0].name[0] = 'a';
	s->guest[1].name[0] = 'b';
	s->core[2].policy = POLICY_SERVER;
	s->guest[0].server[0] = (struct sys_server){ 2, 5000, 10000 };
	s->guest[1].server[0] = (struct sys_server){ 1, 10000, 20000 };
	s->core[3].policy = POLICY_CYCLIC;
	s->frame_us = 10000;
	s->core[3].turn_count = 2;
	s->core[3].turn[0] = (struct sys_turn){ 0, 4000, 0, 1, { 0 } };
	s->core[3].turn[1] = (struct sys_turn){ 4000, 6000, 1, 1, { 0 } };
	said[0] = 0;
	report = (struct report){ .print = note };
	return s;
}

/* NULL: it passes. */
static void judged(struct system *s, const char *why)
{
	int result = system_check(s, NULL, NULL, &report);

	assert_int_equal(result, why ? SKERRY_INVALID : SKERRY_OK);
	if (why ? !strstr(said, why) : said[0]) {
		fail_msg("not said: %s\nbut: %s", why ? why : "nothing", said);
	}
}

static void shared_cores_pass(void **state)
{
	(void)state;
	judged(shared(), NULL);
}

static void a_policy_is_one_of_four(void **state)
{
	struct system *s = shared();

	(void)state;
	s->core[2].policy = POLICIES;
	judged(s, "policy: is out of range: 4, not 0 to 3");
	s = shared();
	s->core[5].policy = 255;
	judged(s, "policy: is out of range: 255");
}

static void more_than_one_vcpu_needs_a_policy(void **state)
{
	struct system *s = shared();

	(void)state;
	s->core[2].policy = POLICY_STATIC;
	judged(s, "core 2 has more than 1: sharing needs a policy");
}

static void a_core_has_32_vcpus_at_most(void **state)
{
	struct system *s = shared();

	(void)state;
	s->core[4] = (struct sys_core){ .policy = POLICY_RR, .slice_us = 1000 };
	s->core[2].policy = s->core[3].policy = POLICY_STATIC;
	s->core[3].turn_count = 0;
	for (unsigned i = 1; i < 5; i++) {
		s->guest[i] = s->guest[0];
		s->guest[i].vcpu_count = SKERRY_VCPU_MAX;
		memset(s->guest[i].cpu, 4, SKERRY_VCPU_MAX);
	}
	s->guest_count = 5;
	judged(s, NULL);
	s->guest[0].cpu[0] = 4;
	judged(s, "core 4 has more than 32: sharing needs a policy");
}

static void budgets_fit_their_periods_and_their_core(void **state)
{
	static const struct sys_server bad[] = {
		{ 0, 0, 10000 }, { 0, 9, 10000 }, { 0, 50, 99 }, { 0, 10001, 10000 },
		{ 0, 10, 10000001 }, { 0, UINT32_MAX, UINT32_MAX }, { 0, 0, 0 },
	};
	struct system *s;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = shared();
		s->guest[1].server[0] = bad[i];
		judged(s, "budget-us: vCPU 0 gets ");
	}
	s = shared();
	s->guest[1].server[0].budget_us++;
	judged(s, "policy: core 2: budgets add up to 100.01 % of it: 100 % at most");
	s = shared();
	s->guest[1].vcpu_count = SKERRY_VCPU_MAX;
	s->guest[0].server[0] = (struct sys_server){ 0, 10, 3000000 };
	s->core[3].turn_count = 0;
	for (unsigned i = 0; i < SKERRY_VCPU_MAX; i++) {
		s->guest[1].cpu[i] = 2;
		s->guest[1].server[i] = (struct sys_server){ 0, 10000000, 10000000 };
	}
	judged(s, "core 2: budgets add up to 800.01 % of it");
}

static void turns_are_in_order_apart_and_in_the_frame(void **state)
{
	static const struct { uint32_t at, start, length; } bad[] = {
		{ 1, 3999, 1000 }, { 1, 0, 1000 }, { 0, 5000, 1000 }, { 1, 4000, 9 },
		{ 1, 4000, 0 }, { 1, 4000, 6001 }, { 1, 9995, 10 }, { 1, UINT32_MAX, 10 },
		{ 1, 4000, UINT32_MAX }, { 0, 0, 4001 },
	};
	struct system *s;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = shared();
		s->core[3].turn[bad[i].at].start_us = bad[i].start;
		s->core[3].turn[bad[i].at].length_us = bad[i].length;
		judged(s, "turns: core 3: the turn at ");
	}
}

static void a_turn_is_of_a_vcpu_that_lives_there(void **state)
{
	struct system *s = shared();

	(void)state;
	s->core[3].turn[0].vcpu = 0;
	judged(s, "turns: core 3: the turn at 0 us can't be");
	s = shared();
	s->core[3].turn[1].vcpu = 2;
	judged(s, "turns: core 3: the turn at 4000 us can't be");
	s = shared();
	s->guest[1].vcpu_count = UINT32_MAX;
	s->core[3].turn[1].vcpu = 200;
	judged(s, "turns: core 3: the turn at 4000 us can't be");
	s = shared();
	s->core[3].turn[1].guest = 2;
	judged(s, "turns: core 3: the turn at 4000 us can't be");
	s = shared();
	s->core[3].turn_count = SYS_TURN_MAX + 1;
	judged(s, "turns: is out of range: 33, not 0 to 32");
	s = shared();
	s->core[2].turn_count = 1;
	judged(s, "turns: is out of range: 1, not 0 to 0");
}

static void frames_and_slices_are_within_bounds(void **state)
{
	struct system *s = shared();

	(void)state;
	s->frame_us = 99;
	judged(s, "frame-us: is out of range: 99, not 100 to 10000000");
	s = shared();
	s->frame_us = 10000001;
	judged(s, "frame-us: is out of range");
	s = shared();
	s->core[4] = (struct sys_core){ .policy = POLICY_RR };
	judged(s, "slice-us: is out of range: 0, not 10 to 10000000");
}

static void control_is_over_guests_that_are_there(void **state)
{
	struct system *s = shared();

	(void)state;
	s->guest[1].control = 3;
	judged(s, NULL);
	s->guest[1].control = 4;
	judged(s, "b: control: is out of range");
}

static void the_boards_watchdog_is_within_bounds(void **state)
{
	struct system *s = shared();

	(void)state;
	s->watchdog_ms = 1000;
	judged(s, NULL);
	s->watchdog_ms = 999;
	judged(s, "watchdog-ms: is out of range: 999, not 1000 to 15000");
	s->watchdog_ms = 15001;
	judged(s, "watchdog-ms: is out of range: 15001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_cores_pass),
		cmocka_unit_test(a_policy_is_one_of_four),
		cmocka_unit_test(more_than_one_vcpu_needs_a_policy),
		cmocka_unit_test(a_core_has_32_vcpus_at_most),
		cmocka_unit_test(budgets_fit_their_periods_and_their_core),
		cmocka_unit_test(turns_are_in_order_apart_and_in_the_frame),
		cmocka_unit_test(a_turn_is_of_a_vcpu_that_lives_there),
		cmocka_unit_test(frames_and_slices_are_within_bounds),
		cmocka_unit_test(control_is_over_guests_that_are_there),
		cmocka_unit_test(the_boards_watchdog_is_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
