/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages in registers: one table of who may send what and how long it is. The answer
 * is made out of EL2's copy of the request, in its place; the registers change only
 * where there is one.
 */
#include "pv.h"

#define FRONT		(1u << SKERRY_FRONT)
#define BACK		(1u << SKERRY_BACK)
#define HEAD		12u	/* of config messages' payload: generation, offset, size */
#define AS_IT_IS	0xff	/* the answer's size: as in the message by then */

static const struct message {
	uint8_t id, ends;
	bool is_raw;		/* also on shared-memory links */
	uint8_t min, max;	/* bytes of payload in a request */
	uint8_t answer;		/* in its answer */
} messages[] = {
	{ SKERRY_MSG_DEVICE_INFO, FRONT, false, 0, 0, 20 },
	{ SKERRY_MSG_GET_FEATURES, FRONT, false, 8, 8, 12 },
	{ SKERRY_MSG_SET_FEATURES, FRONT, false, 12, 12, 12 },
	{ SKERRY_MSG_GET_CONFIG, FRONT | BACK, false, 8, 8, AS_IT_IS },
	{ SKERRY_MSG_SET_CONFIG, FRONT | BACK, false, HEAD, HEAD + SKERRY_CONFIG_MAX, AS_IT_IS },
	{ SKERRY_MSG_GET_STATUS, FRONT | BACK, true, 0, 0, 4 },
	{ SKERRY_MSG_SET_STATUS, FRONT, false, 4, 4, 4 },
	{ SKERRY_MSG_GET_VQUEUE, FRONT | BACK, false, 4, 4, 40 },
	{ SKERRY_MSG_SET_VQUEUE, FRONT, false, 40, 40, 40 },
	{ SKERRY_MSG_OFFER, BACK, true, 32, 32, 4 },
	{ SKERRY_MSG_GET_STATE, BACK, true, 0, 0, 24 },
	{ SKERRY_MSG_ACK, BACK, true, 4, 4, 0 },
	{ SKERRY_MSG_NEEDS_RESET, BACK, false, 0, 0, 0 },
};
_Static_assert(sizeof(struct skerry_msg) == SKERRY_MSG_MAX, "x2..x17");

/* May a back end offer this on a link of this type? Nothing: there is no device. */
static bool is_fit(uint32_t type, const struct skerry_msg_offer *o)
{
	static const struct skerry_msg_offer nothing;

	return memcmp(o, &nothing, sizeof(*o)) == 0 ||
	       (o->device_id == type && type < SKERRY_LINK_SHARED_MEMORY && o->reserved == 0 &&
		!(o->features & ~FEATURES_KNOWN) && o->config_size <= SKERRY_CONFIG_MAX &&
		o->queue_count - 1 < SKERRY_QUEUE_MAX &&
		o->queue_size_max - 1 < SKERRY_QUEUE_SIZE_MAX &&
		!(o->queue_size_max & (o->queue_size_max - 1)));
}

static int offer(struct pv_link *l, struct skerry_msg *m)
{
	const struct skerry_msg_offer *old = &l->offer, *o = &m->offer;

	if (!is_fit(link_config(l)->type, o)) {
		return SKERRY_INVALID;
	}
	m->offer.features |= FEATURES_NEEDED;
	/* a driver at work finds the same as before */
	if (l->status != 0 && (o->config_size != old->config_size ||
			       o->queue_count != old->queue_count ||
			       o->queue_size_max != old->queue_size_max ||
			       (l->features & old->features & ~o->features))) {
		return SKERRY_BUSY;
	}
	l->offer = *o;
	l->is_offered = o->device_id || link_config(l)->type == SKERRY_LINK_SHARED_MEMORY;
	if (!l->is_ready) {
		l->due_since = arch_time_now();
		store_release(&l->is_ready, true);
		life_kick_waiting(link_config(l)->end[SKERRY_BACK].guest);
	}
	page_update(l);
	link_event(l, SKERRY_FRONT, SKERRY_EVENT_OFFER);
	m->w[0] = l->epoch;
	return SKERRY_OK;
}

static int set_config(struct pv_link *l, unsigned end, const struct skerry_msg *m)
{
	uint32_t size = m->size - SKERRY_MSG_HEADER - HEAD;

	if (m->w[2] != size || !device_has_config(l, m->w[1], size) ||
	    (end == SKERRY_BACK && m->w[0] != 0)) {
		return SKERRY_INVALID;
	}
	if (end == SKERRY_FRONT && (m->w[0] != l->generation || l->is_ack_due)) {
		return SKERRY_BUSY;
	}
	device_set_config(l, end, m->w[1], size, m->bytes + HEAD);
	return SKERRY_OK;
}

static int get_config(const struct pv_link *l, struct skerry_msg *m)
{
	uint32_t offset = m->w[0], size = m->w[1];

	if (!device_has_config(l, offset, size)) {
		return SKERRY_INVALID;
	}
	m->w[0] = l->generation;
	m->w[1] = offset;
	m->w[2] = size;
	memcpy(m->bytes + HEAD, (const uint8_t *)l->config + offset, size);
	m->size = (uint16_t)(SKERRY_MSG_HEADER + HEAD + size);
	return SKERRY_OK;
}

/* A message that is in the table, from an end that may send it. */
static int answer(struct pv_link *l, unsigned end, struct skerry_msg *m)
{
	const struct skerry_msg_offer *o = &l->offer;
	uint32_t first = m->w[0];
	int result = SKERRY_OK;

	switch (m->id) {
	case SKERRY_MSG_DEVICE_INFO:
		m->info = (struct skerry_msg_info){ o->device_id, o->vendor_id, 64, o->config_size,
						    o->queue_count };
		return SKERRY_OK;
	case SKERRY_MSG_GET_FEATURES:
		m->w[2] = (uint32_t)(o->features >> 32 * (first & 1));
		return first <= 1 && m->w[1] == 1 ? SKERRY_OK : SKERRY_INVALID;
	case SKERRY_MSG_SET_FEATURES:
		return m->w[1] != 1 ? SKERRY_INVALID : device_set_features(l, first, m->w[2]);
	case SKERRY_MSG_GET_CONFIG:
		return get_config(l, m);
	case SKERRY_MSG_SET_CONFIG:
		return set_config(l, end, m);
	case SKERRY_MSG_SET_STATUS:
		result = device_set_status(l, first);
		/* fall through */
	case SKERRY_MSG_GET_STATUS:
		m->w[0] = l->status;
		return result;
	case SKERRY_MSG_GET_VQUEUE:
		m->vqueue = l->queue[first % SKERRY_QUEUE_MAX];
		m->vqueue.index = first;
		m->vqueue.size_max = o->queue_size_max;
		return first < o->queue_count ? SKERRY_OK : SKERRY_INVALID;
	case SKERRY_MSG_SET_VQUEUE:
		m->vqueue.size_max = o->queue_size_max;
		return device_set_queue(l, &m->vqueue);
	case SKERRY_MSG_OFFER:
		return offer(l, m);
	case SKERRY_MSG_GET_STATE:
		m->state = (struct skerry_msg_state){ l->status, l->epoch, l->features,
						      l->is_up[SKERRY_FRONT], l->is_ack_due };
		return SKERRY_OK;
	case SKERRY_MSG_ACK:
		if (!l->is_ack_due || first != l->epoch) {
			return l->is_ack_due ? SKERRY_INVALID : SKERRY_BUSY;
		}
		link_acked(l);
		return SKERRY_OK;
	default:
		return device_needs_reset(l);
	}
}

int64_t hvc_message(struct vcpu *v, uint64_t *x)
{
	unsigned end = SKERRY_FRONT;
	struct pv_link *l = link_find(v->guest, x[1], &end);
	const struct message *r = messages;
	struct skerry_msg m;
	uint32_t size;
	int result;

	memcpy(&m, &x[2], sizeof(m));
	size = (uint32_t)m.size - SKERRY_MSG_HEADER;
	while (r < messages + ARRAY_SIZE(messages) && r->id != m.id) {
		r++;
	}
	if (l == NULL || r == messages + ARRAY_SIZE(messages) || !(r->ends >> end & 1) ||
	    m.type != 0 || m.device != 0 || size < r->min || size > r->max ||
	    (!r->is_raw && link_config(l)->type == SKERRY_LINK_SHARED_MEMORY)) {
		return SKERRY_INVALID;
	}
	lock_acquire(&l->lock);
	result = end == SKERRY_FRONT && !l->is_offered ? SKERRY_AGAIN : answer(l, end, &m);
	lock_release(&l->lock);
	if (end == SKERRY_FRONT) {
		link_enforce(l);
	}
	if (result == SKERRY_OK || result == SKERRY_PENDING) {
		m.type = SKERRY_MSG_RESPONSE;
		m.size = r->answer == AS_IT_IS ? m.size : SKERRY_MSG_HEADER + r->answer;
		memset((uint8_t *)&m + m.size, 0, sizeof(m) - m.size);
		memcpy(&x[2], &m, sizeof(m));
	}
	return result;
}
