/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated EL1 physical timer: its line is a level PPI of the virtual
 * interrupt controller, its deadline the core's hypervisor timer (CNTHP), which
 * is armed only while the guest waits for one. On the vCPU's own core; no lock.
 * Source: Arm DDI 0487, D12.2 (CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0).
 */
#include <hv/arch.h>
#include <sysreg.h>

#include "gic.h"

#define CTL_ENABLE	1u
#define CTL_IMASK	2u
#define CTL_ISTATUS	4u

static bool is_due(const struct vcpu *v)
{
	return v->arch.ptimer_ctl & CTL_ENABLE && arch_time_now() >= v->arch.ptimer_cval;
}

/* Line and deadline from the registers. */
void timer_update(struct vcpu *v)
{
	bool is_live = (v->arch.ptimer_ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
	bool is_high = is_live && is_due(v);

	WRITE_SYSREG(v->arch.ptimer_cval, cnthp_cval_el2);
	WRITE_SYSREG(is_live && !is_high ? CTL_ENABLE : 0, cnthp_ctl_el2);
	isb();
	arch_level_set(v, SKERRY_INTID_PTIMER, is_high);
}

void timer_stop(struct vcpu *v)
{
	WRITE_SYSREG(0, cntv_ctl_el0);
	v->arch.ptimer_cval = 0;
	ptimer_write(v, PTIMER_CTL, 0);
}

uint64_t ptimer_read(const struct vcpu *v, enum ptimer_reg r)
{
	if (r == PTIMER_CTL) {
		return v->arch.ptimer_ctl | (is_due(v) ? CTL_ISTATUS : 0);
	}
	return r == PTIMER_CVAL ? v->arch.ptimer_cval :
	       (uint32_t)(v->arch.ptimer_cval - arch_time_now());
}

void ptimer_write(struct vcpu *v, enum ptimer_reg r, uint64_t value)
{
	if (r == PTIMER_CTL) {
		v->arch.ptimer_ctl = value & (CTL_ENABLE | CTL_IMASK);
	} else {
		v->arch.ptimer_cval = r == PTIMER_CVAL ? value :
				      arch_time_now() + (uint64_t)(int64_t)(int32_t)value;
	}
	timer_update(v);
}
