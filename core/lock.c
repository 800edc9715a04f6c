/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket locks. A debug build checks the order of ranks on each core.
 */
#include <abi/layout.h>
#include <core/core.h>

#ifdef DEBUG
static uint32_t held_ranks[SKERRY_CPU_MAX];	/* bit: rank */

static void rank_take(const struct lock *l)
{
	uint32_t *held = &held_ranks[arch_cpu_index()];

	if (*held >> l->rank != 0) {
		panic("lock of rank %u taken while %x are held", l->rank, *held);
	}
	*held |= 1u << l->rank;
}

static void rank_drop(const struct lock *l)
{
	held_ranks[arch_cpu_index()] &= ~(1u << l->rank);
}
#else
static void rank_take(const struct lock *l) { (void)l; }
static void rank_drop(const struct lock *l) { (void)l; }
#endif

void lock_acquire(struct lock *l)
{
	uint16_t ticket;

	rank_take(l);
	ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket) {
		arch_cpu_relax();
	}
}

void lock_release(struct lock *l)
{
	rank_drop(l);
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}
