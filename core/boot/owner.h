/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns which physical range: one record a range, none overlapping.
 * Boot writes them, before the other cores run guests; read-only after, so no lock.
 * What is in no record belongs to nobody and is mapped for nobody.
 */
#pragma once

#include <abi/errors.h>
#include <hv/types.h>

#define OWNER_MAX	128
#define OWNER_EVERY	0xff	/* index: a device frame that every guest gets (GICv2's GICV) */

enum owner_kind {
	OWNER_HV,		/* EL2: image, heap, system image, its devices; index 0 */
	OWNER_UART,		/* EL2's console; the console's driver may have it too */
	OWNER_GUEST,		/* RAM of guest `index` */
	OWNER_DEVICE,		/* registers that guest `index` drives */
	OWNER_WINDOW,		/* window `index` of the system, and its back ends' pages */
};

struct owner {
	struct range at;
	uint8_t kind, index;	/* enum owner_kind */
};

extern uint32_t owner_count;

/* Nobody's -> (kind, index)'s, the whole range or nothing of it. Whole pages.
 * SKERRY_OK; AGAIN: this guest's device registers already; INVALID: empty, wraps, not
 * whole pages, or OWNER_MAX records are there; BUSY: a part has an owner. */
int owner_add(struct range at, enum owner_kind kind, uint8_t index) nodiscard;

/* The first record that [at.base, at.base + at.size) touches, or NULL. `at` sane. */
struct owner *owner_overlap(struct range at);

/* The whole pages that a range touches. */
static inline struct range range_pages(struct range r)
{
	uint64_t base = align_down(r.base, PAGE_SIZE);

	return (struct range){ base, align_up(r.base + r.size, PAGE_SIZE) - base };
}
