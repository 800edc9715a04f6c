// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device of a gpio link; see gpio.h.
 */
#include "gpio.h"

_Static_assert(sizeof(struct gpio_request) == 8 && sizeof(struct gpio_config) == 8, "5.18");

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The n'th of some strings that lie one behind the other; NULL: there are fewer. */
static const char *nth_name(const char *names, uint32_t size, uint32_t n)
{
	uint32_t at = 0;

	if (!names) {
		return NULL;
	}
	while (at < size && n--) {
		at += (uint32_t)strlen(names + at) + 1;
	}
	return at < size && names[at] ? names + at : NULL;
}

static void add_name(struct gpio *g, uint32_t pin, const char *name)
{
	char own[] = "GPIO00";
	uint32_t size;

	if (!name) {
		own[4] = (char)(pin < 10 ? '0' + pin : '0' + pin / 10);
		own[5] = (char)(pin < 10 ? 0 : '0' + pin % 10);
		name = own;
	}
	size = (uint32_t)strlen(name) + 1;
	if (size > sizeof(g->names) - g->names_size) {
		size = 1;			/* a line without a name */
		name = "";
	}
	memcpy(g->names + g->names_size, name, size);
	g->names_size += size;
}

const char *gpio_open(struct gpio *g, const uint8_t *pins, uint32_t size,
		      const char *board_names, uint32_t board_names_size)
{
	if (!pins || size % 4 || size < 4 || size / 4 > PIN_COUNT) {
		return "the link has no pins, or too many";
	}
	g->line_count = size / 4;
	g->names_size = 0;
	for (uint32_t i = 0; i < g->line_count; i++) {
		uint32_t pin = be32(pins + i * 4);

		if (pin >= PIN_COUNT) {
			return "the link has a pin that there is not";
		}
		g->line[i] = (struct gpio_line){ .pin = (uint8_t)pin };
		add_name(g, pin, nth_name(board_names, board_names_size, pin));
	}
	return NULL;
}

void gpio_pull(const struct gpio *g, const uint8_t *pins, uint32_t size, enum pin_pull pull)
{
	for (uint32_t at = 0; pins && at + 4 <= size; at += 4) {
		for (uint32_t i = 0; i < g->line_count; i++) {
			if (be32(pins + at) == g->line[i].pin) {
				pin_set_pull(g->line[i].pin, pull);
			}
		}
	}
}

/* Levels are looked for only while there is a buffer: they would come again and again. One that
 * has come again already is not for the next buffer, at whose time it may be over. */
static void arm(const struct gpio *g, uint32_t line)
{
	const struct gpio_line *l = &g->line[line];
	uint8_t trigger = g->kept->trigger[line];
	bool is_off = (trigger & (PIN_HIGH | PIN_LOW)) && !l->is_waiting;

	pin_set_trigger(l->pin, is_off ? PIN_NEVER : trigger);
	if (is_off) {
		pin_clear_event(l->pin);
	}
}

static uint8_t set_trigger(struct gpio *g, uint32_t line, uint32_t trigger)
{
	if (trigger > PIN_HIGH && trigger != PIN_LOW) {
		return GPIO_ERROR;
	}
	g->kept->trigger[line] = (uint8_t)trigger;
	g->kept->is_pending[line] = false;
	arm(g, line);
	pin_clear_event(g->line[line].pin);
	return GPIO_OK;
}

void gpio_release(struct gpio *g)
{
	for (uint32_t i = 0; i < g->line_count; i++) {
		g->line[i] = (struct gpio_line){ .pin = g->line[i].pin };
		set_trigger(g, i, PIN_NEVER);
		pin_set_function(g->line[i].pin, PIN_IN);
	}
}

void gpio_resume(struct gpio *g)
{
	for (uint32_t i = 0; i < g->line_count; i++) {
		arm(g, i);
	}
}

static uint8_t direction_of(uint32_t pin)
{
	uint32_t function = pin_function(pin);

	return function == PIN_OUT ? GPIO_OUTPUT : function == PIN_IN ? GPIO_INPUT : GPIO_NONE;
}

static uint8_t set_direction(uint32_t pin, uint32_t direction)
{
	if (direction > GPIO_INPUT) {
		return GPIO_ERROR;
	}
	pin_set_function(pin, direction == GPIO_OUTPUT ? PIN_OUT : PIN_IN);
	return GPIO_OK;
}

static uint8_t do_request(struct gpio *g, const struct gpio_request *r, uint8_t *value)
{
	uint32_t pin;

	if (r->line >= g->line_count) {
		return GPIO_ERROR;
	}
	pin = g->line[r->line].pin;
	switch (r->type) {
	case GPIO_GET_DIRECTION:
		*value = direction_of(pin);
		return GPIO_OK;
	case GPIO_SET_DIRECTION:
		return set_direction(pin, r->value);
	case GPIO_GET_VALUE:
		*value = pin_level(pin);
		return GPIO_OK;
	case GPIO_SET_VALUE:
		if (r->value > 1) {
			return GPIO_ERROR;
		}
		pin_drive(pin, r->value);
		return GPIO_OK;
	case GPIO_SET_IRQ_TYPE:
		return set_trigger(g, r->line, r->value);
	default:
		return GPIO_ERROR;
	}
}

uint32_t gpio_request(struct gpio *g, const struct vqv_chain *c)
{
	struct gpio_request r;
	uint8_t answer[2] = { GPIO_ERROR, 0 };

	if (c->read_size != sizeof(r) || c->write_size < sizeof(answer)) {
		return 0;
	}
	vqv_read(c, 0, &r, sizeof(r));
	if (r.type == GPIO_GET_LINE_NAMES && c->write_size == 1 + g->names_size) {
		answer[0] = GPIO_OK;
		vqv_write(c, 0, answer, 1);
		return 1 + vqv_write(c, 1, g->names, g->names_size);
	}
	if (r.type != GPIO_GET_LINE_NAMES) {
		answer[0] = do_request(g, &r, &answer[1]);
	}
	return vqv_write(c, 0, answer, sizeof(answer));
}

enum gpio_held gpio_buffer(struct gpio *g, const struct vqv_chain *c)
{
	static const uint8_t invalid = GPIO_EVENT_INVALID;
	struct gpio_line *l;
	uint16_t number;

	if (c->read_size != sizeof(number) || c->write_size != 1) {
		return GPIO_BAD;
	}
	vqv_read(c, 0, &number, sizeof(number));
	if (number >= g->line_count || g->line[number].is_waiting ||
	    g->kept->trigger[number] == PIN_NEVER) {
		vqv_write(c, 0, &invalid, 1);
		return GPIO_BACK;
	}
	l = &g->line[number];
	l->is_waiting = true;
	l->head = c->head;
	l->status = c->part[c->readable].at;
	arm(g, number);
	return GPIO_HELD;
}

void gpio_events(struct gpio *g, uint64_t pins)
{
	for (uint32_t i = 0; i < g->line_count; i++) {
		bool counts = g->kept->trigger[i] & PIN_BOTH || g->line[i].is_waiting;

		g->kept->is_pending[i] |= counts && g->kept->trigger[i] != PIN_NEVER &&
					  (pins >> g->line[i].pin & 1);
	}
}

bool gpio_next_event(struct gpio *g, uint16_t *head)
{
	for (uint32_t i = 0; i < g->line_count; i++) {
		struct gpio_line *l = &g->line[i];
		bool is_pending = g->kept->is_pending[i];

		if (l->is_waiting && (is_pending || g->kept->trigger[i] == PIN_NEVER)) {
			*l->status = is_pending ? GPIO_EVENT_VALID : GPIO_EVENT_INVALID;
			*head = l->head;
			g->kept->is_pending[i] = l->is_waiting = false;
			arm(g, i);
			return true;
		}
	}
	return false;
}
