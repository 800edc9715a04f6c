// SPDX-License-Identifier: BSD-2-Clause
/*
 * gpiotest: a front end of gpio and scmi links. Tests its devices; then, as its boot arguments
 * say:
 *   drive=MASK     its first gpio link's lines become outputs, high where the mask's bit is set
 *   hold-us=N      so long; then
 *   crash          it ends this life: its first one, or with lives=N each of so many
 *   reset          it resets the device
 * quick: no tests; stay: waits for ever at the end.
 */
#include "gpiotest.h"

static struct virtio_gpio gpio;

static bool drive(uint64_t mask)
{
	int port = link_by_type(SKERRY_LINK_GPIO, SKERRY_FRONT, 0);
	bool is_good = port >= 0 && virtio_open_link(&gpio.virtio, (uint32_t)port) == SKERRY_OK &&
		       virtio_gpio_start(&gpio) == SKERRY_OK;

	for (uint32_t i = 0; is_good && i < gpio.line_count; i++) {
		is_good = virtio_gpio_set(&gpio, i, mask >> i & 1) == 0 &&
			  virtio_gpio_direction(&gpio, i, GPIO_DIRECTION_OUT) == 0;
	}
	printf("gpiotest: %u lines driven%s\n", gpio.line_count, is_good ? "" : " FAILED");
	return is_good;
}

void guest_main(void)
{
	uint32_t count = link_init();

	printf("gpiotest: life %lu\n", guest_life());
	for (uint32_t port = 0; port < count && !arg_has("quick"); port++) {
		const struct skerry_link *l = link_info(port);

		if (l->type == SKERRY_LINK_GPIO && l->role == SKERRY_FRONT) {
			pins_run(port);
		}
		if (l->type == SKERRY_LINK_SCMI && l->role == SKERRY_FRONT) {
			scmi_run(port);
		}
	}
	if (arg_has("drive") && guest_life() <= arg_number("lives", 1)) {
		drive(arg_number("drive", 0));
		delay_us(arg_number("hold-us", 0));
		if (arg_has("crash")) {
			guest_crash(1, 0);
		}
		if (arg_has("reset")) {
			printf("gpiotest: reset: %ld\n", virtio_reset(&gpio.virtio));
		}
	}
	printf("gpiotest: done\n");
	while (arg_has("stay")) {
		wfi();
	}
}
