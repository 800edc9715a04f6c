// SPDX-License-Identifier: BSD-2-Clause
/*
 * The disk; see disk.h. Uses the virtio transport of guests/lib and its ring, with an
 * indirect table of its own for each request. As an identity guest its addresses are the
 * ones that the disk's DMA needs.
 */
#include "disk.h"
#include "../lib/virtio.h"

#define F_SEG_MAX	(1ull << 2)
#define F_READ_ONLY	(1ull << 5)
#define F_FLUSH		(1ull << 9)
#define AHEAD		64		/* sectors read at once while volumes are looked for */
#define RING_MEMORY	KIB(64)		/* rings, half for what the disk reads */

static struct virtio device;
static uint8_t ring[RING_MEMORY] __attribute__((aligned(4096)));
static struct disk_io io[DISK_SLOTS];
static uint32_t free_slot[DISK_SLOTS], free_count;
static uint64_t sectors;
static bool is_open;

static const char *negotiate(void)
{
	const struct bank memory = { (uint64_t)ring, sizeof(ring) };
	uint32_t segments = 0;

	if (virtio_open_mmio(&device, VIRTIO_ID_BLOCK, 0, memory) != SKERRY_OK) {
		return "no virtio block device of version 2 is assigned";
	}
	if (virtio_begin(&device, VIRTIO_ID_BLOCK, VIRTIO_INDIRECT_DESC | F_SEG_MAX |
			 F_READ_ONLY | F_FLUSH) != SKERRY_OK ||
	    virtio_queue(&device, DISK_SLOTS) != SKERRY_OK ||
	    virtio_config(&device, 0, &sectors, sizeof(sectors)) != SKERRY_OK ||
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

const char *disk_open(void)
{
	const char *why = negotiate();

	if (why) {
		return why;
	}
	while (free_count < DISK_SLOTS && free_count < device.queue[0].size) {
		io[free_count].index = free_count;
		free_slot[free_count] = free_count;
		free_count++;
	}
	is_open = true;
	return NULL;
}

bool disk_is_read_only(void)
{
	return device.features & F_READ_ONLY;
}

bool disk_can_flush(void)
{
	return device.features & F_FLUSH;
}

uint64_t disk_sectors(void)
{
	return is_open ? sectors : 0;
}

bool disk_has_room(void)
{
	return free_count && !device.is_broken;
}

bool disk_is_broken(void)
{
	return device.is_broken;
}

struct disk_io *disk_submit(uint32_t type, uint64_t sector, const struct vqv_part *data,
			    uint32_t count)
{
	struct virtq_buffer b[REQUEST_SEGMENTS + 2];
	uint32_t out = type == BLK_T_IN ? 1 : 1 + count;
	struct disk_io *one;

	if (!is_open || !disk_has_room() || count > REQUEST_SEGMENTS) {
		return NULL;
	}
	one = &io[free_slot[free_count - 1]];
	one->header = (struct blk_header){ .type = type, .sector = sector };
	one->status = 0xff;
	b[0] = (struct virtq_buffer){ (uint64_t)&one->header, sizeof(one->header) };
	for (uint32_t i = 0; i < count; i++) {
		b[1 + i] = (struct virtq_buffer){ (uint64_t)data[i].at, data[i].size };
	}
	b[1 + count] = (struct virtq_buffer){ (uint64_t)&one->status, 1 };
	if (vqd_add_indirect(&device.queue[0], one->table, (uint64_t)one->table, b, out,
			     count + 2 - out, one) < 0) {
		return NULL;
	}
	free_count--;
	return one;
}

void disk_kick(void)
{
	virtio_kick(&device, 0);
}

struct disk_io *disk_take(uint8_t *status)
{
	void *cookie;
	struct disk_io *one;

	if (!is_open || !virtio_take(&device, 0, &cookie, NULL)) {
		return NULL;
	}
	one = cookie;
	*status = one->status;
	free_slot[free_count++] = one->index;
	return one;
}

bool disk_enable_event(void)
{
	return is_open && !device.is_broken && vqd_enable_event(&device.queue[0]);
}

/* One request, and no other in flight. */
static bool read_now(uint64_t sector, uint32_t count, void *to)
{
	struct vqv_part part = { to, count * SECTOR_SIZE };
	uint8_t status = 0xff;

	if (!disk_submit(BLK_T_IN, sector, &part, 1)) {
		return false;
	}
	disk_kick();
	while (!disk_take(&status)) {
		if (virtio_check(&device)) {
			return false;
		}
		virtio_wait(&device, 0);
	}
	return status == BLK_S_OK;
}

/* At start only, before anyone writes: a table is read at once and looked at from memory,
 * so that a restart is short. What can't be read with its neighbours is tried alone. */
bool disk_read(uint64_t sector, uint32_t count, void *to)
{
	static uint8_t ahead[AHEAD * SECTOR_SIZE] __attribute__((aligned(64)));
	static uint64_t ahead_at;
	static uint32_t ahead_count;
	uint64_t left = disk_sectors() - sector;

	if (!extent_is_within(sector, count, disk_sectors())) {
		return false;
	}
	if (count > AHEAD) {
		return read_now(sector, count, to);
	}
	if (sector < ahead_at || !extent_is_within(sector - ahead_at, count, ahead_count)) {
		ahead_at = sector;
		ahead_count = left < AHEAD ? (uint32_t)left : AHEAD;
		if (!read_now(sector, ahead_count, ahead)) {
			ahead_count = 0;
			return read_now(sector, count, to);
		}
	}
	memcpy(to, ahead + (sector - ahead_at) * SECTOR_SIZE, count * SECTOR_SIZE);
	return true;
}
