/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation table descriptors, VMSAv8-64, 4 KiB granule (Arm DDI 0487, D8.3),
 * and the attribute indexes of MAIR_EL2. For C and assembly.
 */
#pragma once

/* Attributes 0: device, nGnRE; 1: normal, write-back, read and write allocate; 2: normal,
 * non-cacheable */
#define MAIR_VALUE	0x44ff04

#ifndef __ASSEMBLER__
#include <hv/types.h>

enum { MAIR_DEVICE, MAIR_NORMAL, MAIR_UNCACHED };

/* Tables and blocks: at levels 1 and 2, pages at 3. AP[1] is RES1 in EL2's stage 1. */
enum { PTE_VALID = 1, PTE_BLOCK = 1, PTE_TABLE = 3, PTE_PAGE = 3, PTE_AP1 = 1 << 6,
       PTE_READ_ONLY = 1 << 7, PTE_INNER = 3 << 8, PTE_AF = 1 << 10 };
#define PTE_ATTR(i)	((i) << 2)
#define PTE_ADDRESS	0x0000fffffffff000
#define PTE_XN		(1ull << 54)
#define PTE_DATA	(PTE_ATTR(MAIR_NORMAL) | PTE_AP1 | PTE_INNER | PTE_AF | PTE_XN)
#define PTE_DEVICE	(PTE_ATTR(MAIR_DEVICE) | PTE_AP1 | PTE_AF | PTE_XN)

#define PT_ENTRIES	512

/* Index of a virtual or guest-physical address at a level, 1..3. */
static inline unsigned pt_index(uint64_t va, unsigned level)
{
	return (va >> (39 - 9 * level)) & (PT_ENTRIES - 1);
}

/* Every store to a translation table goes through here: a live entry is never
 * replaced by another (break before make is the caller's: first 0, then the
 * TLB, then the new one). */
void pt_write(uint64_t *slot, uint64_t value);

/* EL2's own tables, arch/arm64/mmu.c */
extern uint64_t hv_l1[PT_ENTRIES], hv_l2[PT_ENTRIES];
extern uint64_t hv_l3_image[PT_ENTRIES], hv_l3_device[PT_ENTRIES], hv_l3_window[PT_ENTRIES];
extern uint64_t hv_l3_gicr[PT_ENTRIES];
#endif
