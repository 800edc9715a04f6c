/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside gpiotest: the front end of gpio and scmi links.
 */
#ifndef GPIOTEST_H
#define GPIOTEST_H

#include "../lib/link.h"
#include "../lib/test.h"
#include "../lib/virtio_gpio.h"

/* pins.c: what the device of a gpio link must do, and what it must refuse. */
void pins_run(uint32_t port);
/* scmi.c: the same of an scmi link's. */
void scmi_run(uint32_t port);

#endif
