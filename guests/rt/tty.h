/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt's records on a console link whose back end it is, where its description has one. No
 * interrupt of the link is open and nothing waits: the beat is not disturbed. The caller
 * polls between beats; a record for which there is no room is dropped whole, and counted.
 */
#ifndef TTY_H
#define TTY_H

#include "guest.h"

/* True: there is such a link. `is_quiet`: until tty_close() records go there only. */
bool tty_open(bool is_quiet);
/* Between beats: looks after the link, all 50 ms thoroughly. Interrupts stay open. */
void tty_poll(uint64_t now);
/* A record, for rt's own console too. */
void tty_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says how many records went out and how many were dropped; later ones are rt's console's. */
void tty_close(void);

#endif
