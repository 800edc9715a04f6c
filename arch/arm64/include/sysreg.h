/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to system registers by the assembler's name or S-number.
 */
#pragma once

#define READ_SYSREG(name) \
	({ uint64_t value_; __asm__ volatile("mrs %0, " #name : "=r"(value_)); value_; })
#define WRITE_SYSREG(value, name)					\
	__asm__ volatile("msr " #name ", %x0" :: "rZ"((uint64_t)(value)))

/* The guest's stage 1 for a read at EL1, by its registers as they were written last, by a world
 * switch maybe; the answer is in PAR_EL1 */
#define at_s1e1r(va)	__asm__ volatile("isb\n\tat s1e1r, %0\n\tisb" :: "r"(va) : "memory")

#define isb()		__asm__ volatile("isb" ::: "memory")
#define dsb(kind)	__asm__ volatile("dsb " #kind ::: "memory")
#define dmb(kind)	__asm__ volatile("dmb " #kind ::: "memory")

/*
 * QEMU's GICv2 does not look at a level-sensitive interrupt again that is still
 * asserted when the guest ends it through a list register, until another line of
 * the controller changes: it would be lost. The EL1 physical timer, which no guest
 * reaches and whose interrupt is never enabled, changes its line so many ticks later:
 * too early where the guest takes longer to end it (docs/interrupts.md).
 */
#define NUDGE_TICKS	0x800000
