/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI 1.1 for guests: return codes, 32- and 64-bit calls, and races of two vCPUs.
 * A race is tried in every order: the second vCPU's whole call is made before each
 * atomic operation of the first one's, one run each; then once by real threads.
 */
/* sources: tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>
#include "fake_arch.h"

static void step(void);

#define __atomic_load_n(p, o)		(step(), __atomic_load_n(p, o))
#define __atomic_store_n(p, v, o)	(step(), __atomic_store_n(p, v, o))
#define __atomic_compare_exchange_n(p, e, v, w, s, f) \
	(step(), __atomic_compare_exchange_n(p, e, v, w, s, f))
#include "../../core/psci.c"

#define VCPUS	3
#define RAM	0x40000000ull
#define ENTRY	0x40080000ull

static struct sys_guest config;
static struct guest *g;
static int life_result;
static enum life_event life_event;
static unsigned life_calls;

/* The other vCPU's call, made before the first one's step number `when`. */
static struct { void (*call)(void); unsigned when, steps; bool is_inside; } other;

static void step(void)
{
	if (other.call && !other.is_inside && other.steps++ == other.when) {
		other.is_inside = true;
		other.call();
		other.is_inside = false;
	}
}

int life_apply(struct guest *guest, enum life_event event)
{
	assert_ptr_equal(guest, g);
	life_event = event;
	life_calls++;
	return life_result;
}

static int begin(void **state)
{
	(void)state;
	fake_reset();
	memset(&other, 0, sizeof(other));
	config = (struct sys_guest){ .name = "g", .vcpu_count = VCPUS, .cpu = { 0, 1, 2 },
				     .bank_count = 1, .bank = { { RAM, MIB(1) } } };
	fake_guests(&config, 1);
	g = &guests[0];
	g->state = GUEST_RUNNING;
	g->vcpu[0].power = VCPU_ON;
	life_result = 0;
	life_calls = 0;
	return 0;
}

/* By vCPU `from`; all other registers must stay. */
static int64_t call(unsigned from, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x[18] = { function, a, b, c }, before[18];

	for (unsigned i = 4; i < 18; i++) {
		x[i] = 0x1111111111111111ull * i;
	}
	memcpy(before, x, sizeof(x));
	assert_true(psci_call(&g->vcpu[from], x));
	assert_memory_equal(x + 1, before + 1, sizeof(x) - sizeof(x[0]));
	return (int64_t)x[0];
}

static void version_is_1_1_and_no_trusted_os_moves(void **state)
{
	(void)state;
	assert_int_equal(call(0, PSCI_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(0, PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2);
}

static void a_vcpu_is_switched_on_with_entry_and_context(void **state)
{
	(void)state;
	assert_int_equal(call(0, PSCI_CPU_ON_64, 1, ENTRY, 0xfedcba9876543210), PSCI_SUCCESS);
	assert_int_equal(g->vcpu[1].power, VCPU_STARTING);
	assert_int_equal(g->vcpu[1].entry, ENTRY);
	assert_int_equal(g->vcpu[1].context, 0xfedcba9876543210);
	assert_int_equal(fake.kicks[1], 1);
	assert_int_equal(g->vcpu[2].power, VCPU_OFF);
}

static void who_is_on_or_coming_is_already_on(void **state)
{
	static const uint32_t powers[] = { VCPU_CLAIMED, VCPU_STARTING, VCPU_ON };

	(void)state;
	assert_int_equal(call(0, PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_ALREADY_ON);
	for (unsigned i = 0; i < ARRAY_SIZE(powers); i++) {
		g->vcpu[1].power = powers[i];
		assert_int_equal(call(0, PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_ALREADY_ON);
		assert_int_equal(g->vcpu[1].power, powers[i]);
	}
	assert_int_equal(g->vcpu[1].entry, 0);
}

static void a_bad_target_or_entry_is_refused(void **state)
{
	static const uint64_t targets[] = {
		VCPUS, 0xff, 1 << 8, 1 << 16, 1 << 24, 1ull << 31, 1ull << 32, ~0ull,
	};
	static const uint64_t entries[] = {
		0, RAM - 4, RAM + MIB(1), RAM + MIB(1) - 2, ENTRY + 1, ENTRY + 2, ~3ull,
		RAM | 1ull << 39, RAM | 1ull << 63,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(targets); i++) {
		assert_int_equal(call(0, PSCI_CPU_ON_64, targets[i], ENTRY, 0),
				 PSCI_INVALID_PARAMETERS);
		assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, targets[i], 0, 0),
				 PSCI_INVALID_PARAMETERS);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
		assert_int_equal(call(0, PSCI_CPU_ON_64, 1, entries[i], 0), PSCI_INVALID_ADDRESS);
	}
	assert_int_equal(g->vcpu[1].power, VCPU_OFF);
	assert_int_equal(call(0, PSCI_CPU_ON_64, 1, RAM + MIB(1) - 4, 0), PSCI_SUCCESS);
}

static void a_32_bit_call_ignores_upper_halves(void **state)
{
	const uint64_t garbage = 0xdeadbeef00000000;

	(void)state;
	assert_int_equal(call(0, garbage | PSCI_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(0, PSCI_CPU_ON_32, garbage | 1, garbage | ENTRY, garbage | 5),
			 PSCI_SUCCESS);
	assert_int_equal(g->vcpu[1].entry, ENTRY);
	assert_int_equal(g->vcpu[1].context, 5);
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_32, garbage | 1, garbage, garbage), 0);
	assert_int_equal(call(0, PSCI_CPU_ON_64, garbage | 2, ENTRY, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, PSCI_CPU_ON_64, 2, garbage | ENTRY, 0), PSCI_INVALID_ADDRESS);
}

static void affinity_info_knows_level_0(void **state)
{
	(void)state;
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 0, 0, 0), 0);
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 1, 0, 0), 1);
	g->vcpu[1].power = VCPU_STARTING;
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 1, 0, 0), 0);
	for (uint64_t level = 1; level < 4; level++) {
		assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 0, level, 0),
				 PSCI_INVALID_PARAMETERS);
	}
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 0, 0xffffffff, 0), PSCI_INVALID_PARAMETERS);
	/* the level is a 32-bit argument of the 64-bit call too */
	assert_int_equal(call(0, PSCI_AFFINITY_INFO_64, 0, 1ull << 32, 0), 0);
}

static void suspend_waits_only_without_an_interrupt(void **state)
{
	(void)state;
	assert_int_equal(call(0, PSCI_CPU_SUSPEND_64, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(fake.waits, 1);
	assert_int_equal(call(0, PSCI_CPU_SUSPEND_32, 1 << 16, ENTRY, 0), PSCI_SUCCESS);
	assert_int_equal(fake.waits, 2);
	g->vcpu[0].arch.has_interrupt = true;
	assert_int_equal(call(0, PSCI_CPU_SUSPEND_64, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(fake.waits, 2);
	for (unsigned bit = 0; bit < 32; bit++) {
		bool is_reserved = (bit >= 17 && bit < 24) || bit >= 26;

		assert_int_equal(call(0, PSCI_CPU_SUSPEND_64, 1u << bit, 0, 0),
				 is_reserved ? PSCI_INVALID_PARAMETERS : PSCI_SUCCESS);
	}
}

static void features_tell_what_there_is(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 64; n++) {
		uint32_t function = (n & 1 ? 0xc4000000 : 0x84000000) | n / 2;
		uint64_t x[18] = { function, 0x9999, 0, 0 };
		bool is_there;

		begin(state);
		is_there = psci_call(&g->vcpu[0], x);
		assert_int_equal(call(0, PSCI_FEATURES, function, 0, 0),
				 is_there ? 0 : PSCI_NOT_SUPPORTED);
		assert_true(is_there || x[0] == function);
	}
	assert_int_equal(call(0, PSCI_FEATURES, SMCCC_VERSION, 0, 0), 0);
	assert_int_equal(call(0, PSCI_FEATURES, 0xffffffff00000000 | PSCI_VERSION, 0, 0), 0);
	assert_int_equal(call(0, PSCI_FEATURES, ~0ull, 0, 0), PSCI_NOT_SUPPORTED);
}

static void off_and_reset_are_the_guest_s_own(void **state)
{
	(void)state;
	(void)call(0, PSCI_SYSTEM_OFF, 0, 0, 0);
	assert_int_equal(life_event, LIFE_OFF);
	(void)call(0, PSCI_SYSTEM_RESET, 0, 0, 0);
	assert_int_equal(life_event, LIFE_RESET);
	assert_int_equal(life_calls, 2);
	life_result = -18;	/* another vCPU was faster */
	assert_int_equal(call(0, PSCI_SYSTEM_RESET, 0, 0, 0), PSCI_INTERNAL_FAILURE);
}

static void the_last_vcpu_stays_on(void **state)
{
	(void)state;
	assert_int_equal(call(0, PSCI_CPU_OFF, 0, 0, 0), PSCI_DENIED);
	assert_int_equal(g->vcpu[0].power, VCPU_ON);
	assert_int_equal(g->vcpu[0].arch.stops, 0);
	g->vcpu[1].power = VCPU_STARTING;	/* will be on */
	assert_int_equal(call(0, PSCI_CPU_OFF, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(g->vcpu[0].power, VCPU_OFF);
	assert_int_equal(g->vcpu[0].arch.stops, 1);
	g->vcpu[1].power = VCPU_ON;
	assert_int_equal(call(1, PSCI_CPU_OFF, 0, 0, 0), PSCI_DENIED);
	assert_int_equal(call(1, PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_SUCCESS);
}

static void who_has_an_serror_coming_stays_on(void **state)
{
	(void)state;
	g->vcpu[1].power = VCPU_ON;
	fake.has_serror = true;
	assert_int_equal(call(0, PSCI_CPU_OFF, 0, 0, 0), PSCI_DENIED);
	assert_int_equal(g->vcpu[0].power, VCPU_ON);
	assert_int_equal(g->vcpu[0].arch.stops, 0);
	fake.has_serror = false;
	assert_int_equal(call(0, PSCI_CPU_OFF, 0, 0, 0), PSCI_SUCCESS);
}

static int64_t second;

static void second_on(void)
{
	second = call(1, PSCI_CPU_ON_64, 2, ENTRY + 0x200, 0x200);
}

static void of_two_that_switch_one_on_one_wins(void **state)
{
	unsigned when, wins[2] = { 0, 0 };

	for (when = 0; when < 100; when++) {
		int64_t first;

		begin(state);
		g->vcpu[1].power = VCPU_ON;
		other.call = second_on;
		other.when = when;
		first = call(0, PSCI_CPU_ON_64, 2, ENTRY + 0x100, 0x100);
		if (other.steps <= when) {
			break;		/* fewer steps than that */
		}
		assert_int_equal(first + second, PSCI_ALREADY_ON);
		assert_true(first == PSCI_SUCCESS || second == PSCI_SUCCESS);
		assert_int_equal(g->vcpu[2].power, VCPU_STARTING);
		assert_int_equal(g->vcpu[2].context, first == PSCI_SUCCESS ? 0x100 : 0x200);
		assert_int_equal(g->vcpu[2].entry, ENTRY + g->vcpu[2].context);
		wins[first == PSCI_SUCCESS]++;
	}
	assert_true(wins[0] > 0 && wins[1] > 0);
}

static void second_off(void)
{
	second = call(1, PSCI_CPU_OFF, 0, 0, 0);
}

static void of_the_last_two_that_leave_one_stays(void **state)
{
	for (unsigned when = 0; when < 100; when++) {
		int64_t first;

		begin(state);
		g->vcpu[1].power = VCPU_ON;
		other.call = second_off;
		other.when = when;
		first = call(0, PSCI_CPU_OFF, 0, 0, 0);
		if (other.steps <= when) {
			assert_true(when > 2);
			break;
		}
		assert_int_equal(g->vcpu[0].power, first == PSCI_SUCCESS ? VCPU_OFF : VCPU_ON);
		assert_int_equal(g->vcpu[1].power, second == PSCI_SUCCESS ? VCPU_OFF : VCPU_ON);
		assert_true(first == PSCI_DENIED || second == PSCI_DENIED);
	}
}

static void second_on_first(void)
{
	second = call(1, PSCI_CPU_ON_64, 0, ENTRY, 7);
}

static void who_is_leaving_is_on_until_it_has_left(void **state)
{
	unsigned refused = 0;

	for (unsigned when = 0; when < 100; when++) {
		begin(state);
		g->vcpu[1].power = VCPU_ON;
		other.call = second_on_first;
		other.when = when;
		assert_int_equal(call(0, PSCI_CPU_OFF, 0, 0, 0), PSCI_SUCCESS);
		if (other.steps <= when) {
			break;
		}
		refused += second == PSCI_ALREADY_ON;
		assert_true(second == PSCI_ALREADY_ON);
		assert_int_equal(g->vcpu[0].power, VCPU_OFF);
	}
	assert_true(refused > 2);
	other.call = NULL;
	assert_int_equal(call(1, PSCI_CPU_ON_64, 0, ENTRY, 7), PSCI_SUCCESS);
}

#define THREADS	4
#define ROUNDS	2000

static pthread_barrier_t barrier;
static int64_t answers[THREADS];

static void *racer(void *number)
{
	unsigned me = (unsigned)(uintptr_t)number;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t x[18] = { PSCI_CPU_ON_64, 2, ENTRY, me };

		pthread_barrier_wait(&barrier);
		(void)psci_call(&g->vcpu[0], x);
		answers[me] = (int64_t)x[0];
		pthread_barrier_wait(&barrier);
		if (me == 0) {
			unsigned won = THREADS;

			for (unsigned k = 0; k < THREADS; k++) {
				if (answers[k] == PSCI_SUCCESS) {
					assert_int_equal(won, THREADS);
					won = k;
				} else {
					assert_int_equal(answers[k], PSCI_ALREADY_ON);
				}
			}
			assert_int_equal(g->vcpu[2].context, won);
			g->vcpu[2].power = VCPU_OFF;
		}
	}
	return NULL;
}

static void threads_that_switch_one_on_have_one_winner(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (unsigned i = 1; i < THREADS; i++) {
		assert_int_equal(pthread_create(&thread[i], NULL, racer, (void *)(uintptr_t)i), 0);
	}
	racer(NULL);
	for (unsigned i = 1; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
	}
	assert_true(fake.kicks[2] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(version_is_1_1_and_no_trusted_os_moves, begin),
		cmocka_unit_test_setup(a_vcpu_is_switched_on_with_entry_and_context, begin),
		cmocka_unit_test_setup(who_is_on_or_coming_is_already_on, begin),
		cmocka_unit_test_setup(a_bad_target_or_entry_is_refused, begin),
		cmocka_unit_test_setup(a_32_bit_call_ignores_upper_halves, begin),
		cmocka_unit_test_setup(affinity_info_knows_level_0, begin),
		cmocka_unit_test_setup(suspend_waits_only_without_an_interrupt, begin),
		cmocka_unit_test_setup(features_tell_what_there_is, begin),
		cmocka_unit_test_setup(off_and_reset_are_the_guest_s_own, begin),
		cmocka_unit_test_setup(the_last_vcpu_stays_on, begin),
		cmocka_unit_test_setup(who_has_an_serror_coming_stays_on, begin),
		cmocka_unit_test_setup(of_two_that_switch_one_on_one_wins, begin),
		cmocka_unit_test_setup(of_the_last_two_that_leave_one_stays, begin),
		cmocka_unit_test_setup(who_is_leaving_is_on_until_it_has_left, begin),
		cmocka_unit_test_setup(threads_that_switch_one_on_have_one_winner, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
