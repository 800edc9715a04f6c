/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembler macros: general registers to and from struct vcpu. x0 = the vCPU.
 */
#pragma once

#ifdef __ASSEMBLER__
#include <asm_offsets.h>

#define VCPU_X(n)	(VCPU_REGS + (n) * 8)

	/* op: stp or ldp; then numbers of registers, two an instruction */
	.macro	pairs op, a, b, others:vararg
	\op	x\a, x\b, [x0, #VCPU_X(\a)]
	.ifnb	\others
	pairs	\op, \others
	.endif
	.endm

	/* Register map: x4..x17, which C may change beside x0..x3, x18, x30 */
	.macro	pairs_4_17 op
	pairs	\op, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	.endm

	/* Register map: x20..x29, which C keeps as it keeps x19 */
	.macro	pairs_20_29 op
	pairs	\op, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	.endm

	/* x0, x1 are on the stack: x0..x3 to the vCPU; x1 stays as it is */
	.macro	save_0_3
	stp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0, #VCPU_X(0)]
	.endm

	/* ELR and SPSR of the exit; clobbers x2, x3, saved before */
	.macro	save_state
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x0, #VCPU_ELR]
	.endm

	/* x0..x3 back, and to the guest */
	.macro	leave_0_3
	ldp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x0, x1, [x0, #VCPU_X(0)]
	leave
	.endm

	/* No speculation past it */
	.macro	leave
	eret
	dsb	nsh
	isb
	.endm

	/* x0 = the vCPU; scratch is clobbered */
	.macro	count what, scratch, base=x0
	ldr	\scratch, [\base, #\what]
	add	\scratch, \scratch, #1
	str	\scratch, [\base, #\what]
	.endm

	.macro	this_vcpu to
	mrs	\to, tpidr_el2
	ldr	\to, [\to, #PCPU_CURRENT]
	.endm

	/* On entry: x0, x1 on the stack. After: everything in the current vCPU; x0 = the vCPU */
	.macro	save_all
	this_vcpu x0
	save_0_3
	pairs_4_17 stp
	stp	x18, x19, [x0, #VCPU_X(18)]
	pairs_20_29 stp
	str	x30, [x0, #VCPU_X(30)]
	save_state
	.endm

#endif /* __ASSEMBLER__ */
