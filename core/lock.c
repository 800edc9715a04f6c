/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket locks. A debug build checks the order of ranks on each core:
 * tests/oracle/ranks.c.
 */
#include <hv/arch.h>
#include <hv/lock.h>

void lock_acquire(struct lock *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (load_acquire(&l->owner) != ticket) {
		arch_cpu_relax();
	}
}

void lock_release(struct lock *l) { store_release(&l->owner, (uint16_t)(l->owner + 1)); }
