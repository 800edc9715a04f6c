/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgictest: is the interrupt controller that a guest sees a GICv2 or GICv3?
 * Needs two vCPUs; bootargs test=NAME runs one test. Also passes on a board's
 * own controller (QEMU virt), which is how the tests themselves are checked.
 */
#include "vgictest.h"

void spi_setup(uint32_t intid, uint32_t priority)
{
	gic_disable(intid);
	gic_set_edge(intid, true);
	gic_clear_pending(intid);
	gic_route(intid, 0);
	gic_set_priority(intid, priority);
	gic_enable(intid);
}

void spi_reset(uint32_t intid)
{
	gic_disable(intid);
	gic_clear_pending(intid);
	gic_clear_active(intid);
	gic_set_priority(intid, 0xa0);
}

uint32_t ack_within(uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);
	uint32_t iar;

	do {
		iar = gic_ack();
	} while ((iar & 1023) >= 1020 && time_now() < end);
	return iar;
}

void expect_ack(uint32_t intid, const char *when)
{
	uint32_t iar = ack_within(PATIENCE_US);

	check((iar & 1023) == intid, "%s: got %u, wanted %u", when, iar & 1023, intid);
	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
}

void expect_none(const char *when)
{
	uint32_t iar = ack_within(200);

	check((iar & 1023) == GIC_NONE, "%s: got %u", when, iar & 1023);
	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
}

static const struct test tests[] = {
	{ "registers", test_registers },
	{ "spi-each", test_pend_each },
	{ "spi-states", test_states },
	{ "spi-pending-while-active", test_pending_while_active },
	{ "spi-clear-pending", test_clear_pending },
	{ "spi-disable-pending", test_disable_pending },
	{ "distributor-off", test_distributor_off },
	{ "set-clear-active", test_set_clear_active },
	{ "split-eoi", test_split_eoi },
	{ "foreign-eoi", test_foreign_eoi },
	{ "route", test_route },
	{ "banked", test_banked },
	{ "priority-mask", test_mask },
	{ "running-priority", test_running_priority },
	{ "priority-order", test_priority_order },
	{ "more-than-list-registers", test_more_than_list_registers },
	{ "higher-comes-later", test_higher_comes_later },
	{ "priority-change", test_priority_change },
	{ "preemption", test_preemption },
	{ "preemption-deep", test_deep_preemption },
	{ "preemption-not-by-equal", test_no_preemption_by_equal },
	{ "sgi-self", test_sgi_self },
	{ "sgi-sources", test_sgi_sources },
	{ "sgi-set-clear", test_sgi_set_clear },
	{ "sgi-others", test_sgi_others },
	{ "sgi-ping-pong", test_sgi_ping_pong },
	{ "ppi", test_ppi },
	{ "vtimer", test_vtimer },
	{ "ptimer", test_ptimer },
	{ "timer-mask", test_timer_mask },
	{ "timer-wfi", test_timer_wfi },
	{ "timer-other-cpu", test_timer_other_cpu },
	{ "timer-never-early", test_timer_accuracy },
	{ "uart-level", test_uart_level },
};

void guest_main(void)
{
	irq_disable();
	printf("vgictest: gic %u, %u vCPUs\n", platform.gic, platform.cpu_count);
	if (platform.cpu_count < 2 || !worker_start(1)) {
		printf("test second-vcpu: FAILED\n");
		return;
	}
	tests_run(tests, ARRAY_SIZE(tests));
	worker_stop(1);
}
