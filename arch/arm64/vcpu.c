/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's registers on its core: its first instruction and its last, and the world switch
 * between the vCPUs of a shared core (docs/decisions/0020). A context stays on the core until
 * another one needs it. On the vCPU's own core, its general registers saved.
 */
#include "gic.h"

enum { SPSR_EL1H = 0x5, SPSR_RESET = 0x3c0 | SPSR_EL1H,	/* DAIF masked */
       SCTLR_M = 1, SCTLR_RESET = 0x30d00800,		/* RES1 bits; MMU and caches off */
       TCR_EPD = 1 << 7 | 1 << 23, ISR_A = 1 << 8 };	/* EPD0, EPD1 */

#define FP_PAIR(op, a, b) #op " q" #a ", q" #b ", [%0, #16 * " #a "]\n"
#define FP_PAIRS(op) ".arch_extension fp\n" \
	FP_PAIR(op, 0, 1) FP_PAIR(op, 2, 3) FP_PAIR(op, 4, 5) FP_PAIR(op, 6, 7) \
	FP_PAIR(op, 8, 9) FP_PAIR(op, 10, 11) FP_PAIR(op, 12, 13) FP_PAIR(op, 14, 15) \
	FP_PAIR(op, 16, 17) FP_PAIR(op, 18, 19) FP_PAIR(op, 20, 21) FP_PAIR(op, 22, 23) \
	FP_PAIR(op, 24, 25) FP_PAIR(op, 26, 27) FP_PAIR(op, 28, 29) FP_PAIR(op, 30, 31) \
	".arch_extension nofp\n"

static bool has_ras(void) { return (READ_SYSREG(id_aa64pfr0_el1) >> 28 & 0xf) != 0; }

/* No walk by speculation from here on, while registers of two contexts are mixed (Cortex-A72
 * erratum 1319367 and others like it: docs/decisions/0020). In this order: no walks, then
 * translation on, without which a walk would not be needed. load() takes it back the other way. */
static void stop_walks(void)
{
	WRITE_SYSREG(READ_SYSREG(tcr_el1) | TCR_EPD, tcr_el1);
	isb();
	WRITE_SYSREG(READ_SYSREG(sctlr_el1) | SCTLR_M, sctlr_el1);
	isb();
}

static void save(struct vcpu *v)
{
	struct arch_context *c = &v->arch.context;

#define SAVE(name) c->name = READ_SYSREG(name);
	EL1_REGISTERS(SAVE)
	c->sctlr = READ_SYSREG(sctlr_el1);
	c->tcr = READ_SYSREG(tcr_el1);
	c->vdisr = has_ras() ? READ_SYSREG(S3_4_C12_C1_1) : 0;
	c->fpcr = READ_SYSREG(fpcr);
	c->fpsr = READ_SYSREG(fpsr);
	__asm__ volatile(FP_PAIRS(stp) :: "r"(c->q) : "memory");
	c->cntv_ctl = READ_SYSREG(cntv_ctl_el0);
	WRITE_SYSREG(0, cntv_ctl_el0);
	isb();		/* its line is low: what is pending still was made so by register */
	vgic_save(v);
	v->deadline = v->is_waiting ? timer_deadline(v) : UINT64_MAX;
}

static void load(struct vcpu *v)
{
	const struct arch_context *c = &v->arch.context;
	uint8_t *last = &v->guest->arch.last[v->cpu];

	stop_walks();
	WRITE_SYSREG(v->guest->arch.vttbr, vttbr_el2);
	WRITE_SYSREG(1ull << 31 | v->index, vmpidr_el2);
	isb();
	if (*last != v->index + 1) {	/* they share a VMID, maybe ASIDs, but not their tables */
		*last = v->index + 1;
		__asm__ volatile("tlbi vmalle1");
		dsb(nsh);
	}
#define LOAD(name) WRITE_SYSREG(c->name, name);
	EL1_REGISTERS(LOAD)
	if (has_ras()) {
		WRITE_SYSREG(c->vdisr, S3_4_C12_C1_1);	/* VDISR_EL2, a guest's DISR_EL1 */
	}
	WRITE_SYSREG(c->fpcr, fpcr);
	WRITE_SYSREG(c->fpsr, fpsr);
	__asm__ volatile(FP_PAIRS(ldp) :: "r"(c->q), "m"(*c));
	isb();
	WRITE_SYSREG(c->sctlr, sctlr_el1);
	isb();
	WRITE_SYSREG(c->tcr, tcr_el1);
	vgic_load(v);
	WRITE_SYSREG(NUDGE_TICKS, cntp_tval_el0);
	WRITE_SYSREG(c->cntv_ctl, cntv_ctl_el0);
	v->deadline = UINT64_MAX;	/* its timers are on */
}

void arch_vcpu_switch(struct vcpu *v)
{
	struct pcpu *p = pcpu();

	if (p->current != v) {
		if (p->current != NULL) {
			save(p->current);
		}
		p->current = v;
		if (v != NULL) {
			load(v);
		}
	} else if (v != NULL) {
		vgic_look(v);
	}
}

bool arch_cpu_has_serror(void)
{
	dsb(sy);
	isb();
	return READ_SYSREG(isr_el1) & ISR_A;
}

void arch_vcpu_start(struct vcpu *v, uint64_t entry, uint64_t context)
{
	memset(&v->arch.x, 0, sizeof(v->arch.x));
	v->arch.x[0] = context;
	v->arch.elr = entry;
	v->arch.spsr = SPSR_RESET;
	v->arch.context.sctlr = SCTLR_RESET;	/* all else of it is 0 */
	arch_vcpu_switch(v);
	/* Code may have been loaded. This VMID has had another life: arch_guest_stop()
	 * emptied the TLBs, but of a core that had that life's EL1 registers still. */
	__asm__ volatile("tlbi vmalls12e1\n\tic iallu");
	dsb(nsh);
	isb();
}

void arch_vcpu_stop(struct vcpu *v)
{
	arch_vcpu_switch(v);
	vgic_vcpu_stop(v);
	if (pcpu()->is_shared) {	/* else nothing was ever saved there */
		memset(&v->arch.context, 0, sizeof(v->arch.context));
	}
	pcpu()->current = NULL;
}

void arch_vcpu_registers(struct vcpu *v, struct skerry_crash *out)
{
	memcpy(out->x, v->arch.x, sizeof(out->x));
	out->pc = v->arch.elr;
	out->pstate = v->arch.spsr;
	out->stack_ipa = UINT64_MAX;
	if (vcpu_is_on(v)) {
		arch_vcpu_switch(v);
		out->sp = (out->pstate & 0x1f) == SPSR_EL1H ? READ_SYSREG(sp_el1) :
			  READ_SYSREG(sp_el0);
		out->stack_ipa = vcpu_ipa(out->sp);
	}
}

/* All its vCPUs are off: its translations, of both stages, out of all TLBs. Nobody's context
 * is on this core meanwhile, so VTTBR_EL2 may stay. */
void arch_guest_stop(struct guest *g)
{
	vgic_guest_stop(g);
	arch_vcpu_switch(NULL);
	stop_walks();
	WRITE_SYSREG(g->arch.vttbr, vttbr_el2);
	isb();
	__asm__ volatile("tlbi vmalls12e1is");
	dsb(ish);
	isb();
}

int arch_guest_mpidr_to_vcpu(const struct guest *g, uint64_t mpidr)
{
	/* Aff3..Aff0 as PSCI passes them; Aff0 is the vCPU's index */
	return mpidr < g->config->vcpu_count ? (int)mpidr : -1;
}
