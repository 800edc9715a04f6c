/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller from outside: interrupts raised by EL2, by
 * devices and by timers, and the lives of vCPUs and guests. The guest's lock is
 * taken here; its callers may hold LOCK_LIFE.
 */
#include "gic.h"

#define SGI1R_ELSEWHERE	0x00fff0ff00ff0000ull	/* Aff3, RS, Aff2, Aff1 */
#define SGI1R_IRM	(1ull << 40)

void vgic_fire(struct vcpu *owner, unsigned intid)
{
	lock_scope(&owner->guest->arch.vgic.lock);
	vgic_set(owner, intid, VIRQ_PENDING);
}

void arch_event_raise(struct guest *g, unsigned intid) { vgic_fire(g->vcpu, intid); }

void arch_level_set(struct vcpu *v, unsigned intid, bool high)
{
	struct virq *q = vgic_irq(v, intid);

	lock_scope(&v->guest->arch.vgic.lock);
	if (high != !!(q->flags & VIRQ_LEVEL)) {
		q->flags ^= VIRQ_LEVEL;
		vgic_set(v, intid, high && q->flags & VIRQ_EDGE ? VIRQ_PENDING : 0);
	}
}

/* ICC_SGI1R_EL1 (IHI 0069H, 12.2.20): vCPU i is affinity 0.0.0.i */
struct vcpu *vgic_write_sgi1r(struct vcpu *v, uint64_t value)
{
	uint32_t to = value & SGI1R_IRM ? ~(1u << v->index) : value & SGI1R_ELSEWHERE ? 0 :
		      (uint32_t)value;

	vgic_send_sgi(v, to & 0xffff, value >> 24 & 15);
	return v;
}

bool arch_vcpu_has_interrupt(const struct vcpu *v)
{
	const struct vgic_vcpu *x = &v->arch.vgic;
	bool is_here = pcpus[v->cpu].current == v;
	bool has = (load_acquire(&x->work) | load_acquire(&x->bells)) != 0;

	for (uint32_t m = is_here ? x->lr_used : x->lr_live; !has && m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);

		has = (is_here ? gic_read_lr(i) : x->lr[i]) & LR_PENDING;
	}
	return has;
}

/* What was pending stays so, for others too; what it had active is over. */
void vgic_vcpu_stop(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	timer_stop(v);
	lock_acquire(&v->guest->arch.vgic.lock);
	vgic_fold(v);
	vgic_end_spilled(v, 0, SKERRY_INTID_COUNT);
	x->irq[SKERRY_INTID_VTIMER].flags &= (uint8_t)~VIRQ_PENDING;
	vgic_arm_bells(v->guest, v);
	vgic_take_bells(v);
	vgic_notify(v->guest, x->all);
	lock_release(&v->guest->arch.vgic.lock);
	gic_put_timer(false, 0);
	(void)gic_take_timer();
	memset(x->lr, 0, sizeof(x->lr));
	memset(x->ap, 0, sizeof(x->ap));
	x->timer_lr = x->vmcr = x->hcr = x->lr_live = x->quick_sgis = x->timer = 0;
	gic_reset();
	x->bell = BELL_NONE;
}

/* The guest's SPIs off and idle, physical ones too; configured as at first. */
void vgic_guest_stop(struct guest *g)
{
	lock_scope(&g->arch.vgic.lock);
	for (unsigned intid = 32; intid < SKERRY_INTID_COUNT; intid++) {
		struct virq *q = vgic_irq(g->vcpu, intid);
		bool is_hw = (gic.owner[intid] & ~GIC_EDGE) == g->index + 1;
		bool is_edge = is_hw ? gic.owner[intid] & GIC_EDGE :
			       intid - SKERRY_INTID_EVENT <= SKERRY_PORT_MAX;	/* links' too */

		*q = (struct virq){ .flags = (is_edge ? VIRQ_EDGE : 0) | (is_hw ? VIRQ_HW : 0),
				    .target = gic.version == 2 };
		if (is_hw) {
			gic_write_bit(0, GICD_ICENABLER, intid);
			gic_set_edge(intid, is_edge);
			gic_write_bit(0, GICD_ICPENDR, intid);
			gic_write_bit(0, GICD_ICACTIVER, intid);
			gic_route(intid, g->vcpu[0].cpu);
		}
	}
	memset(g->arch.vgic.busy, 0, sizeof(g->arch.vgic.busy));
	vgic_arm_bells(g, NULL);
}

/* Of what is on its way at this moment either may see one interrupt too many. */
void arch_uart_pass(struct guest *g, bool is_given)
{
	struct virq *q;

	if (gic.uart == 0 || gic.uart >= SKERRY_INTID_EVENT) {
		return;
	}
	q = vgic_irq(g->vcpu, gic.uart);
	lock_scope(&g->arch.vgic.lock);
	gic_write_bit(0, GICD_ICENABLER, gic.uart);
	gic_write_bit(0, GICD_ICPENDR, gic.uart);
	gic_write_bit(0, GICD_ICACTIVER, gic.uart);
	store_relaxed(&gic.owner[gic.uart], is_given ? g->index + 1 : 0);
	q->flags = (uint8_t)(is_given ? q->flags | VIRQ_HW : q->flags & ~(VIRQ_HW | VIRQ_PENDING));
	gic_route(gic.uart, is_given ? g->vcpu[0].cpu : 0);
	if (!is_given || q->flags & VIRQ_ENABLED) {
		gic_write_bit(0, GICD_ISENABLER, gic.uart);
	}
}

void arch_guest_reset(struct guest *g)
{
	vgic_guest_stop(g);
	g->arch.vgic.ctlr = 0;
	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		struct vgic_vcpu *x = &g->vcpu[i].arch.vgic;

		memset(x->irq, 0, sizeof(x->irq));
		x->irq[SKERRY_INTID_VTIMER].flags = VIRQ_HW;
		x->enabled_sgis = gic.version == 2 ? 0xffff : 0;	/* always there */
		for (unsigned sgi = 0; sgi < 16; sgi++) {
			x->irq[sgi].flags = VIRQ_EDGE | (gic.version == 2 ? VIRQ_ENABLED : 0);
		}
		memset(x->sgi, 0, sizeof(x->sgi));
		x->bells = 0;
		x->work = VGIC_WORK_SYNC;
		x->bell = BELL_NONE;
	}
}
