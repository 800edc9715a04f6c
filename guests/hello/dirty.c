/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello dirty: is anything of an earlier life, or of another owner, left?
 * Memory outside image and tree must be zero; registers 0 but x0; interrupt
 * controller and timers in reset state. Then everything is filled and set, so
 * that the next life has something to find. The runtime has already set up
 * the GIC for itself, so only what it does not touch is looked at.
 */
#include "hello.h"
#include "gic.h"
#include "mmu.h"
#include "timer.h"

#define PATTERN		0xd1d1d1d1d1d1d1d1ull

static uint32_t faults;

static void expect(const char *what, uint64_t number, uint64_t value, uint64_t wanted)
{
	if (value != wanted && faults++ < 20) {
		printf("left over: %s %lx is %lx, not %lx\n", what, number, value, wanted);
	}
}

/* Calls fn on all RAM outside image and tree. */
static void for_free(void (*fn)(uint64_t base, uint64_t end))
{
	uint64_t tree = (uint64_t)platform.tree & ~4095ull;
	uint64_t tree_end = ((uint64_t)platform.tree + platform.tree_size + 4095) & ~4095ull;

	for (uint32_t i = 0; i < platform.bank_count; i++) {
		const struct bank *b = &platform.bank[i];
		uint64_t end = b->base + b->size;
		bool has_image = free_base() >= b->base && free_base() <= end;
		uint64_t at = has_image ? free_base() : b->base;

		if (tree >= at && tree < end) {
			fn(at, tree);
			at = tree_end < end ? tree_end : end;
		}
		fn(at, end);
	}
}

static void check_zero(uint64_t base, uint64_t end)
{
	for (uint64_t at = base; at < end; at += 8) {
		uint64_t v = *(volatile uint64_t *)at;

		if (v) {
			expect("memory", at, v, 0);
		}
	}
}

static void fill(uint64_t base, uint64_t end)
{
	for (uint64_t at = base; at < end; at += 8) {
		*(volatile uint64_t *)at = PATTERN ^ at;
	}
}

static void check_registers(void)
{
	static const char *const names[] = {
		"sctlr_el1", "cpacr_el1", "daif", "sp_el0", "elr_el1", "spsr_el1", "esr_el1",
		"far_el1", "par_el1", "vbar_el1", "mair_el1", "tcr_el1", "ttbr0_el1",
		"ttbr1_el1", "contextidr_el1", "tpidr_el0", "tpidrro_el0", "tpidr_el1",
		"cntkctl_el1", "cntv_ctl_el0", "cntp_ctl_el0", "mdscr_el1",
	};

	for (uint64_t i = 1; i < 31; i++) {
		expect("x", i, start_state.x[i], 0);
	}
	expect("x", 0, start_state.x[0], (uint64_t)platform.tree);
	for (uint64_t i = 0; i < 64; i++) {
		expect("q half", i, start_state.q[i], 0);
	}
	expect(".bss", 0, start_state.bss, 0);
	expect("daif", 0, start_state.system[2], 0x3c0);
	expect("sctlr MMU and caches", 0, start_state.system[0] & 0x1005, 0);
	for (uint64_t i = 3; i < ARRAY_SIZE(names); i++) {
		/* the timers' status bit is read-only; PAR's reset value is its own */
		uint64_t v = start_state.system[i] & (i == 19 || i == 20 ? 3 : ~0ull);

		expect(names[i], i, i == 8 ? 0 : v, 0);
	}
}

static void check_gic(void)
{
	for (uint32_t i = 16; i < 32; i++) {
		expect("ppi active", i, gic_is_active(i), 0);
	}
	for (uint32_t i = 16; i < 32; i++) {
		expect("ppi pending", i, gic_is_pending(i), 0);
	}
	for (uint32_t i = 32; i < SKERRY_INTID_COUNT; i += 32) {
		uint64_t line = i == 32 ? 1u << (SKERRY_INTID_PL011 - 32) : 0;
		/* those of events and links are fixed */
		uint64_t edge = i == SKERRY_INTID_EVENT ? 0xaaaaaaaa & ~8u : 0;

		expect("spi enabled", i, read32(platform.gicd + GICD_ISENABLER + i / 8), 0);
		expect("spi active", i, read32(platform.gicd + GICD_ISACTIVER + i / 8), 0);
		expect("spi pending", i, read32(platform.gicd + GICD_ISPENDR + i / 8) & ~line, 0);
		expect("spi configuration", i, read32(platform.gicd + GICD_ICFGR + i / 4) & ~8,
		       edge);
	}
	expect("running priority", 0, gic_running_priority() & 0xf8, 0xf8);
}

/* Leave traces in all that a guest can set. */
static void set_everything(void)
{
	for (uint32_t i = 40; i < SKERRY_INTID_COUNT; i++) {
		gic_set_edge(i, true);
		gic_enable(i);
		gic_set_pending(i);
	}
	for (uint32_t i = 40; i < SKERRY_INTID_COUNT; i += 3) {
		gic_set_active(i);
	}
	gic_set_pending(3);
	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	vtimer_arm(1);
	ptimer_arm(1);
	gic_set_active(SKERRY_INTID_VTIMER);
	sysreg_write(tpidr_el0, PATTERN);
	sysreg_write(tpidrro_el0, PATTERN);
	sysreg_write(sp_el0, PATTERN);
	sysreg_write(par_el1, PATTERN);
	sysreg_write(contextidr_el1, PATTERN);
	sysreg_write(cntkctl_el1, 3);
	sysreg_write(elr_el1, PATTERN);
	asm volatile(".arch_extension fp\n\tdup v0.2d, %0\n\tdup v9.2d, %0\n\tdup v31.2d, %0"
		     :: "r"(PATTERN));
	gic_ack();			/* one active in the CPU interface */
}

void dirty_check(void)
{
	for_free(check_zero);
	check_registers();
	if (platform.gic) {
		check_gic();
	}
	if (faults) {
		printf("dirty: FAILED, %u things left over\n", faults);
	} else {
		printf("dirty: nothing left over\n");
	}
	irq_disable();
	for_free(fill);
	if (platform.gic) {
		set_everything();
	}
}
