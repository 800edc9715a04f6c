// SPDX-License-Identifier: BSD-2-Clause
/*
 * A virtio block device on virtio-mmio (VIRTIO 1.2, 4.2, 5.2) as the disk; see disk.h. Data
 * moves by DMA between it and the windows, without a copy. Uses the virtio transport of
 * guests/lib and its ring, with an indirect table of its own for each request. As an
 * identity guest its addresses are the ones that the disk's DMA needs.
 */
#include "disk.h"
#include "../lib/virtio.h"

#define F_SEG_MAX	(1ull << 2)
#define F_READ_ONLY	(1ull << 5)
#define F_FLUSH		(1ull << 9)
#define RING_MEMORY	KIB(64)		/* rings, half for what the disk reads */

struct io {			/* one request to the disk */
	struct blk_header header;
	struct virtq_desc table[REQUEST_SEGMENTS + 2] __attribute__((aligned(16)));
	volatile uint8_t status;
};

static struct virtio device;
static uint8_t ring[RING_MEMORY] __attribute__((aligned(4096)));
static struct io io[DISK_SLOTS];
static uint32_t free_slot[DISK_SLOTS], free_count;
static bool is_found;

static bool virtio_is_there(void)
{
	const struct bank memory = { (uint64_t)ring, sizeof(ring) };

	is_found = is_found ||
		   virtio_open_mmio(&device, VIRTIO_ID_BLOCK, 0, memory) == SKERRY_OK;
	return is_found;
}

static const char *negotiate(struct disk_info *info)
{
	uint32_t segments = 0;

	if (virtio_begin(&device, VIRTIO_ID_BLOCK, VIRTIO_INDIRECT_DESC | F_SEG_MAX |
			 F_READ_ONLY | F_FLUSH) != SKERRY_OK ||
	    virtio_queue(&device, DISK_SLOTS) != SKERRY_OK ||
	    virtio_config(&device, 0, &info->sectors, sizeof(info->sectors)) != SKERRY_OK ||
	    virtio_config(&device, 12, &segments, sizeof(segments)) != SKERRY_OK ||
	    virtio_go(&device) != SKERRY_OK) {
		return "the disk does not come up";
	}
	if (!(device.features & VIRTIO_INDIRECT_DESC)) {
		return "the disk does not take indirect descriptors";
	}
	if ((device.features & F_SEG_MAX) && segments < REQUEST_SEGMENTS) {
		return "the disk takes fewer segments than front ends may send";
	}
	return NULL;
}

static const char *virtio_open(struct disk_info *info)
{
	const char *why = negotiate(info);

	if (why) {
		return why;
	}
	info->is_read_only = device.features & F_READ_ONLY;
	info->can_flush = device.features & F_FLUSH;
	while (free_count < DISK_SLOTS && free_count < device.queue[0].size) {
		free_slot[free_count] = free_count;
		free_count++;
	}
	return NULL;
}

static bool virtio_has_room(void)
{
	return free_count && !device.is_broken;
}

static bool virtio_is_broken(void)
{
	return device.is_broken;
}

static int virtio_submit(uint32_t source, uint32_t type, uint64_t sector,
			 const struct vqv_part *data, uint32_t count)
{
	struct virtq_buffer b[REQUEST_SEGMENTS + 2];
	uint32_t out = type == BLK_T_IN ? 1 : 1 + count;
	uint32_t slot = free_slot[free_count - 1];
	struct io *one = &io[slot];

	(void)source;			/* the host does many at a time */
	one->header = (struct blk_header){ .type = type, .sector = sector };
	one->status = 0xff;
	b[0] = (struct virtq_buffer){ (uint64_t)&one->header, sizeof(one->header) };
	for (uint32_t i = 0; i < count; i++) {
		b[1 + i] = (struct virtq_buffer){ (uint64_t)data[i].at, data[i].size };
	}
	b[1 + count] = (struct virtq_buffer){ (uint64_t)&one->status, 1 };
	if (vqd_add_indirect(&device.queue[0], one->table, (uint64_t)one->table, b, out,
			     count + 2 - out, one) < 0) {
		return -1;
	}
	free_count--;
	return (int)slot;
}

static void virtio_kick_disk(void)
{
	virtio_kick(&device, 0);
}

static int virtio_take_done(uint8_t *status)
{
	void *cookie;
	struct io *one;

	if (!virtio_take(&device, 0, &cookie, NULL)) {
		return -1;
	}
	one = cookie;
	*status = one->status;
	free_slot[free_count++] = (uint32_t)(one - io);
	return (int)(one - io);
}

static bool virtio_enable_event(void)
{
	return !device.is_broken && vqd_enable_event(&device.queue[0]);
}

static void virtio_wait_disk(void)
{
	if (!virtio_check(&device)) {
		virtio_wait(&device, 0);
	}
}

const struct disk_ops disk_virtio = {
	virtio_is_there, virtio_open, virtio_submit, virtio_kick_disk, virtio_take_done,
	virtio_has_room, virtio_is_broken, virtio_enable_event, virtio_wait_disk,
};
