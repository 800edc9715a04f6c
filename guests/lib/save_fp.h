/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembler macro: q0..q31 to memory from x2 on, 512 bytes; x2 moves behind them.
 */
#ifndef SAVE_FP_H
#define SAVE_FP_H

#ifdef __ASSEMBLER__
	.macro	save_fp
	stp	q0, q1, [x2], #32
	stp	q2, q3, [x2], #32
	stp	q4, q5, [x2], #32
	stp	q6, q7, [x2], #32
	stp	q8, q9, [x2], #32
	stp	q10, q11, [x2], #32
	stp	q12, q13, [x2], #32
	stp	q14, q15, [x2], #32
	stp	q16, q17, [x2], #32
	stp	q18, q19, [x2], #32
	stp	q20, q21, [x2], #32
	stp	q22, q23, [x2], #32
	stp	q24, q25, [x2], #32
	stp	q26, q27, [x2], #32
	stp	q28, q29, [x2], #32
	stp	q30, q31, [x2], #32
	.endm
#endif

#endif
