/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: a pin of a Raspberry Pi 4 changes ("pins"). By own registers, where this guest has
 * them; through drv_gpio, where it has a gpio link, whose back end is guest 1. Exits are EL2's
 * count of both guests', which this guest has control over.
 */
#include "bench.h"
#include "link.h"
#include "tree.h"
#include "virtio_gpio.h"
#include <abi/stats.h>

#define TOGGLES		1000u
#define BATCH		16u

static struct virtio_gpio gpio;

/* Exits of both guests; those of the asking itself are the same each time. */
static uint64_t exits(uint32_t guests)
{
	uint64_t sum = 0;

	for (uint32_t guest = 0; guest < guests; guest++) {
		const volatile struct skerry_stats *s = (void *)(uint64_t)SKERRY_STATS(guest);

		if (hvc_call(SKERRY_HVC_STATS, guest, 0, 0) != SKERRY_OK) {
			printf("bench: FAILED, STATS\n");
			return 0;
		}
		for (uint32_t cause = 0; cause < SKERRY_EXIT_CAUSES; cause++) {
			sum += s->vcpu[0].exits[cause];
		}
	}
	return sum;
}

static uint64_t exits_of_asking(uint32_t guests)
{
	uint64_t before = exits(guests);

	return exits(guests) - before;
}

static void bench_direct(uint64_t registers)
{
	uint64_t set = registers + 0x1c, clear = registers + 0x28, nothing, own, before;
	uint32_t pin = 1u << 17;

	write32(registers + 4, read32(registers + 4) | 1u << 21);	/* pin 17 is an output */
	own = exits_of_asking(1);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t = time_now();

		nothing = time_now() - t;
		t = time_now();
		write32(i & 1 ? clear : set, pin);
		sample[i] = time_now() - t - nothing;
	}
	report("pin-direct");
	before = exits(1);
	for (uint32_t i = 0; i < TOGGLES / 2; i++) {
		write32(set, pin);
		write32(clear, pin);
	}
	report_one("pin-direct-exits", exits(1) - before - own);
}

static void bench_link(uint32_t port)
{
	uint64_t own = exits_of_asking(2), before;

	if (virtio_open_link(&gpio.virtio, port) != SKERRY_OK ||
	    virtio_gpio_start(&gpio) != SKERRY_OK ||
	    virtio_gpio_direction(&gpio, 0, GPIO_DIRECTION_OUT) != 0) {
		printf("bench: FAILED, no pins\n");
		return;
	}
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t;

		let_others_wait();
		t = time_now();
		virtio_gpio_set(&gpio, 0, i & 1);
		sample[i] = time_now() - t;
	}
	report("pin-link");
	before = exits(2);
	for (uint32_t i = 0; i < 100; i++) {
		let_others_wait();
		virtio_gpio_set(&gpio, 0, i & 1);
	}
	report_one("pin-link-exits", exits(2) - before - own);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t;

		let_others_wait();
		t = time_now();
		for (uint32_t n = 1; n < BATCH; n++) {
			virtio_gpio_post(&gpio, GPIO_SET_VALUE, 0, n & 1);
		}
		virtio_gpio_set(&gpio, 0, 0);
		sample[i] = (time_now() - t) / BATCH;
	}
	report("pin-link-batch");
}

void pins_run(void)
{
	struct tree_device device;
	int port;

	link_init();
	port = link_by_type(SKERRY_LINK_GPIO, SKERRY_FRONT, 0);
	if (tree_device("brcm,bcm2711-gpio", 0, &device)) {
		bench_direct(device.base);
	}
	if (port >= 0) {
		bench_link((uint32_t)port);
	}
	printf("bench: done\n");
}
