/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvtest: one image, several roles, chosen by the boot arguments:
 *   tester      tests links with the help of a servant (link "ctl"), over several lives
 *   servant     does what the tester asks for; with "stubborn" acknowledges nothing
 *   serve       a back end of block devices and consoles that may die or lie
 *   load        work for it, checked; may die
 *   foreign     our drivers against the board's own virtio devices
 *   idle        nothing, for ever
 */
#include "pvtest.h"

void guest_main(void)
{
	steps_begin(NULL);
	link_init();
	if (arg_has("tester")) {
		tester_run();
	} else if (arg_has("servant")) {
		servant_run();
	} else if (arg_has("serve")) {
		serve_run();
	} else if (arg_has("load")) {
		load_run();
	} else if (arg_has("foreign")) {
		foreign_run();
	}
	while (arg_has("idle")) {
		wfi();
	}
}
