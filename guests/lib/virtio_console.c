/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio console; see virtio_console.h.
 */
#include "virtio_console.h"

#define RECEIVE		0		/* queues */
#define SEND		1
#define QUEUE_SIZE	8
#define F_SIZE		(1ull << 0)	/* 5.3.3 */

_Static_assert(CONSOLE_SLOTS <= QUEUE_SIZE, "each buffer has a descriptor");

static void post(struct virtio_console *c, uint8_t *slot)
{
	struct virtq_buffer b = { (uint64_t)slot, CONSOLE_CHUNK };

	virtio_add(&c->virtio, RECEIVE, &b, 0, 1, slot);
}

static int64_t make_slots(struct virtio_console *c)
{
	c->in = virtio_alloc(&c->virtio, VIRTIO_IN, CONSOLE_SLOTS * CONSOLE_CHUNK);
	c->out = virtio_alloc(&c->virtio, VIRTIO_OUT, CONSOLE_SLOTS * CONSOLE_CHUNK);
	c->waiting_count = 0;
	c->waiting_slot = NULL;
	for (uint32_t i = 0; i < CONSOLE_SLOTS; i++) {
		c->free[i] = (uint8_t)i;
	}
	c->out_free = CONSOLE_SLOTS;
	return c->in && c->out ? SKERRY_OK : SKERRY_NO_MEMORY;
}

int64_t virtio_console_start(struct virtio_console *c)
{
	int64_t result = virtio_begin(&c->virtio, VIRTIO_ID_CONSOLE, F_SIZE);

	for (uint32_t i = 0; i < 2 && result == SKERRY_OK; i++) {
		result = virtio_queue(&c->virtio, QUEUE_SIZE);
	}
	if (result == SKERRY_OK) {
		result = make_slots(c);
	}
	if (result == SKERRY_OK) {
		result = virtio_go(&c->virtio);
	}
	for (uint32_t i = 0; i < CONSOLE_SLOTS && result == SKERRY_OK; i++) {
		post(c, c->in + i * CONSOLE_CHUNK);
	}
	virtio_kick(&c->virtio, RECEIVE);
	return result;
}

bool virtio_console_size(struct virtio_console *c, uint16_t *columns, uint16_t *rows)
{
	uint16_t size[2];

	if (!(c->virtio.features & F_SIZE) ||
	    virtio_config(&c->virtio, 0, size, sizeof(size)) != SKERRY_OK) {
		return false;
	}
	*columns = size[0];
	*rows = size[1];
	return true;
}

static void reclaim(struct virtio_console *c)
{
	void *slot;

	while (virtio_take(&c->virtio, SEND, &slot, NULL)) {
		c->free[c->out_free++] = (uint8_t)(((uint8_t *)slot - c->out) / CONSOLE_CHUNK);
	}
}

size_t virtio_console_write(struct virtio_console *c, const void *bytes, size_t count)
{
	const uint8_t *from = bytes;
	size_t done = 0;

	reclaim(c);
	while (done < count && c->out_free) {
		size_t n = count - done < CONSOLE_CHUNK ? count - done : CONSOLE_CHUNK;
		uint32_t index = c->free[c->out_free - 1];
		uint8_t *slot = c->out + index * CONSOLE_CHUNK;
		struct virtq_buffer b = { (uint64_t)slot, (uint32_t)n };

		memcpy(slot, from + done, n);
		if (virtio_add(&c->virtio, SEND, &b, 1, 0, slot) < 0) {
			break;
		}
		c->out_free--;
		done += n;
	}
	virtio_kick(&c->virtio, SEND);
	return done;
}

bool virtio_console_print(struct virtio_console *c, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	for (;;) {
		size_t n = virtio_console_write(c, at, count);

		at += n;
		count -= n;
		if (!count) {
			return true;
		}
		if (!n && virtio_check(&c->virtio)) {
			return false;
		}
		virtio_wait(&c->virtio, SEND);
	}
}

size_t virtio_console_read(struct virtio_console *c, void *to, size_t size)
{
	uint8_t *bytes = to;
	size_t done = 0;

	while (done < size) {
		void *slot;
		size_t n;

		if (!c->waiting_slot) {
			if (!virtio_take(&c->virtio, RECEIVE, &slot, &c->waiting_count)) {
				break;
			}
			c->waiting_slot = slot;
			c->waiting = slot;
		}
		n = size - done < c->waiting_count ? size - done : c->waiting_count;
		memcpy(bytes + done, c->waiting, n);
		done += n;
		c->waiting += n;
		c->waiting_count -= (uint32_t)n;
		if (!c->waiting_count) {
			post(c, c->waiting_slot);
			c->waiting_slot = NULL;
		}
	}
	virtio_kick(&c->virtio, RECEIVE);
	return done;
}

void virtio_console_wait(struct virtio_console *c)
{
	virtio_wait(&c->virtio, RECEIVE);
}
