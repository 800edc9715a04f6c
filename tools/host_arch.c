/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of include/hv/arch.h and core that boot code in the host tools asks for.
 */
#include <time.h>
#include <core/system.h>
#include <hv/arch.h>

struct system the_system;	/* for owner.c: no console's driver there */

uint64_t arch_time_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint32_t arch_crc32(uint32_t crc, const void *data, uint64_t size)
{
	const uint8_t *at = data;

	crc = ~crc;
	for (uint64_t i = 0; i < size; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		}
	}
	return ~crc;
}
