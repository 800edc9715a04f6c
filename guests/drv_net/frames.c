// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames from window to window. The head is read once, into private memory, and what was
 * checked is what arrives; the rest is copied once for each receiver. No chain is kept from one
 * turn to the next, so a reset never waits for this guest's sleep.
 */
#include "drv_net.h"

#define BATCH	32u			/* frames of a port in one turn */

/* `size` bytes of the frame from `offset` on, to memory of ours or of the uplink */
static void frame_read(const struct net_frame *f, uint32_t offset, uint8_t *to, uint32_t size)
{
	if (f->chain) {
		vqv_read(f->chain, NET_HEADER + offset, to, size);
	} else {
		memcpy(to, f->bytes + offset, size);
	}
}

/* What is behind the head, to the writable parts of a front end's chain */
static void frame_write(const struct net_frame *f, const struct vqv_chain *to)
{
	uint32_t at = SWITCH_HEAD, skip = NET_HEADER + SWITCH_HEAD;

	if (!f->chain) {
		vqv_write(to, NET_HEADER + at, f->bytes + at, f->size - at);
		return;
	}
	for (uint32_t i = 0; i < f->chain->readable; i++) {
		const struct vqv_part *p = &f->chain->part[i];

		if (skip >= p->size) {
			skip -= p->size;
			continue;
		}
		vqv_write(to, NET_HEADER + at, p->at + skip, p->size - skip);
		at += p->size - skip;
		skip = 0;
	}
}

static void to_port(const struct net_frame *f, uint32_t number, uint64_t now)
{
	struct port *p = &ports[number];
	struct switch_port *s = &sw.port[number];
	struct vqv_part part[NET_PARTS];
	struct vqv_chain c = { .part = part, .part_max = NET_PARTS };

	if (!switch_allow(&sw, &s->receives, f->size, now) ||
	    back_next(&p->back, NET_RECEIVE, &c) != 1) {
		s->lost++;
		return;
	}
	step();
	if (c.write_size < NET_HEADER + NET_FRAME_MAX) {
		back_break(&p->back);		/* 5.1.6.3.1: buffers hold any frame */
		back_complete(&p->back, NET_RECEIVE, c.head, 0);
	} else if (c.write_size < NET_HEADER + f->size) {
		back_complete(&p->back, NET_RECEIVE, c.head, 0);
		s->lost++;
	} else {
		vqv_write(&c, 0, f, NET_HEADER + SWITCH_HEAD);	/* front and head */
		frame_write(f, &c);
		back_complete(&p->back, NET_RECEIVE, c.head, NET_HEADER + f->size);
		s->given++;
	}
	p->is_dirty[NET_RECEIVE] = true;
	step();
}

static void to_uplink(const struct net_frame *f)
{
	struct switch_port *s = &sw.port[UPLINK];
	uint8_t *to = f->size <= NET_FRAME_MAX ? virtio_net_frame(&uplink) : NULL;

	if (!to) {
		s->lost++;
		return;
	}
	memcpy(to, f->head, SWITCH_HEAD);
	frame_read(f, SWITCH_HEAD, to + SWITCH_HEAD, f->size - SWITCH_HEAD);
	if (virtio_net_send(&uplink, to, f->size) == SKERRY_OK) {
		s->given++;
	} else {
		s->lost++;
	}
	step();
}

static void forward(uint32_t from, const struct net_frame *f, uint64_t now)
{
	uint32_t to = switch_frame(&sw, from, f->head, now);

	while (to) {
		uint32_t i = switch_first(&to);

		if (i == UPLINK) {
			to_uplink(f);
		} else {
			to_port(f, i, now);
		}
	}
}

static void take(uint32_t number, const struct vqv_chain *c)
{
	struct switch_port *s = &sw.port[number];
	struct net_frame f = { .front[10] = 1, .size = c->read_size - NET_HEADER, .chain = c };
	uint64_t now = time_now();

	if (c->read_size < NET_HEADER + NET_FRAME_MIN ||
	    c->read_size > NET_HEADER + SWITCH_FRAME_MAX) {
		s->lost++;
		return;
	}
	switch_allow(&sw, &s->sends, f.size, now);
	frame_read(&f, 0, f.head, SWITCH_HEAD);
	forward(number, &f, now);
	if (s->forged && !ports[number].has_told) {
		ports[number].has_told = true;
		printf("drv_net: link %s: sends from a MAC that is not its own: dropped\n",
		       ports[number].link);
	}
}

bool frames_of_port(uint32_t number)
{
	struct port *p = &ports[number];
	struct vqv_part part[NET_PARTS];
	struct vqv_chain c = { .part = part, .part_max = NET_PARTS };

	for (uint32_t n = 0; n < BATCH; n++) {
		if (switch_wait(&sw, &sw.port[number].sends, time_now())) {
			return true;
		}
		if (back_next(&p->back, NET_SEND, &c) != 1) {
			return back_enable_event(&p->back, NET_SEND);
		}
		step();
		take(number, &c);
		back_complete(&p->back, NET_SEND, c.head, 0);
		p->is_dirty[NET_SEND] = true;
		step();
	}
	return true;
}

bool frames_of_uplink(void)
{
	uint8_t *bytes;

	for (uint32_t n = 0; n < BATCH && sw.open >> UPLINK & 1; n++) {
		struct net_frame f = { .front[10] = 1 };	/* num_buffers */

		bytes = virtio_net_receive(&uplink, &f.size);
		if (!bytes) {
			return uplink.virtio.is_live && !uplink.virtio.is_broken &&
			       vqd_enable_event(&uplink.virtio.queue[NET_RECEIVE]);
		}
		f.bytes = bytes;
		memcpy(f.head, bytes, SWITCH_HEAD);
		forward(UPLINK, &f, time_now());
		virtio_net_release(&uplink, bytes);
	}
	return sw.open >> UPLINK & 1;
}

void frames_publish(void)
{
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		for (uint32_t queue = 0; queue < 2; queue++) {
			if (ports[i].is_dirty[queue]) {
				ports[i].is_dirty[queue] = false;
				back_publish(&ports[i].back, queue);
			}
		}
	}
	if (has_uplink) {
		virtio_net_flush(&uplink);
	}
}
