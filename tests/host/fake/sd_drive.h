/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of the SD disk share: the main loop that drv_block is, around the model.
 */
#ifndef SD_DRIVE_H
#define SD_DRIVE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "guests/drv_block/sd_queue.h"
#include "sd_model.h"

static struct card_model card;
static struct disk_info info;

/* drv_block starts: NULL, or the reason why there is no disk. */
static inline const char *drive_open(void)
{
	memset(&q, 0, sizeof(q));
	return disk_sd.is_there() ? disk_sd.open(&info) : "nothing";
}

static inline void fine(void)
{
	if (host.wrong) {
		fail_msg("the driver: %s", host.wrong);
	}
}

/* Goes on until one request is done: its slot. */
static inline int drive_wait(uint8_t *status)
{
	int slot;

	while ((slot = disk_sd.take(status)) < 0 && !host.wrong) {
		if (!disk_sd.enable_event()) {
			sd_sleep();
		}
	}
	fine();
	return slot;
}

static inline uint8_t drive_do(uint32_t type, uint64_t sector, void *at, uint32_t size)
{
	struct vqv_part part = { at, size };
	uint8_t status = 0xff;

	assert_true(disk_sd.submit(0, type, sector, &part, type == BLK_T_FLUSH ? 0 : 1) >= 0);
	disk_sd.kick();
	drive_wait(&status);
	return status;
}

static inline void stamp(uint8_t *at, uint64_t sector, uint32_t sectors, uint64_t salt)
{
	for (uint32_t i = 0; i < sectors * 64; i++) {
		uint64_t v = (sector + i / 64) * 0x9e3779b97f4a7c15ull + salt + i % 64;

		memcpy(at + i * 8, &v, 8);
	}
}

static inline void assert_stamped(const uint8_t *at, uint64_t sector, uint32_t sectors,
				  uint64_t salt)
{
	static uint8_t wanted[512];

	for (uint32_t i = 0; i < sectors; i++) {
		stamp(wanted, sector + i, 1, salt);
		assert_memory_equal(at + i * 512, wanted, 512);
	}
}

/* Sectors of the card itself are stamped. */
static inline void card_stamp(uint64_t sector, uint32_t sectors, uint64_t salt)
{
	for (uint32_t i = 0; i < sectors; i++) {
		stamp(card_sector(&card, sector + i), sector + i, 1, salt);
	}
}

static inline void assert_card_stamped(uint64_t sector, uint32_t sectors, uint64_t salt)
{
	for (uint32_t i = 0; i < sectors; i++) {
		assert_stamped(card_sector(&card, sector + i), sector + i, 1, salt);
	}
}

#endif
