/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor's and the redistributors' registers as a guest sees them. What
 * does not exist reads as zero and ignores writes; a width or an alignment that
 * the architecture does not allow is an external abort. Reads of plain state take
 * no lock. Sources: IHI 0048B 4.3 (GICv2), IHI 0069H 12.9 and 12.11 (GICv3).
 */
#include <hv/arch.h>

#include "gic.h"

#define GICR_IIDR	0x004
#define GICR_TYPER	0x008
#define GICR_SGI_FRAME	0x10000
#define PIDR2_V2	0xfe8
#define PIDR2_V3	0xffe8

#define IIDR		0x5300043b	/* product 'S', implementer as Arm's */
#define TYPER_LINES	(SKERRY_INTID_COUNT / 32 - 1)
#define TYPER_ID_BITS	(9u << 19)	/* GICv3: 10 bits of INTID */
#define CTLR_ARE_DS	(1u << 4 | 1u << 6)
#define CTLR_RWP	(1u << 31)
#define GICR_CTLR_RWP	(1u << 3)
#define PRIORITY_MASK	0xf8u		/* 5 bits implemented */
#define SGIS		0xffffu

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

/* Is a change of this guest's interrupts still on its way to another core? */
static bool is_write_pending(const struct vcpu *self)
{
	const struct guest *g = self->guest;

	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		if (i != self->index && vcpu_is_on(&g->vcpu[i]) && VGIC_WORK_SYNC &
		    __atomic_load_n(&g->vcpu[i].arch.vgic.work, __ATOMIC_ACQUIRE)) {
			return true;
		}
	}
	return false;
}

/* Pending or active bits of a word: the banks', the physical ones' and the list
 * registers'. Of those the shadows are brought up to date: holders are kicked, and
 * waited for, a bounded time; meanwhile this core does what others ask of it. */
static uint32_t read_state(const struct access *a, unsigned word, uint64_t state)
{
	struct guest *g = a->v->guest;
	struct vgic_guest *x = vgic_lock(g);
	struct vgic_bank *b = vgic_bank(a->owner, word);
	uint32_t bits;

	vgic_touch(a->owner, word, UINT32_MAX);
	vgic_unlock(x);
	vgic_sync(a->v);
	for (unsigned n = 0; n < WAIT_POLLS && is_write_pending(a->v); n++) {
		vgic_enter(a->v);
		arch_cpu_relax();
	}
	x = vgic_lock(g);
	bits = state == LR_ACTIVE ? b->active :
	       b->pending | (b->level & ~b->edge) | (word == 0 ? vgic_sgis(a->owner) : 0);
	for (unsigned i = 0; i < 32; i++) {
		uint8_t where = b->where[i];

		if ((where_is_lr(where) && g->vcpu[where_vcpu(where)].arch.vgic.lr[where_lr(where)] & state) ||
		    (b->hw >> i & 1 && state == LR_PENDING &&
		     gic_is_set(a->owner->cpu, GICD_ISPENDR, gic_physical(word * 32 + i)))) {
			bits |= 1u << i;
		}
	}
	vgic_unlock(x);
	return bits;
}

/* A physical interrupt that is the guest's follows; a PPI where its vCPU is on. */
static void enable(const struct access *a, unsigned word, uint32_t bits, bool on)
{
	struct vgic_bank *b = vgic_bank(a->owner, word);

	b->enabled = on ? b->enabled | bits : b->enabled & ~bits;
	for (uint32_t m = bits & b->hw; m != 0 && (word != 0 || vcpu_is_on(a->owner)); m &= m - 1) {
		gic_write_bit(a->owner->cpu, on ? GICD_ISENABLER : GICD_ICENABLER,
			      gic_physical(word * 32 + (unsigned)__builtin_ctz(m)));
	}
	vgic_touch(a->owner, word, bits);
}

/* One bit an interrupt: 0x080..0x3ff. One group: IGROUPR ignores writes. GICv2's
 * SGIs are always enabled, and have pending registers of their own. */
static void access_bits(const struct access *a)
{
	unsigned word = a->offset % 0x80 / 4, kind = a->offset / 0x80;
	uint32_t bits = (uint32_t)*a->value & ~(word == 0 && gic.version == 2 && kind < 6 ? SGIS : 0);

	if (a->width != 4 || word * 32 < a->first || word * 32 > a->last) {
		return;
	}
	if (a->is_write && kind > 1) {
		struct vgic_guest *x = vgic_lock(a->v->guest);

		if (kind < 4) {
			enable(a, word, bits, kind == 2);
		} else {
			vgic_change(a->v, a->owner, word, (enum vgic_op)(kind - 4), bits);
		}
		vgic_unlock(x);
	} else if (!a->is_write && kind > 3) {
		*a->value = read_state(a, word, kind < 6 ? LR_PENDING : LR_ACTIVE);
	} else if (!a->is_write) {
		*a->value = kind > 1 ? vgic_bank(a->owner, word)->enabled :
			    gic.version == 2 ? 0 : UINT32_MAX;
	}
}

/* An SPI's target. The physical interrupt goes to the core of the vCPU that takes it. */
static void set_target(struct vcpu *v, unsigned intid, uint8_t to)
{
	struct guest *g = v->guest;
	int target;

	g->arch.vgic.target[intid - 32] = to;
	target = vgic_target(g, intid);
	if (target >= 0 && vgic_bank(v, intid / 32)->hw >> intid % 32 & 1) {
		gic_route(intid, g->vcpu[target].cpu);
	}
	vgic_touch(v, intid / 32, 1u << intid % 32);
}

/* A byte an interrupt: IPRIORITYR, and GICv2's ITARGETSR (a mask of vCPUs) */
static void access_bytes(const struct access *a)
{
	unsigned first = a->offset % 0x400;
	bool is_target = a->offset >= GICD_ITARGETSR;
	struct vgic_guest *x;

	if (first < a->first || first > a->last || (is_target && gic.version != 2)) {
		return;
	}
	x = vgic_lock(a->v->guest);
	for (unsigned n = 0, intid = first; n < a->width; n++, intid++) {
		uint8_t *priority = &vgic_bank(a->owner, intid / 32)->priority[intid % 32];
		uint8_t byte = (uint8_t)(*a->value >> 8 * n);

		if (!a->is_write) {
			byte = !is_target ? *priority :
			       intid < 32 ? (uint8_t)(1u << a->v->index) : x->target[intid - 32];
			*a->value |= (uint64_t)byte << 8 * n;
		} else if (!is_target) {
			*priority = byte & PRIORITY_MASK;
			vgic_touch(a->owner, intid / 32, 1u << intid % 32);
		} else if (intid >= 32) {
			set_target(a->v, intid, (uint8_t)(byte & a->v->arch.vgic.all));
		}
	}
	vgic_unlock(x);
}

/* Two bits an interrupt, the upper one: edge. SGIs and PPIs are what they are. */
static void access_config(const struct access *a)
{
	unsigned first = (a->offset - GICD_ICFGR) * 4;
	struct vgic_bank *b = vgic_bank(a->owner, first / 32 % (VGIC_SPI_BANKS + 1));
	struct vgic_guest *x;

	if (a->width != 4 || first < a->first || first > a->last || (a->is_write && first < 32)) {
		return;
	}
	x = vgic_lock(a->v->guest);
	for (unsigned n = 0; n < 16; n++) {
		uint32_t bit = 1u << (first + n) % 32;
		bool is_edge = *a->value >> (2 * n + 1) & 1;

		if (!a->is_write) {
			*a->value |= b->edge & bit ? 2ull << 2 * n : 0;
		} else if (is_edge != !!(b->edge & bit)) {
			b->edge ^= bit;
			if (b->hw & bit) {
				gic_set_edge(first + n, is_edge);
			}
			vgic_touch(a->owner, first / 32, bit);
		}
	}
	vgic_unlock(x);
}

/* GICv2: sources of pending SGIs, a byte each; to clear, or to set */
static void access_sgi_pending(const struct access *a)
{
	unsigned shift = a->offset % 8 * 8;
	uint64_t *word = &a->v->arch.vgic.sgi[a->offset % 16 / 8];
	uint64_t mask = a->width == 1 ? 0xff : UINT32_MAX, bits = (*a->value & mask) << shift;
	struct vgic_guest *x = vgic_lock(a->v->guest);

	vgic_fold(a->v);
	if (!a->is_write) {
		*a->value = __atomic_load_n(word, __ATOMIC_ACQUIRE) >> shift & mask;
	} else if (a->offset < GICD_SPENDSGIR) {
		__atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
	} else {
		bits &= 0x0101010101010101ull * a->v->arch.vgic.all;
		__atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
	}
	vgic_notify(a->v->guest, 1u << a->v->index);
	vgic_unlock(x);
}

/* GICv3: Aff0 or "any" in one byte; the high word is Aff3 */
static void access_router(const struct access *a)
{
	unsigned intid = (a->offset - GICD_IROUTER) / 8;
	bool is_high = a->offset & 4;
	uint64_t affinity = *a->value & (a->width == 8 ? 0xff00ffffffull : 0xffffff);
	struct vgic_guest *x;
	uint8_t to;

	if (intid < a->first || intid > a->last) {
		return;
	}
	x = vgic_lock(a->v->guest);
	to = x->target[intid - 32];
	if (!a->is_write) {
		*a->value = is_high ? 0 : to == TARGET_ANY ? 1u << 31 : to;
	} else {
		if (is_high) {
			to = *a->value & 0xff ? TARGET_ABSENT : to;
		} else {
			to = *a->value & 1u << 31 ? TARGET_ANY :
			     (uint8_t)(affinity < TARGET_ABSENT ? affinity : TARGET_ABSENT);
		}
		set_target(a->v, intid, to);
	}
	vgic_unlock(x);
}

void vgic_write_sgir(struct vcpu *v, uint32_t value)
{
	uint32_t self = 1u << v->index, to[] = { value >> 16 & 0xff, ~self, self }; /* by filter */

	if ((value >> 24 & 3) < 3) {
		vgic_send_sgi(v, to[value >> 24 & 3], value & 15);
	}
}

static void write_distributor(const struct access *a)
{
	struct guest *g = a->v->guest;

	if (a->offset == GICD_CTLR) {
		struct vgic_guest *x = vgic_lock(g);

		x->ctlr = *a->value & 3;
		vgic_notify(g, a->v->arch.vgic.all);
		vgic_unlock(x);
	} else if (a->offset == GICD_SGIR && gic.version == 2) {
		vgic_write_sgir(a->v, (uint32_t)*a->value);
	}
}

uint32_t vgic_read_distributor(const struct vcpu *v, uint64_t offset)
{
	const struct guest *g = v->guest;
	bool is_v3 = gic.version == 3;

	switch (offset) {
	case GICD_CTLR:
		return g->arch.vgic.ctlr | (!is_v3 ? 0 : CTLR_ARE_DS | (is_write_pending(v) ? CTLR_RWP : 0));
	case GICD_TYPER:
		return TYPER_LINES | (g->config->vcpu_count - 1) << 5 | (is_v3 ? TYPER_ID_BITS : 0);
	case GICD_IIDR:
		return IIDR;
	case PIDR2_V2:
		return is_v3 ? 0 : 0x2b;
	case PIDR2_V3:
		return is_v3 ? 0x3b : 0;
	default:
		return 0;
	}
}

/* Registers that both kinds of frame have: one or more bits an interrupt */
static bool access_interrupts(const struct access *a)
{
	if (a->offset < GICD_IGROUPR || a->offset >= GICD_SGIR) {
		return false;
	}
	if (a->offset < GICD_IPRIORITYR) {
		access_bits(a);
	} else if (a->offset < GICD_ICFGR) {
		access_bytes(a);
	} else {
		access_config(a);
	}
	return true;
}

static void access_distributor(const struct access *a)
{
	if (access_interrupts(a)) {
		return;
	}
	if (gic.version == 2 && a->offset >= GICD_CPENDSGIR && a->offset < GICD_SPENDSGIR + 16) {
		access_sgi_pending(a);
	} else if (gic.version == 3 && a->offset >= GICD_IROUTER && a->offset < PIDR2_V3) {
		access_router(a);
	} else if (a->width == 4 && a->is_write) {
		write_distributor(a);
	} else if (a->width == 4) {
		*a->value = vgic_read_distributor(a->v, a->offset);
	}
}

/* GICR_WAKER reads as awake. */
static void access_redistributor(struct access *a)
{
	struct vcpu *o = a->owner;
	uint64_t typer = (uint64_t)o->index << 32 | (uint64_t)o->index << 8 |
			 (o->index == o->guest->config->vcpu_count - 1 ? 1 << 4 : 0);

	if (a->offset >= GICR_SGI_FRAME) {
		a->offset -= GICR_SGI_FRAME;
		access_interrupts(a);
	} else if (a->is_write || a->width == 1) {
		return;
	} else if ((a->offset & ~4u) == GICR_TYPER) {
		*a->value = typer >> a->offset % 8 * 8;
	} else if (a->offset == GICD_CTLR) {
		*a->value = is_write_pending(a->v) ? GICR_CTLR_RWP : 0;
	} else if (a->offset == GICR_IIDR) {
		*a->value = IIDR;
	} else if (a->offset == PIDR2_V3) {
		*a->value = 0x3b;
	}
}

bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value)
{
	uint64_t offset = at_ipa - SKERRY_GICD_BASE;
	bool is_distributor = offset < KIB(64), has_wide;
	struct access a = { v, v, (uint32_t)offset, is_write, (uint8_t)width,
			    gic.version == 2 ? 0 : 32, SKERRY_INTID_COUNT - 1, value };

	if (!is_distributor) {
		uint64_t frame = (at_ipa - SKERRY_GICR_BASE) / SKERRY_GICR_STRIDE;

		if (gic.version != 3 || frame >= v->guest->config->vcpu_count) {
			return false;
		}
		a.owner = &v->guest->vcpu[frame];
		a.offset = (at_ipa - SKERRY_GICR_BASE) % SKERRY_GICR_STRIDE;
		a.first = 0;
		a.last = 31;
	}
	has_wide = gic.version == 3 && (is_distributor ? offset >= GICD_IROUTER : a.offset == GICR_TYPER);
	if (a.offset % width != 0 || !(width == 4 || width == 1 || (width == 8 && has_wide))) {
		return false;
	}
	*value = is_write ? *value : 0;
	if (is_distributor) {
		access_distributor(&a);
	} else {
		access_redistributor(&a);
	}
	*value = width == 4 ? (uint32_t)*value : *value;
	return true;
}
