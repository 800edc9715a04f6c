/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers: one table {encoding, what is allowed, value}; the ID
 * registers by their own array, filled at boot. What is in neither is UNDEFINED in the
 * guest. On the vCPU's own core.
 */
#include "trap.h"

/* A register as the syndrome of a trapped MRS or MSR names it (DDI 0487, D19.2.37) */
#define KEY(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define KEY_MASK	KEY(3, 7, 15, 15, 7)

uint64_t id_registers[8][8];

/* What a guest may do; anything else is UNDEFINED in it. A read gives `value`, a
 * write is ignored; but for the emulated timer, `value` is which of its registers, and SGI1R. */
enum { READ = 1, WRITE = 2, PTIMER = 4, SGI1R = 8 };

struct sysreg_row {
	uint32_t key, access;
	uint64_t value;
};

static const struct sysreg_row rows[] = {
	{ KEY(3, 0, 12, 11, 5), WRITE | SGI1R, 0 },			/* ICC_SGI1R_EL1 */
	{ KEY(3, 3, 14, 2, 0), READ | WRITE | PTIMER, PTIMER_TVAL },		/* CNTP_TVAL_EL0 */
	{ KEY(3, 3, 14, 2, 1), READ | WRITE | PTIMER, PTIMER_CTL },		/* CNTP_CTL_EL0 */
	{ KEY(3, 3, 14, 2, 2), READ | WRITE | PTIMER, PTIMER_CVAL },		/* CNTP_CVAL_EL0 */
	{ KEY(3, 0, 12, 11, 6), WRITE, 0 },		/* ICC_ASGI1R_EL1 */
	{ KEY(3, 0, 12, 11, 7), WRITE, 0 },		/* ICC_SGI0R_EL1 */
	{ KEY(3, 0, 12, 12, 5), READ | WRITE, 7 },			/* ICC_SRE_EL1: no bypass */
	{ KEY(3, 0, 1, 0, 1), READ | WRITE, 0 },			/* ACTLR_EL1 */
	{ KEY(2, 0, 1, 1, 4), READ, 1 << 3 },		/* OSLSR_EL1: there, not set */
	{ KEY(2, 3, 0, 1, 0), READ, 0 },		/* MDCCSR_EL0 */
};

static struct sysreg_row find(uint32_t key)
{
	unsigned crm = key >> 1 & 0xf, op2 = key >> 17 & 7;

	if ((key & KEY(3, 7, 15, 0, 0)) == KEY(3, 0, 0, 0, 0) && crm >= 1 && crm <= 7) {
		return (struct sysreg_row){ key, READ, id_registers[crm][op2] };
	}
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key == key) {
			return rows[i];
		}
	}
	/* EL1's debug registers read as 0 and ignore writes. Those that the CPU does not
	 * have, or not for this access, are UNDEFINED without a trap. */
	return (struct sysreg_row){ key, (key & KEY(3, 7, 0, 0, 0)) == KEY(2, 0, 0, 0, 0) ?
				    READ | WRITE : 0, 0 };
}

void sysreg_handle(struct vcpu *v, uint64_t esr)
{
	struct sysreg_row row = find(ESR_ISS(esr) & KEY_MASK);
	unsigned rt = esr >> 5 & 31;
	bool is_read = esr & 1;

	stats_exit(v, EXIT_SYSREG, esr);
	if (!(row.access & (is_read ? READ : WRITE))) {
		inject_undefined(v);
		return;
	}
	if (is_read) {
		vcpu_set(v, rt, row.access & PTIMER ? ptimer_read(v, row.value) : row.value);
	} else if (row.access & PTIMER) {
		ptimer_write(v, row.value, vcpu_get(v, rt));
	} else if (row.access & SGI1R) {
		vgic_write_sgi1r(v, vcpu_get(v, rt));
	}
	vcpu_skip(v, esr);
}
