// SPDX-License-Identifier: BSD-2-Clause
/*
 * A gpio link's device: its lines, what it must refuse, and requests that our driver never sends.
 * In QEMU a pin reads as what was last driven, whether it is an output or not.
 */
#include "gpiotest.h"

#define REQUESTS 0

static struct virtio_gpio gpio;
static uint32_t the_port;

static bool begin(void)
{
	int64_t result = virtio_open_link(&gpio.virtio, the_port);

	result = result == SKERRY_OK ? virtio_gpio_start(&gpio) : result;
	check(result == SKERRY_OK, "start %ld", result);
	return result == SKERRY_OK;
}

static uint32_t pin_of(uint32_t line)
{
	uint32_t size = 0;
	const uint8_t *pins = link_bytes(the_port, NULL, "pins", &size);

	return pins && line < size / 4 ? pins[line * 4 + 3] : ~0u;
}

static void test_names(void)
{
	const char *name;
	char want[8];

	if (!begin()) {
		return;
	}
	name = virtio_gpio_names(&gpio);
	check(name != NULL, "names");
	for (uint32_t i = 0; name && i < gpio.line_count; i++) {
		format(want, sizeof(want), "GPIO%u", pin_of(i));
		check(strcmp(name, want) == 0, "line %u is %s, not %s", i, name, want);
		name += strlen(name) + 1;
	}
}

static void test_lines(void)
{
	if (!begin()) {
		return;
	}
	for (uint32_t i = 0; i < gpio.line_count; i++) {
		check(virtio_gpio_ask(&gpio, GPIO_GET_DIRECTION, i, 0) == GPIO_DIRECTION_IN,
		      "line %u is no input at first", i);
		check(virtio_gpio_set(&gpio, i, true) == 0, "set");
		check(virtio_gpio_direction(&gpio, i, GPIO_DIRECTION_OUT) == 0, "out");
		check(virtio_gpio_ask(&gpio, GPIO_GET_DIRECTION, i, 0) == GPIO_DIRECTION_OUT,
		      "line %u is no output", i);
		check(virtio_gpio_get(&gpio, i) == 1, "line %u is low", i);
		for (uint32_t n = 0; n < gpio.line_count; n++) {
			check(virtio_gpio_get(&gpio, n) == (n <= i), "line %u of %u", n, i);
		}
	}
	for (uint32_t i = 0; i < gpio.line_count; i++) {
		check(virtio_gpio_set(&gpio, i, false) == 0, "clear");
		check(virtio_gpio_get(&gpio, i) == 0, "line %u is high", i);
		check(virtio_gpio_direction(&gpio, i, GPIO_DIRECTION_IN) == 0, "in");
		check(virtio_gpio_ask(&gpio, GPIO_GET_DIRECTION, i, 0) == GPIO_DIRECTION_IN,
		      "line %u is no input", i);
	}
}

static void test_many(void)
{
	if (!begin()) {
		return;
	}
	for (uint32_t i = 0; i < 1000; i++) {
		check(virtio_gpio_post(&gpio, GPIO_SET_VALUE, 0, i & 1) == SKERRY_OK, "post %u", i);
	}
	check(virtio_gpio_get(&gpio, 0) == 1, "the last one counts");
	check(virtio_gpio_set(&gpio, 0, false) == 0, "clear");
}

/* The numbers of lines that there are not, and all values that mean nothing. */
static void test_refused(void)
{
	static const uint16_t types[] = { 0, 7, 8, 0x100, 0xffff };

	if (!begin()) {
		return;
	}
	for (uint32_t line = gpio.line_count; line < 0x10000; line = line < 64 ? line + 1 :
	     line * 2 + 1) {
		for (uint32_t type = GPIO_GET_DIRECTION; type <= GPIO_SET_IRQ_TYPE; type++) {
			check(virtio_gpio_ask(&gpio, type, line, 1) == SKERRY_INVALID,
			      "type %u of line %u", type, line);
		}
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(types); i++) {
		check(virtio_gpio_ask(&gpio, types[i], 0, 0) == SKERRY_INVALID, "type %u",
		      types[i]);
	}
	for (uint32_t value = 2; value; value *= 2) {
		check(virtio_gpio_set(&gpio, 0, false) == 0, "clear");
		check(virtio_gpio_ask(&gpio, GPIO_SET_VALUE, 0, value) == SKERRY_INVALID,
		      "value 0x%x", value);
		check(virtio_gpio_ask(&gpio, GPIO_SET_DIRECTION, 0, value + 1) == SKERRY_INVALID,
		      "direction 0x%x", value + 1);
		check(virtio_gpio_ask(&gpio, GPIO_SET_IRQ_TYPE, 0, value | 5) ==
		      SKERRY_INVALID, "trigger 0x%x", value | 5);
	}
	check(virtio_gpio_get(&gpio, 0) == 0, "nothing has changed");
}

/* Sends a chain and waits: true: it came back; false: the device is broken now. */
static bool send(uint32_t queue, const struct virtq_buffer *b, uint32_t outs, uint32_t ins)
{
	void *cookie;

	check(virtio_add(&gpio.virtio, queue, b, outs, ins, NULL) >= 0, "add");
	virtio_kick(&gpio.virtio, queue);
	while (!virtio_take(&gpio.virtio, queue, &cookie, NULL)) {
		if (virtio_check(&gpio.virtio)) {
			return false;
		}
		sleep_unless(NULL, NULL, 1000);
	}
	return !virtio_check(&gpio.virtio);
}

/* Each costs the front end its device until it resets it, and nobody else anything. */
static void test_forbidden(void)
{
	static const struct {
		uint32_t queue, out, in;
	} sizes[] = {
		{ 0, 7, 2 }, { 0, 9, 2 }, { 0, 8, 1 }, { 0, 4096, 2 }, { 1, 1, 1 }, { 1, 3, 1 },
		{ 1, 2, 2 },
	};
	struct virtq_buffer b[2];

	for (uint32_t i = 0; i < ARRAY_SIZE(sizes) && begin(); i++) {
		uint8_t *out = virtio_alloc(&gpio.virtio, VIRTIO_OUT, 4096);
		uint8_t *in = virtio_alloc(&gpio.virtio, VIRTIO_IN, 4096);

		b[0] = (struct virtq_buffer){ (uint64_t)out, sizes[i].out };
		b[1] = (struct virtq_buffer){ (uint64_t)in, sizes[i].in };
		out[0] = GPIO_SET_VALUE;
		check(!send(sizes[i].queue, b, 1, 1), "sizes %u", i);
	}
	for (uint32_t i = 0; i < 3 && begin(); i++) {
		struct bank w = link_half(the_port, SKERRY_FRONT);

		if (i == 1 && link_info(the_port)->window == SKERRY_WINDOW_SHARED) {
			continue;		/* it has no halves */
		}
		b[0] = (struct virtq_buffer){ (uint64_t)gpio.out, 8 };
		b[1] = (struct virtq_buffer){ (uint64_t)gpio.in, 2 };
		if (i == 0) {
			b[0].address = w.base - 4096;		/* outside the window */
		} else if (i == 1) {
			b[1].address = w.base;			/* in the driver's half */
		}
		check(!send(0, b, 1, i < 2), "addresses %u", i);	/* 2: no place to answer */
	}
	check(begin() && virtio_gpio_get(&gpio, 0) == 0, "after a reset");
}

/* No pin moves in QEMU, so what comes back is what comes back without one. */
static void test_events(void)
{
	struct virtq_buffer b[2];
	bool is_valid = true;
	int line;

	if (!begin()) {
		return;
	}
	check(gpio.has_events, "no events are offered");
	check(virtio_gpio_watch(&gpio, 0) == SKERRY_OK, "watch");
	while ((line = virtio_gpio_event(&gpio, &is_valid)) < 0) {
		virtio_wait(&gpio.virtio, 1);
	}
	check(line == 0 && !is_valid, "without a trigger it comes back at once");
	check(virtio_gpio_ask(&gpio, GPIO_SET_IRQ_TYPE, 0, GPIO_TRIGGER_BOTH) == 0, "trigger");
	check(virtio_gpio_watch(&gpio, 0) == SKERRY_OK, "watch");
	check(virtio_gpio_get(&gpio, 0) == 0, "a request meanwhile");
	check(virtio_gpio_event(&gpio, &is_valid) < 0, "an event that was none");
	gpio.out[0].type = 0;		/* a line that there is not, by hand */
	gpio.event_out[1] = 0xffff;
	b[0] = (struct virtq_buffer){ (uint64_t)&gpio.event_out[1], 2 };
	b[1] = (struct virtq_buffer){ (uint64_t)&gpio.event_in[1], 1 };
	check(send(1, b, 1, 1) && gpio.event_in[1] == 0, "no such line");
	check(virtio_gpio_ask(&gpio, GPIO_SET_IRQ_TYPE, 0, GPIO_TRIGGER_NONE) == 0, "off");
	while ((line = virtio_gpio_event(&gpio, &is_valid)) < 0) {
		virtio_wait(&gpio.virtio, 1);
	}
	check(line == 0 && !is_valid, "switched off it comes back");
	check(virtio_gpio_ask(&gpio, GPIO_SET_IRQ_TYPE, 0, GPIO_TRIGGER_LOW) == 0, "low");
	check(virtio_gpio_watch(&gpio, 0) == SKERRY_OK, "watched at the reset");
}

static void test_resets(void)
{
	for (uint32_t i = 0; i < 10 && begin(); i++) {
		check(virtio_gpio_ask(&gpio, GPIO_GET_DIRECTION, 0, 0) == GPIO_DIRECTION_IN,
		      "an input again");
		check(virtio_gpio_direction(&gpio, 0, GPIO_DIRECTION_OUT) == 0, "out");
		virtio_gpio_ask(&gpio, GPIO_SET_IRQ_TYPE, 0, GPIO_TRIGGER_RISING);
		virtio_gpio_watch(&gpio, 0);
		virtio_gpio_post(&gpio, GPIO_SET_VALUE, 0, 0);
		check(virtio_reset(&gpio.virtio) == SKERRY_OK, "reset");
	}
}

/* Words of the rings and of requests change at random while requests are under way. */
static void test_storm(void)
{
	uint64_t random = time_now() | 1;

	for (uint32_t round = 0; round < 20 && begin(); round++) {
		struct virtq_driver *q = &gpio.virtio.queue[round & 1];

		for (uint32_t n = 0; n < 200; n++) {
			uint64_t r = random_next(&random);
			volatile uint32_t *at = (volatile uint32_t *)(n % 3 ? (uint64_t)q->desc :
						 n % 2 ? (uint64_t)q->avail : (uint64_t)gpio.out);

			at[r % 64] = (uint32_t)(r >> 32) >> (r >> 8 & 31);
			gpio.virtio.ops->notify(&gpio.virtio, round & 1);
		}
	}
	check(begin() && virtio_gpio_get(&gpio, 0) >= 0, "after the storm");
	check(virtio_gpio_set(&gpio, 0, false) == 0, "clear");
}

void pins_run(uint32_t port)
{
	static const struct test tests[] = {
		{ "names", test_names }, { "lines", test_lines }, { "many", test_many },
		{ "refused", test_refused }, { "forbidden", test_forbidden },
		{ "events", test_events }, { "resets", test_resets }, { "storm", test_storm },
	};

	the_port = port;
	tests_run(tests, ARRAY_SIZE(tests));
}
