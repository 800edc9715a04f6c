/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling core: number, time, kicks, sleep, locks' waiting; caches; the
 * board's off switch. Leaves.
 */
#include <hv/drivers.h>

#include "gic.h"

bool board_has_psci, board_has_pm;		/* written at boot */

uint64_t arch_time_now(void)
{
	isb();
	return READ_SYSREG(cntpct_el0);
}

uint32_t arch_time_hz(void) { return (uint32_t)READ_SYSREG(cntfrq_el0); }

unsigned arch_cpu_index(void) { return pcpu()->index; }

/* Interrupts are masked: WFI returns when one is pending, and gic_handle() takes it. Before that
 * whose context stays here does what others ask of it: they wait, and it has no turn maybe. */
void arch_cpu_wait(void)
{
	if (pcpu()->current != NULL) {
		vgic_enter(pcpu()->current);
	}
	dsb(sy);
	__asm__ volatile("wfi");
	gic_handle();
}

void arch_cpu_relax(void) { __asm__ volatile("yield" ::: "memory"); }

void arch_data_clean(const void *at, uint64_t size)
{
	uint64_t line = 4ull << (READ_SYSREG(ctr_el0) >> 16 & 0xf);
	uint64_t end = (uintptr_t)at + size;

	for (uint64_t p = align_down((uintptr_t)at, line); p < end; p += line) {
		__asm__ volatile("dc civac, %0" :: "r"(p) : "memory");
	}
	dsb(sy);
}

void arch_zero(void *at, uint64_t size)
{
	uint64_t dczid = READ_SYSREG(dczid_el0), block = 4ull << (dczid & 0xf);

	if (dczid & 1 << 4) {		/* DC ZVA may not be used */
		memset(at, 0, size);
	} else {
		for (uint64_t done = 0; done < size; done += block) {
			__asm__ volatile("dc zva, %0" :: "r"((uintptr_t)at + done) : "memory");
		}
	}
	arch_data_clean(at, size);
}

uint32_t arch_crc32(uint32_t crc, const void *data, uint64_t size)
{
	const uint8_t *p = data, *end = p + size, *words_end = end - size % 8;

	crc = ~crc;
	__asm__(".arch_extension crc");
	while (p < words_end) {
		uint64_t word;

		/* at any alignment, which the compiler's own loads have not */
		__asm__("ldr %1, [%2], #8\n\tcrc32x %w0, %w0, %1"
			: "+r"(crc), "=&r"(word), "+r"(p) : "m"(*(const uint8_t(*)[8])p));
	}
	for (; p < end; p++) {
		__asm__("crc32b %w0, %w0, %w1" : "+r"(crc) : "r"(*p));
	}
	return ~crc;
}

/* SMCCC 1.0: x4..x17 may change too; `x` is in none of them */
void arch_firmware_call(uint64_t *x)
{
	__asm__ volatile("ldp x0, x1, [%0]\n\tldp x2, x3, [%0, #16]\n\tsmc #0\n\t"
			 "stp x0, x1, [%0]\n\tstp x2, x3, [%0, #16]"
			 :: "r"(x) : "memory", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7",
			 "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");
}

int32_t smc_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x[4] = { function, a, b, c };

	arch_firmware_call(x);
	return (int32_t)x[0];
}

void arch_halt(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

bool arch_board_watchdog(uint32_t ms)
{
	if (board_has_pm) {
		pm_watchdog(PM_VA, ms);
	}
	return board_has_pm;
}

void arch_board_end(bool stays_off)
{
	if (board_has_psci) {
		smc_call(stays_off ? PSCI_SYSTEM_OFF : PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	if (board_has_pm) {
		pm_reset(PM_VA, stays_off);
	}
	arch_halt();
}
