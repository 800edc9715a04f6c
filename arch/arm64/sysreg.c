/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers: one table {encoding, read, write}; the ID registers
 * by their own array, filled at boot. What is in neither is UNDEFINED in the
 * guest. On the vCPU's own core.
 */
#include <core/crash.h>
#include <sysreg.h>
#include <vgic.h>

#include "idregs.h"
#include "timer.h"
#include "trap.h"

/* A register as the syndrome of a trapped MRS or MSR names it (DDI 0487, D19.2.37) */
#define KEY(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define KEY_MASK	KEY(3, 7, 15, 15, 7)
#define ISS_RT(iss)	((iss) >> 5 & 31)
#define ISS_READ	1

uint64_t id_registers[4][8];

/* What an access does; anything else is UNDEFINED in the guest. */
enum kind {
	UNDEFINED,
	FIXED,		/* reads as `value`, writes are ignored */
	READ_ONLY,	/* reads as `value` */
	WRITE_IGNORED,	/* write-only */
	SGI1R,		/* write-only */
	PTIMER,		/* `value`: which of its registers */
};

struct sysreg_row {
	uint32_t key;
	uint8_t kind, value;
};

static const struct sysreg_row rows[] = {
	{ KEY(3, 0, 12, 11, 5), SGI1R, 0 },			/* ICC_SGI1R_EL1 */
	{ KEY(3, 3, 14, 2, 0), PTIMER, PTIMER_TVAL },		/* CNTP_TVAL_EL0 */
	{ KEY(3, 3, 14, 2, 1), PTIMER, PTIMER_CTL },		/* CNTP_CTL_EL0 */
	{ KEY(3, 3, 14, 2, 2), PTIMER, PTIMER_CVAL },		/* CNTP_CVAL_EL0 */
	{ KEY(3, 0, 12, 11, 6), WRITE_IGNORED, 0 },		/* ICC_ASGI1R_EL1 */
	{ KEY(3, 0, 12, 11, 7), WRITE_IGNORED, 0 },		/* ICC_SGI0R_EL1 */
	{ KEY(3, 0, 12, 12, 5), FIXED, 7 },			/* ICC_SRE_EL1: no bypass */
	{ KEY(3, 0, 1, 0, 1), FIXED, 0 },			/* ACTLR_EL1 */
	{ KEY(2, 0, 0, 2, 2), FIXED, 0 },			/* MDSCR_EL1 */
	{ KEY(2, 0, 1, 0, 4), WRITE_IGNORED, 0 },		/* OSLAR_EL1 */
	{ KEY(2, 0, 1, 1, 4), READ_ONLY, 1 << 3 },		/* OSLSR_EL1: there, not set */
	{ KEY(2, 0, 1, 3, 4), FIXED, 0 },			/* OSDLR_EL1 */
	{ KEY(2, 0, 1, 4, 4), FIXED, 0 },			/* DBGPRCR_EL1 */
	{ KEY(2, 0, 0, 2, 0), FIXED, 0 },			/* MDCCINT_EL1 */
	{ KEY(2, 3, 0, 1, 0), READ_ONLY, 0 },			/* MDCCSR_EL0 */
	{ KEY(2, 0, 0, 0, 2), FIXED, 0 },			/* OSDTRRX_EL1 */
	{ KEY(2, 0, 0, 3, 2), FIXED, 0 },			/* OSDTRTX_EL1 */
	{ KEY(2, 0, 0, 6, 2), FIXED, 0 },			/* OSECCR_EL1 */
	{ KEY(2, 0, 1, 0, 0), READ_ONLY, 0 },			/* MDRAR_EL1 */
	{ KEY(2, 0, 7, 8, 6), FIXED, 0 },			/* DBGCLAIMSET_EL1 */
	{ KEY(2, 0, 7, 9, 6), FIXED, 0 },			/* DBGCLAIMCLR_EL1 */
	{ KEY(2, 0, 7, 14, 6), READ_ONLY, 0 },			/* DBGAUTHSTATUS_EL1 */
};

static struct sysreg_row find(uint32_t key)
{
	unsigned i;

	if ((key & KEY(3, 7, 15, 0, 4)) == KEY(2, 0, 0, 0, 4)) {
		return (struct sysreg_row){ key, FIXED, 0 };	/* DBG{B,W}{V,C}R<n>_EL1 */
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key == key) {
			return rows[i];
		}
	}
	return (struct sysreg_row){ key, UNDEFINED, 0 };
}

/* False: UNDEFINED. */
static bool sysreg_read(struct vcpu *v, struct sysreg_row row, uint64_t *value)
{
	*value = row.kind == PTIMER ? ptimer_read(v, row.value) : row.value;
	return row.kind == FIXED || row.kind == READ_ONLY || row.kind == PTIMER;
}

static bool sysreg_write(struct vcpu *v, struct sysreg_row row, uint64_t value)
{
	switch (row.kind) {
	case SGI1R:
		vgic_write_sgi1r(v, value);
		return true;
	case PTIMER:
		ptimer_write(v, row.value, value);
		return true;
	default:
		return row.kind == FIXED || row.kind == WRITE_IGNORED;
	}
}

/* ID registers: op0 3, op1 0, CRn 0, CRm 1..7; those of AArch32 read as 0. */
static bool is_id(uint32_t key)
{
	unsigned crm = key >> 1 & 0xf;

	return (key & KEY(3, 7, 15, 0, 0)) == KEY(3, 0, 0, 0, 0) && crm >= 1 && crm <= 7;
}

static bool read_id(uint32_t key, uint64_t *value)
{
	unsigned crm = key >> 1 & 0xf;

	*value = crm < 4 ? 0 : id_registers[crm - 4][key >> 17 & 7];
	return true;
}

void sysreg_handle(struct vcpu *v, uint64_t esr)
{
	uint32_t iss = ESR_ISS(esr), key = iss & KEY_MASK;
	uint64_t value = 0;
	bool is_done;

	stats_exit(v, EXIT_SYSREG, esr);
	if (!(iss & ISS_READ)) {
		is_done = sysreg_write(v, find(key), vcpu_get(v, ISS_RT(iss)));
	} else {
		is_done = is_id(key) ? read_id(key, &value) : sysreg_read(v, find(key), &value);
		if (is_done) {
			vcpu_set(v, ISS_RT(iss), value);
		}
	}
	if (is_done) {
		vcpu_skip(v, esr);
	} else {
		inject_undefined(v);
	}
}

/* Everything of EL1 that a guest can see and that is not trapped. */
void sysreg_reset(void)
{
	WRITE_SYSREG(0x30d00800, sctlr_el1);	/* RES1 bits; MMU and caches off */
	__asm__ volatile(
		".irp	name, ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1, vbar_el1, "
		"contextidr_el1, cpacr_el1, csselr_el1, elr_el1, spsr_el1, esr_el1, far_el1, "
		"afsr0_el1, afsr1_el1, par_el1, sp_el0, sp_el1, tpidr_el0, tpidrro_el0, "
		"tpidr_el1, cntkctl_el1, cntv_ctl_el0, cntv_cval_el0\n"
		"	msr	\\name, xzr\n"
		".endr\n");
	if ((READ_SYSREG(id_aa64pfr0_el1) >> 28 & 0xf) != 0) {
		WRITE_SYSREG(0, S3_4_C12_C1_1);	/* VDISR_EL2, a guest's DISR_EL1 */
	}
	isb();
}
