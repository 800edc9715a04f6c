/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a split virtqueue (VIRTIO 1.2, 2.7), for back ends: chains are
 * handed out checked and translated, so that whatever a driver writes, no address outside
 * its part of the window is touched. See virtq.h for error codes and memory order.
 *
 *	vqv_open()     ->  do { while (vqv_next() == 1) ...; } while (vqv_enable_event());
 *	a chain is done -> vqv_complete()...  vqv_publish(): true: notify the driver
 *
 * Death and resumption. A struct virtq_track, in memory that only the back end writes and
 * that outlives it, says which heads are in flight. Each of its changes is one store, so
 * that between any two instructions it is consistent with the used ring:
 *	vqv_next():     bit of the head set           (the available index consumed is
 *	                                               used index + bits set)
 *	vqv_complete(): used entry, used index, bit cleared, track's used index
 * Killed before the used index: the head is in flight, and done again. Killed after it: the
 * entry behind the track's used index names the head, whose bit vqv_open() clears.
 * So no chain is lost, and none comes back twice.
 */
#ifndef VIRTQ_DEVICE_H
#define VIRTQ_DEVICE_H

#include "virtq.h"

#define VIRTQ_TRACK_MAX	1024u		/* entries of a tracked queue */

struct virtq_track {
	uint32_t mark;		/* `epoch` of vqv_open() + 1, 0: never used */
	uint16_t used;		/* the used index when it was last told here */
	uint16_t reserved;
	uint32_t in_flight[VIRTQ_TRACK_MAX / 32];
};

/* Where the front end's addresses lie here. Split: driver half first, then device half. */
struct virtq_window {
	uint64_t front_base;	/* the window in the front end */
	uint64_t size;
	uint8_t *base;		/* the window here */
	bool is_split;
};

struct vqv_part {
	uint8_t *at;
	uint32_t size;
};

struct vqv_chain {
	struct vqv_part *part;	/* the caller's; first those to read, then those to write */
	uint16_t part_max;	/* how many there is room for */
	uint16_t readable, writable; /* parts of either kind */
	uint16_t head;
	bool is_again;		/* was in flight when the back end last died */
	uint32_t read_size, write_size;	/* bytes */
};

struct virtq_device {
	struct virtq_window window;
	volatile struct virtq_desc *desc;
	volatile struct virtq_avail *avail;
	volatile struct virtq_used *used;
	volatile struct virtq_track *track; /* NULL: none */
	uint16_t size;
	uint16_t next;		/* available index up to which vqv_next() has come */
	uint16_t done;		/* used index */
	uint16_t told;		/* used index up to which vqv_publish() has come */
	uint16_t again;		/* heads below this were looked at for doing again */
	bool has_event_idx;
	bool has_indirect;
	int error;		/* of the driver, VIRTQ_BAD_...; 0: none */
};

struct vqv_setup {
	uint16_t size;		/* entries */
	uint64_t features;	/* as negotiated */
	uint64_t desc, avail, used; /* the front end's addresses */
	struct virtq_track *track; /* or NULL: then chains must be completed in order */
	uint32_t epoch;		/* another number for each time the driver sets the queue up */
};

/* `size` bytes at the front end's address: where they lie here, or NULL */
static inline uint8_t *virtq_translate(const struct virtq_window *w, uint64_t address,
				       uint64_t size, bool is_writable)
{
	uint64_t offset = address - w->front_base;
	uint64_t begin = w->is_split && is_writable ? w->size / 2 : 0;
	uint64_t end = w->is_split && !is_writable ? w->size / 2 : w->size;

	if (address < w->front_base || offset < begin || offset > end || size > end - offset) {
		return NULL;
	}
	return w->base + offset;
}

static inline bool vqv_is_in_flight(const struct virtq_device *q, uint16_t head)
{
	return q->track && (q->track->in_flight[head / 32] >> head % 32 & 1);
}

static inline void vqv_mark_(struct virtq_device *q, uint16_t head, bool is_in_flight)
{
	if (q->track) {
		volatile uint32_t *word = &q->track->in_flight[head / 32];
		uint32_t bit = 1u << head % 32;

		virtq_keep_order();
		virtq_store32(word, is_in_flight ? *word | bit : *word & ~bit);
		virtq_keep_order();
	}
}

/* Forget all: the used area becomes zero. Also before a reset is acknowledged. */
static inline void vqv_clear(struct virtq_device *q)
{
	volatile uint16_t *at = (volatile uint16_t *)q->used;

	if (q->track) {
		virtq_store32(&q->track->mark, 0);
		virtq_keep_order();
		virtq_store(&q->track->used, 0);
		for (unsigned i = 0; i < VIRTQ_TRACK_MAX / 32; i++) {
			virtq_store32(&q->track->in_flight[i], 0);
		}
	}
	for (size_t i = 0; i < virtq_used_size(q->size) / 2; i++) {
		virtq_store(&at[i], 0);
	}
	q->next = q->done = q->told = 0;
	q->again = q->size;
}

/* Take up where an earlier life of this back end was stopped. */
static inline void vqv_resume_(struct virtq_device *q)
{
	uint16_t flying = 0;

	q->done = virtq_load(&q->used->idx);
	q->told = q->done;
	q->again = q->size;
	if (q->track) {
		if (q->track->used != q->done) {
			uint16_t last = (uint16_t)((q->done - 1u) & (q->size - 1u));
			uint32_t id = virtq_used_entry(q->used, last)->id;

			vqv_mark_(q, (uint16_t)(id & (q->size - 1u)), false);
			virtq_store(&q->track->used, q->done);
		}
		for (uint16_t i = 0; i < q->size; i++) {
			flying = (uint16_t)(flying + vqv_is_in_flight(q, i));
		}
		q->again = 0;
	}
	q->next = (uint16_t)(q->done + flying);
}

/*
 * The queue as the driver has set it up. With a track: whose mark is this epoch's: the
 * queue is resumed, vqv_next() first gives the chains that were in flight, and the driver is to
 * be notified once; else it begins anew. Without one it begins at the used index that it
 * finds. VIRTQ_INVALID: size, alignment, or an area that is not in its part of the window.
 */
static inline int vqv_open(struct virtq_device *q, const struct virtq_window *w,
			   const struct vqv_setup *s)
{
	bool is_valid = virtq_size_is_valid(s->size) &&
			(!s->track || s->size <= VIRTQ_TRACK_MAX) &&
			(s->desc % 16 | s->avail % 2 | s->used % 4) == 0;

	q->error = VIRTQ_INVALID;
	if (!is_valid) {
		return VIRTQ_INVALID;
	}
	q->window = *w;
	q->desc = (volatile struct virtq_desc *)virtq_translate(w, s->desc,
		virtq_desc_size(s->size), false);
	q->avail = (volatile struct virtq_avail *)virtq_translate(w, s->avail,
		virtq_avail_size(s->size), false);
	q->used = (volatile struct virtq_used *)virtq_translate(w, s->used,
		virtq_used_size(s->size), true);
	if (!q->desc || !q->avail || !q->used) {
		return VIRTQ_INVALID;
	}
	q->size = s->size;
	q->track = s->track;
	q->has_event_idx = (s->features & VIRTQ_F_EVENT_IDX) != 0;
	q->has_indirect = (s->features & VIRTQ_F_INDIRECT) != 0;
	q->error = 0;
	if (q->track && q->track->mark != s->epoch + 1) {
		vqv_clear(q);
		virtq_keep_order();
		virtq_store32(&q->track->mark, s->epoch + 1);
	} else {
		vqv_resume_(q);
	}
	return 0;
}

/* One descriptor into the chain: 0 or VIRTQ_BAD_... */
static inline int vqv_add_part_(const struct virtq_device *q, struct vqv_chain *c,
				const struct virtq_desc *d)
{
	bool is_writable = (d->flags & VIRTQ_DESC_WRITE) != 0;
	unsigned count = c->readable + c->writable;
	uint8_t *at = virtq_translate(&q->window, d->addr, d->len, is_writable);

	if (!is_writable && c->writable) {
		return VIRTQ_BAD_ORDER;
	}
	if (count >= c->part_max || count >= q->size) {
		return VIRTQ_BAD_CHAIN;
	}
	if (d->len == 0 || d->len > UINT32_MAX - c->read_size - c->write_size) {
		return VIRTQ_BAD_LENGTH;
	}
	if (!at) {
		return VIRTQ_BAD_ADDRESS;
	}
	c->part[count].at = at;
	c->part[count].size = d->len;
	if (is_writable) {
		c->writable++;
		c->write_size += d->len;
	} else {
		c->readable++;
		c->read_size += d->len;
	}
	return 0;
}

/* A private copy: each field is read once. */
static inline struct virtq_desc vqv_copy_desc_(const volatile struct virtq_desc *from)
{
	struct virtq_desc d;

	d.addr = from->addr;
	d.len = from->len;
	d.flags = from->flags;
	d.next = from->next;
	return d;
}

/*
 * Fill c from the chain that begins at c->head. Ends: each round but one adds a part, of
 * which there are at most q->size; the one is the step into an indirect table.
 */
static inline int vqv_walk_(const struct virtq_device *q, struct vqv_chain *c)
{
	const volatile struct virtq_desc *table = q->desc;
	uint32_t count = q->size, at = c->head;
	bool is_inside = false;		/* an indirect table, which may be q->desc itself */
	struct virtq_desc d;
	int error = 0;

	c->readable = c->writable = 0;
	c->read_size = c->write_size = 0;
	do {
		if (at >= count) {
			return VIRTQ_BAD_CHAIN;
		}
		d = vqv_copy_desc_(&table[at]);
		at = d.next;
		if (!(d.flags & VIRTQ_DESC_INDIRECT)) {
			error = vqv_add_part_(q, c, &d);
			continue;
		}
		if (!q->has_indirect || is_inside || d.flags & VIRTQ_DESC_NEXT ||
		    d.len == 0 || d.len % 16) {
			return VIRTQ_BAD_CHAIN;
		}
		table = (const volatile struct virtq_desc *)virtq_translate(&q->window, d.addr,
			d.len, false);
		if (!table || (uintptr_t)table % 8) {
			return VIRTQ_BAD_ADDRESS;
		}
		is_inside = true;
		count = d.len / 16;
		at = 0;
		d.flags = VIRTQ_DESC_NEXT;
	} while (!error && d.flags & VIRTQ_DESC_NEXT);
	return error;
}

/* The next chain that was in flight when the last life ended: 1 or 0 */
static inline int vqv_next_again_(struct virtq_device *q, struct vqv_chain *c)
{
	while (q->again < q->size) {
		uint16_t head = q->again++;

		if (vqv_is_in_flight(q, head)) {
			c->head = head;
			return 1;
		}
	}
	return 0;
}

/* Chains that the driver has posted and vqv_next() has not given: 0.., or VIRTQ_BAD_INDEX */
static inline int vqv_ready_(const struct virtq_device *q)
{
	uint16_t ready = (uint16_t)(virtq_load_acquire(&q->avail->idx) - q->next);
	uint16_t flying = (uint16_t)(q->next - q->done);

	return ready > q->size || flying > q->size - ready ? VIRTQ_BAD_INDEX : ready;
}

/*
 * The next chain that the driver has posted: 1, with c filled (c->part and c->part_max are
 * the caller's); 0: none; or VIRTQ_BAD_...: stop the device until the driver resets it.
 */
static inline int vqv_next(struct virtq_device *q, struct vqv_chain *c)
{
	int ready;

	if (q->error) {
		return q->error < 0 ? q->error : 0;
	}
	c->is_again = vqv_next_again_(q, c);
	if (!c->is_again) {
		ready = vqv_ready_(q);
		if (ready <= 0) {
			return q->error = ready;
		}
		c->head = *virtq_avail_entry(q->avail, (uint16_t)(q->next & (q->size - 1u)));
		if (c->head >= q->size || vqv_is_in_flight(q, c->head)) {
			return q->error = VIRTQ_BAD_HEAD;
		}
	}
	q->error = vqv_walk_(q, c);
	if (q->error) {
		return q->error;
	}
	if (!c->is_again) {
		vqv_mark_(q, c->head, true);
		q->next++;
	}
	return 1;
}

/*
 * Give a chain back: `written` bytes were written from the begin of its writable parts.
 * The driver sees it at once, but is told by vqv_publish() only. VIRTQ_INVALID: that head is
 * not in flight.
 */
static inline int vqv_complete(struct virtq_device *q, uint16_t head, uint32_t written)
{
	volatile struct virtq_used_elem *e;

	if (q->error) {
		return q->error;
	}
	if (head >= q->size || q->next == q->done || (q->track && !vqv_is_in_flight(q, head))) {
		return VIRTQ_INVALID;
	}
	e = virtq_used_entry(q->used, (uint16_t)(q->done & (q->size - 1u)));
	virtq_store32(&e->id, head);
	virtq_store32(&e->len, written);
	q->done++;
	virtq_store_release(&q->used->idx, q->done);
	vqv_mark_(q, head, false);
	if (q->track) {
		virtq_store(&q->track->used, q->done);
	}
	return 0;
}

/* After a batch of vqv_complete(): true: the driver wants to be told (notify it). */
static inline bool vqv_publish(struct virtq_device *q)
{
	uint16_t old = q->told;

	if (q->done == old) {
		return false;
	}
	q->told = q->done;
	virtq_barrier();
	if (q->has_event_idx) {
		uint16_t event = virtq_load(virtq_used_event(q->avail, q->size));

		return virtq_event_is_passed(event, q->done, old);
	}
	return (virtq_load(&q->avail->flags) & VIRTQ_AVAIL_NO_INTERRUPT) == 0;
}

/*
 * Before sleeping: ask for a kick with the next chain. True: there is work already: call
 * vqv_next(), then try again. Spurious kicks are normal at any time.
 */
static inline bool vqv_enable_event(struct virtq_device *q)
{
	if (q->has_event_idx) {
		virtq_store(virtq_avail_event(q->used, q->size), q->next);
	} else {
		virtq_store(&q->used->flags, 0);
	}
	virtq_barrier();
	return !q->error && (q->again < q->size || virtq_load(&q->avail->idx) != q->next);
}

/* While awake: no kicks, please. The driver may send some all the same. */
static inline void vqv_disable_event(struct virtq_device *q)
{
	if (q->has_event_idx) {
		virtq_store(virtq_avail_event(q->used, q->size), (uint16_t)(q->next - 1));
	} else {
		virtq_store(&q->used->flags, VIRTQ_USED_NO_NOTIFY);
	}
}

/* Copy from the readable parts, from `offset` on; bytes copied */
static inline uint32_t vqv_read(const struct vqv_chain *c, uint32_t offset, void *to,
				uint32_t size)
{
	uint32_t copied = 0;

	for (unsigned i = 0; i < c->readable && copied < size; i++) {
		const struct vqv_part *p = &c->part[i];

		if (offset < p->size) {
			uint32_t room = p->size - offset, want = size - copied;
			uint32_t n = room < want ? room : want;

			__builtin_memcpy((uint8_t *)to + copied, p->at + offset, n);
			copied += n;
			offset = 0;
		} else {
			offset -= p->size;
		}
	}
	return copied;
}

/* Copy to the writable parts, from `offset` on; bytes copied */
static inline uint32_t vqv_write(const struct vqv_chain *c, uint32_t offset, const void *from,
				 uint32_t size)
{
	uint32_t copied = 0;

	for (unsigned i = c->readable; i < c->readable + c->writable && copied < size; i++) {
		const struct vqv_part *p = &c->part[i];

		if (offset < p->size) {
			uint32_t room = p->size - offset, want = size - copied;
			uint32_t n = room < want ? room : want;

			__builtin_memcpy(p->at + offset, (const uint8_t *)from + copied, n);
			copied += n;
			offset = 0;
		} else {
			offset -= p->size;
		}
	}
	return copied;
}

#endif
