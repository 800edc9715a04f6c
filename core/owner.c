// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/owner.h. An array that every function looks through from the start: a few
 * records in practice, OWNER_MAX at most, and only boot and the debug build's
 * oracle ask.
 */
#include <core/core.h>

static struct owner owners[OWNER_MAX];
static uint32_t owner_count;

static bool is_whole(struct range at)
{
	return at.size && is_aligned(at.base | at.size, PAGE_SIZE) &&
	       range_is_sane(at.base, at.size);
}

const struct owner *owner_overlap(struct range at)
{
	for (uint32_t i = 0; i < owner_count; i++) {
		if (range_overlaps(owners[i].at, at)) {
			return &owners[i];
		}
	}
	return NULL;
}

int owner_add(struct range at, enum owner_kind kind, uint8_t index)
{
	if (!is_whole(at)) {
		return SKERRY_INVALID;
	}
	if (owner_overlap(at)) {
		return SKERRY_BUSY;
	}
	if (owner_count == OWNER_MAX) {
		return SKERRY_NO_MEMORY;
	}
	owners[owner_count++] = (struct owner){ at, (uint8_t)kind, index };
	return SKERRY_OK;
}

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
