/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest below the manager's commands; see port.h. The terminal is a console link
 * whose front end this guest is, or without one its console with EL2.
 */
#include "port.h"
#include "gic.h"
#include "link.h"
#include "main.h"
#include "probe.h"
#include "timer.h"
#include "virtio_console.h"

#define POLL_US		20000		/* a console that sends no interrupt */
#define KEYS		256u

static struct virtio_console console;
static bool has_link;
static uint16_t columns;
static int key = -1;			/* read ahead */

static void timer_interrupt(uint32_t intid)
{
	(void)intid;
	vtimer_stop();
}

/* False: there is a link, and no console behind it. */
static bool start_console(void)
{
	uint16_t size[2] = { 0, 0 };

	if (virtio_console_start(&console) != SKERRY_OK) {
		return false;
	}
	if (virtio_console_size(&console, &size[0], &size[1])) {
		columns = size[0];
	}
	return true;
}

bool port_open(void)
{
	int port;

	link_init();
	columns = (uint16_t)arg_number("columns", 0);
	irq_handler(SKERRY_INTID_VTIMER, timer_interrupt);
	gic_enable(SKERRY_INTID_VTIMER);
	port = link_by_type(SKERRY_LINK_CONSOLE, SKERRY_FRONT, 0);
	has_link = port >= 0;
	return !has_link || (virtio_open_link(&console.virtio, (uint32_t)port) == SKERRY_OK &&
			     start_console());
}

void port_write(const char *bytes, size_t count)
{
	if (!has_link) {
		console_write(bytes, count);
	} else if (!virtio_console_print(&console, bytes, count) && !start_console()) {
		guest_crash(8, 0);
	}
}

/* Is there one? It stays in `key`. */
static bool look_for_key(void)
{
	uint8_t c;

	if (key < 0 && has_link) {
		key = virtio_console_read(&console, &c, 1) ? c : -1;
	} else if (key < 0) {
		key = console_read();
	}
	return key >= 0;
}

/* Interrupts are masked until it sleeps: on a shared core the time may have passed by then, and
 * a timer that has been taken wakes nobody. */
static void sleep_us(uint64_t us)
{
	if (has_link && console.virtio.is_broken && !start_console()) {
		guest_crash(8, 0);
	}
	if (has_link) {
		irq_disable();
		vtimer_arm(time_now() + us_to_ticks(us));
		virtio_console_wait(&console);
		irq_enable();
		vtimer_stop();
	} else {
		link_wait_us(us < POLL_US ? us : POLL_US);
	}
	link_poll();
}

bool port_wait(uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);

	while (!look_for_key()) {
		uint64_t now = time_now();

		if (now >= end) {
			return false;
		}
		sleep_us(ticks_to_ns(end - now) / 1000 + 1);
	}
	return true;
}

void port_drop_keys(void)
{
	for (uint32_t i = 0; i < KEYS && look_for_key(); i++) {
		key = -1;
	}
}

uint8_t port_key(void)
{
	uint8_t c;

	while (!port_wait(60000000)) {
		;
	}
	c = (uint8_t)key;
	key = -1;
	return c;
}

/* Of all but the name that may stand before our lines. */
uint32_t port_columns(void)
{
	uint32_t name = (uint32_t)strlen(guest_name()) + 3;

	return !columns ? 0 : columns > name + 20 ? columns - name : 20;
}

uint64_t port_now(void)
{
	return time_now();
}

uint64_t port_hz(void)
{
	return time_hz();
}

uint64_t port_begin(void)
{
	return platform.info ? platform.info->boot_entry : 0;
}

int64_t port_control(uint32_t guest, uint32_t operation)
{
	return hvc_call(SKERRY_HVC_CONTROL, guest, operation, 0);
}

int64_t port_stats(uint32_t guest)
{
	return hvc_call(SKERRY_HVC_STATS, guest, 0, 0);
}

const struct skerry_stats *port_page(uint32_t guest)
{
	uint64_t at = SKERRY_STATS((uint64_t)guest), magic = 0;

	return try_read(at, 4, &magic) == 0 && magic == SKERRY_STATS_MAGIC ?
	       (const struct skerry_stats *)at : NULL;
}

int64_t port_crash_read(uint32_t guest, uint32_t offset, uint64_t words[16])
{
	struct regs r = { { SKERRY_HVC_CRASH_READ, guest, offset } };

	hvc(&r);
	memcpy(words, &r.x[1], 16 * sizeof(words[0]));
	return (int64_t)r.x[0];
}

const struct skerry_log *port_log(void)
{
	return try_read(SKERRY_LOG_BASE, 8, NULL) == 0 ?
	       (const struct skerry_log *)SKERRY_LOG_BASE : NULL;
}
