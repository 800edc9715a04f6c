/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio GPIO device (VIRTIO 1.2, 5.18): lines that are inputs or outputs.
 * A call asks the device and waits for its answer; gpio_post() does not wait. Events of a line
 * come by virtio_gpio_event(). One vCPU uses a device.
 */
#ifndef VIRTIO_GPIO_H
#define VIRTIO_GPIO_H

#include "virtio.h"

#define GPIO_LINE_MAX	64		/* lines whose events can be used */
#define GPIO_SLOTS	16		/* requests in flight */

enum gpio_type {			/* of a request */
	GPIO_GET_LINE_NAMES = 1, GPIO_GET_DIRECTION, GPIO_SET_DIRECTION, GPIO_GET_VALUE,
	GPIO_SET_VALUE, GPIO_SET_IRQ_TYPE,
};

enum { GPIO_DIRECTION_NONE, GPIO_DIRECTION_OUT, GPIO_DIRECTION_IN };

enum gpio_trigger {
	GPIO_TRIGGER_NONE = 0, GPIO_TRIGGER_RISING = 1, GPIO_TRIGGER_FALLING = 2,
	GPIO_TRIGGER_BOTH = 3, GPIO_TRIGGER_HIGH = 4, GPIO_TRIGGER_LOW = 8,
};

struct gpio_message {			/* what the device reads */
	uint16_t type, line;
	uint32_t value;
};

struct virtio_gpio {
	struct virtio virtio;
	uint32_t line_count, names_size;
	bool has_events;
	struct gpio_message *out;	/* GPIO_SLOTS of them, and an event's line for each line */
	uint8_t *in;			/* two bytes for each slot, one for each line's event */
	uint8_t *names;			/* status, then the names */
	uint16_t *event_out;
	uint8_t *event_in;
	uint32_t free_count;
	uint8_t free[GPIO_SLOTS];
};

/* Brings the device up; its lines are inputs then. */
int64_t virtio_gpio_start(struct virtio_gpio *g);

/* The answer's value, 0 or more, or an error: INVALID: the device refuses, e.g. a line that
 * there is not; BUSY: the device is broken. */
int64_t virtio_gpio_ask(struct virtio_gpio *g, enum gpio_type type, uint32_t line,
			uint32_t value);
/* The same without waiting for the answer: what it says is not looked at. */
int64_t virtio_gpio_post(struct virtio_gpio *g, enum gpio_type type, uint32_t line,
			 uint32_t value);

static inline int64_t virtio_gpio_set(struct virtio_gpio *g, uint32_t line, bool is_high)
{
	return virtio_gpio_ask(g, GPIO_SET_VALUE, line, is_high);
}

static inline int64_t virtio_gpio_get(struct virtio_gpio *g, uint32_t line)
{
	return virtio_gpio_ask(g, GPIO_GET_VALUE, line, 0);
}

static inline int64_t virtio_gpio_direction(struct virtio_gpio *g, uint32_t line, uint32_t way)
{
	return virtio_gpio_ask(g, GPIO_SET_DIRECTION, line, way);
}

/* The lines' names, one behind the other, each with its NUL; NULL: they can't be had. */
const char *virtio_gpio_names(struct virtio_gpio *g);

/* Wants to hear of a trigger of a line once more. */
int64_t virtio_gpio_watch(struct virtio_gpio *g, uint32_t line);
/* A line whose trigger came since it was watched; or -1: none. `is_valid`: false: its trigger was
 * switched off instead. */
int virtio_gpio_event(struct virtio_gpio *g, bool *is_valid);

#endif
