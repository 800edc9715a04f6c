/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commonest exits. The virtual timer's interrupt goes into list register 0 from
 * here; other interrupts, trapped system registers and data aborts are tried
 * by fast.c with only what C may change saved, and else take the slow path of
 * vectors.S. Both leave interrupts masked and take no lock.
 */
#include <mmu.h>
#include <sysreg.h>

#include "registers.h"

#define VTIMER		27		/* a board with another one takes the slower way */
#define EC_SYSREG	0x18
#define EC_DABORT	0x24
/* MSR ICC_SGI1R_EL1 (op0 3, op1 0, CRn 12, CRm 11, op2 5), trapped */
#define ESR_SGI1R	(EC_SYSREG << 26 | 1 << 25 | 3 << 20 | 5 << 17 | 12 << 10 | 11 << 1)
#define ESR_RT		(31 << 5)
#define GICC_IAR	0x00c
#define GICC_EOIR	0x010
#define GICH_LR0	0x100

	/* The caller's registers of x0 = the vCPU; its x0, x1 are on the stack.
	 * x1 stays as it is. */
	.macro	save_some
	save_0_3
	pairs_4_17 stp
	str	x18, [x0, #VCPU_X(18)]
	str	x30, [x0, #VCPU_X(30)]
	.endm

	/* Handled: x0 = the vCPU, back to the guest. Not: x0 = 0; all of the vCPU
	 * is saved and x0 = it. */
	.macro	return_or_save_rest
	cbz	x0, 1f
	ldr	x30, [x0, #VCPU_X(30)]
	ldr	x18, [x0, #VCPU_X(18)]
	pairs_4_17 ldp
	leave_0_3
1:	this_vcpu x0
	str	x19, [x0, #VCPU_X(19)]
	pairs_20_29 stp
	save_state
	.endm

	/* After the timer's: x0 = the vCPU, x1 scratch */
	.macro	count_and_return
	ldr	x1, [x0, #VCPU_EXITS_IRQ]
	add	x1, x1, #1
	str	x1, [x0, #VCPU_EXITS_IRQ]
	ldp	x0, x1, [sp], #16
	leave
	.endm

	.text
/*
 * guest_irq: an interrupt from a guest. x0 = the vCPU, x1 = what was acknowledged.
 * The timer is physically active until the guest's EOI, so that list register 0
 * is free when it comes again.
 */
	.global	guest_irq
guest_irq:
	stp	x0, x1, [sp, #-16]!
	this_vcpu x0
	ldrb	w1, [x0, #VCPU_GIC]
	tbz	w1, #0, irq_gicv2
	mrs	x1, icc_iar1_el1
	cmp	w1, #VTIMER
	b.ne	irq_not_timer
	ldr	x1, [x0, #VCPU_TIMER_LR]
	cbz	x1, irq_timer
	msr	ich_lr0_el2, x1
	mov	x1, #VTIMER
	msr	icc_eoir1_el1, x1
	count_and_return

/* x1 = the CPU interface while x0 = what was acknowledged */
irq_gicv2:
	mov	x1, #GICC_VA & 0xffff0000
	movk	x1, #GICC_VA >> 32, lsl #32
	ldr	w0, [x1, #GICC_IAR]
	cmp	w0, #VTIMER
	b.ne	1f
	this_vcpu x0
	ldr	x0, [x0, #VCPU_TIMER_LR]
	cbz	x0, 2f
	add	x1, x1, #GICH_VA - GICC_VA
	str	w0, [x1, #GICH_LR0]
	sub	x1, x1, #GICH_VA - GICC_VA
	mov	w0, #VTIMER
	str	w0, [x1, #GICC_EOIR]
	mov	x0, #NUDGE_TICKS
	msr	cntp_tval_el0, x0
	this_vcpu x0
	count_and_return
2:	mov	w0, #VTIMER
1:	dmb	sy				/* before a look at what it is about */
	mov	w1, w0
	this_vcpu x0
	b	irq_other

irq_not_timer:
	dsb	sy				/* before a look at what it is about */
	cbnz	w1, irq_other			/* 0: GIC_KICK */
	msr	icc_eoir1_el1, x1
	isb
	msr	icc_dir_el1, x1
	save_some
	bl	fast_kick
	b	4f
irq_timer:
	mov	w1, #VTIMER
irq_other:
	save_some
	bl	fast_irq
4:	return_or_save_rest
	bl	exit_irq
	b	guest_enter

/*
 * fast_exit: x0, x1 pushed; x1 = ESR_EL2, x0 = the vCPU from save_some on. A write of
 * ICC_SGI1R_EL1 is told from other traps here: x2 = Rt, then x1 = the value.
 */
	.global	fast_exit
fast_exit:
	lsr	w0, w1, #26
	cmp	w0, #EC_SYSREG
	b.eq	1f
	cmp	w0, #EC_DABORT
	b.ne	guest_sync_pushed
	this_vcpu x0
	save_some
	bl	fast_abort
	b	2f
1:	mov	w0, #ESR_SGI1R & 0xffff
	movk	w0, #ESR_SGI1R >> 16, lsl #16
	eor	w0, w0, w1
	tst	w0, #~ESR_RT
	b.ne	guest_sync_pushed
	this_vcpu x0
	save_some
	ubfx	w2, w1, #5, #5
	cmp	w2, #18
	b.hi	3f
	ldr	x1, [x0, x2, lsl #3]		/* VCPU_REGS is 0 */
	mrs	x2, elr_el2
	add	x2, x2, #4
	msr	elr_el2, x2
	ldr	x2, [x0, #VCPU_EXITS_SYSREG]
	add	x2, x2, #1
	str	x2, [x0, #VCPU_EXITS_SYSREG]
	bl	fast_sgi1r
	b	2f
3:	mov	x0, #0
2:	return_or_save_rest
	bl	exit_sync
	b	guest_enter
