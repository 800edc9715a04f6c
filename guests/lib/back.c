// SPDX-License-Identifier: BSD-2-Clause
/*
 * Back ends' common part; see back.h. All state that must outlive this guest lies with EL2
 * and in the link's own page: what is here is made from those again.
 */
#include "back.h"

#define FEATURES	(BACK_F_VERSION_1 | BACK_F_ACCESS_PLATFORM | \
			 VIRTQ_F_INDIRECT | VIRTQ_F_EVENT_IDX)

_Static_assert(sizeof(struct back_page) <= 4096, "a port has one page");

/* The queues as the front end has set them up. One that EL2 let through and that does not
 * open is the front end's fault as well. */
static bool queues_open(struct back *b)
{
	bool is_good = true;

	for (uint32_t i = 0; i < b->offer.queue_count; i++) {
		struct virtq_device *q = &b->queue[i];
		struct skerry_msg_vqueue v = { 0 };
		struct vqv_setup setup;

		q->size = 0;
		if (link_queue(b->port, i, &v) != SKERRY_OK || v.size == 0) {
			continue;
		}
		setup = (struct vqv_setup){ (uint16_t)v.size, b->features, v.descriptors,
					    v.available, v.used, &b->page->track[i], b->epoch };
		if (v.size > b->offer.queue_size_max || vqv_open(q, &b->window, &setup) != 0) {
			q->size = 0;
			is_good = false;
		}
	}
	return is_good;
}

static bool was_live(const struct back *b, uint32_t epoch)
{
	for (uint32_t i = 0; i < b->offer.queue_count; i++) {
		if (b->page->track[i].mark == epoch + 1) {
			return true;
		}
	}
	return false;
}

static void session_begin(struct back *b, const struct skerry_msg_state *s)
{
	b->epoch = s->epoch;
	b->features = s->features;
	b->in_flight = 0;
	b->is_broken = false;
	b->is_resumed = was_live(b, s->epoch);
	b->is_live = b->is_new = true;
	if (!queues_open(b)) {
		back_break(b);
	} else if (b->is_resumed) {
		link_notify(b->port);	/* what was completed and not told */
	}
}

/* All chains are back: the used areas become zero, then the reset or stop is done. */
static void session_end(struct back *b, const struct skerry_msg_state *s)
{
	b->is_closing = false;
	if (arg_has("count-segments")) {
		printf("link %s: %u segments, %u chains refused\n", b->link->name, b->segments,
		       b->refused);
	}
	if (!s->is_ack_due) {
		return;
	}
	for (uint32_t i = 0; i < b->offer.queue_count; i++) {
		if (b->queue[i].size) {
			vqv_clear(&b->queue[i]);
			b->queue[i].size = 0;
		}
	}
	link_ack(b->port, s->epoch);
}

/* A reset is due of which this life has not seen the session. */
static void session_adopt(struct back *b, const struct skerry_msg_state *s)
{
	b->features = s->features;
	b->epoch = s->epoch;
	queues_open(b);
	b->is_closing = true;
}

static void update(struct back *b)
{
	struct skerry_msg_state s;

	if (link_state(b->port, &s) != SKERRY_OK) {
		return;
	}
	if (b->is_live && (s.is_ack_due || s.epoch != b->epoch ||
			   !(s.status & BACK_STATUS_DRIVER_OK))) {
		b->is_live = false;
		b->is_closing = true;
	} else if (s.is_ack_due && !b->is_live && !b->is_closing) {
		session_adopt(b, &s);
	}
	if (b->is_closing && b->in_flight == 0) {
		session_end(b, &s);
		if (link_state(b->port, &s) != SKERRY_OK || s.is_ack_due) {
			return;			/* once more: its event is on the way */
		}
	}
	if (!b->is_live && !b->is_closing && (s.status & BACK_STATUS_DRIVER_OK) &&
	    !(s.status & BACK_STATUS_NEEDS_RESET)) {
		session_begin(b, &s);
	}
}

enum back_change back_update(struct back *b)
{
	bool was = b->is_live, is_new;

	update(b);
	is_new = b->is_new;
	b->is_new = false;
	return is_new ? BACK_LIVE : was && !b->is_live ? BACK_DOWN : BACK_SAME;
}

static bool port_init(struct back *b, uint32_t port)
{
	const struct skerry_link *l = link_info(port);

	if (!l || l->role != SKERRY_BACK || !l->page) {
		return false;
	}
	*b = (struct back){ .port = port, .link = l, .page = (struct back_page *)l->page };
	b->window = (struct virtq_window){ l->front_base, l->size, (uint8_t *)l->base,
					   l->window == SKERRY_WINDOW_SPLIT };
	return true;
}

int64_t back_open(struct back *b, uint32_t port, const struct skerry_msg_offer *offer,
		  const void *config)
{
	uint32_t epoch;
	int64_t result = SKERRY_OK;

	if (offer->queue_count > SKERRY_QUEUE_MAX || !port_init(b, port)) {
		return SKERRY_INVALID;
	}
	b->offer = *offer;
	b->offer.features |= FEATURES;
	if (offer->config_size) {	/* who finds the offer finds the bytes */
		result = link_config_write(port, 0, config, offer->config_size);
	}
	if (result == SKERRY_OK) {
		result = link_offer(port, &b->offer, &epoch);
	}
	if (result == SKERRY_OK) {
		update(b);
	}
	return result;
}

int64_t back_decline(struct back *b, uint32_t port)
{
	uint32_t epoch;

	return port_init(b, port) ? link_offer(port, &b->offer, &epoch) : SKERRY_INVALID;
}

int back_next(struct back *b, uint32_t queue, struct vqv_chain *c)
{
	int result;

	if (!b->is_live || b->is_broken || !b->queue[queue].size) {
		return 0;
	}
	result = vqv_next(&b->queue[queue], c);
	if (result == 1) {
		b->in_flight++;
		b->segments += c->readable + c->writable;
		return 1;
	}
	if (result < 0) {
		b->refused++;
		back_break(b);
	}
	return 0;
}

void back_complete(struct back *b, uint32_t queue, uint16_t head, uint32_t written)
{
	if (b->in_flight == 0) {
		return;
	}
	b->in_flight--;
	if (b->is_live) {
		vqv_complete(&b->queue[queue], head, written);
	} else if (b->is_closing && b->in_flight == 0) {
		update(b);
	}
}

void back_publish(struct back *b, uint32_t queue)
{
	if (b->is_live && b->queue[queue].size && vqv_publish(&b->queue[queue])) {
		link_notify(b->port);
	}
}

void back_let_go(struct back *b)
{
	if (b->is_closing) {
		b->in_flight = 0;
		update(b);
	}
}

void back_break(struct back *b)
{
	if (b->is_live && !b->is_broken) {
		b->is_broken = true;
		link_needs_reset(b->port);
	}
}
