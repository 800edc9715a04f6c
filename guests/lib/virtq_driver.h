/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of a split virtqueue (VIRTIO 1.2, 2.7): buffers are posted by their
 * address as the device knows it, without a copy, and come back with the caller's
 * cookie. What the driver must remember of a chain is kept in private slots, never
 * read back from shared memory. See virtq.h for error codes and memory order.
 *
 *	vqd_init()  ->  vqd_add()...  vqd_publish(): true: kick the device
 *	interrupt   ->  do { while (vqd_take() == 1) ...; } while (vqd_enable_event());
 */
#ifndef VIRTQ_DRIVER_H
#define VIRTQ_DRIVER_H

#include "virtq.h"

struct virtq_buffer {
	uint64_t address;	/* as the device knows it */
	uint32_t size;		/* not 0 */
};

struct virtq_slot {		/* private, one a descriptor */
	void *cookie;
	uint32_t writable;	/* bytes that the device may write to the chain */
	uint16_t next;		/* of the chain, or of the free list */
	uint16_t count;		/* descriptors of the chain that begins here; 0: none does */
	uint16_t turn;		/* the available index under which it was added */
};

struct virtq_driver {
	volatile struct virtq_desc *desc;
	volatile struct virtq_avail *avail;
	volatile struct virtq_used *used;
	struct virtq_slot *slot;
	uint16_t size;
	uint16_t free_head, free_count;
	uint16_t added;		/* available index with all that vqd_add() took */
	uint16_t published;	/* available index that the device was shown */
	uint16_t taken;		/* used index up to which vqd_take() has come */
	bool has_event_idx;
	bool has_indirect;
	int error;		/* of the peer, VIRTQ_BAD_...; 0: none */
};

/*
 * A queue of `size` entries whose areas lie at desc, avail and used; slot[size] is the
 * caller's private memory. Features as negotiated; only the two of virtq.h matter.
 * Writes the driver's areas, not the device's. Also after a reset: all is forgotten.
 */
static inline int vqd_init(struct virtq_driver *q, uint16_t size, uint64_t features, void *desc,
			   void *avail, void *used, struct virtq_slot *slot)
{
	if (!virtq_size_is_valid(size) || (uintptr_t)desc % 16 || (uintptr_t)avail % 2 ||
	    (uintptr_t)used % 4) {
		return VIRTQ_INVALID;
	}
	q->desc = (volatile struct virtq_desc *)desc;
	q->avail = (volatile struct virtq_avail *)avail;
	q->used = (volatile struct virtq_used *)used;
	q->slot = slot;
	q->size = size;
	q->free_head = 0;
	q->free_count = size;
	q->added = q->published = q->taken = 0;
	q->has_event_idx = (features & VIRTQ_F_EVENT_IDX) != 0;
	q->has_indirect = (features & VIRTQ_F_INDIRECT) != 0;
	q->error = 0;
	for (uint16_t i = 0; i < size; i++) {
		slot[i].count = 0;
		slot[i].next = (uint16_t)(i + 1);
	}
	virtq_store(&q->avail->flags, 0);
	virtq_store(&q->avail->idx, 0);
	virtq_store(virtq_used_event(q->avail, size), 0);
	return 0;
}

static inline void vqd_write_desc_(volatile struct virtq_desc *d, const struct virtq_buffer *b,
				   unsigned flags, uint16_t next)
{
	d->addr = b->address;
	d->len = b->size;
	d->flags = (uint16_t)flags;
	d->next = next;
}

/* Flags of buffer i of out + in */
static inline unsigned vqd_flags_(unsigned i, unsigned out, unsigned in)
{
	return (i >= out ? VIRTQ_DESC_WRITE : 0) | (i + 1 < out + in ? VIRTQ_DESC_NEXT : 0);
}

/* Bytes of the writable buffers, or VIRTQ_INVALID: none at all, empty or too many bytes */
static inline int64_t vqd_writable_(const struct virtq_buffer *b, unsigned out, unsigned in)
{
	uint64_t total = 0, writable = 0;

	if (out > VIRTQ_SIZE_MAX || in > VIRTQ_SIZE_MAX || out + in == 0) {
		return VIRTQ_INVALID;
	}
	for (unsigned i = 0; i < out + in; i++) {
		if (b[i].size == 0) {
			return VIRTQ_INVALID;
		}
		total += b[i].size;
		writable += i >= out ? b[i].size : 0;
	}
	return total > UINT32_MAX ? VIRTQ_INVALID : (int64_t)writable;
}

static inline void vqd_enter_(struct virtq_driver *q, uint16_t head, unsigned count,
			      int64_t writable, void *cookie)
{
	struct virtq_slot *s = &q->slot[head];

	s->cookie = cookie;
	s->writable = (uint32_t)writable;
	s->count = (uint16_t)count;
	s->turn = q->added;
	q->free_count = (uint16_t)(q->free_count - count);
	*virtq_avail_entry(q->avail, (uint16_t)(q->added & (q->size - 1u))) = head;
	q->added++;
}

/*
 * Post `out` buffers that the device reads and then `in` that it writes, as one chain.
 * The device sees it after vqd_publish(). Its head (0 or more), VIRTQ_FULL, or INVALID.
 */
static inline int vqd_add(struct virtq_driver *q, const struct virtq_buffer *b, unsigned out,
			  unsigned in, void *cookie)
{
	int64_t writable = vqd_writable_(b, out, in);
	uint16_t head = q->free_head, at = head;

	if (q->error) {
		return q->error;
	}
	if (writable < 0 || out + in > q->size) {
		return VIRTQ_INVALID;
	}
	if (out + in > q->free_count) {
		return VIRTQ_FULL;
	}
	for (unsigned i = 0; i < out + in; i++) {
		uint16_t next = q->slot[at].next;
		bool is_last = i + 1 == out + in;

		vqd_write_desc_(&q->desc[at], &b[i], vqd_flags_(i, out, in), is_last ? 0 : next);
		if (is_last) {
			q->free_head = next;
		}
		at = next;
	}
	vqd_enter_(q, head, out + in, writable, cookie);
	return head;
}

/*
 * The same with one descriptor of the queue and a table of out + in descriptors in the
 * driver's part of the window: here at `table`, for the device at `address`. It must stay
 * until the chain comes back. VIRTQ_INVALID where indirect descriptors were not negotiated.
 */
static inline int vqd_add_indirect(struct virtq_driver *q, struct virtq_desc *table,
				   uint64_t address, const struct virtq_buffer *b, unsigned out,
				   unsigned in, void *cookie)
{
	const struct virtq_buffer whole = { address, (out + in) * 16u };
	int64_t writable = vqd_writable_(b, out, in);
	uint16_t head = q->free_head;

	if (q->error) {
		return q->error;
	}
	if (writable < 0 || out + in > q->size || !q->has_indirect) {
		return VIRTQ_INVALID;
	}
	if (q->free_count == 0) {
		return VIRTQ_FULL;
	}
	for (unsigned i = 0; i < out + in; i++) {
		unsigned flags = vqd_flags_(i, out, in);

		vqd_write_desc_(&table[i], &b[i], flags,
				flags & VIRTQ_DESC_NEXT ? (uint16_t)(i + 1) : 0);
	}
	vqd_write_desc_(&q->desc[head], &whole, VIRTQ_DESC_INDIRECT, 0);
	q->free_head = q->slot[head].next;
	vqd_enter_(q, head, 1, writable, cookie);
	return head;
}

/* Show the device what was added. True: it wants to be told (kick it). */
static inline bool vqd_publish(struct virtq_driver *q)
{
	uint16_t old = q->published;

	if (q->added == old || q->error) {
		return false;
	}
	q->published = q->added;
	virtq_store_release(&q->avail->idx, q->added);
	virtq_barrier();
	if (q->has_event_idx) {
		uint16_t event = virtq_load(virtq_avail_event(q->used, q->size));

		return virtq_event_is_passed(event, q->added, old);
	}
	return (virtq_load(&q->used->flags) & VIRTQ_USED_NO_NOTIFY) == 0;
}

/* Put the descriptors of a chain back; its cookie. */
static inline void *vqd_free_(struct virtq_driver *q, uint16_t head)
{
	struct virtq_slot *s = &q->slot[head];
	uint16_t last = head;

	for (uint16_t i = 1; i < s->count; i++) {
		last = q->slot[last].next;
	}
	q->slot[last].next = q->free_head;
	q->free_head = head;
	q->free_count = (uint16_t)(q->free_count + s->count);
	s->count = 0;
	return s->cookie;
}

/* Is this the head of a chain that the device has been shown? */
static inline bool vqd_is_in_flight_(const struct virtq_driver *q, uint32_t id)
{
	return id < q->size && q->slot[id].count &&
	       (uint16_t)(q->slot[id].turn - q->published) >= q->size;
}

/*
 * Take back one chain: 1 with its cookie and the bytes that the device wrote at the begin of
 * the writable buffers (either may be NULL), 0 if there is none, or VIRTQ_BAD_...
 */
static inline int vqd_take(struct virtq_driver *q, void **cookie, uint32_t *written)
{
	uint16_t ready = (uint16_t)(virtq_load_acquire(&q->used->idx) - q->taken);
	volatile struct virtq_used_elem *e;
	uint32_t id, len;
	void *done;

	if (q->error || ready == 0) {
		return q->error < 0 ? q->error : 0;
	}
	if (ready > (uint16_t)(q->published - q->taken)) {
		return q->error = VIRTQ_BAD_INDEX;
	}
	e = virtq_used_entry(q->used, (uint16_t)(q->taken & (q->size - 1u)));
	id = e->id;
	len = e->len;
	if (!vqd_is_in_flight_(q, id)) {
		return q->error = VIRTQ_BAD_HEAD;
	}
	if (len > q->slot[id].writable) {
		return q->error = VIRTQ_BAD_LENGTH;
	}
	q->taken++;
	done = vqd_free_(q, (uint16_t)id);
	if (cookie) {
		*cookie = done;
	}
	if (written) {
		*written = len;
	}
	return 1;
}

/* Chains that the device has and the caller has not got back */
static inline uint16_t vqd_in_flight(const struct virtq_driver *q)
{
	return (uint16_t)(q->added - q->taken);
}

/*
 * Before sleeping: ask for an interrupt with the next chain that comes back. True: one is
 * there already: take it, then try again. Spurious interrupts are normal at any time.
 */
static inline bool vqd_enable_event(struct virtq_driver *q)
{
	if (q->has_event_idx) {
		virtq_store(virtq_used_event(q->avail, q->size), q->taken);
	} else {
		virtq_store(&q->avail->flags, 0);
	}
	virtq_barrier();
	return !q->error && virtq_load(&q->used->idx) != q->taken;
}

/* While awake: no interrupts, please. The device may send some all the same. */
static inline void vqd_disable_event(struct virtq_driver *q)
{
	if (q->has_event_idx) {
		virtq_store(virtq_used_event(q->avail, q->size), (uint16_t)(q->taken - 1));
	} else {
		virtq_store(&q->avail->flags, VIRTQ_AVAIL_NO_INTERRUPT);
	}
}

/*
 * Only when the device has acknowledged a reset: give up one chain that was in flight.
 * 1 with its cookie, or 0: none is left, and vqd_init() may follow.
 */
static inline int vqd_abandon(struct virtq_driver *q, void **cookie)
{
	for (uint16_t i = 0; i < q->size; i++) {
		if (q->slot[i].count) {
			*cookie = vqd_free_(q, i);
			return 1;
		}
	}
	return 0;
}

#endif
