/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of ctltest; main.c says what its boot arguments choose.
 */
#ifndef CTLTEST_H
#define CTLTEST_H

#include <abi/stats.h>
#include "guest.h"

/* calls.c. By index in the system; find() by name, of those this guest has control over. */
int64_t control(uint64_t guest, uint64_t operation);
int find(const char *name);			/* -1: none */
const struct skerry_stats *stats(int guest);	/* brought up to date */
bool wait_state(int guest, uint32_t state);	/* false: 20 s passed */
bool wait_life(int guest, uint64_t life);	/* and until it runs */

void manage(void);		/* manage.c */
void churn(const char *name);	/* churn.c */
void figures(const char *name);
void kill(const char *name);
void race(const char *name);
void watch(void);		/* watch.c */
void target(void);		/* target.c */

#endif
