/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debug build's check of the order of locks: ranks (include/hv/lock.h) are taken
 * in rising order only on each core. The linker (--wrap) puts this between
 * lock_acquire(), lock_release() and their callers.
 */
#include <core/core.h>
#include <hv/lock.h>

void __real_lock_acquire(struct lock *l);
void __wrap_lock_acquire(struct lock *l);
void __real_lock_release(struct lock *l);
void __wrap_lock_release(struct lock *l);

static uint32_t held_ranks[SKERRY_CPU_MAX];	/* bit: rank */

void __wrap_lock_acquire(struct lock *l)
{
	uint32_t *held = &held_ranks[arch_cpu_index()];

	if (*held >> l->rank != 0) {
		panic("lock of rank %u taken while %x are held", l->rank, *held);
	}
	*held |= 1u << l->rank;
	__real_lock_acquire(l);
}

void __wrap_lock_release(struct lock *l)
{
	held_ranks[arch_cpu_index()] &= ~(1u << l->rank);
	__real_lock_release(l);
}
