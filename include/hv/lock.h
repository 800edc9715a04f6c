/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket spinlocks: waiters are served in order, so that a wait is bounded by
 * the number of cores. EL2 runs with interrupts masked; no lock is held on
 * entry to a guest. Ranks, taken in rising order only (a debug build checks):
 */
#pragma once

#include <hv/types.h>

enum lock_rank {
	LOCK_LIFE = 1,		/* a guest's life cycle */
	LOCK_LINK,		/* one link between two guests, its device; never two at a time */
	LOCK_VPL011,		/* a guest's emulated UART: held while it sets its level */
	LOCK_VGIC,		/* a guest's shared interrupts */
	LOCK_GIC,		/* the physical distributor */
	LOCK_CONSOLE,		/* the UART and the lines on it: last, so that anyone may print */
};

struct lock {
	uint16_t next, owner;
	uint8_t rank;		/* enum lock_rank */
};

#define LOCK_INIT(r) { 0, 0, (r) }

void lock_acquire(struct lock *l);
void lock_release(struct lock *l);

/* Holds `l` until the block ends, however it is left. */
#define lock_scope(l) \
	struct lock *held_ __attribute__((cleanup(lock_leave), unused)) = (lock_acquire(l), (l))
static inline void lock_leave(struct lock *const *l) { lock_release(*l); }
