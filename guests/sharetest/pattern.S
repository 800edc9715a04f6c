/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns in the general registers, kept while the vCPU does nothing but count: whatever
 * happens to them meanwhile, somebody else did.
 */
	.text
/* x0 = seed, x1 = how far to count; result: 0 if x3..x30 are as they were set, x<n> = x0 + n.
 * x2 gathers the differences. */
	.globl	pattern_spin
pattern_spin:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	add	x\n, x0, #\n
	.endr
1:	subs	x1, x1, #1
	b.ne	1b
	mov	x2, #0
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	sub	x\n, x\n, #\n
	eor	x\n, x\n, x0
	orr	x2, x2, x\n
	.endr
	mov	x0, x2
	ldp	x29, x30, [sp, #80]
	ldp	x27, x28, [sp, #64]
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp], #96
	ret
