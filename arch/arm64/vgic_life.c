/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller from outside: interrupts raised by EL2, by
 * devices and by timers, trapped system registers, and the lives of vCPUs and
 * guests. The guest's lock is taken here; its callers may hold LOCK_LIFE.
 */
#include <hv/arch.h>
#include <lib/string.h>

#include "gic.h"

#define TIMER_BIT	(1u << SKERRY_INTID_VTIMER)
#define SGI1R_ELSEWHERE	0x00fff0ff00ff0000ull	/* Aff3, RS, Aff2, Aff1 */
#define SGI1R_IRM	(1ull << 40)

void vgic_raise(struct guest *g, unsigned intid)
{
	struct vgic_guest *x = vgic_lock(g);

	vgic_bank(g->vcpu, intid / 32)->pending |= 1u << intid % 32;
	vgic_touch(g->vcpu, intid / 32, 1u << intid % 32);
	vgic_unlock(x);
}

void vgic_set_level(struct guest *g, unsigned intid, bool high)
{
	struct vgic_guest *x = vgic_lock(g);
	struct vgic_bank *b = vgic_bank(g->vcpu, intid / 32);
	uint32_t bit = 1u << intid % 32;

	if (high != !!(b->level & bit)) {
		b->level ^= bit;
		b->pending |= high ? b->edge & bit : 0;
		vgic_touch(g->vcpu, intid / 32, bit);
	}
	vgic_unlock(x);
}

void vgic_set_ppi(struct vcpu *v, unsigned intid, bool high)
{
	struct vgic_bank *b = &v->arch.vgic.bank;

	if (high != (b->level >> intid & 1)) {
		b->level ^= 1u << intid;
		vgic_notify(v->guest, 1u << v->index);
	}
}

/* The virtual timer's interrupt came, and was not the fast path's. */
void vgic_timer_fired(struct vcpu *v)
{
	struct vgic_guest *x = vgic_lock(v->guest);

	v->arch.vgic.bank.pending |= TIMER_BIT;
	vgic_notify(v->guest, 1u << v->index);
	vgic_unlock(x);
}

/* ICC_SGI1R_EL1 (IHI 0069H, 12.2.20): vCPU i is affinity 0.0.0.i */
void vgic_write_sgi1r(struct vcpu *v, uint64_t value)
{
	unsigned sgi = value >> 24 & 15;

	if (value & SGI1R_IRM) {
		vgic_send_sgi(v, ~(1u << v->index), sgi);
	} else if ((value & SGI1R_ELSEWHERE) == 0) {
		vgic_send_sgi(v, value & 0xffff, sgi);
	}
}

/* Trapped only while active interrupts are in no list register. */
void vgic_write_dir(struct vcpu *v, uint64_t value)
{
	unsigned intid = value & 0xffffff;

	if (intid < SKERRY_INTID_COUNT && gic.ops->is_split_eoi()) {
		struct vgic_guest *x = vgic_lock(v->guest);

		vgic_change(v, v, intid / 32, VGIC_CLEAR_ACTIVE, 1u << intid % 32);
		vgic_unlock(x);
	}
}

bool vgic_has_interrupt(const struct vcpu *v)
{
	bool has = __atomic_load_n(&v->arch.vgic.work, __ATOMIC_ACQUIRE) != 0;

	for (unsigned i = 0; !has && i < gic.lr_count; i++) {
		has = gic.ops->read_lr(i) & LR_PENDING;
	}
	return has;
}

/* The interfaces of this core as if nobody had ever run here. */
static void clear_interface(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	timer_stop(v);
	gic.ops->write_hcr(0);
	for (unsigned i = 0; i < gic.lr_count; i++) {
		gic.ops->write_lr(i, 0);
		x->lr[i] = 0;
	}
	gic.ops->reset();
	gic_write_bit(v->cpu, GICD_ICENABLER, gic.vtimer);
	gic_write_bit(v->cpu, GICD_ICACTIVER, gic.vtimer);
	gic_write_bit(v->cpu, GICD_ICPENDR, gic.vtimer);	/* ISACTIVER may have set it: vgic.c */
	x->lr_used = 0;
	x->hcr = 0;
	x->timer_lr = 0;
	x->quick_sgis = 0;
	x->is_active_spilled = false;
}

/* The interfaces are as boot or the vCPU's last stop left them: clear. */
void vgic_vcpu_reset(struct vcpu *v)
{
	if (v->arch.vgic.bank.enabled & TIMER_BIT) {
		gic_write_bit(v->cpu, GICD_ISENABLER, gic.vtimer);
	}
	vgic_notify(v->guest, 1u << v->index);
}

/* What was pending stays so, for others too; what it had active is over. */
void vgic_vcpu_stop(struct vcpu *v)
{
	struct vgic_guest *x = vgic_lock(v->guest);
	unsigned n = 0;

	vgic_fold(v);
	while (n < SKERRY_INTID_COUNT && vgic_end_spilled(v)) {
		n++;
	}
	v->arch.vgic.bank.pending &= ~TIMER_BIT;
	vgic_notify(v->guest, v->arch.vgic.all);
	vgic_unlock(x);
	clear_interface(v);
}

static void reset_bank(struct vgic_bank *b, uint32_t edge, uint32_t enabled)
{
	uint32_t hw = b->hw, hw_edge = b->hw_edge;

	memset(b, 0, sizeof(*b));
	b->hw = hw;
	b->hw_edge = hw_edge;
	b->edge = hw_edge | edge;
	b->enabled = enabled;
}

/* The physical side of the guest's SPIs: off and idle, configured as at first. */
static void reset_spis(struct guest *g)
{
	for (unsigned intid = 32; intid < SKERRY_INTID_COUNT; intid++) {
		if (gic.owner[intid] == g->index + 1) {
			gic_write_bit(0, GICD_ICENABLER, intid);
			gic_set_edge(intid, vgic_bank(g->vcpu, intid / 32)->hw_edge >> intid % 32 & 1);
			gic_write_bit(0, GICD_ICPENDR, intid);
			gic_write_bit(0, GICD_ICACTIVER, intid);
			gic_route(intid, g->vcpu[0].cpu);
		}
	}
}

void vgic_guest_reset(struct guest *g)
{
	struct vgic_guest *x = vgic_lock(g);

	reset_spis(g);
	x->ctlr = 0;
	memset(x->target, gic.version == 2 ? 1 : 0, sizeof(x->target));
	for (unsigned i = 0; i < VGIC_SPI_BANKS; i++) {
		reset_bank(&x->bank[i], i + 1 == SKERRY_INTID_EVENT / 32 ?
			   1u << SKERRY_INTID_EVENT % 32 : 0, 0);
	}
	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		struct vgic_vcpu *c = &g->vcpu[i].arch.vgic;

		reset_bank(&c->bank, 0xffff, gic.version == 2 ? 0xffff : 0);
		c->sgi[0] = 0;
		c->sgi[1] = 0;
	}
	vgic_unlock(x);
}

void vgic_guest_stop(struct guest *g)
{
	struct vgic_guest *x = vgic_lock(g);

	reset_spis(g);
	vgic_unlock(x);
}
