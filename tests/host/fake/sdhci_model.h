/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the model of the controller: its state, which sdhci_model.c shows as registers and
 * sd_transfer_model.c moves on.
 */
#ifndef SDHCI_MODEL_H
#define SDHCI_MODEL_H

#include "sd_model.h"
#include "guests/drv_block/sdhci.h"
#include "guests/drv_block/sdhci_regs.h"

#define STATUS_ALL	(SDHCI_ERRORS | 0xffu)

enum stage { NOTHING, REPLY, GIVE, TAKE, DMA, BUSY };

struct controller {
	uint32_t argument, block, command, answer[4], control, clock, status, enable, signal;
	uint32_t adma;
	uint64_t clock_stable_at, reset_at, at, write_at, wake_at;
	enum stage stage;
	uint32_t index, blocks, word;
	uint8_t buffer[2048];
	bool buffer_full, buffer_open, is_woken, is_stuck;
	enum fault fault;
};

extern struct controller r;

void raise_status(uint32_t bits);	/* as far as they are enabled */
void command_write(uint32_t value);	/* a command begins */
uint32_t data_read(void);
void data_write(uint32_t value);
void model_run(void);			/* all that is due by now happens */

#endif
