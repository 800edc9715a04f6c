/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio GPIO device (VIRTIO 1.2, 5.18) whose lines are the pins that its link may use:
 * line i is pins[i]. Every line that a front end names is looked up here, so no other pin is
 * touched. Requests are read once. Pure C: also built for the host's tests.
 *
 * Events: a front end asks for a trigger (IRQ_TYPE) and puts a buffer for the line into the
 * event queue, which comes back when the trigger came; one edge is kept meanwhile. A level
 * counts only while there is a buffer.
 */
#ifndef DRV_GPIO_GPIO_H
#define DRV_GPIO_GPIO_H

#include "../lib/virtq_device.h"
#include "pins.h"

#define GPIO_NAMES_MAX	1024u

enum {				/* struct gpio_request's type */
	GPIO_GET_LINE_NAMES = 1, GPIO_GET_DIRECTION, GPIO_SET_DIRECTION, GPIO_GET_VALUE,
	GPIO_SET_VALUE, GPIO_SET_IRQ_TYPE,
};
enum { GPIO_NONE, GPIO_OUTPUT, GPIO_INPUT };		/* directions */
enum { GPIO_OK, GPIO_ERROR };				/* status of a request */
enum { GPIO_EVENT_INVALID, GPIO_EVENT_VALID };		/* status of an event's buffer */

struct gpio_request {
	uint16_t type, line;
	uint32_t value;
};

struct gpio_config {		/* 5.18.4 */
	uint16_t line_count;
	uint8_t padding[2];
	uint32_t names_size;
};

struct gpio_line {
	uint8_t pin;
	bool is_waiting;	/* a buffer is there: */
	uint16_t head;
	volatile uint8_t *status;
};

/* What a restart of drv_gpio must not forget: in the link's own page. */
struct gpio_kept {
	uint8_t trigger[PIN_COUNT];	/* of a line, enum pin_trigger: what was asked for */
	uint8_t is_pending[PIN_COUNT];	/* it came while no buffer was there */
};

struct gpio {
	struct gpio_line line[PIN_COUNT];
	struct gpio_kept *kept;
	uint32_t line_count;
	char names[GPIO_NAMES_MAX];	/* one behind the other, each with its NUL */
	uint32_t names_size;
};

/* `kept` is set already. `pins`: big-endian cells, as in the tree. `board_names`: of all pins, one
 * behind the other, or NULL; a pin without one is "GPIO17". What is wrong, or NULL. */
const char *gpio_open(struct gpio *g, const uint8_t *pins, uint32_t size,
		      const char *board_names, uint32_t board_names_size);
/* Pins of `pins`, a list like gpio_open()'s, get this pull, if they are the link's. */
void gpio_pull(const struct gpio *g, const uint8_t *pins, uint32_t size, enum pin_pull pull);
/* All lines become inputs without events; buffers are forgotten. */
void gpio_release(struct gpio *g);
/* Takes up what `kept` says, in a new life. */
void gpio_resume(struct gpio *g);

/* A request's chain: how many bytes were written, or 0: it is none. */
uint32_t gpio_request(struct gpio *g, const struct vqv_chain *c);

/* A buffer of the event queue. GPIO_BAD: it is none; GPIO_BACK: give it back now, with one
 * byte written; GPIO_HELD: gpio_next_event() gives it back. */
enum gpio_held { GPIO_BAD, GPIO_BACK, GPIO_HELD };
enum gpio_held gpio_buffer(struct gpio *g, const struct vqv_chain *c);
/* Pins that pins_take_events() gave. */
void gpio_events(struct gpio *g, uint64_t pins);
/* The head of a buffer to give back with one byte written; false: none any more. */
bool gpio_next_event(struct gpio *g, uint16_t *head);

#endif
