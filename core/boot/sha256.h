/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4) for images with verify = "sha256" and for the guests'
 * seeds. Boot only.
 */
#ifndef CORE_BOOT_SHA256_H
#define CORE_BOOT_SHA256_H

#include <hv/types.h>

#define SHA256_SIZE	32

struct sha256 {
	uint32_t state[8];
	uint64_t size;		/* bytes so far */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, uint64_t size);
void sha256_end(struct sha256 *s, uint8_t digest[SHA256_SIZE]);

#endif
