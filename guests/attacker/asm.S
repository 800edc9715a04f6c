/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attacker: entering EL0 and coming back, a vCPU's registers at its first
 * instruction, and sequences whose exact steps matter.
 */
#include "save_fp.h"

	.text
/* x0 = struct user_context */
	.globl	user_enter
user_enter:
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x1, sp
	str	x1, [x0, #96]
	ldp	x1, x2, [x0, #104]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldr	x0, [x0, #120]
	eret

/* x0 = struct user_context; from the exception's handler, at EL1 */
	.globl	user_return
user_return:
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x1, [x0, #96]
	mov	sp, x1
	ret

/* x0 = struct vcpu_dump. MMU off. Afterwards CPU_OFF. */
	.globl	dump_entry
dump_entry:
	str	x0, [x0]
	str	x1, [x0, #8]
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	mov	x1, #3 << 20
	msr	cpacr_el1, x1
	isb
	add	x2, x0, #256
	save_fp
	dsb	sy
	mov	x1, #1
	str	x1, [x0, #248]
	dsb	sy
	ldr	w0, =0x84000002
	hvc	#0
1:	wfi
	b	1b

/* x0 = a device address. Result 8: each instruction below was done exactly once. */
	.globl	count_steps
count_steps:
	mov	x9, #0
	mov	x10, x0
	ldr	w0, =0x84000000
	hvc	#0
	add	x9, x9, #1
	ldr	w0, =0x84000000
	hvc	#7
	add	x9, x9, #1
	ldr	w1, [x10]
	add	x9, x9, #1
	ldr	w1, [x10, #4]
	add	x9, x9, #1
	mrs	x1, id_aa64pfr0_el1
	add	x9, x9, #1
	mrs	x1, mdscr_el1
	add	x9, x9, #1
	yield
	add	x9, x9, #1
	str	wzr, [x10, #0x180]
	add	x9, x9, #1
	mov	x0, x9
	ret

/* A load through a misaligned SP_EL0; the handler skips it. */
	.globl	misaligned_sp
misaligned_sp:
	mov	x1, sp
	sub	x1, x1, #0x1000
	add	x1, x1, #4
	msr	sp_el0, x1
	msr	spsel, #0
	ldr	x0, [sp]
	msr	spsel, #1
	ret

/* words.c: x0 = struct word_start, x1 = the code. IRQs and FIQs open; all of x0..x30. */
	.globl	word_enter
word_enter:
	msr	elr_el1, x1
	mov	x1, #0x305			/* EL1h; debug and SError masked */
	msr	spsr_el1, x1
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret

/* What a random instruction leaves behind is not believed, sp least of all. */
	.balign	2048
	.globl	word_vectors
word_vectors:
	.rept	16
	.balign	128
	adrp	x0, word_stack
	add	x0, x0, :lo12:word_stack
	add	x0, x0, #4, lsl #12
	mov	sp, x0
	mrs	x0, esr_el1
	b	words_next
	.endr
