// SPDX-License-Identifier: BSD-2-Clause
/*
 * libFuzzer: any bytes as the driver half of a window, with a queue in it, and the device's
 * side that takes chains from it until there is none, or the queue is stopped. Parts
 * lie in the half that is theirs, readable before writable, no more than the queue
 * has entries; the driver half is never written. First bytes: see struct head.
 */
/* sources: */
#include <stdlib.h>
#include <string.h>
#include <guests/lib/virtq_device.h>

#define HALF	4096u
#define ENTRIES	64u

struct head {
	uint8_t size_log2;
	uint8_t flags;		/* 1: event index, 2: indirect, 4: not split, 8: no track */
	uint16_t desc, avail, used; /* offsets in the window, front_base added */
	uint64_t front_base;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static uint32_t touch(const struct virtq_window *w, const struct vqv_chain *c)
{
	uint64_t half = w->is_split ? HALF : 0, read_size = 0, write_size = 0;

	for (unsigned i = 0; i < c->readable; i++) {
		const struct vqv_part *p = &c->part[i];

		need(p->size && p->at >= w->base && p->at + p->size <= w->base + w->size - half);
		for (uint32_t byte = 0; byte < p->size; byte++) {
			(void)*(volatile uint8_t *)&p->at[byte];
		}
		read_size += p->size;
	}
	for (unsigned i = c->readable; i < c->readable + c->writable; i++) {
		const struct vqv_part *p = &c->part[i];

		need(p->size && p->at >= w->base + half && p->at + p->size <= w->base + w->size);
		if (w->is_split) {
			memset(p->at, 0x5a, p->size);
		}
		write_size += p->size;
	}
	need(read_size == c->read_size && write_size == c->write_size);
	return (uint32_t)write_size;
}

static void take_all(struct virtq_device *q, const struct virtq_window *w)
{
	struct vqv_part parts[ENTRIES];
	struct vqv_chain c = { .part = parts, .part_max = ENTRIES };
	int result;

	/* A driver that is right has posted no more than this. */
	for (unsigned i = 0; (result = vqv_next(q, &c)) == 1; i++) {
		need(i < q->size || !w->is_split);
		need(c.readable + c.writable > 0 && c.readable + c.writable <= q->size);
		need(c.head < q->size);
		if (i % 3) {
			need(vqv_complete(q, c.head, touch(w, &c)) == 0);
		}
		if (!w->is_split && i > 1000) {
			break;	/* its used ring may be what it reads: that has no end */
		}
	}
	vqv_publish(q);
	need(result >= 0 || (vqv_next(q, &c) == result && !vqv_enable_event(q)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct virtq_track track;
	struct virtq_window w = { .size = 2 * HALF };
	struct vqv_setup s = { 0 };
	struct virtq_device q;
	struct head h;
	uint8_t *half;

	if (size < sizeof(h)) {
		return 0;
	}
	memcpy(&h, data, sizeof(h));
	data += sizeof(h);
	size = size - sizeof(h) > HALF ? HALF : size - sizeof(h);
	w.base = aligned_alloc(64, 2 * HALF);
	half = malloc(HALF);
	memset(w.base, 0, 2 * HALF);
	memcpy(w.base, data, size);
	memcpy(half, w.base, HALF);
	memset(&track, 0, sizeof(track));
	w.front_base = h.front_base;
	w.is_split = !(h.flags & 4);
	s = (struct vqv_setup){ (uint16_t)(1u << h.size_log2 % 17),
				(uint64_t)(h.flags & 1) << 29 | (uint64_t)(h.flags & 2) << 27,
				h.front_base + h.desc, h.front_base + h.avail,
				h.front_base + h.used, h.flags & 8 ? NULL : &track, 0 };
	if (vqv_open(&q, &w, &s) == 0) {
		take_all(&q, &w);
		if (vqv_open(&q, &w, &s) == 0) {	/* its next life */
			take_all(&q, &w);
		}
	}
	need(!w.is_split || memcmp(half, w.base, HALF) == 0);
	free(half);
	free(w.base);
	return 0;
}
