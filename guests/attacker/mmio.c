/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 38..41: the interrupt controller's registers, all of them, and what is
 * not one's own.
 */
#include "attacker.h"

#define VIEW		(MAP_SPARE + GIB(2))

/* Registers whose reading or writing has an effect that the sweep can't undo. */
static bool is_left_out(uint64_t at)
{
	/* GICv2's IAR, AIAR: they acknowledge */
	return platform.gic == 2 && (at == platform.gicc + 0xc || at == platform.gicc + 0x20);
}

static uint64_t sweep_frame(uint64_t base, uint64_t size)
{
	uint64_t answered = 0;

	for (uint64_t at = base; at < base + size; at += 4) {
		if (is_left_out(at)) {
			continue;
		}
		for (unsigned width = 1; width <= 8; width *= 2) {
			answered += try_read(at, width, NULL) == 0;
		}
		try_read(at + 1, 1, NULL);
		try_read(at + 3, 1, NULL);
		for (unsigned width = 1; width <= 8; width *= 2) {
			try_write(at, width, ~0ull);
			try_write(at, width, 0);
		}
		if ((at & 0xff) == 0) {
			try_read(at + 1, 4, NULL);
			try_read(at + 2, 8, NULL);
			try_ldp(at);
			try_ldxr(at, NULL);
			try_read_post(at);
			try_zva(at);
		}
	}
	return answered;
}

void c38_mmio(void)
{
	uint64_t answered;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	answered = sweep_frame(platform.gicd, KIB(64));
	if (platform.gic == 3) {
		answered += sweep_frame(platform.gicr, 2 * SKERRY_GICR_STRIDE);
	} else {
		answered += sweep_frame(platform.gicc, KIB(8));
	}
	mmu_map_gib(VIEW, 0, MAP_NC);	/* executable, as far as stage 1 is asked */
	for (uint64_t at = 0; at < KIB(64); at += 0x404) {
		expect(try_exec(VIEW + platform.gicd + at) != 0, "code in the distributor: %lx",
		       at);
	}
	expect(try_exec(VIEW + SKERRY_PL011_BASE) != 0, "the UART is code");
	mmu_set_root(VIEW, 0);
	interrupts_clean();
	expect((gic_ack() & 1023) == GIC_NONE, "something is left");
	note("%lu reads answered", answered);
}

void c39_out_of_range(void)
{
	static const uint32_t banks[] = {
		GICD_IGROUPR, GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR, GICD_ICPENDR,
		GICD_ISACTIVER, GICD_ICACTIVER,
	};

	for (uint32_t b = 0; b < ARRAY_SIZE(banks); b++) {
		for (uint32_t i = SKERRY_INTID_COUNT / 8; i < 0x80; i += 4) {
			try_write(platform.gicd + banks[b] + i, 4, ~0ull);
			try_read(platform.gicd + banks[b] + i, 4, NULL);
		}
	}
	for (uint32_t i = SKERRY_INTID_COUNT; i < 1024; i++) {
		try_write(platform.gicd + GICD_IPRIORITYR + i, 1, 0);
		try_write(platform.gicd + GICD_ITARGETSR + i, 1, 0xff);
		try_write(platform.gicd + GICD_ICFGR + i / 4, 1, 0xff);
		if (platform.gic == 3) {
			try_write(platform.gicd + GICD_IROUTER + 8ull * i, 8, ~0ull);
		}
	}
	delay_us(500);
	expect((gic_ack() & 1023) == GIC_NONE, "something came");
	for (uint32_t i = 1019; i < 1024; i++) {
		gic_eoi(i);
		gic_dir(i);
	}
	interrupts_clean();
}

static void sgi_hostile_v3(uint64_t *state)
{
	sysreg_write(S3_0_C12_C11_5, 0x00ff00ff00ff0000 | 1ull << 24);	/* others' affinities */
	sysreg_write(S3_0_C12_C11_5, 1ull << 40 | ~0xff000000ull << 41);
	sysreg_write(S3_0_C12_C11_5, 0xfull << 44 | 0xffff);		/* RS */
	for (uint64_t i = 0; i < scaled(2000); i++) {
		/* not to oneself: Aff1 is never 0 */
		sysreg_write(S3_0_C12_C11_5, (random_next(state) | 1ull << 16) & ~(1ull << 40));
	}
	probe_begin();
	sysreg_write(S3_0_C12_C11_7, 0xffff);		/* ICC_SGI0R_EL1 */
	sysreg_write(S3_0_C12_C11_6, 0xffff);		/* ICC_ASGI1R_EL1 */
	probe_end();
}

static void sgi_hostile_v2(uint64_t *state)
{
	write32(platform.gicd + GICD_SGIR, 3u << 24 | 0xff0000 | 1);	/* reserved filter */
	write32(platform.gicd + GICD_SGIR, 0xfc0000 | 1);	/* absent vCPUs */
	for (uint64_t i = 0; i < scaled(2000); i++) {
		write32(platform.gicd + GICD_SGIR,
			((uint32_t)random_next(state) & 0xfcffff) | 3u << 24);
	}
	for (uint32_t i = 0; i < 16; i += 4) {
		write32(platform.gicd + GICD_SPENDSGIR + i, 0xfcfcfcfc);
		write32(platform.gicd + GICD_CPENDSGIR + i, ~0u);
	}
}

void c40_sgi_targets(void)
{
	uint64_t state = 40;
	uint32_t iar;

	if (platform.gic == 3) {
		sgi_hostile_v3(&state);
	} else {
		sgi_hostile_v2(&state);
	}
	interrupts_clean();
	gic_sgi(2, 0);
	delay_us(100);
	iar = gic_ack();
	expect((iar & 1023) == 2, "an SGI to oneself brings %u", iar & 1023);
	gic_eoi(iar);
	interrupts_clean();
}

void c41_foreign(void)
{
	uint64_t state = 41, count = scaled(20000);
	uint32_t iar;

	for (uint32_t i = 32; i < SKERRY_INTID_COUNT; i++) {
		gic_enable(i);
	}
	for (uint32_t i = 16; i < 32; i++) {
		gic_enable(i);
	}
	delay_us(20000);
	iar = gic_ack();
	expect((iar & 1023) == GIC_NONE || (iar & 1023) == SKERRY_INTID_PL011,
	       "somebody else's interrupt %u came", iar & 1023);
	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
	gic_set_split(true);
	for (uint64_t i = 0; i < count; i++) {
		gic_dir((uint32_t)random_next(&state));
	}
	gic_set_split(false);
	for (uint64_t i = 0; i < count; i++) {
		gic_eoi((uint32_t)random_next(&state));
	}
	interrupts_clean();
	note("%lu random EOIs and DIRs", count);
}
