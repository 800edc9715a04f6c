/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgictest: software generated interrupts.
 */
#include "vgictest.h"

#define PING_COUNT	5000

void test_sgi_self(void)
{
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t iar;

		gic_sgi(i, 0);
		iar = ack_within(PATIENCE_US);
		check(iar == i, "iar %x, wanted %x (source 0)", iar, i);
		check(gic_is_active(i), "active %u", i);
		gic_eoi(iar);
		check(!gic_is_active(i) && !gic_is_pending(i), "idle %u", i);
	}
	for (uint32_t i = 0; i < 16; i++) {
		gic_sgi(i, 0);
		gic_sgi(i, 0);
	}
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t iar = ack_within(PATIENCE_US);

		check(iar < 16, "number %u: %x", i, iar);
		gic_eoi(iar);
	}
	expect_none("all SGIs taken");
}

static void send_to_0(uint64_t intid)
{
	gic_sgi((uint32_t)intid, 0);
}

/* GICv2: pending per source, the source is in the IAR. GICv3: one pending bit. */
void test_sgi_sources(void)
{
	uint32_t sources = 0, count = platform.gic == 2 ? 2 : 1;

	gic_sgi(9, 0);
	worker_call(1, send_to_0, 9);
	worker_wait(1);
	delay_us(100);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t iar = ack_within(PATIENCE_US);

		check((iar & 1023) == 9, "iar %x", iar);
		sources |= 1u << (iar >> 10 & 7);
		gic_eoi(iar);
	}
	check(sources == (count == 2 ? 3 : 1), "sources %x", sources);
	expect_none("both taken");
}

void test_sgi_set_clear(void)
{
	if (platform.gic == 3) {
		gic_set_pending(4);
		check(gic_is_pending(4), "ISPENDR");
		expect_ack(4, "ISPENDR");
		gic_set_pending(4);
		gic_clear_pending(4);
		expect_none("ICPENDR");
		return;
	}
	write32(platform.gicd + GICD_SPENDSGIR + 4, 0x03);	/* SGI 4 from 0 and 1 */
	check(read32(platform.gicd + GICD_CPENDSGIR + 4) == 3, "pending sources %x",
	      read32(platform.gicd + GICD_CPENDSGIR + 4));
	write32(platform.gicd + GICD_CPENDSGIR + 4, 0x01);
	check(ack_within(PATIENCE_US) == (4 | 1 << 10), "from source 1");
	gic_eoi(4 | 1 << 10);
	expect_none("source 0 cleared");
}

static volatile uint32_t others_taken;

static void take_sgi(uint64_t us)
{
	uint32_t iar = ack_within(us);

	others_taken = iar & 1023;
	if (others_taken < 1020) {
		gic_eoi(iar);
	}
}

void test_sgi_others(void)
{
	gic_sgi_others(11);
	worker_call(1, take_sgi, PATIENCE_US);
	worker_wait(1);
	check(others_taken == 11, "vCPU 1 got %u", others_taken);
	expect_none("not the sender");
}

static volatile uint64_t received[2];

static void ping(struct frame *f)
{
	uint64_t me = cpu_self()->index;
	uint32_t iar = gic_ack();

	(void)f;
	if ((iar & 1023) >= 1020) {
		return;
	}
	gic_eoi(iar);
	if (++received[me] < PING_COUNT || me == 1) {
		gic_sgi(3, 1 - (uint32_t)me);
	}
}

static void play(uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);

	irq_enable();
	while (received[cpu_self()->index] < PING_COUNT && time_now() < end) {
		wfi();
	}
	irq_disable();
}

void test_sgi_ping_pong(void)
{
	received[0] = received[1] = 0;
	irq_override = ping;
	worker_call(1, play, PATIENCE_US);
	gic_sgi(3, 1);
	irq_enable();
	for (uint64_t end = time_now() + us_to_ticks(PATIENCE_US); time_now() < end;) {
		if (received[0] == PING_COUNT) {
			break;
		}
		cpu_relax();
	}
	irq_disable();
	worker_wait(1);
	irq_override = NULL;
	check(received[0] == PING_COUNT && received[1] == PING_COUNT, "%lu and %lu of %u",
	      received[0], received[1], PING_COUNT);
	expect_none("end");
}
