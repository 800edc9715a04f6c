// SPDX-License-Identifier: BSD-2-Clause
/*
 * ADMA2; see adma.h. The table is that of SD Host Controller Simplified Specification 3.00,
 * 1.13: 8 bytes a descriptor, addresses of 32 bits and multiples of 4, at most 64 KiB each.
 * Lengths stay below 64 KiB, so that none is coded as 0.
 */
#include "adma.h"
#include "sdhci_regs.h"

#define BLOCK	SECTOR_SIZE

static uint32_t table[ADMA_DESCRIPTORS][2] __attribute__((aligned(SD_LINE)));
static uint8_t buffer[ADMA_BUFFER_BLOCKS][BLOCK] __attribute__((aligned(SD_LINE)));
static uint32_t table_bus, count;	/* descriptors in use */

struct place {				/* one block of the data */
	const struct vqv_part *part;
	uint32_t at;			/* its first byte in the part */
};

static struct place place_of(const struct sd_data *d, uint32_t block)
{
	struct place p = { d->part, d->skip + block * BLOCK };

	while (p.at >= p.part->size) {
		p.at -= p.part++->size;
	}
	return p;
}

static struct place next_block(struct place p)
{
	p.at += BLOCK;
	while (p.part->size && p.at >= p.part->size) {
		p.at -= p.part++->size;
	}
	return p;
}

/* The block's bus address if it can be moved where it is. */
static bool is_direct(const struct place *p, uint64_t *bus)
{
	const uint8_t *at = p->part->at + p->at;

	return p->part->size - p->at >= BLOCK && (uintptr_t)at % SD_LINE == 0 &&
	       sd_bus_address(at, BLOCK, bus) && *bus % 4 == 0 && *bus <= UINT32_MAX - BLOCK;
}

static void copy(struct place p, uint8_t *block, bool is_write)
{
	for (uint32_t left = BLOCK; left; p.part++, p.at = 0) {
		uint32_t n = p.part->size - p.at < left ? p.part->size - p.at : left;

		if (is_write) {
			memcpy(block, p.part->at + p.at, n);
		} else {
			memcpy(p.part->at + p.at, block, n);
		}
		block += n;
		left -= n;
	}
}

static void ready(const void *at, bool is_write)
{
	if (is_write) {
		sd_cache_clean(at, BLOCK);
	} else {
		sd_cache_clean_invalidate(at, BLOCK);
	}
}

/* One block more, in the last descriptor if it follows what is there. False: no room. */
static bool add(uint64_t bus)
{
	uint32_t *last = count ? table[count - 1] : NULL;
	uint32_t length = last ? last[0] >> ADMA_LENGTH_SHIFT : 0;

	if (last && last[1] + length == bus && length + BLOCK <= ADMA_RUN_MAX) {
		last[0] += BLOCK << ADMA_LENGTH_SHIFT;
		return true;
	}
	if (count == ADMA_DESCRIPTORS) {
		return false;
	}
	table[count][0] = ADMA_TRANSFER | ADMA_VALID | BLOCK << ADMA_LENGTH_SHIFT;
	table[count++][1] = (uint32_t)bus;
	return true;
}

static bool reach(const void *at, uint32_t size, uint64_t *bus)
{
	return sd_bus_address(at, size, bus) && *bus <= UINT32_MAX - size;
}

bool adma_open(void)
{
	uint64_t bus, unused;

	if (!reach(table, sizeof(table), &bus) || !reach(buffer, sizeof(buffer), &unused)) {
		return false;
	}
	table_bus = (uint32_t)bus;
	return true;
}

uint32_t adma_table(void)
{
	return table_bus;
}

uint32_t adma_begin(const struct sd_data *d)
{
	struct place p = place_of(d, 0);
	uint32_t used = 0, n = 0;
	uint64_t bus;

	for (count = 0; n < d->blocks; n++, p = n < d->blocks ? next_block(p) : p) {
		const uint8_t *at = p.part->at + p.at;

		if (!is_direct(&p, &bus)) {
			if (used == ADMA_BUFFER_BLOCKS ||
			    !sd_bus_address(buffer[used], BLOCK, &bus)) {
				break;
			}
			at = buffer[used++];
			if (d->is_write) {
				copy(p, buffer[used - 1], true);
			}
		}
		if (!add(bus)) {
			break;
		}
		ready(at, d->is_write);
	}
	if (n) {
		table[count - 1][0] |= ADMA_END;
		sd_cache_clean(table, sizeof(table[0]) * count);
	}
	return n;
}

void adma_end(const struct sd_data *d)
{
	struct place p = place_of(d, 0);
	uint32_t used = 0;
	uint64_t bus;

	for (uint32_t n = 0; !d->is_write && n < d->blocks; n++) {
		if (is_direct(&p, &bus)) {
			sd_cache_invalidate(p.part->at + p.at, BLOCK);
		} else {
			sd_cache_invalidate(buffer[used], BLOCK);
			copy(p, buffer[used++], false);
		}
		if (n + 1 < d->blocks) {
			p = next_block(p);
		}
	}
}
