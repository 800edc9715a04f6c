/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the SD driver needs of its surroundings: the host controller's registers, time,
 * cache maintenance and bus addresses. sd_board.c implements it in the guest, a model of
 * controller and card in the host's tests.
 */
#ifndef DRV_BLOCK_SD_PORT_H
#define DRV_BLOCK_SD_PORT_H

#include "request.h"

#define SD_LINE		64u	/* bytes of a cache line */

struct sd_wiring {		/* what the tree says of the controller */
	uint32_t base_hz;	/* its clock; 0: not told */
	bool is_arasan;		/* BCM2835's EMMC: its capabilities are not to be believed */
	bool has_detect;	/* a card's presence can be seen */
	bool has_protect;	/* and its switch against writing ... */
	bool is_protect_inverted;	/* ... the wrong way round */
	bool is_one_bit;	/* only one data line is wired */
	uint32_t max_hz;	/* 0: no limit of the board's */
};

#ifdef SKERRY_HOST
#include <stdio.h>
uint32_t sd_read(uint32_t offset);
void sd_write(uint32_t offset, uint32_t value);
void sd_pause_ns(uint32_t ns);			/* busy, a few microseconds at most */
#else
extern uint64_t sd_registers;			/* their base */
void sd_pause_ns(uint32_t ns);

static inline uint32_t sd_read(uint32_t offset)
{
	return read32(sd_registers + offset);
}

static inline void sd_write(uint32_t offset, uint32_t value)
{
	write32(sd_registers + offset, value);
}
#endif

uint64_t sd_now_us(void);
/* The main loop wakes at this time, or before. */
void sd_wake_at(uint64_t us);
/* Sleeps until such a time or the controller's interrupt; not if one came since the last. */
void sd_sleep(void);
/* Finds the controller and takes its interrupt, which goes to sdhci_interrupt(). */
bool sd_find(struct sd_wiring *w);

/* Whole lines. Clean: the device reads what the CPU wrote. Clean and invalidate before the
 * device writes, invalidate after it: the CPU reads what the device wrote. */
void sd_cache_clean(const void *at, size_t size);
void sd_cache_clean_invalidate(const void *at, size_t size);
void sd_cache_invalidate(const void *at, size_t size);
/* The address by which the controller's DMA reaches these bytes; false: it does not. */
bool sd_bus_address(const void *at, uint32_t size, uint64_t *bus);

#endif
