/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside vgictest: helpers of the tests. All tests but the timers' leave every
 * interrupt disabled, inactive and not pending.
 */
#ifndef VGICTEST_H
#define VGICTEST_H

#include "gic.h"
#include "test.h"

#define SPI		64		/* free ones from here on */
#define SPI_COUNT	48

/* An SPI, edge, to vCPU 0, enabled, with a priority. */
void spi_setup(uint32_t intid, uint32_t priority);
void spi_reset(uint32_t intid);
/* Ack until something comes or `us` passed: IAR, or 1023. */
/* For what must come: an emulated core may stand still for seconds on a busy host. */
#define PATIENCE_US	20000000

uint32_t ack_within(uint64_t us);
void expect_ack(uint32_t intid, const char *when);
void expect_none(const char *when);

/* tests_state.c */
void test_registers(void);
void test_pend_each(void);
void test_states(void);
void test_pending_while_active(void);
void test_clear_pending(void);
void test_disable_pending(void);
void test_distributor_off(void);
void test_set_clear_active(void);
void test_split_eoi(void);
void test_foreign_eoi(void);
void test_route(void);
void test_banked(void);

/* tests_order.c */
void test_mask(void);
void test_running_priority(void);
void test_priority_order(void);
void test_more_than_list_registers(void);
void test_higher_comes_later(void);
void test_priority_change(void);
void test_preemption(void);
void test_deep_preemption(void);
void test_no_preemption_by_equal(void);

/* tests_sgi.c */
void test_sgi_self(void);
void test_sgi_sources(void);
void test_sgi_set_clear(void);
void test_sgi_others(void);
void test_sgi_ping_pong(void);

/* tests_line.c */
void test_vtimer(void);
void test_ptimer(void);
void test_timer_mask(void);
void test_timer_wfi(void);
void test_timer_other_cpu(void);
void test_timer_accuracy(void);
void test_ppi(void);
void test_uart_level(void);

#endif
