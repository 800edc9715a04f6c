/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 29..37: what memory holds, and caches as a weapon.
 */
#include "attacker.h"

#define ALIAS		(MAP_SPARE + GIB(1))
#define DIRT		0xa77ac4e2a77ac4e2ull

/* The free memory as whole blocks, and seen non-cacheable at ALIAS. */
static uint64_t free_blocks(uint64_t *count)
{
	uint64_t base = (free_base() + MAP_BLOCK - 1) & ~(MAP_BLOCK - 1);
	uint64_t end = (free_base() + free_size()) & ~(MAP_BLOCK - 1);

	*count = end > base ? (end - base) / MAP_BLOCK : 0;
	return base;
}

static bool alias_map(void)
{
	uint64_t count, base = free_blocks(&count);

	return count && mmu_map(ALIAS, base, count * MAP_BLOCK, MAP_NC | MAP_XN);
}

static void alias_unmap(void)
{
	uint64_t count;

	free_blocks(&count);
	mmu_unmap(ALIAS, count * MAP_BLOCK);
}

void b29_zero(void)
{
	uint64_t count, base = free_blocks(&count), words = count * MAP_BLOCK / 8;

	if (!alias_map()) {
		note("no whole free block of 2 MiB");
		return;
	}
	for (uint64_t i = 0; i < words; i++) {
		expect(((volatile uint64_t *)ALIAS)[i] == 0, "%lx holds %lx in memory",
		       base + i * 8, ((volatile uint64_t *)ALIAS)[i]);
	}
	for (uint64_t i = 0; i < words; i++) {
		expect(((volatile uint64_t *)base)[i] == 0, "%lx holds %lx", base + i * 8,
		       ((volatile uint64_t *)base)[i]);
	}
	alias_unmap();
	note("%lu KiB zero, cacheable and not", words / 128);
}

/* Marks of an image, a tree or EL2 in memory that should be fresh. */
void b37_stale(void)
{
	uint64_t at = (free_base() + 7) & ~7ull, end = at + free_size() / 8 * 8;

	for (; at < end; at += 8) {
		uint64_t v = *(volatile uint64_t *)at;

		expect((uint32_t)v != 0xedfe0dd0 && (uint32_t)v != 0x644d5241 &&
		       v != 0x79727265 && (uint32_t)v != SKERRY_INFO_MAGIC, "%lx holds %lx", at, v);
	}
	note("%lu KiB; the rest is case 19's", free_size() / 1024);
}

void memory_dirty(void)
{
	uint64_t *at = (uint64_t *)((free_base() + 7) & ~7ull);
	uint64_t words = free_size() / 8;

	for (uint64_t i = 0; i + 1 < words; i++) {
		at[i] = DIRT ^ i;
	}
}

static void set_way_all(uint32_t level, bool clean)
{
	uint64_t ccsidr, sets, ways, line, shift;

	sysreg_write(csselr_el1, level << 1);
	isb();
	ccsidr = sysreg_read(ccsidr_el1);
	line = (ccsidr & 7) + 4;
	ways = ccsidr >> 3 & 0x3ff;
	sets = ccsidr >> 13 & 0x7fff;
	shift = ways ? (uint64_t)__builtin_clz((uint32_t)ways) : 32;
	for (uint64_t w = 0; w <= ways; w++) {
		for (uint64_t s = 0; s <= sets; s++) {
			uint64_t v = (shift < 32 ? w << shift : 0) | s << line | level << 1;

			if (clean) {
				asm volatile("dc cisw, %0" :: "r"(v) : "memory");
			} else {
				asm volatile("dc isw, %0" :: "r"(v) : "memory");
			}
		}
	}
	dsb();
}

void b30_set_way(void)
{
	uint64_t clidr = sysreg_read(clidr_el1);
	uint64_t *own = (uint64_t *)((free_base() + 7) & ~7ull);
	uint64_t rounds = scaled(5);

	for (uint64_t i = 0; i < rounds; i++) {
		for (uint64_t n = 0; n < 512; n++) {
			own[n] = i * 1000 + n;
		}
		for (uint32_t level = 0; level < 7; level++) {
			uint64_t type = clidr >> (3 * level) & 7;

			if (type >= 2) {
				set_way_all(level, i & 1);
			}
		}
		for (uint64_t n = 0; n < 512; n++) {
			expect(own[n] == i * 1000 + n, "own data are lost");
		}
	}
	memset(own, 0, 4096);
	note("%lu rounds", rounds);
}

void b31_alias(void)
{
	uint64_t count, base = free_blocks(&count);

	if (!alias_map()) {
		note("no whole free block of 2 MiB");
		return;
	}
	for (uint64_t i = 0; i < scaled(1000); i++) {
		volatile uint64_t *cached = (uint64_t *)(base + i % 64 * 64);
		volatile uint64_t *direct = (uint64_t *)(ALIAS + i % 64 * 64);

		*cached = i;
		cache_clean_invalidate((void *)(uint64_t)cached, 64);
		expect(*direct == i, "the alias differs");
		*direct = ~i;
		dsb();
		cache_clean_invalidate((void *)(uint64_t)cached, 64);
		expect(*cached == ~i, "the alias differs");
		*direct = 0;
		*cached = 0;
	}
	alias_unmap();
	note("of its own memory: there are no links");
}

/* A live entry changed between block, table and other sizes, without a break. */
void b32_break_before_make(void)
{
	static uint64_t level2[512] __attribute__((aligned(4096)));
	uint64_t *entry = &mmu_root()[ALIAS >> 30];
	uint64_t ram = platform.bank[0].base & ~(GIB(1) - 1);
	uint64_t inside = ALIAS + (platform.bank[0].base & (GIB(1) - 1));

	for (uint64_t i = 0; i < 512; i++) {
		level2[i] = (ram + i * MAP_BLOCK) | MAP_WB | 0x701;
	}
	for (uint64_t i = 0; i < scaled(2000); i++) {
		uint64_t type = i & 2 ? MAP_WB : MAP_NC;

		*(volatile uint64_t *)entry = i & 1 ? (uint64_t)level2 | 3 : ram | type | 0x701;
		asm volatile("dsb ishst\n\tisb" ::: "memory");
		try_read(inside, 8, NULL);
		if ((i & 7) == 7) {
			asm volatile("tlbi vmalle1is\n\tdsb ish\n\tisb");
		}
	}
	mmu_set_root(ALIAS, 0);
}

/* All that EL2 keeps for a guest, filled to its limit. */
void b36_fill(void)
{
	for (uint32_t i = 32; i < SKERRY_INTID_COUNT; i++) {
		gic_route(i, 0);
		gic_set_edge(i, i != SKERRY_INTID_PL011);
		gic_enable(i);
		gic_set_pending(i);
	}
	for (uint32_t i = 0; i < 16; i++) {
		gic_sgi(i, 0);
		gic_set_pending(i + 16);
		gic_enable(i + 16);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		hvc_call(SKERRY_HVC_CONSOLE_READ, 0, 0, 0);
		psci(PSCI_CPU_ON_64, platform.mpidr[0], (uint64_t)dump_entry, 0);
	}
	for (uint32_t i = 0; i < 10; i++) {
		console_write("01234567890123456789012345678901234567890123456789", 50);
	}
	console_write("\n", 1);
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t iar = gic_ack();

		if ((iar & 1023) >= 1020) {
			break;
		}
		gic_eoi(iar);
	}
	interrupts_clean();
	expect((gic_ack() & 1023) == GIC_NONE, "something is left");
}

/* All interrupts that there are: pending and active at once, the later the more urgent; what is
 * an SGI or a PPI stays usable where `is_last`. */
void interrupts_all(bool is_last)
{
	for (uint32_t i = is_last ? 32 : 0; i < SKERRY_INTID_COUNT; i++) {
		gic_set_priority(i, 0xa0);
		gic_set_edge(i, true);
		gic_enable(i);
	}
	for (uint32_t i = is_last ? 32 : 0; i < SKERRY_INTID_COUNT; i += 32) {
		write32(gic_bank(i) + GICD_ISACTIVER + i / 8, ~0u);
		write32(gic_bank(i) + GICD_ISPENDR + i / 8, ~0u);
	}
}

/* 36: the same, ended in an order that the controller has not seen: the guest's own work, and
 * EL2 finds its way through it. */
void b36_all_active(void)
{
	uint64_t state = 36;

	interrupts_all(false);
	for (uint64_t i = 0; i < scaled(2000); i++) {
		uint32_t intid = (uint32_t)random_next(&state) % SKERRY_INTID_COUNT;

		gic_eoi(intid);
		gic_set_active(intid);
		gic_set_pending(intid);
		gic_sgi(intid & 15, 0);
		(void)gic_is_active(intid);
	}
	interrupts_clean();
	expect((gic_ack() & 1023) == GIC_NONE, "something is left");
}
