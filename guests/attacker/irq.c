/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 42..48: states of interrupts in an order nobody needs, storms, timers.
 */
#include "attacker.h"

#define CHURN		48		/* SPIs FREE_SPI.. */

static uint32_t churn_intid(uint64_t r)
{
	return FREE_SPI + (uint32_t)(r >> 8 & 0xffff) % CHURN;
}

static void churn_once(uint64_t r)
{
	uint32_t intid = churn_intid(r);
	uint32_t iar;

	switch (r & 15) {
	case 0: case 1: case 2: case 3:
		gic_set_pending(intid);
		break;
	case 4:
		gic_clear_pending(intid);
		break;
	case 5:
		gic_disable(intid);
		break;
	case 6: case 7:
		gic_enable(intid);
		break;
	case 8:
		gic_set_priority(intid, (uint32_t)(r >> 32) & 0xf0);
		break;
	case 9:
		gic_set_active(intid);
		break;
	case 10:
		gic_clear_active(intid);
		break;
	case 11:
		gic_route(intid, r >> 40 & 1 && platform.cpu_count > 1);
		break;
	case 12:
		gic_eoi(intid);
		break;
	default:
		iar = gic_ack();
		if ((iar & 1023) < 1020 && (r & 15) != 15) {
			gic_eoi(iar);
		}
		break;
	}
}

static void churn(uint64_t seed)
{
	uint64_t count = scaled(20000);

	for (uint64_t i = 0; i < count; i++) {
		churn_once(random_next(&seed));
	}
	for (uint32_t i = 0; i < 100; i++) {
		gic_eoi(FREE_SPI + i % CHURN);
	}
}

/* The next interrupt, which another vCPU may have to let go of first: under emulation its core may
 * not run for a while. */
static uint32_t ack_soon(void)
{
	uint64_t end = time_now() + us_to_ticks(5000000);
	uint32_t iar;

	do {
		iar = gic_ack();
	} while ((iar & 1023) >= 1020 && time_now() < end);
	return iar;
}

/* Everything still works: one SPI and one SGI arrive, and nothing else. */
static void still_works(uint64_t unused)
{
	uint32_t iar;

	(void)unused;
	interrupts_clean();
	gic_set_edge(FREE_SPI, true);
	gic_route(FREE_SPI, (uint32_t)cpu_self()->index);
	gic_enable(FREE_SPI);
	gic_set_pending(FREE_SPI);
	iar = ack_soon();
	expect(iar == FREE_SPI, "an SPI brings %u", iar & 1023);
	gic_eoi(iar);
	iar = gic_ack();
	expect((iar & 1023) == GIC_NONE, "after it comes %u", iar & 1023);
	interrupts_clean();
}

void c42_churn(void)
{
	if (has_worker()) {
		worker_call(1, churn, 0x42);
	}
	churn(0x4242);
	if (has_worker()) {
		worker_wait(1);
		worker_call(1, still_works, 0);
		worker_wait(1);
	}
	still_works(0);
	note("%lu operations a vCPU", scaled(20000));
}

void c43_level(void)
{
	uint64_t count = scaled(5000), came = 0;

	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	vtimer_arm(1);
	ptimer_arm(1);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t end = time_now() + us_to_ticks(100000);
		uint32_t iar;

		do {
			iar = gic_ack();
		} while ((iar & 1023) >= 1020 && time_now() < end);
		came += (iar & 1023) < 1020;
		gic_eoi(iar);
		/* QEMU's GICv2 looks at a physical line again only when it changes */
		sysreg_write(cntv_ctl_el0, TIMER_ENABLE | TIMER_MASK);
		sysreg_write(cntv_ctl_el0, TIMER_ENABLE);
	}
	vtimer_stop();
	ptimer_stop();
	expect(came == count, "%lu of %lu came", came, count);
	interrupts_clean();
	note("%lu times", count);
}

static volatile uint64_t sgi_count[CPU_MAX];

static void sgi_handler(struct frame *f)
{
	uint32_t iar = gic_ack();

	(void)f;
	if ((iar & 1023) < 1020) {
		sgi_count[cpu_self()->index]++;
		gic_eoi(iar);
	}
}

static void storm(uint64_t count)
{
	irq_enable();
	for (uint64_t i = 0; i < count; i++) {
		gic_sgi(i & 15, 0);
		if (platform.cpu_count > 1) {
			gic_sgi(i & 15, 1);
			gic_sgi_others(i & 7);
		}
	}
	delay_us(2000);
	irq_disable();
}

void c44_sgi_storm(void)
{
	uint64_t count = scaled(10000), before;

	sgi_count[0] = sgi_count[1] = 0;
	irq_override = sgi_handler;
	if (has_worker()) {
		worker_call(1, storm, count);
	}
	storm(count);
	if (has_worker()) {
		worker_wait(1);
	}
	irq_enable();
	delay_us(2000);
	before = sgi_count[0];
	gic_sgi(1, 0);
	delay_us(1000);
	irq_disable();
	irq_override = NULL;
	expect(sgi_count[0] == before + 1, "the last one is lost");
	expect(sgi_count[0] > count / 100, "only %lu of %lu came", sgi_count[0], count);
	interrupts_clean();
	note("%lu and %lu taken", sgi_count[0], sgi_count[1]);
}

void c45_interface(void)
{
	uint32_t iar;

	if (platform.gic == 3) {
		probe_begin();
		sysreg_write(S3_0_C12_C12_5, 0);	/* ICC_SRE_EL1 */
		sysreg_write(S3_0_C12_C12_4, ~0ull);	/* ICC_CTLR_EL1 */
		sysreg_write(S3_0_C12_C9_0, ~0ull);	/* ICC_AP1R0_EL1 */
		sysreg_write(S3_0_C12_C9_0, 0);
		sysreg_write(S3_0_C12_C8_4, ~0ull);	/* ICC_AP0R0_EL1 */
		sysreg_write(S3_0_C12_C8_4, 0);
		sysreg_write(S3_0_C12_C12_6, ~0ull);	/* ICC_IGRPEN0_EL1 */
		sysreg_write(S3_0_C12_C12_6, 0);
		probe_end();
	} else {
		write32(platform.gicc + GICC_CTLR, ~0u);
		write32(platform.gicc + 0xd0, ~0u);
		write32(platform.gicc + 0xd0, 0);
	}
	interrupts_clean();
	gic_enable(FREE_SPI);
	gic_set_edge(FREE_SPI, true);
	gic_route(FREE_SPI, 0);
	gic_set_mask(0);
	gic_set_pending(FREE_SPI);
	delay_us(200);
	expect((gic_ack() & 1023) == GIC_NONE, "it came through mask 0");
	gic_set_mask(0xff);
	delay_us(200);
	iar = gic_ack();
	expect((iar & 1023) == FREE_SPI, "mask opened: %u", iar & 1023);
	gic_eoi(iar);
	interrupts_clean();
}

void c46_route_nowhere(void)
{
	uint32_t iar;

	gic_set_edge(FREE_SPI, true);
	gic_enable(FREE_SPI);
	if (platform.gic == 3) {
		static const uint64_t routes[] = { 7, 0xff, 0x100, 1ull << 32, ~0ull >> 33 };

		for (uint32_t i = 0; i < ARRAY_SIZE(routes); i++) {
			write64(platform.gicd + GICD_IROUTER + 8 * FREE_SPI, routes[i]);
			gic_set_pending(FREE_SPI);
			delay_us(50);
		}
	} else {
		write8(platform.gicd + GICD_ITARGETSR + FREE_SPI, 0);
		gic_set_pending(FREE_SPI);
		delay_us(50);
		write8(platform.gicd + GICD_ITARGETSR + FREE_SPI, 0xfc);
		delay_us(50);
	}
	gic_route(FREE_SPI, 0);
	delay_us(500);
	iar = gic_ack();
	expect((iar & 1023) == FREE_SPI || (iar & 1023) == GIC_NONE, "%u came", iar & 1023);
	gic_eoi(iar);
	still_works(0);
}

static void timer_values(void)
{
	static const uint64_t values[] = {
		0, 1, ~0ull, ~0ull >> 1, 1ull << 63, 1ull << 56, 1ull << 32,
	};

	for (uint64_t i = 0; i < scaled(5000); i++) {
		uint64_t v = values[i % ARRAY_SIZE(values)];

		sysreg_write(cntv_cval_el0, v);
		sysreg_write(cntp_cval_el0, v);
		sysreg_write(cntv_ctl_el0, i & 3);
		sysreg_write(cntp_ctl_el0, i >> 2 & 3);
		sysreg_write(cntv_tval_el0, (uint64_t)-1);
		sysreg_write(cntp_tval_el0, (uint64_t)-1);
		sysreg_write(cntv_ctl_el0, 3);
		sysreg_write(cntp_ctl_el0, 3);
		sysreg_write(cntv_ctl_el0, 1);
		sysreg_write(cntp_ctl_el0, 1);
	}
}

static void time_watch(uint64_t count)
{
	uint64_t last = time_now(), offset = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t now = time_now();
		uint64_t physical = sysreg_read(cntpct_el0);

		expect(now >= last, "time goes back by %lu", last - now);
		expect(physical >= now, "the counters differ by %lu", now - physical);
		offset = physical - now > offset ? physical - now : offset;
		last = now;
	}
}

void c47_timers(void)
{
	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	if (has_worker()) {
		worker_call(1, time_watch, scaled(20000));
	}
	timer_values();
	time_watch(scaled(20000));
	if (has_worker()) {
		worker_wait(1);
	}
	interrupts_clean();
	expect((gic_ack() & 1023) == GIC_NONE, "something is left");
}

static void leave_pending(uint64_t unused)
{
	(void)unused;
	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	vtimer_arm(1);
	ptimer_arm(1);
	gic_sgi(3, 1);
	delay_us(200);
	psci(PSCI_CPU_OFF, 0, 0, 0);
}

static void find_pending(uint64_t unused)
{
	uint32_t iar;

	(void)unused;
	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	delay_us(200);
	iar = gic_ack() & 1023;
	/* an SGI is the vCPU's and may be there still; a timer's must not */
	expect(iar != SKERRY_INTID_VTIMER && iar != SKERRY_INTID_PTIMER, "timer %u is left", iar);
	expect((sysreg_read(cntv_ctl_el0) & 1) == 0, "the virtual timer is on");
	expect((sysreg_read(cntp_ctl_el0) & 1) == 0, "the physical timer is on");
	if (iar < 1020) {
		gic_eoi(iar);
	}
	interrupts_clean();
}

void c48_timer_past(void)
{
	gic_enable(SKERRY_INTID_VTIMER);
	for (uint32_t i = 0; i < 100; i++) {
		vtimer_arm(i & 1 ? 0 : time_now() - 1);
		wfi();
	}
	interrupts_clean();
	if (!has_worker()) {
		return;
	}
	worker_call(1, leave_pending, 0);
	expect(cpu_wait_off(1, 2000000), "it does not go off");
	expect(worker_start(1), "it does not start");
	worker_call(1, find_pending, 0);
	worker_wait(1);
}
