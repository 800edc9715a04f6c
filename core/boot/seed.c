// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guests' keys, see core/boot/boot.h. key(i) = SHA-256("skerry guest", i, board's
 * seed): no guest can compute another's, nor the board's.
 */
#include <core/core.h>
#include <core/boot/boot.h>

bool seed_guests(struct board *b, uint32_t count)
{
	struct { char label[16]; uint32_t guest, size; uint8_t seed[sizeof(b->seed)]; } from = {
		"skerry guest", 0, b->seed_size, { 0 },
	};

	if (!b->seed_size || b->seed_size > sizeof(b->seed)) {
		return false;
	}
	memcpy(from.seed, b->seed, b->seed_size);
	memset(b->seed, 0, sizeof(b->seed));
	for (; from.guest < count; from.guest++) {
		sha256(&from, sizeof(from), guests[from.guest].seed_key);
	}
	return true;
}
