/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets for assembly, generated from the structures: compiled to assembly,
 * from which the Makefile takes the lines marked "->" into asm_offsets.h. Not
 * linked.
 */
#include <core/guest.h>

#define OFFSET(name, type, member) \
	__asm__ volatile("\n->" #name " %0" :: "i"(offsetof(type, member)))

/* What assembly takes for granted: registers and doorbells come first, 32 bytes each of these. */
_Static_assert(offsetof(struct vcpu, arch.x) == 0 && offsetof(struct guest, arch.doorbell) == 0 &&
	       sizeof(struct doorbell) == 32, "fast_exit.S");

static __attribute__((used)) void asm_offsets(void)
{
	OFFSET(PCPU_CURRENT, struct pcpu, current);
	OFFSET(PCPU_STACK_TOP, struct pcpu, stack_top);
	OFFSET(VCPU_REGS, struct vcpu, arch.x);
	OFFSET(VCPU_ELR, struct vcpu, arch.elr);
	OFFSET(VCPU_EXITS_HVC, struct vcpu, exits[EXIT_HVC]);
	OFFSET(VCPU_EXITS_IRQ, struct vcpu, exits[EXIT_IRQ]);
	OFFSET(VCPU_EXITS_SYSREG, struct vcpu, exits[EXIT_SYSREG]);
	OFFSET(VCPU_TIMER_LR, struct vcpu, arch.vgic.timer_lr);
	OFFSET(VCPU_BELL_LR, struct vcpu, arch.vgic.bell_lr);
	OFFSET(VCPU_BELL, struct vcpu, arch.vgic.bell);
	OFFSET(VCPU_BELLS, struct vcpu, arch.vgic.bells);
	OFFSET(VCPU_WORK, struct vcpu, arch.vgic.work);
	OFFSET(VCPU_GUEST, struct vcpu, guest);
	OFFSET(DOORBELL_SGI, struct guest, arch.doorbell[0].sgi);
	OFFSET(DOORBELL_BIT, struct guest, arch.doorbell[0].bit);
	OFFSET(DOORBELL_COUNT, struct guest, arch.doorbell[0].count);
	OFFSET(VCPU_GIC, struct vcpu, arch.vgic.gic);
}
