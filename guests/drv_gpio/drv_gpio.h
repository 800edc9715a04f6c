/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside drv_gpio: a port is a gpio or scmi link of which this guest is the back end, with the
 * rights that the description gives its front end.
 */
#ifndef DRV_GPIO_DRV_GPIO_H
#define DRV_GPIO_DRV_GPIO_H

#include "../lib/back.h"
#include "../lib/step.h"
#include "gpio.h"
#include "scmi.h"

struct port {
	struct back back;
	uint32_t type;			/* SKERRY_LINK_GPIO or _SCMI; 0: no port */
	bool is_offered;
	bool has_work;			/* its queues may hold something */
	struct gpio gpio;		/* of a gpio link */
	struct scmi_agent scmi;		/* of an scmi link */
};

/* ports.c: offers the devices of all links; how many there are. */
uint32_t ports_open(struct port *ports, uint32_t max);

/* serve.c: requests of all ports. serve_init() after ports_open(). */
void serve_init(struct port *ports, uint32_t count);
/* One of the pins' interrupts, at most three. */
void serve_interrupt(uint32_t intid);
/* Does what is there; true: more is there already. */
bool serve(void);

#endif
