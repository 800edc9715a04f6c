/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio device on a link, as its driver sees it (VIRTIO 1.2, 2.1, 3.1): status,
 * features, queue addresses, config bytes. One state machine for all types and both
 * transports. Nothing here reads memory that a guest can write.
 */
#include "pv.h"

/* Any status -> 0. The config bytes are the back end's and stay. */
void device_reset(struct pv_link *l)
{
	l->is_live = false;
	l->status = 0;
	l->features = 0;
	l->interrupts = 0;
	memset(l->queue, 0, sizeof(l->queue));
	memset(l->staged, 0, sizeof(l->staged));
	page_update(l);
}

/* OK, or PENDING: the back end may still be at work with the queues, and has to zero the
 * used rings, in its next life if it is being restarted. */
static int begin_reset(struct pv_link *l)
{
	if (l->is_ack_due) {
		return SKERRY_PENDING;
	}
	l->epoch += l->status != 0;
	if (!l->is_live || !(l->is_ready || l->is_expected)) {
		device_reset(l);
		return SKERRY_OK;
	}
	l->is_reset_due = true;
	link_want_ack(l, SKERRY_EVENT_STATUS);
	return SKERRY_PENDING;
}

int device_set_status(struct pv_link *l, uint32_t status)
{
	uint32_t set = status & ~l->status, gone = l->status & ~status & ~STATUS_NEEDS_RESET;

	if (status == 0) {
		return begin_reset(l);
	}
	if (l->is_ack_due) {
		return SKERRY_BUSY;
	}
	if ((status & ~STATUS_ALL) || gone || (set & STATUS_NEEDS_RESET) ||
	    ((set & STATUS_DRIVER_OK) && !(l->status & STATUS_FEATURES_OK))) {
		return SKERRY_INVALID;
	}
	if ((l->features & ~l->offer.features) || (~l->features & FEATURES_NEEDED)) {
		set &= ~STATUS_FEATURES_OK;
	}
	l->status |= set;
	if (set & STATUS_DRIVER_OK) {
		l->is_live = true;
		link_event(l, SKERRY_BACK, SKERRY_EVENT_STATUS);
	}
	page_update(l);
	return SKERRY_OK;
}

int device_set_features(struct pv_link *l, uint32_t block, uint32_t bits)
{
	if (block > 1) {
		return SKERRY_INVALID;
	}
	if (l->is_ack_due || (l->status & STATUS_FEATURES_OK)) {
		return SKERRY_BUSY;
	}
	l->features &= ~(0xffffffffull << 32 * block);
	l->features |= (uint64_t)bits << 32 * block;
	return SKERRY_OK;
}

/* Are descriptors, available and used ring (VIRTIO 1.2, 2.7) aligned, in their half of
 * the window, apart from each other, the used ring by whole pages? Inside the window no
 * sum can wrap. */
static bool areas_are_sound(const struct pv_link *l, const struct skerry_msg_vqueue *q)
{
	const struct sys_link *c = link_config(l);
	const struct sys_window *w = &the_system.window[c->window];
	uint64_t half = w->kind == SKERRY_WINDOW_SPLIT ? w->size / 2 : 0, n = q->size;
	struct range room = { c->end[SKERRY_FRONT].base, w->size - half };
	struct range descriptors = { q->descriptors, 16 * n };
	struct range available = { q->available, 6 + 2 * n };
	struct range used = { align_down(q->used, PAGE_SIZE), 0 };

	if (!is_aligned(q->descriptors, 16) || !is_aligned(q->available, 2) ||
	    !is_aligned(q->used, 4) || !range_holds(room, q->descriptors, 16 * n) ||
	    !range_holds(room, q->available, 6 + 2 * n) ||
	    !range_holds((struct range){ room.base + half, room.size }, q->used, 6 + 8 * n)) {
		return false;
	}
	used.size = align_up(q->used + 6 + 8 * n, PAGE_SIZE) - used.base;
	return !range_overlaps(descriptors, available) && !range_overlaps(descriptors, used) &&
	       !range_overlaps(available, used);
}

int device_set_queue(struct pv_link *l, const struct skerry_msg_vqueue *q)
{
	if (q->index >= l->offer.queue_count || q->size > l->offer.queue_size_max ||
	    (q->size & (q->size - 1)) || q->reserved != 0) {
		return SKERRY_INVALID;
	}
	if (l->is_ack_due || l->is_live || (q->size && !(l->status & STATUS_FEATURES_OK))) {
		return SKERRY_BUSY;
	}
	if (q->size && !areas_are_sound(l, q)) {
		return SKERRY_INVALID;
	}
	l->queue[q->index] = q->size ? *q : (struct skerry_msg_vqueue){ 0 };
	page_update(l);
	return SKERRY_OK;
}

/* Before the offer, which says how many there are, a back end may set all. */
bool device_has_config(const struct pv_link *l, uint32_t offset, uint32_t size)
{
	uint32_t all = l->is_offered ? l->offer.config_size : SKERRY_CONFIG_MAX;

	return size != 0 && range_holds((struct range){ 0, all }, offset, size);
}

static void tell_config(struct pv_link *l, unsigned to)
{
	if (l->is_offered) {
		link_event(l, to, SKERRY_EVENT_CONFIG);
		page_interrupt(l, to == SKERRY_FRONT ? INTERRUPT_CONFIG : 0);
	}
}

void device_set_config(struct pv_link *l, unsigned from, uint32_t offset, uint32_t size,
		       const void *bytes)
{
	uint8_t *at = (uint8_t *)l->config + offset;

	if (memcmp(at, bytes, size) == 0) {
		return;
	}
	l->generation++;
	page_update(l);		/* before and after: a reader sees that it changed meanwhile */
	memcpy(at, bytes, size);
	page_update(l);
	l->generation++;
	page_update(l);
	tell_config(l, !from);
}

int device_needs_reset(struct pv_link *l)
{
	if (!l->is_live || l->is_ack_due) {
		return SKERRY_BUSY;
	}
	l->status |= STATUS_NEEDS_RESET;
	page_update(l);
	tell_config(l, SKERRY_FRONT);
	return SKERRY_OK;
}
