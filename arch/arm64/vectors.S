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
#include <asm_offsets.h>

#define VCPU_X(n)	(VCPU_REGS + (n) * 8)

	.macro	vector label
	.balign	128
	b	\label
	.endm

	/* On entry: nothing saved. After: guest's x0, x1 on the stack. */
	.macro	push_two
	stp	x0, x1, [sp, #-16]!
	.endm

	/* After push_two: everything into the current vCPU; x0 = the vCPU */
	.macro	save_all
	mrs	x0, tpidr_el2
	ldr	x0, [x0, #PCPU_CURRENT]
	stp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x2, x3, [sp], #16
	stp	x4, x5, [x0, #VCPU_X(4)]
	stp	x6, x7, [x0, #VCPU_X(6)]
	stp	x8, x9, [x0, #VCPU_X(8)]
	stp	x10, x11, [x0, #VCPU_X(10)]
	stp	x12, x13, [x0, #VCPU_X(12)]
	stp	x14, x15, [x0, #VCPU_X(14)]
	stp	x16, x17, [x0, #VCPU_X(16)]
	stp	x18, x19, [x0, #VCPU_X(18)]
	stp	x20, x21, [x0, #VCPU_X(20)]
	stp	x22, x23, [x0, #VCPU_X(22)]
	stp	x24, x25, [x0, #VCPU_X(24)]
	stp	x26, x27, [x0, #VCPU_X(26)]
	stp	x28, x29, [x0, #VCPU_X(28)]
	str	x30, [x0, #VCPU_X(30)]
	stp	x2, x3, [x0, #VCPU_X(0)]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x0, #VCPU_ELR]
	.endm

	.text
	.balign	2048
	.global	vectors
vectors:
	vector	panic_sync		/* current EL, SP_EL0 */
	vector	panic_irq
	vector	panic_fiq
	vector	panic_serror
	vector	panic_sync		/* current EL, SP_EL2 */
	vector	panic_irq
	vector	panic_fiq
	vector	panic_serror
	vector	guest_sync		/* a guest, AArch64 */
	vector	guest_irq
	vector	guest_fiq
	vector	guest_serror
	vector	guest_sync_slow		/* a guest, AArch32 (EL0 only) */
	vector	guest_irq
	vector	guest_fiq
	vector	guest_serror

/*
 * guest_sync: HVC PSCI_VERSION is answered here; the rest is slow.
 * x0, x1 pushed; x0 as the guest has it, x1 scratch
 */
guest_sync:
	push_two
	mrs	x1, esr_el2
	mov	w0, #0x5a000000			/* EC HVC64, IL, immediate 0 */
	cmp	w1, w0
	b.ne	fast_exit			/* fast_exit.S */
	ldr	w0, [sp]
	mov	w1, #PSCI_VERSION
	cmp	w0, w1
	b.ne	guest_sync_pushed
	mrs	x0, tpidr_el2			/* count it */
	ldr	x0, [x0, #PCPU_CURRENT]
	ldr	x1, [x0, #VCPU_EXITS_HVC]
	add	x1, x1, #1
	str	x1, [x0, #VCPU_EXITS_HVC]
	mov	w0, #PSCI_VERSION_1_1
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	eret
	dsb	nsh
	isb

guest_sync_slow:
	push_two
	.global	guest_sync_pushed
guest_sync_pushed:
	save_all
	bl	exit_sync
	b	guest_enter

guest_fiq:
	push_two
	save_all
	bl	exit_fiq
	b	guest_enter

guest_serror:
	push_two
	save_all
	bl	exit_serror

/* guest_enter: x0 = the vCPU to enter; SP at the stack's top. */
	.global	guest_enter
guest_enter:
	ldp	x2, x3, [x0, #VCPU_ELR]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	ldr	x30, [x0, #VCPU_X(30)]
	ldp	x28, x29, [x0, #VCPU_X(28)]
	ldp	x26, x27, [x0, #VCPU_X(26)]
	ldp	x24, x25, [x0, #VCPU_X(24)]
	ldp	x22, x23, [x0, #VCPU_X(22)]
	ldp	x20, x21, [x0, #VCPU_X(20)]
	ldp	x18, x19, [x0, #VCPU_X(18)]
	ldp	x16, x17, [x0, #VCPU_X(16)]
	ldp	x14, x15, [x0, #VCPU_X(14)]
	ldp	x12, x13, [x0, #VCPU_X(12)]
	ldp	x10, x11, [x0, #VCPU_X(10)]
	ldp	x8, x9, [x0, #VCPU_X(8)]
	ldp	x6, x7, [x0, #VCPU_X(6)]
	ldp	x4, x5, [x0, #VCPU_X(4)]
	ldp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x0, x1, [x0, #VCPU_X(0)]
	eret
	dsb	nsh
	isb

/* An exception in EL2 itself. x0 what, x1 ESR, x2 FAR, x3 ELR. On a stack that
 * may be the fault's cause: the core's own again, from its top. */
	.macro	panic_vector name, number
\name:
	mov	x0, #\number
	b	panic_common
	.endm

	panic_vector panic_sync, 0
	panic_vector panic_irq, 1
	panic_vector panic_fiq, 2
	panic_vector panic_serror, 3

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
