/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio network device; see virtio_net.h. A slot holds the device's
 * header and a frame behind it, in one buffer.
 */
#include "virtio_net.h"

#define FEATURE_MAC	(1ull << 5)
#define HEADER		12u		/* struct virtio_net_hdr_v1 */
#define SLOT		2048u		/* bytes */
#define RECEIVE		0		/* queues */
#define SEND		1

static int64_t make_slots(struct virtio_net *n, uint32_t count)
{
	n->in = virtio_alloc(&n->virtio, VIRTIO_IN, count * SLOT);
	n->out = virtio_alloc(&n->virtio, VIRTIO_OUT, count * SLOT);
	if (!n->in || !n->out) {
		return SKERRY_NO_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++) {
		n->free[i] = (uint16_t)i;
	}
	n->slot_count = n->out_free = count;
	return SKERRY_OK;
}

static void post(struct virtio_net *n, uint8_t *slot)
{
	struct virtq_buffer b = { (uint64_t)slot, SLOT };

	virtio_add(&n->virtio, RECEIVE, &b, 0, 1, slot);
}

int64_t virtio_net_start(struct virtio_net *n, uint32_t queue_size)
{
	int64_t result = virtio_begin(&n->virtio, VIRTIO_ID_NET, FEATURE_MAC);
	uint32_t count;

	for (uint32_t i = 0; i < 2 && result == SKERRY_OK; i++) {
		result = virtio_queue(&n->virtio, queue_size);
	}
	n->has_mac = n->virtio.features & FEATURE_MAC;
	if (result == SKERRY_OK && n->has_mac) {
		result = virtio_config(&n->virtio, 0, n->mac, sizeof(n->mac));
	}
	if (result != SKERRY_OK) {
		return result;
	}
	count = n->virtio.queue[RECEIVE].size;
	if (count > n->virtio.queue[SEND].size) {
		count = n->virtio.queue[SEND].size;
	}
	result = make_slots(n, count < NET_SLOT_MAX ? count : NET_SLOT_MAX);
	if (result == SKERRY_OK) {
		result = virtio_go(&n->virtio);
	}
	for (uint32_t i = 0; i < n->slot_count && result == SKERRY_OK; i++) {
		post(n, n->in + i * SLOT);
	}
	virtio_net_flush(n);
	return result;
}

/* What was sent is free again. */
static void reclaim(struct virtio_net *n)
{
	void *slot;

	while (virtio_take(&n->virtio, SEND, &slot, NULL)) {
		n->free[n->out_free++] = (uint16_t)(((uint8_t *)slot - n->out) / SLOT);
	}
}

uint8_t *virtio_net_frame(struct virtio_net *n)
{
	if (!n->out_free) {
		reclaim(n);
	}
	if (!n->out_free || !n->virtio.is_live || n->virtio.is_broken) {
		return NULL;
	}
	return n->out + n->free[--n->out_free] * SLOT + HEADER;
}

int64_t virtio_net_send(struct virtio_net *n, uint8_t *frame, uint32_t size)
{
	uint8_t *slot = frame - HEADER;
	struct virtq_buffer b = { (uint64_t)slot, HEADER + size };

	memset(slot, 0, HEADER);
	if (size < NET_FRAME_MIN || size > NET_FRAME_MAX ||
	    virtio_add(&n->virtio, SEND, &b, 1, 0, slot) < 0) {
		n->free[n->out_free++] = (uint16_t)((slot - n->out) / SLOT);
		return SKERRY_INVALID;
	}
	return SKERRY_OK;
}

uint8_t *virtio_net_receive(struct virtio_net *n, uint32_t *size)
{
	uint32_t written;
	void *slot;

	while (virtio_take(&n->virtio, RECEIVE, &slot, &written)) {
		if (written >= HEADER + NET_FRAME_MIN && written <= HEADER + NET_FRAME_MAX) {
			*size = written - HEADER;
			return (uint8_t *)slot + HEADER;
		}
		n->dropped++;
		post(n, slot);
	}
	return NULL;
}

void virtio_net_release(struct virtio_net *n, uint8_t *frame)
{
	post(n, frame - HEADER);
}

void virtio_net_flush(struct virtio_net *n)
{
	reclaim(n);
	virtio_kick(&n->virtio, RECEIVE);
	virtio_kick(&n->virtio, SEND);
}

void virtio_net_wait(struct virtio_net *n)
{
	virtio_wait(&n->virtio, RECEIVE);
}
