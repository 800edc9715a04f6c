// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/owner.h. An array that every function looks through from the start: a few
 * records in practice, OWNER_MAX at most.
 */
#include <core/boot/owner.h>
#include <core/system.h>

static struct owner owners[OWNER_MAX];
uint32_t owner_count;

struct owner *owner_overlap(struct range at)
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
	struct owner *o = owner_overlap(at);

	if (!at.size || !is_aligned(at.base | at.size, PAGE_SIZE) ||
	    !range_is_sane(at.base, at.size) || (!o && owner_count == OWNER_MAX)) {
		return SKERRY_INVALID;
	}
	if (o && kind == OWNER_DEVICE && o->kind == kind && o->index == index &&
	    range_holds(o->at, at.base, at.size)) {
		return SKERRY_AGAIN;
	}
	if (o && (kind != OWNER_DEVICE || o->kind != OWNER_UART || o->at.base != at.base ||
		  o->at.size != at.size || index != the_system.console_driver)) {
		return SKERRY_BUSY;
	}
	*(o ? o : &owners[owner_count++]) = (struct owner){ at, (uint8_t)kind, index };
	return SKERRY_OK;
}
