// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_gpio's start: the registers that it owns, and the devices of its links with their rights
 * as the device tree gives them. A link whose device can't be had is told with its reason; the
 * others are served.
 */
#include "drv_gpio.h"
#include "../lib/tree.h"

#define VENDOR		0x59524b53	/* "SKRY" */
#define QUEUE_SIZE	64		/* a buffer for each pin's event */
#define GPIO_CLASS	"brcm,bcm2711-gpio"
#define GPIO_F_IRQ	(1ull << 0)

_Static_assert(sizeof(struct gpio_kept) <= sizeof(((struct back_page *)0)->driver), "room");
_Static_assert(PIN_COUNT <= QUEUE_SIZE, "a buffer for each");

static const char *open_gpio(struct port *p, uint32_t port)
{
	uint32_t size = 0, names_size = 0;
	const uint8_t *pins = link_bytes(port, NULL, "pins", &size);
	struct tree_device device;
	const char *names, *why;

	if (!tree_device(GPIO_CLASS, 0, &device)) {
		return "no " GPIO_CLASS " is assigned";
	}
	names = tree_device_property(&device, "gpio-line-names", &names_size);
	p->gpio.kept = (struct gpio_kept *)((struct back_page *)link_info(port)->page)->driver;
	why = gpio_open(&p->gpio, pins, size, names, names_size);
	if (!why) {
		pins = link_bytes(port, NULL, "pull-up", &size);
		gpio_pull(&p->gpio, pins, size, PIN_PULL_UP);
		pins = link_bytes(port, NULL, "pull-down", &size);
		gpio_pull(&p->gpio, pins, size, PIN_PULL_DOWN);
	}
	return why;
}

static int64_t offer_gpio(struct port *p, uint32_t port)
{
	const struct gpio_config config = { .line_count = (uint16_t)p->gpio.line_count,
					    .names_size = p->gpio.names_size };
	const struct skerry_msg_offer offer = {
		.device_id = SKERRY_LINK_GPIO, .vendor_id = VENDOR, .features = GPIO_F_IRQ,
		.config_size = sizeof(config), .queue_count = 2, .queue_size_max = QUEUE_SIZE,
	};

	return back_open(&p->back, port, &offer, &config);
}

static const char *open_scmi(struct port *p, uint32_t port)
{
	static const struct {
		const char *name;
		bool is_power, is_writable;
	} lists[] = {
		{ "skerry,clocks", false, true }, { "skerry,clocks-read-only", false, false },
		{ "skerry,power-domains", true, true },
		{ "skerry,power-domains-read-only", true, false },
	};
	const char *why = firmware_open();

	p->scmi = (struct scmi_agent){ .name = link_info(port)->name };
	for (uint32_t i = 0; i < ARRAY_SIZE(lists) && !why; i++) {
		uint32_t size = 0;
		const uint8_t *list = link_bytes(port, NULL, lists[i].name, &size);

		why = scmi_allow(lists[i].is_power ? &p->scmi.power : &p->scmi.clock, list, size,
				 lists[i].is_writable);
	}
	return why;
}

static int64_t offer_scmi(struct port *p, uint32_t port)
{
	const struct skerry_msg_offer offer = {
		.device_id = SKERRY_LINK_SCMI, .vendor_id = VENDOR,
		.queue_count = 1, .queue_size_max = QUEUE_SIZE,
	};

	return back_open(&p->back, port, &offer, NULL);
}

static void tell_pins(const struct port *p)
{
	char text[200];
	size_t used = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < p->gpio.line_count && used + 4 < sizeof(text); i++) {
		used += (size_t)format(text + used, sizeof(text) - used, " %u",
				       p->gpio.line[i].pin);
	}
	printf("drv_gpio: link %s: pins%s\n", p->back.link->name, text);
}

static void port_open(struct port *p, uint32_t port)
{
	const struct skerry_link *l = link_info(port);
	bool is_gpio = l->type == SKERRY_LINK_GPIO;
	const char *why = is_gpio ? open_gpio(p, port) : open_scmi(p, port);
	int64_t result;

	p->type = l->type;
	if (why) {
		printf("drv_gpio: link %s: %s; no device is offered\n", l->name, why);
		back_decline(&p->back, port);
		return;
	}
	result = is_gpio ? offer_gpio(p, port) : offer_scmi(p, port);
	step();
	if (result != SKERRY_OK) {
		printf("drv_gpio: link %s: the offer is refused: %ld\n", l->name, result);
		return;
	}
	p->is_offered = true;
	if (is_gpio) {
		tell_pins(p);
	} else {
		printf("drv_gpio: link %s: clocks and power of the firmware\n", l->name);
	}
}

/* The registers, and the interrupts of pins 0 to 27, 28 to 45 and 46 to 57. */
static void open_pins(void)
{
	struct tree_device device;
	const uint8_t *cells;
	uint32_t size = 0;

	if (!tree_device(GPIO_CLASS, 0, &device)) {
		return;
	}
	pins_open(device.base);
	cells = tree_device_property(&device, "interrupts", &size);
	for (uint32_t i = 0; cells && i < 3 && (i + 1) * 12 <= size; i++) {
		serve_interrupt(32u + ((uint32_t)cells[i * 12 + 6] << 8 | cells[i * 12 + 7]));
	}
}

uint32_t ports_open(struct port *ports, uint32_t max)
{
	uint32_t count = 0;

	open_pins();
	for (uint32_t i = 0; count < max && link_info(i); i++) {
		const struct skerry_link *l = link_info(i);

		if (l->role == SKERRY_BACK && (l->type == SKERRY_LINK_GPIO ||
					       l->type == SKERRY_LINK_SCMI)) {
			port_open(&ports[count++], i);
		}
	}
	return count;
}
