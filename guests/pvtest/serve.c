/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small back end for each link that this guest serves: a block device whose sectors
 * read as their stamps and take only their other stamps, so that its content needs no
 * memory and outlives it; a console that echoes. It may die at any step (step.c), or lie:
 *   lies=N      every Nth chain is given back wrongly, in turn by length, head, index
 */
#include "pvtest.h"
#include "back.h"

#define SECTOR		512u
#define PART_MAX	8
#define ROUND_MAX	64	/* of one port, before the others' turn */
#define HELD_MAX	4		/* chains taken before the first is given back */
#define FEATURE_FLUSH	(1ull << 9)

enum { READ, WRITE, FLUSH = 4 };

struct held {
	struct vqv_chain chain;
	struct vqv_part part[PART_MAX];
	uint32_t written;
};

static struct back backs[SKERRY_PORT_MAX];
static struct held held[HELD_MAX];
static uint64_t chains, lies;

uint64_t stamp(uint64_t sector, uint64_t salt)
{
	return sector * 0x9e3779b97f4a7c15ull + salt;
}

void stamp_fill(void *data, uint64_t sector, uint32_t size, uint64_t salt)
{
	uint64_t *at = data;

	for (uint32_t i = 0; i < size / 8; i++) {
		at[i] = stamp(sector + i / (SECTOR / 8), salt);
	}
}

bool stamp_is(const void *data, uint64_t sector, uint32_t size, uint64_t salt)
{
	const uint64_t *at = data;

	for (uint32_t i = 0; i < size / 8; i++) {
		if (at[i] != stamp(sector + i / (SECTOR / 8), salt)) {
			return false;
		}
	}
	return true;
}

/* The status byte of a request: 0 done, 1 failed. */
static uint8_t transfer(struct held *h, uint32_t type, uint64_t sector)
{
	struct vqv_chain *c = &h->chain;
	uint32_t size = c->read_size - 16;

	if (type == FLUSH) {
		return 0;
	}
	if (type == WRITE && c->readable == 2 && h->part[1].size == size && size % SECTOR == 0) {
		return !stamp_is(h->part[1].at, sector, size, STAMP_WRITTEN);
	}
	if (type == READ && c->writable == 2 && h->part[1].size % SECTOR == 0) {
		stamp_fill(h->part[1].at, sector, h->part[1].size, STAMP_READ);
		return 0;
	}
	return 1;
}

static void block_chain(struct held *h)
{
	struct { uint32_t type, reserved; uint64_t sector; } header;
	struct vqv_chain *c = &h->chain;
	uint8_t status = 1;

	h->written = 0;
	if (vqv_read(c, 0, &header, sizeof(header)) == sizeof(header) && c->write_size) {
		status = transfer(h, header.type, header.sector);
		h->written = c->write_size;
		vqv_write(c, c->write_size - 1, &status, 1);
	}
}

static void give_back(struct back *b, struct held *h)
{
	struct virtq_device *q = &b->queue[0];

	if (lies && ++chains % lies == 0) {
		switch (chains / lies % 3) {
		case 0:
			h->written = 1u << 30;
			break;
		case 1:
			h->chain.head = (uint16_t)(h->chain.head ^ 1);
			break;
		case 2:
			q->done = (uint16_t)(q->done + q->size);
			break;
		}
		q->track = NULL;		/* or the ring library would not let us */
	}
	back_complete(b, 0, h->chain.head, h->written);
}

static void block_work(struct back *b)
{
	uint32_t rounds = 0;

	do {
		uint32_t n;

		do {
			n = 0;
			step();
			while (n < HELD_MAX) {
				held[n].chain.part = held[n].part;
				held[n].chain.part_max = PART_MAX;
				if (back_next(b, 0, &held[n].chain) != 1) {
					break;
				}
				step();
				block_chain(&held[n++]);
				step();
			}
			for (uint32_t i = n; i > 0; i--) {	/* not in their order */
				give_back(b, &held[i - 1]);
				step();
			}
			back_publish(b, 0);
			step();
		} while (n && ++rounds < ROUND_MAX);
	} while (rounds < ROUND_MAX && back_enable_event(b, 0));
	if (rounds == ROUND_MAX) {
		link_look();		/* others' events first: a hostile ring never ends */
	}
}

/* What comes out of queue 1 goes into queue 0, while there is room. */
static void console_work(struct back *b)
{
	struct held *in = &held[0], *out = &held[1];

	do {
		for (;;) {
			out->chain.part = out->part;
			out->chain.part_max = PART_MAX;
			in->chain.part = in->part;
			in->chain.part_max = PART_MAX;
			step();
			if (back_next(b, 1, &out->chain) != 1) {
				break;
			}
			step();
			if (back_next(b, 0, &in->chain) == 1) {
				uint32_t n = 0;

				for (uint32_t i = 0; i < out->chain.readable; i++) {
					n += vqv_write(&in->chain, n, out->part[i].at,
						       out->part[i].size);
				}
				back_complete(b, 0, in->chain.head, n);
				step();
			}
			back_complete(b, 1, out->chain.head, 0);
			step();
		}
		back_publish(b, 0);
		step();
		back_publish(b, 1);
	} while (back_enable_event(b, 1));
}

static void work(uint32_t port)
{
	struct back *b = &backs[port];

	if (!b->is_live) {
		return;
	}
	if (b->offer.device_id == SKERRY_LINK_BLOCK) {
		block_work(b);
	} else {
		console_work(b);
	}
}

static void event(uint32_t port, uint32_t events, uint32_t epoch)
{
	(void)events;
	(void)epoch;
	if (backs[port].link && back_update(&backs[port]) == BACK_LIVE) {
		work(port);
	}
}

static void open(uint32_t port, const struct skerry_link *l)
{
	static const uint64_t config[8] = { STAMP_SECTORS };
	struct skerry_msg_offer offer = {
		.device_id = l->type, .vendor_id = 0x534b, .config_size = 60,
		.queue_count = l->type == SKERRY_LINK_BLOCK ? 1 : 2, .queue_size_max = 128,
		.features = l->type == SKERRY_LINK_BLOCK ? FEATURE_FLUSH : 0,
	};
	int64_t result = back_open(&backs[port], port, &offer, config);

	if (result != SKERRY_OK) {
		printf("serve: %s: FAILED, %ld\n", l->name, result);
		return;
	}
	link_on_notify(port, work);
	link_on_event(port, event);
	work(port);
}

void serve_run(void)
{
	const struct skerry_link *l;

	lies = arg_number("lies", 0);
	for (uint32_t port = 0; (l = link_info(port)) != NULL; port++) {
		if (l->role == SKERRY_BACK &&
		    (l->type == SKERRY_LINK_BLOCK || l->type == SKERRY_LINK_CONSOLE)) {
			open(port, l);
		}
	}
	for (;;) {
		link_poll();
		link_wait();
	}
}
