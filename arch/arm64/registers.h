/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembler macros: general registers to and from struct vcpu. x0 = the vCPU.
 */
#pragma once

#ifdef __ASSEMBLER__
#include <asm_offsets.h>

#define VCPU_X(n)	(VCPU_REGS + (n) * 8)

	/* Register map: x4..x17, which C may change beside x0..x3, x18, x30.
	 * op: stp or ldp */
	.macro	pairs_4_17 op
	\op	x4, x5, [x0, #VCPU_X(4)]
	\op	x6, x7, [x0, #VCPU_X(6)]
	\op	x8, x9, [x0, #VCPU_X(8)]
	\op	x10, x11, [x0, #VCPU_X(10)]
	\op	x12, x13, [x0, #VCPU_X(12)]
	\op	x14, x15, [x0, #VCPU_X(14)]
	\op	x16, x17, [x0, #VCPU_X(16)]
	.endm

	/* Register map: x20..x29, which C keeps as it keeps x19 */
	.macro	pairs_20_29 op
	\op	x20, x21, [x0, #VCPU_X(20)]
	\op	x22, x23, [x0, #VCPU_X(22)]
	\op	x24, x25, [x0, #VCPU_X(24)]
	\op	x26, x27, [x0, #VCPU_X(26)]
	\op	x28, x29, [x0, #VCPU_X(28)]
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

#endif /* __ASSEMBLER__ */
