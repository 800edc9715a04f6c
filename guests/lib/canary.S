/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns in floating point registers, which the guests' C code never touches:
 * set once, compared later. Nobody may change them.
 */
#define ALL_32	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

	.text
/* x0 = seed: v<n>.d[0] = v<n>.d[1] = x0 + n */
	.globl	canary_set
canary_set:
	.irp	n, ALL_32
	add	x1, x0, #\n
	dup	v\n\().2d, x1
	.endr
	ret

/* x0 = seed; result: 0 if all are as they were set */
	.globl	canary_check
canary_check:
	mov	x2, #0
	.irp	n, ALL_32
	add	x1, x0, #\n
	umov	x3, v\n\().d[0]
	umov	x4, v\n\().d[1]
	eor	x3, x3, x1
	eor	x4, x4, x1
	orr	x2, x2, x3
	orr	x2, x2, x4
	.endr
	mov	x0, x2
	ret
