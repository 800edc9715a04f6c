// SPDX-License-Identifier: BSD-2-Clause
/*
 * libFuzzer: any bytes as a disk. drv_block's readers of GPT and FAT end, read no sector
 * outside the disk, and give no extent that reaches beyond it. The bytes are scattered over
 * a larger disk, so that a small input makes a whole layout; headers are signed, as a
 * hostile disk's would be.
 */
/* sources: guests/drv_block/gpt.c guests/drv_block/fat.c guests/drv_block/volume.c */
#include <guests/drv_block/volume.h>
#include "../host/disk_image.h"

#define SECTORS 9000
#define PIECE	64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void *volume_memory(uint64_t size)
{
	(void)size;
	return NULL;
}

static uint8_t *whole;			/* the disk as it is before each input */

static void make(void)
{
	struct fat_image f;

	image_make(SECTORS);
	gpt_make();
	fat_make(&f, 100, false);
	short_put(&f, at_sector(f.root), "DISK    IMG", 0x20, fat_chain(&f, 3, 1), 1500);
	short_put(&f, at_sector(f.root) + 32, "SUB        ", 0x10, fat_chain(&f, 2, 1), 0);
	long_put(&f, at_sector(f.root) + 64, "A long name.img", "ALONGN~1IMG", 0x20,
		 fat_chain(&f, 2, 1), 1024);
	whole = malloc(SECTORS * SECTOR_SIZE);
	memcpy(whole, image, SECTORS * SECTOR_SIZE);
}

static void restore(uint64_t sector)
{
	memcpy(at_sector(sector), whole + sector * SECTOR_SIZE, SECTOR_SIZE);
}

/* Pieces of { sector, offset / 2, bytes }; or takes them away again. */
static void scatter(const uint8_t *data, size_t size, bool undo)
{
	for (; size >= 3 + PIECE; data += 3 + PIECE, size -= 3 + PIECE) {
		uint64_t sector = le16(data) % SECTORS;
		uint32_t offset = data[2] * 2u;
		uint32_t room = SECTOR_SIZE - offset;

		if (undo) {
			restore(sector);
		} else {
			memcpy(at_sector(sector) + offset, data + 3, room < PIECE ? room : PIECE);
		}
	}
}

static void sign(uint64_t lba)
{
	uint8_t *h = at_sector(lba);
	uint64_t entries = le64(h + 72), bytes = (uint64_t)le32(h + 80) * le32(h + 84);

	if (entries < SECTORS && bytes <= (SECTORS - entries) * SECTOR_SIZE) {
		put(h + 88, crc32(0, at_sector(entries), bytes > 1 << 16 ? 0 : bytes), 4);
	}
	put(h + 16, 0, 4);
	put(h + 16, crc32(0, h, le32(h + 12) <= SECTOR_SIZE ? le32(h + 12) : 0), 4);
}

static void look(const struct volume_wish *w)
{
	struct volume v;

	if (!volume_open(w, true, &v) &&
	    (!v.at.count || !extent_is_within(v.at.start, v.at.count, SECTORS))) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "disk.img", "SUB/a.bin", "A long name.img" };
	struct volume_wish w = { .partition = "root" };

	if (size < 1) {
		return 0;
	}
	if (!whole) {
		make();
	}
	scatter(data + 1, size - 1, false);
	if (data[0] & 1) {
		sign(1);
		sign(SECTORS - 1);
	}
	look(&w);
	w.partition = NULL;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		w.file = paths[i];
		w.fat_partition = data[0] & 2 ? "root" : NULL;
		look(&w);
	}
	scatter(data + 1, size - 1, true);
	restore(1);
	restore(SECTORS - 1);
	return 0;
}
