/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers: one table {encoding, read, write}; the ID registers
 * by their own array, filled at boot. What is in neither is UNDEFINED in the
 * guest. On the vCPU's own core.
 */
#include <core/stats.h>
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

struct sysreg_row {
	uint32_t key;
	uint64_t (*read)(struct vcpu *v);		/* NULL: UNDEFINED */
	void (*write)(struct vcpu *v, uint64_t value);
};

static uint64_t read_zero(struct vcpu *v)
{
	(void)v;
	return 0;
}

static void write_nothing(struct vcpu *v, uint64_t value)
{
	(void)v;
	(void)value;
}

static uint64_t read_oslsr(struct vcpu *v)
{
	(void)v;
	return 1 << 3;		/* an OS lock is there, and is not set */
}

static uint64_t read_sre(struct vcpu *v)
{
	(void)v;
	return 7;		/* system registers only, no bypass */
}

static uint64_t read_cntp_tval(struct vcpu *v)
{
	return ptimer_read(v, PTIMER_TVAL);
}

static uint64_t read_cntp_ctl(struct vcpu *v)
{
	return ptimer_read(v, PTIMER_CTL);
}

static uint64_t read_cntp_cval(struct vcpu *v)
{
	return ptimer_read(v, PTIMER_CVAL);
}

static void write_cntp_tval(struct vcpu *v, uint64_t value)
{
	ptimer_write(v, PTIMER_TVAL, value);
}

static void write_cntp_ctl(struct vcpu *v, uint64_t value)
{
	ptimer_write(v, PTIMER_CTL, value);
}

static void write_cntp_cval(struct vcpu *v, uint64_t value)
{
	ptimer_write(v, PTIMER_CVAL, value);
}

static const struct sysreg_row rows[] = {
	{ KEY(3, 0, 12, 11, 5), NULL, vgic_write_sgi1r },		/* ICC_SGI1R_EL1 */
	{ KEY(3, 0, 12, 11, 1), NULL, vgic_write_dir },			/* ICC_DIR_EL1 */
	{ KEY(3, 3, 14, 2, 0), read_cntp_tval, write_cntp_tval },	/* CNTP_TVAL_EL0 */
	{ KEY(3, 3, 14, 2, 1), read_cntp_ctl, write_cntp_ctl },		/* CNTP_CTL_EL0 */
	{ KEY(3, 3, 14, 2, 2), read_cntp_cval, write_cntp_cval },	/* CNTP_CVAL_EL0 */
	{ KEY(3, 0, 12, 11, 6), NULL, write_nothing },			/* ICC_ASGI1R_EL1 */
	{ KEY(3, 0, 12, 11, 7), NULL, write_nothing },			/* ICC_SGI0R_EL1 */
	{ KEY(3, 0, 12, 12, 5), read_sre, write_nothing },		/* ICC_SRE_EL1 */
	{ KEY(3, 0, 1, 0, 1), read_zero, write_nothing },		/* ACTLR_EL1 */
	{ KEY(2, 0, 0, 2, 2), read_zero, write_nothing },		/* MDSCR_EL1 */
	{ KEY(2, 0, 1, 0, 4), NULL, write_nothing },			/* OSLAR_EL1 */
	{ KEY(2, 0, 1, 1, 4), read_oslsr, NULL },			/* OSLSR_EL1 */
	{ KEY(2, 0, 1, 3, 4), read_zero, write_nothing },		/* OSDLR_EL1 */
	{ KEY(2, 0, 1, 4, 4), read_zero, write_nothing },		/* DBGPRCR_EL1 */
	{ KEY(2, 0, 0, 2, 0), read_zero, write_nothing },		/* MDCCINT_EL1 */
	{ KEY(2, 3, 0, 1, 0), read_zero, NULL },			/* MDCCSR_EL0 */
	{ KEY(2, 0, 0, 0, 2), read_zero, write_nothing },		/* OSDTRRX_EL1 */
	{ KEY(2, 0, 0, 3, 2), read_zero, write_nothing },		/* OSDTRTX_EL1 */
	{ KEY(2, 0, 0, 6, 2), read_zero, write_nothing },		/* OSECCR_EL1 */
	{ KEY(2, 0, 1, 0, 0), read_zero, NULL },			/* MDRAR_EL1 */
	{ KEY(2, 0, 7, 8, 6), read_zero, write_nothing },		/* DBGCLAIMSET_EL1 */
	{ KEY(2, 0, 7, 9, 6), read_zero, write_nothing },		/* DBGCLAIMCLR_EL1 */
	{ KEY(2, 0, 7, 14, 6), read_zero, NULL },			/* DBGAUTHSTATUS_EL1 */
};

/* DBGBVR, DBGBCR, DBGWVR, DBGWCR<n>_EL1: there, and without effect */
static const struct sysreg_row breakpoint_row = { 0, read_zero, write_nothing };

static const struct sysreg_row *find(uint32_t key)
{
	unsigned i;

	if ((key & KEY(3, 7, 15, 0, 4)) == KEY(2, 0, 0, 0, 4)) {
		return &breakpoint_row;
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key == key) {
			return &rows[i];
		}
	}
	return NULL;
}

/* ID registers: op0 3, op1 0, CRn 0, CRm 1..7; those of AArch32 read as 0. */
static bool is_id(uint32_t key)
{
	unsigned crm = key >> 1 & 0xf;

	return (key & KEY(3, 7, 15, 0, 0)) == KEY(3, 0, 0, 0, 0) && crm >= 1 && crm <= 7;
}

static uint64_t read_id(uint32_t key)
{
	unsigned crm = key >> 1 & 0xf;

	return crm < 4 ? 0 : id_registers[crm - 4][key >> 17 & 7];
}

void sysreg_handle(struct vcpu *v, uint64_t esr)
{
	uint32_t iss = ESR_ISS(esr);
	uint32_t key = iss & KEY_MASK;
	const struct sysreg_row *row;

	stats_exit(v, EXIT_SYSREG, esr);
	if (is_id(key) && (iss & ISS_READ)) {
		vcpu_set(v, ISS_RT(iss), read_id(key));
		vcpu_skip(v, esr);
		return;
	}
	row = find(key);
	if (row != NULL && (iss & ISS_READ) && row->read != NULL) {
		vcpu_set(v, ISS_RT(iss), row->read(v));
		vcpu_skip(v, esr);
	} else if (row != NULL && !(iss & ISS_READ) && row->write != NULL) {
		row->write(v, vcpu_get(v, ISS_RT(iss)));
		vcpu_skip(v, esr);
	} else {
		inject_undefined(v);
	}
}

/* Everything of EL1 that a guest can see and that is not trapped. */
void sysreg_reset(const struct vcpu *v)
{
	(void)v;
	WRITE_SYSREG(0x30d00800, sctlr_el1);	/* RES1 bits; MMU and caches off */
	WRITE_SYSREG(0, ttbr0_el1);
	WRITE_SYSREG(0, ttbr1_el1);
	WRITE_SYSREG(0, tcr_el1);
	WRITE_SYSREG(0, mair_el1);
	WRITE_SYSREG(0, amair_el1);
	WRITE_SYSREG(0, vbar_el1);
	WRITE_SYSREG(0, contextidr_el1);
	WRITE_SYSREG(0, cpacr_el1);
	WRITE_SYSREG(0, csselr_el1);
	WRITE_SYSREG(0, elr_el1);
	WRITE_SYSREG(0, spsr_el1);
	WRITE_SYSREG(0, esr_el1);
	WRITE_SYSREG(0, far_el1);
	WRITE_SYSREG(0, afsr0_el1);
	WRITE_SYSREG(0, afsr1_el1);
	WRITE_SYSREG(0, par_el1);
	WRITE_SYSREG(0, sp_el0);
	WRITE_SYSREG(0, sp_el1);
	WRITE_SYSREG(0, tpidr_el0);
	WRITE_SYSREG(0, tpidrro_el0);
	WRITE_SYSREG(0, tpidr_el1);
	WRITE_SYSREG(0, cntkctl_el1);
	WRITE_SYSREG(0, cntv_ctl_el0);
	WRITE_SYSREG(0, cntv_cval_el0);
	isb();
}
