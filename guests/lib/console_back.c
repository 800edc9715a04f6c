// SPDX-License-Identifier: BSD-2-Clause
/*
 * Consoles' back end; see console_back.h.
 */
#include "console_back.h"

#define RECEIVE		0u	/* queues, as the front end sees them */
#define TRANSMIT	1u
#define F_SIZE		(1u << 0)

struct console_config {		/* VIRTIO 1.2, 5.3.4 */
	uint16_t columns, rows;
	uint32_t port_max;
	uint32_t emergency;
};

int64_t console_back_open(struct console_back *c, uint32_t port, uint16_t columns, uint16_t rows)
{
	struct console_config config = { columns, rows, 1, 0 };
	struct skerry_msg_offer offer = {
		.device_id = SKERRY_LINK_CONSOLE,
		.features = columns && rows ? F_SIZE : 0,
		.config_size = sizeof(config),
		.queue_count = 2,
		.queue_size_max = CONSOLE_BACK_QUEUE,
	};

	c->has_chain = false;
	c->count = c->held_put = c->held_got = 0;
	return back_open(&c->back, port, &offer, &config);
}

enum back_change console_back_update(struct console_back *c)
{
	enum back_change change = back_update(&c->back);

	if (c->back.is_closing || change == BACK_DOWN) {
		c->has_chain = false;
		c->held_got = c->held_put;
		back_let_go(&c->back);
	}
	return change;
}

static bool next_chain(struct console_back *c)
{
	do {
		c->chain.part = c->parts;
		c->chain.part_max = CONSOLE_BACK_QUEUE;
		if (back_next(&c->back, TRANSMIT, &c->chain) == 1) {
			c->part = c->offset = 0;
			return true;
		}
	} while (back_enable_event(&c->back, TRANSMIT));
	return false;
}

/* The chain is read. No more are out than the queue has entries. */
static void hold(struct console_back *c)
{
	struct console_back_held *h = &c->held[c->held_put++ % CONSOLE_BACK_QUEUE];

	h->head = c->chain.head;
	h->end = c->count;
	c->has_chain = false;
}

uint32_t console_back_read(struct console_back *c, uint8_t *to, uint32_t max)
{
	uint32_t done = 0;

	while (done < max && (c->has_chain || (c->has_chain = next_chain(c)))) {
		if (c->part == c->chain.readable) {
			hold(c);
			continue;
		}
		const struct vqv_part *p = &c->parts[c->part];
		uint32_t n = p->size - c->offset < max - done ? p->size - c->offset : max - done;

		memcpy(to + done, p->at + c->offset, n);
		done += n;
		c->count += n;
		c->offset += n;
		if (c->offset == p->size) {
			c->part++;
			c->offset = 0;
		}
	}
	if (c->has_chain && c->part == c->chain.readable) {
		hold(c);
	}
	return done;
}

void console_back_printed(struct console_back *c, uint32_t count)
{
	bool is_done = false;

	while (c->held_got != c->held_put) {
		const struct console_back_held *h = &c->held[c->held_got % CONSOLE_BACK_QUEUE];

		if ((int32_t)(count - h->end) < 0) {
			break;
		}
		c->held_got++;
		back_complete(&c->back, TRANSMIT, h->head, 0);
		is_done = true;
	}
	if (is_done) {
		back_publish(&c->back, TRANSMIT);
	}
}

static uint32_t fill(const struct vqv_chain *chain, const uint8_t *from, uint32_t count)
{
	uint32_t done = 0;

	for (uint32_t i = chain->readable; i < chain->readable + chain->writable; i++) {
		const struct vqv_part *p = &chain->part[i];
		uint32_t n = p->size < count - done ? p->size : count - done;

		memcpy(p->at, from + done, n);
		done += n;
	}
	return done;
}

uint32_t console_back_write(struct console_back *c, const uint8_t *from, uint32_t count)
{
	struct vqv_part parts[CONSOLE_BACK_QUEUE];
	struct vqv_chain chain = { .part = parts, .part_max = CONSOLE_BACK_QUEUE };
	uint32_t done = 0;
	bool is_done = false;

	while (done < count) {
		if (back_next(&c->back, RECEIVE, &chain) != 1) {
			if (!back_enable_event(&c->back, RECEIVE)) {
				break;
			}
			continue;
		}
		uint32_t n = fill(&chain, from + done, count - done);

		if (n == 0) {
			back_break(&c->back);	/* or such chains could keep this up for ever */
		}
		back_complete(&c->back, RECEIVE, chain.head, n);
		done += n;
		is_done = true;
	}
	if (is_done) {
		back_publish(&c->back, RECEIVE);
	}
	return done;
}
