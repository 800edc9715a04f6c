/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cores: EL2's control registers of each, and the start of all but the first
 * by PSCI or spin table. Register values: Arm DDI 0487, D19.2 (HCR_EL2,
 * CPTR_EL2, MDCR_EL2, VTCR_EL2, CNTHCTL_EL2).
 */
#include "early.h"

/* VM; SWIO: invalidation by set/way cleans too; PTW: no table walk in device memory;
 * FMO, IMO, AMO; traps of ID registers (TID3), SMC (TSC), implementation defined
 * registers (TIDCP), ACTLR_EL1 (TACR); RW: EL1 is AArch64; TLOR; TERR */
#define HCR_VALUE	0x18803c003f

char cpu_stacks[SKERRY_CPU_MAX][PAGE_SIZE + 8192]
	__attribute__((section(".stacks"), aligned(4096)));
static uint32_t online;			/* cores that have left boot code, atomic */

extern char vectors[];

/* Younger controls, off where they exist. */
static void disable_extensions(void)
{
	if ((READ_SYSREG(id_aa64pfr1_el1) >> 8 & 0xf) >= 2) {
		WRITE_SYSREG(HCR_VALUE | 1ull << 58, hcr_el2);	/* TID5: GMID_EL1 traps */
	}
	if (READ_SYSREG(id_aa64mmfr1_el1) >> 40 & 0xf) {
		WRITE_SYSREG(0, S3_4_C1_C2_2);			/* HCRX_EL2 */
	}
	if (READ_SYSREG(id_aa64mmfr0_el1) >> 56 & 0xf) {
		WRITE_SYSREG(0, S3_4_C1_C1_4);			/* HFGRTR_EL2: SME's trap */
		WRITE_SYSREG(0, S3_4_C1_C1_5);			/* HFGWTR_EL2 */
		WRITE_SYSREG(0, S3_4_C1_C1_6);			/* HFGITR_EL2 */
		WRITE_SYSREG(0, S3_4_C3_C1_4);			/* HDFGRTR_EL2 */
		WRITE_SYSREG(0, S3_4_C3_C1_5);			/* HDFGWTR_EL2 */
	}
	if (READ_SYSREG(id_aa64pfr0_el1) >> 40 & 0xf) {
		WRITE_SYSREG(3ull << 48, S3_4_C10_C5_0);	/* MPAM2_EL2: EL1, EL0 trap */
	}
}

void cpu_boot_init(struct pcpu *p)
{
	unsigned pmu = READ_SYSREG(id_aa64dfr0_el1) >> 8 & 0xf;		/* its version */
	uint64_t counters = pmu == 0 || pmu == 0xf ? 0 : READ_SYSREG(pmcr_el0) >> 11 & 0x1f;

	WRITE_SYSREG(p, tpidr_el2);
	WRITE_SYSREG(vectors, vbar_el2);
	WRITE_SYSREG(HCR_VALUE, hcr_el2);
	/* RES1; TZ, TSM, TTA, TAM: SVE, SME, trace and AMU trap; FP does not */
	WRITE_SYSREG(0x401033ff, cptr_el2);
	/* TPMCR, TPM; TDA, TDOSA, TDRA; TPMS; TTRF: PMU, debug, profiling, trace filter trap;
	 * HPMN: all counters are EL1's */
	WRITE_SYSREG(0x84e60 | counters, mdcr_el2);
	WRITE_SYSREG(0, hstr_el2);
	/* RES1; PS; SH0, ORGN0, IRGN0: walks inner shareable, write-back; SL0 level 1; T0SZ */
	WRITE_SYSREG(0x80003540 | min_u64(READ_SYSREG(id_aa64mmfr0_el1) & 0xf, 5) << 16 |
		     (64 - SKERRY_IPA_BITS), vtcr_el2);
	WRITE_SYSREG(0, vttbr_el2);
	WRITE_SYSREG(READ_SYSREG(midr_el1), vpidr_el2);
	WRITE_SYSREG(1, cnthctl_el2);	/* the counter is free, the EL1 physical timer traps */
	WRITE_SYSREG(0, cntvoff_el2);
	WRITE_SYSREG(0, cnthp_ctl_el2);
	WRITE_SYSREG(1, cntp_ctl_el0);	/* on, its interrupt off: see NUDGE_TICKS */
	WRITE_SYSREG(0, cntv_ctl_el0);
	WRITE_SYSREG(0, mdscr_el1);
	disable_extensions();
	isb();
	__asm__ volatile("tlbi alle1");
	dsb(nsh);
	isb();
}

void firmware_boot(void)
{
	static const uint32_t workarounds[] = {
		SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3,
	};

	if (!board_has_psci || smc_call(PSCI_VERSION, 0, 0, 0) < 0x10000 ||
	    smc_call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) < 0 ||
	    smc_call(SMCCC_VERSION, 0, 0, 0) < 0x10001) {
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(workarounds); i++) {
		if (smc_call(SMCCC_ARCH_FEATURES, workarounds[i], 0, 0) >= 0) {
			firmware.workarounds[i] = workarounds[i];
		}
	}
	firmware.trng = smc_call(SMCCC_TRNG_VERSION, 0, 0, 0) >= 0x10000;
}

static uint64_t affinity(void) { return READ_SYSREG(mpidr_el1) & 0xff00ffffff; }

/* Called by secondary_entry on no stack: a leaf that keeps to registers. */
struct pcpu *secondary_find(void)
{
	for (unsigned i = 1; i < boot.board.cpu_count; i++) {
		if (boot.board.cpu[i].mpidr == affinity()) {
			return &pcpus[i];
		}
	}
	for (;;) {
		__asm__ volatile("wfi");	/* a core that the tree does not know */
	}
}

void secondary_main(struct pcpu *p)
{
	cpu_boot_init(p);
	gic_cpu_boot();
	secondary_leave(&online);
}

/* Ten seconds, in which a core has to show up: a host that emulates it may be busy. */
static bool start_one(const struct board_cpu *c, uint32_t count)
{
	uint64_t entry = arch_boot_pa((const void *)(uintptr_t)secondary_entry).v;
	uint64_t begin = arch_time_now();
	bool is_coming = c->enable != ENABLE_NONE;

	if (c->enable == ENABLE_SPIN_TABLE) {
		uint64_t *release = arch_window_map(pa(c->release), sizeof(*release), false);

		*(volatile uint64_t *)release = entry;
		arch_data_clean(release, sizeof(*release));	/* it looks without caches */
		arch_window_unmap();
		__asm__ volatile("sev");
	} else if (is_coming) {
		is_coming = smc_call(PSCI_CPU_ON_64, c->mpidr, entry, 0) == 0;
	}
	while (is_coming && load_acquire(&online) < count) {
		is_coming = arch_time_now() - begin <= 10ull * arch_time_hz();
	}
	return is_coming;
}

void cpus_start(const struct board *b)
{
	if (b->cpu[0].mpidr != affinity()) {
		panic("booted on a core that is not the first of the tree");
	}
	if ((READ_SYSREG(id_aa64isar0_el1) >> 16 & 0xf) == 0) {
		panic("these cores lack the CRC-32 instructions");
	}
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		pcpus[i].index = (uint8_t)i;
		pcpus[i].stack_top = (uintptr_t)cpu_stacks[i + 1];
		if (i > 0 && !start_one(&b->cpu[i], i)) {
			panic("core %u (MPIDR %lx) does not start", i, b->cpu[i].mpidr);
		}
	}
}
