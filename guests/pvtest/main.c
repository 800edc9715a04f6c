/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvtest: one image, several roles, chosen by the boot arguments:
 *   tester      tests links with the help of a servant (link "ctl"), over several lives
 *   servant     does what the tester asks for; with "stubborn" acknowledges nothing
 *   serve       a back end of block devices and consoles that may die or lie
 *   load        work for it, checked; may die
 *   foreign     our drivers against the board's own virtio devices
 *   flood       changes the config bytes of its first link's device, for ever
 *   idle        nothing, for ever
 */
#include "pvtest.h"

/* Each change is one message, and an event for the back end. */
static void flood_run(void)
{
	struct { uint32_t generation, offset, size, value; } c = { 0, 0, 4, 0 };

	for (;;) {
		c.value++;
		if (link_ask(0, SKERRY_MSG_SET_CONFIG, &c, sizeof(c), NULL, 0) == SKERRY_OK) {
			c.generation += 2;
		} else {
			uint32_t ask[2] = { 0, 4 };

			link_ask(0, SKERRY_MSG_GET_CONFIG, ask, sizeof(ask), &c, 4);
		}
	}
}

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
	} else if (arg_has("flood")) {
		flood_run();
	}
	while (arg_has("idle")) {
		wfi();
	}
}
