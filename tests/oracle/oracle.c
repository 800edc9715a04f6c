/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debug build's oracle (make DEBUG=1): after every exit, does the guest's
 * stage 2 map only what the page-owner records give it? Walks all of it; blocks
 * make that short. The linker (--wrap) puts it behind the functions that the
 * vectors call for an exit.
 */
#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>

#include "layout.h"
#include "owner.h"

#define S2_WRITABLE	(2 << 6)
#define S2_ATTR_NORMAL	(0xf << 2)

static uint64_t *table_at(const struct guest *g, uint64_t entry)
{
	uint64_t root = g->arch.vttbr & PTE_ADDRESS;

	return (uint64_t *)((uintptr_t)g->arch.s2_root + ((entry & PTE_ADDRESS) - root));
}

static enum s2_kind kind_of(uint64_t entry)
{
	if (!(entry & S2_WRITABLE)) {
		return S2_READ_ONLY;
	}
	return (entry & S2_ATTR_NORMAL) == S2_ATTR_NORMAL ? S2_RAM : S2_DEVICE;
}

static void check_leaf(const struct guest *g, uint64_t entry, uint64_t size)
{
	struct range at = { entry & PTE_ADDRESS & ~(size - 1), size };

	if (!owner_may_map(at, g->index, kind_of(entry))) {
		panic("%s maps %lx-%lx, which is not its own", g->config->name, at.base,
		      at.base + size - 1);
	}
}

static void check_l3(const struct guest *g, const uint64_t *table)
{
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++) {
		if (table[i] & PTE_VALID) {
			check_leaf(g, table[i], PAGE_SIZE);
		}
	}
}

static void check_l2(const struct guest *g, const uint64_t *table)
{
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++) {
		if ((table[i] & PTE_TABLE) == PTE_TABLE) {
			check_l3(g, table_at(g, table[i]));
		} else if (table[i] & PTE_VALID) {
			check_leaf(g, table[i], BLOCK_SIZE);
		}
	}
}

static void oracle_check(const struct vcpu *v)
{
	const struct guest *g = v->guest;
	unsigned i;

	if (!owner_audit()) {
		panic("the page-owner records overlap");
	}
	for (i = 0; i < PT_ENTRIES; i++) {
		uint64_t entry = g->arch.s2_root[i];

		if ((entry & PTE_TABLE) == PTE_TABLE) {
			check_l2(g, table_at(g, entry));
		} else if (entry & PTE_VALID) {
			check_leaf(g, entry, GIB(1));
		}
	}
}

/* Assembly calls these with the vCPU and at most one more argument. NULL: the slow
 * path follows, and is checked. Only what assembly does alone is not: the answer to
 * PSCI_VERSION and the timer's interrupt into list register 0. */
#define CHECK_AFTER(function)							\
	struct vcpu *__real_##function(struct vcpu *v, uint64_t argument);	\
	struct vcpu *__wrap_##function(struct vcpu *v, uint64_t argument);	\
	struct vcpu *__wrap_##function(struct vcpu *v, uint64_t argument)	\
	{									\
		struct vcpu *next = __real_##function(v, argument);		\
										\
		if (next) {							\
			oracle_check(next);					\
		}								\
		return next;							\
	}

CHECK_AFTER(exit_sync)
CHECK_AFTER(exit_irq)
CHECK_AFTER(exit_serror)
CHECK_AFTER(fast_irq)
CHECK_AFTER(fast_kick)
CHECK_AFTER(fast_abort)
CHECK_AFTER(fast_sgi1r)

struct vcpu *__real_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr);
struct vcpu *__wrap_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr);
struct vcpu *__wrap_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr)
{
	struct vcpu *next = __real_exit_yield(v, p, esr);

	oracle_check(next);
	return next;
}
