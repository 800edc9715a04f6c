/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is managed. After a greeting, in this order, each if asked for:
 *   rings=N       rings port 0 so often
 *   self          manages itself: restarts in life 1, crashes in life 2 (it is to be restarted),
 *                 pauses in life 3, and stops when it goes on
 *   dog=US        a watchdog; checks in checks=N times, each after a quarter of that
 *   end=HOW       then: spin, masked (spins with interrupts masked), wfi, off. Without: each
 *                 vCPU counts in the window of link "beat", where there is one, for ever
 */
#include "ctltest.h"
#include "link.h"

static volatile uint64_t *counters;

static void beat(uint64_t index)
{
	for (;;) {
		if (counters) {
			counters[index * 8]++;
		}
		delay_us(50);
	}
}

static void manage_itself(void)
{
	int self = find(guest_name());

	if (guest_life() == 1) {
		control((uint64_t)self, SKERRY_CONTROL_RESTART);
		printf("FAILED: it has not been restarted\n");
	} else if (guest_life() == 2) {
		control((uint64_t)self, SKERRY_CONTROL_CRASH);
		printf("FAILED: it has not crashed\n");
	}
	printf("pauses: %ld\n", control((uint64_t)self, SKERRY_CONTROL_PAUSE));
	control((uint64_t)self, SKERRY_CONTROL_STOP);
	printf("FAILED: it has not been stopped\n");
}

static void watched(void)
{
	uint64_t us = arg_number("dog", 0);

	if (us && hvc_call(SKERRY_HVC_WATCHDOG, us, 0, 0) != SKERRY_OK) {
		printf("FAILED: WATCHDOG\n");
	}
	for (uint64_t i = arg_number("checks", 0); i; i--) {
		sleep_unless(NULL, NULL, us / 4);
		hvc_call(SKERRY_HVC_WATCHDOG, us, 0, 0);
	}
	if (arg_is("end", "off")) {
		hvc_call(SKERRY_HVC_WATCHDOG, 0, 0, 0);
		sleep_unless(NULL, NULL, 2 * us);
		system_off();
	} else if (arg_is("end", "masked")) {
		irq_disable();
	}
	while (arg_is("end", "spin") || arg_is("end", "masked")) {
		cpu_relax();
	}
	while (arg_is("end", "wfi")) {
		wfi();
	}
}

void target(void)
{
	uint32_t ports = link_init();
	int port = ports ? link_by_name("beat") : -1;

	printf("life %lu\n", guest_life());
	for (uint64_t i = arg_number("rings", 0); i; i--) {
		link_notify(0);
	}
	if (arg_has("self")) {
		manage_itself();
	}
	watched();
	counters = port < 0 ? NULL :
		   (volatile uint64_t *)link_half((uint32_t)port, SKERRY_FRONT).base;
	for (uint32_t i = 1; i < platform.cpu_count; i++) {
		cpu_start(i, beat, i);
	}
	beat(0);
}
