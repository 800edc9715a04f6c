/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SD card: identified and brought to its fastest mode that the controller has (SD
 * Physical Layer Simplified Specification 6.00). A list of steps, each an operation of
 * sdhci.h, so that nobody waits. Pure C. Called by sd_queue.c.
 */
#ifndef DRV_BLOCK_SD_CARD_H
#define DRV_BLOCK_SD_CARD_H

#include "sdhci.h"

#define SD_FULL_HZ	25000000u
#define SD_HIGH_HZ	50000000u

struct sd_card {
	uint32_t cid[4];
	uint32_t rca;			/* in its upper half */
	uint64_t sectors;
	uint32_t hz;			/* of the clock, without `slower` */
	bool is_block_addressed;	/* SDHC, SDXC: by sectors, not bytes */
	bool has_count;			/* takes CMD23 */
	bool is_wide, is_high_speed;
	bool is_read_only;
};

/* Status bits of an R1 answer (4.10.1) */
#define SD_S_OUT_OF_RANGE	(1u << 31)
#define SD_S_LOCKED		(1u << 25)
#define SD_S_ERRORS		0xfdf98008u
#define SD_S_READY		(1u << 8)
#define SD_S_APP		(1u << 5)
#define SD_STATE(status)	((status) >> 9 & 15)
#define SD_STATE_TRAN		4u
#define SD_STATE_PRG		7u

/* Begins with a reset of the controller. `slower`: the clock is divided by 2 to this power. */
void sd_card_begin(struct sd_card *card, uint32_t slower);
/* The operation has ended with these errors: begins the next one. True: the list has ended,
 * and `why` is NULL or the reason why there is no card. */
bool sd_card_next(uint32_t errors, const char **why);

#endif
