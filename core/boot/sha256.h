/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4) for images with verify = "sha256" and for the guests'
 * seeds. Boot only.
 */
#ifndef CORE_BOOT_SHA256_H
#define CORE_BOOT_SHA256_H

#include <hv/types.h>

#define SHA256_SIZE	32

void sha256(const void *data, uint64_t size, uint8_t digest[SHA256_SIZE]);

#endif
