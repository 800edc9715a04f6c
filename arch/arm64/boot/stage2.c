/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests' stage-2 tables: built at boot, before their first instruction, never
 * changed afterwards. 39-bit guest-physical addresses, one level-1 root;
 * the largest blocks that alignment allows.
 */
#include <core/boot/arch.h>
#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>

#include "early.h"

int arch_s2_map(struct guest *g, struct ipa at, struct pa to, uint64_t size, enum s2_kind kind)
{
	static const uint64_t attributes[] = {
		[S2_RAM] = S2_PTE_RAM, [S2_DEVICE] = S2_PTE_DEVICE, [S2_READ_ONLY] = S2_PTE_RO,
	};

	if (!is_aligned(at.v | to.v | size, PAGE_SIZE) || !range_is_sane(at.v, size) ||
	    at.v + size > 1ull << SKERRY_IPA_BITS) {
		return SKERRY_INVALID;
	}
	if (g->arch.s2_root == NULL) {
		g->arch.s2_root = arch_boot_alloc(PAGE_SIZE);
		g->arch.vttbr = arch_boot_pa(g->arch.s2_root).v | (uint64_t)(g->index + 1) << 48;
	}
	return pt_map(g->arch.s2_root, at.v, to.v, size, attributes[kind]);
}
