/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller from outside: interrupts raised by EL2, by
 * devices and by timers, SGIs, and the lives of vCPUs and guests. The guest's
 * lock is taken here; nothing else is held but, by the callers, LOCK_LIFE.
 */
#include <core/guest.h>
#include <hv/arch.h>
#include <lib/string.h>

#include "gic.h"

#define SGI1R_ELSEWHERE	0x00fff0ff00ff0000ull	/* Aff3, RS, Aff2, Aff1 */
#define TIMER_BIT	(1u << SKERRY_INTID_VTIMER)

static void set_work(struct vcpu *v, uint32_t work)
{
	__atomic_fetch_or(&v->arch.vgic.work, work, __ATOMIC_RELEASE);
}

static struct lock *lock_of(struct guest *g)
{
	lock_acquire(&g->arch.vgic.lock);
	return &g->arch.vgic.lock;
}

void vgic_raise(struct guest *g, unsigned intid)
{
	struct lock *l = lock_of(g);

	vgic_bank(g->vcpu, intid / 32)->pending |= 1u << intid % 32;
	vgic_touch(g->vcpu, intid / 32, 1u << intid % 32);
	lock_release(l);
}

void vgic_spi_fired(struct guest *g, unsigned intid)
{
	vgic_raise(g, intid);
}

/* While a list register shows it active, a rise waits for the EOI. */
void vgic_set_level(struct guest *g, unsigned intid, bool high)
{
	struct lock *l = lock_of(g);
	struct vgic_bank *b = vgic_bank(g->vcpu, intid / 32);
	uint32_t bit = 1u << intid % 32;

	if (high != !!(b->level & bit)) {
		b->level ^= bit;
		if (high) {
			b->pending |= b->edge & bit;
		}
		vgic_touch(g->vcpu, intid / 32, bit);
	}
	lock_release(l);
}

void vgic_set_ppi(struct vcpu *v, unsigned intid, bool high)
{
	struct vgic_bank *b = &v->arch.vgic.bank;
	uint32_t bit = 1u << intid;

	if (high != !!(b->level & bit)) {
		b->level ^= bit;
		set_work(v, VGIC_WORK_SYNC);
	}
}

/* The virtual timer's interrupt came: physically active from here to the guest's
 * EOI, so list register 0 is free. */
void vgic_timer_fired(struct vcpu *v)
{
	struct lock *l = lock_of(v->guest);

	v->arch.vgic.bank.pending |= TIMER_BIT;
	set_work(v, VGIC_WORK_SYNC);
	lock_release(l);
}

void vgic_send_sgi(struct vcpu *v, uint32_t vcpus, unsigned sgi)
{
	vcpus &= (1u << v->guest->config->vcpu_count) - 1;
	for (; vcpus != 0; vcpus &= vcpus - 1) {
		struct vcpu *to = &v->guest->vcpu[__builtin_ctz(vcpus)];

		vgic_post_sgi(to, sgi, gic.version == 2 ? v->index : 0);
		set_work(to, VGIC_WORK_SYNC);
		if (to != v && vcpu_is_on(to)) {
			gic_kick(to->cpu);
		}
	}
}

/* ICC_SGI1R_EL1 (IHI 0069H, 12.2.20): vCPU i is affinity 0.0.0.i */
void vgic_write_sgi1r(struct vcpu *v, uint64_t value)
{
	uint32_t others = ~(1u << v->index);
	unsigned sgi = value >> 24 & 15;

	if (value >> 40 & 1) {	/* IRM */
		vgic_send_sgi(v, others, sgi);
	} else if ((value & SGI1R_ELSEWHERE) == 0) {
		vgic_send_sgi(v, value & 0xffff, sgi);
	}
}

/* Trapped only while active interrupts are in no list register. */
void vgic_write_dir(struct vcpu *v, uint64_t value)
{
	unsigned intid = value & 0xffffff;
	struct lock *l;

	if (intid < SKERRY_INTID_COUNT && gic.ops->is_split_eoi()) {
		l = lock_of(v->guest);
		vgic_change(v, v, intid / 32, VGIC_CLEAR_ACTIVE, 1u << intid % 32);
		lock_release(l);
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
	x->lr_used = 0;
	x->hcr = 0;
	x->timer_lr = 0;
	x->is_spilled = false;
	x->is_active_spilled = false;
}

void vgic_vcpu_reset(struct vcpu *v)
{
	clear_interface(v);
	if (v->arch.vgic.bank.enabled & TIMER_BIT) {
		gic_write_bit(v->cpu, GICD_ISENABLER, gic.vtimer);
	}
	set_work(v, VGIC_WORK_SYNC);
}

/* What was pending stays so; what it had active is over. */
void vgic_vcpu_stop(struct vcpu *v)
{
	struct lock *l = lock_of(v->guest);

	vgic_fold(v);
	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		struct vgic_bank *b = vgic_bank(v, word);
		uint32_t mine = 0;

		for (uint32_t m = b->active; m != 0; m &= m - 1) {
			uint8_t where = b->where[__builtin_ctz(m)];

			if (where != WHERE_NOWHERE && where_vcpu(where) == v->index) {
				mine |= m & -m;
			}
		}
		vgic_change(v, v, word, VGIC_CLEAR_ACTIVE, mine);
	}
	v->arch.vgic.bank.pending &= ~TIMER_BIT;
	vgic_notify(v->guest, (1u << v->guest->config->vcpu_count) - 1);
	lock_release(l);
	clear_interface(v);
}

static void reset_bank(struct vgic_bank *b)
{
	uint32_t hw = b->hw;

	memset(b, 0, sizeof(*b));
	b->hw = hw;
}

/* The physical side of the guest's SPIs: off and idle. */
static void quiet_spis(struct guest *g)
{
	for (unsigned intid = 32; intid < SKERRY_INTID_COUNT; intid++) {
		if (gic.owner[intid] == g->index + 1) {
			gic_write_bit(0, GICD_ICENABLER, intid);
			gic_write_bit(0, GICD_ICPENDR, intid);
			gic_write_bit(0, GICD_ICACTIVER, intid);
		}
	}
}

static void reset_spis(struct guest *g)
{
	for (unsigned d = 0; d < g->config->device_count; d++) {
		const struct sys_device *device = &g->config->device[d];

		for (unsigned i = 0; i < device->irq_count; i++) {
			unsigned intid = device->intid[i];

			if (intid >= SKERRY_INTID_COUNT || gic.owner[intid] != g->index + 1) {
				continue;
			}
			gic_set_edge(intid, device->edge[i]);
			gic.ops->route(intid, g->vcpu[0].cpu);
			if (device->edge[i]) {
				vgic_bank(g->vcpu, intid / 32)->edge |= 1u << intid % 32;
			}
		}
	}
}

void vgic_guest_reset(struct guest *g)
{
	struct lock *l = lock_of(g);
	struct vgic_guest *x = &g->arch.vgic;

	quiet_spis(g);
	x->ctlr = 0;
	memset(x->target, gic.version == 2 ? 1 : 0, sizeof(x->target));
	for (unsigned i = 0; i < VGIC_SPI_BANKS; i++) {
		reset_bank(&x->bank[i]);
	}
	vgic_bank(g->vcpu, SKERRY_INTID_EVENT / 32)->edge |= 1u << SKERRY_INTID_EVENT % 32;
	reset_spis(g);
	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		struct vgic_vcpu *c = &g->vcpu[i].arch.vgic;

		reset_bank(&c->bank);
		c->bank.edge = 0xffff;
		c->bank.enabled = gic.version == 2 ? 0xffff : 0;
		c->sgi[0] = 0;
		c->sgi[1] = 0;
		c->is_asleep = false;
		c->timer_lr = 0;
	}
	lock_release(l);
}

void vgic_guest_stop(struct guest *g)
{
	struct lock *l = lock_of(g);

	quiet_spis(g);
	lock_release(l);
}
