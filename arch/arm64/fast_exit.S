/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commonest exits. The virtual timer's interrupt goes into list register 0 from
 * here, a doorbell from NOTIFY here to list register 1 here; other interrupts, trapped
 * system registers and data aborts are tried by fast.c with only what C may change saved,
 * and else take the slow path of vectors.S. Both leave interrupts masked and take no lock.
 */
#include <abi/errors.h>
#include <abi/hypercalls.h>
#include <abi/layout.h>
#include <mmu.h>
#include <sysreg.h>

#include "gic.h"
#include "registers.h"

#define VTIMER		27		/* a board with another one takes the slower way */
#define EC_SYSREG	0x18
#define EC_DABORT	0x24
/* MSR ICC_SGI1R_EL1 (op0 3, op1 0, CRn 12, CRm 11, op2 5), trapped */
#define ESR_SGI1R	(EC_SYSREG << 26 | 1 << 25 | 3 << 20 | 5 << 17 | 12 << 10 | 11 << 1)
#define ESR_RT		(31 << 5)
#define INTID_MASK	0x3ff

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
	count	VCPU_EXITS_IRQ, x1
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
	str	w0, [x1, #GICH_LR]
	sub	x1, x1, #GICH_VA - GICC_VA
	mov	w0, #VTIMER
	str	w0, [x1, #GICC_EOIR]
	mov	x0, #NUDGE_TICKS
	msr	cntp_tval_el0, x0
	this_vcpu x0
	count_and_return
2:	mov	w0, #VTIMER
1:	dmb	sy				/* before a look at what it is about */
	eor	w0, w0, #GIC_BELL
	tst	w0, #INTID_MASK
	eor	w0, w0, #GIC_BELL
	b.eq	bell_gicv2
	mov	w1, w0
	this_vcpu x0
	b	irq_other

irq_not_timer:
	dsb	sy				/* before a look at what it is about */
	cmp	w1, #GIC_BELL
	b.eq	bell_gicv3
	cbnz	w1, irq_other			/* 0: GIC_KICK */
	msr	icc_eoir1_el1, x1
	isb
	msr	icc_dir_el1, x1
	save_some
	bl	fast_kick
	b	irq_done
irq_timer:
	mov	w1, #VTIMER
irq_other:
	save_some
	bl	fast_irq
irq_done:
	return_or_save_rest
	bl	exit_irq
	b	guest_enter

	/* x0 = the vCPU: what was rung is taken, into w2; clobbers x1, x3 */
	.macro	take_bells
	add	x1, x0, #VCPU_BELLS
1:	ldaxr	w2, [x1]
	stxr	w3, wzr, [x1]
	cbnz	w3, 1b
	ldr	w3, [x0, #VCPU_BELL]
	cmp	w2, w3				/* as last time? */
	b.ne	bell_other
	.endm

/*
 * A doorbell for the guest: x0, x1 pushed; x0 = the vCPU (GICv3), x1 = what was
 * acknowledged; on GICv2 w0 = that, x1 = the CPU interface. x2, x3 wait in the vCPU.
 */
bell_gicv3:
	msr	icc_eoir1_el1, x1
	isb
	msr	icc_dir_el1, x1
	stp	x2, x3, [x0, #VCPU_X(2)]
	take_bells
	mrs	x3, ich_elrsr_el2
	tbz	w3, #1, bell_other		/* the guest is not done with the last one */
	ldr	x3, [x0, #VCPU_BELL_LR]
	msr	ich_lr1_el2, x3
bell_return:
	count	VCPU_EXITS_IRQ, x2
	ldp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x0, x1, [sp], #16
	leave

bell_gicv2:
	str	w0, [x1, #GICC_EOIR]
	str	w0, [x1, #GICC_DIR]
	this_vcpu x0
	stp	x2, x3, [x0, #VCPU_X(2)]
	take_bells
	mov	x1, #GICH_VA & 0xffff0000
	movk	x1, #GICH_VA >> 32, lsl #32
	ldr	w3, [x1, #GICH_ELRSR0]
	tbz	w3, #1, bell_other
	ldr	w3, [x0, #VCPU_BELL_LR]
	str	w3, [x1, #GICH_LR + 4]
	b	bell_return

bell_other:
	mov	w1, w2
	ldp	x2, x3, [x0, #VCPU_X(2)]
	save_some
	bl	fast_bells
	b	irq_done

/*
 * fast_hvc: HVC #0, x0, x1 pushed; w0 = the function. NOTIFY is done here where the
 * doorbell is armed: x1 its address, x2 where it rings, w3 its bit and then that with
 * what was there, w4 what was there, x5 scratch. YIELD goes to its C by itself. Else slow.
 */
	.global	fast_hvc
fast_hvc:
	mov	w1, #SKERRY_HVC_BASE
	sub	w0, w0, w1
	cmp	w0, #SKERRY_ROW_NOTIFY
	b.ne	5f
	ldr	x1, [sp, #8]
	this_vcpu x0
	cmp	x1, #SKERRY_PORT_MAX
	b.hs	guest_sync_pushed
	stp	x2, x3, [sp, #-32]!
	stp	x4, x5, [sp, #16]
	ldr	x2, [x0, #VCPU_GUEST]
	add	x1, x2, x1, lsl #5		/* asm_offsets.c */
	ldar	x2, [x1]			/* before its bit */
	cbz	x2, 3f
1:	ldr	w3, [x1, #DOORBELL_BIT]
	ldxr	w4, [x2]
	orr	w3, w3, w4
	stlxr	w5, w3, [x2]
	cbnz	w5, 1b
	dsb	ish				/* before the SGI, and before a second look */
	ldr	x5, [x1]
	cmp	x5, x2
	b.ne	3f				/* it has moved */
	count	DOORBELL_COUNT, x5, x1
	cbnz	w4, 2f				/* an SGI is on its way */
	ldr	x3, [x1, #DOORBELL_SGI]
	tbnz	x3, #63, 4f			/* DOORBELL_V2 */
	msr	icc_sgi1r_el1, x3
2:	count	VCPU_EXITS_HVC, x1
	mov	x0, #SKERRY_OK
	ldp	x4, x5, [sp, #16]
	ldp	x2, x3, [sp], #32
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	leave
4:	mov	x5, #GICD_VA & 0xffff0000
	movk	x5, #GICD_VA >> 32, lsl #32
	str	w3, [x5, #GICD_SGIR]
	b	2b
3:	ldp	x4, x5, [sp, #16]
	ldp	x2, x3, [sp], #32
	b	guest_sync_pushed
5:	cmp	w0, #SKERRY_ROW_YIELD
	b.ne	guest_sync_pushed
	save_all
	mrs	x1, tpidr_el2
	mrs	x2, esr_el2
	bl	exit_yield
	ldr	w1, [x0, #VCPU_WORK]
	cbz	w1, guest_enter
	bl	vgic_sync
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
	count	VCPU_EXITS_SYSREG, x2
	bl	fast_sgi1r
	b	2f
3:	mov	x0, #0
2:	return_or_save_rest
	bl	exit_sync
	b	guest_enter
