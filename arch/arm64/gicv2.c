/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2 behind struct gic_ops: CPU interface and hypervisor interface by memory.
 * List registers are handed over in GICv3's layout and converted here.
 * Each core touches its own banked interfaces only; no lock.
 * Source: Arm IHI 0048B, chapters 4 and 5.
 */
#include <mmu.h>
#include <sysreg.h>

#include "gic.h"

#define GICH_HCR	0x000
#define GICH_VMCR	0x008
#define GICH_APR	0x0f0


static volatile uint32_t *reg(uintptr_t at)
{
	return (volatile uint32_t *)at;
}

static uint64_t native_lr(uint64_t lr)
{
	return (lr & 0x3ff) | (lr >> 22 & 0x3ff << 10) | (lr >> 28 & 0x1f << 23) |
	       (lr >> 34 & 0x3u << 28) | (lr >> 30 & 0x3u << 30);
}

static uint64_t read_lr(unsigned i)
{
	uint64_t lr = *reg(GICH_VA + GICH_LR + 4 * i);

	return (lr & 0x3ff) | (lr & 0x3ff << 10) << 22 | (lr & 0x1f << 23) << 28 |
	       (lr & 0x3u << 28) << 34 | (lr & 0x3u << 30) << 30;
}

static void write_lr(unsigned i, uint64_t lr)
{
	*reg(GICH_VA + GICH_LR + 4 * i) = (uint32_t)native_lr(lr);
}

static uint32_t read_hcr(void)
{
	return *reg(GICH_VA + GICH_HCR);
}

static void write_hcr(uint32_t hcr)
{
	*reg(GICH_VA + GICH_HCR) = hcr;
}

static void reset(void)
{
	*reg(GICH_VA + GICH_VMCR) = 0;
	*reg(GICH_VA + GICH_APR) = 0;
}

static uint32_t acknowledge(void)
{
	uint32_t iar = *reg(GICC_VA + GICC_IAR);

	dmb(sy);	/* before a look at what the interrupt, a kick maybe, is about */
	return iar;
}

static void drop(uint32_t iar)
{
	*reg(GICC_VA + GICC_EOIR) = iar;
}

static void deactivate(uint32_t iar)
{
	*reg(GICC_VA + GICC_DIR) = iar;
}

static void kick(unsigned cpu)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	*reg(GICD_VA + GICD_SGIR) = (uint32_t)gic.cpu[cpu] << 16 | GIC_KICK;
}

const struct gic_ops gicv2_ops = {
	read_lr, write_lr, native_lr, read_hcr, write_hcr, reset,
	acknowledge, drop, deactivate, kick,
};
