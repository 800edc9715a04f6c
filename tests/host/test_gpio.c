// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_gpio's pins on a model of the BCM2711's GPIO registers that has what QEMU's has not: wires,
 * and events by edges and levels. Whatever a front end sends, no bit of a pin that is not its own
 * changes.
 */
/* sources: guests/drv_gpio/gpio.c guests/drv_gpio/pins.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <guests/drv_gpio/gpio.h>

#define BASE 0xfe200000ull

/* --- The registers ---------------------------------------------------------------- */

static struct {
	uint32_t select[6], latch[2], outside[2], status[2];
	uint32_t detect[4][2];			/* rising, falling, high, low */
	uint32_t pull[4];
} chip;

static uint32_t function_of(unsigned pin)
{
	return chip.select[pin / 10] >> pin % 10 * 3 & 7;
}

static uint32_t level(unsigned bank)
{
	uint32_t v = chip.outside[bank];

	for (unsigned pin = bank * 32; pin < 58 && pin < bank * 32 + 32; pin++) {
		uint32_t bit = 1u << pin % 32;

		v = function_of(pin) == PIN_OUT ? (v & ~bit) | (chip.latch[bank] & bit) : v;
	}
	return v;
}

/* Levels make their status again as long as they last. */
static void look(void)
{
	for (unsigned bank = 0; bank < 2; bank++) {
		chip.status[bank] |= (level(bank) & chip.detect[2][bank]) |
				     (~level(bank) & chip.detect[3][bank]);
	}
}

uint32_t pins_read(uint64_t at)
{
	uint32_t offset = (uint32_t)(at - BASE);

	look();
	switch (offset) {
	case 0x00: case 0x04: case 0x08: case 0x0c: case 0x10: case 0x14:
		return chip.select[offset / 4];
	case 0x34: case 0x38:
		return level((offset - 0x34) / 4);
	case 0x40: case 0x44:
		return chip.status[(offset - 0x40) / 4];
	case 0x4c: case 0x50: case 0x58: case 0x5c: case 0x64: case 0x68: case 0x70: case 0x74:
		return chip.detect[(offset - 0x4c) / 12][(offset - 0x4c) % 12 / 4];
	case 0xe4: case 0xe8: case 0xec: case 0xf0:
		return chip.pull[(offset - 0xe4) / 4];
	default:
		fail_msg("a read at 0x%x", offset);
		return 0;
	}
}

void pins_write(uint64_t at, uint32_t v)
{
	uint32_t offset = (uint32_t)(at - BASE);

	switch (offset) {
	case 0x00: case 0x04: case 0x08: case 0x0c: case 0x10: case 0x14:
		chip.select[offset / 4] = v;
		break;
	case 0x1c: case 0x20:
		chip.latch[(offset - 0x1c) / 4] |= v;
		break;
	case 0x28: case 0x2c:
		chip.latch[(offset - 0x28) / 4] &= ~v;
		break;
	case 0x40: case 0x44:
		chip.status[(offset - 0x40) / 4] &= ~v;
		break;
	case 0x4c: case 0x50: case 0x58: case 0x5c: case 0x64: case 0x68: case 0x70: case 0x74:
		chip.detect[(offset - 0x4c) / 12][(offset - 0x4c) % 12 / 4] = v;
		break;
	case 0xe4: case 0xe8: case 0xec: case 0xf0:
		chip.pull[(offset - 0xe4) / 4] = v;
		break;
	default:
		fail_msg("a write at 0x%x", offset);
	}
	look();
}

/* The wire of a pin goes up or down. */
static void wire(unsigned pin, bool is_high)
{
	unsigned bank = pin / 32;
	uint32_t before = level(bank);

	chip.outside[bank] = (chip.outside[bank] & ~(1u << pin % 32)) |
			     (uint32_t)is_high << pin % 32;
	chip.status[bank] |= (level(bank) & ~before & chip.detect[0][bank]) |
			     (~level(bank) & before & chip.detect[1][bank]);
	look();
}

/* --- A front end ------------------------------------------------------------------ */

static const uint8_t cells[] = { 0, 0, 0, 17, 0, 0, 0, 57, 0, 0, 0, 3 };
static const uint8_t pin_of[] = { 17, 57, 3 };
static struct gpio gpio;
static struct gpio_kept kept;
static uint8_t memory[4096];
static struct vqv_part part[8];
static struct vqv_chain chain;

static int begin(void **state)
{
	(void)state;
	memset(&chip, 0, sizeof(chip));
	memset(&kept, 0, sizeof(kept));
	memset(&gpio, 0, sizeof(gpio));
	pins_open(BASE);
	gpio.kept = &kept;
	assert_null(gpio_open(&gpio, cells, sizeof(cells), NULL, 0));
	gpio_release(&gpio);
	return 0;
}

/* A chain of `out` bytes at memory and `in` bytes at memory + 2048. */
static void make(const void *message, uint32_t out, uint32_t in)
{
	memset(memory + 2048, 0xee, 2048);
	memcpy(memory, message, out);
	part[0] = (struct vqv_part){ memory, out };
	part[1] = (struct vqv_part){ memory + 2048, in };
	chain = (struct vqv_chain){ .part = part, .part_max = 8, .readable = 1, .writable = 1,
				    .read_size = out, .write_size = in, .head = 5 };
}

/* The answer's value, or -1. */
static int ask(uint16_t type, uint16_t line, uint32_t value)
{
	const struct gpio_request r = { type, line, value };

	make(&r, sizeof(r), 2);
	assert_int_equal(gpio_request(&gpio, &chain), 2);
	assert_int_equal(memory[2050], 0xee);
	return memory[2048] == GPIO_OK ? memory[2049] : -1;
}

static enum gpio_held watch(uint16_t line, uint16_t head)
{
	make(&line, 2, 1);
	chain.head = head;
	return gpio_buffer(&gpio, &chain);
}

/* The head that comes back, with its status in *status, or -1. */
static int event(uint8_t *status)
{
	uint16_t head;

	gpio_events(&gpio, pins_take_events());
	if (!gpio_next_event(&gpio, &head)) {
		return -1;
	}
	*status = memory[2048];
	return head;
}

/* --- Tests ------------------------------------------------------------------------ */

static void lines_are_the_link_s_pins_in_their_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		unsigned bank = pin_of[i] / 32;
		uint32_t bit = 1u << pin_of[i] % 32;

		assert_int_equal(ask(GPIO_GET_DIRECTION, (uint16_t)i, 0), GPIO_INPUT);
		assert_int_equal(ask(GPIO_SET_VALUE, (uint16_t)i, 1), 0);
		assert_int_equal(ask(GPIO_GET_VALUE, (uint16_t)i, 0), 0);
		assert_int_equal(ask(GPIO_SET_DIRECTION, (uint16_t)i, GPIO_OUTPUT), 0);
		assert_int_equal(ask(GPIO_GET_DIRECTION, (uint16_t)i, 0), GPIO_OUTPUT);
		assert_int_equal(ask(GPIO_GET_VALUE, (uint16_t)i, 0), 1);
		assert_int_equal(function_of(pin_of[i]), 1);
		assert_int_equal(level(bank) & bit, bit);
		assert_int_equal(ask(GPIO_SET_VALUE, (uint16_t)i, 0), 0);
		assert_int_equal(level(bank) & bit, 0);
	}
	gpio_release(&gpio);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(function_of(pin_of[i]), 0);
	}
}

static void an_alternate_function_is_shown_as_no_direction(void **state)
{
	(void)state;
	pin_set_function(57, 4);
	assert_int_equal(ask(GPIO_GET_DIRECTION, 1, 0), GPIO_NONE);
	assert_int_equal(ask(GPIO_SET_DIRECTION, 1, GPIO_NONE), 0);
	assert_int_equal(ask(GPIO_GET_DIRECTION, 1, 0), GPIO_INPUT);
}

static void what_is_not_the_link_s_does_not_change(void **state)
{
	static const uint32_t mine[2] = { 1u << 17 | 1u << 3, 1u << 25 };
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		chip.select[i] = 0x2dadb6a5 >> i & 0x3fffffff;
	}
	for (unsigned n = 0; n < 200000; n++) {
		struct gpio_request r;
		uint64_t v = random = random * 6364136223846793005ull + 1442695040888963407ull;
		typeof(chip) was = chip;

		r.type = (uint16_t)(v >> 33 & 1 ? v >> 40 : v >> 40 & 7);
		r.line = (uint16_t)(v >> 34 & 3 ? v >> 20 & 3 : v >> 16);
		r.value = (uint32_t)(v >> 36 & 1 ? v >> 8 : v >> 8 & 3);
		make(&r, sizeof(r), 2);
		assert_int_equal(gpio_request(&gpio, &chain), 2);
		for (unsigned bank = 0; bank < 2; bank++) {
			assert_int_equal((was.latch[bank] ^ chip.latch[bank]) & ~mine[bank], 0);
			for (unsigned k = 0; k < 4; k++) {
				assert_int_equal((was.detect[k][bank] ^ chip.detect[k][bank]) &
						 ~mine[bank], 0);
			}
		}
		for (unsigned pin = 0; pin < 58; pin++) {
			uint32_t old = was.select[pin / 10] >> pin % 10 * 3 & 7;

			if (pin != 3 && pin != 17 && pin != 57 && old != function_of(pin)) {
				fail_msg("pin %u", pin);
			}
		}
	}
}

static void hostile_requests_are_refused(void **state)
{
	(void)state;
	for (unsigned line = 3; line < 0x10000; line++) {
		assert_int_equal(ask(GPIO_SET_VALUE, (uint16_t)line, 1), -1);
	}
	assert_int_equal(ask(GPIO_SET_VALUE, 0, 2), -1);
	assert_int_equal(ask(GPIO_SET_DIRECTION, 0, 3), -1);
	for (unsigned trigger = 5; trigger < 300; trigger++) {
		if (trigger != 8) {
			assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 0, trigger), -1);
		}
	}
	assert_int_equal(ask(0, 0, 0), -1);
	assert_int_equal(ask(7, 0, 0), -1);
	for (uint32_t out = 0; out < 20; out++) {
		for (uint32_t in = 0; in < 4; in++) {
			make(memory, out, in);
			assert_int_equal(gpio_request(&gpio, &chain), out == 8 && in >= 2 ? 2 : 0);
			assert_int_equal(gpio_buffer(&gpio, &chain) == GPIO_BAD,
					 out != 2 || in != 1);
		}
	}
}

static void names_come_from_the_board_or_from_numbers(void **state)
{
	static const char board[] = "A\0\0\0three\0";
	const struct gpio_request r = { .type = GPIO_GET_LINE_NAMES };

	(void)state;
	assert_null(gpio_open(&gpio, cells, sizeof(cells), board, sizeof(board)));
	assert_int_equal(gpio.names_size, sizeof("GPIO17\0GPIO57\0three"));
	make(&r, sizeof(r), 1 + gpio.names_size);
	assert_int_equal(gpio_request(&gpio, &chain), 1 + gpio.names_size);
	assert_int_equal(memory[2048], GPIO_OK);
	assert_memory_equal(memory + 2049, "GPIO17\0GPIO57\0three", gpio.names_size);
	make(&r, sizeof(r), gpio.names_size);
	assert_int_equal(gpio_request(&gpio, &chain), 2);
	assert_int_equal(memory[2048], GPIO_ERROR);
	assert_non_null(gpio_open(&gpio, NULL, 0, NULL, 0));
	assert_non_null(gpio_open(&gpio, (const uint8_t[]){ 0, 0, 0, 58 }, 4, NULL, 0));
	assert_non_null(gpio_open(&gpio, (const uint8_t[]){ 1, 0, 0, 5 }, 4, NULL, 0));
	assert_non_null(gpio_open(&gpio, cells, 5, NULL, 0));
}

static void pulls_are_set_for_the_link_s_pins_only(void **state)
{
	static const uint8_t up[] = { 0, 0, 0, 57, 0, 0, 0, 18 }, down[] = { 0, 0, 0, 17 };

	(void)state;
	memset(chip.pull, 0xff, sizeof(chip.pull));
	gpio_pull(&gpio, up, sizeof(up), PIN_PULL_UP);
	gpio_pull(&gpio, down, sizeof(down), PIN_PULL_DOWN);
	gpio_pull(&gpio, NULL, 0, PIN_PULL_DOWN);
	assert_int_equal(chip.pull[0], 0xffffffff);
	assert_int_equal(chip.pull[1], 0xfffffffb);	/* pin 17: 10 */
	assert_int_equal(chip.pull[2], 0xffffffff);
	assert_int_equal(chip.pull[3], 0xfff7ffff);	/* pin 57: 01 */
}

static void an_edge_comes_once_and_is_kept_without_a_buffer(void **state)
{
	uint8_t status = 9;

	(void)state;
	assert_int_equal(watch(1, 7), GPIO_BACK);		/* no trigger yet */
	assert_int_equal(memory[2048], GPIO_EVENT_INVALID);
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 1, PIN_RISING), 0);
	assert_int_equal(watch(1, 7), GPIO_HELD);
	assert_int_equal(event(&status), -1);
	wire(57, true);
	assert_int_equal(event(&status), 7);
	assert_int_equal(status, GPIO_EVENT_VALID);
	assert_int_equal(event(&status), -1);
	wire(57, false);
	wire(57, true);						/* nobody waits */
	assert_int_equal(event(&status), -1);
	assert_int_equal(watch(1, 8), GPIO_HELD);
	assert_int_equal(event(&status), 8);
	assert_int_equal(watch(1, 9), GPIO_HELD);
	assert_int_equal(watch(1, 10), GPIO_BACK);		/* a second one for the line */
	wire(17, true);						/* another pin */
	wire(57, false);
	assert_int_equal(event(&status), -1);
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 1, PIN_NEVER), 0);
	assert_int_equal(event(&status), 9);
}

static void a_level_counts_while_there_is_a_buffer(void **state)
{
	uint8_t status = 9;

	(void)state;
	wire(3, true);
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 2, PIN_HIGH), 0);
	assert_int_equal(chip.detect[2][0], 0);
	assert_int_equal(watch(2, 1), GPIO_HELD);
	assert_int_equal(event(&status), 1);
	assert_int_equal(chip.detect[2][0], 0);			/* no storm */
	assert_int_equal(event(&status), -1);
	wire(3, false);
	assert_int_equal(event(&status), -1);
	assert_int_equal(watch(2, 2), GPIO_HELD);
	assert_int_equal(event(&status), -1);
	wire(3, true);
	assert_int_equal(event(&status), 2);
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 2, PIN_LOW), 0);
	assert_int_equal(watch(2, 3), GPIO_HELD);
	wire(3, false);
	assert_int_equal(event(&status), 3);
}

static void a_level_that_is_over_is_not_the_next_buffer_s(void **state)
{
	uint8_t status = 9;

	(void)state;
	wire(3, true);
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 2, PIN_HIGH), 0);
	assert_int_equal(watch(2, 1), GPIO_HELD);
	assert_int_equal(event(&status), 1);			/* meanwhile it came again */
	wire(3, false);
	assert_int_equal(watch(2, 2), GPIO_HELD);
	assert_int_equal(event(&status), -1);
	wire(3, true);
	assert_int_equal(event(&status), 2);
}

static void a_restart_forgets_no_trigger_and_no_edge(void **state)
{
	uint8_t status = 9;

	(void)state;
	assert_int_equal(ask(GPIO_SET_IRQ_TYPE, 0, PIN_BOTH), 0);
	assert_int_equal(ask(GPIO_SET_DIRECTION, 1, GPIO_OUTPUT), 0);
	wire(17, true);
	memset(&gpio, 0, sizeof(gpio));				/* the next life */
	gpio.kept = &kept;
	assert_null(gpio_open(&gpio, cells, sizeof(cells), NULL, 0));
	gpio_resume(&gpio);
	assert_int_equal(ask(GPIO_GET_DIRECTION, 1, 0), GPIO_OUTPUT);
	assert_int_equal(watch(0, 4), GPIO_HELD);
	assert_int_equal(event(&status), 4);
	wire(17, false);
	gpio_events(&gpio, pins_take_events());			/* kept, then it dies again */
	memset(&gpio, 0, sizeof(gpio));
	gpio.kept = &kept;
	assert_null(gpio_open(&gpio, cells, sizeof(cells), NULL, 0));
	gpio_resume(&gpio);
	assert_int_equal(watch(0, 6), GPIO_HELD);
	assert_int_equal(event(&status), 6);
	gpio_release(&gpio);					/* a reset does */
	assert_int_equal(chip.detect[0][0] | chip.detect[1][0], 0);
	assert_int_equal(watch(0, 6), GPIO_BACK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_are_the_link_s_pins_in_their_order, begin),
		cmocka_unit_test_setup(an_alternate_function_is_shown_as_no_direction, begin),
		cmocka_unit_test_setup(what_is_not_the_link_s_does_not_change, begin),
		cmocka_unit_test_setup(hostile_requests_are_refused, begin),
		cmocka_unit_test_setup(names_come_from_the_board_or_from_numbers, begin),
		cmocka_unit_test_setup(pulls_are_set_for_the_link_s_pins_only, begin),
		cmocka_unit_test_setup(an_edge_comes_once_and_is_kept_without_a_buffer, begin),
		cmocka_unit_test_setup(a_level_counts_while_there_is_a_buffer, begin),
		cmocka_unit_test_setup(a_level_that_is_over_is_not_the_next_buffer_s, begin),
		cmocka_unit_test_setup(a_restart_forgets_no_trigger_and_no_edge, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
