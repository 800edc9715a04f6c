/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgictest: states of an interrupt as the distributor shows and changes them.
 */
#include "vgictest.h"

void test_registers(void)
{
	uint32_t lines = ((read32(platform.gicd + GICD_TYPER) & 31) + 1) * 32;

	check(lines >= 288, "%u lines", lines);
	if (platform.gic == 2) {
		uint32_t cpus_seen = (read32(platform.gicd + GICD_TYPER) >> 5 & 7) + 1;

		check(cpus_seen == platform.cpu_count, "%u CPUs", cpus_seen);
		check((read32(platform.gicd + 0xfe8) >> 4 & 15) == 2, "architecture");
	} else {
		check((read32(platform.gicd + 0xffe8) >> 4 & 15) == 3, "architecture");
		check(read32(platform.gicd + GICD_CTLR) & 0x10, "ARE");
	}
	check(read32(gic_bank(0) + GICD_ICFGR) == 0xaaaaaaaa, "SGIs are edge");
	for (uint32_t i = SPI; i < SPI + SPI_COUNT; i++) {
		gic_enable(i);
		check(gic_is_enabled(i), "enable %u", i);
		gic_disable(i);
		check(!gic_is_enabled(i), "disable %u", i);
		gic_set_priority(i, i * 8 & 0xf8);
		check((gic_priority(i) & 0xf8) == (i * 8 & 0xf8), "priority %u: %x", i,
		      gic_priority(i));
		gic_set_edge(i, true);
		check(read32(platform.gicd + GICD_ICFGR + i / 16 * 4) >> i % 16 * 2 & 2,
		      "edge %u", i);
		gic_set_edge(i, false);
		check(!(read32(platform.gicd + GICD_ICFGR + i / 16 * 4) >> i % 16 * 2 & 2),
		      "level %u", i);
		gic_route(i, 1);
		if (platform.gic == 3) {
			uint64_t to = read64(platform.gicd + GICD_IROUTER + 8ull * i);

			check(to == (platform.mpidr[1] & 0xff00ffffff), "route %u: %lx", i, to);
		} else {
			check(read8(platform.gicd + GICD_ITARGETSR + i) == 2, "target %u", i);
		}
		gic_route(i, 0);
		spi_reset(i);
	}
}

void test_pend_each(void)
{
	for (uint32_t i = 34; i < 288; i++) {
		spi_setup(i, 0xa0);
		gic_set_pending(i);
		expect_ack(i, "each");
		expect_none("after it");
		spi_reset(i);
	}
}

void test_states(void)
{
	uint32_t iar;

	spi_setup(SPI, 0xa0);
	check(!gic_is_pending(SPI) && !gic_is_active(SPI), "idle");
	gic_set_pending(SPI);
	check(gic_is_pending(SPI) && !gic_is_active(SPI), "pending");
	check((gic_highest_pending() & 1023) == SPI, "highest pending %u", gic_highest_pending());
	iar = ack_within(PATIENCE_US);
	check(iar == SPI, "iar %x", iar);
	check(!gic_is_pending(SPI) && gic_is_active(SPI), "active");
	gic_eoi(iar);
	check(!gic_is_pending(SPI) && !gic_is_active(SPI), "idle again");
	spi_reset(SPI);
}

void test_pending_while_active(void)
{
	uint32_t iar;

	spi_setup(SPI, 0xa0);
	gic_set_pending(SPI);
	iar = ack_within(PATIENCE_US);
	gic_set_pending(SPI);
	check(gic_is_pending(SPI) && gic_is_active(SPI), "both");
	expect_none("while active");
	gic_eoi(iar);
	check(gic_is_pending(SPI) && !gic_is_active(SPI), "pending again");
	expect_ack(SPI, "second time");
	expect_none("third time");
	spi_reset(SPI);
}

void test_clear_pending(void)
{
	for (uint32_t i = SPI; i < SPI + 12; i++) {
		spi_setup(i, 0xa0);
		gic_set_pending(i);
	}
	for (uint32_t i = SPI; i < SPI + 12; i++) {
		gic_clear_pending(i);
		check(!gic_is_pending(i), "cleared %u", i);
	}
	expect_none("all cleared");
	for (uint32_t i = SPI; i < SPI + 12; i++) {
		spi_reset(i);
	}
}

void test_disable_pending(void)
{
	spi_setup(SPI, 0xa0);
	gic_set_pending(SPI);
	gic_disable(SPI);
	expect_none("disabled");
	check(gic_is_pending(SPI), "still pending");
	gic_enable(SPI);
	expect_ack(SPI, "enabled");
	spi_reset(SPI);
}

void test_distributor_off(void)
{
	uint32_t ctlr = read32(platform.gicd + GICD_CTLR);

	spi_setup(SPI, 0xa0);
	write32(platform.gicd + GICD_CTLR, ctlr & 0x10);
	gic_set_pending(SPI);
	expect_none("distributor off");
	write32(platform.gicd + GICD_CTLR, ctlr);
	expect_ack(SPI, "distributor on");
	spi_reset(SPI);
}

void test_set_clear_active(void)
{
	uint32_t iar;

	spi_setup(SPI, 0xa0);
	gic_set_active(SPI);
	check(gic_is_active(SPI), "set");
	gic_set_pending(SPI);
	expect_none("active by ISACTIVER");
	gic_clear_active(SPI);
	check(!gic_is_active(SPI), "cleared");
	expect_ack(SPI, "after ICACTIVER");
	/* taken, made inactive behind the CPU interface's back, then ended */
	gic_set_pending(SPI);
	iar = ack_within(PATIENCE_US);
	gic_clear_active(SPI);
	check(!gic_is_active(SPI), "cleared under the interface");
	gic_eoi(iar);
	gic_set_pending(SPI);
	expect_ack(SPI, "and again");
	expect_none("end");
	spi_reset(SPI);
}

void test_split_eoi(void)
{
	uint32_t iar;

	gic_set_split(true);
	spi_setup(SPI, 0xa0);
	spi_setup(SPI + 1, 0xa0);
	gic_set_pending(SPI);
	iar = ack_within(PATIENCE_US);
	check(iar == SPI, "iar %x", iar);
	gic_eoi(iar);
	check(gic_is_active(SPI), "EOI leaves it active");
	gic_set_pending(SPI);
	expect_none("while active");
	gic_set_pending(SPI + 1);
	iar = ack_within(PATIENCE_US);
	check(iar == SPI + 1, "an equal one comes after the drop: %u", iar);
	gic_eoi(iar);
	gic_dir(iar);
	check(!gic_is_active(SPI + 1), "DIR");
	gic_dir(SPI);
	check(!gic_is_active(SPI), "DIR of the first");
	iar = ack_within(PATIENCE_US);
	check(iar == SPI, "pended while active: %u", iar);
	gic_eoi(iar);
	gic_dir(iar);
	expect_none("end");
	gic_set_split(false);
	spi_reset(SPI);
	spi_reset(SPI + 1);
}

void test_foreign_eoi(void)
{
	gic_set_split(true);
	for (uint32_t i = 0; i < 1024; i += 7) {
		gic_dir(i);
	}
	gic_set_split(false);
	spi_setup(SPI, 0xa0);
	gic_set_pending(SPI);
	expect_ack(SPI, "after foreign DIRs");
	expect_none("end");
	spi_reset(SPI);
}

static volatile uint32_t taken;

static void take_one(uint64_t us)
{
	uint32_t iar = ack_within(us);

	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
	taken = iar & 1023;
}

void test_route(void)
{
	spi_setup(SPI, 0xa0);
	gic_route(SPI, 1);
	gic_set_pending(SPI);
	expect_none("routed away");
	worker_call(1, take_one, PATIENCE_US);
	worker_wait(1);
	check(taken == SPI, "vCPU 1 got %u", taken);
	/* moved while it waits at the first */
	gic_route(SPI, 0);
	gic_set_pending(SPI);
	delay_us(100);
	gic_route(SPI, 1);
	worker_call(1, take_one, PATIENCE_US);
	worker_wait(1);
	check(taken == SPI, "moved while pending: %u", taken);
	expect_none("vCPU 0 after the move");
	/* and back */
	gic_set_pending(SPI);
	delay_us(100);
	gic_route(SPI, 0);
	expect_ack(SPI, "moved back");
	spi_reset(SPI);
}

static volatile uint32_t other_enabled;

static void look_enabled(uint64_t intid)
{
	other_enabled = gic_is_enabled((uint32_t)intid);
}

void test_banked(void)
{
	gic_enable(22);
	worker_call(1, look_enabled, 22);
	worker_wait(1);
	check(!other_enabled, "PPI 22 is each vCPU's own");
	gic_disable(22);
	gic_sgi(7, 1);
	check(!gic_is_pending(7), "SGI 7 for the other one");
	worker_call(1, take_one, PATIENCE_US);
	worker_wait(1);
	check(taken == 7, "got %u", taken);
}
