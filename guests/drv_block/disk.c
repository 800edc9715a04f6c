// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which disk there is, and reading from it while volumes are looked for; see disk.h. Keeps
 * no requests: each kind of disk has its own.
 */
#include "disk.h"

#define AHEAD		64		/* sectors read at once while volumes are looked for */

static const struct disk_ops *const kinds[] = { &disk_virtio, &disk_sd };
static const struct disk_ops *disk;	/* NULL: none is open */
static struct disk_info info;

const char *disk_open(void)
{
	const char *why;

	for (uint32_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i]->is_there()) {
			why = kinds[i]->open(&info);
			disk = why ? NULL : kinds[i];
			return why;
		}
	}
	return "no virtio block device of version 2 and no SD host controller is assigned";
}

bool disk_is_read_only(void)
{
	return info.is_read_only;
}

bool disk_can_flush(void)
{
	return info.can_flush;
}

uint64_t disk_sectors(void)
{
	return disk ? info.sectors : 0;
}

bool disk_has_room(void)
{
	return disk && disk->has_room();
}

bool disk_is_broken(void)
{
	return disk && disk->is_broken();
}

int disk_submit(uint32_t source, uint32_t type, uint64_t sector, const struct vqv_part *data,
		uint32_t count)
{
	return disk_has_room() && count <= REQUEST_SEGMENTS ?
		disk->submit(source, type, sector, data, count) : -1;
}

void disk_kick(void)
{
	if (disk) {
		disk->kick();
	}
}

int disk_take(uint8_t *status)
{
	return disk ? disk->take(status) : -1;
}

bool disk_enable_event(void)
{
	return disk && disk->enable_event();
}

/* One request, and no other in flight. */
static bool read_now(uint64_t sector, uint32_t count, void *to)
{
	struct vqv_part part = { to, count * SECTOR_SIZE };
	uint8_t status = 0xff;

	if (disk_submit(0, BLK_T_IN, sector, &part, 1) < 0) {
		return false;
	}
	disk_kick();
	while (disk_take(&status) < 0) {
		if (disk_is_broken()) {
			return false;
		}
		disk->wait();
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
