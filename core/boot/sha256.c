// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256 (FIPS 180-4) by the packaged libmd: images with verify = "sha256", and the guests'
 * keys. Boot-only, as the library is.
 */
#include <core/boot/boot.h>
#include <sha2.h>

void sha256(const void *data, uint64_t size, uint8_t digest[SHA256_SIZE])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, data, size);
	SHA256Final(digest, &context);
}
