/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's first page: arm64 Image header, entry of the boot core and of the
 * others, at whatever address the image was loaded, MMU off; EL2's MMU on; the
 * jump to the linked address. Unmapped, like all of boot, before a guest runs.
 * Sources: Linux Documentation/arch/arm64/booting.rst; Arm DDI 0487 D19.2.
 */
#include <asm_offsets.h>
#include <pagetable.h>

	.section .head.text, "ax"
	.global _start, secondary_entry
_start:
	b	boot_entry			/* code0 */
	.word	0				/* code1 */
	.quad	0, hv_size			/* text_offset, image_size */
	.quad	0xa, 0, 0, 0			/* little endian, 4 KiB, anywhere */
	.ascii	"ARM\x64"
	.word	0

/*
 * boot_entry: the boot core. x0 device tree -> x20; x21 CNTPCT at entry
 */
boot_entry:
	mrs	x21, cntpct_el0
	mov	x20, x0
	msr	DAIFSet, #0xf
	msr	SPSel, #1			/* booting.rst promises neither of both */

	/* bss: out of the caches, zeroed in memory, out of the caches again */
	bl	clean_bss
	adrp	x0, hv_bss
	adrp	x1, hv_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	bl	clean_bss

	adrp	x0, boot_stack + 0x9000		/* its end: early.c */
	mov	sp, x0
	adr	x0, _start
	bl	early_map			/* also in memory, caches off */
	bl	clean_bss

	bl	mmu_on
	mov	x0, x20
	mov	x1, x21
	b	boot_main

/*
 * secondary_entry: another core, by PSCI or by spin table. It finds its struct
 * pcpu by its MPIDR -> x0.
 */
secondary_entry:
	msr	DAIFSet, #0xf
	msr	SPSel, #1
	bl	mmu_on
	bl	secondary_find			/* leaf: needs no stack */
	ldr	x1, [x0, #PCPU_STACK_TOP]
	mov	sp, x1
	b	secondary_main

/* Translation on at one level. x1 root, x2 MAIR, x3 PARange, x4 TCR so far.
 * tcr: RES1 bits, or EPD1 at EL1; sctlr: RES1, (WXN,) I, SA, C, M */
	.macro	enable el, tlb, ps, tcr, sctlr
	ldr	x5, =\tcr
	orr	x4, x4, x3, lsl #\ps
	orr	x4, x4, x5
	msr	mair_\el, x2
	msr	tcr_\el, x4
	msr	ttbr0_\el, x1
	isb
	tlbi	\tlb
	ic	iallu
	dsb	nsh
	isb
	ldr	x5, =\sctlr
	msr	sctlr_\el, x5
	isb
	ret
	.endm

/* mmu_on: translation on with EL2's tables, at the current exception level (at
 * EL1 and EL3 only to say that it is the wrong one); returns to the linked
 * address, with the stack at its own. Clobbers x0..x6. */
mmu_on:
	ldr	x0, =hv_image
	adr	x1, _start
	sub	x0, x0, x1
	add	x30, x30, x0			/* the caller, where it is linked */
	add	sp, sp, x0
	adrp	x1, hv_l1
	ldr	x2, =MAIR_VALUE
	mrs	x3, id_aa64mmfr0_el1
	and	x3, x3, #0xf			/* PARange; 52 bits (6) is not for 4 KiB */
	cmp	x3, #5
	mov	x4, #5
	csel	x3, x3, x4, lo
	mov	x4, #0x3519			/* T0SZ 25, write-back, inner shareable, 4 KiB */
	dsb	sy
	mrs	x6, CurrentEL
	cmp	x6, #(2 << 2)
	b.hi	3f
	b.lo	1f
	mov	x6, #0x80000000			/* RW; E2H = 0: TCR_EL2 is as made here */
	msr	hcr_el2, x6
	enable	el2, alle2, 16, 0x80800000, 0x30cd183d
1:	enable	el1, vmalle1, 32, 0x00800000, 0x30d0181d
3:	enable	el3, alle3, 16, 0x80800000, 0x30cd183d

/* clean_bss: all that is not in the file, [hv_bss, hv_end), out of the data caches to the point
 * of coherency. arch_data_clean() needs no stack: a leaf that keeps to registers. Clobbers
 * x0..x18. */
clean_bss:
	adrp	x0, hv_bss
	adrp	x1, hv_end
	sub	x1, x1, x0
	dmb	sy
	b	arch_data_clean
