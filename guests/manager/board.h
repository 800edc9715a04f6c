/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guests that the manager may manage, as EL2's statistics pages show them, and the
 * words for what they hold.
 */
#ifndef BOARD_H
#define BOARD_H

#include "port.h"

struct member {
	bool is_ours;			/* the description gives us `control` over it */
	int64_t result;			/* of the last STATS; OK: `stats` is of then */
	char name[SKERRY_NAME_MAX];
	struct skerry_stats stats;
};

extern struct member board[SKERRY_GUEST_MAX];

/* Who is there. Before anything else; rights do not change at run time. */
void board_init(void);
void board_update(void);
bool board_update_one(uint32_t guest);	/* true: `stats` is up to date */
int board_find(const char *name);	/* by name, or by number; -1 */
const char *board_name(uint32_t guest);	/* "guest 3" for one that is not ours */

struct usage {				/* of all vCPUs and ports, since boot */
	uint64_t run, stolen, idle, exits[SKERRY_EXIT_CAUSES], exit_sum, notified;
};

void usage_of(const struct skerry_stats *s, struct usage *u);
void usage_since(struct usage *u, const struct usage *before);
uint64_t usage_time(const struct usage *u);	/* run, stolen and idle together */
const char *text_cores(const struct skerry_stats *s);	/* "2-3", "0,4" */
const char *text_policy(const struct skerry_stats *s);	/* "static"; of several: "mixed" */

const char *word_state(uint32_t state);
const char *word_policy(uint32_t policy);
const char *word_exit(uint32_t cause);
const char *word_link(uint32_t type);
const char *word_result(int64_t result);	/* a call's error, for people */

#endif
