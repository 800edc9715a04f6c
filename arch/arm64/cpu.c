/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling core: number, time, kicks, sleep, locks' waiting; caches; the
 * board's off switch. Leaves.
 */
#include <abi/smccc.h>
#include <core/core.h>
#include <hv/pm.h>
#include <arch_cpu.h>
#include <mmu.h>
#include <sysreg.h>
#include <vgic.h>

#include "cpu.h"

bool board_has_psci;		/* written at boot */
bool board_has_pm;

uint64_t arch_time_now(void)
{
	isb();
	return READ_SYSREG(cntpct_el0);
}

uint32_t arch_time_hz(void)
{
	return (uint32_t)READ_SYSREG(cntfrq_el0);
}

unsigned arch_cpu_index(void)
{
	return pcpu()->index;
}

void arch_cpu_kick(unsigned cpu)
{
	dsb(ishst);	/* what it is to look at, before the interrupt */
	gic_kick(cpu);
}

/* Interrupts are masked: WFI returns when one is pending, and gic_handle() takes it. */
void arch_cpu_wait(void)
{
	dsb(sy);
	__asm__ volatile("wfi");
	gic_handle();
}

void arch_cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

static uint64_t cache_line(void)
{
	return 4ull << (READ_SYSREG(ctr_el0) >> 16 & 0xf);
}

void arch_data_clean(const void *at, uint64_t size)
{
	uint64_t line = cache_line();
	uint64_t p = align_down((uintptr_t)at, line);

	for (; p < (uintptr_t)at + size; p += line) {
		__asm__ volatile("dc civac, %0" :: "r"(p) : "memory");
	}
	dsb(sy);
}

/* Bytes that DC ZVA zeroes at once; 0: it may not be used. */
static uint64_t zva_size(void)
{
	uint64_t dczid = READ_SYSREG(dczid_el0);

	return dczid & (1 << 4) ? 0 : 4ull << (dczid & 0xf);
}

void arch_zero(void *at, uint64_t size)
{
	uint64_t zva = zva_size();
	uint64_t p = (uintptr_t)at, end = p + size;

	while (p < end) {
		if (zva != 0 && is_aligned(p, zva) && end - p >= zva) {
			__asm__ volatile("dc zva, %0" :: "r"(p) : "memory");
			p += zva;
		} else {
			*(volatile uint8_t *)p = 0;
			p++;
		}
	}
	arch_data_clean(at, size);
}

uint32_t arch_crc32(uint32_t crc, const void *data, uint64_t size)
{
	const uint8_t *p = data;

	crc = ~crc;
	__asm__(".arch_extension crc");
	for (; size > 0 && !is_aligned((uintptr_t)p, 8); size--, p++) {
		__asm__("crc32b %w0, %w0, %w1" : "+r"(crc) : "r"(*p));
	}
	for (; size >= 8; size -= 8, p += 8) {
		__asm__("crc32x %w0, %w0, %x1"
			: "+r"(crc) : "r"(*(const uint64_t *)(const void *)p));
	}
	for (; size > 0; size--, p++) {
		__asm__("crc32b %w0, %w0, %w1" : "+r"(crc) : "r"(*p));
	}
	return ~crc;
}

/* SMCCC 1.0: x4..x17 may change too */
void arch_firmware_call(uint64_t *x)
{
	register uint64_t x0 __asm__("x0") = x[0];
	register uint64_t x1 __asm__("x1") = x[1];
	register uint64_t x2 __asm__("x2") = x[2];
	register uint64_t x3 __asm__("x3") = x[3];

	__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "memory",
			 "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
			 "x14", "x15", "x16", "x17");
	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
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

void arch_board_off(void)
{
	if (board_has_psci) {
		smc_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	}
	if (board_has_pm) {
		pm_power_off(PM_VA);
	}
	arch_halt();
}

void arch_board_reset(void)
{
	if (board_has_psci) {
		smc_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	if (board_has_pm) {
		pm_reset(PM_VA);
	}
	arch_halt();
}
