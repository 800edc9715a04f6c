/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits tried before the slow path, called by fast_exit.S: of the guest's registers
 * only x0..x18 and x30 are in the vCPU; x19..x29 are the guest's and come back as
 * the compiler keeps them. Return the vCPU: handled, go on. NULL: slow path.
 */
#include <arch_cpu.h>
#include <sysreg.h>

#include "gic.h"
#include "trap.h"

/* A data abort that a 32-bit load or store with a valid syndrome made by a stage-2
 * translation fault, but for what is ignored */
#define ESR_READ	((uint32_t)EC_DABORT_LOW << 26 | 1u << 25 | 1u << 24 | 2u << 22 | 4u)
#define ESR_WRITE	(ESR_READ | 1u << 6)
#define ESR_IGNORED	(31u << 16 | 1u << 15 | 3u)	/* Rt, SF, level */

struct vcpu *fast_sgi1r(struct vcpu *v, uint64_t value);
struct vcpu *fast_abort(struct vcpu *v, uint32_t esr);
struct vcpu *fast_irq(struct vcpu *v, uint32_t iar);
struct vcpu *fast_kick(struct vcpu *v);

/* ICC_SGI1R_EL1 was written; counted and skipped already. */
struct vcpu *fast_sgi1r(struct vcpu *v, uint64_t value)
{
	vgic_write_sgi1r(v, value);
	vgic_enter(v);
	return v;
}

/* The distributor's registers that describe it, and GICv2's GICD_SGIR. */
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
	} else if (esr == ESR_WRITE && at == SKERRY_GICD_BASE + GICD_SGIR && gic.version == 2) {
		vgic_write_sgir(v, (uint32_t)v->arch.x[rt]);
		vgic_enter(v);
	} else {
		return NULL;
	}
	v->exits[EXIT_MMIO]++;
	WRITE_SYSREG(READ_SYSREG(elr_el2) + 4, elr_el2);
	return v;
}

/* A kick, ended already: look at what there is to do. */
struct vcpu *fast_kick(struct vcpu *v)
{
	if (__atomic_load_n(&v->guest->state, __ATOMIC_RELAXED) != GUEST_RUNNING || !vcpu_is_on(v)) {
		return NULL;
	}
#ifdef DEBUG
	oracle_check(v);
#endif
	v->exits[EXIT_IRQ]++;
	vgic_enter(v);
	return v;
}

struct vcpu *fast_irq(struct vcpu *v, uint32_t iar)
{
	if ((iar & 0x3ff) == GIC_KICK) {
		gic.ops->drop(iar);
		gic.ops->deactivate(iar);
	} else if ((iar & 0x3ff) < GIC_SPURIOUS) {
		gic_dispatch(iar);
	}
	return fast_kick(v);
}
