/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage 1 of a guest: 39 bits, identity map of RAM (write-back) and of the
 * first GiB (device nGnRE; register pages included, the information page and
 * link windows write-back). Address 0..2 MiB is left out. More can be mapped
 * in 2 MiB blocks. One set of tables for all vCPUs.
 */
#ifndef MMU_H
#define MMU_H

#include "guest.h"

#define MAP_BLOCK	MIB(2)
#define MAP_SPARE	0x6000000000ull	/* nothing is mapped from here on: for aliases */

#define MAP_NGNRNE	(0ull << 2)	/* memory type, MAIR index */
#define MAP_DEVICE	(1ull << 2)
#define MAP_NC		(2ull << 2)	/* non-cacheable */
#define MAP_WB		(3ull << 2)
#define MAP_USER	(1ull << 6)	/* EL0 too (then EL1 does not execute it) */
#define MAP_RO		(1ull << 7)
#define MAP_NG		(1ull << 11)	/* not global */
#define MAP_XN		(3ull << 53)

/* 2 MiB blocks from `va` to `pa`; replaces what was there, by break before make.
 * False: out of table pages. */
bool mmu_map(uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes);
/* An identity map of the 2 MiB blocks that this range touches and nothing maps yet, or only
 * the map of devices that every guest begins with, where memory is asked for. */
bool mmu_map_missing(uint64_t base, uint64_t size, uint64_t attributes);
/* One GiB block; `pa` may have any bits. The slot must be in the spare range. */
void mmu_map_gib(uint64_t va, uint64_t pa, uint64_t attributes);
/* The root entry of `va`'s GiB becomes `descriptor`, whatever it is. */
void mmu_set_root(uint64_t va, uint64_t descriptor);
void mmu_unmap(uint64_t va, uint64_t size);
/* The root table, for those who want to break it. */
uint64_t *mmu_root(void);
void mmu_off(void);			/* this vCPU; caches cleaned by the caller */
void mmu_on(void);

/* Data cache by address: to the point of coherency; then instructions. */
void cache_clean(const void *at, size_t size);
void cache_clean_invalidate(const void *at, size_t size);
void cache_invalidate(const void *at, size_t size);	/* whole lines of 64 bytes */
void cache_sync_code(const void *at, size_t size);

#endif
