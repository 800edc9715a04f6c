/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor's and the redistributors' registers as a guest sees them. What
 * does not exist reads as zero and ignores writes; a width or an alignment that
 * the architecture does not allow is an external abort.
 * Sources: IHI 0048B 4.3 (GICv2), IHI 0069H 12.9 and 12.11 (GICv3).
 */
#include "gic.h"

enum { GICR_CTLR = 0x000, GICR_IIDR = 0x004, GICR_TYPER = 0x008, PIDR2_V2 = 0xfe8,
       PIDR2_V3 = 0xffe8 };

/* IIDR: product 'S', implementer as Arm's. GICv3 has 10 bits of INTID; priorities have 5. */
enum { IIDR = 0x5300043b, TYPER_ID_BITS = 9 << 19, CTLR_ARE_DS = 1 << 4 | 1 << 6,
       GICR_CTLR_RWP = 1 << 3, PRIORITY_MASK = 0xf8 };
#define CTLR_RWP	(1u << 31)

#define WAIT_POLLS	20000u		/* for another core to look at its interrupts */

struct access {
	struct vcpu *v;			/* who accesses */
	struct vcpu *owner;		/* whose SGIs and PPIs */
	uint32_t offset;
	bool is_write;
	uint8_t width;			/* bytes: 1, 4 or 8, aligned */
	uint16_t first, last;		/* INTIDs there are in this frame */
	uint64_t *value;
};

/* What a register that has a field for each interrupt holds. The first four are one bit, at
 * 0x100 times their number; of them but GROUP the registers from 0x80 on clear. */
enum field { GROUP, ENABLE, PENDING, ACTIVE, PRIORITY, TARGET, CONFIG };

/* Is a change of this guest's interrupts still on its way to another core? */
static bool is_write_pending(const struct vcpu *self)
{
	const struct guest *g = self->guest;

	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		const struct vcpu *v = &g->vcpu[i];

		/* who is not on its core looks before it goes on: nobody waits for it */
		if (i != self->index && vcpu_is_on(v) && VGIC_WORK_SYNC &
		    load_acquire(&v->arch.vgic.work) && load_relaxed(&pcpus[v->cpu].current) == v) {
			return true;
		}
	}
	return false;
}

/* Brings the shadows of list registers up to date: holders are kicked, and waited
 * for, a bounded time; meanwhile this core does what others ask of it. */
static void refresh(const struct access *a, unsigned first, unsigned count)
{
	lock_acquire(&a->v->guest->arch.vgic.lock);
	for (unsigned intid = first; intid < first + count; intid++) {
		vgic_touch(a->owner, intid);
	}
	lock_release(&a->v->guest->arch.vgic.lock);
	vgic_sync(a->v);
	for (unsigned n = 0; n < WAIT_POLLS && is_write_pending(a->v); n++) {
		vgic_enter(a->v);
		arch_cpu_relax();
	}
}

static bool is_in_lr(const struct access *a, const struct virq *q, uint64_t state)
{
	const struct vcpu *v = &a->v->guest->vcpu[where_vcpu(q->where)];
	const struct vgic_vcpu *x = &v->arch.vgic;

	return where_is_lr(q->where) && x->lr[q->where % 16] & state &&
	       (pcpus[v->cpu].current == v || x->lr_live >> q->where % 16 & 1);
}

static unsigned get_field(const struct access *a, unsigned intid, enum field field)
{
	const struct virq *q = vgic_irq(a->owner, intid);

	switch (field) {
	case GROUP: return gic.version == 3;
	case ENABLE: return q->flags & VIRQ_ENABLED ? 1 : 0;
	case PRIORITY: return q->priority;
	case TARGET: return intid < 32 ? 1u << a->v->index : q->target;
	case CONFIG: return q->flags & VIRQ_EDGE ? 2 : 0;
	case PENDING:
		return vgic_is_pending(a->owner, intid) ||
		       (is_in_lr(a, q, LR_PENDING) && !(q->flags & VIRQ_DROP_PENDING)) ||
		       (q->flags & VIRQ_HW && (intid >= 32 || vgic_has_ppi(a->owner)) &&
			gic_is_set(a->owner->cpu, GICD_ISPENDR, gic_physical(intid)));
	default:	/* ACTIVE */
		return q->flags & VIRQ_ACTIVE ||
		       (is_in_lr(a, q, LR_ACTIVE) && !(q->flags & VIRQ_DROP_ACTIVE));
	}
}

/* A physical interrupt that is the guest's follows; a PPI where its vCPU is on. */
static void enable(const struct access *a, unsigned intid, bool on)
{
	struct virq *q = vgic_irq(a->owner, intid);

	if (intid < 16) {
		uint16_t *sgis = &a->owner->arch.vgic.enabled_sgis, bit = (uint16_t)(1u << intid);

		on |= gic.version == 2;	/* always enabled there */
		*sgis = on ? *sgis | bit : *sgis & (uint16_t)~bit;
	}
	q->flags = (uint8_t)((q->flags & ~VIRQ_ENABLED) | (on ? VIRQ_ENABLED : 0));
	if (q->flags & VIRQ_HW &&
	    (intid >= 32 || (vcpu_is_on(a->owner) && vgic_has_ppi(a->owner)))) {
		gic_write_bit(a->owner->cpu, on ? GICD_ISENABLER : GICD_ICENABLER,
			      gic_physical(intid));
		*(intid < 32 ? &pcpus[a->owner->cpu].is_timer_on : &on) = on;
	}
	vgic_touch(a->owner, intid);
}

/* The physical interrupt goes to the core of the vCPU that takes it. */
static void set_target(struct vcpu *v, unsigned intid, unsigned to)
{
	struct virq *q = vgic_irq(v, intid);
	int target;

	q->target = (uint8_t)to;
	target = vgic_target(v->guest, intid);
	if (target >= 0 && q->flags & VIRQ_HW) {
		gic_route(intid, v->guest->vcpu[target].cpu);
	}
	vgic_touch(v, intid);
}

static void set_field(const struct access *a, unsigned intid, enum field field, unsigned value)
{
	struct virq *q = vgic_irq(a->owner, intid);
	bool clears = a->offset & 0x80;

	if (field == PRIORITY) {
		q->priority = value & PRIORITY_MASK;
		vgic_touch(a->owner, intid);
	} else if (field == TARGET && intid >= 32) {
		set_target(a->v, intid, value & a->v->arch.vgic.all);
	} else if (field == CONFIG && intid >= 32 && !(value & 2) != !(q->flags & VIRQ_EDGE)) {
		q->flags ^= VIRQ_EDGE;
		if (q->flags & VIRQ_HW) {
			gic_set_edge(intid, q->flags & VIRQ_EDGE);
		}
		vgic_touch(a->owner, intid);
	} else if (field == ENABLE && value != 0) {
		enable(a, intid, !clears);
	} else if (((field == PENDING && !(gic.version == 2 && intid < 16)) || field == ACTIVE) &&
		   value != 0) {
		vgic_change(a->v, a->owner, intid, (field == ACTIVE ? VGIC_SET_ACTIVE :
						    VGIC_SET_PENDING) + clears);
	}
}

/* 0x080..0xcff: one, two or eight bits an interrupt. GICv2's SGIs have pending
 * registers of their own. */
static void access_fields(const struct access *a)
{
	uint32_t offset = a->offset;
	unsigned bits = offset < GICD_IPRIORITYR ? 1 : offset < GICD_ICFGR ? 8 : 2;
	enum field field = bits == 1 ? offset / 0x100 : bits == 2 ? CONFIG :
			   offset < GICD_ITARGETSR ? PRIORITY : TARGET;
	unsigned first = (bits == 1 ? offset % 0x80 : offset % 0x400) * 8 / bits;
	unsigned count = a->width * 8u / bits;

	if (first < a->first || first > a->last || (field == TARGET && gic.version == 3) ||
	    (a->width != 4 && bits != 8)) {
		return;
	}
	if (!a->is_write && (field == PENDING || field == ACTIVE)) {
		refresh(a, first, count);
	}
	lock_scope(&a->v->guest->arch.vgic.lock);
	for (unsigned i = 0; i < count; i++) {
		if (a->is_write) {
			set_field(a, first + i, field,
				  (uint32_t)(*a->value >> i * bits) & ((1u << bits) - 1));
		} else {
			*a->value |= (uint64_t)get_field(a, first + i, field) << i * bits;
		}
	}
}

/* GICv2: sources of pending SGIs, a byte each; to clear, or to set */
static void access_sgi_pending(const struct access *a)
{
	unsigned shift = a->offset % 8 * 8;
	uint64_t *word = &a->v->arch.vgic.sgi[a->offset % 16 / 8];
	uint64_t mask = a->width == 1 ? 0xff : UINT32_MAX, bits = (*a->value & mask) << shift;

	lock_scope(&a->v->guest->arch.vgic.lock);
	vgic_fold(a->v);
	if (!a->is_write) {
		*a->value = load_acquire(word) >> shift & mask;
	} else if (a->offset < GICD_SPENDSGIR) {
		__atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
	} else {
		bits &= 0x0101010101010101ull * a->v->arch.vgic.all;
		__atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
	}
	vgic_notify(a->v->guest, 1u << a->v->index);
}

/* GICv3: Aff0 or "any" in one byte; Aff3 is RES0, as GICD_TYPER.A3V says. */
static void access_router(const struct access *a)
{
	unsigned intid = (a->offset - GICD_IROUTER) / 8, to;

	if (intid < a->first || intid > a->last || a->offset & 4) {
		return;
	}
	if (!a->is_write) {
		to = vgic_irq(a->v, intid)->target;
		*a->value = to == TARGET_ANY ? 1u << 31 : to;
		return;
	}
	to = *a->value & 1u << 31 ? TARGET_ANY :
	     (unsigned)min_u64(*a->value & 0xffffff, TARGET_ABSENT);
	lock_scope(&a->v->guest->arch.vgic.lock);
	set_target(a->v, intid, to);
}

uint32_t vgic_read_distributor(const struct vcpu *v, uint64_t offset)
{
	const struct guest *g = v->guest;
	bool is_v3 = gic.version == 3;
	uint32_t last = g->config->vcpu_count - 1;

	switch (offset) {
	case GICD_CTLR:
		return g->arch.vgic.ctlr | (is_v3 ? CTLR_ARE_DS : 0) |
		       (is_v3 && is_write_pending(v) ? CTLR_RWP : 0);
	case GICD_TYPER: return (VGIC_WORDS - 1) | last << 5 | (is_v3 ? TYPER_ID_BITS : 0);
	case GICD_IIDR: return IIDR;
	case PIDR2_V2: return is_v3 ? 0 : 0x2b;
	case PIDR2_V3: return is_v3 ? 0x3b : 0;
	default: return 0;
	}
}

/* GICR_WAKER reads as awake. */
static uint64_t read_redistributor(const struct vcpu *owner, uint32_t offset)
{
	uint64_t i = owner->index, last = owner->guest->config->vcpu_count - 1;

	switch (offset) {
	case GICR_CTLR: return is_write_pending(owner) ? GICR_CTLR_RWP : 0;
	case GICR_IIDR: return IIDR;
	case GICR_TYPER: return i << 32 | i << 8 | (i == last ? 1 << 4 : 0);
	case GICR_TYPER + 4: return i;
	case PIDR2_V3: return 0x3b;
	default: return 0;
	}
}

static void access_distributor(const struct access *a)
{
	struct vgic_guest *x = &a->v->guest->arch.vgic;

	if (a->offset >= GICD_CPENDSGIR && a->offset < GICD_SPENDSGIR + 16 && gic.version == 2) {
		access_sgi_pending(a);
	} else if (a->offset >= GICD_IROUTER && a->offset < PIDR2_V3 && gic.version == 3) {
		access_router(a);
	} else if (a->width == 4 && !a->is_write) {
		*a->value = vgic_read_distributor(a->v, a->offset);
	} else if (a->width == 4 && a->offset == GICD_CTLR) {
		lock_scope(&x->lock);
		x->ctlr = *a->value & 3;
		vgic_notify(a->v->guest, a->v->arch.vgic.all);
	} else if (a->width == 4 && a->offset == GICD_SGIR && gic.version == 2) {
		uint32_t value = (uint32_t)*a->value, self = 1u << a->v->index;
		uint32_t to[] = { value >> 16 & 0xff, ~self, self, 0 };	/* by filter */

		vgic_send_sgi(a->v, to[value >> 24 & 3], value & 15);
	}
}

bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value)
{
	uint64_t offset = at_ipa - SKERRY_GICD_BASE, gicr = at_ipa - SKERRY_GICR_BASE;
	bool is_distributor = offset < KIB(64);
	bool has_wide = gic.version == 3 && offset >= GICD_IROUTER;
	uint32_t in_frame;
	struct access a = { v, v, (uint32_t)offset, is_write, (uint8_t)width,
			    gic.version == 2 ? 0 : 32, SKERRY_INTID_COUNT - 1, value };

	if (!is_distributor) {
		if (gic.version != 3 || gicr / SKERRY_GICR_STRIDE >= v->guest->config->vcpu_count) {
			return false;
		}
		a.owner = &v->guest->vcpu[gicr / SKERRY_GICR_STRIDE];
		a.offset = gicr % SKERRY_GICR_STRIDE;
		a.first = 0;
		a.last = 31;
		has_wide = a.offset == GICR_TYPER;
	}
	if (offset % width != 0 || !(width == 4 || width == 1 || (width == 8 && has_wide))) {
		return false;
	}
	*value = is_write ? *value : 0;
	in_frame = a.offset % GICR_SGI_FRAME;
	if (!is_distributor && a.offset < GICR_SGI_FRAME) {
		*value = is_write || width == 1 ? *value : read_redistributor(a.owner, in_frame);
	} else if (in_frame >= GICD_IGROUPR && in_frame < GICD_SGIR) {
		a.offset = in_frame;
		access_fields(&a);
	} else if (is_distributor) {
		access_distributor(&a);
	}
	if (is_write && is_distributor && offset != GICD_SGIR) {
		lock_scope(&v->guest->arch.vgic.lock);
		vgic_arm_bells(v->guest, NULL);
	}
	vgic_enter(v);		/* what was folded goes back, before another vCPU has the core */
	*value = width == 4 ? (uint32_t)*value : *value;
	return true;
}
