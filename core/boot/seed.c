// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/seed.h. key(i) = SHA-256(board's seed, "skerry guest", i): no guest can
 * compute another's, nor the board's.
 */
#include <core/core.h>
#include <core/boot/seed.h>
#include <core/boot/sha256.h>

bool seed_guests(struct board *b, uint32_t count)
{
	static const char label[] = "skerry guest";
	uint8_t key[SHA256_SIZE];
	struct sha256 hash;

	if (!b->seed_size || b->seed_size > sizeof(b->seed)) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		sha256_begin(&hash);
		sha256_add(&hash, b->seed, b->seed_size);
		sha256_add(&hash, label, sizeof(label));
		sha256_add(&hash, &i, sizeof(i));
		sha256_end(&hash, key);
		load_set_key(i, key);
	}
	memset(b->seed, 0, sizeof(b->seed));
	return true;
}
