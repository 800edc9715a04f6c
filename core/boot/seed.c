// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guests' keys, see core/boot/boot.h. key(i) = SHA-256("skerry guest", i, board's
 * seed): no guest can compute another's, nor the board's.
 */
#include <core/core.h>
#include <core/boot/boot.h>

void seed_guests(struct board *b, uint32_t count)
{
	struct { char label[16]; uint32_t guest, size; uint8_t seed[sizeof(b->seed)]; } from = {
		"skerry guest", 0, b->seed_size, { 0 },
	};

	memcpy(from.seed, b->seed, sizeof(b->seed));
	memset(b->seed, 0, sizeof(b->seed));
	for (; b->seed_size && from.guest < count; from.guest++) {
		sha256(&from, sizeof(from), guests[from.guest].seed_key);
	}
}
