/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SD host controller (SD Host Controller Simplified Specification 3.00 and 4.20), by
 * 32-bit register accesses only. One operation at a time: a reset, a clock, a pause or a
 * command with its data is begun, and sdhci_poll() says when it has ended. Nothing here waits
 * longer than some microseconds. Pure C above sd_port.h. Called by sd_card.c and sd_queue.c.
 */
#ifndef DRV_BLOCK_SDHCI_H
#define DRV_BLOCK_SDHCI_H

#include "sd_port.h"

/* How an operation ended: 0 is well. Bits 0 to 15 are those of the Error Interrupt Status
 * register (2.2.18). */
#define SD_E_NO_ANSWER	(1u << 0)	/* command timeout */
#define SD_E_LATE	(1u << 16)	/* the controller did not end it in time */
#define SD_E_STUCK	(1u << 17)	/* a line is still in use: the command was not sent */
#define SD_E_CARD	(1u << 18)	/* the card's answer says so: sd_card.c, sd_queue.c */

enum sd_reply {			/* SD Physical Layer, 4.9; with what is to be checked */
	SD_R0, SD_R1, SD_R1B, SD_R2, SD_R3, SD_R6, SD_R7,
};

struct sd_data {
	const struct vqv_part *part;	/* where the data is or goes: */
	uint32_t part_count;
	uint32_t skip;			/* behind so many bytes of the parts */
	uint32_t block_size, blocks;
	bool is_write, by_dma;
};

struct sd_command {
	uint8_t index;
	uint8_t reply;			/* enum sd_reply */
	uint32_t argument;
	const struct sd_data *data;	/* NULL: none. It stays until the command has ended */
};

struct sd_host_info {		/* of the controller, after sdhci_open() */
	bool has_dma, has_high_speed, is_one_bit;
	uint32_t base_hz;
};

/* The controller is there: its capabilities. Nothing is begun. */
void sdhci_open(const struct sd_wiring *w);
const struct sd_host_info *sdhci_info(void);

/* Operations. None may be under way. */
void sdhci_reset_all(void);			/* also: bus power off, no interrupts */
void sdhci_reset_lines(void);			/* command and data circuits */
void sdhci_power(void);				/* 3.3 V; ends when the card has it */
void sdhci_clock(uint32_t hz);			/* at most so much */
void sdhci_pause(uint32_t us);
void sdhci_command(const struct sd_command *c);
/* A transfer of `d` by DMA can begin: so many of its blocks, perhaps fewer than asked;
 * 0: none, use PIO. After the command has ended: sdhci_dma_end(). */
uint32_t sdhci_dma_begin(const struct sd_data *d);
void sdhci_dma_end(const struct sd_data *d);

/* True: the operation has ended, or there is none. `errors`: SD_E_ bits. */
bool sdhci_poll(uint32_t *errors);
/* The answer to the last command: word 0 is bits 39..8 of a short one; a long one's bits
 * 127..8 begin at bit 0 of word 0. */
uint32_t sdhci_answer(uint32_t word);

void sdhci_set_bus(bool is_wide, bool is_high_speed);
bool sdhci_has_card(void);		/* where it can be seen, else true */
bool sdhci_card_left(void);		/* was it gone since the last time? */
bool sdhci_is_protected(void);		/* by the switch */

/* Opens the interrupts that the operation waits for, and sees to being woken in time. True:
 * there is something to do at once. */
bool sdhci_before_sleep(void);
/* The controller's interrupt: closes it until then. */
void sdhci_interrupt(void);

#endif
