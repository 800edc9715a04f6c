/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 behind struct gic_ops: CPU interface and hypervisor interface by system
 * register. Each core's own; no lock.
 * Source: Arm IHI 0069H, chapter 12.
 */
#include <sysreg.h>

#include "gic.h"

#define VMCR_FIQ_EN	(1u << 3)	/* RES1 with system registers */
#define SRE_SRE		0x7		/* SRE, and no bypass */

/* One case a register: their numbers are part of the instruction. */
#define EACH_LR(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

static uint64_t read_lr(unsigned i)
{
	switch (i) {
#define READ_CASE(n) case n: return READ_SYSREG(ich_lr##n##_el2);
	EACH_LR(READ_CASE)
	default: return 0;
	}
}

static void write_lr(unsigned i, uint64_t lr)
{
	switch (i) {
#define WRITE_CASE(n) case n: WRITE_SYSREG(lr, ich_lr##n##_el2); break;
	EACH_LR(WRITE_CASE)
	default: break;
	}
}

static uint64_t native_lr(uint64_t lr)
{
	return lr;
}

static uint32_t read_hcr(void)
{
	return (uint32_t)READ_SYSREG(ich_hcr_el2);
}

static void write_hcr(uint32_t hcr)
{
	WRITE_SYSREG(hcr, ich_hcr_el2);
}

/* Active priorities: 1, 2 or 4 registers a group for 5, 6 or 7 bits of preemption. */
static void reset(void)
{
	uint64_t bits = (READ_SYSREG(ich_vtr_el2) >> 26 & 7) + 1;

#define CLEAR_PRIORITIES(n) WRITE_SYSREG(0, ich_ap0r##n##_el2); WRITE_SYSREG(0, ich_ap1r##n##_el2)
	CLEAR_PRIORITIES(0);
	if (bits >= 6) {
		CLEAR_PRIORITIES(1);
	}
	if (bits >= 7) {
		CLEAR_PRIORITIES(2);
		CLEAR_PRIORITIES(3);
	}
	WRITE_SYSREG(VMCR_FIQ_EN, ich_vmcr_el2);
	WRITE_SYSREG(SRE_SRE, icc_sre_el1);
	isb();
}

static uint32_t acknowledge(void)
{
	uint32_t iar = (uint32_t)READ_SYSREG(icc_iar1_el1);

	dsb(sy);	/* IHI 0069H, 4.1.1: the acknowledge's effects before what follows */
	return iar;
}

static void drop(uint32_t iar)
{
	WRITE_SYSREG(iar, icc_eoir1_el1);
	isb();
}

static void deactivate(uint32_t iar)
{
	WRITE_SYSREG(iar, icc_dir_el1);
	isb();
}

/* gic.cpu[] is laid out as ICC_SGI1R_EL1 wants it, see gic_boot.c */
static void kick(unsigned cpu)
{
	dsb(ishst);
	WRITE_SYSREG(gic.cpu[cpu], icc_sgi1r_el1);
	isb();
}

const struct gic_ops gicv3_ops = {
	read_lr, write_lr, native_lr, read_hcr, write_hcr, reset,
	acknowledge, drop, deactivate, kick,
};
