/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a debug build the page-owner records stay after boot, for the oracle: this
 * file takes the place of core/boot/owner.c.
 */
#include "../../core/boot/owner.c"
#include <core/guest.h>
#include "owner.h"

static bool is_whole(struct range at)
{
	return at.size && is_aligned(at.base | at.size, PAGE_SIZE) &&
	       range_is_sane(at.base, at.size);
}

bool owner_check(struct range at, enum owner_kind kind, uint8_t index)
{
	const struct owner *o = is_whole(at) ? owner_overlap(at) : NULL;

	return o && o->kind == kind && o->index == index && range_holds(o->at, at.base, at.size);
}

/* In a window of a link that the guest is an end of? Which half, stage 2's tests say. */
static bool is_in_window(struct range at, uint8_t index)
{
	const struct owner *o = is_whole(at) ? owner_overlap(at) : NULL;
	bool is_end = false;

	for (uint32_t i = 0; o && o->kind == OWNER_WINDOW && i < the_system.link_count; i++) {
		const struct sys_link *l = &the_system.link[i];

		is_end |= l->window == o->index && (l->end[SKERRY_FRONT].guest == index ||
						    l->end[SKERRY_BACK].guest == index);
	}
	return is_end && range_holds(o->at, at.base, at.size);
}

bool owner_may_map(struct range at, uint8_t index, enum s2_kind kind)
{
	if (kind == S2_RAM) {
		return owner_check(at, OWNER_GUEST, index) || is_in_window(at, index);
	}
	if (kind == S2_DEVICE) {
		return owner_check(at, OWNER_DEVICE, index) ||
		       owner_check(at, OWNER_DEVICE, OWNER_EVERY);
	}
	/* S2_READ_ONLY: a page that EL2 publishes, or the other side's half of a window */
	return owner_check(at, OWNER_HV, 0) || is_in_window(at, index);
}

bool owner_audit(void)
{
	for (uint32_t i = 0; i < owner_count; i++) {
		if (!is_whole(owners[i].at) || owner_overlap(owners[i].at) != &owners[i]) {
			return false;
		}
	}
	return true;
}
