/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello: the smallest guest that does something; its boot arguments make it
 * stop, restart or crash in every way that the tests want.
 */
#include "guest.h"

void guest_main(void)
{
	printf("hello from %s, life %lu, at %lu ns\n", guest_name(), guest_life(),
	       ticks_to_ns(time_now()));
}
