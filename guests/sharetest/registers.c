/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pattern in every register that this vCPU can see, then a while in which others run on
 * its core, then each is as it was left. Interrupts are masked meanwhile: what changes a
 * register is not this guest.
 */
#include "sharetest.h"

#define COUNT	3000		/* some slices of 10 us, now and then, under emulation */

/* Whatever of the pattern a register holds: read back at once, and later. `keep`: bits that
 * this guest needs as they are. */
#define REGISTERS(X) \
	X(tpidr_el0, 0) X(tpidrro_el0, 0) X(tpidr_el1, 0) X(contextidr_el1, 0) \
	X(afsr0_el1, 0) X(afsr1_el1, 0) X(far_el1, 0) X(esr_el1, 0) X(elr_el1, 0) \
	X(spsr_el1, 0) X(par_el1, 0) X(sp_el0, 0) X(csselr_el1, ~0xeull) \
	X(cntkctl_el1, ~0x3ffull) X(amair_el1, 0) X(mair_el1, 0xffffffff) X(ttbr1_el1, 0) \
	X(vbar_el1, 0) X(cpacr_el1, ~(2ull << 20)) X(fpcr, ~(0x1full << 22)) \
	X(fpsr, ~0x0800009full) X(sctlr_el1, ~(7ull << 14 | 1ull << 26)) \
	X(tcr_el1, ~(0xfull << 16)) X(cntv_cval_el0, 0) X(cntp_cval_el0, 0)
#define REGISTERS_V3(X) \
	X(S3_0_C4_C6_0, ~0xf8ull) X(S3_0_C12_C12_3, ~7ull) X(S3_0_C12_C8_3, ~7ull) \
	X(S3_0_C12_C12_6, 0) X(S3_0_C12_C9_0, 0) X(S3_0_C12_C8_4, 0) X(S3_0_C12_C12_4, ~2ull)

uint64_t times_away;

enum {
#define INDEX(name, keep) INDEX_##name,
	REGISTERS(INDEX)
	REGISTERS_V3(INDEX)
	REGISTER_COUNT
};

static const char *const names[] = {
#define NAME(name, keep) #name,
	REGISTERS(NAME)
	"ICC_PMR_EL1", "ICC_BPR1_EL1", "ICC_BPR0_EL1", "ICC_IGRPEN0_EL1", "ICC_AP1R0_EL1",
	"ICC_AP0R0_EL1", "ICC_CTLR_EL1",
};

/* GICv2's interface: PMR, BPR, ABPR (3 at least), APR; what of the pattern goes there */
static const struct {
	uint16_t at;
	uint32_t mask, set;
} gicc[] = { { 0x04, 0xf8, 0 }, { 0x08, 7, 0 }, { 0x1c, 3, 4 }, { 0xd0, ~0u, 0 } };

struct values {
	uint64_t before[REGISTER_COUNT], set[REGISTER_COUNT], after[REGISTER_COUNT];
	uint32_t gicc_before[4], gicc_set[4], gicc_after[4];
	uint64_t general, fp;
};

static void set_all(struct values *v, uint64_t seed)
{
#define SET(name, keep) \
	v->before[INDEX_##name] = sysreg_read(name); \
	sysreg_write(name, (v->before[INDEX_##name] & (keep)) | \
		     ((seed * (2 * INDEX_##name + 3)) & ~(uint64_t)(keep))); \
	v->set[INDEX_##name] = sysreg_read(name);
	if (platform.gic == 3) {
		REGISTERS_V3(SET)
	}
	for (uint32_t i = 0; platform.gic == 2 && i < ARRAY_SIZE(gicc); i++) {
		v->gicc_before[i] = read32(platform.gicc + gicc[i].at);
		write32(platform.gicc + gicc[i].at,
			((uint32_t)(seed >> i) & gicc[i].mask) | gicc[i].set);
		v->gicc_set[i] = read32(platform.gicc + gicc[i].at);
	}
	REGISTERS(SET)
	isb();
}

static void get_all(struct values *v)
{
#define GET(name, keep) \
	v->after[INDEX_##name] = sysreg_read(name); \
	sysreg_write(name, v->before[INDEX_##name]);
	REGISTERS(GET)
	isb();
	for (uint32_t i = 0; platform.gic == 2 && i < ARRAY_SIZE(gicc); i++) {
		v->gicc_after[i] = read32(platform.gicc + gicc[i].at);
		write32(platform.gicc + gicc[i].at, v->gicc_before[i]);
	}
	if (platform.gic == 3) {
		REGISTERS_V3(GET)
	}
	isb();
}

static void compare(const struct values *v)
{
	uint32_t last = platform.gic == 3 ? REGISTER_COUNT : INDEX_S3_0_C4_C6_0;

	check(v->general == 0, "general registers: %lx", v->general);
	check(v->fp == 0, "floating point: %lx", v->fp);
	for (uint32_t i = 0; i < last; i++) {
		check(v->after[i] == v->set[i], "%s: %lx instead of %lx", names[i], v->after[i],
		      v->set[i]);
	}
	for (uint32_t i = 0; platform.gic == 2 && i < ARRAY_SIZE(gicc); i++) {
		check(v->gicc_after[i] == v->gicc_set[i], "GICC %x: %x instead of %x", gicc[i].at,
		      v->gicc_after[i], v->gicc_set[i]);
	}
}

void keep_registers(uint64_t seed)
{
	struct values v = { 0 };

	uint64_t begin, away = 0;

	irq_disable();
	for (uint64_t i = 0; i < rounds; i++) {
		random_next(&seed);
		set_all(&v, seed);
		canary_set(seed);
		begin = time_now();
		v.general = pattern_spin(seed, COUNT);
		away += time_now() - begin > 4 * COUNT;
		v.fp = canary_check(seed);
		get_all(&v);
		compare(&v);
	}
	__atomic_fetch_add(&times_away, away, __ATOMIC_RELAXED);
}

/* An interrupt that was taken is still active, one of lower priority still pending, and the
 * timer's comes again after its end. */
void keep_interrupts(uint64_t seed)
{
	uint32_t self = (uint32_t)cpu_self()->index, iar, running;

	irq_disable();
	for (uint32_t i = 1; i <= 6; i++) {
		gic_enable(i);
		gic_set_priority(i, 0x20 * i);
	}
	gic_enable(SKERRY_INTID_VTIMER);
	gic_set_priority(SKERRY_INTID_VTIMER, 0xe0);
	for (uint64_t i = 0; i < rounds; i++) {
		uint32_t first = 4 + (uint32_t)(i % 2), second = 1 + (uint32_t)(i % 3);

		vtimer_arm(time_now());
		while (((iar = gic_ack()) & 1023) == GIC_NONE) {
		}
		check((iar & 1023) == SKERRY_INTID_VTIMER, "the timer's: %u", iar & 1023);
		gic_sgi(first, self);
		iar = gic_ack();
		check((iar & 1023) == first, "first: %u instead of %u", iar & 1023, first);
		running = gic_running_priority();
		gic_sgi(6, self);
		check(pattern_spin(seed, COUNT) == 0, "general registers");
		check(gic_running_priority() == running, "running: %x instead of %x",
		      gic_running_priority(), running);
		gic_sgi(second, self);
		iar = gic_ack();
		check((iar & 1023) == second, "second: %u instead of %u", iar & 1023, second);
		check(pattern_spin(seed, COUNT) == 0, "general registers");
		gic_eoi(iar);
		gic_eoi(iar & ~1023u ? (iar & ~1023u) | first : first);
		iar = gic_ack();
		check((iar & 1023) == 6, "after its end: %u instead of 6", iar & 1023);
		gic_eoi(iar);
		/* QEMU's GICv2 sees one that is due at once late: see NUDGE_TICKS of EL2 */
		vtimer_arm(time_now() + (platform.gic == 3 && i % 2 ? 0 : us_to_ticks(20)));
		check(gic_ack() % 1024 == GIC_NONE, "the timer's again, before its end");
		gic_eoi(SKERRY_INTID_VTIMER);
		while (((iar = gic_ack()) & 1023) == GIC_NONE) {
		}
		check((iar & 1023) == SKERRY_INTID_VTIMER, "the timer's: %u", iar & 1023);
		vtimer_stop();
		gic_eoi(iar);
	}
	gic_disable(SKERRY_INTID_VTIMER);
}

static void check_timer(bool is_on, bool is_pending, bool is_active)
{
	uint32_t timer = SKERRY_INTID_VTIMER;

	check(gic_is_enabled(timer) == is_on, "the timer's is %sabled", is_on ? "dis" : "en");
	check(gic_is_pending(timer) == is_pending, "the timer's is %spending",
	      is_pending ? "not " : "");
	check(gic_is_active(timer) == is_active, "the timer's is %sactive",
	      is_active ? "not " : "");
}

/* The timer's interrupt as registers have set it, and more SGIs than there are list registers,
 * or none: each vCPU has something else at each switch. */
void keep_by_register(uint64_t seed)
{
	uint32_t self = (uint32_t)cpu_self()->index, iar;

	irq_disable();
	vtimer_stop();
	for (uint32_t i = 1; i <= 12; i++) {
		gic_enable(i);
		gic_set_priority(i, 0x10 * i);
	}
	for (uint64_t i = 0; i < rounds / 2; i++) {
		uint64_t dice = random_next(&seed) >> 32;
		bool is_on = dice & 1, is_pending = dice % 3 == 1, is_active = dice % 3 == 2;
		uint32_t sgis = dice & 2 ? (uint32_t)(dice >> 8) % 13 : 0;

		is_on ? gic_enable(SKERRY_INTID_VTIMER) : gic_disable(SKERRY_INTID_VTIMER);
		if (is_pending) {
			gic_set_pending(SKERRY_INTID_VTIMER);
		} else if (is_active) {
			gic_set_active(SKERRY_INTID_VTIMER);
		}
		for (uint32_t n = 1; n <= sgis; n++) {
			gic_sgi(n, self);
		}
		check(pattern_spin(seed, COUNT) == 0, "general registers");
		check_timer(is_on, is_pending, is_active);
		gic_clear_pending(SKERRY_INTID_VTIMER);
		gic_clear_active(SKERRY_INTID_VTIMER);
		check(pattern_spin(seed, COUNT) == 0, "general registers");
		check_timer(is_on, false, false);
		for (uint32_t n = 1; n <= sgis; n++) {
			iar = gic_ack();
			check((iar & 1023) == n, "SGI %u instead of %u", iar & 1023, n);
			gic_eoi(iar);
		}
		check((gic_ack() & 1023) == GIC_NONE, "one more");
	}
	gic_disable(SKERRY_INTID_VTIMER);
}
