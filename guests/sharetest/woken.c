/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one vCPU does without leaving its core for another that sleeps on the same: it is
 * woken though the first one runs on, and gets its own interrupts only. Alone on the core
 * nothing else makes EL2 look: no slice ends, no timer is armed.
 */
#include "sharetest.h"

#define PATIENCE_US	50000		/* some periods of a budget */
#define SLICES_US	100
#define TIMES		20
#define SGI		2
#define OWN_SGI		5		/* vCPU 0's, masked */
#define SPI		100		/* no device's */

static volatile uint64_t came, strayed, wanted, asked;

static void on_wanted(uint32_t intid)
{
	(void)intid;
	came += cpu_self()->index == 1;
}

static void on_stray(uint32_t intid)
{
	(void)intid;
	strayed++;
}

static bool is_over(void *unused)
{
	(void)unused;
	return came >= wanted;
}

/* vCPU 1: sleeps until all have come. */
static void sleeper(uint64_t unused)
{
	(void)unused;
	gic_enable(SGI);
	gic_enable(OWN_SGI);
	while (!is_over(NULL)) {
		sleep_unless(is_over, NULL, 0);
	}
}

/* vCPU 0: the other one comes to sleep, and then this one's slice is over. */
static void let_it_sleep(void)
{
	uint64_t end;

	for (uint32_t i = 0; i < 50; i++) {
		hvc_call(SKERRY_HVC_YIELD, SKERRY_YIELD_ANY, 0, 0);
	}
	end = time_now() + us_to_ticks(SLICES_US);
	while (time_now() < end) {
	}
}

/* Without an exit */
static void wait_for(uint64_t count)
{
	uint64_t end = time_now() + us_to_ticks(PATIENCE_US);

	while (came < count && time_now() < end) {
	}
}

static void send_to_both(void)
{
	if (platform.gic == 3) {
		sysreg_write(S3_0_C12_C11_5, (uint64_t)SGI << 24 | 3);
		isb();
	} else {
		write32(platform.gicd + GICD_SGIR, 3 << 16 | SGI);
	}
}

static void send_to_others(void) { gic_sgi_others(SGI); }

/* It is in a list register of this vCPU's: then it goes to the other one. */
static void move_spi(void)
{
	gic_route(SPI, 0);
	gic_set_pending(SPI);
	gic_route(SPI, 1);
}

/* vCPU 2, on another core, moves it when it is asked to. */
static void mover(uint64_t count)
{
	for (uint64_t n = 1; n <= count; n++) {
		while (asked < n) {
		}
		gic_route(SPI, 1);
	}
}

static void have_spi_moved(void)
{
	gic_route(SPI, 0);
	gic_set_pending(SPI);
	asked++;
}

/* An own one waits in a list register while the other one has the core. */
static void give_spi(void)
{
	uint32_t iar;

	gic_sgi(OWN_SGI, 0);
	gic_route(SPI, 1);
	gic_set_pending(SPI);
	wait_for(came + 1);
	iar = gic_ack();
	check((iar & 1023) == OWN_SGI, "%u instead of this vCPU's own SGI", iar & 1023);
	gic_eoi(iar);
	check((gic_ack() & 1023) == GIC_NONE, "one more");
}

static void wakes(void (*wake)(void), const char *how)
{
	came = strayed = 0;
	wanted = TIMES;
	irq_disable();
	irq_handler(SGI, on_wanted);
	irq_handler(SPI, on_wanted);
	irq_handler(OWN_SGI, on_stray);
	gic_enable(SGI);
	gic_enable(OWN_SGI);
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	check(cpu_start(1, sleeper, 0) == 0, "vCPU 1 does not start");
	for (uint64_t n = 1; n <= wanted; n++) {
		let_it_sleep();
		wake();
		wait_for(n);
		check(came == n, "%s: came %lu times of %lu", how, came, n);
	}
	irq_enable();
	if (came < wanted) {
		wanted = 0;
		gic_sgi(SGI, 1);
	}
	check(cpu_wait_off(1, 60000000), "vCPU 1 is stuck");
	check(strayed == 0, "%s: an interrupt of vCPU 0 came to vCPU 1", how);
	gic_disable(SPI);
}

void test_woken(void)
{
	wakes(send_to_both, "an SGI to both");
	wakes(send_to_others, "an SGI to all others");
	wakes(move_spi, "an interrupt that moves");
	if (platform.cpu_count > 2) {
		asked = 0;
		check(cpu_start(2, mover, TIMES) == 0, "vCPU 2 does not start");
		wakes(have_spi_moved, "one that is moved from another core");
		check(cpu_wait_off(2, 60000000), "vCPU 2 is stuck");
	}
}

void test_own_only(void)
{
	wakes(give_spi, "another's");
}
