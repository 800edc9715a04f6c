/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's first page: arm64 Image header, entry of the boot core and of the
 * others, at whatever address the image was loaded, MMU off; EL2's MMU on; the
 * jump to the linked address. Unmapped, like all of boot, before a guest runs.
 * Sources: Linux Documentation/arch/arm64/booting.rst; Arm DDI 0487 D19.2.
 */
#include <pagetable.h>

#define STACK_SIZE	8192		/* with a guard page below: cpu_stacks */

	.section .head.text, "ax"
	.global _start, secondary_entry
_start:
	b	boot_entry			/* code0 */
	.word	0				/* code1 */
	.quad	0				/* text_offset */
	.quad	hv_size				/* image_size */
	.quad	0xa				/* little endian, 4 KiB, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

/*
 * boot_entry: the boot core.
 * x0 device tree -> x20; x19 image's physical address; x21 CNTPCT at entry;
 * x22 exception level, CurrentEL's encoding
 */
boot_entry:
	mrs	x21, cntpct_el0
	mov	x20, x0
	adr	x19, _start
	mrs	x22, CurrentEL
	msr	DAIFSet, #0xf
	msr	SPSel, #1			/* booting.rst promises neither of both */

	/* bss: out of the caches, zeroed in memory, out of the caches again */
	adrp	x0, hv_bss
	adrp	x1, hv_end
	bl	invalidate_range
	adrp	x0, hv_bss
	adrp	x1, hv_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	adrp	x0, hv_bss
	bl	invalidate_range

	adrp	x0, boot_stack_end
	mov	sp, x0
	mov	x0, x19
	mov	x1, x20
	bl	early_map			/* also in memory, caches off */
	adrp	x0, hv_bss
	adrp	x1, hv_end
	bl	invalidate_range

	bl	mmu_on
	ldr	x0, =boot_stack_end
	mov	sp, x0
	mov	x29, xzr
	mov	x0, x20
	mov	x1, x19
	mov	x2, x21
	mov	x3, x22
	ldr	x8, =boot_main
	br	x8

/*
 * secondary_entry: another core, by PSCI (x0 = its number) or by spin table
 * (x0 undefined: it finds its number by its MPIDR).
 */
secondary_entry:
	msr	DAIFSet, #0xf
	msr	SPSel, #1
	mrs	x22, CurrentEL
	bl	mmu_on
	mrs	x0, mpidr_el1
	ldr	x8, =secondary_find		/* leaf: needs no stack */
	blr	x8
	ldr	x1, =cpu_stacks
	mov	x2, #(STACK_SIZE + 4096)
	madd	x1, x0, x2, x1
	add	sp, x1, x2
	mov	x29, xzr
	ldr	x8, =secondary_main
	br	x8

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

/* mmu_on: translation on with EL2's tables, at the exception level in x22 (at
 * EL1 and EL3 only to say that it is the wrong one); returns to the linked
 * address. Clobbers x0..x9. */
mmu_on:
	ldr	x0, =hv_image
	adr	x1, _start
	sub	x0, x0, x1
	add	x30, x30, x0			/* the caller, where it is linked */
	adrp	x1, hv_l1
	mov	x2, #MAIR_VALUE & 0xffff
	movk	x2, #MAIR_VALUE >> 16, lsl #16
	mrs	x3, id_aa64mmfr0_el1
	and	x3, x3, #0xf			/* PARange; 52 bits (6) is not for 4 KiB */
	cmp	x3, #5
	mov	x4, #5
	csel	x3, x3, x4, lo
	mov	x4, #0x3519			/* T0SZ 25, write-back, inner shareable, 4 KiB */
	dsb	sy
	cmp	x22, #(2 << 2)
	b.hi	3f
	b.lo	1f
	mov	x6, #0x80000000			/* RW; E2H = 0: TCR_EL2 is as made here */
	msr	hcr_el2, x6
	enable	el2, alle2, 16, 0x80800000, 0x30cd183d
1:	enable	el1, vmalle1, 32, 0x00800000, 0x30d0181d
3:	enable	el3, alle3, 16, 0x80800000, 0x30cd183d

/* invalidate_range: [x0, x1) out of the data caches to the point of coherency;
 * whole lines: both ends are page-aligned. Clobbers x2..x4. */
invalidate_range:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x3, x3, x2
	mov	x4, x0
	dmb	sy
1:	dc	ivac, x4
	add	x4, x4, x3
	cmp	x4, x1
	b.lo	1b
	dsb	sy
	ret

	.ltorg

	.section .bss.boot_stack, "aw", %nobits
	.balign	4096
	.skip	4096				/* guard: early.c leaves it unmapped */
	.global boot_stack
boot_stack:
	.skip	32768
boot_stack_end:
	.global boot_stack_end

	.section .stacks, "aw", %nobits
	.balign	4096
	.global	cpu_stacks
cpu_stacks:
	.skip	8 * (STACK_SIZE + 4096)		/* each: a guard page, then the stack */
