/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instructions of a guest: arm64 Image header, registers saved as they
 * were found, relocations, .bss, stack. Position independent: the image runs
 * where it was put, at any multiple of 4 KiB. Entered with the MMU off and
 * x0 = device tree. Secondary vCPUs enter at cpu_secondary_entry.
 */
#include "save_fp.h"

#define STACK_SIZE	16384
#define LINK_BASE	0x40000000
#define R_RELATIVE	1027

	.section .head, "ax"
	.globl	_start
_start:
	b	start
	nop
	.quad	0			/* text_offset */
	.long	__image_size, 0		/* with .bss */
	.quad	0xa			/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

/* x1 is kept in sp while the others are saved. */
start:
	mov	sp, x1
	adrp	x1, start_state
	add	x1, x1, :lo12:start_state
	str	x0, [x1]
	mrs	x0, cntvct_el0
	str	x0, [x1, #248]
	mov	x0, sp
	str	x0, [x1, #8]
	stp	x2, x3, [x1, #16]
	stp	x4, x5, [x1, #32]
	stp	x6, x7, [x1, #48]
	stp	x8, x9, [x1, #64]
	stp	x10, x11, [x1, #80]
	stp	x12, x13, [x1, #96]
	stp	x14, x15, [x1, #112]
	stp	x16, x17, [x1, #128]
	stp	x18, x19, [x1, #144]
	stp	x20, x21, [x1, #160]
	stp	x22, x23, [x1, #176]
	stp	x24, x25, [x1, #192]
	stp	x26, x27, [x1, #208]
	stp	x28, x29, [x1, #224]
	str	x30, [x1, #240]

/* System registers: x2 walks start_state.system, in the order of the names. */
	add	x2, x1, #264
	.macro	save reg
	mrs	x0, \reg
	str	x0, [x2], #8
	.endm
	save	sctlr_el1
	save	cpacr_el1
	save	daif
	save	sp_el0
	save	elr_el1
	save	spsr_el1
	save	esr_el1
	save	far_el1
	save	par_el1
	save	vbar_el1
	save	mair_el1
	save	tcr_el1
	save	ttbr0_el1
	save	ttbr1_el1
	save	contextidr_el1
	save	tpidr_el0
	save	tpidrro_el0
	save	tpidr_el1
	save	cntkctl_el1
	save	cntv_ctl_el0
	save	cntp_ctl_el0
	save	mdscr_el1

/* Floating point registers. */
	mov	x0, #3 << 20
	msr	cpacr_el1, x0
	isb
	add	x2, x1, #448
	save_fp

/* Relocations: x2..x3 the table, x4 = where we are - where we were linked. */
	adrp	x2, __rela_start
	add	x2, x2, :lo12:__rela_start
	adrp	x3, __rela_end
	add	x3, x3, :lo12:__rela_end
	adrp	x4, _start
	add	x4, x4, :lo12:_start
	mov	x5, #LINK_BASE
	sub	x4, x4, x5
1:	cmp	x2, x3
	b.hs	2f
	ldp	x5, x6, [x2], #16
	ldr	x7, [x2], #8
	cmp	w6, #R_RELATIVE
	b.ne	1b
	add	x7, x7, x4
	str	x7, [x5, x4]
	b	1b

/* .bss: what was in it, then zero. */
2:	adrp	x2, __bss_start
	add	x2, x2, :lo12:__bss_start
	adrp	x3, __bss_end
	add	x3, x3, :lo12:__bss_end
	mov	x5, #0
3:	cmp	x2, x3
	b.hs	4f
	ldp	x6, x7, [x2]
	orr	x6, x6, x7
	orr	x5, x5, x6
	stp	xzr, xzr, [x2], #16
	b	3b
4:	str	x5, [x1, #256]

	msr	spsel, #1
	adrp	x2, stacks
	add	x2, x2, :lo12:stacks
	add	sp, x2, #STACK_SIZE
	adrp	x2, vectors
	add	x2, x2, :lo12:vectors
	msr	vbar_el1, x2
	adrp	x2, cpus
	add	x2, x2, :lo12:cpus
	msr	tpidr_el1, x2
	mov	x29, #0
	mov	x30, #0
	ldr	x0, [x1]
	isb
	b	start_main

/* x0 = struct cpu; its stack is at offset 64, start_time at 80. MMU off. */
	.globl	cpu_secondary_entry
cpu_secondary_entry:
	mrs	x1, cntvct_el0
	str	x1, [x0, #80]
	ldr	x2, [x0, #64]
	msr	spsel, #1
	mov	sp, x2
	msr	tpidr_el1, x0
	mov	x2, #3 << 20
	msr	cpacr_el1, x2
	adrp	x2, vectors
	add	x2, x2, :lo12:vectors
	msr	vbar_el1, x2
	isb
	mov	x19, x0
	bl	mmu_init_secondary
	mov	x0, x19
	mov	x29, #0
	mov	x30, #0
	b	start_secondary

	.data
	.balign	16
	.globl	start_state
start_state:
	.space	960

	.bss
	.balign	16
	.globl	stacks
stacks:
	.space	8 * STACK_SIZE
