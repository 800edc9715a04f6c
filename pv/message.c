/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages in registers: one table of who may send what and how long it is. A handler
 * makes the answer out of EL2's copy of the request, in its place; the registers
 * change only where it succeeds.
 */
#include "pv.h"

#define FRONT		(1u << SKERRY_FRONT)
#define BACK		(1u << SKERRY_BACK)
#define HEAD		12u	/* of config messages' payload: generation, offset, size */
#define CONFIG_MAX	(HEAD + SKERRY_CONFIG_CHUNK)

typedef struct skerry_msg msg;

static int device_info(struct pv_link *l, unsigned end, msg *m)
{
	const struct skerry_msg_offer *o = &l->offer;
	const struct skerry_msg_info info = {
		o->device_id, o->vendor_id, 64, o->config_size, o->queue_count
	};

	(void)end;
	memcpy(m->bytes, &info, sizeof(info));
	return SKERRY_OK;
}

static int get_features(struct pv_link *l, unsigned end, msg *m)
{
	(void)end;
	m->w[2] = (uint32_t)(device_features(l) >> 32 * (m->w[0] & 1));
	return m->w[0] <= 1 && m->w[1] == 1 ? SKERRY_OK : SKERRY_INVALID;
}

static int set_features(struct pv_link *l, unsigned end, msg *m)
{
	(void)end;
	return m->w[1] == 1 ? device_set_features(l, m->w[0], m->w[2]) : SKERRY_INVALID;
}

static int get_config(struct pv_link *l, unsigned end, msg *m)
{
	uint32_t offset = m->w[0], size = m->w[1];

	(void)end;
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

static int set_config(struct pv_link *l, unsigned end, msg *m)
{
	uint32_t generation = end == SKERRY_FRONT ? l->generation : 0;

	if (m->w[2] + HEAD + SKERRY_MSG_HEADER != m->size ||
	    !device_has_config(l, m->w[1], m->w[2]) || (end == SKERRY_BACK && m->w[0] != 0)) {
		return SKERRY_INVALID;
	}
	if (m->w[0] != generation || (end == SKERRY_FRONT && l->is_ack_due)) {
		return SKERRY_BUSY;
	}
	device_set_config(l, end, m->w[1], m->w[2], m->bytes + HEAD);
	return SKERRY_OK;
}

static int get_status(struct pv_link *l, unsigned end, msg *m)
{
	(void)end;
	m->w[0] = l->status;
	return SKERRY_OK;
}

static int set_status(struct pv_link *l, unsigned end, msg *m)
{
	int result = device_set_status(l, m->w[0]);

	(void)end;
	m->w[0] = l->status;
	return result;
}

static int get_vqueue(struct pv_link *l, unsigned end, msg *m)
{
	struct skerry_msg_vqueue v = l->queue[m->w[0] % SKERRY_QUEUE_MAX];

	(void)end;
	v.index = m->w[0];
	v.size_max = l->offer.queue_size_max;
	memcpy(m->bytes, &v, sizeof(v));
	return v.index < l->offer.queue_count ? SKERRY_OK : SKERRY_INVALID;
}

static int set_vqueue(struct pv_link *l, unsigned end, msg *m)
{
	struct skerry_msg_vqueue v;

	(void)end;
	m->w[1] = l->offer.queue_size_max;
	memcpy(&v, m->bytes, sizeof(v));
	return device_set_queue(l, &v);
}

/* May a back end offer this on a link of this type? */
static bool is_fit(uint32_t type, const struct skerry_msg_offer *o)
{
	static const struct skerry_msg_offer nothing;

	if (memcmp(o, &nothing, sizeof(*o)) == 0) {
		return true;
	}
	return o->device_id == type && type <= SKERRY_LINK_CONSOLE && !(o->features & ~FEATURES_KNOWN) && o->reserved == 0 &&
	       o->config_size <= SKERRY_CONFIG_MAX &&
	       o->queue_count - 1 < SKERRY_QUEUE_MAX &&
	       o->queue_size_max - 1 < SKERRY_QUEUE_SIZE_MAX &&
	       !(o->queue_size_max & (o->queue_size_max - 1));
}

static int offer(struct pv_link *l, unsigned end, msg *m)
{
	const struct skerry_msg_offer *old = &l->offer;
	struct skerry_msg_offer o;

	(void)end;
	memcpy(&o, m->bytes, sizeof(o));
	if (!is_fit(link_config(l)->type, &o)) {
		return SKERRY_INVALID;
	}
	/* a driver at work finds the same as before */
	if (l->status != 0 && (o.config_size != old->config_size ||
			       o.queue_count != old->queue_count ||
			       o.queue_size_max != old->queue_size_max ||
			       (l->features & old->features & ~o.features))) {
		return SKERRY_BUSY;
	}
	l->offer = o;
	l->is_offered = o.device_id || link_config(l)->type == SKERRY_LINK_SHARED_MEMORY;
	__atomic_store_n(&l->is_ready, true, __ATOMIC_RELEASE);
	page_update(l);
	link_event(l, SKERRY_FRONT, SKERRY_EVENT_OFFER);
	life_kick_waiting(link_config(l)->end[SKERRY_BACK].guest);
	m->w[0] = l->epoch;
	return SKERRY_OK;
}

static int get_state(struct pv_link *l, unsigned end, msg *m)
{
	const struct skerry_msg_state s = {
		l->status, l->epoch, l->features, l->is_up[SKERRY_FRONT], l->is_ack_due
	};

	(void)end;
	memcpy(m->bytes, &s, sizeof(s));
	return SKERRY_OK;
}

static int ack(struct pv_link *l, unsigned end, msg *m)
{
	(void)end;
	if (!l->is_ack_due || m->w[0] != l->epoch) {
		return l->is_ack_due ? SKERRY_INVALID : SKERRY_BUSY;
	}
	link_acked(l);
	return SKERRY_OK;
}

static int needs_reset(struct pv_link *l, unsigned end, msg *m)
{
	(void)end, (void)m;
	return device_needs_reset(l);
}

static const struct message {
	uint8_t id, ends;
	bool is_raw;		/* also on shared-memory links */
	uint8_t min, max;	/* bytes of payload in a request */
	uint8_t answer;		/* in its answer, unless the handler says otherwise */
	int (*handle)(struct pv_link *l, unsigned end, msg *m);
} messages[] = {
	{ SKERRY_MSG_DEVICE_INFO, FRONT, false, 0, 0, 20, device_info },
	{ SKERRY_MSG_GET_FEATURES, FRONT, false, 8, 8, 12, get_features },
	{ SKERRY_MSG_SET_FEATURES, FRONT, false, 12, 12, 12, set_features },
	{ SKERRY_MSG_GET_CONFIG, FRONT | BACK, false, 8, 8, 0, get_config },
	{ SKERRY_MSG_SET_CONFIG, FRONT | BACK, false, HEAD, CONFIG_MAX, 0, set_config },
	{ SKERRY_MSG_GET_STATUS, FRONT | BACK, true, 0, 0, 4, get_status },
	{ SKERRY_MSG_SET_STATUS, FRONT, false, 4, 4, 4, set_status },
	{ SKERRY_MSG_GET_VQUEUE, FRONT | BACK, false, 4, 4, 40, get_vqueue },
	{ SKERRY_MSG_SET_VQUEUE, FRONT, false, 40, 40, 40, set_vqueue },
	{ SKERRY_MSG_OFFER, BACK, true, 32, 32, 4, offer },
	{ SKERRY_MSG_GET_STATE, BACK, true, 0, 0, 24, get_state },
	{ SKERRY_MSG_ACK, BACK, true, 4, 4, 0, ack },
	{ SKERRY_MSG_NEEDS_RESET, BACK, false, 0, 0, 0, needs_reset },
};
_Static_assert(sizeof(msg) == SKERRY_MSG_MAX, "x2..x17");

static bool is_allowed(const struct message *r, const struct pv_link *l, unsigned end,
		       const msg *m)
{
	uint32_t size = (uint32_t)m->size - SKERRY_MSG_HEADER;

	return m->type == 0 && m->device == 0 && (r->ends >> end & 1) && size >= r->min &&
	       size <= r->max && (r->is_raw || link_config(l)->type != SKERRY_LINK_SHARED_MEMORY);
}

static int answer(const struct message *r, struct pv_link *l, unsigned end, msg *m)
{
	int result;

	lock_acquire(&l->lock);
	result = end == SKERRY_FRONT && !l->is_offered ? SKERRY_AGAIN : r->handle(l, end, m);
	lock_release(&l->lock);
	if (r->answer != 0 || r->handle == ack || r->handle == needs_reset) {
		m->size = SKERRY_MSG_HEADER + r->answer;
	}
	m->type = SKERRY_MSG_RESPONSE;
	memset((uint8_t *)m + m->size, 0, sizeof(*m) - m->size);
	if (end == SKERRY_FRONT) {
		link_enforce(l);
	}
	return result;
}

int64_t hvc_message(struct vcpu *v, uint64_t *x)
{
	unsigned end;
	struct pv_link *l = link_find(v->guest, x[1], &end);
	int result = SKERRY_INVALID;
	msg m;

	memcpy(&m, &x[2], sizeof(m));
	for (unsigned i = 0; i < ARRAY_SIZE(messages) && l != NULL; i++) {
		if (messages[i].id == m.id && is_allowed(&messages[i], l, end, &m)) {
			result = answer(&messages[i], l, end, &m);
			break;
		}
	}
	if (result == SKERRY_OK || result == SKERRY_PENDING) {
		memcpy(&x[2], &m, sizeof(m));
	}
	return result;
}
