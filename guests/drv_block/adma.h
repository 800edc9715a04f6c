/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ADMA2 for sdhci.c: descriptors of one transfer, with cache maintenance, as the controller
 * is not coherent. A block goes straight to or from memory if it lies in one part at the
 * begin of a cache line; any other goes through a buffer here, so that a line is never
 * half the device's and half the CPU's.
 */
#ifndef DRV_BLOCK_ADMA_H
#define DRV_BLOCK_ADMA_H

#include "sdhci.h"

#define ADMA_DESCRIPTORS	256u
#define ADMA_BUFFER_BLOCKS	64u
#define ADMA_RUN_MAX		65024u	/* bytes a descriptor: 127 blocks of 512 */

/* False: its own memory can't be reached by the controller. */
bool adma_open(void);
uint32_t adma_table(void);		/* its bus address */
/* Sets the table up for a transfer. How many blocks it covers: perhaps fewer than asked. */
uint32_t adma_begin(const struct sd_data *d);
/* The transfer of d->blocks blocks has ended, well or not: what was read is in the parts. */
void adma_end(const struct sd_data *d);

#endif
