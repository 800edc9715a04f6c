/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cores: EL2's control registers of each, and the start of all but the first
 * by PSCI or spin table. Register values: Arm DDI 0487, D19.2 (HCR_EL2,
 * CPTR_EL2, MDCR_EL2, VTCR_EL2, CNTHCTL_EL2).
 */
#include <abi/smccc.h>
#include <core/console.h>
#include <core/smccc.h>
#include <hv/arch.h>
#include <arch_cpu.h>
#include <sysreg.h>
#include <vgic.h>

#include "../cpu.h"
#include "../leave.h"
#include "early.h"

#define HCR_VM		(1ull << 0)
#define HCR_SWIO	(1ull << 1)	/* invalidate by set/way cleans too */
#define HCR_FMO		(1ull << 3)
#define HCR_IMO		(1ull << 4)
#define HCR_AMO		(1ull << 5)
#define HCR_TID3	(1ull << 18)	/* ID registers */
#define HCR_TSC		(1ull << 19)	/* SMC */
#define HCR_TIDCP	(1ull << 20)	/* implementation defined registers */
#define HCR_TACR	(1ull << 21)	/* ACTLR_EL1 */
#define HCR_RW		(1ull << 31)	/* EL1 is AArch64 */
#define HCR_TLOR	(1ull << 35)
#define HCR_TERR	(1ull << 36)
#define HCR_VALUE	(HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_TID3 | HCR_TSC | \
			 HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR | HCR_TERR)

#define CPTR_VALUE	0x401033ff	/* RES1; TAM, TTA, TSM, TZ: AMU, trace, SME, SVE trap; FP does not */

#define MDCR_TPMCR	(1 << 5)
#define MDCR_TPM	(1 << 6)
#define MDCR_TDA	(1 << 9)
#define MDCR_TDOSA	(1 << 10)
#define MDCR_TDRA	(1 << 11)
#define MDCR_TPMS	(1 << 14)
#define MDCR_TTRF	(1 << 19)

#define VTCR_VALUE	(1ull << 31 | 3 << 12 | 1 << 10 | 1 << 8 | 1 << 6 | (64 - SKERRY_IPA_BITS))

static const struct board *board;
static uint32_t online;			/* cores that have left boot code, atomic */
struct firmware_probe { uint32_t function; bool *flag; };

extern char vectors[];

static uint64_t pmu_counters(void)
{
	unsigned version = READ_SYSREG(id_aa64dfr0_el1) >> 8 & 0xf;

	return version == 0 || version == 0xf ? 0 : READ_SYSREG(pmcr_el0) >> 11 & 0x1f;
}

static uint64_t pa_range(void)
{
	return min_u64(READ_SYSREG(id_aa64mmfr0_el1) & 0xf, 5);
}

/* Younger controls, off where they exist. */
static void disable_extensions(void)
{
	uint64_t mmfr0 = READ_SYSREG(id_aa64mmfr0_el1);
	uint64_t mmfr1 = READ_SYSREG(id_aa64mmfr1_el1);
	uint64_t pfr0 = READ_SYSREG(id_aa64pfr0_el1);

	if (mmfr1 >> 40 & 0xf) {
		WRITE_SYSREG(0, S3_4_C1_C2_2);			/* HCRX_EL2 */
	}
	if (mmfr0 >> 56 & 0xf) {
		WRITE_SYSREG(0, S3_4_C1_C1_4);			/* HFGRTR_EL2: SME's bits trap at 0 */
		WRITE_SYSREG(0, S3_4_C1_C1_5);			/* HFGWTR_EL2 */
		WRITE_SYSREG(0, S3_4_C1_C1_6);			/* HFGITR_EL2 */
		WRITE_SYSREG(0, S3_4_C3_C1_4);			/* HDFGRTR_EL2 */
		WRITE_SYSREG(0, S3_4_C3_C1_5);			/* HDFGWTR_EL2 */
	}
	if (pfr0 >> 40 & 0xf) {
		WRITE_SYSREG(3ull << 48, S3_4_C10_C5_0);	/* MPAM2_EL2: EL1, EL0 trap */
	}
}

void cpu_boot_init(unsigned index)
{
	struct pcpu *p = &pcpus[index];

	p->index = (uint8_t)index;
	p->stack_top = (uintptr_t)cpu_stacks + (index + 1) * CPU_STACK_STRIDE;
	WRITE_SYSREG(p, tpidr_el2);
	WRITE_SYSREG(vectors, vbar_el2);
	WRITE_SYSREG(HCR_VALUE, hcr_el2);
	WRITE_SYSREG(CPTR_VALUE, cptr_el2);
	WRITE_SYSREG(pmu_counters() | MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA |
		     MDCR_TPMS | MDCR_TTRF, mdcr_el2);
	WRITE_SYSREG(0, hstr_el2);
	WRITE_SYSREG(VTCR_VALUE | pa_range() << 16, vtcr_el2);
	WRITE_SYSREG(0, vttbr_el2);
	WRITE_SYSREG(READ_SYSREG(midr_el1), vpidr_el2);
	WRITE_SYSREG(1, cnthctl_el2);		/* the counter is free, the EL1 physical timer traps */
	WRITE_SYSREG(0, cntvoff_el2);
	WRITE_SYSREG(0, cnthp_ctl_el2);
	WRITE_SYSREG(0, cntv_ctl_el0);
	WRITE_SYSREG(0, mdscr_el1);
	disable_extensions();
	isb();
	__asm__ volatile("tlbi alle1");
	dsb(nsh);
	isb();
}

/* ARCH_FEATURES of SMCCC 1.1 on: is a call there? */
static bool has_arch_call(uint32_t function)
{
	return smc_call(SMCCC_ARCH_FEATURES, function, 0, 0) >= 0;
}

void firmware_boot(void)
{
	if (board_psci != PSCI_BY_SMC ||
	    smc_call(PSCI_VERSION, 0, 0, 0) < 0x10000 ||
	    smc_call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) < 0 ||
	    smc_call(SMCCC_VERSION, 0, 0, 0) < 0x10001) {
		return;
	}
	firmware.workaround_1 = has_arch_call(SMCCC_ARCH_WORKAROUND_1);
	firmware.workaround_2 = has_arch_call(SMCCC_ARCH_WORKAROUND_2);
	firmware.workaround_3 = has_arch_call(SMCCC_ARCH_WORKAROUND_3);
	firmware.trng = smc_call(SMCCC_TRNG_VERSION, 0, 0, 0) >= 0x10000;
}

/* Called by secondary_entry on no stack: a leaf that keeps to registers. */
unsigned secondary_find(uint64_t mpidr)
{
	unsigned i;

	mpidr &= 0xff00ffffff;
	for (i = 1; i < board->cpu_count; i++) {
		if (board->cpu[i].mpidr == mpidr) {
			return i;
		}
	}
	for (;;) {
		__asm__ volatile("wfi");	/* a core that the tree does not know */
	}
}

void secondary_main(void)
{
	uint64_t mpidr = READ_SYSREG(mpidr_el1);

	cpu_boot_init(secondary_find(mpidr));
	gic_cpu_boot();
	secondary_leave(&online);
}

static uint64_t entry_pa(void)
{
	return image_pa((const void *)(uintptr_t)secondary_entry).v;
}

static bool start_by_spin_table(const struct board_cpu *c)
{
	volatile uint64_t *release = mmu_map_spin_page(pa(c->release));

	*release = entry_pa();
	dsb(sy);
	__asm__ volatile("sev");
	return true;
}

static bool start_one(unsigned index)
{
	const struct board_cpu *c = &board->cpu[index];

	switch (c->enable) {
	case ENABLE_PSCI:
		return smc_call(PSCI_CPU_ON_64, c->mpidr, entry_pa(), index) == 0;
	case ENABLE_SPIN_TABLE:
		return start_by_spin_table(c);
	default:
		return false;
	}
}

/* Half a second, in which a core has to show up. */
static bool wait_online(uint32_t count)
{
	uint64_t begin = arch_time_now();

	while (__atomic_load_n(&online, __ATOMIC_ACQUIRE) < count) {
		if (arch_time_now() - begin > arch_time_hz() / 2) {
			return false;
		}
	}
	return true;
}

static bool is_boot_core(const struct board *b)
{
	return b->cpu[0].mpidr == (READ_SYSREG(mpidr_el1) & 0xff00ffffff);
}

void cpus_start(const struct board *b)
{
	uint32_t i;

	board = b;
	pcpu_count = b->cpu_count;
	if (!is_boot_core(b)) {
		panic("booted on a core that is not the first of the tree");
	}
	for (i = 1; i < b->cpu_count; i++) {
		if (!start_one(i) || !wait_online(i)) {
			panic("core %u (MPIDR %lx) does not start", i, b->cpu[i].mpidr);
		}
	}
}
