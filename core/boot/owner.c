// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/owner.h. An array that every function looks through from the start: a few
 * records in practice, OWNER_MAX at most.
 */
#include <abi/errors.h>
#include <core/boot/owner.h>

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

bool owner_pass(struct range at, uint8_t index)
{
	const struct owner *o = owner_overlap(at);

	if (!o || o->kind != OWNER_HV || o->at.base != at.base || o->at.size != at.size) {
		return false;
	}
	owners[o - owners] = (struct owner){ at, OWNER_DEVICE, index };
	return true;
}

int owner_add(struct range at, enum owner_kind kind, uint8_t index)
{
	if (!is_whole(at) || owner_count == OWNER_MAX) {
		return SKERRY_INVALID;
	}
	if (owner_overlap(at)) {
		return SKERRY_BUSY;
	}
	owners[owner_count++] = (struct owner){ at, (uint8_t)kind, index };
	return SKERRY_OK;
}
