/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests inside a guest: a table of named functions, and work for other vCPUs.
 */
#ifndef TEST_H
#define TEST_H

#include "guest.h"

struct test {
	const char *name;
	void (*run)(void);
};

/* A check that fails is printed and makes the running test fail; it goes on. */
#define check(condition, ...) \
	do { \
		if (!(condition)) { \
			test_failed(__LINE__, #condition, __VA_ARGS__); \
		} \
	} while (0)

void test_failed(int line, const char *condition, const char *text, ...)
	__attribute__((format(printf, 3, 4)));
void test_skip(const char *why);		/* this test can't be run here */
/* Runs all, or those whose name is bootargs' "test=NAME". Prints a line each,
 * then "tests: N passed, N failed". */
void tests_run(const struct test *tests, size_t count);

/* A worker on another vCPU: started once, then runs functions with IRQs masked. */
bool worker_start(uint32_t cpu);
void worker_call(uint32_t cpu, void (*fn)(uint64_t), uint64_t argument);
bool worker_wait(uint32_t cpu);			/* until it is done; false: 5 s passed */
void worker_stop(uint32_t cpu);			/* it goes off */

#endif
