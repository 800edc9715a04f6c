/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the SD disk: its requests and what is under way (sd_queue.c), and what is done
 * after an error or when the card has gone (sd_mend.c).
 */
#ifndef DRV_BLOCK_SD_QUEUE_H
#define DRV_BLOCK_SD_QUEUE_H

#include "disk.h"
#include "sd_card.h"

enum sd_state {
	SD_IDLE,
	SD_IDENTIFY,			/* the card, from the begin */
	SD_COUNT, SD_MOVE, SD_STOP,	/* CMD23, the transfer, CMD12 */
	SD_STATUS, SD_STATUS_PAUSE,	/* CMD13 until it has programmed */
	SD_LINES, SD_ABORT, SD_LINES_AGAIN,	/* after an error: resets and CMD12 */
	SD_LOOK, SD_LOOK_PAUSE,		/* CMD13: is it there, and in which state? */
	SD_SPEED,			/* another clock */
	SD_SAME,
};

struct sd_mend {			/* what was tried for the request under way */
	uint32_t tries;			/* since something worked */
	uint32_t errors;		/* in all */
	uint32_t looks, pauses;		/* at the card, since the last error */
	uint32_t identified;
	uint32_t last;			/* SD_E_ bits of the last error */
	bool is_single;			/* blocks, one by one, by PIO */
};

struct sd_request {
	uint32_t source, type;		/* BLK_T_IN, _OUT, _FLUSH */
	uint64_t sector;
	uint32_t count, bytes;
	uint8_t status;
	uint32_t moved;			/* of a request that waits for its turn */
	struct sd_mend mend;
	struct vqv_part part[REQUEST_SEGMENTS];
};

struct sd_queue {
	struct sd_wiring wiring;
	struct sd_card card, known;	/* known: the card that the volumes are on */
	bool is_known, is_in;		/* is_in: requests can be done */
	uint64_t next_try;		/* not in: before this time nothing is tried */
	const char *why;		/* and why it is not */
	uint32_t slower;		/* halvings of the clock */
	uint32_t slower_before;		/* before the request under way had errors */
	enum sd_state state;
	bool has_more;
	bool is_broken;			/* its DMA can't be ended: a restart is needed */

	int current;			/* slot of the request under way, -1: none */
	uint32_t moved;			/* bytes of it that are done */
	uint32_t pauses;
	struct sd_data data;		/* of its transfer */
	struct sd_mend mend;
	uint64_t turn, turn_of[DISK_SOURCES];	/* numbers of turns: now, of each source's last */
	uint32_t turn_blocks;		/* moved in this one */

	struct sd_request request[DISK_SLOTS];
	uint8_t free[DISK_SLOTS], done[DISK_SLOTS];	/* slots */
	uint8_t waiting[DISK_SLOTS];	/* in the order in which they came, also `current` */
	uint32_t free_count, waiting_count, done_begin, done_end;
};

extern struct sd_queue q;

/* sd_queue.c: the request under way goes on where it is; it fails. */
enum sd_state sd_go_on(void);
enum sd_state sd_fail_request(void);

/* sd_mend.c */
enum sd_state sd_begin_request(void);	/* a new one, if the card is there */
enum sd_state sd_mend(uint32_t errors);	/* something of it has failed: what is next */
void sd_mend_worked(void);		/* a transfer has succeeded */
void sd_look_at_card(void);		/* has it been taken out? */
void sd_do_identify(void);
enum sd_state sd_end_identify(uint32_t errors);
enum sd_state sd_end_lines(uint32_t errors);
enum sd_state sd_end_abort(uint32_t errors);
enum sd_state sd_end_lines_again(uint32_t errors);
enum sd_state sd_end_look(uint32_t errors);
enum sd_state sd_end_look_pause(uint32_t errors);
void sd_do_speed(void);
enum sd_state sd_end_speed(uint32_t errors);

#endif
