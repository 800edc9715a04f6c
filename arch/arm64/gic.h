/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to the interrupt controller: the board's kind, and what the virtual side asks
 * of the physical one. The host tests provide their own functions. Assembly uses the
 * numbers.
 */
#pragma once

/* A list register as EL2 handles it: ICH_LR<n>_EL2 (IHI 0069H, 12.4.7). On
 * GICv2 the source of an SGI is in the low bits of the physical INTID, as in GICH_LR<n>. */
#define LR_INTID(lr)	((unsigned)(lr) & 0x3ff)
#define LR_PHYS_SHIFT	32
#define LR_SOURCE(lr)	((unsigned)((lr) >> LR_PHYS_SHIFT) & 7)
#define LR_EOI		(1ull << 41)	/* maintenance interrupt at EOI; HW = 0 only */
#define LR_PRIORITY_SHIFT 48
#define LR_GROUP1	(1ull << 60)
#define LR_HW		(1ull << 61)
#define LR_PENDING	(1ull << 62)
#define LR_ACTIVE	(1ull << 63)
#define LR_STATE	(LR_PENDING | LR_ACTIVE)
#define LR_LIVE		(LR_STATE | LR_EOI)	/* others may stand for 0 in the hardware */

/* Of the distributor, and GICv2's CPU interface and virtual interface control */
#define GICD_SGIR	0xf00
#define GICC_IAR	0x00c
#define GICC_EOIR	0x010
#define GICC_DIR	0x1000
#define GICH_ELRSR0	0x030
#define GICH_LR		0x100

#define LR_BELL		2	/* list register 1: fast paths use it for doorbells only */

#define GIC_KICK	0	/* EL2's SGIs: look at your work; */
#define GIC_BELL	1	/* a doorbell was rung, see vgic_bell.c */
#define DOORBELL_V2	(1ull << 63)	/* of doorbell.sgi: for GICD_SGIR */

#ifndef __ASSEMBLER__
#include <hv/mmio.h>

#include "trap.h"

/* Of every physical interrupt; in gic.owner[]: the trigger that its device has; INTIDs from here
 * on: none waits */
enum { GIC_PRIORITY = 0xa0, GIC_EDGE = 0x80, GIC_SPURIOUS = 1020 };

/* GICH_HCR and ICH_HCR_EL2; UIE: at most one valid list register; LRENPIE: an EOI found none */
enum { HCR_EN = 1, HCR_UIE = 2, HCR_LRENPIE = 4 };
#define HCR_EOI_COUNT(h) ((h) >> 27)	/* EOIs that found none; a write clears it */

/* Registers of the distributor, and of the redistributor's SGI frame. */
enum {
	GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IIDR = 0x008, GICD_IGROUPR = 0x080,
	GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180, GICD_ISPENDR = 0x200,
	GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380,
	GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00,
	GICD_CPENDSGIR = 0xf10, GICD_SPENDSGIR = 0xf20, GICD_IROUTER = 0x6000,
	GICR_SGI_FRAME = 0x10000,
};

struct gic {			/* written at boot only, but for the owner of `uart` */
	uint8_t version, lr_count;	/* 2 or 3; 3..VGIC_LR_MAX */
	uint16_t lr_mask;	/* list registers for anything: all but 0 */
	uint16_t vtimer, hyp_timer, maintenance, uart; /* INTIDs; uart 0: none */
	uint64_t cpu[SKERRY_CPU_MAX];	/* a kick, as GICD_SGIR (GICv2) or ICC_SGI1R_EL1 takes it */
	uint64_t mpidr[SKERRY_CPU_MAX];	/* affinity, as GICD_IROUTER has it */
	uint8_t owner[SKERRY_INTID_COUNT]; /* of an assigned SPI: guest + 1, GIC_EDGE; 0: nobody */
};

extern struct gic gic;

/* The hypervisor interface of this core. */
uint64_t gic_read_lr(unsigned i);
void gic_write_lr(unsigned i, uint64_t lr);
uint64_t gic_native_lr(uint64_t lr);	/* what gic_write_lr() writes */
uint32_t gic_read_hcr(void);
/* What fast paths write: list registers 0..3 (false: another one), as gic_native_lr() has them;
 * and a bit for each that is empty. */
#ifdef __aarch64__
static inline bool gic_write_quick(const struct vgic_vcpu *x, unsigned i, uint64_t lr)
{
	if (x->gic == 2) {
		mmio_write32(GICH_VA + GICH_LR + 4 * i, (uint32_t)lr);
	} else if (i == 3) {
		WRITE_SYSREG(lr, ich_lr3_el2);
	} else if (i == 2) {
		WRITE_SYSREG(lr, ich_lr2_el2);
	} else if (i == 1) {
		WRITE_SYSREG(lr, ich_lr1_el2);
	} else if (i == 0) {
		WRITE_SYSREG(lr, ich_lr0_el2);
	}
	return x->gic == 2 || i < 4;
}

static inline uint32_t gic_empty_lrs(const struct vgic_vcpu *x)
{
	isb();		/* one may have been written just now */
	return x->gic == 2 ? mmio_read32(GICH_VA + GICH_ELRSR0) :
	       (uint32_t)READ_SYSREG(ich_elrsr_el2);
}
#else
bool gic_write_quick(const struct vgic_vcpu *x, unsigned i, uint64_t lr);
uint32_t gic_empty_lrs(const struct vgic_vcpu *x);
#endif
void gic_write_hcr(uint32_t hcr);
void gic_save(struct vgic_vcpu *x);	/* all of it; then it is off, list registers empty */
void gic_load(struct vgic_vcpu *x);
void gic_reset(void);			/* off, idle, list registers empty */

/* One physical interrupt, by GICD_IS... / IC... register. A PPI: of core `cpu`. */
void gic_write_bit(unsigned cpu, unsigned reg, unsigned intid);
bool gic_is_set(unsigned cpu, unsigned reg, unsigned intid);
/* The virtual timer's, of the calling core: its state, taken away; and back, enabled or not. */
enum { PPI_PENDING = 1, PPI_ACTIVE = 2 };
unsigned gic_take_timer(void);
void gic_put_timer(bool is_enabled, unsigned state);
void gic_set_edge(unsigned intid, bool is_edge);	/* SPIs */
void gic_route(unsigned intid, unsigned cpu);
void gic_dispatch(uint32_t iar);	/* one that was acknowledged */

struct vcpu *fast_bells(struct vcpu *v, uint32_t bells);	/* these were rung */
/* Under g's lock: who rings it is to find the vCPU that takes it, unless it is `leaving`. */
void vgic_arm_bells(struct guest *g, const struct vcpu *leaving);
void vgic_keep_bell(struct vcpu *v);	/* a link's interrupt in list register 1: for next time */
void vgic_see_bells(struct vcpu *v);	/* on its core: what was rung, perhaps by a kick */
void vgic_take_bells(struct vcpu *v);	/* what was rung becomes pending; under the lock */

/* CNTV_CTL_EL0, CNTP_CTL_EL0 */
enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4, CTL_HIGH = CTL_ENABLE | CTL_ISTATUS };
void timer_update(struct vcpu *v);	/* the emulated physical timer may be due */
void timer_stop(struct vcpu *v);
uint64_t timer_deadline(const struct vcpu *v);	/* off its core: when a timer of its wants it */

/* The virtual side, between its files. */
void vgic_fire(struct vcpu *owner, unsigned intid);	/* an edge, or a physical interrupt */
struct vcpu *vgic_sync(struct vcpu *v);	/* that vCPU */
void vgic_send_sgi(struct vcpu *v, uint32_t vcpus, unsigned sgi);
uint32_t vgic_read_distributor(const struct vcpu *v, uint64_t offset); /* below IGROUPR, the IDs */

/* These under the guest's lock. Private interrupts are `owner`'s. */
enum vgic_op { VGIC_SET_PENDING, VGIC_CLEAR_PENDING, VGIC_SET_ACTIVE, VGIC_CLEAR_ACTIVE };

void vgic_fold(struct vcpu *v);		/* own core; a sync must follow before the guest runs */
void vgic_change(struct vcpu *v, struct vcpu *owner, unsigned intid, enum vgic_op op);
void vgic_set(struct vcpu *owner, unsigned intid, unsigned flags); /* and vgic_touch() */
void vgic_touch(struct vcpu *owner, unsigned intid);	/* something about it changed */
void vgic_notify(struct guest *g, uint32_t vcpus);
int vgic_target(const struct guest *g, unsigned intid);
bool vgic_is_pending(struct vcpu *owner, unsigned intid); /* but for list registers */
/* Those of [first, end) that v has active and in no list register */
void vgic_end_spilled(struct vcpu *v, unsigned first, unsigned end);

static inline struct virq *vgic_irq(struct vcpu *owner, unsigned intid)
{
	return intid < 32 ? &owner->arch.vgic.irq[intid] : &owner->guest->arch.vgic.irq[intid];
}

/* Is the group that guests use forwarded by the distributor? */
static inline bool vgic_is_on(const struct guest *g)
{
	return g->arch.vgic.ctlr & (gic.version == 2 ? 1 : 2);
}

static inline unsigned where_vcpu(uint8_t where) { return where >> 4 & 7; }

static inline bool where_is_lr(uint8_t w) { return w != WHERE_NOWHERE && w % 16 != WHERE_SPILLED; }

static inline uint8_t vgic_held_by(const struct vcpu *v, unsigned lr)
{
	return (uint8_t)(WHERE_HELD | v->index << 4 | lr);
}

/* A source of an SGI is pending. From any core, without a lock. */
static inline void vgic_post_sgi(struct vcpu *to, unsigned sgi, unsigned source)
{
	__atomic_fetch_or(&to->arch.vgic.sgi[sgi / 8], 1ull << (sgi % 8 * 8 + source),
			  __ATOMIC_RELEASE);
}

/* Are the physical registers of its private interrupts its own now? On a shared core they are
 * those of whose context is there, who changes them for itself only. */
static inline bool vgic_has_ppi(const struct vcpu *v)
{
	const struct pcpu *p = &pcpus[v->cpu];

	return !p->is_shared || (v->cpu == arch_cpu_index() && p->current == v);
}

/* The physical number of a guest's interrupt. */
static inline unsigned gic_physical(unsigned intid)
{
	return intid == SKERRY_INTID_VTIMER ? gic.vtimer : intid;
}

/* Its interrupts stay where they are: who holds them is told by `work`, as ever. The timer's
 * physical one is pending or active only after one of four things: set by register, in list
 * register 0, taken but not deliverable, or the line was high when it was switched off just now. */
static inline void vgic_save(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;

	if (x->is_active_spilled) {	/* EOIs have been counted, maybe: that is not kept */
		vgic_sync(v);
	}
	gic_save(x);
	if (x->timer != 0 || x->lr_live & 1 || (v->arch.context.cntv_ctl & 7) == CTL_HIGH ||
	    x->irq[SKERRY_INTID_VTIMER].flags & (VIRQ_PENDING | VIRQ_ACTIVE)) {
		x->timer = (uint8_t)gic_take_timer();
	}
}

/* Before its line may rise again. What the hardware has already costs no access. */
static inline void vgic_put_timer(const struct vcpu *v, unsigned state)
{
	bool is_on = v->arch.vgic.irq[SKERRY_INTID_VTIMER].flags & VIRQ_ENABLED;

	if (state != 0 || is_on != pcpu()->is_timer_on) {
		gic_put_timer(is_on, state);
	}
}

static inline void vgic_load(struct vcpu *v)
{
	gic_load(&v->arch.vgic);
	vgic_put_timer(v, v->arch.vgic.timer);
	if (load_relaxed(&v->arch.vgic.bells) != 0) {
		vgic_see_bells(v);
	}
}

/* On every return to a guest after a slow exit: bring list registers up to date
 * (cheap when nothing changed). */
static inline void vgic_enter(struct vcpu *v)
{
	if (load_relaxed(&v->arch.vgic.work) != 0) {
		vgic_sync(v);
	}
}
#endif /* __ASSEMBLER__ */
