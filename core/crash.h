/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records: what a guest was at when it did what it can't survive, printed
 * on the core of the vCPU that did it.
 */
#ifndef CORE_CRASH_H
#define CORE_CRASH_H

#include <core/guest.h>

struct crash_registers {
	uint64_t x[31];
	uint64_t pc, pstate, sp;	/* sp: of EL1 */
};

/* Print the record: at most 14 lines, once a crash (core/life.c). */
void crash_record(const struct vcpu *v, const char *cause, uint64_t esr, uint64_t far,
		  uint64_t ipa);
/* Its last line alone: what led there. Also at a panic while `v` was the core's. */
void crash_print_exits(const struct vcpu *v);

/*
 * Exits, counted by cause per vCPU, and the last few of each. Written by the
 * vCPU's own core only, so no lock; readers on other cores see a moment's value.
 */
/* One exit of `v`, on its own core: every slow exit calls this once. */
static inline void stats_exit(struct vcpu *v, enum exit_cause cause, uint64_t syndrome)
{
	struct exit_record *r = &v->last_exit[v->exit_next++ % EXIT_RING];

	v->exits[cause]++;
	r->syndrome = (uint32_t)syndrome;
	r->cause = (uint32_t)cause;
}

#endif
