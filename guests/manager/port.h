/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the manager's commands stand on: the terminal, time, and EL2's calls and pages.
 * port.c is the guest's; tests on the host have one of their own. Results are those of
 * abi/errors.h.
 */
#ifndef PORT_H
#define PORT_H

#include "../lib/guest.h"
#include <abi/crash.h>
#include <abi/info.h>
#include <abi/stats.h>

void port_write(const char *bytes, size_t count);	/* to the terminal, all of it */
/* Until `us` have passed or a key was typed; true: there is one. */
bool port_wait(uint64_t us);
void port_drop_keys(void);		/* what is typed by now is not read */
uint32_t port_columns(void);		/* of the terminal, for a line of ours; 0: not known */

uint64_t port_now(void);		/* ticks */
uint64_t port_hz(void);			/* ticks a second */
uint64_t port_begin(void);		/* when EL2 began */

int64_t port_control(uint32_t guest, uint32_t operation);
int64_t port_stats(uint32_t guest);	/* brings its page up to date */
const struct skerry_stats *port_page(uint32_t guest);	/* NULL: there is none */
int64_t port_crash_read(uint32_t guest, uint32_t offset, uint64_t words[16]);
const struct skerry_log *port_log(void);		/* NULL: not for this guest */

#endif
