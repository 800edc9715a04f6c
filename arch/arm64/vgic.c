/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller's core: which interrupts are in the list
 * registers of a vCPU. Fold: the list registers' state back into the banks.
 * Load: the most urgent ones into the list registers. Sync: both, after anything
 * changed. Only a vCPU's own core touches its list registers; another core
 * writes what it wants into the banks (guest's lock), sets `work` and kicks.
 * A guest's interrupts are in EL2's memory only: nothing here reads a guest's.
 */
#include <core/guest.h>
#include <hv/arch.h>
#include <lib/string.h>

#include "gic.h"

#define TIMER_BIT	(1u << SKERRY_INTID_VTIMER)
#define SGI_BITS	0xffffu

struct vgic_bank *vgic_bank(struct vcpu *v, unsigned word)
{
	return word == 0 ? &v->arch.vgic.bank : &v->guest->arch.vgic.bank[word - 1];
}

static uint8_t held_by(const struct vcpu *v, unsigned lr)
{
	return (uint8_t)(WHERE_HELD | v->index << 4 | lr);
}

/* SGIs with a source that waits, as a mask. */
uint32_t vgic_sgis(const struct vcpu *v)
{
	uint32_t mask = 0;

	for (unsigned half = 0; half < 2; half++) {
		uint64_t w = __atomic_load_n(&v->arch.vgic.sgi[half], __ATOMIC_ACQUIRE);

		for (; w != 0; w &= ~(0xffull << (__builtin_ctzll(w) & ~7))) {
			mask |= 1u << (half * 8 + (unsigned)__builtin_ctzll(w) / 8);
		}
	}
	return mask;
}

/* A source of an SGI: pending, or taken away. From any core. */
void vgic_post_sgi(struct vcpu *to, unsigned sgi, unsigned source)
{
	__atomic_fetch_or(&to->arch.vgic.sgi[sgi / 8], 1ull << (sgi % 8 * 8 + source),
			  __ATOMIC_RELEASE);
}

static void take_sgi(struct vcpu *v, unsigned sgi, uint8_t sources)
{
	__atomic_fetch_and(&v->arch.vgic.sgi[sgi / 8], ~((uint64_t)sources << sgi % 8 * 8),
			   __ATOMIC_RELAXED);
}

/* The vCPU that an SPI goes to: of several the first that is on; -1: nobody. */
int vgic_target(const struct guest *g, unsigned intid)
{
	uint32_t all = (1u << g->config->vcpu_count) - 1;
	uint32_t t = g->arch.vgic.target[intid - 32];
	uint32_t mask = all;

	if (gic.version == 2) {
		mask &= t;
	} else if (!(t & TARGET_ANY)) {
		mask &= t < SKERRY_VCPU_MAX ? 1u << t : 0;
	}
	for (uint32_t m = mask; m != 0; m &= m - 1) {
		if (vcpu_is_on(&g->vcpu[__builtin_ctz(m)])) {
			return __builtin_ctz(m);
		}
	}
	return mask != 0 ? __builtin_ctz(mask) : -1;
}

/* These vCPUs look at their interrupts before they go on. */
void vgic_notify(struct guest *g, uint32_t vcpus)
{
	for (; vcpus != 0; vcpus &= vcpus - 1) {
		struct vcpu *v = &g->vcpu[__builtin_ctz(vcpus)];

		__atomic_fetch_or(&v->arch.vgic.work, VGIC_WORK_SYNC, __ATOMIC_RELEASE);
		if (v->cpu != arch_cpu_index() && vcpu_is_on(v)) {
			gic_kick(v->cpu);
		}
	}
}

/* Something about `bits` changed: tell who holds them or who should take them. */
void vgic_touch(struct vcpu *v, unsigned word, uint32_t bits)
{
	struct vgic_bank *b = vgic_bank(v, word);
	uint32_t waiting = ((b->pending | b->level) & b->enabled) | b->active;
	uint32_t who = word == 0 ? 1u << v->index : 0;

	for (; bits != 0; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctz(bits);

		if (b->where[i] != WHERE_NOWHERE) {
			who |= 1u << where_vcpu(b->where[i]);
		}
		if (word != 0 && waiting >> i & 1) {
			int target = vgic_target(v->guest, word * 32 + i);

			who |= target < 0 ? 0 : 1u << target;
		}
	}
	vgic_notify(v->guest, who);
}

/* A physical interrupt whose virtual one is gone: it may come again. */
static void deactivate(const struct vcpu *v, unsigned intid)
{
	gic_write_bit(v->cpu, GICD_ICACTIVER, gic_physical(intid));
}

static void end_active(struct vcpu *v, unsigned intid)
{
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	uint32_t bit = 1u << intid % 32;

	if ((b->active & bit) == 0) {
		return;
	}
	b->active &= ~bit;
	b->where[intid % 32] = WHERE_NOWHERE;
	if (b->hw & bit) {
		deactivate(v, intid);
	}
}

/* Change one interrupt that is in no list register. The physical interrupt
 * under it is never pending in the guest and active at once: what is set pending
 * while it is active waits in the physical distributor. */
static void apply_one(struct vcpu *v, unsigned intid, enum vgic_op op)
{
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	uint32_t bit = 1u << intid % 32;
	bool is_hw = b->hw & bit;

	switch (op) {
	case VGIC_SET_PENDING:
		if (is_hw) {
			gic_write_bit(v->cpu, GICD_ISPENDR, gic_physical(intid));
		} else if (intid < 16) {
			vgic_post_sgi(v, intid, 0);
		} else {
			b->pending |= bit;
		}
		break;
	case VGIC_CLEAR_PENDING:
		if (is_hw) {
			gic_write_bit(v->cpu, GICD_ICPENDR, gic_physical(intid));
			if (b->pending & bit) {
				deactivate(v, intid);
			}
		} else if (intid < 16) {
			take_sgi(v, intid, 0xff);
		}
		b->pending &= ~bit;
		break;
	case VGIC_SET_ACTIVE:
		if (is_hw) {
			gic_write_bit(v->cpu, GICD_ISACTIVER, gic_physical(intid));
			if (b->pending & bit) {
				b->pending &= ~bit;
				gic_write_bit(v->cpu, GICD_ISPENDR, gic_physical(intid));
			}
		}
		if ((b->active & bit) == 0) {
			int target = intid < 32 ? -1 : vgic_target(v->guest, intid);

			b->active |= bit;
			b->where[intid % 32] = held_by(target < 0 ? v : &v->guest->vcpu[target],
						       WHERE_SPILLED);
		}
		break;
	case VGIC_CLEAR_ACTIVE:
	case VGIC_OPS:
	default:
		end_active(v, intid);
		break;
	}
}

static void apply(struct vcpu *v, unsigned word, enum vgic_op op, uint32_t bits)
{
	for (; bits != 0; bits &= bits - 1) {
		apply_one(v, word * 32 + (unsigned)__builtin_ctz(bits), op);
	}
}

/* Change interrupts on behalf of `v`: at once, or by the core that has them in a
 * list register. Private ones (word 0) are `owner`'s. */
void vgic_change(struct vcpu *v, struct vcpu *owner, unsigned word, enum vgic_op op, uint32_t bits)
{
	struct vgic_bank *b = vgic_bank(owner, word);
	uint32_t others = 0;

	vgic_fold(v);
	for (uint32_t m = bits; m != 0; m &= m - 1) {
		uint8_t where = b->where[__builtin_ctz(m)];

		if (word == 0 ? owner != v : where_is_lr(where)) {
			others |= m & -m;
		}
	}
	b->order[op] |= others;
	b->order[op ^ 1] &= ~others;
	apply(owner, word, op, bits & ~others);
	vgic_touch(owner, word, bits);
	vgic_notify(v->guest, 1u << v->index);
}

/* One list register's state, back to the banks. `loaded` is what it held. */
static void fold_one(struct vcpu *v, unsigned intid, uint64_t loaded, uint64_t lr)
{
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	uint32_t bit = 1u << intid % 32;

	if ((b->hw | b->edge) & bit) {
		if (lr & LR_PENDING && intid < 16) {
			vgic_post_sgi(v, intid, LR_SOURCE(loaded));
		} else if (lr & LR_PENDING) {
			b->pending |= bit;
		}
	} else if (loaded & ~lr & LR_PENDING) {
		b->pending &= ~bit;	/* level: the guest took it, the latch is spent */
	}
	b->where[intid % 32] = WHERE_NOWHERE;
	if (intid >= 32 && (b->pending | b->level) & bit) {
		int target = vgic_target(v->guest, intid);

		if (target >= 0 && target != v->index) {	/* moved while it was here */
			vgic_notify(v->guest, 1u << target);
		}
	}
	if (lr & LR_ACTIVE) {
		b->active |= bit;
		b->where[intid % 32] = held_by(v, WHERE_SPILLED);
		if (intid < 16) {
			v->arch.vgic.sgi_source[intid] = (uint8_t)LR_SOURCE(loaded);
		}
	}
}

/* EOIs that found no list register: in EOImode 0 a guest ends its most urgent
 * active interrupt, so they were the most urgent of those that are in none. */
static void end_spilled(struct vcpu *v)
{
	unsigned best = SKERRY_INTID_COUNT, priority = 0x100;

	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		const struct vgic_bank *b = vgic_bank(v, word);

		for (uint32_t bits = b->active; bits != 0; bits &= bits - 1) {
			unsigned i = (unsigned)__builtin_ctz(bits);

			if (b->where[i] == held_by(v, WHERE_SPILLED) && b->priority[i] < priority) {
				best = word * 32 + i;
				priority = b->priority[i];
			}
		}
	}
	if (best < SKERRY_INTID_COUNT) {
		end_active(v, best);
	}
}

void vgic_fold(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	if (x->is_active_spilled) {
		for (uint32_t n = gic.ops->eoi_count(); n != 0; n--) {
			end_spilled(v);
		}
		x->is_active_spilled = false;
		x->hcr = 0;	/* write it again: the count goes to 0 */
	}
	for (uint32_t m = x->lr_used | 1; m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);
		uint64_t loaded = x->lr[i];

		x->lr[i] = gic.ops->read_lr(i);
		if (i != 0) {
			fold_one(v, LR_INTID(loaded), loaded, x->lr[i]);
		} else if (x->lr[i] & LR_STATE || x->bank.where[SKERRY_INTID_VTIMER] == held_by(v, 0)) {
			fold_one(v, SKERRY_INTID_VTIMER, loaded, x->lr[i]);
		}
	}
	x->lr_used = 0;
}

/* What other cores wanted done to interrupts that were in list registers here. */
static void obey(struct vcpu *v)
{
	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		struct vgic_bank *b = vgic_bank(v, word);

		for (unsigned op = 0; op < VGIC_OPS; op++) {
			uint32_t mine = 0;

			for (uint32_t m = b->order[op]; m != 0; m &= m - 1) {
				uint8_t where = b->where[__builtin_ctz(m)];

				if (!where_is_lr(where)) {
					mine |= m & -m;
				}
			}
			b->order[op] &= ~mine;
			apply(v, word, (enum vgic_op)op, mine);
		}
	}
}

/* The list register's value for an interrupt; its state moves there. */
static uint64_t load_one(struct vcpu *v, unsigned intid, unsigned lr)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	struct vgic_bank *b = vgic_bank(v, intid / 32);
	unsigned i = intid % 32;
	uint32_t bit = 1u << i;
	uint64_t value = intid | (uint64_t)b->priority[i] << LR_PRIORITY_SHIFT |
			 (gic.version == 3 ? LR_GROUP1 : 0);

	if (b->active & bit) {
		value |= LR_ACTIVE;
		b->active &= ~bit;
	}
	b->where[i] = held_by(v, lr);
	if (b->hw & bit) {
		value |= LR_HW | (uint64_t)gic_physical(intid) << LR_PHYS_SHIFT;
		if (!(value & LR_ACTIVE)) {
			value |= LR_PENDING;
			b->pending &= ~bit;
		}
	} else if (intid < 16) {
		uint8_t sources = (uint8_t)(x->sgi[intid / 8] >> intid % 8 * 8);
		unsigned source = value & LR_ACTIVE ? x->sgi_source[intid] :
				  (unsigned)__builtin_ctz(sources | 0x100u);

		value |= (uint64_t)source << LR_PHYS_SHIFT;
		if (sources >> source & 1) {
			value |= LR_PENDING;
			take_sgi(v, intid, (uint8_t)(1u << source));
		}
		if (sources & ~(1u << source)) {
			value |= LR_EOI;	/* the next source then */
		}
	} else if (b->edge & bit) {
		value |= b->pending & bit ? LR_PENDING : 0;
		b->pending &= ~bit;
	} else {
		value |= LR_EOI | (value & LR_ACTIVE ? 0 : LR_PENDING);
	}
	return value;
}

/* Interrupts of a word that this vCPU should have in list registers. */
static uint32_t candidates(struct vcpu *v, unsigned word)
{
	const struct vgic_bank *b = vgic_bank(v, word);
	uint32_t pending = b->pending | (b->level & ~b->edge);
	uint32_t mine = 0;

	if (word == 0) {
		pending |= vgic_sgis(v);
	}
	pending &= vgic_is_on(v->guest) ? b->enabled : 0;
	if (word == 0) {
		return (pending | b->active) & ~TIMER_BIT;
	}
	for (uint32_t m = pending | b->active; m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);

		if (b->where[i] == WHERE_NOWHERE ? vgic_target(v->guest, word * 32 + i) == v->index
						 : b->where[i] == held_by(v, WHERE_SPILLED)) {
			mine |= m & -m;
		}
	}
	return mine;
}

/* The most urgent `max` candidates, sorted: priority << 16 | is not active << 15 |
 * INTID each. What does not fit is noted. */
static unsigned choose(struct vcpu *v, uint32_t *best, unsigned max)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	unsigned count = 0;

	x->is_spilled = false;
	for (unsigned word = 0; word <= VGIC_SPI_BANKS; word++) {
		const struct vgic_bank *b = vgic_bank(v, word);

		for (uint32_t m = candidates(v, word); m != 0; m &= m - 1) {
			unsigned i = (unsigned)__builtin_ctz(m), at;
			uint32_t key = (uint32_t)b->priority[i] << 16 |
				       (b->active >> i & 1 ? 0 : 1u << 15) | (word * 32 + i);

			for (at = count; at > 0 && best[at - 1] > key; at--) {
				if (at < max) {
					best[at] = best[at - 1];
				} else {
					x->is_spilled = true;
					x->is_active_spilled |= !(best[at - 1] & 1u << 15);
				}
			}
			if (at < max) {
				best[at] = key;
				count += count < max;
			} else {
				x->is_spilled = true;
				x->is_active_spilled |= !(key & 1u << 15);
			}
		}
	}
	return count;
}

static void put_lr(struct vcpu *v, unsigned i, uint64_t value)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	if (value != x->lr[i]) {
		gic.ops->write_lr(i, value);
		x->lr[i] = value;
	}
	if (value != 0) {
		x->lr_used |= (uint16_t)(1u << i);
	}
}

/* List register 0, and the value that the fast path writes there. */
static void load_timer(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	bool is_deliverable = vgic_is_on(v->guest) && x->bank.enabled & TIMER_BIT;
	uint64_t value = 0;

	if (x->bank.active & TIMER_BIT || (x->bank.pending & TIMER_BIT && is_deliverable)) {
		value = load_one(v, SKERRY_INTID_VTIMER, 0);
	}
	put_lr(v, 0, value);
	x->timer_lr = !is_deliverable ? 0 : gic.ops->native_lr(SKERRY_INTID_VTIMER |
		(uint64_t)gic.vtimer << LR_PHYS_SHIFT | LR_HW | LR_PENDING |
		(uint64_t)x->bank.priority[SKERRY_INTID_VTIMER] << LR_PRIORITY_SHIFT |
		(gic.version == 3 ? LR_GROUP1 : 0));
}

static void load(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	uint32_t best[VGIC_LR_MAX];
	unsigned count = choose(v, best, gic.lr_count - 1u);
	uint32_t hcr;

	for (unsigned i = 1; i < gic.lr_count; i++) {
		put_lr(v, i, i <= count ? load_one(v, best[i - 1] & 0x3ff, i) : 0);
	}
	load_timer(v);
	hcr = HCR_EN | (x->is_spilled ? HCR_UIE : 0);
	if (x->is_active_spilled) {
		hcr |= HCR_LRENPIE | (gic.can_trap_dir ? HCR_TDIR : 0);
	}
	if (hcr != x->hcr) {
		gic.ops->write_hcr(hcr);
		x->hcr = hcr;
	}
}

void vgic_sync(struct vcpu *v)
{
	struct vgic_guest *x = &v->guest->arch.vgic;

	/* an exchange: what was posted before `work` was set is seen below */
	__atomic_exchange_n(&v->arch.vgic.work, 0, __ATOMIC_ACQUIRE);
	lock_acquire(&x->lock);
	vgic_fold(v);
	obey(v);
	load(v);
	lock_release(&x->lock);
}

void vgic_enter(struct vcpu *v)
{
	if (__atomic_load_n(&v->arch.vgic.work, __ATOMIC_ACQUIRE) != 0) {
		vgic_sync(v);
	}
}
