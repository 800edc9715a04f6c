/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a debug build the page-owner records stay after boot, for the oracle: this
 * file takes the place of core/boot/owner.c.
 */
#include "../../core/boot/owner.c"
#include "owner.h"

bool owner_check(struct range at, enum owner_kind kind, uint8_t index)
{
	const struct owner *o = is_whole(at) ? owner_overlap(at) : NULL;

	return o && o->kind == kind && o->index == index && range_holds(o->at, at.base, at.size);
}

bool owner_may_map(struct range at, uint8_t index, enum s2_kind kind)
{
	if (kind == S2_RAM) {
		return owner_check(at, OWNER_GUEST, index);
	}
	if (kind == S2_DEVICE) {
		return owner_check(at, OWNER_DEVICE, index) ||
		       owner_check(at, OWNER_DEVICE, OWNER_EVERY);
	}
	return owner_check(at, OWNER_HV, 0);	/* S2_READ_ONLY: a page that EL2 publishes */
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
