/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated EL1 physical timer: its line is a level PPI of the virtual
 * interrupt controller, its deadline the core's hypervisor timer (CNTHP), which core's
 * own deadline (pcpu.until) shares. On the vCPU's own core; no lock.
 * Source: Arm DDI 0487, D12.2 (CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0).
 */
#include "gic.h"

static bool is_live(uint64_t ctl) { return (ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE; }

static bool is_due(const struct vcpu *v)
{
	return v->arch.ptimer_ctl & CTL_ENABLE && arch_time_now() >= v->arch.ptimer_cval;
}

static void arm(uint64_t at)
{
	WRITE_SYSREG(at, cnthp_cval_el2);
	WRITE_SYSREG(at != UINT64_MAX ? CTL_ENABLE : 0, cnthp_ctl_el2);
	isb();
}

/* Line and deadline from the registers. */
void timer_update(struct vcpu *v)
{
	bool has_line = is_live(v->arch.ptimer_ctl), is_high = has_line && is_due(v);

	arm(has_line && !is_high ? min_u64(pcpu()->until, v->arch.ptimer_cval) : pcpu()->until);
	arch_level_set(v, SKERRY_INTID_PTIMER, is_high);
}

void arch_cpu_deadline(uint64_t until)
{
	struct pcpu *p = pcpu();

	p->until = until;
	if (p->current != NULL && is_live(p->current->arch.ptimer_ctl)) {
		timer_update(p->current);
	} else {
		arm(until);
	}
}

uint64_t timer_deadline(const struct vcpu *v)
{
	const struct vgic_vcpu *x = &v->arch.vgic;
	uint64_t at = UINT64_MAX;

	if (x->irq[SKERRY_INTID_VTIMER].flags & VIRQ_ENABLED && !(x->timer & PPI_ACTIVE)) {
		at = x->timer & PPI_PENDING ? 0 : is_live(v->arch.context.cntv_ctl) ?
		     v->arch.context.cntv_cval_el0 : UINT64_MAX;
	}
	if (is_live(v->arch.ptimer_ctl) &&
	    (x->irq[SKERRY_INTID_PTIMER].flags & (VIRQ_ENABLED | VIRQ_LEVEL)) == VIRQ_ENABLED) {
		at = min_u64(at, v->arch.ptimer_cval);
	}
	return at;
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
