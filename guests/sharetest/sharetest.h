/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of sharetest share.
 */
#ifndef SHARETEST_H
#define SHARETEST_H

#include "gic.h"
#include "test.h"
#include "timer.h"

extern uint64_t rounds;			/* of each test: bootargs' "rounds=N" */

extern uint64_t times_away;		/* while it counted, where a tick is an instruction */

uint64_t pattern_spin(uint64_t seed, uint64_t count);

/* registers.c: everything that this vCPU can see keeps its pattern, `rounds` times */
void keep_registers(uint64_t seed);
void keep_interrupts(uint64_t seed);
void keep_by_register(uint64_t seed);

/* both.c: with two vCPUs */
void test_same_address(void);
void test_sgis(void);
void test_wake_ups(void);

/* woken.c: the same */
void test_woken(void);
void test_own_only(void);

/* prompt.c: the same */
void test_prompt(void);

/* Each runs on every vCPU at the same time; true: all came back. */
bool on_all(void (*fn)(uint64_t));

#endif
