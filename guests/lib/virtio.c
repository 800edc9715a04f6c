/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bring-up of a virtio device and what all types share; see virtio.h. Knows no transport.
 */
#include "virtio_transport.h"

#define PAGE		4096ull
#define BUFFER_ALIGN	64ull
#define PATIENCE_US	2000		/* between two looks at what sends no interrupt */

void virtio_memory(struct virtio *v, struct bank b, bool is_in_writable)
{
	uint64_t half = b.size / 2;

	v->area[VIRTIO_OUT] = (struct virtio_area){ b.base, b.base, b.base + half, true };
	v->area[VIRTIO_IN] = (struct virtio_area){ b.base + half, b.base + half,
						   b.base + 2 * half, is_in_writable };
}

int64_t virtio_config(struct virtio *v, uint32_t offset, void *to, uint32_t size)
{
	return v->ops->config(v, offset, to, size);
}

static void *area_take(struct virtio *v, uint32_t direction, uint64_t size, uint64_t align)
{
	struct virtio_area *a = &v->area[direction];
	uint64_t at = (a->next + align - 1) & ~(align - 1);

	if (at < a->next || at > a->end || size > a->end - at) {
		return NULL;
	}
	a->next = at + size;
	if (a->is_writable) {
		memset((void *)at, 0, size);
	}
	return (void *)at;
}

void *virtio_alloc(struct virtio *v, uint32_t direction, uint32_t size)
{
	return area_take(v, direction, size, BUFFER_ALIGN);
}

static void *take_pages(struct virtio *v, uint32_t direction, uint64_t size)
{
	return area_take(v, direction, (size + PAGE - 1) & ~(PAGE - 1), PAGE);
}

int64_t virtio_reset(struct virtio *v)
{
	uint32_t status = 1;
	int64_t result = v->ops->set_status(v, 0);

	v->is_live = false;
	while (result == SKERRY_OK || result == SKERRY_PENDING) {
		result = v->ops->status(v, &status);
		if (result == SKERRY_OK && status == 0) {
			v->is_broken = false;
			return SKERRY_OK;
		}
		sleep_unless(NULL, NULL, PATIENCE_US);
	}
	return result;
}

/* 3.1.1, 4 to 6 */
static int64_t negotiate(struct virtio *v, uint64_t wanted)
{
	uint64_t offered = 0;
	uint32_t status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK;
	int64_t result = v->ops->features(v, &offered);

	if (result != SKERRY_OK) {
		return result;
	}
	if (!(offered & VIRTIO_VERSION_1)) {
		return SKERRY_NOT_SUPPORTED;
	}
	v->features = offered & (VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_EVENT_IDX |
				 wanted);
	result = v->ops->accept(v, v->features);
	if (result == SKERRY_OK) {
		result = v->ops->set_status(v, status);
	}
	if (result == SKERRY_OK) {
		result = v->ops->status(v, &status);
	}
	if (result == SKERRY_OK && !(status & VIRTIO_FEATURES_OK)) {
		return SKERRY_NOT_SUPPORTED;
	}
	return result;
}

int64_t virtio_begin(struct virtio *v, uint32_t device_id, uint64_t wanted)
{
	int64_t result;

	while ((result = v->ops->identify(v)) == SKERRY_AGAIN) {
		sleep_unless(NULL, NULL, PATIENCE_US);
	}
	if (result != SKERRY_OK) {
		return result;
	}
	if (v->device_id != device_id) {
		return SKERRY_NOT_SUPPORTED;
	}
	result = virtio_reset(v);
	v->queue_count = 0;
	v->slots_used = 0;
	v->area[VIRTIO_OUT].next = v->area[VIRTIO_OUT].base;
	v->area[VIRTIO_IN].next = v->area[VIRTIO_IN].base;
	if (result == SKERRY_OK) {
		result = v->ops->set_status(v, VIRTIO_ACKNOWLEDGE);
	}
	if (result == SKERRY_OK) {
		result = v->ops->set_status(v, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	}
	return result == SKERRY_OK ? negotiate(v, wanted) : result;
}

int64_t virtio_queue(struct virtio *v, uint32_t size)
{
	struct skerry_msg_vqueue set = { .index = v->queue_count };
	uint32_t most = 0;
	void *desc, *avail, *used;
	int64_t result;

	if (v->queue_count == VIRTIO_QUEUE_MAX || !virtq_size_is_valid(size)) {
		return SKERRY_INVALID;
	}
	result = v->ops->queue_size(v, set.index, &most);
	if (result != SKERRY_OK) {
		return result;
	}
	while (size > most) {
		size /= 2;
	}
	if (!size || v->slots_used + size > VIRTIO_SLOT_MAX) {
		return SKERRY_NO_MEMORY;
	}
	desc = take_pages(v, VIRTIO_OUT, virtq_desc_size((uint16_t)size));
	avail = take_pages(v, VIRTIO_OUT, virtq_avail_size((uint16_t)size));
	used = take_pages(v, VIRTIO_IN, virtq_used_size((uint16_t)size));
	if (!desc || !avail || !used) {
		return SKERRY_NO_MEMORY;
	}
	vqd_init(&v->queue[set.index], (uint16_t)size, v->features, desc, avail, used,
		 &v->slot[v->slots_used]);
	set.size = size;
	set.descriptors = (uint64_t)desc;
	set.available = (uint64_t)avail;
	set.used = (uint64_t)used;
	result = v->ops->queue_set(v, &set);
	if (result == SKERRY_OK) {
		v->slots_used += size;
		v->queue_count++;
	}
	return result;
}

/* Nothing is posted yet. But a back end that was down when the reset was done has left its used
 * indexes as they were: its next life clears them when it finds the device live. */
static bool has_old_indexes(const struct virtio *v)
{
	for (uint32_t i = 0; i < v->queue_count; i++) {
		if (virtq_load(&v->queue[i].used->idx) != 0) {
			return true;
		}
	}
	return false;
}

int64_t virtio_go(struct virtio *v)
{
	int64_t result = v->ops->set_status(v, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER |
					    VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);

	v->is_live = result == SKERRY_OK;
	while (v->is_live && has_old_indexes(v) && !virtio_check(v)) {
		sleep_unless(NULL, NULL, PATIENCE_US);
	}
	return result;
}

int virtio_add(struct virtio *v, uint32_t index, const struct virtq_buffer *b, uint32_t out,
	       uint32_t in, void *cookie)
{
	return v->is_live && !v->is_broken ? vqd_add(&v->queue[index], b, out, in, cookie) :
		VIRTQ_INVALID;
}

bool virtio_take(struct virtio *v, uint32_t index, void **cookie, uint32_t *written)
{
	int result;

	if (!v->is_live || v->is_broken) {
		return false;
	}
	result = vqd_take(&v->queue[index], cookie, written);
	if (result < 0) {
		v->is_broken = true;
	}
	return result == 1;
}

bool virtio_abandon(struct virtio *v, uint32_t index, void **cookie)
{
	return !v->is_live && index < v->queue_count && vqd_abandon(&v->queue[index], cookie) == 1;
}

void virtio_kick(struct virtio *v, uint32_t index)
{
	if (v->is_live && !v->is_broken && vqd_publish(&v->queue[index])) {
		v->notifications++;
		v->ops->notify(v, index);
	}
}

static bool queue_is_ready(void *queue)
{
	return vqd_enable_event(queue);
}

void virtio_wait(struct virtio *v, uint32_t index)
{
	if (v->is_live && !v->is_broken) {
		sleep_unless(queue_is_ready, &v->queue[index], 0);
	}
}

bool virtio_check(struct virtio *v)
{
	uint32_t status = 0;

	if (v->is_live && (v->ops->status(v, &status) != SKERRY_OK ||
			   !(status & VIRTIO_DRIVER_OK) || (status & VIRTIO_NEEDS_RESET))) {
		v->is_broken = true;
	}
	return !v->is_live || v->is_broken;
}
