/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over messages on a link (abi/message.h): the transport that asks EL2, and
 * finding the memory of a link's front end, whichever transport it has.
 */
#include "virtio_transport.h"
#include "link.h"

static int64_t ask(struct virtio *v, uint32_t type, const void *payload, uint32_t size,
		   void *answer, uint32_t answer_size)
{
	v->controls++;
	return link_ask((uint32_t)v->at, type, payload, size, answer, answer_size);
}

static int64_t msg_identify(struct virtio *v)
{
	struct skerry_msg_info info = { 0 };
	int64_t result = ask(v, SKERRY_MSG_DEVICE_INFO, NULL, 0, &info, sizeof(info));

	v->device_id = info.device_id;
	return result;
}

static int64_t msg_features(struct virtio *v, uint64_t *offered)
{
	int64_t result = SKERRY_OK;

	*offered = 0;
	for (uint32_t block = 0; block < 2 && result == SKERRY_OK; block++) {
		uint32_t m[3] = { block, 1, 0 };

		result = ask(v, SKERRY_MSG_GET_FEATURES, m, 8, m, sizeof(m));
		*offered |= (uint64_t)m[2] << 32 * block;
	}
	return result;
}

static int64_t msg_accept(struct virtio *v, uint64_t features)
{
	int64_t result = SKERRY_OK;

	for (uint32_t block = 0; block < 2 && result == SKERRY_OK; block++) {
		uint32_t m[3] = { block, 1, (uint32_t)(features >> 32 * block) };

		result = ask(v, SKERRY_MSG_SET_FEATURES, m, sizeof(m), NULL, 0);
	}
	return result;
}

static int64_t msg_status(struct virtio *v, uint32_t *status)
{
	return ask(v, SKERRY_MSG_GET_STATUS, NULL, 0, status, sizeof(*status));
}

static int64_t msg_set_status(struct virtio *v, uint32_t status)
{
	return ask(v, SKERRY_MSG_SET_STATUS, &status, sizeof(status), NULL, 0);
}

static int64_t msg_config(struct virtio *v, uint32_t offset, void *to, uint32_t size)
{
	v->controls++;
	return link_config_read((uint32_t)v->at, offset, to, size);
}

static int64_t msg_queue_size(struct virtio *v, uint32_t index, uint32_t *size_max)
{
	struct skerry_msg_vqueue q = { 0 };

	*size_max = 0;
	v->controls++;
	if (link_queue((uint32_t)v->at, index, &q) != SKERRY_OK) {
		return SKERRY_INVALID;
	}
	*size_max = q.size_max;
	return SKERRY_OK;
}

static int64_t msg_queue_set(struct virtio *v, const struct skerry_msg_vqueue *q)
{
	return ask(v, SKERRY_MSG_SET_VQUEUE, q, sizeof(*q), NULL, 0);
}

static void msg_notify(struct virtio *v, uint32_t index)
{
	(void)index;			/* the bell names no queue */
	link_notify((uint32_t)v->at);
}

static const struct virtio_ops msg_ops = {
	msg_identify, msg_features, msg_accept, msg_status, msg_set_status,
	msg_config, msg_queue_size, msg_queue_set, msg_notify,
};

/* This port's part of its window: a shared one is divided among the guest's front ends. */
static struct bank part_of_window(uint32_t port, const struct skerry_link *l)
{
	uint32_t before = 0, count = 0;
	const struct skerry_link *other;
	uint64_t size;

	for (uint32_t i = 0; (other = link_info(i)) != NULL; i++) {
		if (other->role == SKERRY_FRONT && other->base == l->base) {
			before += i < port;
			count++;
		}
	}
	size = l->size / count & ~8191ull;
	return (struct bank){ l->base + before * size, size };
}

int64_t virtio_open_link(struct virtio *v, uint32_t port)
{
	const struct skerry_link *l = link_info(port);
	struct bank b;

	if (!l || l->role != SKERRY_FRONT || l->type == SKERRY_LINK_SHARED_MEMORY) {
		return SKERRY_INVALID;
	}
	b = part_of_window(port, l);
	memset(v, 0, sizeof(*v));
	virtio_memory(v, b, l->window == SKERRY_WINDOW_SHARED);
	if (l->transport == SKERRY_BY_REGISTER_PAGE) {
		return virtio_use_mmio(v, l->page, l->intid);
	}
	v->ops = &msg_ops;
	v->at = port;
	v->intid = l->intid;
	return SKERRY_OK;
}
