/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's vectors: one exit from a guest, from vector to eret. While a guest runs,
 * SP_EL2 is the top of its core's EL2 stack and TPIDR_EL2 its struct pcpu.
 *
 *   exit -> [fast paths] -> save all -> exit_sync() / exit_irq() / exit_serror()
 *        -> the vCPU to enter (in x0) -> restore all -> eret
 *
 * EL2 itself runs with interrupts masked; an exception taken from EL2 is a panic.
 */
#include <abi/smccc.h>

#include "registers.h"

	.text
	.balign	2048
	.global	vectors
vectors:
	/* From EL2 on SP_EL0 and on SP_EL2; a guest in AArch64; one in AArch32 (EL0 only).
	 * FIQ: Group 0 is EL3's */
	.irp	label, panic_0, panic_1, panic_2, panic_3, panic_0, panic_1, panic_2, panic_3, \
		guest_sync, guest_irq, panic_2, guest_serror, \
		guest_sync_slow, guest_irq, panic_2, guest_serror
	.balign	128
	b	\label
	.endr

/*
 * guest_sync: HVC PSCI_VERSION is answered here; the rest elsewhere.
 * x0, x1 pushed; x0 as the guest has it, x1 scratch
 */
guest_sync:
	stp	x0, x1, [sp, #-16]!
	mrs	x1, esr_el2
	mov	w0, #0x5a000000			/* EC HVC64, IL, immediate 0 */
	cmp	w1, w0
	b.ne	fast_exit			/* fast_exit.S */
	ldr	w0, [sp]
	mov	w1, #PSCI_VERSION
	cmp	w0, w1
	b.ne	fast_hvc			/* fast_exit.S */
	this_vcpu x0
	count	VCPU_EXITS_HVC, x1
	mov	w0, #PSCI_VERSION_1_1
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	leave

guest_sync_slow:
	stp	x0, x1, [sp, #-16]!
	.global	guest_sync_pushed
guest_sync_pushed:
	save_all
	bl	exit_sync
	b	guest_enter

guest_serror:
	stp	x0, x1, [sp, #-16]!
	save_all
	bl	exit_serror

/* guest_enter: x0 = the vCPU to enter; SP at the stack's top. */
	.global	guest_enter
guest_enter:
	ldp	x2, x3, [x0, #VCPU_ELR]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	ldr	x30, [x0, #VCPU_X(30)]
	pairs_20_29 ldp
	ldp	x18, x19, [x0, #VCPU_X(18)]
	pairs_4_17 ldp
	leave_0_3

/* An exception in EL2 itself. x0 = 0 exception, 1 IRQ, 2 FIQ, 3 SError, x1 ESR,
 * x2 FAR, x3 ELR. On a stack that may be the fault's cause: the core's own again,
 * from its top. */
	.irp	kind, 0, 1, 2, 3
panic_\kind:
	mov	x0, #\kind
	b	panic_common
	.endr
panic_common:
	mrs	x1, tpidr_el2
	cbz	x1, 2f
	ldr	x1, [x1, #PCPU_STACK_TOP]
	mov	sp, x1
2:	mrs	x1, esr_el2
	mrs	x2, far_el2
	mrs	x3, elr_el2
	b	exit_panic

/* core_enter(stack top in x0, function in x1): leave boot's stack for good. */
	.global	stack_switch
stack_switch:
	mov	sp, x0
	mov	x29, xzr
	br	x1
