/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions that a guest takes to its own EL1, made by hand: what the CPU does
 * on exception entry (Arm DDI 0487, D1.3, AArch64.TakeException).
 */
#include "trap.h"

enum { SPSR_MODE = 0x1f, SPSR_EL1H = 0x05, SPSR_DAIF = 0xf << 6, SPSR_SSBS = 1 << 12,
       SPSR_PAN = 1 << 22, SCTLR_SPAN = 1 << 23 };
#define SPSR_IT		(0xfcull << 8 | 3ull << 25)	/* AArch32: If-Then state */
#define SPSR_KEEP	((0xfull << 28) | (1 << 24))	/* NZCV, DIT */
#define SCTLR_DSSBS	(1ull << 44)

/* EL0 only. The If-Then state moves on: AArch32.ITAdvance(). */
void vcpu_skip_aarch32(struct vcpu *v, uint64_t esr)
{
	uint64_t spsr = v->arch.spsr & ~(SPSR_SS | SPSR_IT);
	uint64_t it = (v->arch.spsr >> 8 & 0xfc) | (v->arch.spsr >> 25 & 3);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	v->arch.spsr = spsr | (it & 0xfc) << 8 | (it & 3) << 25;
	v->arch.elr += (esr & ESR_IL) ? 4 : 2;
}

/* AArch32 is EL0's alone. */
static bool is_from_el0(uint64_t spsr) { return (spsr & SPSR_AARCH32) || (spsr & SPSR_MODE) == 0; }

static void inject(struct vcpu *v, uint64_t esr)
{
	uint64_t spsr = v->arch.spsr, sctlr = READ_SYSREG(sctlr_el1);
	bool has_pan = READ_SYSREG(id_aa64mmfr1_el1) >> 20 & 0xf;
	bool asks_ssbs = sctlr & SCTLR_DSSBS;
	unsigned offset = spsr & SPSR_AARCH32 ? 0x600 : is_from_el0(spsr) ? 0x400 :
			  (spsr & SPSR_MODE) == SPSR_EL1H ? 0x200 : 0x000;

	WRITE_SYSREG(esr, esr_el1);
	WRITE_SYSREG(v->arch.elr, elr_el1);
	WRITE_SYSREG(spsr, spsr_el1);
	v->arch.elr = READ_SYSREG(vbar_el1) + offset;
	v->arch.spsr = (spsr & SPSR_KEEP) | SPSR_DAIF | SPSR_EL1H |
		       (has_pan && (!(sctlr & SCTLR_SPAN) || spsr & SPSR_PAN) ? SPSR_PAN : 0) |
		       (asks_ssbs && READ_SYSREG(id_aa64pfr1_el1) >> 4 & 0xf ? SPSR_SSBS : 0);
}

void inject_undefined(struct vcpu *v) { inject(v, ESR_IL); }

void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far)
{
	bool is_fetch = ESR_EC(esr) == EC_IABORT_LOW, is_el1 = !is_from_el0(v->arch.spsr);
	uint64_t ec = ESR_EC(esr) + is_el1;	/* from the same level: one more */
	/* synchronous external abort, or that on a walk of the guest's own tables */
	uint64_t iss = (esr & DABT_S1PTW ? 0x14 | (esr & 3) : 0x10) |
		       (is_fetch ? 0 : esr & (DABT_WNR | DABT_CM));

	/* Its vectors? Then the guest could not take the abort either. */
	if (is_fetch && is_el1 && far - READ_SYSREG(vbar_el1) < 0x800) {
		life_crash(v, "its exception vectors are not in its memory", esr, far, 0);
		return;
	}
	WRITE_SYSREG(far, far_el1);
	inject(v, ec << 26 | (esr & ESR_IL) | iss);
}
