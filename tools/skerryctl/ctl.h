/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skerryctl's own part: what the manager's commands stand on (guests/manager/port.h), by
 * /dev/skerry and a terminal of Linux. Time is the counter's, as in EL2's pages.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>

/* Before all else. `by_keys`: a key ends waiting, where standard input is a terminal. False:
 * there is no such device, and that was said. */
bool ctl_open(bool by_keys);
bool ctl_knows(const char *command);	/* help and log are the manager's alone */

#endif
