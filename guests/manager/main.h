/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the manager's main loop and port.c only.
 */
#ifndef MAIN_H
#define MAIN_H

#include <stdbool.h>
#include <stdint.h>

bool port_open(void);		/* the terminal; before all else. False: it can't be had */
uint8_t port_key(void);		/* the next one, however long that takes */

#endif
