// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_gpio: the guest that owns the GPIO registers of a BCM2711, the mailbox to its firmware, or
 * both, and serves pins, clocks and power domains to the front ends of its links, each of which
 * has those that the description gives it (docs/drivers.md). One vCPU, one loop, no locks.
 * Pins stay as they are when it restarts.
 */
#include "drv_gpio.h"

static struct port ports[SKERRY_PORT_MAX];

void guest_main(void)
{
	uint32_t count;

	steps_begin("drv_gpio");
	link_init();
	count = ports_open(ports, SKERRY_PORT_MAX);
	if (!count) {
		printf("drv_gpio: no gpio or scmi link has its back end here\n");
	}
	serve_init(ports, count);
	for (;;) {
		link_poll();
		if (!serve()) {
			link_wait();
		}
	}
}
