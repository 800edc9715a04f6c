/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's interrupt controller, GICv2 and GICv3 behind one interface
 * (Arm IHI 0048B, IHI 0069H). Calls on INTIDs 0..31 act on the calling vCPU's
 * banked registers. Registers are public: tests poke them.
 */
#ifndef GIC_H
#define GIC_H

#include "guest.h"

#define GICD_CTLR	0x000
#define GICD_TYPER	0x004
#define GICD_IIDR	0x008
#define GICD_IGROUPR	0x080
#define GICD_ISENABLER	0x100
#define GICD_ICENABLER	0x180
#define GICD_ISPENDR	0x200
#define GICD_ICPENDR	0x280
#define GICD_ISACTIVER	0x300
#define GICD_ICACTIVER	0x380
#define GICD_IPRIORITYR	0x400
#define GICD_ITARGETSR	0x800
#define GICD_ICFGR	0xc00
#define GICD_SGIR	0xf00
#define GICD_CPENDSGIR	0xf10
#define GICD_SPENDSGIR	0xf20
#define GICD_IROUTER	0x6000
#define GICC_CTLR	0x00
#define GICC_PMR	0x04
#define GICC_BPR	0x08
#define GICC_IAR	0x0c
#define GICC_EOIR	0x10
#define GICC_RPR	0x14
#define GICC_HPPIR	0x18
#define GICC_DIR	0x1000
#define GICR_TYPER	0x008
#define GICR_WAKER	0x014
#define GICR_SGI	0x10000		/* the second frame */
#define GIC_NONE	1023		/* spurious */

void gic_init(void);			/* distributor; by vCPU 0 */
void gic_cpu_init(void);		/* own interface; PMR open, priorities 0xa0 */
void gic_cpu_off(void);			/* own interface closed */
/* Guest-physical address of a register bank for `intid`: distributor, or the own
 * redistributor where the GIC has one. */
uint64_t gic_bank(uint32_t intid);

void gic_enable(uint32_t intid);
void gic_disable(uint32_t intid);
bool gic_is_enabled(uint32_t intid);
void gic_set_pending(uint32_t intid);
void gic_clear_pending(uint32_t intid);
bool gic_is_pending(uint32_t intid);
void gic_set_active(uint32_t intid);
void gic_clear_active(uint32_t intid);
bool gic_is_active(uint32_t intid);
void gic_set_priority(uint32_t intid, uint32_t priority);
uint32_t gic_priority(uint32_t intid);
void gic_set_edge(uint32_t intid, bool is_edge);
void gic_route(uint32_t intid, uint32_t cpu);	/* an SPI, to one vCPU */

void gic_sgi(uint32_t intid, uint32_t cpu);	/* to one vCPU */
void gic_sgi_others(uint32_t intid);
uint32_t gic_ack(void);			/* the whole IAR */
void gic_eoi(uint32_t iar);
void gic_dir(uint32_t iar);
uint32_t gic_running_priority(void);
uint32_t gic_highest_pending(void);
void gic_set_mask(uint32_t priority);	/* PMR */
uint32_t gic_mask(void);
void gic_set_split(bool is_split);	/* EOImode 1: EOI drops priority only */
void gic_set_bpr(uint32_t bits);

#endif
