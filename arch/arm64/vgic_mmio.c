/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor's and the redistributors' registers as a guest sees them. What
 * does not exist reads as zero and ignores writes; a width or an alignment that
 * the architecture does not allow is an external abort. Reads of plain state take
 * no lock. Sources: IHI 0048B 4.3 (GICv2), IHI 0069H 12.9 and 12.11 (GICv3).
 */
#include <core/guest.h>
#include <hv/arch.h>

#include "gic.h"

#define GICD_IIDR	0x008
#define GICD_SPENDSGIR	0xf20
#define GICD_CPENDSGIR	0xf10
#define GICD_IROUTER_END (GICD_IROUTER + 8 * SKERRY_INTID_COUNT)
#define GICR_TYPER	0x008
#define GICR_WAKER	0x014
#define GICR_SGI_FRAME	0x10000
#define PIDR2_V2	0xfe8
#define PIDR2_V3	0xffe8

#define IIDR		0x5300043b	/* product 'S', implementer's JEP106 code as Arm's */
#define TYPER_LINES	(SKERRY_INTID_COUNT / 32 - 1)
#define TYPER_ID_BITS	(9u << 19)	/* GICv3: 10 bits of INTID */
#define CTLR_GROUPS	3u
#define CTLR_ARE_DS	(1u << 4 | 1u << 6)
#define CTLR_RWP	(1u << 31)
#define GICR_CTLR_RWP	(1u << 3)
#define WAKER_ASLEEP	6u		/* ProcessorSleep, ChildrenAsleep */
#define PRIORITY_MASK	0xf8u		/* 5 bits implemented */

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

bool vgic_is_on(const struct guest *g)
{
	return g->arch.vgic.ctlr & (gic.version == 2 ? 1 : 2);
}

static struct lock *lock_of(const struct access *a)
{
	struct lock *l = &a->v->guest->arch.vgic.lock;

	lock_acquire(l);
	return l;
}

static uint8_t *priority_of(const struct access *a, unsigned intid)
{
	return &vgic_bank(a->owner, intid / 32)->priority[intid % 32];
}

/* Is a change of this guest's interrupts still on its way to another core? */
static bool is_write_pending(const struct guest *g)
{
	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		const struct vcpu *v = &g->vcpu[i];

		if (__atomic_load_n(&v->arch.vgic.work, __ATOMIC_ACQUIRE) & VGIC_WORK_SYNC &&
		    vcpu_is_on(v)) {
			return true;
		}
	}
	return false;
}

/* Brings what is in list registers up to date in the shadows, on other cores too:
 * they are kicked, and waited for, a bounded time; meanwhile this core does
 * what the others ask of it. */
static void refresh(const struct access *a, unsigned word)
{
	struct guest *g = a->v->guest;
	struct lock *l = lock_of(a);
	uint32_t who = 0;

	for (unsigned i = 0; i < 32; i++) {
		uint8_t where = vgic_bank(a->owner, word)->where[i];

		who |= where_is_lr(where) ? 1u << where_vcpu(where) : 0;
	}
	if (word == 0) {
		who |= 1u << a->owner->index;
	}
	vgic_notify(g, who & ~(1u << a->v->index));
	lock_release(l);
	vgic_sync(a->v);
	if ((who & ~(1u << a->v->index)) == 0) {
		return;
	}
	for (unsigned n = 0; n < WAIT_POLLS && is_write_pending(g); n++) {
		vgic_enter(a->v);
		arch_cpu_relax();
	}
}

/* Pending or active bits: the banks', the list registers', the physical ones'. */
static uint32_t read_state(const struct access *a, unsigned word, uint64_t state)
{
	struct vgic_bank *b = vgic_bank(a->owner, word);
	struct lock *l;
	uint32_t bits;

	refresh(a, word);
	l = lock_of(a);
	bits = state == LR_ACTIVE ? b->active : b->pending | (b->level & ~b->edge);
	if (word == 0 && state == LR_PENDING) {
		bits |= vgic_sgis(a->owner);
	}
	for (unsigned i = 0; i < 32; i++) {
		const struct vcpu *holder = &a->v->guest->vcpu[where_vcpu(b->where[i])];

		if (where_is_lr(b->where[i]) &&
		    holder->arch.vgic.lr[where_lr(b->where[i])] & state) {
			bits |= 1u << i;
		}
		if (state == LR_PENDING && b->hw >> i & 1 &&
		    gic_is_set(a->owner->cpu, GICD_ISPENDR, gic_physical(word * 32 + i))) {
			bits |= 1u << i;
		}
	}
	lock_release(l);
	return bits;
}

static void enable(const struct access *a, unsigned word, uint32_t bits, bool on)
{
	struct vgic_bank *b = vgic_bank(a->owner, word);
	struct lock *l = lock_of(a);

	if (word == 0 && gic.version == 2) {
		bits &= ~0xffffu;	/* SGIs are always enabled */
	}
	b->enabled = on ? b->enabled | bits : b->enabled & ~bits;
	for (uint32_t m = bits & b->hw; m != 0; m &= m - 1) {
		if (word != 0 || vcpu_is_on(a->owner)) {
			gic_write_bit(a->owner->cpu, on ? GICD_ISENABLER : GICD_ICENABLER,
				      gic_physical(word * 32 + (unsigned)__builtin_ctz(m)));
		}
	}
	vgic_touch(a->owner, word, bits);
	lock_release(l);
}

static void change(const struct access *a, unsigned word, enum vgic_op op, uint32_t bits)
{
	struct lock *l = lock_of(a);

	if (word == 0 && gic.version == 2 && op <= VGIC_CLEAR_PENDING) {
		bits &= ~0xffffu;	/* SGIs have registers of their own */
	}
	vgic_change(a->v, a->owner, word, op, bits);
	lock_release(l);
}

static void write_bits(const struct access *a, unsigned word, uint32_t bits)
{
	switch (a->offset & ~0x7fu) {
	case GICD_ISENABLER:
		enable(a, word, bits, true);
		break;
	case GICD_ICENABLER:
		enable(a, word, bits, false);
		break;
	case GICD_ISPENDR:
		change(a, word, VGIC_SET_PENDING, bits);
		break;
	case GICD_ICPENDR:
		change(a, word, VGIC_CLEAR_PENDING, bits);
		break;
	case GICD_ISACTIVER:
		change(a, word, VGIC_SET_ACTIVE, bits);
		break;
	case GICD_ICACTIVER:
		change(a, word, VGIC_CLEAR_ACTIVE, bits);
		break;
	default:	/* IGROUPR: one group */
		break;
	}
}

static uint32_t read_bits(const struct access *a, unsigned word)
{
	switch (a->offset & ~0x7fu) {
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return vgic_bank(a->owner, word)->enabled;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		return read_state(a, word, LR_PENDING);
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		return read_state(a, word, LR_ACTIVE);
	default:
		return gic.version == 2 ? 0 : UINT32_MAX;
	}
}

/* One bit an interrupt: 0x080..0x3ff */
static void access_bits(const struct access *a)
{
	unsigned word = a->offset % 0x80 / 4;

	if (a->width != 4 || word * 32 < a->first || word * 32 > a->last) {
		return;
	}
	if (a->is_write) {
		write_bits(a, word, (uint32_t)*a->value);
	} else {
		*a->value = read_bits(a, word);
	}
}

static void access_priority(const struct access *a)
{
	unsigned intid = a->offset - GICD_IPRIORITYR;
	struct lock *l;

	if (intid < a->first || intid > a->last) {
		return;
	}
	l = lock_of(a);
	for (unsigned i = 0; i < a->width; i++) {
		if (a->is_write) {
			*priority_of(a, intid + i) = *a->value >> 8 * i & PRIORITY_MASK;
		} else {
			*a->value |= (uint64_t)*priority_of(a, intid + i) << 8 * i;
		}
	}
	if (a->is_write) {
		vgic_touch(a->owner, intid / 32, ((1u << a->width) - 1) << intid % 32);
	}
	lock_release(l);
}

/* The physical interrupt goes to the core of the vCPU that takes it. */
static void set_target(struct vcpu *v, unsigned intid, uint8_t to)
{
	struct guest *g = v->guest;
	int target;

	g->arch.vgic.target[intid - 32] = to;
	target = vgic_target(g, intid);
	if (target >= 0 && vgic_bank(v, intid / 32)->hw >> intid % 32 & 1) {
		gic.ops->route(intid, g->vcpu[target].cpu);
	}
	vgic_touch(v, intid / 32, 1u << intid % 32);
}

/* GICv2: a byte an interrupt, a mask of vCPUs */
static void access_targets(const struct access *a)
{
	unsigned intid = a->offset - GICD_ITARGETSR;
	uint32_t all = (1u << a->v->guest->config->vcpu_count) - 1;
	struct lock *l;

	if (gic.version != 2 || intid > a->last || (a->is_write && intid < 32)) {
		return;
	}
	l = lock_of(a);
	for (unsigned i = 0; i < a->width; i++) {
		if (a->is_write) {
			set_target(a->v, intid + i, (uint8_t)(*a->value >> 8 * i & all));
		} else {
			*a->value |= (uint64_t)(intid < 32 ? 1u << a->v->index :
				     a->v->guest->arch.vgic.target[intid - 32 + i]) << 8 * i;
		}
	}
	lock_release(l);
}

/* Two bits an interrupt, the upper one: edge. SGIs and PPIs are what they are. */
static void access_config(const struct access *a)
{
	unsigned first = (a->offset - GICD_ICFGR) * 4;
	struct vgic_bank *b;
	struct lock *l;

	if (a->width != 4 || first < a->first || first > a->last || (a->is_write && first < 32)) {
		return;
	}
	b = vgic_bank(a->owner, first / 32);
	l = lock_of(a);
	for (unsigned i = 0; i < 16; i++) {
		uint32_t bit = 1u << (first + i) % 32;
		bool is_edge = *a->value >> (2 * i + 1) & 1;

		if (!a->is_write) {
			*a->value |= b->edge & bit ? 2ull << 2 * i : 0;
		} else if (is_edge != !!(b->edge & bit)) {
			b->edge ^= bit;
			if (b->hw & bit) {
				gic_set_edge(first + i, is_edge);
			}
			vgic_touch(a->owner, first / 32, bit);
		}
	}
	lock_release(l);
}

/* GICv2: sources of pending SGIs, a byte each; set or clear */
static void access_sgi_pending(const struct access *a)
{
	unsigned sgi = a->offset & 15;
	uint64_t *word = &a->v->arch.vgic.sgi[sgi / 8];
	uint64_t bits = (a->width == 1 ? *a->value & 0xff : (uint32_t)*a->value) << sgi % 8 * 8;
	struct lock *l = lock_of(a);

	vgic_fold(a->v);
	if (!a->is_write) {
		*a->value = __atomic_load_n(word, __ATOMIC_ACQUIRE) >> sgi % 8 * 8;
		*a->value &= a->width == 1 ? 0xff : UINT32_MAX;
	} else if (a->offset < GICD_SPENDSGIR) {
		__atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_or(word, bits & 0x0101010101010101ull *
				  ((1u << a->v->guest->config->vcpu_count) - 1), __ATOMIC_RELAXED);
	}
	vgic_notify(a->v->guest, 1u << a->v->index);
	lock_release(l);
}

/* GICv2: GICD_SGIR */
static void write_sgir(const struct access *a)
{
	uint32_t value = (uint32_t)*a->value;
	uint32_t self = 1u << a->v->index;

	switch (value >> 24 & 3) {
	case 0:
		vgic_send_sgi(a->v, value >> 16 & 0xff, value & 15);
		break;
	case 1:
		vgic_send_sgi(a->v, ~self, value & 15);
		break;
	case 2:
		vgic_send_sgi(a->v, self, value & 15);
		break;
	default:
		break;
	}
}

/* GICv3: Aff0 or "any" in one byte; the high word is Aff3 */
static void access_router(const struct access *a)
{
	unsigned intid = (a->offset - GICD_IROUTER) / 8;
	struct lock *l;
	uint8_t *target;

	if (intid < a->first) {
		return;
	}
	target = &a->v->guest->arch.vgic.target[intid - 32];
	l = lock_of(a);
	if (!a->is_write) {
		*a->value = a->offset & 4 ? 0 : (*target & TARGET_ANY ? 1u << 31 : *target);
	} else if (a->offset & 4) {
		set_target(a->v, intid, *a->value & 0xff ? TARGET_ABSENT : *target);
	} else if (*a->value & 1u << 31) {
		set_target(a->v, intid, TARGET_ANY);
	} else {
		uint64_t affinity = *a->value & (a->width == 8 ? 0xff00ffffffull : 0xffffff);

		set_target(a->v, intid, (uint8_t)(affinity < TARGET_ABSENT ? affinity : TARGET_ABSENT));
	}
	lock_release(l);
}

static void write_ctlr(const struct access *a)
{
	struct vgic_guest *x = &a->v->guest->arch.vgic;
	uint32_t groups = (uint32_t)*a->value & CTLR_GROUPS;
	struct lock *l = lock_of(a);

	if (groups != x->ctlr) {
		x->ctlr = groups;
		vgic_notify(a->v->guest, (1u << a->v->guest->config->vcpu_count) - 1);
	}
	lock_release(l);
}

static uint32_t read_distributor(const struct guest *g, uint32_t offset)
{
	uint32_t last = g->config->vcpu_count - 1;

	if (gic.version == 2) {
		switch (offset) {
		case GICD_CTLR:
			return g->arch.vgic.ctlr;
		case GICD_TYPER:
			return TYPER_LINES | last << 5;
		case GICD_IIDR:
			return IIDR;
		case PIDR2_V2:
			return 0x2b;
		default:
			return 0;
		}
	}
	switch (offset) {
	case GICD_CTLR:
		return g->arch.vgic.ctlr | CTLR_ARE_DS | (is_write_pending(g) ? CTLR_RWP : 0);
	case GICD_TYPER:
		return TYPER_LINES | last << 5 | TYPER_ID_BITS;
	case GICD_IIDR:
		return IIDR;
	case PIDR2_V3:
		return 0x3b;
	default:
		return 0;
	}
}

/* Registers that both kinds of frame have: one or more fields an interrupt */
static bool access_interrupts(const struct access *a)
{
	if (a->offset < GICD_IGROUPR || a->offset >= GICD_ICFGR + 0x100) {
		return false;
	}
	if (a->offset < GICD_IPRIORITYR) {
		access_bits(a);
	} else if (a->offset < GICD_ITARGETSR) {
		access_priority(a);
	} else if (a->offset < GICD_ICFGR) {
		access_targets(a);
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
	} else if (gic.version == 3 && a->offset >= GICD_IROUTER && a->offset < GICD_IROUTER_END) {
		access_router(a);
	} else if (a->width != 4) {
		return;
	} else if (!a->is_write) {
		*a->value = read_distributor(a->v->guest, a->offset);
	} else if (a->offset == GICD_CTLR) {
		write_ctlr(a);
	} else if (a->offset == GICD_SGIR && gic.version == 2) {
		write_sgir(a);
	}
}

static void access_redistributor(struct access *a)
{
	struct vcpu *owner = a->owner;
	uint64_t typer = (uint64_t)owner->index << 32 | (uint64_t)owner->index << 8 |
			 (owner->index == owner->guest->config->vcpu_count - 1 ? 1 << 4 : 0);

	if (a->offset >= GICR_SGI_FRAME) {
		a->offset -= GICR_SGI_FRAME;
		access_interrupts(a);
	} else if (a->offset == GICR_WAKER && a->is_write && a->width == 4) {
		owner->arch.vgic.is_asleep = *a->value & 2;
	} else if (a->is_write) {
		return;
	} else if ((a->offset & ~4u) == GICR_TYPER) {
		*a->value = a->offset & 4 ? typer >> 32 : typer;
	} else if (a->width != 4) {
		return;
	} else if (a->offset == GICD_CTLR) {
		*a->value = is_write_pending(owner->guest) ? GICR_CTLR_RWP : 0;
	} else if (a->offset == 4) {
		*a->value = IIDR;
	} else if (a->offset == GICR_WAKER) {
		*a->value = owner->arch.vgic.is_asleep ? WAKER_ASLEEP : 0;
	} else if (a->offset == PIDR2_V3) {
		*a->value = 0x3b;
	}
}

/* Which widths a register has: bytes where the architecture has them, 8 bytes for
 * IROUTER and GICR_TYPER. */
static bool is_width_allowed(const struct access *a, bool is_distributor)
{
	uint32_t at = a->offset % GICR_SGI_FRAME;

	if (a->width == 8) {
		return gic.version == 3 && (is_distributor ? at >= GICD_IROUTER : a->offset == GICR_TYPER);
	}
	return a->width == 4 || a->width == 1;
}

bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value)
{
	uint64_t offset = at_ipa - SKERRY_GICD_BASE;
	bool is_distributor = offset < KIB(64);
	struct access a = { v, v, (uint32_t)offset, is_write, (uint8_t)width,
			    gic.version == 2 ? 0 : 32, SKERRY_INTID_COUNT - 1, value };

	if (!is_distributor) {
		offset = at_ipa - SKERRY_GICR_BASE;
		if (gic.version != 3 || offset / SKERRY_GICR_STRIDE >= v->guest->config->vcpu_count) {
			return false;
		}
		a.owner = &v->guest->vcpu[offset / SKERRY_GICR_STRIDE];
		a.offset = offset % SKERRY_GICR_STRIDE;
		a.first = 0;
		a.last = 31;
	}
	if (offset % width != 0 || !is_width_allowed(&a, is_distributor)) {
		return false;
	}
	if (!is_write) {
		*value = 0;
	}
	if (is_distributor) {
		access_distributor(&a);
	} else {
		access_redistributor(&a);
	}
	if (width == 4) {
		*value = (uint32_t)*value;
	}
	return true;
}
