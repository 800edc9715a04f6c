/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation table descriptors, VMSAv8-64, 4 KiB granule (Arm DDI 0487, D8.3),
 * and the attribute indexes of MAIR_EL2. For C and assembly.
 */
#pragma once

#define PTE_VALID	(1 << 0)
#define PTE_TABLE	(3 << 0)	/* levels 1, 2 */
#define PTE_BLOCK	(1 << 0)	/* levels 1, 2 */
#define PTE_PAGE	(3 << 0)	/* level 3 */
#define PTE_ADDRESS	0x0000fffffffff000

/* Stage 1 of EL2: AP[1] is RES1 there */
#define PTE_ATTR(i)	((i) << 2)
#define PTE_AP1		(1 << 6)
#define PTE_READ_ONLY	(1 << 7)
#define PTE_INNER	(3 << 8)
#define PTE_AF		(1 << 10)
#define PTE_XN		(1ull << 54)

#define MAIR_DEVICE	0		/* nGnRE */
#define MAIR_NORMAL	1		/* write-back, read and write allocate */
#define MAIR_UNCACHED	2		/* Normal, non-cacheable */
#define MAIR_VALUE	0x44ff04

#define PTE_CODE	(PTE_ATTR(MAIR_NORMAL) | PTE_AP1 | PTE_READ_ONLY | PTE_INNER | PTE_AF)
#define PTE_RODATA	(PTE_CODE | PTE_XN)
#define PTE_DATA	(PTE_ATTR(MAIR_NORMAL) | PTE_AP1 | PTE_INNER | PTE_AF | PTE_XN)
#define PTE_UNCACHED	(PTE_ATTR(MAIR_UNCACHED) | PTE_AP1 | PTE_AF | PTE_XN)
#define PTE_DEVICE	(PTE_ATTR(MAIR_DEVICE) | PTE_AP1 | PTE_AF | PTE_XN)

/* Stage 2 */
#define S2_MEMATTR(a)	((a) << 2)
#define S2_READ		(1 << 6)
#define S2_WRITE	(2 << 6)
#define S2_XN		(1ull << 54)
#define S2_PTE_RAM	(S2_MEMATTR(0xf) | S2_READ | S2_WRITE | PTE_INNER | PTE_AF)
#define S2_PTE_RO	(S2_MEMATTR(0xf) | S2_READ | PTE_INNER | PTE_AF | S2_XN)
#define S2_PTE_REGISTERS (S2_MEMATTR(0x5) | S2_READ | PTE_INNER | PTE_AF | S2_XN)
#define S2_PTE_DEVICE	(S2_MEMATTR(0x1) | S2_READ | S2_WRITE | PTE_AF | S2_XN)

#ifndef __ASSEMBLER__
#include <hv/types.h>

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
