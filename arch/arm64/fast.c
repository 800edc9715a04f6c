/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits tried before the slow path, called by fast_exit.S: of the guest's registers
 * only x0..x18 and x30 are in the vCPU; x19..x29 are the guest's and come back as
 * the compiler keeps them. Return the vCPU: handled, go on. NULL: slow path.
 * No lock: an SGI is posted atomically, and one to oneself or posted by others goes
 * into a free list register at once. Of what others see only
 * `where` changes, and that only its holder clears.
 */
#include "gic.h"

struct vcpu *fast_sgi1r(struct vcpu *v, uint64_t value);
struct vcpu *fast_abort(struct vcpu *v, uint32_t esr);
struct vcpu *fast_irq(struct vcpu *v, uint32_t iar);
struct vcpu *fast_kick(struct vcpu *v);

/* A data abort that a 32-bit load or store with a valid syndrome made by a stage-2
 * translation fault, but for what is ignored */
#define ESR_READ	((uint32_t)EC_DABORT_LOW << 26 | 1u << 25 | 1u << 24 | 2u << 22 | 4u)
#define ESR_WRITE	(ESR_READ | 1u << 6)
#define ESR_IGNORED	(31u << 16 | 1u << 15 | 3u)	/* Rt, SF, level */
_Static_assert(offsetof(struct pcpu, is_shared) % 2 == 0 &&
	       offsetof(struct pcpu, look) == offsetof(struct pcpu, is_shared) + 1, "fast_kick()");
#define SGI1R_OTHERS	0x00fff1ff00ff0000ull	/* IRM, Aff3, RS, Aff2, Aff1 */

static inline bool is_v3(const struct vcpu *v) { return v->arch.vgic.gic == 3; }

/* False: it has to be posted, for a sync. */
static always_inline bool put_sgi(struct vcpu *v, unsigned sgi, unsigned source)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	struct virq *q = &x->irq[sgi];
	unsigned i = q->where % 16;
	uint32_t empty = gic_empty_lrs(x) & gic.lr_mask;
	uint64_t lr = sgi | (uint64_t)source << LR_PHYS_SHIFT | LR_PENDING |
		      (uint64_t)q->priority << LR_PRIORITY_SHIFT | (is_v3(v) ? LR_GROUP1 : 0);

	if (q->where == WHERE_NOWHERE && (empty & ~LR_BELL) != 0) {
		i = (unsigned)__builtin_ctz(empty & ~LR_BELL);
	}
	if (!(x->quick_sgis >> sgi & 1) || !(empty >> i & 1) ||
	    !gic_write_quick(x, i, is_v3(v) ? lr :	/* as gic_native_lr() */
			     1u << 28 | source << 10 | sgi | (lr >> 28 & 0x1f << 23))) {
		return false;
	}
	if (q->where == WHERE_NOWHERE) {
		struct virq *old = vgic_irq(v, LR_INTID(x->lr[i]));

		if (old->where == vgic_held_by(v, i)) {
			old->where = WHERE_NOWHERE;	/* the guest has ended it */
		}
		q->where = vgic_held_by(v, i);
		x->lr_used |= (uint16_t)(1u << i);
	}
	x->lr[i] = lr;
	return true;
}

static __attribute__((noinline))
struct vcpu *send_to_many(struct vcpu *v, uint32_t vcpus, unsigned sgi)
{
	vgic_send_sgi(v, vcpus, sgi);
	return vcpus >> v->index & 1 ? vgic_sync(v) : v;
}

/* To one vCPU here */
static inline struct vcpu *send_sgi(struct vcpu *v, uint32_t vcpus, unsigned sgi)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	struct vcpu *to;

	if (vcpus == 1u << v->index) {
		return put_sgi(v, sgi, x->source) ? v : send_to_many(v, vcpus, sgi);
	}
	if ((vcpus & (vcpus - 1)) != 0 || (vcpus & x->all) == 0) {
		return send_to_many(v, vcpus, sgi);
	}
	to = &v->guest->vcpu[__builtin_ctz(vcpus)];
	vgic_post_sgi(to, sgi, x->source);
	if (__atomic_fetch_or(&to->arch.vgic.work, VGIC_WORK_SGI, __ATOMIC_SEQ_CST) == 0 &&
	    vcpu_is_on(to)) {
		dsb(ishst);
		if (is_v3(v)) {
			WRITE_SYSREG(gic.cpu[to->cpu], icc_sgi1r_el1);
		} else {
			*(volatile uint32_t *)(GICD_VA + GICD_SGIR) = (uint32_t)gic.cpu[to->cpu];
		}
	}
	return v;
}

/* ICC_SGI1R_EL1 was written; counted and skipped already. */
struct vcpu *fast_sgi1r(struct vcpu *v, uint64_t value)
{
	if ((value & SGI1R_OTHERS) == 0) {
		return send_sgi(v, value & 0xffff, value >> 24 & 15);
	}
	return vgic_write_sgi1r(v, value);
}

/* The distributor's registers that describe it, and GICv2's GICD_SGIR to a list. */
struct vcpu *fast_abort(struct vcpu *v, uint32_t esr)
{
	unsigned rt = esr >> 16 & 31;
	uint64_t at = READ_SYSREG(hpfar_el2) << 8 | (READ_SYSREG(far_el2) & (PAGE_SIZE - 1));

	if (rt > 18) {
		return NULL;
	}
	esr &= ~ESR_IGNORED;
	if (esr == ESR_READ && at - SKERRY_GICD_BASE < GICD_IGROUPR) {
		v->arch.x[rt] = vgic_read_distributor(v, at - SKERRY_GICD_BASE);
	} else if (esr == ESR_WRITE && at == SKERRY_GICD_BASE + GICD_SGIR && !is_v3(v) &&
		   (v->arch.x[rt] >> 24 & 3) == 0) {
		send_sgi(v, v->arch.x[rt] >> 16 & 0xff, v->arch.x[rt] & 15);
	} else {
		return NULL;
	}
	v->exits[EXIT_MMIO]++;
	WRITE_SYSREG(READ_SYSREG(elr_el2) + 4, elr_el2);
	return v;
}

/* Posted SGIs and nothing else; false: it needs a sync. */
static inline bool load_sgis(struct vcpu *v)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t *posted = &v->arch.vgic.sgi[half], w = 0;

		if (*posted != 0) {
			w = __atomic_exchange_n(posted, 0, __ATOMIC_RELAXED);
		}
		for (; w != 0; w &= w - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(w);

			if (!put_sgi(v, half * 8 + bit / 8, bit % 8)) {
				__atomic_fetch_or(posted, w, __ATOMIC_RELAXED);
				return false;
			}
		}
	}
	return true;
}

/* An interrupt for core_next() */
static __attribute__((noinline)) struct vcpu *slow(void)
{
	core_came();
	return NULL;
}

static __attribute__((noinline)) struct vcpu *go_on(struct vcpu *v)
{
	uint32_t only_sgis = VGIC_WORK_SGI;

	v->exits[EXIT_IRQ]++;
	if (!__atomic_compare_exchange_n(&v->arch.vgic.work, &only_sgis, 0, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		return only_sgis != 0 ? vgic_sync(v) : v;
	}
	return load_sgis(v) ? v : vgic_sync(v);
}

/* A kick, ended already: look at what there is to do; on a shared core for all that live there. */
struct vcpu *fast_kick(struct vcpu *v)
{
	/* `look` is the other half */
	return *(const volatile uint16_t *)&pcpu()->is_shared != 0 ? slow() : go_on(v);
}

struct vcpu *fast_irq(struct vcpu *v, uint32_t iar)
{
	if ((iar & 0x3ff) < GIC_SPURIOUS) {
		gic_dispatch(iar);
	}
	if ((iar & 0x3ff) == GIC_KICK) {
		return fast_kick(v);
	}
	return load_relaxed(&pcpu()->look) ? slow() : go_on(v);
}
