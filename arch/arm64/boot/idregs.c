/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the CPU's features guests are told of. Fields not kept read as 0:
 * EL2, AArch32, SVE, SME, RAS, MPAM, AMU, PMU, SPE, trace, pointer
 * authentication, memory tagging, and whatever is younger than this table.
 * Field positions: Arm DDI 0487, D19.2.
 */
#include "early.h"

#define FIELD(shift)	(0xfull << (shift))

struct id_row {
	uint8_t crm, op2;
	uint64_t value;		/* read on this core */
	uint64_t keep;		/* fields shown as they are */
	uint64_t set;		/* and fields shown with a value of ours */
};

/* One field, no more than `max`. */
static uint64_t capped(uint64_t value, unsigned shift, uint64_t max)
{
	return min_u64(value >> shift & 0xf, max) << shift;
}

void idregs_boot(const struct board *b)
{
	uint64_t pfr0 = READ_SYSREG(id_aa64pfr0_el1);
	uint64_t mmfr0 = READ_SYSREG(id_aa64mmfr0_el1);
	uint64_t mmfr1 = READ_SYSREG(id_aa64mmfr1_el1);
	const struct id_row rows[] = {
		/* PFR0: EL0, EL1 in AArch64; FP, AdvSIMD, DIT, CSV3; CSV2 without SCXTNUM_ELx,
		 * which trap (HCR_EL2.EnSCXT) */
		{ 4, 0, pfr0, FIELD(16) | FIELD(20) | FIELD(48) | FIELD(60),
		  0x11 | (b->gic == GIC_V3 ? 1ull << 24 : 0) | capped(pfr0, 56, 1) },
		/* PFR1: BT, SSBS */
		{ 4, 1, READ_SYSREG(id_aa64pfr1_el1), FIELD(0) | FIELD(4), 0 },
		/* DFR0: the smallest debug architecture there is */
		{ 5, 0, 0, 0, 6 },
		/* ISAR0: all but TME; RNDR can't be made to trap at EL2 */
		{ 6, 0, READ_SYSREG(id_aa64isar0_el1), ~FIELD(24), 0 },
		/* ISAR1: DPB, JSCVT, FCMA, LRCPC, FRINTTS, SB, SPECRES, BF16, DGH, I8MM */
		{ 6, 1, READ_SYSREG(id_aa64isar1_el1),
		  FIELD(0) | FIELD(12) | FIELD(16) | FIELD(20) | FIELD(32) | FIELD(36) |
		  FIELD(40) | FIELD(44) | FIELD(48) | FIELD(52), 0 },
		/* ISAR2: CLRBHB */
		{ 6, 2, READ_SYSREG(S3_0_C0_C6_2), FIELD(28), 0 },
		/* MMFR0: ASIDBits, BigEnd, TGran16, 64, 4; PARange of 40 bits at most, since
		 * guest-physical addresses have 39 */
		{ 7, 0, mmfr0, FIELD(4) | FIELD(8) | FIELD(16) | FIELD(20) | FIELD(24) | FIELD(28),
		  capped(mmfr0, 0, 2) },
		/* MMFR1: HPDS, PAN, ETS; HAFDBS without what TCR2_EL1 controls */
		{ 7, 1, mmfr1, FIELD(12) | FIELD(20) | FIELD(36), capped(mmfr1, 0, 2) },
		/* MMFR2: CnP, UAO, LSM, VARange, CCIDX, AT, TTL, BBM, E0PD */
		{ 7, 2, READ_SYSREG(S3_0_C0_C7_2),
		  FIELD(0) | FIELD(4) | FIELD(8) | FIELD(16) | FIELD(20) | FIELD(32) |
		  FIELD(48) | FIELD(52) | FIELD(60), 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		id_registers[rows[i].crm][rows[i].op2] =
			(rows[i].value & rows[i].keep) | rows[i].set;
	}
}
