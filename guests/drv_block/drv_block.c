// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block: the guest that owns the disk and serves volumes of it, or of its RAM, to the
 * front ends of its links (docs/drivers.md). One vCPU, one loop, no locks. Keeps nothing
 * that a restart would miss: sessions are EL2's, requests in flight are in the links' pages.
 */
#include "drv_block.h"
#include "../lib/gic.h"
#include "../lib/timer.h"

static struct port ports[SKERRY_PORT_MAX];

static void die(uint32_t intid)
{
	(void)intid;
	printf("drv_block: dies, as its boot arguments ask for\n");
	guest_crash(4, 1);
}

/* Fault injection beside step.h's; die-us=N: at any instruction within N microseconds
 * from here on, in the lives that die-lives names. */
static void die_later(void)
{
	uint64_t us = arg_number("die-us", 0), random = time_now() | 1;

	if (us && guest_life() <= arg_number("die-lives", 1)) {
		irq_handler(SKERRY_INTID_VTIMER, die);
		gic_enable(SKERRY_INTID_VTIMER);
		vtimer_arm(time_now() + us_to_ticks(random_next(&random) % us));
	}
}

void guest_main(void)
{
	uint32_t count;

	steps_begin("drv_block");
	link_init();
	count = ports_open(ports, SKERRY_PORT_MAX);
	if (!count) {
		printf("drv_block: no block link has its back end here\n");
	}
	serve_init(ports, count);
	die_later();
	for (;;) {
		link_poll();
		if (!serve() && !disk_enable_event()) {
			link_wait();
		}
	}
}
