/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the guest's interrupt controller; see gic.h.
 */
#include "gic.h"


#define AFFINITY	0xff00ffffffull
#define DEFAULT_PRIORITY 0xa0a0a0a0

static uint64_t gicr[CPU_MAX];		/* each vCPU's redistributor */
static uint8_t target[CPU_MAX];		/* GICv2: each vCPU's interface bit */

static bool is_v3(void)
{
	return platform.gic == 3;
}

uint64_t gic_bank(uint32_t intid)
{
	if (is_v3() && intid < 32) {
		return gicr[cpu_self()->index] + GICR_SGI;
	}
	return platform.gicd;
}

static uint64_t bit_register(uint32_t intid, uint32_t offset)
{
	return gic_bank(intid) + offset + intid / 32 * 4;
}

static void bit_write(uint32_t intid, uint32_t offset)
{
	write32(bit_register(intid, offset), 1u << intid % 32);
}

static bool bit_read(uint32_t intid, uint32_t offset)
{
	return read32(bit_register(intid, offset)) >> intid % 32 & 1;
}

void gic_enable(uint32_t intid) { bit_write(intid, GICD_ISENABLER); }
void gic_disable(uint32_t intid) { bit_write(intid, GICD_ICENABLER); }
bool gic_is_enabled(uint32_t intid) { return bit_read(intid, GICD_ISENABLER); }
void gic_set_pending(uint32_t intid) { bit_write(intid, GICD_ISPENDR); }
void gic_clear_pending(uint32_t intid) { bit_write(intid, GICD_ICPENDR); }
bool gic_is_pending(uint32_t intid) { return bit_read(intid, GICD_ISPENDR); }
void gic_set_active(uint32_t intid) { bit_write(intid, GICD_ISACTIVER); }
void gic_clear_active(uint32_t intid) { bit_write(intid, GICD_ICACTIVER); }
bool gic_is_active(uint32_t intid) { return bit_read(intid, GICD_ISACTIVER); }

void gic_set_priority(uint32_t intid, uint32_t priority)
{
	write8(gic_bank(intid) + GICD_IPRIORITYR + intid, priority);
}

uint32_t gic_priority(uint32_t intid)
{
	return read8(gic_bank(intid) + GICD_IPRIORITYR + intid);
}

void gic_set_edge(uint32_t intid, bool is_edge)
{
	uint64_t at = gic_bank(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;
	uint32_t v = read32(at);

	write32(at, is_edge ? v | bit : v & ~bit);
}

void gic_route(uint32_t intid, uint32_t cpu)
{
	if (is_v3()) {
		write64(platform.gicd + GICD_IROUTER + 8ull * intid,
			platform.mpidr[cpu] & AFFINITY);
	} else {
		write8(platform.gicd + GICD_ITARGETSR + intid, target[cpu]);
	}
}

void gic_sgi(uint32_t intid, uint32_t cpu)
{
	asm volatile("dsb ishst" ::: "memory");
	if (is_v3()) {
		uint64_t m = platform.mpidr[cpu];

		sysreg_write(S3_0_C12_C11_5, (m >> 32 & 0xff) << 48 | (m >> 16 & 0xff) << 32 |
			     (uint64_t)intid << 24 | (m >> 8 & 0xff) << 16 | 1ull << (m & 15));
		isb();
	} else {
		write32(platform.gicd + GICD_SGIR, (uint32_t)target[cpu] << 16 | intid);
	}
}

void gic_sgi_others(uint32_t intid)
{
	asm volatile("dsb ishst" ::: "memory");
	if (is_v3()) {
		sysreg_write(S3_0_C12_C11_5, 1ull << 40 | (uint64_t)intid << 24);
		isb();
	} else {
		write32(platform.gicd + GICD_SGIR, 1u << 24 | intid);
	}
}

uint32_t gic_ack(void)
{
	uint32_t v;

	if (!is_v3()) {
		return read32(platform.gicc + GICC_IAR);
	}
	v = (uint32_t)sysreg_read(S3_0_C12_C12_0);
	dsb();
	return v;
}

void gic_eoi(uint32_t iar)
{
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_1, iar);
		isb();
	} else {
		write32(platform.gicc + GICC_EOIR, iar);
	}
}

void gic_dir(uint32_t iar)
{
	if (is_v3()) {
		sysreg_write(S3_0_C12_C11_1, iar);
		isb();
	} else {
		write32(platform.gicc + GICC_DIR, iar);
	}
}

uint32_t gic_running_priority(void)
{
	return is_v3() ? (uint32_t)sysreg_read(S3_0_C12_C11_3) : read32(platform.gicc + GICC_RPR);
}

uint32_t gic_highest_pending(void)
{
	return is_v3() ? (uint32_t)sysreg_read(S3_0_C12_C12_2) : read32(platform.gicc + GICC_HPPIR);
}

void gic_set_mask(uint32_t priority)
{
	if (is_v3()) {
		sysreg_write(S3_0_C4_C6_0, priority);
		isb();
	} else {
		write32(platform.gicc + GICC_PMR, priority);
	}
}

uint32_t gic_mask(void)
{
	return is_v3() ? (uint32_t)sysreg_read(S3_0_C4_C6_0) : read32(platform.gicc + GICC_PMR);
}

void gic_set_split(bool is_split)
{
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_4, is_split ? 2 : 0);
		isb();
	} else {
		write32(platform.gicc + GICC_CTLR, is_split ? 0x201 : 0x001);
	}
}

void gic_set_bpr(uint32_t bits)
{
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_3, bits);
		isb();
	} else {
		write32(platform.gicc + GICC_BPR, bits);
	}
}

void gic_init(void)
{
	uint32_t lines;

	if (!platform.gic) {
		return;
	}
	write32(platform.gicd + GICD_CTLR, 0);
	lines = ((read32(platform.gicd + GICD_TYPER) & 31) + 1) * 32;
	for (uint32_t i = 32; i < lines; i += 32) {
		write32(platform.gicd + GICD_ICENABLER + i / 8, ~0u);
		if (is_v3()) {
			write32(platform.gicd + GICD_IGROUPR + i / 8, ~0u);
		}
	}
	for (uint32_t i = 32; i < lines; i += 4) {
		write32(platform.gicd + GICD_IPRIORITYR + i, DEFAULT_PRIORITY);
	}
	/* GICv3: ARE, groups 1 (and 1A seen with security); GICv2: enable */
	write32(platform.gicd + GICD_CTLR, is_v3() ? 0x13 : 1);
}

static void v3_find_redistributor(struct cpu *c)
{
	uint64_t at = platform.gicr;
	uint64_t me = platform.mpidr[c->index];

	for (; at < platform.gicr + platform.gicr_size; at += SKERRY_GICR_STRIDE) {
		uint64_t type = read64(at + GICR_TYPER);
		uint64_t affinity = (type >> 32 & 0xffffff) | type >> 56 << 32;

		if (affinity == (me & AFFINITY)) {
			gicr[c->index] = at;
			return;
		}
		if (type & 16) {
			break;
		}
	}
	printf("no redistributor for mpidr %lx\n", me);
}

static void v3_wake(uint64_t at)
{
	write32(at + GICR_WAKER, read32(at + GICR_WAKER) & ~2u);
	for (uint32_t i = 0; i < 1000000 && (read32(at + GICR_WAKER) & 4); i++) {
		cpu_relax();
	}
}

void gic_cpu_init(void)
{
	struct cpu *c = cpu_self();

	if (!platform.gic) {
		return;
	}
	if (is_v3()) {
		v3_find_redistributor(c);
		v3_wake(gicr[c->index]);
		write32(gic_bank(0) + GICD_IGROUPR, ~0u);
		sysreg_write(S3_0_C12_C12_5, sysreg_read(S3_0_C12_C12_5) | 1);
		isb();
	} else {
		target[c->index] = (uint8_t)read32(platform.gicd + GICD_ITARGETSR);
	}
	write32(gic_bank(0) + GICD_ICENABLER, ~0u);
	for (uint32_t i = 0; i < 32; i += 4) {
		write32(gic_bank(0) + GICD_IPRIORITYR + i, DEFAULT_PRIORITY);
	}
	write32(gic_bank(0) + GICD_ISENABLER, 0xffff);
	gic_set_mask(0xff);
	gic_set_bpr(0);
	gic_set_split(false);
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_7, 1);
		isb();
	}
}

void gic_cpu_off(void)
{
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_7, 0);
		isb();
	} else if (platform.gic) {
		write32(platform.gicc + GICC_CTLR, 0);
	}
}
