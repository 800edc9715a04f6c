/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvtest: one image, several roles, chosen by the boot arguments:
 *   foreign     our drivers against the board's own virtio devices
 */
#include "pvtest.h"

void guest_main(void)
{
	if (arg_has("foreign")) {
		foreign_run();
	}
}
