// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ring of console output; see log.h.
 */
#include "log.h"

#define RECORD_MAX	257u

static uint64_t head_of(const struct log *l)
{
	return __atomic_load_n(&l->from->head, __ATOMIC_ACQUIRE);
}

static uint8_t byte_at(const struct log *l, uint64_t at)
{
	return ((const volatile uint8_t *)l->from->ring)[at & (SKERRY_LOG_SIZE - 1)];
}

void log_open(struct log *l, const struct skerry_log *from)
{
	l->from = from;
	l->tail = head_of(l);
	l->lost = 0;
	l->dropped = l->from->dropped;
}

/* The bytes at `tail` may be, or have been, written over: EL2 may be busy with the record
 * that begins at `head`. */
static bool is_stale(struct log *l)
{
	uint64_t head;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	head = head_of(l);
	if (head - l->tail <= SKERRY_LOG_SIZE - RECORD_MAX) {
		return false;
	}
	l->lost += head - l->tail;
	l->tail = head;
	return true;
}

bool log_read(struct log *l, struct log_record *r)
{
	uint64_t dropped = *(const volatile uint64_t *)&l->from->dropped;

	l->lost += dropped - l->dropped;
	l->dropped = dropped;
	do {
		if (head_of(l) == l->tail) {
			return false;
		}
		r->guest = byte_at(l, l->tail);
		r->count = byte_at(l, l->tail + 1);
		for (uint32_t i = 0; i < r->count; i++) {
			r->bytes[i] = byte_at(l, l->tail + 2 + i);
		}
	} while (is_stale(l));
	l->tail += 2u + r->count;
	return true;
}

int log_next(const struct log *l)
{
	return head_of(l) == l->tail ? -1 : byte_at(l, l->tail);
}
