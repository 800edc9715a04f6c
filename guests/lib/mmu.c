/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage 1 tables of a guest. mmu_init() runs with the MMU off (everything is
 * built with strict alignment). Level 1: 512 entries of 1 GiB; level 2 pages
 * from a small pool. Called by start.S and by tests that map aliases.
 */
#include "mmu.h"
#include "runtime.h"

#define ENTRIES		512
#define L2_MAX		12
#define VALID		1ull
#define TABLE		3ull
#define AF		(1ull << 10)
#define INNER		(3ull << 8)
#define ADDRESS		0x0000fffffffff000ull
#define MAIR		0xff440400ull	/* index 3..0: WB, NC, nGnRE, nGnRnE */
#define SCTLR_OFF	0x30d50800ull	/* RES1; EL0 may WFI and WFE */
#define SCTLR_ON	(SCTLR_OFF | 0x100d)	/* M, C, SA, I */

static uint64_t root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t level2[L2_MAX][ENTRIES] __attribute__((aligned(4096)));
static uint32_t level2_used;
static bool is_on;

static void entry_write(uint64_t *entry, uint64_t value)
{
	if (is_on && (*entry & VALID)) {
		*(volatile uint64_t *)entry = 0;
		asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	}
	*(volatile uint64_t *)entry = value;
	asm volatile("dsb ishst\n\tisb" ::: "memory");
}

static uint64_t *entry_of(uint64_t va, bool make)
{
	uint64_t *top = &root[(va >> 30) & 511];

	if (!(*top & VALID)) {
		if (!make || level2_used == L2_MAX) {
			return NULL;
		}
		entry_write(top, (uint64_t)level2[level2_used++] | TABLE);
	}
	return (uint64_t *)(*top & ADDRESS) + ((va >> 21) & 511);
}

bool mmu_map(uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
	for (uint64_t done = 0; done < size; done += MAP_BLOCK) {
		uint64_t *entry = entry_of(va + done, true);

		if (!entry) {
			return false;
		}
		entry_write(entry, (pa + done) | attributes | INNER | AF | VALID);
	}
	return true;
}

bool mmu_map_missing(uint64_t base, uint64_t size, uint64_t attributes)
{
	uint64_t at = base & ~(MAP_BLOCK - 1);

	for (; at < base + size; at += MAP_BLOCK) {
		uint64_t top = root[at >> 30 & 511];
		uint64_t *entry = (top & TABLE) == TABLE ? entry_of(at, false) : NULL;
		bool is_mapped = entry ? *entry & VALID : top & VALID;
		bool is_device = is_mapped && entry && (*entry & MAP_WB) == MAP_DEVICE;

		if ((!is_mapped || (is_device && (attributes & MAP_WB) == MAP_WB)) &&
		    !mmu_map(at, at, MAP_BLOCK, attributes)) {
			return false;
		}
	}
	return true;
}

void mmu_map_gib(uint64_t va, uint64_t pa, uint64_t attributes)
{
	entry_write(&root[va >> 30 & 511], pa | attributes | INNER | AF | VALID);
}

void mmu_set_root(uint64_t va, uint64_t descriptor)
{
	entry_write(&root[va >> 30 & 511], descriptor);
}

void mmu_unmap(uint64_t va, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += MAP_BLOCK) {
		uint64_t *entry = entry_of(va + done, false);

		if (entry) {
			entry_write(entry, 0);
		}
	}
}

uint64_t *mmu_root(void)
{
	return root;
}

static void registers_set(void)
{
	uint64_t range = sysreg_read(id_aa64mmfr0_el1) & 15;

	if (range > 5) {
		range = 5;
	}
	sysreg_write(mair_el1, MAIR);
	/* T0SZ 25, write-back inner-shareable walks, no TTBR1, IPS */
	sysreg_write(tcr_el1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | range << 32);
	sysreg_write(ttbr0_el1, (uint64_t)root);
	asm volatile("isb\n\ttlbi vmalle1\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
}

void mmu_on(void)
{
	asm volatile("msr sctlr_el1, %0\n\tisb" :: "r"(SCTLR_ON) : "memory");
}

void mmu_off(void)
{
	asm volatile("dsb sy\n\tmsr sctlr_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb"
		     :: "r"(SCTLR_OFF) : "memory");
}

static void ram_map(const struct bank *b)
{
	uint64_t base = b->base & ~(MAP_BLOCK - 1);
	uint64_t end = (b->base + b->size + MAP_BLOCK - 1) & ~(MAP_BLOCK - 1);

	while (base < end) {
		uint64_t gib = base >> 30;

		if (!(base & (GIB(1) - 1)) && end - base >= GIB(1) && gib < ENTRIES && !root[gib]) {
			root[gib] = base | MAP_WB | INNER | AF | VALID;
			base += GIB(1);
		} else {
			mmu_map(base, base, MAP_BLOCK, MAP_WB);
			base += MAP_BLOCK;
		}
	}
}

void mmu_init(void)
{
	uint64_t info = SKERRY_INFO_BASE & ~(MAP_BLOCK - 1);

	mmu_map(MAP_BLOCK, MAP_BLOCK, GIB(1) - MAP_BLOCK, MAP_DEVICE | MAP_XN);
	/* Stage 2 says which of these pages can be written: a back end's own ones. */
	mmu_map(info, info, MAP_BLOCK, MAP_WB | MAP_XN);
	mmu_map(SKERRY_WINDOW_BASE, SKERRY_WINDOW_BASE, GIB(1) - SKERRY_WINDOW_BASE,
		MAP_WB | MAP_XN);
	for (uint32_t i = 0; i < platform.bank_count; i++) {
		ram_map(&platform.bank[i]);
	}
	/* Written with caches off: nothing stale may be hit once they are on. */
	for (char *at = _start; at < __image_end; at += 64) {
		asm volatile("dc ivac, %0" :: "r"(at) : "memory");
	}
	asm volatile("dsb sy" ::: "memory");
	registers_set();
	mmu_on();
	is_on = true;
}

void mmu_init_secondary(void)
{
	registers_set();
	mmu_on();
}

void cache_clean(const void *at, size_t size)
{
	for (uint64_t p = (uint64_t)at & ~63ull; p < (uint64_t)at + size; p += 64) {
		asm volatile("dc cvac, %0" :: "r"(p) : "memory");
	}
	asm volatile("dsb sy" ::: "memory");
}

void cache_clean_invalidate(const void *at, size_t size)
{
	for (uint64_t p = (uint64_t)at & ~63ull; p < (uint64_t)at + size; p += 64) {
		asm volatile("dc civac, %0" :: "r"(p) : "memory");
	}
	asm volatile("dsb sy" ::: "memory");
}

void cache_invalidate(const void *at, size_t size)
{
	for (uint64_t p = (uint64_t)at & ~63ull; p < (uint64_t)at + size; p += 64) {
		asm volatile("dc ivac, %0" :: "r"(p) : "memory");
	}
	asm volatile("dsb sy" ::: "memory");
}

void cache_sync_code(const void *at, size_t size)
{
	cache_clean(at, size);
	asm volatile("ic ialluis\n\tdsb sy\n\tisb" ::: "memory");
}
