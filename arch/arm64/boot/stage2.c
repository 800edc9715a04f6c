/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests' stage-2 tables: built at boot, before their first instruction, never
 * changed afterwards. 39-bit guest-physical addresses, one level-1 root;
 * the largest blocks that alignment allows.
 */
#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>

static uint64_t leaf_attributes(enum s2_kind kind)
{
	switch (kind) {
	case S2_RAM:
		return S2_PTE_RAM;
	case S2_DEVICE:
		return S2_PTE_DEVICE;
	default:
		return S2_PTE_RO;
	}
}

/* The table below `slot`, made where there is none. */
static uint64_t *table_below(uint64_t *slot)
{
	uint64_t *table;

	if (*slot == 0) {
		table = heap_alloc(PAGE_SIZE);
		pt_write(slot, heap_pa(table).v | PTE_TABLE);
		return table;
	}
	return (uint64_t *)(HEAP_VA + ((*slot & PTE_ADDRESS) - heap_pa((void *)HEAP_VA).v));
}

/* How much one entry at `level` covers. */
static uint64_t entry_size(unsigned level)
{
	return 1ull << (39 - 9 * level);
}

/* The level at which the next entry can be made: 1, 2 or 3. */
static unsigned leaf_level(uint64_t at, uint64_t to, uint64_t size)
{
	unsigned level;

	for (level = 1; level < 3; level++) {
		if (size >= entry_size(level) && is_aligned(at | to, entry_size(level))) {
			break;
		}
	}
	return level;
}

int arch_s2_map(struct guest *g, struct ipa at, struct pa to, uint64_t size, enum s2_kind kind)
{
	uint64_t attributes = leaf_attributes(kind);

	if (!is_aligned(at.v | to.v | size, PAGE_SIZE) || !range_is_sane(at.v, size) ||
	    at.v + size > 1ull << SKERRY_IPA_BITS) {
		return SKERRY_INVALID;
	}
	if (g->arch.s2_root == NULL) {
		g->arch.s2_root = heap_alloc(PAGE_SIZE);
		g->arch.vttbr = heap_pa(g->arch.s2_root).v | (uint64_t)(g->index + 1) << 48;
	}
	while (size > 0) {
		unsigned level = leaf_level(at.v, to.v, size);
		uint64_t *table = g->arch.s2_root;
		unsigned l;

		for (l = 1; l < level; l++) {
			table = table_below(&table[pt_index(at.v, l)]);
		}
		if (table[pt_index(at.v, level)] != 0) {
			return SKERRY_INVALID;	/* mapped already */
		}
		pt_write(&table[pt_index(at.v, level)],
			 to.v | attributes | (level == 3 ? PTE_PAGE : PTE_BLOCK));
		at.v += entry_size(level);
		to.v += entry_size(level);
		size -= entry_size(level);
	}
	return SKERRY_OK;
}
