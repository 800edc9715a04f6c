/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling policies, as core sees them: sched/ provides it. Each core has its own queue
 * of the vCPUs that live there, by slot, and calls these for itself only: no lock, no
 * migration. Pure in (now, events): what happens depends on the calls and their times
 * alone. Times are ticks and never go back. Cores of the policy static never call.
 *
 *   blocked -> runnable -> running -> runnable | blocked; all begin as blocked
 */
#pragma once

#include <hv/types.h>

#define SCHED_NONE	(-1)

struct sys_core;		/* core/system.h */
struct sys_server;

/* Boot: core `cpu` is scheduled as `core` says; frames of `frame_us` begin at `now`, the same
 * for all cores. Then its vCPUs, in the order of their slots. */
void sched_init(unsigned cpu, const struct sys_core *core, uint32_t frame_us, uint32_t hz,
		uint64_t now);
void sched_add(unsigned cpu, unsigned slot, uint8_t guest, uint8_t vcpu,
	       const struct sys_server *server);

/* It has something to do (again), or nothing. The same twice changes nothing. */
void sched_wake(unsigned cpu, unsigned slot, uint64_t now);
void sched_block(unsigned cpu, unsigned slot, uint64_t now);

/* The running one lets others go first; rr: `to` (a slot that is runnable) for the rest of its
 * slice, or else the next in the round. Other policies: nothing. (sched_yield() is the C
 * library's.) */
void sched_pass(unsigned cpu, int to, uint64_t now);

/* Who runs from `now` on: a slot, or SCHED_NONE; who ran until now is charged for it. At
 * `*until` at the latest it is to be called again (UINT64_MAX: not for time's sake), and after
 * each of the calls above. */
int sched_pick(unsigned cpu, uint64_t now, uint64_t *until);
