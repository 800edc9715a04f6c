/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio network device (VIRTIO 1.2, 5.1): one pair of queues, no offloads.
 *
 *	virtio_open_...(&n->virtio, ...), virtio_net_start(n, queue_size)
 *	frame = virtio_net_frame(n), fill it, virtio_net_send(n, frame, size)...,
 *	virtio_net_flush(n)
 *	while ((frame = virtio_net_receive(n, &size))) { ...; virtio_net_release(n, frame); }
 *	virtio_net_flush(n)
 *
 * A frame is what Ethernet carries without the checksum, 14 to 1514 bytes, in the window:
 * nothing is copied. One vCPU uses a device.
 */
#ifndef VIRTIO_NET_H
#define VIRTIO_NET_H

#include "virtio.h"

#define NET_FRAME_MIN	14u
#define NET_FRAME_MAX	1514u
#define NET_SLOT_MAX	128		/* frames in each direction */

struct virtio_net {
	struct virtio virtio;
	uint8_t mac[6];			/* zero where the device has none */
	bool has_mac;
	uint32_t slot_count;		/* in each direction */
	uint8_t *in, *out;		/* slots */
	uint32_t out_free;
	uint16_t free[NET_SLOT_MAX];	/* a stack of slots to send from */
	uint64_t dropped;		/* received with a size that can't be */
};

int64_t virtio_net_start(struct virtio_net *n, uint32_t queue_size);
/* A buffer for a frame to send; NULL: all are under way, or the device is broken. */
uint8_t *virtio_net_frame(struct virtio_net *n);
/* Gives it to the device. INVALID: size; the buffer is free again then. */
int64_t virtio_net_send(struct virtio_net *n, uint8_t *frame, uint32_t size);
/* The next frame that came, or NULL. */
uint8_t *virtio_net_receive(struct virtio_net *n, uint32_t *size);
/* Gives its buffer back for another frame. */
void virtio_net_release(struct virtio_net *n, uint8_t *frame);
/* Shows the device what was sent and released, with at most one notification each. */
void virtio_net_flush(struct virtio_net *n);
/* Sleeps until a frame has come, or any interrupt. */
void virtio_net_wait(struct virtio_net *n);

#endif
