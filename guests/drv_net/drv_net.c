// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_net: the guest that owns the network device and serves a switch to the front ends of
 * its links (docs/drivers.md). One vCPU, one loop, no locks. Works without a device too: then
 * the switch has no uplink. What a restart loses are frames, and what was learned.
 */
#include "drv_net.h"

static void on_notify(uint32_t port)
{
	ports[port].has_work = true;
}

static void on_event(uint32_t port, uint32_t events, uint32_t epoch)
{
	struct port *p = &ports[port];

	(void)events;
	(void)epoch;
	if (!p->is_offered) {
		return;
	}
	back_update(&p->back);
	step();
	p->has_work = p->back.is_live;
	switch_open(&sw, port, p->back.is_live);
}

/* Ticks until the first port that has frames may send them; UINT64_MAX: none waits. */
static uint64_t shortest_wait(uint64_t now)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		uint64_t wait = switch_wait(&sw, &sw.port[i].sends, now);

		if (ports[i].has_work && wait < least) {
			least = wait;
		}
	}
	return least;
}

static bool serve(void)
{
	bool is_more = false;

	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		if (ports[i].has_work && !switch_wait(&sw, &sw.port[i].sends, time_now())) {
			is_more |= ports[i].has_work = frames_of_port(i);
		}
	}
	is_more |= frames_of_uplink();
	frames_publish();
	return is_more;
}

static void sleep_a_while(void)
{
	uint64_t wait = shortest_wait(time_now());

	if (wait == UINT64_MAX) {
		link_wait();
	} else {
		link_wait_us(wait * 1000000 / time_hz() + 1);
	}
}

void guest_main(void)
{
	steps_begin("drv_net");
	sw.hz = time_hz();
	link_init();
	uplink_open();
	if (!ports_open()) {
		printf("drv_net: no net link has its back end here\n");
	}
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		link_on_notify(i, on_notify);
		link_on_event(i, on_event);
		ports[i].has_work = ports[i].back.is_live;
		switch_open(&sw, i, ports[i].back.is_live);
	}
	for (;;) {
		link_poll();
		uplink_check();
		if (!serve()) {
			sleep_a_while();
		}
	}
}
