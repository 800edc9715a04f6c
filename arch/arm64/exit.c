/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits from a guest: one table by exception class, then back. Runs on the core's
 * EL2 stack with interrupts masked and no lock held. A guest that goes on is
 * entered by returning its vCPU; one that does not makes the core look for work
 * (core_next()).
 */
#include "gic.h"

enum { HCR_TWI = 1 << 13, HCR_TWE = 1 << 14 };

/* HVC, SMC: the second returns to itself, and is stepped over. */
static void exit_call(struct vcpu *v, uint64_t esr)
{
	bool is_smc = ESR_EC(esr) == EC_SMC64;

	stats_exit(v, is_smc ? EXIT_SMC : EXIT_HVC, esr);
	if (is_smc) {
		vcpu_skip(v, esr);
	}
	if ((ESR_ISS(esr) & 0xffff) != 0) {
		v->arch.x[0] = (uint64_t)SKERRY_NOT_SUPPORTED;
		return;
	}
	smccc_call(v, v->arch.x);
}

/* WFI, WFE: on shared cores only */
static void exit_wait(struct vcpu *v, uint64_t esr)
{
	stats_exit(v, EXIT_OTHER, esr);
	vcpu_skip(v, esr);
	if (esr & 1) {		/* WFE: others first */
		hvc_yield(v, (uint64_t[]){ 0, SKERRY_YIELD_ANY });
	} else {
		core_wait(v);
	}
}

static void (*const exit_table[EC_COUNT])(struct vcpu *v, uint64_t esr) = {
	[EC_WFX] = exit_wait,
	[EC_HVC64] = exit_call,
	[EC_SMC64] = exit_call,
	[EC_SYSREG] = sysreg_handle,
	[EC_IABORT_LOW] = abort_handle,
	[EC_DABORT_LOW] = abort_handle,
};

static struct vcpu *exit_finish(struct vcpu *v)
{
	struct pcpu *p = pcpu();

	if (load_relaxed(&p->look) || p->came != 0 || v->power != VCPU_ON) {
		v = core_next(p);
	}
	vgic_enter(v);
	return v;
}

struct vcpu *exit_sync(struct vcpu *v)
{
	uint64_t esr = READ_SYSREG(esr_el2);
	unsigned ec = ESR_EC(esr);

	if (exit_table[ec] != NULL) {
		exit_table[ec](v, esr);
	} else {	/* FP, SVE, pointer authentication, debug, AArch32 ... */
		stats_exit(v, EXIT_OTHER, esr);
		inject_undefined(v);
	}
	return exit_finish(v);
}

struct vcpu *exit_irq(struct vcpu *v)
{
	stats_exit(v, EXIT_IRQ, 0);
	gic_handle();
	return exit_finish(v);
}

struct vcpu *exit_serror(struct vcpu *v)
{
	stats_exit(v, EXIT_SERROR, READ_SYSREG(esr_el2));
	life_crash(v, "SError", READ_SYSREG(esr_el2), READ_SYSREG(far_el2), 0);
	return exit_finish(v);
}

/* An FIQ may be from a guest: Group 0 belongs to EL3, nothing else routes it here. */
void exit_panic(uint64_t kind, uint64_t esr, uint64_t far, uint64_t elr)
{
	static const char names[4][10] = { "exception", "interrupt", "FIQ", "SError" };

	panic("%s in EL2 at %lx: ESR %lx, FAR %lx", names[kind], elr, esr, far);
}

/* The core's first entry into its loop, on its own stack. */
void core_run(void)
{
	struct pcpu *p = pcpu();
	struct vcpu *v;

	if (p->is_shared) {	/* WFI; rr: who polls by WFE lets others run */
		WRITE_SYSREG(READ_SYSREG(hcr_el2) | HCR_TWI |
			     (the_system.core[p->index].policy == POLICY_RR ? HCR_TWE : 0),
			     hcr_el2);
	}
	core_look(p->index);	/* what it arms, it arms then */
	v = core_next(p);
	vgic_enter(v);
	guest_enter(v);
}
