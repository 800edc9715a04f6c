/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of an SD host controller and of a card in it, for the host's tests of drv_block:
 * sdhci_model.c and sd_transfer_model.c have the controller, sd_memory_model.c memory
 * behind a cache that is not coherent with DMA, sd_card_model.c the card (SD Host Controller
 * 3.00, SD Physical Layer 6.00, Simplified Specifications). Strict: what a driver must not
 * do fails the test. Time passes by accesses, pauses and sleep.
 */
#ifndef SD_MODEL_H
#define SD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_SECTORS	16384u		/* contents that are kept; larger cards are sparse */

enum sd_kind { KIND_SDSC_1, KIND_SDSC_2, KIND_SDHC, KIND_SDXC, KIND_MMC };

struct card_model {
	enum sd_kind kind;
	uint64_t sectors;
	uint32_t serial;		/* in the CID */
	bool has_count, has_high_speed, is_wide;	/* offers CMD23, CMD6, 4 bits */
	bool is_locked, is_protected;	/* by a password; by the CSD */
	bool never_ready;		/* for ACMD41 */
	uint32_t program_us;		/* a block takes so long */
	uint64_t bad_sector;		/* which can't be read or written; 0: none */
	uint64_t rotten_sector;		/* which is taken and then not programmed */

	/* its state */
	uint32_t state, rca, tries, ocr, next_errors;
	bool is_app, is_on_wide, is_on_high_speed;
	uint32_t count, left;		/* CMD23; blocks of the transfer; ~0: until CMD12 */
	uint64_t at;			/* next sector */
	uint64_t busy_until;		/* ns */
	uint64_t *tag;			/* which sector is where in `content`, + 1 */
	uint8_t *content;
	uint32_t commands[64];		/* how often each came */
};

enum fault {				/* what goes wrong */
	FAULT_NONE, FAULT_NO_ANSWER, FAULT_CRC, FAULT_END_BIT, FAULT_INDEX, FAULT_DATA_TIMEOUT,
	FAULT_DATA_CRC, FAULT_DATA_END, FAULT_ADMA, FAULT_STATUS, FAULT_SILENCE, FAULT_BUSY,
	FAULT_COUNT,
};

struct host_model {
	uint32_t version, capabilities;
	bool is_card_seen, is_writable;	/* the slot's switches */
	uint32_t max_hz;		/* of the board's lines; 0: no limit */
	struct card_model *card;	/* in the slot */

	enum fault fault;		/* it comes at the fault_at'th command from now on, */
	uint32_t fault_at, fault_count;	/* and at those after it; ~0: for ever */
	int fault_index;		/* only commands of this index count; -1: all */
	uint32_t fault_hz;		/* and only with clocks above this; 0: all */
	bool is_reset_stuck;		/* a reset does not end */
	uint32_t leaves_at;		/* the card is taken out at this command from now on */

	uint64_t now;			/* ns */
	uint32_t commands, interrupts, data_words, dma_bytes;
	uint64_t longest_pause;
	const char *wrong;		/* the first thing that the driver must not do */
};

extern struct host_model host;
extern uint32_t model_size;		/* of memory, for model_begin(): 64 KiB */
extern uint8_t *model_memory;		/* which DMA reaches */
extern uint8_t *model_far;		/* as large, out of its reach */

void model_begin(struct card_model *card);	/* all as after power-on */
void model_wrong(const char *what);
uint32_t model_clock(void);		/* of the card, Hz */
bool model_is_wide(void), model_is_high_speed(void);
void model_fault(enum fault f, uint32_t at, uint32_t count, int index);
void model_take_out(void);
void model_put_in(struct card_model *card);
void memory_begin(void);
/* What the device sees at this bus address, NULL: nothing. */
uint8_t *device_memory(uint32_t bus, uint32_t size, bool is_written);

struct card_model card_make(enum sd_kind kind, uint64_t sectors, uint32_t serial);
void card_free(struct card_model *c);
void card_power(struct card_model *c);		/* on */
/* A command: false: no answer. `answer` as the controller's registers have it. */
bool card_command(struct card_model *c, uint32_t index, uint32_t argument, uint32_t *answer);
/* A block; false: the card does not give or take it. `now`: ns */
bool card_gives(struct card_model *c, uint8_t *block, uint32_t size);
bool card_takes(struct card_model *c, const uint8_t *block, uint64_t now);
bool card_is_busy(struct card_model *c, uint64_t now);
uint8_t *card_sector(struct card_model *c, uint64_t sector);

#endif
