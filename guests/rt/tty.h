/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt's records on a console link whose back end it is, where its description has one. No
 * interrupt of the link is open and nothing waits: the beat is not disturbed. The caller
 * polls between beats; a record for which there is no room is dropped whole, and counted.
 */
#ifndef TTY_H
#define TTY_H

#include "guest.h"

void tty_open(void);
/* Looks after the link, at most each 50 ms; otherwise costs a comparison. */
void tty_poll(uint64_t now);
/* A record: also printed on rt's own console. */
void tty_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* True: there is a link; how many records went out and how many were dropped. */
bool tty_counts(uint64_t *sent, uint64_t *dropped);

#endif
