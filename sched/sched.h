/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the policies keep of a core and of its vCPUs. Boot (sched/boot) fills it; afterwards
 * each core writes its own, by the calls of include/hv/sched.h only. Times are ticks.
 */
#pragma once

#include <core/system.h>
#include <hv/sched.h>

#define SCHED_REFILLS	32	/* pieces of budget under way, a vCPU */

struct sched_refill {		/* of pieces that began at `first` to `last`: comes back a period
				 * after `last` */
	uint64_t first, last, amount;
};

struct sched_server {		/* a vCPU on a core of the policy server */
	uint32_t priority, above, equal;	/* slots of a higher one, of the same */
	uint32_t refill_count;
	int64_t left;		/* of its budget; below 0: owed, having run too long */
	uint64_t period;
	struct sched_refill refill[SCHED_REFILLS];	/* the oldest first */
};

struct sched_turn {		/* from the frame's begin */
	uint64_t begin, end;
	uint32_t slot;
};

struct sched_core {
	uint8_t policy;
	bool has_slack;
	uint32_t runnable;	/* slots */
	int current;		/* slot that runs since the last pick; SCHED_NONE */
	uint64_t since;		/* the last pick; server */
	/* cyclic; behind the last turn the next frame's first, that never comes */
	uint64_t origin, frame;
	struct sched_turn turn[SYS_TURN_MAX + 1];
	/* rr: whose turn it is, until when if another waits, and whom it lets run instead */
	uint64_t slice, slice_end;
	uint32_t owner, runner;
	/* server: does the current one run on its budget, and the last of its refills stand for
	 * that? Who was chosen last, of those without and with budget; how long
	 * the former keeps slack before an equal one has it, of `slice` */
	bool is_paying, is_piece;
	uint32_t last[2];
	uint64_t slack_left;
	struct sched_server *server[SYS_SLOT_MAX];
} __attribute__((aligned(2048)));	/* found by a shift */

extern struct sched_core sched_cores[SKERRY_CPU_MAX];
extern struct sched_server sched_servers[SKERRY_GUEST_MAX][SKERRY_VCPU_MAX];

/* The slot in `mask`, which is not empty, that comes after `slot` in a round. */
static inline uint32_t sched_after(uint32_t mask, uint32_t slot)
{
	uint32_t later = mask & ~1u << slot;

	return (uint32_t)__builtin_ctz(later ? later : mask);
}

int sched_pick_server(struct sched_core *c, uint64_t now, uint64_t *until);
