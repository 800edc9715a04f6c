/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller's core: which interrupts are in the list
 * registers of a vCPU. Fold: the list registers' state back into the banks.
 * Load: the most urgent ones into the list registers. Sync: both, after anything
 * changed. Only a vCPU's own core touches its list registers; another core
 * writes what it wants into the banks (guest's lock), sets `work` and kicks.
 */
#include <hv/arch.h>

#include "gic.h"

#define TIMER_BIT	(1u << SKERRY_INTID_VTIMER)
#define KEY_PENDING	(1u << 15)	/* of a candidate: not active; see choose() */

struct vgic_guest *vgic_lock(struct guest *g)
{
	lock_acquire(&g->arch.vgic.lock);
	return &g->arch.vgic;
}

void vgic_unlock(struct vgic_guest *x)
{
	lock_release(&x->lock);
}

static uint8_t sgi_sources(const struct vcpu *v, unsigned sgi)
{
	return (uint8_t)(__atomic_load_n(&v->arch.vgic.sgi[sgi / 8], __ATOMIC_ACQUIRE) >> sgi % 8 * 8);
}

uint32_t vgic_sgis(const struct vcpu *v)
{
	uint32_t mask = 0;

	for (unsigned half = 0; half < 2; half++) {
		for (uint64_t w = v->arch.vgic.sgi[half]; w != 0;) {
			unsigned n = (unsigned)__builtin_ctzll(w) / 8;

			mask |= 1u << (half * 8 + n);
			w &= ~(0xffull << n * 8);
		}
	}
	return mask;
}

static void clear_sgi(struct vcpu *v, unsigned sgi, uint64_t sources)
{
	__atomic_fetch_and(&v->arch.vgic.sgi[sgi / 8], ~(sources << sgi % 8 * 8), __ATOMIC_RELAXED);
}

/* The vCPU that an SPI goes to: of several the first that is on; -1: nobody. */
int vgic_target(const struct guest *g, unsigned intid)
{
	uint32_t t = g->arch.vgic.target[intid - 32];
	uint32_t mask = g->vcpu->arch.vgic.all;

	if (gic.version == 2) {
		mask &= t;
	} else if (t != TARGET_ANY) {
		mask &= t < SKERRY_VCPU_MAX ? 1u << t : 0;
	}
	for (uint32_t m = mask; m != 0; m &= m - 1) {
		if (vcpu_is_on(&g->vcpu[__builtin_ctz(m)])) {
			return __builtin_ctz(m);
		}
	}
	return mask != 0 ? __builtin_ctz(mask) : -1;
}

/* Let vCPUs look at their interrupts before they go on. One kick is enough: it may
 * still be on its way. */
static void notify(struct guest *g, uint32_t vcpus, uint32_t work)
{
	for (; vcpus != 0; vcpus &= vcpus - 1) {
		struct vcpu *v = &g->vcpu[__builtin_ctz(vcpus)];
		uint32_t old = __atomic_fetch_or(&v->arch.vgic.work, work, __ATOMIC_SEQ_CST);

		if (old == 0 && v->cpu != arch_cpu_index() && vcpu_is_on(v)) {
			gic.ops->kick(v->cpu);
		}
	}
}

void vgic_notify(struct guest *g, uint32_t vcpus)
{
	notify(g, vcpus, VGIC_WORK_SYNC);
}

void vgic_send_sgi(struct vcpu *v, uint32_t vcpus, unsigned sgi)
{
	vcpus &= v->arch.vgic.all;
	for (uint32_t m = vcpus; m != 0; m &= m - 1) {
		vgic_post_sgi(&v->guest->vcpu[__builtin_ctz(m)], sgi, v->arch.vgic.source);
	}
	notify(v->guest, vcpus, VGIC_WORK_SGI);
}

/* Something about `bits` changed: tell who holds them or who should take them. */
void vgic_touch(struct vcpu *v, unsigned word, uint32_t bits)
{
	struct vgic_bank *b = vgic_bank(v, word);
	uint32_t waiting = ((b->pending | b->level) & b->enabled) | b->active;
	uint32_t who = word == 0 ? 1u << v->index : 0;

	for (; bits != 0; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctz(bits);
		int target = word != 0 && waiting >> i & 1 ? vgic_target(v->guest, word * 32 + i) : -1;

		who |= b->where[i] != WHERE_NOWHERE ? 1u << where_vcpu(b->where[i]) : 0;
		who |= target >= 0 ? 1u << target : 0;
	}
	vgic_notify(v->guest, who);
}

/* Change one interrupt that is in no list register. What is physical is never
 * pending in the guest and active at once: set pending while it is active, it
 * waits in the physical distributor; no more pending in the guest, it ends there. */
static void change_one(struct vcpu *v, unsigned intid, enum vgic_op op)
{
	static const uint16_t regs[] = { GICD_ISPENDR, GICD_ICPENDR, GICD_ISACTIVER, GICD_ICACTIVER };
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	unsigned i = intid % 32;
	uint32_t bit = 1u << i;
	bool is_hw = b->hw & bit, was_pending = b->pending & bit;

	if (op == VGIC_CLEAR_ACTIVE && !(b->active & bit)) {
		return;
	}
	if (is_hw) {
		gic_write_bit(v->cpu, regs[op], gic_physical(intid));
	}
	if (op == VGIC_SET_PENDING && !is_hw) {
		b->pending |= bit;
	} else if (op == VGIC_CLEAR_PENDING || op == VGIC_SET_ACTIVE) {
		b->pending &= ~(is_hw || op == VGIC_CLEAR_PENDING ? bit : 0);
		if (is_hw && was_pending) {
			gic_write_bit(v->cpu, op == VGIC_SET_ACTIVE ? GICD_ISPENDR : GICD_ICACTIVER,
				      gic_physical(intid));
		}
	}
	if (intid < 16 && op == VGIC_SET_PENDING) {
		b->pending &= ~bit;
		vgic_post_sgi(v, intid, 0);
	} else if (intid < 16 && op == VGIC_CLEAR_PENDING) {
		clear_sgi(v, intid, 0xff);
	}
	if (op == VGIC_SET_ACTIVE) {
		b->active |= bit;
		b->where[i] = b->where[i] != WHERE_NOWHERE ? b->where[i] : vgic_held_by(v, WHERE_SPILLED);
	} else if (op == VGIC_CLEAR_ACTIVE) {
		b->active &= ~bit;
		b->where[i] = WHERE_NOWHERE;
	}
}

/* Change interrupts on behalf of `v`; what another core has in a list register
 * is cleared by that core. Private ones (word 0) are `owner`'s. */
void vgic_change(struct vcpu *v, struct vcpu *owner, unsigned word, enum vgic_op op, uint32_t bits)
{
	struct vgic_bank *b = vgic_bank(owner, word);
	uint32_t *order = &b->order[op / 2];

	vgic_fold(v);
	for (uint32_t m = bits; m != 0; m &= m - 1) {
		*order &= ~(m & -m);
		if (op % 2 != 0 && where_is_lr(b->where[__builtin_ctz(m)])) {
			*order |= m & -m;
		} else {
			change_one(owner, word * 32 + (unsigned)__builtin_ctz(m), op);
		}
	}
	vgic_touch(owner, word, bits);
	vgic_notify(v->guest, 1u << v->index);
}

/* One list register's state, back to the banks. `loaded` is what it held. */
static void fold_one(struct vcpu *v, unsigned intid, uint64_t loaded, uint64_t lr)
{
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	unsigned i = intid % 32;
	uint32_t bit = 1u << i;

	if (lr & LR_PENDING && intid < 16) {
		vgic_post_sgi(v, intid, LR_SOURCE(loaded));
	} else if (lr & LR_PENDING && (b->hw | b->edge) & bit) {
		b->pending |= bit;
	} else if (loaded & ~lr & LR_PENDING && !((b->hw | b->edge) & bit)) {
		b->pending &= ~bit;	/* level: the guest took it, the latch is spent */
	}
	b->where[i] = WHERE_NOWHERE;
	if (lr & LR_ACTIVE || b->active & bit) {
		b->active |= bit;
		b->where[i] = vgic_held_by(v, WHERE_SPILLED);
		if (intid < 16) {
			v->arch.vgic.sgi_source[intid] = (uint8_t)LR_SOURCE(loaded);
		}
	}
	for (unsigned what = 0; what < 2; what++) {
		if (b->order[what] & bit) {
			b->order[what] &= ~bit;
			change_one(v, intid, what == 0 ? VGIC_CLEAR_PENDING : VGIC_CLEAR_ACTIVE);
		}
	}
	if (intid >= 32 && (b->pending | b->level) & b->enabled & bit) {
		int target = vgic_target(v->guest, intid);

		if (target >= 0 && target != v->index) {	/* moved while it was here */
			vgic_notify(v->guest, 1u << target);
		}
	}
}

/* Ends the most urgent active interrupt of those in no list register: in EOImode 0
 * that is what an EOI that found none meant. False: there is none. */
bool vgic_end_spilled(struct vcpu *v)
{
	unsigned best = SKERRY_INTID_COUNT, priority = 0x100;

	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		const struct vgic_bank *b = vgic_bank(v, word);

		for (uint32_t m = b->active; m != 0; m &= m - 1) {
			unsigned i = (unsigned)__builtin_ctz(m);

			if (b->where[i] == vgic_held_by(v, WHERE_SPILLED) && b->priority[i] < priority) {
				best = word * 32 + i;
				priority = b->priority[i];
			}
		}
	}
	if (best < SKERRY_INTID_COUNT) {
		change_one(v, best, VGIC_CLEAR_ACTIVE);
	}
	return best < SKERRY_INTID_COUNT;
}

void vgic_fold(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	if (x->is_active_spilled) {
		for (uint32_t n = HCR_EOI_COUNT(gic.ops->read_hcr()); n != 0; n--) {
			vgic_end_spilled(v);
		}
		x->is_active_spilled = false;
		x->hcr = 0;	/* to be written again, which clears the count */
	}
	for (uint32_t m = x->lr_used; m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);
		uint64_t loaded = x->lr[i];

		x->lr[i] = gic.ops->read_lr(i);
		fold_one(v, i == 0 ? SKERRY_INTID_VTIMER : LR_INTID(loaded), loaded, x->lr[i]);
	}
	x->lr_used = 0;
}

static uint64_t lr_base(const struct vgic_bank *b, unsigned intid)
{
	return intid | (uint64_t)b->priority[intid % 32] << LR_PRIORITY_SHIFT |
	       (gic.version == 3 ? LR_GROUP1 : 0) |
	       (b->hw >> intid % 32 & 1 ? LR_HW | (uint64_t)gic_physical(intid) << LR_PHYS_SHIFT : 0);
}

/* Pending part of an SGI's list register: one source at a time. */
static uint64_t load_sgi(struct vcpu *v, unsigned sgi, bool is_active)
{
	unsigned sources = sgi_sources(v, sgi);
	unsigned source = is_active ? v->arch.vgic.sgi_source[sgi] :
			  (unsigned)__builtin_ctz(sources | 0x80u);

	clear_sgi(v, sgi, 1u << source);
	return (uint64_t)source << LR_PHYS_SHIFT | (sources >> source & 1 ? LR_PENDING : 0) |
	       (sources & ~(1u << source) ? LR_EOI : 0);	/* the next one then */
}

/* The list register's value for an interrupt; its state moves there. */
static uint64_t load_one(struct vcpu *v, unsigned intid, unsigned lr)
{
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	uint32_t bit = 1u << intid % 32;
	bool is_active = b->active & bit;
	uint64_t value = lr_base(b, intid) | (is_active ? LR_ACTIVE : 0);

	b->active &= ~bit;
	b->where[intid % 32] = vgic_held_by(v, lr);
	if (intid < 16) {
		return value | load_sgi(v, intid, is_active);
	}
	if (b->hw & bit && is_active) {
		return value;
	}
	if ((b->hw | b->edge) & bit) {
		value |= b->pending & bit ? LR_PENDING : 0;
		b->pending &= ~bit;
		return value;
	}
	return value | LR_EOI | (is_active ? 0 : LR_PENDING);
}

/* Interrupts of a word that this vCPU should have in list registers. */
static uint32_t candidates(struct vcpu *v, unsigned word)
{
	const struct vgic_bank *b = vgic_bank(v, word);
	uint32_t pending = b->pending | (b->level & ~b->edge) | (word == 0 ? vgic_sgis(v) : 0);
	uint32_t all = b->active | (vgic_is_on(v->guest) ? pending & b->enabled : 0), mine = 0;

	if (word == 0) {
		return all & ~TIMER_BIT;
	}
	for (; all != 0; all &= all - 1) {
		unsigned i = (unsigned)__builtin_ctz(all);

		if (b->where[i] == WHERE_NOWHERE ? vgic_target(v->guest, word * 32 + i) == v->index
						 : b->where[i] == vgic_held_by(v, WHERE_SPILLED)) {
			mine |= all & -all;
		}
	}
	return mine;
}

/* Puts a candidate into the sorted list of the most urgent; what drops out at its
 * end is noted. A key: priority << 16 | KEY_PENDING | INTID. */
static unsigned insert(struct vgic_vcpu *x, uint32_t *best, unsigned count, uint32_t key)
{
	unsigned max = gic.lr_count - 1u, at = count;
	uint32_t last = count == max && best[max - 1] > key ? best[max - 1] : key;

	if (count == max) {
		x->is_spilled = true;
		x->is_active_spilled |= !(last & KEY_PENDING);
		if (last == key) {
			return count;
		}
		at--;
	}
	for (; at > 0 && best[at - 1] > key; at--) {
		best[at] = best[at - 1];
	}
	best[at] = key;
	return count < max ? count + 1 : max;
}

static unsigned choose(struct vcpu *v, uint32_t *best)
{
	unsigned count = 0;

	v->arch.vgic.is_spilled = false;
	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		const struct vgic_bank *b = vgic_bank(v, word);

		if (word != 0 && (b->pending | b->level | b->active) == 0) {
			continue;
		}
		for (uint32_t m = candidates(v, word); m != 0; m &= m - 1) {
			unsigned i = (unsigned)__builtin_ctz(m);

			count = insert(&v->arch.vgic, best, count, (uint32_t)b->priority[i] << 16 |
				       (b->active >> i & 1 ? 0 : KEY_PENDING) | (word * 32 + i));
		}
	}
	return count;
}

static void put_lr(struct vgic_vcpu *x, unsigned i, uint64_t value)
{
	if (value != x->lr[i]) {
		gic.ops->write_lr(i, value);
		x->lr[i] = value;
	}
	x->lr_used |= (uint16_t)(value != 0 || i == 0 ? 1u << i : 0);	/* 0: the fast path's too */
}

/* List register 0, and the value that the fast path writes there. */
static void load_timer(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	bool is_deliverable = vgic_is_on(v->guest) && x->bank.enabled & TIMER_BIT;
	bool is_loaded = x->bank.active & TIMER_BIT || (x->bank.pending & TIMER_BIT && is_deliverable);

	put_lr(x, 0, is_loaded ? load_one(v, SKERRY_INTID_VTIMER, 0) : 0);
	x->timer_lr = !is_deliverable ? 0 :
		      gic.ops->native_lr(lr_base(&x->bank, SKERRY_INTID_VTIMER) | LR_PENDING);
}

static void load(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	uint32_t best[VGIC_LR_MAX], hcr = HCR_EN;
	unsigned count = choose(v, best);

	for (unsigned i = 1; i < gic.lr_count; i++) {
		put_lr(x, i, i <= count ? load_one(v, best[i - 1] & 0x3ff, i) : 0);
	}
	load_timer(v);
	x->quick_sgis = x->is_spilled || !vgic_is_on(v->guest) ? 0 : (uint16_t)x->bank.enabled;
	hcr |= x->is_spilled ? HCR_UIE : 0;
	hcr |= x->is_active_spilled ? HCR_LRENPIE | (gic.can_trap_dir ? HCR_TDIR : 0) : 0;
	if (hcr != x->hcr) {
		gic.ops->write_hcr(hcr);
		x->hcr = hcr;
	}
}

struct vcpu *vgic_sync(struct vcpu *v)
{
	struct vgic_guest *x;

	/* an exchange: what was posted before `work` was set is seen below */
	__atomic_exchange_n(&v->arch.vgic.work, 0, __ATOMIC_ACQUIRE);
	x = vgic_lock(v->guest);
	vgic_fold(v);
	load(v);
	vgic_unlock(x);
	return v;
}

void vgic_enter(struct vcpu *v)
{
	if (__atomic_load_n(&v->arch.vgic.work, __ATOMIC_RELAXED) != 0) {
		vgic_sync(v);
	}
}
