/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: the measured sequences, and vectors whose IRQ entry reads the counter
 * with its first instruction. The waiting code keeps x20 (time of the handler's
 * first instruction) and x21 (it came) for them; x22 = time before the event.
 * After the handler the interrupt stays masked: C acknowledges it.
 */
	.text
	.balign	2048
	.globl	bench_vectors
bench_vectors:
	.macro	other
	.balign	128
	mrs	x20, esr_el1
	mrs	x21, elr_el1
	b	bench_unexpected
	.endm
	.macro	irq
	.balign	128
	mrs	x20, cntvct_el0
	mrs	x21, spsr_el1
	orr	x21, x21, #0x80
	msr	spsr_el1, x21
	mov	x21, #1
	eret
	.endm
	other
	other
	other
	other
	other
	irq
	other
	other
	other
	other
	other
	other
	other
	other
	other
	other

bench_unexpected:
	mov	x0, x20
	mov	x1, x21
	b	bench_died

	.macro	enter
	stp	x20, x21, [sp, #-32]!
	stp	x22, x30, [sp, #16]
	mov	x21, #0
	.endm
	.macro	leave
	ldp	x22, x30, [sp, #16]
	ldp	x20, x21, [sp], #32
	ret
	.endm

/* Nothing: what reading the counter costs. */
	.globl	measure_nothing
measure_nothing:
	isb
	mrs	x9, cntvct_el0
	isb
	mrs	x10, cntvct_el0
	sub	x0, x10, x9
	ret

/* x0 = function */
	.globl	measure_hvc
measure_hvc:
	isb
	mrs	x9, cntvct_el0
	hvc	#0
	isb
	mrs	x10, cntvct_el0
	sub	x0, x10, x9
	ret

/* x0 = address */
	.globl	measure_read
measure_read:
	isb
	mrs	x9, cntvct_el0
	ldr	w1, [x0]
	isb
	mrs	x10, cntvct_el0
	sub	x0, x10, x9
	ret

/* Time of the next interrupt's first handler instruction: awake, and from WFI. */
	.globl	wait_awake
wait_awake:
	enter
	msr	daifclr, #2
1:	cbz	x21, 1b
	mov	x0, x20
	leave

	.globl	wait_wfi
wait_wfi:
	enter
	msr	daifclr, #2
1:	wfi
	cbz	x21, 1b
	mov	x0, x20
	leave

/* x0 = value for ICC_SGI1R_EL1: to oneself */
	.globl	measure_sgi_v3
measure_sgi_v3:
	enter
	msr	daifclr, #2
	isb
	mrs	x22, cntvct_el0
	msr	S3_0_C12_C11_5, x0
1:	cbz	x21, 1b
	sub	x0, x20, x22
	leave

/* x0 = value, x1 = address of GICD_SGIR */
	.globl	measure_sgi_v2
measure_sgi_v2:
	enter
	msr	daifclr, #2
	isb
	mrs	x22, cntvct_el0
	str	w0, [x1]
1:	cbz	x21, 1b
	sub	x0, x20, x22
	leave

/* To another vCPU. x0 = value, x1 = address (GICv2), x2 = a word that becomes
 * not 0 when it has come; result: the time before. */
	.globl	send_sgi_v3
send_sgi_v3:
	isb
	mrs	x9, cntvct_el0
	msr	S3_0_C12_C11_5, x0
1:	yield
	ldr	x10, [x2]
	cbz	x10, 1b
	mov	x0, x9
	ret

	.globl	send_sgi_v2
send_sgi_v2:
	isb
	mrs	x9, cntvct_el0
	str	w0, [x1]
1:	yield
	ldr	x10, [x2]
	cbz	x10, 1b
	mov	x0, x9
	ret

/* x0..x3 as for CPU_ON; x4 = a word that becomes not 0. Result: time before, or
 * 0 when the call failed. */
	.globl	send_cpu_on
send_cpu_on:
	isb
	mrs	x9, cntvct_el0
	hvc	#0
	cbnz	x0, 2f
1:	yield
	ldr	x10, [x4]
	cbz	x10, 1b
	mov	x0, x9
	ret
2:	mov	x0, #0
	ret

/* A bell for another guest. x0 = function, x1 = port, x2 = a word that becomes x3 when
 * it has been heard. Result: the time before. */
	.globl	send_bell
send_bell:
	isb
	mrs	x9, cntvct_el0
	hvc	#0
1:	yield
	ldr	x10, [x2]
	cmp	x10, x3
	b.ne	1b
	mov	x0, x9
	ret

/* There and back, asleep meanwhile: x0 = function, x1 = port. From the call to the
 * handler's first instruction. */
	.globl	round_trip
round_trip:
	enter
	msr	daifclr, #2
	isb
	mrs	x22, cntvct_el0
	hvc	#0
1:	wfi
	cbz	x21, 1b
	sub	x0, x20, x22
	leave

/* The other side of it: asleep until the bell, then rings back at once and lets the
 * other vCPU run. x0 = function, x1 = port. */
	.globl	answer_bell
answer_bell:
	enter
	msr	daifclr, #2
1:	wfi
	cbz	x21, 1b
	hvc	#0
	yield
	leave

/* x0 = function, x1 = to: for ever */
	.globl	yield_for_ever
yield_for_ever:
	mov	x19, x0
1:	mov	x0, x19
	hvc	#0
	b	1b
