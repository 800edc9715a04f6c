/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 19..27: the guest-physical address space, stage 1 as a weapon, arguments.
 */
#include "attacker.h"
#include "../lib/runtime.h"

#define VIEW		MAP_SPARE	/* one GiB of guest-physical addresses, seen here */
#define STEP		KIB(64)

struct region {
	uint64_t base, size;
};

/* What this guest may touch. */
static uint32_t regions(struct region *r)
{
	static int64_t has_time = 1;		/* not asked yet */
	uint32_t n = 0;

	has_time = has_time == 1 ? hvc_call(PV_TIME_FEATURES, PV_TIME_ST, 0, 0) : has_time;
	for (uint32_t i = 0; i < platform.bank_count; i++) {
		r[n++] = (struct region){ platform.bank[i].base, platform.bank[i].size };
	}
	r[n++] = (struct region){ platform.gicd, KIB(64) };
	if (platform.gic == 3) {
		r[n++] = (struct region){ platform.gicr, platform.gicr_size };
	} else {
		r[n++] = (struct region){ platform.gicc, KIB(8) };
	}
	r[n++] = (struct region){ SKERRY_PL011_BASE, KIB(4) };
	r[n++] = (struct region){ SKERRY_INFO_BASE, KIB(4) };
	if (has_time == 0) {			/* a core of its is shared */
		r[n++] = (struct region){ SKERRY_TIME_BASE, KIB(4) };
	}
	return n;
}

static bool is_ours(uint64_t ipa)
{
	struct region r[BANK_MAX + 7];
	uint32_t n = regions(r);

	for (uint32_t i = 0; i < n; i++) {
		if (ipa - r[i].base < r[i].size) {
			return true;
		}
	}
	return false;
}

static uint64_t viewed = ~0ull;

static uint64_t view(uint64_t ipa)
{
	if (ipa >> 30 != viewed) {
		viewed = ipa >> 30;
		mmu_map_gib(VIEW, viewed << 30, MAP_NC);
	}
	return VIEW + (ipa & (GIB(1) - 1));
}

static void view_end(void)
{
	mmu_set_root(VIEW, 0);
	viewed = ~0ull;
}

static void probe_read(uint64_t ipa)
{
	expect(try_read(view(ipa), 4, NULL) != 0, "%lx can be read", ipa);
}

/* All kinds of access to what is not ours. */
static void probe_all(uint64_t ipa)
{
	uint64_t at = view(ipa);

	expect(try_write(at, 4, 0) != 0, "%lx can be written", ipa);
	expect(try_read(at + 1, 1, NULL) != 0, "%lx can be read", ipa + 1);
	expect(try_ldxr(at, NULL) != 0, "%lx can be read exclusively", ipa);
	expect(try_ldp(at) != 0, "%lx can be read in pairs", ipa);
	expect(try_read_post(at) != 0, "%lx can be read with write-back", ipa);
	expect(try_zva(at) != 0, "%lx can be zeroed", ipa);
	expect(try_exec(at) != 0, "%lx can be executed", ipa);
}

/* Each 64 KiB of the first 8 GiB, each 16 MiB of the rest; near all edges each page. */
static uint64_t sweep(void)
{
	uint64_t count = 0;

	for (uint64_t ipa = 0; ipa < 1ull << SKERRY_IPA_BITS;) {
		if (!is_ours(ipa)) {
			probe_read(ipa);
			count++;
			if ((ipa & (MIB(16) - 1)) == 0 && ipa < GIB(8)) {
				probe_all(ipa);
			}
		}
		ipa += ipa < GIB(8) * arg_number("scale", 100) / 100 ? STEP : MIB(16);
	}
	return count;
}

static uint64_t sweep_edge(uint64_t edge)
{
	uint64_t reach = MIB(16) * arg_number("scale", 100) / 100;
	uint64_t ipa = edge > reach ? edge - reach : 0;
	uint64_t count = 0;

	for (ipa &= ~4095ull; ipa < edge + reach; ipa += 4096) {
		if (!is_ours(ipa)) {
			probe_read(ipa);
			count++;
		}
	}
	return count;
}

void b19_address_space(void)
{
	struct region r[BANK_MAX + 7];
	uint32_t n = regions(r);
	uint64_t count;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	count = sweep();
	for (uint32_t i = 0; i < n; i++) {
		count += sweep_edge(r[i].base);
		count += sweep_edge(r[i].base + r[i].size);
	}
	expect(try_write(SKERRY_INFO_BASE, 4, 0) != 0, "the information page can be written");
	expect(try_write(SKERRY_TIME_BASE, 4, 0) != 0, "the page of stolen time can be written");
	expect(try_write(view(SKERRY_INFO_BASE), 4, 0) != 0, "so it can through an alias");
	expect(platform.info->magic == SKERRY_INFO_MAGIC, "the information page has changed");
	view_end();
	note("%lu places answered by an abort", count);
}

void b20_edges(void)
{
	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint32_t i = 0; i < platform.bank_count; i++) {
		uint64_t base = platform.bank[i].base, end = base + platform.bank[i].size;

		expect(try_read(view(end - 1), 1, NULL) == 0, "the last byte is not there");
		expect(is_ours(end) || try_read(view(end), 1, NULL) != 0, "byte after the end");
		expect(is_ours(base - 1) || try_read(view(base - 1), 1, NULL) != 0,
		       "byte before the start");
		if ((end & (GIB(1) - 1)) && !is_ours(end)) {
			expect(try_read(view(end - 4), 8, NULL) != 0, "straddling the end");
			expect(try_write(view(end - 1), 2, 0) != 0, "straddling the end");
		}
	}
	view_end();
}

void b21_above(void)
{
	static const uint64_t bases[] = {
		1ull << 39, 1ull << 40, 1ull << 41, 1ull << 43, 1ull << 46, 1ull << 47,
		(1ull << 48) - GIB(1),
	};

	for (uint32_t i = 0; i < ARRAY_SIZE(bases); i++) {
		mmu_map_gib(VIEW, bases[i], MAP_NC);
		for (uint64_t at = 0; at < GIB(1); at += MIB(32)) {
			expect(try_read(VIEW + at, 8, NULL) != 0, "%lx can be read", bases[i] + at);
			expect(try_write(VIEW + at, 8, 1) != 0, "%lx can be written",
			       bases[i] + at);
		}
		/* no alias of our own memory either */
		mmu_map_gib(VIEW, bases[i] | (platform.bank[0].base & ~(GIB(1) - 1)), MAP_NC);
		expect(try_read(VIEW + (platform.bank[0].base & (GIB(1) - 1)), 8, NULL) != 0,
		       "%lx is an alias", bases[i]);
	}
	view_end();
}

void b22_tables(void)
{
	static const uint64_t tables[] = {
		NOWHERE, SKERRY_GICD_BASE, SKERRY_GICR_BASE, SKERRY_PL011_BASE, SKERRY_INFO_BASE,
		SKERRY_PAGE_BASE, GIB(300),
	};
	uint64_t aborts = 0;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(tables); i++) {
		mmu_set_root(VIEW, tables[i] | 3);
		for (uint64_t at = 0; at < GIB(1); at += MIB(2) + 8) {
			aborts += try_read(VIEW + at, 4, NULL) != 0;
			aborts += try_write(VIEW + at, 4, 0) != 0;
		}
		expect(ESR_EC(try_exec(VIEW)) == EC_IABORT, "code from %lx", tables[i]);
	}
	view_end();
	note("%lu aborts", aborts);
}

static const uint64_t hostile[] = {
	0, 2, 0xff, 0x10000, 1ull << 31, 1ull << 32, (1ull << 32) - 1, 1ull << 63, ~0ull, ~1ull,
	0xffff000000000000, 0x7fffffffffffffff, SKERRY_GICD_BASE, NOWHERE,
};

void b23_arguments(void)
{
	uint64_t state = 4711, count = scaled(20000);

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		struct regs r;

		for (uint32_t n = 0; n < 18; n++) {
			r.x[n] = hostile[random_next(&state) % ARRAY_SIZE(hostile)];
		}
		r.x[0] = i & 1 ? SKERRY_HVC((i >> 1) % (SKERRY_HYPERCALL_COUNT + 1)) :
			 0x84000000 | (i & 2) << 29 | (i >> 2 & 31);
		if (!is_harmless(r.x[0]) || (uint32_t)r.x[0] == SKERRY_HVC_CONSOLE_READ) {
			continue;
		}
		hvc(&r);
		expect((int64_t)r.x[0] >= -20, "x0 is %lx", r.x[0]);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		/* but 2: it would be written */
		int64_t e = hostile[i] == 2 ? SKERRY_INVALID :
			    hvc_call(SKERRY_HVC_CONSOLE_WRITE, hostile[i], ~0ull, 0);

		expect(e == SKERRY_INVALID || e == SKERRY_DENIED, "CONSOLE_WRITE of %lx: %ld",
		       hostile[i], e);
	}
	note("%lu calls", count);
}

void b25_translate(void)
{
	uint64_t own = platform.bank[0].base, par, aborts = 0;

	asm volatile("at s1e1r, %0\n\tisb" :: "r"(own + 0x1230));
	par = sysreg_read(par_el1);
	expect(!(par & 1) && (par & 0x0000fffffffff000) == own + 0x1000,
	       "PAR of one's own page is %lx", par);
	for (uint32_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		asm volatile("at s1e1r, %0\n\tat s1e1w, %0\n\tat s1e0r, %0\n\tat s1e0w, %0\n\tisb"
			     :: "r"(hostile[i]));
		aborts += sysreg_read(par_el1) & 1;
	}
	if (platform.info) {
		static const uint32_t el2[] = {	/* AT S12E1R, S12E1W, S12E0R, S1E2R */
			0xd50c7880, 0xd50c78a0, 0xd50c78c0, 0xd50c7800,
		};
		uint64_t x0 = own;

		mmu_set_root(VIEW, NOWHERE | 3);	/* a walk that stage 2 stops */
		probe_begin();
		asm volatile("at s1e1r, %0\n\tisb" :: "r"(VIEW));
		probe_end();
		view_end();
		for (uint32_t i = 0; i < ARRAY_SIZE(el2); i++) {
			expect(try_instruction(el2[i], &x0) != 0, "AT %x is taken", el2[i]);
		}
	}
	note("%lu of %lu hostile addresses fault", aborts, ARRAY_SIZE(hostile));
}

void b26_tlbi(void)
{
	static const uint32_t el2[] = {	/* ALLE1IS, ALLE2, VMALLS12E1IS, IPAS2E1IS, ALLE3 */
		0xd50c839f, 0xd50c871f, 0xd50c83df, 0xd50c8020, 0xd50e871f,
	};

	for (uint64_t i = 0; i < scaled(2000); i++) {
		asm volatile("tlbi vmalle1is\n\ttlbi aside1is, %0\n\ttlbi vaae1is, %0\n\t"
			     "dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" :: "r"(i << 12));
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(el2); i++) {
		uint64_t x0 = 0;

		expect(try_instruction(el2[i], &x0) != 0, "TLBI %x is taken", el2[i]);
	}
	note("cost to neighbours is not visible in QEMU");
}

static uint64_t other_root[512] __attribute__((aligned(4096)));

/* `value` through VIEW, where both vCPUs have different memory, the same ASID. */
static void same_va(uint64_t value)
{
	for (uint64_t i = 0; i < scaled(2000); i++) {
		*(volatile uint64_t *)VIEW = value + i;
		asm volatile("yield");
		expect(*(volatile uint64_t *)VIEW == value + i, "the other one's value");
	}
}

static void same_va_there(uint64_t block)
{
	uint64_t root = sysreg_read(ttbr0_el1);
	static uint64_t level2[512] __attribute__((aligned(4096)));

	memcpy(other_root, mmu_root(), sizeof(other_root));
	level2[0] = block | MAP_WB | MAP_NG | 0x701;
	other_root[VIEW >> 30] = (uint64_t)level2 | 3;
	asm volatile("dsb sy\n\tmsr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb ish\n\tisb"
		     :: "r"(other_root) : "memory");
	same_va(0x2000000000);
	asm volatile("msr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb ish\n\tisb"
		     :: "r"(root) : "memory");
}

void b27_same_va(void)
{
	uint64_t block = (free_base() + MAP_BLOCK - 1) & ~(MAP_BLOCK - 1);

	if (!has_worker() || free_size() < 3 * MAP_BLOCK) {
		return;
	}
	mmu_map(VIEW, block, MAP_BLOCK, MAP_WB | MAP_NG);
	worker_call(1, same_va_there, block + MAP_BLOCK);
	same_va(0x1000000000);
	worker_wait(1);
	view_end();
}
