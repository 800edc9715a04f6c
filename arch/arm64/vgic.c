/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller's core: which interrupts are in the list
 * registers of a vCPU. Fold: the list registers' state back to memory. Load: the
 * most urgent ones into the list registers. Sync: both, after anything changed.
 * Only a vCPU's own core touches its list registers; another core writes down
 * what it wants (guest's lock), sets `work` and kicks.
 */
#include "gic.h"

#define KEY_PENDING	(1u << 15)	/* of a candidate: not active; see most_urgent() */

static uint8_t sgi_sources(const struct vcpu *v, unsigned sgi)
{
	uint64_t word = load_acquire(&v->arch.vgic.sgi[sgi / 8]);

	return (uint8_t)(word >> sgi % 8 * 8);
}

static void clear_sgi(struct vcpu *v, unsigned sgi, uint64_t sources)
{
	__atomic_fetch_and(&v->arch.vgic.sgi[sgi / 8], ~(sources << sgi % 8 * 8), __ATOMIC_RELAXED);
}

/* The vCPU that an SPI goes to: of several the first that is on; -1: nobody. */
int vgic_target(const struct guest *g, unsigned intid)
{
	uint32_t t = g->arch.vgic.irq[intid].target, mask = g->vcpu->arch.vgic.all &
		(gic.version == 2 ? t : t == TARGET_ANY ? UINT32_MAX :
		 t < SKERRY_VCPU_MAX ? 1u << t : 0);

	for (uint32_t m = mask; m != 0; m &= m - 1) {
		if (vcpu_is_on(&g->vcpu[__builtin_ctz(m)])) {
			return __builtin_ctz(m);
		}
	}
	return mask != 0 ? __builtin_ctz(mask) : -1;
}

bool vgic_is_pending(struct vcpu *owner, unsigned intid)
{
	unsigned flags = vgic_irq(owner, intid)->flags;

	return flags & VIRQ_PENDING || (flags & (VIRQ_LEVEL | VIRQ_EDGE)) == VIRQ_LEVEL ||
	       (intid < 16 && sgi_sources(owner, intid) != 0);
}

/* Let vCPUs look at their interrupts before they go on. One kick is enough: it may
 * still be on its way. */
static void notify(struct guest *g, uint32_t vcpus, uint32_t work)
{
	for (; vcpus != 0; vcpus &= vcpus - 1) {
		struct vcpu *v = &g->vcpu[__builtin_ctz(vcpus)];
		uint32_t old = __atomic_fetch_or(&v->arch.vgic.work, work, __ATOMIC_SEQ_CST);

		if (old != 0 || !vcpu_is_on(v)) {
			continue;
		}
		if (v->cpu != arch_cpu_index()) {
			arch_cpu_kick(v->cpu);
		} else if (v->time != VCPU_RUN) {
			store_relaxed(&pcpus[v->cpu].look, true);
		}
	}
}

/* A fast path, or the way back to a guest, does not look at who was woken on the own core. */
static void look_soon(void)
{
	if (load_relaxed(&pcpu()->look)) {
		arch_cpu_kick(arch_cpu_index());
	}
}

void vgic_notify(struct guest *g, uint32_t vcpus) { notify(g, vcpus, VGIC_WORK_SYNC); }

void vgic_send_sgi(struct vcpu *v, uint32_t vcpus, unsigned sgi)
{
	vcpus &= v->arch.vgic.all;
	for (uint32_t m = vcpus; m != 0; m &= m - 1) {
		vgic_post_sgi(&v->guest->vcpu[__builtin_ctz(m)], sgi, v->arch.vgic.source);
	}
	notify(v->guest, vcpus, VGIC_WORK_SGI);
	look_soon();
}

/* Tells who holds it, who should take it, and more of its vCPUs. */
static void touch(struct vcpu *owner, unsigned intid, uint32_t who)
{
	struct virq *q = vgic_irq(owner, intid);

	who |= intid < 32 ? 1u << owner->index : 0;
	if (q->where != WHERE_NOWHERE) {
		who |= 1u << where_vcpu(q->where);
	}
	if (intid >= 32 && q->flags & VIRQ_ENABLED && vgic_is_pending(owner, intid)) {
		int target = vgic_target(owner->guest, intid);

		who |= target >= 0 ? 1u << target : 0;
	}
	vgic_notify(owner->guest, who);
}

void vgic_touch(struct vcpu *owner, unsigned intid) { touch(owner, intid, 0); }

static uint32_t *busy_word(struct vcpu *v, unsigned word)
{
	return word == 0 ? &v->arch.vgic.busy : &v->guest->arch.vgic.busy[word];
}

static void set_flags(struct vcpu *v, unsigned intid, unsigned flags)
{
	vgic_irq(v, intid)->flags |= (uint8_t)flags;
	*busy_word(v, intid / 32) |= 1u << intid % 32;
}

void vgic_set(struct vcpu *owner, unsigned intid, unsigned flags)
{
	if (flags & VIRQ_PENDING) {	/* again, after what was to be cleared */
		vgic_irq(owner, intid)->flags &= (uint8_t)~VIRQ_DROP_PENDING;
	}
	set_flags(owner, intid, flags);
	vgic_touch(owner, intid);
}

/* Change one interrupt that is in no list register. What is physical is never
 * pending in the guest and active at once: set pending while it is active, it
 * waits in the physical distributor; no more pending in the guest, it ends there. */
static void change_one(struct vcpu *v, unsigned intid, enum vgic_op op)
{
	static const uint16_t regs[] = {
		GICD_ISPENDR, GICD_ICPENDR, GICD_ISACTIVER, GICD_ICACTIVER
	};
	struct virq *q = vgic_irq(v, intid);
	bool is_hw = q->flags & VIRQ_HW, was_pending = q->flags & VIRQ_PENDING;

	if ((op == VGIC_CLEAR_ACTIVE && !(q->flags & VIRQ_ACTIVE)) ||
	    (op == VGIC_SET_PENDING && was_pending)) {
		return;
	}
	if (is_hw) {
		gic_write_bit(v->cpu, regs[op], gic_physical(intid));
		v->arch.vgic.timer |= intid < 32 ? PPI_PENDING : 0;	/* maybe */
	}
	if (is_hw && was_pending && (op == VGIC_CLEAR_PENDING || op == VGIC_SET_ACTIVE)) {
		gic_write_bit(v->cpu, op == VGIC_SET_ACTIVE ? GICD_ISPENDR : GICD_ICACTIVER,
			      gic_physical(intid));
		q->flags &= (uint8_t)~VIRQ_PENDING;
	}
	if (op == VGIC_SET_PENDING && intid < 16) {
		vgic_post_sgi(v, intid, 0);
	} else if (op == VGIC_SET_PENDING && !is_hw) {
		set_flags(v, intid, VIRQ_PENDING);
	} else if (op == VGIC_CLEAR_PENDING) {
		q->flags &= (uint8_t)~VIRQ_PENDING;
		clear_sgi(v, intid % 16, intid < 16 ? 0xff : 0);
	} else if (op == VGIC_SET_ACTIVE) {
		set_flags(v, intid, VIRQ_ACTIVE);
		q->where = q->where != WHERE_NOWHERE ? q->where : vgic_held_by(v, WHERE_SPILLED);
	} else if (op == VGIC_CLEAR_ACTIVE) {
		q->flags &= (uint8_t)~VIRQ_ACTIVE;
		q->where = WHERE_NOWHERE;
	}
}

/* On behalf of `v`; what another core has in a list register is cleared by that. */
void vgic_change(struct vcpu *v, struct vcpu *owner, unsigned intid, enum vgic_op op)
{
	struct virq *q = vgic_irq(owner, intid);
	unsigned order = op <= VGIC_CLEAR_PENDING ? VIRQ_DROP_PENDING : VIRQ_DROP_ACTIVE;

	if (intid < 32 && q->flags & VIRQ_HW && !vgic_has_ppi(owner)) {
		return;
	}
	vgic_fold(v);
	q->flags &= (uint8_t)~order;
	if (op % 2 != 0 && where_is_lr(q->where)) {
		q->flags |= (uint8_t)order;
		if (op == VGIC_CLEAR_PENDING && q->flags & VIRQ_HW) {
			gic_write_bit(owner->cpu, GICD_ICPENDR, gic_physical(intid));
		}
	} else {
		change_one(owner, intid, op);
	}
	touch(owner, intid, 1u << v->index);
}

/* One list register's state, back to memory. `loaded` is what it held; with LR_EOI
 * a line made it pending, and still does or not. */
static void fold_one(struct vcpu *v, unsigned intid, uint64_t loaded, uint64_t lr)
{
	struct virq *q = vgic_irq(v, intid);

	if (lr & LR_PENDING && intid < 16) {
		vgic_post_sgi(v, intid, LR_SOURCE(loaded));
	} else if (lr & LR_PENDING && !(loaded & LR_EOI)) {
		set_flags(v, intid, VIRQ_PENDING);
	}
	if (lr & LR_ACTIVE) {
		set_flags(v, intid, VIRQ_ACTIVE);
		if (intid < 16) {
			v->arch.vgic.sgi_source[intid] = (uint8_t)LR_SOURCE(loaded);
		}
	}
	q->where = q->flags & VIRQ_ACTIVE ? vgic_held_by(v, WHERE_SPILLED) : WHERE_NOWHERE;
	if (q->flags & VIRQ_DROP_PENDING) {
		change_one(v, intid, VGIC_CLEAR_PENDING);
	}
	if (q->flags & VIRQ_DROP_ACTIVE) {
		change_one(v, intid, VGIC_CLEAR_ACTIVE);
	}
	q->flags &= (uint8_t)~(VIRQ_DROP_PENDING | VIRQ_DROP_ACTIVE);
	if (intid >= 32 && vgic_is_pending(v, intid)) {
		int target = vgic_target(v->guest, intid);

		if (target >= 0 && target != v->index) {	/* moved while it was here */
			vgic_notify(v->guest, 1u << target);
		}
	}
}

/* The most urgent active interrupt of those in no list register: in EOImode 0 that
 * is what an EOI that found none ended. SKERRY_INTID_COUNT: there is none. */
static unsigned find_spilled(struct vcpu *v)
{
	unsigned best = SKERRY_INTID_COUNT, priority = 0x100;

	for (unsigned intid = 0; intid < SKERRY_INTID_COUNT; intid++) {
		const struct virq *q = vgic_irq(v, intid);

		if (q->where == vgic_held_by(v, WHERE_SPILLED) && q->priority < priority) {
			best = intid;
			priority = q->priority;
		}
	}
	return best;
}

void vgic_end_spilled(struct vcpu *v, unsigned first, unsigned end)
{
	uint8_t here = vgic_held_by(v, WHERE_SPILLED);

	for (unsigned intid = first; intid < end; intid++) {
		struct virq *q = vgic_irq(v, intid);

		if (q->where != here) {
			continue;
		}
		if (q->flags & VIRQ_HW) {
			change_one(v, intid, VGIC_CLEAR_ACTIVE);
		}
		q->flags &= (uint8_t)~VIRQ_ACTIVE;	/* all at once, maybe: the short way */
		q->where = WHERE_NOWHERE;
	}
}

void vgic_fold(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	if (x->is_active_spilled) {
		for (uint32_t n = HCR_EOI_COUNT(gic_read_hcr()); n != 0; n--) {
			unsigned intid = find_spilled(v);

			vgic_end_spilled(v, intid, intid + (intid < SKERRY_INTID_COUNT));
		}
		x->is_active_spilled = false;
		x->hcr = 0;	/* to be written again, which clears the count */
	}
	for (uint32_t m = x->lr_used; m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);
		uint64_t loaded = x->lr[i];

		x->lr[i] = gic_read_lr(i);
		fold_one(v, i == 0 ? SKERRY_INTID_VTIMER : LR_INTID(loaded), loaded, x->lr[i]);
	}
	x->lr_used = 0;
}

static uint64_t lr_base(const struct virq *q, unsigned intid)
{
	return intid | (uint64_t)q->priority << LR_PRIORITY_SHIFT |
	       (gic.version == 3 ? LR_GROUP1 : 0) |
	       (q->flags & VIRQ_HW ? LR_HW | (uint64_t)gic_physical(intid) << LR_PHYS_SHIFT : 0);
}

static bool is_forwarded(const struct vcpu *v, const struct virq *q)
{
	return q->flags & VIRQ_ENABLED && vgic_is_on(v->guest);
}

/* The pending part of an SGI's list register: one source at a time. */
static uint64_t load_sgi(struct vcpu *v, unsigned sgi, bool is_active)
{
	unsigned sources = is_forwarded(v, &v->arch.vgic.irq[sgi]) ? sgi_sources(v, sgi) : 0;
	unsigned source = is_active ? v->arch.vgic.sgi_source[sgi] :
			  (unsigned)__builtin_ctz(sources | 0x80u);

	clear_sgi(v, sgi, sources & 1u << source);
	return (uint64_t)source << LR_PHYS_SHIFT | (sources >> source & 1 ? LR_PENDING : 0) |
	       (sources & ~(1u << source) ? LR_EOI : 0);	/* the next one then */
}

/* The list register's value for an interrupt; its state moves there. Pending and
 * active at once are edges only: a line is looked at again after the EOI. */
static uint64_t load_one(struct vcpu *v, unsigned intid, unsigned lr)
{
	struct virq *q = vgic_irq(v, intid);
	bool is_active = q->flags & VIRQ_ACTIVE;
	unsigned kind = q->flags & (VIRQ_HW | VIRQ_EDGE);
	uint64_t value = lr_base(q, intid) | (is_active ? LR_ACTIVE : 0);

	q->where = vgic_held_by(v, lr);
	q->flags &= (uint8_t)~VIRQ_ACTIVE;
	if (intid < 16) {
		return value | load_sgi(v, intid, is_active);
	}
	if (kind == 0 && (is_active || q->flags & VIRQ_LEVEL)) {
		value |= LR_EOI;
	}
	if ((!is_active || kind == VIRQ_EDGE) && is_forwarded(v, q) && vgic_is_pending(v, intid)) {
		value |= LR_PENDING;
		q->flags &= (uint8_t)~VIRQ_PENDING;
	}
	return value;
}

/* Should this vCPU have it in one more list register? */
static bool is_candidate(struct vcpu *v, unsigned intid)
{
	const struct virq *q = vgic_irq(v, intid);
	bool is_active = q->flags & VIRQ_ACTIVE;

	if (!is_active && !vgic_is_pending(v, intid)) {
		*busy_word(v, intid / 32) &= ~(1u << intid % 32);
		return false;
	}
	return (is_active || is_forwarded(v, q)) && intid != SKERRY_INTID_VTIMER &&
	       (q->where != WHERE_NOWHERE ? q->where == vgic_held_by(v, WHERE_SPILLED) :
		intid < 32 || vgic_target(v->guest, intid) == v->index);
}

/* The most urgent candidates, of equals an active one first: how many of at most `most`. */
static unsigned most_urgent(struct vcpu *v, uint32_t *best, unsigned most)
{
	unsigned count = 0, i;

	for (unsigned word = 0; word < VGIC_WORDS; word++) {
		uint32_t m = *busy_word(v, word);

		if (word == 0 && (v->arch.vgic.sgi[0] | v->arch.vgic.sgi[1]) != 0) {
			m |= 0xffff;
		}
		for (; m != 0; m &= m - 1) {
			unsigned intid = word * 32 + (unsigned)__builtin_ctz(m);
			const struct virq *q = vgic_irq(v, intid);
			uint32_t key = (uint32_t)q->priority << 16 | intid |
				       (q->flags & VIRQ_ACTIVE ? 0 : KEY_PENDING);

			if ((count == most && key > best[count - 1]) || !is_candidate(v, intid)) {
				continue;
			}
			count += count < most;
			for (i = count - 1; i != 0 && best[i - 1] > key; i--) {
				best[i] = best[i - 1];
			}
			best[i] = key;
		}
	}
	return count;
}

static void put_lr(struct vgic_vcpu *x, unsigned i, uint64_t value)
{
	if (value != x->lr[i]) {
		gic_write_lr(i, value);
		x->lr[i] = value;
	}
	x->lr_used |= (uint16_t)(value != 0 || i == 0 ? 1u << i : 0);	/* 0: the fast path's too */
}

/* List register 0, and the value that the fast path writes there. */
static void load_timer(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	const struct virq *q = &x->irq[SKERRY_INTID_VTIMER];
	bool is_on = is_forwarded(v, q);
	bool is_loaded = q->flags & VIRQ_ACTIVE || (q->flags & VIRQ_PENDING && is_on);

	put_lr(x, 0, is_loaded ? load_one(v, SKERRY_INTID_VTIMER, 0) : 0);
	x->timer_lr = is_on ? gic_native_lr(lr_base(q, SKERRY_INTID_VTIMER) | LR_PENDING) : 0;
}

static void load(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	uint32_t best[VGIC_LR_MAX], hcr = HCR_EN;	/* those for list registers, and one more */
	unsigned count = most_urgent(v, best, gic.lr_count);
	bool is_spilled = count == gic.lr_count;

	for (unsigned i = 1; i < gic.lr_count; i++) {
		put_lr(x, i, i <= count ? load_one(v, best[i - 1] & 0x3ff, i) : 0);
	}
	vgic_keep_bell(v);
	x->is_active_spilled = is_spilled && find_spilled(v) < SKERRY_INTID_COUNT;
	load_timer(v);
	x->quick_sgis = is_spilled || !vgic_is_on(v->guest) ? 0 : x->enabled_sgis;
	hcr |= (is_spilled ? HCR_UIE : 0) | (x->is_active_spilled ? HCR_LRENPIE : 0);
	if (hcr != x->hcr) {
		gic_write_hcr(hcr);
		x->hcr = hcr;
	}
}

struct vcpu *vgic_sync(struct vcpu *v)
{
	lock_scope(&v->guest->arch.vgic.lock);
	vgic_take_bells(v);
	/* an exchange: what was posted before `work` was set is seen below */
	__atomic_exchange_n(&v->arch.vgic.work, 0, __ATOMIC_ACQUIRE);
	vgic_fold(v);
	load(v);
	look_soon();
	return v;
}
