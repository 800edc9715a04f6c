// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/owner.h. A sorted array; every function looks it through from the
 * start: at most OWNER_MAX records, and only boot, a panic and the debug build's
 * oracle ask.
 */
#include <abi/errors.h>
#include <core/owner.h>

static struct owner owners[OWNER_MAX];
static uint32_t owner_count;

static uint64_t owner_end(const struct owner *o)
{
	return o->at.base + o->at.size;
}

static bool is_whole(struct range at)
{
	return at.size && is_aligned(at.base | at.size, PAGE_SIZE) && range_is_sane(at.base, at.size);
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

const struct owner *owner_of(struct pa at)
{
	return at.v == UINT64_MAX ? NULL : owner_overlap((struct range){ at.v, 1 });
}

int owner_add(struct range at, enum owner_kind kind, uint8_t index)
{
	uint32_t i;

	if (!is_whole(at) || kind == OWNER_NOBODY) {
		return SKERRY_INVALID;
	}
	if (owner_overlap(at)) {
		return SKERRY_BUSY;
	}
	if (owner_count == OWNER_MAX) {
		return SKERRY_NO_MEMORY;
	}
	for (i = owner_count++; i && owners[i - 1].at.base > at.base; i--) {
		owners[i] = owners[i - 1];
	}
	owners[i] = (struct owner){ at, (uint8_t)kind, index };
	return SKERRY_OK;
}

/* Records of one owner may lie side by side. */
bool owner_check(struct range at, enum owner_kind kind, uint8_t index)
{
	uint64_t next = at.base, end = at.base + at.size;

	if (!is_whole(at)) {
		return false;
	}
	for (uint32_t i = 0; i < owner_count && next < end; i++) {
		if (owner_end(&owners[i]) <= next) {
			continue;
		}
		if (owners[i].at.base > next || owners[i].kind != kind || owners[i].index != index) {
			return false;
		}
		next = owner_end(&owners[i]);
	}
	return next >= end;
}

bool owner_may_map(struct range at, uint8_t index, enum s2_kind kind)
{
	switch (kind) {
	case S2_RAM:
		return owner_check(at, OWNER_GUEST, index);
	case S2_DEVICE:
		return owner_check(at, OWNER_DEVICE, index) ||
		       owner_check(at, OWNER_DEVICE, OWNER_EVERY);
	case S2_READ_ONLY:	/* a page that EL2 publishes */
		return owner_check(at, OWNER_HV, 0);
	}
	return false;
}

bool owner_audit(void)
{
	uint64_t end = 0;

	if (owner_count > OWNER_MAX) {
		return false;
	}
	for (uint32_t i = 0; i < owner_count; i++) {
		const struct owner *o = &owners[i];

		if (!is_whole(o->at) || o->at.base < end || o->kind == OWNER_NOBODY ||
		    o->kind > OWNER_DEVICE) {
			return false;
		}
		end = owner_end(o);
	}
	return true;
}
