/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's side of a link, the real one of pv/, for host tests of guests' code: that has
 * types of the same names, so nothing of EL2's headers may be seen here. Guest 0 is
 * the front end of port 0, a block device with a split window of 2 MiB; guest 1 serves it.
 */
#ifndef PV_PEER_H
#define PV_PEER_H

#include <stdbool.h>
#include <stdint.h>

#define PEER_FRONT	0
#define PEER_BACK	1
#define PEER_PORT	0
#define PEER_BASE	0x20000000ull	/* of the window in the front end */
#define PEER_SIZE	(2ull << 20)
#define PEER_QUEUES	2		/* of 16 entries, as peer_up() sets them up */
#define PEER_ENTRIES	16

extern uint8_t *const peer_window;	/* the window, then the back end's page */

void peer_reset(void);
void peer_start(unsigned guest);
void peer_stop(unsigned guest, bool will_restart);	/* then peer_stop_step() till true */
bool peer_stop_step(unsigned guest);
int64_t peer_message(unsigned guest, void *message);	/* 128 bytes: request, then answer */
bool peer_event(unsigned guest, uint32_t *bits);	/* of PEER_PORT */
void peer_up(void);			/* the front end's driver, from status 0 to DRIVER_OK */
int64_t peer_status(int64_t set);	/* the front end's: after setting it, if 0 or more */
unsigned peer_forced(unsigned guest);	/* how often EL2 took it as crashed */

#endif
