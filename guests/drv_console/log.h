/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the ring of console output that comes through EL2 (struct skerry_log). EL2 writes
 * on while it is read: a record counts only if it was still whole after the copy. Runs on
 * the host under test.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/info.h>

#define LOG_OWN		0xffu	/* a record's guest: EL2 itself */

struct log {
	const struct skerry_log *from;
	uint64_t tail;		/* read up to here */
	uint64_t lost;		/* bytes, for the caller to clear */
	uint64_t dropped;	/* EL2's count, as far as it is in `lost` */
};

struct log_record {
	uint8_t guest;
	uint8_t count;		/* 0: the guest has stopped */
	uint8_t bytes[255];
};

/* From now on: what is written after this call. */
void log_open(struct log *l, const struct skerry_log *from);
bool log_read(struct log *l, struct log_record *r);	/* false: nothing there */
int log_next(const struct log *l);	/* whose record comes next; -1: nothing there */

#endif
