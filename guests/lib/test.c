/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running tests in a guest; see test.h.
 */
#include "test.h"

#define WORKER_LIMIT_US	30000000

static uint32_t failures;		/* of the running test */
static const char *skipped;
static struct work {
	void (*volatile fn)(uint64_t);
	volatile uint64_t argument;
	volatile uint64_t is_up;
} works[CPU_MAX];

void test_failed(int line, const char *condition, const char *text, ...)
{
	char why[128];
	va_list args;

	va_start(args, text);
	vformat(why, sizeof(why), text, args);
	va_end(args);
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) < 5) {
		printf("  line %d: not %s: %s\n", line, condition, why);
	}
}

void test_skip(const char *why)
{
	skipped = why;
}

static bool is_wanted(const struct test *t)
{
	return !arg_has("test") || arg_is("test", t->name);
}

void tests_run(const struct test *tests, size_t count)
{
	uint32_t passed = 0, failed = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(&tests[i])) {
			continue;
		}
		failures = 0;
		skipped = NULL;
		tests[i].run();
		if (skipped) {
			printf("test %s: skipped, %s\n", tests[i].name, skipped);
			continue;
		}
		printf("test %s: %s\n", tests[i].name, failures ? "FAILED" : "ok");
		passed += !failures;
		failed += !!failures;
	}
	printf("tests: %u passed, %u failed\n", passed, failed);
}

static void worker_loop(uint64_t cpu)
{
	struct work *w = &works[cpu];

	irq_disable();
	w->is_up = 1;
	for (;;) {
		void (*fn)(uint64_t) = __atomic_load_n(&w->fn, __ATOMIC_ACQUIRE);

		if (!fn) {
			cpu_relax();
			continue;
		}
		fn(w->argument);
		__atomic_store_n(&w->fn, NULL, __ATOMIC_RELEASE);
	}
}

bool worker_start(uint32_t cpu)
{
	uint64_t end = time_now() + us_to_ticks(WORKER_LIMIT_US);

	works[cpu].fn = NULL;
	works[cpu].is_up = 0;
	if (cpu_start(cpu, worker_loop, cpu) != 0) {
		return false;
	}
	while (!works[cpu].is_up) {
		if (time_now() > end) {
			return false;
		}
		cpu_relax();
	}
	return true;
}

void worker_call(uint32_t cpu, void (*fn)(uint64_t), uint64_t argument)
{
	works[cpu].argument = argument;
	__atomic_store_n(&works[cpu].fn, fn, __ATOMIC_RELEASE);
}

bool worker_wait(uint32_t cpu)
{
	uint64_t end = time_now() + us_to_ticks(WORKER_LIMIT_US);

	while (__atomic_load_n(&works[cpu].fn, __ATOMIC_ACQUIRE)) {
		if (time_now() > end) {
			printf("  vCPU %u is stuck\n", cpu);
			return false;
		}
		cpu_relax();
	}
	return true;
}

static void worker_exit(uint64_t unused)
{
	(void)unused;
	cpu_off();
}

void worker_stop(uint32_t cpu)
{
	worker_call(cpu, worker_exit, 0);
	cpu_wait_off(cpu, WORKER_LIMIT_US);
}
