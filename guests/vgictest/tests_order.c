/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgictest: priorities, preemption, and more interrupts than list registers.
 */
#include "vgictest.h"

void test_mask(void)
{
	spi_setup(SPI, 0x80);
	gic_set_mask(0x80);
	check((gic_mask() & 0xf8) == 0x80, "mask reads %x", gic_mask());
	gic_set_pending(SPI);
	expect_none("masked by an equal priority");
	gic_set_mask(0x88);
	expect_ack(SPI, "mask opened");
	gic_set_mask(0);
	gic_set_pending(SPI);
	expect_none("mask 0");
	gic_set_mask(0xff);
	expect_ack(SPI, "mask 0xff");
	spi_reset(SPI);
}

void test_running_priority(void)
{
	uint32_t iar;

	check((gic_running_priority() & 0xf8) == 0xf8, "idle: %x", gic_running_priority());
	spi_setup(SPI, 0x40);
	gic_set_pending(SPI);
	iar = ack_within(PATIENCE_US);
	check((gic_running_priority() & 0xf8) == 0x40, "active: %x", gic_running_priority());
	gic_eoi(iar);
	check((gic_running_priority() & 0xf8) == 0xf8, "idle again: %x", gic_running_priority());
	spi_reset(SPI);
}

/* Take `count` interrupts: all different, none more urgent than the one before. */
static void take_in_order(uint32_t count)
{
	uint64_t seen = 0;
	uint32_t last = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t iar = ack_within(PATIENCE_US);
		uint32_t intid = iar & 1023;
		uint32_t priority = intid < 1020 ? gic_priority(intid) & 0xf8 : 0;

		check(intid >= SPI && intid < SPI + SPI_COUNT, "number %u of %u: %u", i, count,
		      intid);
		if (intid < SPI || intid >= SPI + SPI_COUNT) {
			return;
		}
		check(priority >= last, "%u came late: %x after %x", intid, priority, last);
		check(!(seen >> (intid - SPI) & 1), "%u twice", intid);
		seen |= 1ull << (intid - SPI);
		last = priority;
		gic_eoi(iar);
	}
	expect_none("after all");
}

static void pend_many(uint32_t count, uint64_t seed)
{
	for (uint32_t i = 0; i < count; i++) {
		spi_setup(SPI + i, (uint32_t)(random_next(&seed) >> 32) % 31 * 8);
	}
	for (uint32_t i = 0; i < count; i++) {
		gic_set_pending(SPI + i * 47 % count);
	}
	take_in_order(count);
	for (uint32_t i = 0; i < count; i++) {
		spi_reset(SPI + i);
	}
}

void test_priority_order(void)
{
	for (uint32_t i = 0; i < 31; i++) {
		uint32_t at = i * 11 % 31;

		spi_setup(SPI + at, at * 8);
		gic_set_pending(SPI + at);
	}
	for (uint32_t i = 0; i < 31; i++) {
		expect_ack(SPI + i, "each priority");
	}
	for (uint32_t i = 0; i < 31; i++) {
		spi_reset(SPI + i);
	}
}

void test_more_than_list_registers(void)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		pend_many(5 + (uint32_t)seed * 2, seed);
	}
	pend_many(40, 77);
}

/* List registers full of lesser ones: a more urgent one still comes first. */
void test_higher_comes_later(void)
{
	for (uint32_t i = 0; i < 20; i++) {
		spi_setup(SPI + i, 0xc0);
		gic_set_pending(SPI + i);
	}
	spi_setup(SPI + 20, 0x20);
	gic_set_pending(SPI + 20);
	expect_ack(SPI + 20, "the urgent one");
	take_in_order(20);
	for (uint32_t i = 0; i < 21; i++) {
		spi_reset(SPI + i);
	}
}

void test_priority_change(void)
{
	spi_setup(SPI, 0x80);
	spi_setup(SPI + 1, 0xa0);
	gic_set_pending(SPI);
	gic_set_pending(SPI + 1);
	gic_set_priority(SPI + 1, 0x40);
	expect_ack(SPI + 1, "made more urgent");
	expect_ack(SPI, "the other");
	spi_reset(SPI);
	spi_reset(SPI + 1);
}

/* Nested handlers: each, while active, pends the next, which is more urgent. */
static volatile uint32_t depth, deepest, levels, wrong, handled;

static void nest(struct frame *f)
{
	uint32_t iar = gic_ack();
	uint32_t intid = iar & 1023;

	(void)f;
	if (intid >= 1020) {
		return;
	}
	handled++;
	wrong += intid != SPI + depth;
	depth++;
	deepest = depth > deepest ? depth : deepest;
	if (depth < levels) {
		uint64_t elr = sysreg_read(elr_el1), spsr = sysreg_read(spsr_el1);
		uint32_t before = handled;
		uint64_t end = time_now() + us_to_ticks(PATIENCE_US);

		gic_set_pending(SPI + depth);
		irq_enable();
		while (handled == before && time_now() < end) {
			cpu_relax();
		}
		irq_disable();
		wrong += handled == before;
		sysreg_write(elr_el1, elr);
		sysreg_write(spsr_el1, spsr);
	}
	depth--;
	gic_eoi(iar);
}

static void nest_levels(uint32_t count)
{
	depth = deepest = wrong = handled = 0;
	levels = count;
	for (uint32_t i = 0; i < count; i++) {
		spi_setup(SPI + i, 0xf0 - i * 8);
	}
	irq_override = nest;
	gic_set_pending(SPI);
	irq_enable();
	for (uint64_t end = time_now() + us_to_ticks(PATIENCE_US); time_now() < end;) {
		if (handled == count && depth == 0) {
			break;
		}
	}
	irq_disable();
	irq_override = NULL;
	check(deepest == count && handled == count && wrong == 0,
	      "%u levels: %u deep, %u handled, %u wrong", count, deepest, handled, wrong);
	for (uint32_t i = 0; i < count; i++) {
		check(!gic_is_active(SPI + i), "%u is still active", SPI + i);
		spi_reset(SPI + i);
	}
	check((gic_running_priority() & 0xf8) == 0xf8, "priority dropped");
	expect_none("end");
}

void test_preemption(void)
{
	nest_levels(2);
	nest_levels(3);
}

/* More active at once than there are list registers. */
void test_deep_preemption(void)
{
	nest_levels(6);
	nest_levels(16);
}

void test_no_preemption_by_equal(void)
{
	uint32_t iar;

	spi_setup(SPI, 0x80);
	spi_setup(SPI + 1, 0x80);
	spi_setup(SPI + 2, 0x88);
	gic_set_pending(SPI);
	iar = ack_within(PATIENCE_US);
	gic_set_pending(SPI + 1);
	gic_set_pending(SPI + 2);
	expect_none("equal and lesser ones wait");
	gic_eoi(iar);
	expect_ack(SPI + 1, "equal");
	expect_ack(SPI + 2, "lesser");
	spi_reset(SPI);
	spi_reset(SPI + 1);
	spi_reset(SPI + 2);
}
