/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio GPIO device; see virtio_gpio.h. A slot is a request and its answer;
 * each line has a buffer for its event.
 */
#include "virtio_gpio.h"

#define REQUESTS	0		/* queues */
#define EVENTS		1
#define QUEUE_SIZE	64
#define F_IRQ		(1ull << 0)
#define NAMES_MAX	4096u

struct config {				/* 5.18.4 */
	uint16_t line_count;
	uint8_t padding[2];
	uint32_t names_size;
};

static int64_t make_slots(struct virtio_gpio *g)
{
	struct virtio *v = &g->virtio;

	g->out = virtio_alloc(v, VIRTIO_OUT, GPIO_SLOTS * sizeof(*g->out));
	g->in = virtio_alloc(v, VIRTIO_IN, GPIO_SLOTS * 2);
	g->event_out = virtio_alloc(v, VIRTIO_OUT, GPIO_LINE_MAX * sizeof(*g->event_out));
	g->event_in = virtio_alloc(v, VIRTIO_IN, GPIO_LINE_MAX);
	g->names = virtio_alloc(v, VIRTIO_IN, 1 + g->names_size);
	if (!g->out || !g->in || !g->event_out || !g->event_in || !g->names) {
		return SKERRY_NO_MEMORY;
	}
	for (uint32_t i = 0; i < GPIO_SLOTS; i++) {
		g->free[i] = (uint8_t)i;
	}
	g->free_count = GPIO_SLOTS;
	return SKERRY_OK;
}

int64_t virtio_gpio_start(struct virtio_gpio *g)
{
	int64_t result = virtio_begin(&g->virtio, VIRTIO_ID_GPIO, F_IRQ);
	struct config config = { 0 };

	g->has_events = g->virtio.features & F_IRQ;
	if (result == SKERRY_OK) {
		result = virtio_config(&g->virtio, 0, &config, sizeof(config));
	}
	if (result == SKERRY_OK) {
		result = virtio_queue(&g->virtio, QUEUE_SIZE);
	}
	if (result == SKERRY_OK && g->has_events) {
		result = virtio_queue(&g->virtio, QUEUE_SIZE);
	}
	g->line_count = config.line_count;
	g->names_size = config.names_size < NAMES_MAX ? config.names_size : 0;
	if (result == SKERRY_OK) {
		result = make_slots(g);
	}
	return result == SKERRY_OK ? virtio_go(&g->virtio) : result;
}

static void reclaim(struct virtio_gpio *g)
{
	void *cookie;

	while (virtio_take(&g->virtio, REQUESTS, &cookie, NULL)) {
		g->free[g->free_count++] = (uint8_t)((struct gpio_message *)cookie - g->out);
	}
}

/* Sleeps until at least `wanted` slots are free; false: the device is broken. */
static bool wait_free(struct virtio_gpio *g, uint32_t wanted)
{
	bool is_idle = false;		/* woken, and nothing had come back */

	for (reclaim(g); g->free_count < wanted; reclaim(g)) {
		if (!g->virtio.is_live || g->virtio.is_broken ||
		    (is_idle && virtio_check(&g->virtio))) {
			return false;
		}
		virtio_wait(&g->virtio, REQUESTS);
		is_idle = true;
	}
	return true;
}

/* The slot of a request that is on its way, or an error. */
static int64_t send(struct virtio_gpio *g, const struct gpio_message *m, uint8_t *answer,
		    uint32_t answer_size)
{
	struct virtq_buffer b[2];
	uint32_t slot;

	if (!wait_free(g, 1)) {
		return SKERRY_BUSY;
	}
	slot = g->free[g->free_count - 1];
	g->out[slot] = *m;
	answer = answer ? answer : g->in + 2 * slot;
	b[0] = (struct virtq_buffer){ (uint64_t)&g->out[slot], sizeof(*m) };
	b[1] = (struct virtq_buffer){ (uint64_t)answer, answer_size };
	if (virtio_add(&g->virtio, REQUESTS, b, 1, 1, &g->out[slot]) < 0) {
		return SKERRY_BUSY;
	}
	g->free_count--;
	virtio_kick(&g->virtio, REQUESTS);
	return slot;
}

int64_t virtio_gpio_post(struct virtio_gpio *g, enum gpio_type type, uint32_t line,
			 uint32_t value)
{
	const struct gpio_message m = { (uint16_t)type, (uint16_t)line, value };
	int64_t slot = send(g, &m, NULL, 2);

	return slot < 0 ? slot : SKERRY_OK;
}

int64_t virtio_gpio_ask(struct virtio_gpio *g, enum gpio_type type, uint32_t line,
			uint32_t value)
{
	const struct gpio_message m = { (uint16_t)type, (uint16_t)line, value };
	int64_t slot = send(g, &m, NULL, 2);
	const volatile uint8_t *answer;

	if (slot < 0 || !wait_free(g, GPIO_SLOTS)) {
		return SKERRY_BUSY;
	}
	answer = g->in + 2 * slot;
	return answer[0] == 0 ? answer[1] : SKERRY_INVALID;
}

const char *virtio_gpio_names(struct virtio_gpio *g)
{
	const struct gpio_message m = { .type = GPIO_GET_LINE_NAMES };

	if (!g->names_size || send(g, &m, g->names, 1 + g->names_size) < 0 ||
	    !wait_free(g, GPIO_SLOTS) || g->names[0] != 0 || g->names[g->names_size] != 0) {
		return NULL;
	}
	return (const char *)g->names + 1;
}

int64_t virtio_gpio_watch(struct virtio_gpio *g, uint32_t line)
{
	struct virtq_buffer b[2];

	if (!g->has_events || line >= GPIO_LINE_MAX) {
		return SKERRY_INVALID;
	}
	g->event_out[line] = (uint16_t)line;
	b[0] = (struct virtq_buffer){ (uint64_t)&g->event_out[line], sizeof(*g->event_out) };
	b[1] = (struct virtq_buffer){ (uint64_t)&g->event_in[line], 1 };
	if (virtio_add(&g->virtio, EVENTS, b, 1, 1, &g->event_out[line]) < 0) {
		return SKERRY_BUSY;
	}
	virtio_kick(&g->virtio, EVENTS);
	return SKERRY_OK;
}

int virtio_gpio_event(struct virtio_gpio *g, bool *is_valid)
{
	void *cookie;
	uint32_t line;

	if (!virtio_take(&g->virtio, EVENTS, &cookie, NULL)) {
		return -1;
	}
	line = (uint32_t)((uint16_t *)cookie - g->event_out);
	*is_valid = *(volatile uint8_t *)&g->event_in[line] == 1;
	return (int)line;
}
