/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's first instruction and its last: the register state of a core that
 * has just been switched on, and everything of it off the core again. On the
 * vCPU's own core, with no guest context to lose.
 */
#include <core/core.h>
#include <sysreg.h>

#include "cpu.h"
#include "trap.h"

#define SPSR_EL1H	0x5
#define SPSR_RESET	(0x3c0 | SPSR_EL1H)	/* DAIF masked */

static void clear_fp(void)
{
	__asm__ volatile(
		".arch_extension fp\n"
		"	msr	fpcr, xzr\n"
		"	msr	fpsr, xzr\n"
		".irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,"
		"16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
		"	fmov	d\\n, xzr\n"	/* the upper half becomes 0 too */
		".endr\n"
		".arch_extension nofp\n");
}

void arch_vcpu_start(struct vcpu *v, uint64_t entry, uint64_t context)
{
	pcpu()->current = v;
	memset(&v->arch.x, 0, sizeof(v->arch.x));
	v->arch.x[0] = context;
	v->arch.elr = entry;
	v->arch.spsr = SPSR_RESET;
	/* HCR_EL2 is the same for all: see cpu_boot_init() */
	WRITE_SYSREG(v->guest->arch.vttbr, vttbr_el2);
	WRITE_SYSREG(1ull << 31 | v->index, vmpidr_el2);
	isb();
	sysreg_reset();
	clear_fp();
	vgic_vcpu_reset(v);
	/* Code may have been loaded. This VMID has had another life: arch_guest_stop()
	 * emptied the TLBs, but with that life's EL1 registers still there a walk by
	 * speculation may have filled this core's again (Cortex-A72 erratum 1319367,
	 * docs/decisions/0014). From here on they are the new life's. */
	__asm__ volatile("tlbi vmalls12e1\n\tic iallu");
	dsb(nsh);
	isb();
}

void arch_vcpu_stop(struct vcpu *v)
{
	vgic_vcpu_stop(v);
	pcpu()->current = NULL;
}

void arch_vcpu_registers(const struct vcpu *v, struct skerry_crash *out)
{
	memcpy(out->x, v->arch.x, sizeof(out->x));
	out->pc = v->arch.elr;
	out->pstate = v->arch.spsr;
	out->sp = (v->arch.spsr & 0x1f) == SPSR_EL1H ? READ_SYSREG(sp_el1) : READ_SYSREG(sp_el0);
}

/* All its vCPUs are off: its translations, of both stages, out of all TLBs. VTTBR_EL2
 * stays: no other guest lives on this core. */
void arch_guest_stop(struct guest *g)
{
	vgic_guest_stop(g);
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
