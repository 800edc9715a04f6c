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

/* All of q0..q31, from `at` on */
#define FP(op, at) ({ void *at_ = (at); __asm__ volatile(".arch_extension simd\n" \
	".irp four, v0.2d-v3.2d, v4.2d-v7.2d, v8.2d-v11.2d, v12.2d-v15.2d, v16.2d-v19.2d, " \
	"v20.2d-v23.2d, v24.2d-v27.2d, v28.2d-v31.2d\n" op " {\\four}, [%0], #64\n.endr\n" \
	".arch_extension nosimd" : "+r"(at_) :: "memory"); })

/* Two registers of the context `c`, through x and y */
#define SAVE(a, b) __asm__ volatile("mrs %0, " #a "\n\tmrs %1, " #b "\n\tstp %0, %1, [%2, %3]" \
	: "=&r"(x), "=&r"(y) : "r"(c), "i"(offsetof(struct arch_context, a)) : "memory");
#define LOAD(a, b) __asm__ volatile("ldp %0, %1, [%2, %3]\n\tmsr " #a ", %0\n\tmsr " #b ", %1" \
	: "=&r"(x), "=&r"(y) : "r"(c), "i"(offsetof(struct arch_context, a)) : "memory");

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

static always_inline void save(struct vcpu *v)
{
	struct arch_context *c = &v->arch.context;
	uint64_t x, y;

	EL1_REGISTERS(SAVE)
	SAVE(sctlr_el1, tcr_el1)
	if (has_ras()) {
		c->vdisr = READ_SYSREG(S3_4_C12_C1_1);	/* VDISR_EL2, a guest's DISR_EL1 */
	}
	FP("st1", c->q);
	c->cntv_ctl = READ_SYSREG(cntv_ctl_el0);
	WRITE_SYSREG(0, cntv_ctl_el0);
	isb();		/* its line is low: what is pending still was made so by register */
	vgic_save(v);
	if (v->is_waiting) {
		v->deadline = timer_deadline(v);
		pcpu()->wake = min_u64(pcpu()->wake, v->deadline);
	}
}

static always_inline void load(struct vcpu *v)
{
	const struct arch_context *c = &v->arch.context;
	uint8_t *last = &v->guest->arch.last[v->cpu], own = (uint8_t)(v->index + 1);
	uint64_t x, y, vttbr = v->guest->arch.vttbr;

	stop_walks();
	WRITE_SYSREG(vttbr, vttbr_el2);
	WRITE_SYSREG(1ull << 31 | (own - 1u), vmpidr_el2);
	isb();
	if (*last != own) {	/* they share a VMID, maybe ASIDs, but not their tables */
		*last = own;
		__asm__ volatile("tlbi vmalle1");
		dsb(nsh);
	}
	EL1_REGISTERS(LOAD)
	if (has_ras()) {
		WRITE_SYSREG(c->vdisr, S3_4_C12_C1_1);
	}
	FP("ld1", v->arch.context.q);
	isb();
	WRITE_SYSREG(c->sctlr_el1, sctlr_el1);
	isb();
	WRITE_SYSREG(c->tcr_el1, tcr_el1);
	vgic_load(v);
	WRITE_SYSREG(NUDGE_TICKS, cntp_tval_el0);
	WRITE_SYSREG(c->cntv_ctl, cntv_ctl_el0);
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
		vgic_see_bells(v);
		vgic_put_timer(v, 0);	/* another vCPU's doing, maybe */
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
	v->arch.context.sctlr_el1 = SCTLR_RESET;	/* all else of it is 0 */
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
