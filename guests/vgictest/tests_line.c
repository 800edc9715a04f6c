/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgictest: level-sensitive lines: timers and the UART.
 */
#include "vgictest.h"
#include "timer.h"

#define VTIMER	SKERRY_INTID_VTIMER
#define PTIMER	SKERRY_INTID_PTIMER

void test_ppi(void)
{
	gic_enable(22);
	gic_set_pending(22);
	check(gic_is_pending(22), "pending");
	expect_ack(22, "PPI by ISPENDR");
	expect_none("once");
	gic_disable(22);
	gic_clear_pending(22);
}

/* QEMU's GICv2, when a virtual EOI deactivates the physical interrupt, looks at the
 * line again only at its next change: make one. */
static void nudge(uint32_t intid)
{
	if (platform.gic == 2 && intid == VTIMER) {
		sysreg_write(cntv_ctl_el0, TIMER_ENABLE | TIMER_MASK);
		isb();
		sysreg_write(cntv_ctl_el0, TIMER_ENABLE);
		isb();
	}
}

static void line_test(uint32_t intid, void (*arm)(uint64_t), void (*stop)(void))
{
	uint64_t when;
	uint32_t iar;

	gic_enable(intid);
	expect_none("not armed");
	when = time_now() + us_to_ticks(2000);
	arm(when);
	iar = ack_within(PATIENCE_US);
	check(time_now() >= when, "not yet");
	check(iar == intid, "fired: %u", iar & 1023);
	check(gic_is_active(intid), "active");
	gic_eoi(iar);
	nudge(intid);
	iar = ack_within(PATIENCE_US);
	check(iar == intid, "the line is still high: %u", iar & 1023);
	stop();
	gic_eoi(iar);
	expect_none("stopped");
	arm(1);
	iar = ack_within(PATIENCE_US);
	check(iar == intid, "long past: %u", iar & 1023);
	stop();
	gic_eoi(iar);
	/* stopped before it was taken: gone */
	gic_disable(intid);
	arm(1);
	delay_us(100);
	stop();
	gic_enable(intid);
	expect_none("stopped while disabled");
	gic_disable(intid);
}

void test_vtimer(void)
{
	line_test(VTIMER, vtimer_arm, vtimer_stop);
	check(sysreg_read(cntv_cval_el0) == 1, "compare value reads back");
}

void test_ptimer(void)
{
	line_test(PTIMER, ptimer_arm, ptimer_stop);
	check(sysreg_read(cntp_cval_el0) == 1, "compare value reads back");
	/* a second, so that a busy host that runs QEMU later does not matter */
	sysreg_write(cntp_tval_el0, us_to_ticks(1000000));
	check((int64_t)(sysreg_read(cntp_cval_el0) - time_now()) > 0, "tval sets cval");
	check(sysreg_read(cntp_tval_el0) <= us_to_ticks(1000000), "tval counts down");
	sysreg_write(cntp_tval_el0, (uint32_t)-1000);
	check((int64_t)(sysreg_read(cntp_cval_el0) - time_now()) < 0, "negative tval");
}

void test_timer_mask(void)
{
	gic_enable(VTIMER);
	gic_enable(PTIMER);
	sysreg_write(cntv_cval_el0, 1);
	sysreg_write(cntv_ctl_el0, TIMER_ENABLE | TIMER_MASK);
	sysreg_write(cntp_cval_el0, 1);
	sysreg_write(cntp_ctl_el0, TIMER_ENABLE | TIMER_MASK);
	isb();
	expect_none("masked");
	check(sysreg_read(cntv_ctl_el0) == 7, "status of the virtual one");
	check(sysreg_read(cntp_ctl_el0) == 7, "status of the physical one");
	sysreg_write(cntp_ctl_el0, TIMER_ENABLE);
	isb();
	check((ack_within(PATIENCE_US) & 1023) == PTIMER, "unmasked");
	sysreg_write(cntp_ctl_el0, TIMER_ENABLE | TIMER_MASK);
	isb();
	gic_eoi(PTIMER);
	expect_none("masked again");
	vtimer_stop();
	ptimer_stop();
	gic_disable(VTIMER);
	gic_disable(PTIMER);
}

static void wfi_test(uint32_t intid, void (*arm)(uint64_t), void (*stop)(void))
{
	uint64_t start = time_now();
	uint32_t iar;

	gic_enable(intid);
	for (uint32_t i = 0; i < 20; i++) {
		uint64_t when = time_now() + us_to_ticks(500);

		arm(when);
		while (time_now() < when) {
			wfi();
		}
		iar = ack_within(PATIENCE_US);
		check(iar == intid, "woken: %u", iar & 1023);
		stop();
		gic_eoi(iar);
	}
	check(time_now() - start < us_to_ticks(20000000), "20 sleeps of 500 us");
	gic_disable(intid);
}

void test_timer_wfi(void)
{
	wfi_test(VTIMER, vtimer_arm, vtimer_stop);
	wfi_test(PTIMER, ptimer_arm, ptimer_stop);
}

static void timers_there(uint64_t unused)
{
	(void)unused;
	line_test(VTIMER, vtimer_arm, vtimer_stop);
	line_test(PTIMER, ptimer_arm, ptimer_stop);
	wfi_test(VTIMER, vtimer_arm, vtimer_stop);
}

void test_timer_other_cpu(void)
{
	worker_call(1, timers_there, 0);
	worker_wait(1);
	expect_none("here");
}

void test_timer_accuracy(void)
{
	gic_enable(VTIMER);
	gic_enable(PTIMER);
	for (uint32_t i = 0; i < 200; i++) {
		uint64_t when = time_now() + us_to_ticks(100) + i;
		uint32_t iar;

		if (i & 1) {
			vtimer_arm(when);
		} else {
			ptimer_arm(when);
		}
		iar = ack_within(PATIENCE_US);
		check(time_now() >= when, "early by %lu", when - time_now());
		check(iar == (i & 1 ? VTIMER : PTIMER), "iar %x", iar);
		vtimer_stop();
		ptimer_stop();
		gic_eoi(iar);
	}
	gic_disable(VTIMER);
	gic_disable(PTIMER);
}

#define UART_DR		0x00
#define UART_CR		0x30
#define UART_IMSC	0x38
#define UART_RIS	0x3c
#define UART_MIS	0x40
#define UART_ICR	0x44
#define TX		(1u << 5)

void test_uart_level(void)
{
	uint64_t uart = platform.pl011;
	uint32_t irq = SKERRY_INTID_PL011, iar;

	if (!uart) {
		test_skip("the console is not a PL011");
		return;
	}
	spi_setup(irq, 0xa0);
	gic_set_edge(irq, false);
	write32(uart + UART_IMSC, 0);
	write32(uart + UART_ICR, 0x7ff);
	expect_none("masked");
	write32(uart + UART_IMSC, TX);
	write32(uart + UART_DR, '\n');
	iar = ack_within(PATIENCE_US);
	check(iar == irq, "transmit interrupt: %u", iar & 1023);
	check(read32(uart + UART_MIS) == TX, "MIS %x", read32(uart + UART_MIS));
	gic_eoi(iar);
	iar = ack_within(PATIENCE_US);
	check(iar == irq, "the line is still high: %u", iar & 1023);
	write32(uart + UART_IMSC, 0);
	check(read32(uart + UART_MIS) == 0, "MIS %x", read32(uart + UART_MIS));
	gic_eoi(iar);
	expect_none("line low");
	check(!gic_is_pending(irq), "not pending");
	write32(uart + UART_ICR, 0x7ff);
	spi_reset(irq);
}
