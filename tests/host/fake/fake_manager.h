/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Below the manager's commands, for tests: a hypervisor with guests whose pages are here,
 * a terminal, and all that was written since fake_clear().
 */
#ifndef FAKE_MANAGER_H
#define FAKE_MANAGER_H

#include "fake_terminal.h"
#include "guests/manager/port.h"

#define FAKE_HZ		1000000ull

struct fake_manager {
	uint16_t controlled;		/* mask: CONTROL is allowed */
	bool has_stats;			/* the call, and the pages */
	struct skerry_stats page[SKERRY_GUEST_MAX];
	uint16_t has_record;
	struct skerry_crash record;	/* of each of these */
	const struct skerry_log *log;
	uint32_t columns;
	uint64_t now, keys;		/* keys: port_wait() finds one from then on; 0: never */
	uint64_t steps;			/* calls of STATS so far */
	void (*on_stats)(uint32_t guest);
	int64_t answer;			/* CONTROL's, and what it was asked */
	uint32_t guest, operation, asked;
	char out[1 << 20];
	uint32_t count;
	struct terminal terminal;
};

extern struct fake_manager fake;

/* Three guests, manager's control over rt (1) and linux (4), both running. */
void fake_reset(void);
void fake_clear(void);

#endif
