// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SD driver's surroundings in the guest; see sd_port.h: the controller in the device tree
 * and its interrupt, time by the counter, waking by the EL1 physical timer, cache maintenance
 * by address, bus addresses by the tree's dma-ranges.
 */
#include "sd_port.h"
#include "sdhci.h"
#include "../lib/gic.h"
#include "../lib/link.h"
#include "../lib/mmu.h"
#include "../lib/timer.h"
#include "../lib/tree.h"

uint64_t sd_registers;
static struct tree_device device;
static uint64_t wake_at;		/* 0: the timer is off */
static volatile bool has_come;

void sd_pause_ns(uint32_t ns)
{
	uint64_t end = time_now() + (time_hz() * ns + 999999999) / 1000000000;

	while (time_now() < end) {
		cpu_relax();
	}
}

uint64_t sd_now_us(void)
{
	return ticks_to_ns(time_now()) / 1000;
}

static void come(void)
{
	has_come = true;
	link_wake();
}

static void on_timer(uint32_t intid)
{
	(void)intid;
	ptimer_stop();
	wake_at = 0;
	come();
}

/* A time that is near enough stays: most transfers end long before. */
void sd_wake_at(uint64_t us)
{
	uint64_t now = sd_now_us();

	if (!wake_at || us < wake_at) {
		wake_at = us;
		ptimer_arm(time_now() + us_to_ticks(us > now ? us - now : 0));
	}
}

static bool has_it_come(void *unused)
{
	(void)unused;
	return has_come;
}

void sd_sleep(void)
{
	sleep_unless(has_it_come, NULL, 0);
	has_come = false;
}

static void on_interrupt(uint32_t intid)
{
	(void)intid;
	sdhci_interrupt();
	(void)sd_read(0);		/* the line is down before the end of interrupt */
	come();
}

static bool has(const char *name)
{
	uint32_t size;

	return tree_device_property(&device, name, &size);
}

static uint32_t number(const char *name, uint32_t otherwise)
{
	return (uint32_t)tree_device_number(&device, name, otherwise);
}

/* The rate of the clock that the device's node points to, where the tree has it. */
static uint32_t clock_hz(void)
{
	struct tree_device clock;
	uint64_t wanted = number("clocks", 0);

	for (uint32_t i = 0; wanted && tree_device("fixed-clock", i, &clock); i++) {
		if (tree_device_number(&clock, "phandle", 0) == wanted) {
			return (uint32_t)tree_device_number(&clock, "clock-frequency", 0);
		}
	}
	return number("clock-frequency", 0);
}

bool sd_find(struct sd_wiring *w)
{
	bool is_arasan = false;

	if (!tree_device("brcm,bcm2711-emmc2", 0, &device)) {
		is_arasan = tree_device("brcm,bcm2835-sdhci", 0, &device);
		if (!is_arasan) {
			return false;
		}
	}
	mmu_map_missing(device.base, device.size, MAP_DEVICE | MAP_XN);
	sd_registers = device.base;
	*w = (struct sd_wiring){
		.base_hz = clock_hz(), .is_arasan = is_arasan,
		.has_detect = !is_arasan && !has("broken-cd") && !has("non-removable"),
		.has_protect = !is_arasan && !has("disable-wp"),
		.is_protect_inverted = has("wp-inverted"),
		.is_one_bit = number("bus-width", 4) == 1,
		.max_hz = number("max-frequency", 0),
	};
	irq_handler(SKERRY_INTID_PTIMER, on_timer);
	gic_enable(SKERRY_INTID_PTIMER);
	irq_handler(device.intid, on_interrupt);
	gic_set_edge(device.intid, device.is_edge);
	gic_route(device.intid, (uint32_t)cpu_self()->index);
	gic_enable(device.intid);
	return true;
}

void sd_cache_clean(const void *at, size_t size)
{
	cache_clean(at, size);
}

void sd_cache_clean_invalidate(const void *at, size_t size)
{
	cache_clean_invalidate(at, size);
}

void sd_cache_invalidate(const void *at, size_t size)
{
	dsb();			/* not before the controller has said that it is done */
	cache_invalidate(at, size);
}

bool sd_bus_address(const void *at, uint32_t size, uint64_t *bus)
{
	return tree_device_dma(&device, (uint64_t)at, size, bus);
}
