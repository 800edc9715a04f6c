/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture's part of a vCPU and of a guest, for core/guest.h.
 * Assembly finds the fields through asm_offsets.c. Written by the vCPU's own
 * core only, but for the interrupt controller's.
 */
#pragma once

#include <hv/lock.h>
#include <abi/layout.h>

/*
 * The virtual interrupt controller, per vCPU and per guest. Everything is guarded by the
 * guest's `lock` unless said otherwise.
 *
 * An interrupt in a list register has its state there: VIRQ_PENDING and
 * VIRQ_ACTIVE are cleared when it is loaded and set again when it is folded back.
 */
#define VGIC_LR_MAX	15	/* list registers used; 0 is the virtual timer's alone */
#define VGIC_WORDS	(SKERRY_INTID_COUNT / 32)

/* Pending: latched, an edge or set by register. Level: an emulated line is high. Edge: the
 * trigger. HW: a physical interrupt is behind it. Drop: to be cleared by the core that has it
 * in a list register. */
enum { VIRQ_ENABLED = 1 << 0, VIRQ_PENDING = 1 << 1, VIRQ_LEVEL = 1 << 2, VIRQ_ACTIVE = 1 << 3,
       VIRQ_EDGE = 1 << 4, VIRQ_HW = 1 << 5, VIRQ_DROP_PENDING = 1 << 6,
       VIRQ_DROP_ACTIVE = 1 << 7 };

struct virq {
	uint8_t flags, priority, where;	/* VIRQ_*, -, WHERE_* */
	uint8_t target;		/* SPIs. GICv2: mask of vCPUs. GICv3: Aff0, or TARGET_* */
};

/* HELD | vCPU << 4 | list register: it is there. SPILLED as list register: active, but in none */
enum { WHERE_NOWHERE = 0, WHERE_SPILLED = 15, WHERE_HELD = 0x80 };
/* An affinity that no vCPU has; GICD_IROUTER.Interrupt_Routing_Mode */
enum { TARGET_ABSENT = 0x7f, TARGET_ANY = 0x80 };
enum { VGIC_WORK_SGI = 1, VGIC_WORK_SYNC = 2 };	/* SGIs were posted; anything else changed */

struct vgic_vcpu {
	uint64_t timer_lr;	/* the timer's, in the hardware's layout; 0: not deliverable */
	uint64_t bell_lr;	/* of the link interrupt that list register 1 had last */
	uint32_t bell;		/* its bit as in `bells`; BELL_NONE: that one is not to be used */
	uint32_t bells;		/* link interrupts rung, by port; atomic, any core */
	uint32_t work;		/* VGIC_WORK_*, atomic, any core */
	/* Constants: version, for assembly; of SGIs that it sends: GICv2's index; the guest's
	 * vCPUs, as a mask */
	uint8_t gic, source, all;
	bool is_active_spilled;	/* active ones are in no list register; own core, as what follows */
	uint16_t lr_used;	/* may hold something since the last fold */
	uint16_t quick_sgis;	/* SGIs that may go into any free list register at once */
	uint16_t enabled_sgis;	/* as their VIRQ_ENABLED; under the lock */
	uint16_t lr_live;	/* off its core: of `lr_used`, those not done with */
	uint32_t hcr;		/* last written */
	uint64_t lr[VGIC_LR_MAX]; /* in GICv3's layout: as last written or read */
	uint8_t sgi_source[16];	/* of an active SGI that is in no list register */
	/* The rest of the interface, and the state of the timer's physical
	 * interrupt: of a vCPU off its core, as `lr` and `hcr` then; zero: as reset */
	uint32_t vmcr, ap[8];
	uint8_t timer;		/* PPI_*; on its core: 0: by register nothing was set */
	uint64_t sgi[2];	/* pending SGIs, atomic, any core: byte n a mask of sources */
	uint32_t busy;		/* a bit each: maybe pending or active */
	struct virq irq[32];	/* SGIs and PPIs */
};

#define BELL_NONE	UINT32_MAX

/* NOTIFY at one end of a link: straight to the vCPU that takes the other end's interrupt */
struct doorbell {
	uint32_t *bells;	/* that vCPU's; NULL: by core. Written under its guest's lock */
	uint64_t sgi;		/* how its core is told: ICC_SGI1R_EL1, or GICD_SGIR and a mark */
	uint32_t bit, reserved;	/* in `bells` */
	uint64_t count;		/* of what was rung; two vCPUs at a time may count one */
};

struct vgic_guest {
	struct lock lock;	/* LOCK_VGIC */
	uint32_t ctlr;		/* GICD_CTLR's enable bits */
	uint32_t busy[VGIC_WORDS];	/* as the vCPU's; word 0 unused */
	struct virq irq[SKERRY_INTID_COUNT];	/* from 32 on */
};

/* EL1's registers that a guest can see and that are not trapped, two by two, but for those that
 * vcpu.c, vgic_life.c deal with by themselves */
#define EL1_REGISTERS(X) \
	X(ttbr0_el1, ttbr1_el1) X(mair_el1, amair_el1) X(vbar_el1, contextidr_el1) \
	X(cpacr_el1, csselr_el1) X(elr_el1, spsr_el1) X(esr_el1, far_el1) \
	X(afsr0_el1, afsr1_el1) X(par_el1, cntkctl_el1) X(sp_el0, sp_el1) \
	X(tpidr_el0, tpidrro_el0) X(tpidr_el1, cntv_cval_el0) X(fpcr, fpsr)

struct arch_context {		/* of a vCPU off its core; zero: as reset, but for sctlr_el1 */
#define CONTEXT_FIELDS(a, b) uint64_t a, b;
	EL1_REGISTERS(CONTEXT_FIELDS)
	uint64_t sctlr_el1, tcr_el1, vdisr, cntv_ctl, q[64];
};

struct arch_vcpu {
	uint64_t x[31];			/* x0..x30, saved by the vectors on a slow exit */
	uint64_t elr, spsr;		/* ELR_EL2, SPSR_EL2 of the exit */
	struct vgic_vcpu vgic;
	uint64_t ptimer_ctl, ptimer_cval; /* the emulated EL1 physical timer */
	struct arch_context context;
};

struct arch_guest {
	struct doorbell doorbell[SKERRY_PORT_MAX];	/* by port; first: assembly */
	uint64_t *s2_root;		/* level-1 table, one page */
	uint64_t vttbr;
	uint8_t last[SKERRY_CPU_MAX];	/* by core: its vCPU + 1 that was there last */
	struct vgic_guest vgic;
};
