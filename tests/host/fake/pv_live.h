/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Set-ups for tests of pv/ with its links' static state: all guests up, and further the
 * disk's driver at work. Included once by a test.
 */
#ifndef PV_LIVE_H
#define PV_LIVE_H

#include "pv_machine.h"
#include <cmocka.h>
#include "../../../pv/link.c"		/* its static state is reset for each test */

static int begin(void **state)
{
	(void)state;
	machine_reset();
	memset(next_port, 0, sizeof(next_port));
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct pv_link){ .lock = LOCK_INIT(LOCK_LINK) };
	}
	for (unsigned i = 0; i < GUESTS; i++) {
		machine_start(i);
	}
	return 0;
}

static void offer_disk(void)
{
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &disk_offer, 32), SKERRY_OK);
}

static int begin_live(void **state)
{
	begin(state);
	offer_disk();
	disk_up();
	for (unsigned i = 0; i < GUESTS; i++) {
		(void)events_of(i, 0);
	}
	return 0;
}

#endif
