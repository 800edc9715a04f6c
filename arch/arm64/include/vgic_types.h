/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of the virtual interrupt controller, per vCPU and per guest.
 * Everything is guarded by the guest's `lock` unless said otherwise.
 *
 * An interrupt in a list register has its state there: its bits here are
 * cleared when it is loaded and set again when it is folded back. A level
 * interrupt's latch stays here: it is spent once the list register shows
 * that the guest took the interrupt.
 */
#ifndef VGIC_TYPES_H
#define VGIC_TYPES_H

#include <hv/types.h>
#include <hv/lock.h>
#include <abi/layout.h>

#define VGIC_LR_MAX	15	/* list registers used; 0 is the virtual timer's alone */
#define VGIC_SPI_BANKS	(SKERRY_INTID_COUNT / 32 - 1)

struct vgic_bank {		/* 32 interrupts */
	uint32_t enabled;
	uint32_t pending;	/* latched: edge, or set by register */
	uint32_t level;		/* an emulated line is high */
	uint32_t active;
	uint32_t edge;		/* trigger; SGIs too */
	uint32_t hw;		/* backed by a physical interrupt; constant */
	uint32_t hw_edge;	/* the trigger its device has; constant */
	uint32_t order[2];	/* to be cleared by the core that has it in a list register: */
				/* [0] pending, [1] active */
	uint8_t priority[32];
	uint8_t where[32];	/* WHERE_* */
};

#define WHERE_NOWHERE	0
#define WHERE_HELD	0x80	/* | vCPU << 4 | list register: held there */
#define WHERE_SPILLED	15	/* as list register: active, but in none */

#define VGIC_WORK_SGI	1	/* SGIs were posted */
#define VGIC_WORK_SYNC	2	/* anything else changed */

struct vgic_vcpu {
	uint64_t timer_lr;	/* the timer's list register in the hardware's layout; 0: not deliverable */
	uint32_t work;		/* VGIC_WORK_*, atomic, any core */
	uint32_t hcr;		/* last written; own core, as what follows */
	uint16_t lr_used;	/* may hold something since the last fold */
	bool is_spilled;	/* pending ones wait for a list register */
	bool is_active_spilled;	/* active ones are in none */
	uint8_t gic;		/* version, for assembly; constant */
	uint8_t source;		/* of SGIs that it sends: GICv2's index; constant */
	uint8_t all;		/* the guest's vCPUs, as a mask; constant */
	uint16_t quick_sgis;	/* SGIs that may go into any free list register at once */
	uint8_t sgi_source[16];	/* of an active SGI that is in no list register */
	uint64_t lr[VGIC_LR_MAX]; /* in GICv3's layout: as last written or read */
	uint64_t sgi[2];	/* pending SGIs, atomic, any core: byte n a mask of sources */
	struct vgic_bank bank;	/* INTIDs 0..31 */
};

struct vgic_guest {
	struct lock lock;	/* LOCK_VGIC */
	uint32_t ctlr;		/* GICD_CTLR's enable bits */
	uint8_t target[VGIC_SPI_BANKS * 32];	/* GICv2: mask of vCPUs. GICv3: Aff0, or TARGET_* */
	struct vgic_bank bank[VGIC_SPI_BANKS];
};

#define TARGET_ABSENT	0x7f	/* an affinity that no vCPU has */
#define TARGET_ANY	0x80	/* GICD_IROUTER.Interrupt_Routing_Mode */

#endif
