// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256 against NIST's examples (FIPS 180-4; CAVP short and long messages) and
 * of every length up to 300 bytes.
 */
/* sources: core/boot/sha256.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <core/boot/boot.h>

static const char *hash(const void *data, uint64_t size)
{
	static char hex[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(data, size, digest);
	for (unsigned i = 0; i < SHA256_SIZE; i++) {
		sprintf(hex + 2 * i, "%02x", digest[i]);
	}
	return hex;
}

static void nist_vectors(void **state)
{
	static const struct {
		const char *message, *digest;
	} vectors[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
		{ "\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1" },
	};

	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_string_equal(hash(vectors[i].message, strlen(vectors[i].message)),
				    vectors[i].digest);
	}
}

static void a_million_letters(void **state)
{
	static char a[1000000];

	memset(a, 'a', sizeof(a));
	assert_string_equal(hash(a, sizeof(a)),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Padding of every kind, at every alignment; the figure is Python's hashlib's. */
static void every_length_at_any_alignment(void **state)
{
	static uint8_t digests[300][SHA256_SIZE], data[300 + 8];

	for (unsigned size = 0; size < 300; size++) {
		for (unsigned shift = 0; shift < 8; shift++) {
			uint8_t *copy = malloc(size + shift + 1); /* ASan: not a byte beyond */
			uint8_t digest[SHA256_SIZE];

			for (unsigned i = 0; i < size; i++) {
				copy[shift + i] = data[i] = (uint8_t)(i * 31);
			}
			sha256(copy + shift, size, digest);
			sha256(data, size, digests[size]);
			assert_memory_equal(digest, digests[size], SHA256_SIZE);
			free(copy);
		}
	}
	assert_string_equal(hash(digests, sizeof(digests)),
			    "50bc5e42928c8ca95524abf991def638f5d9442302d12e3e1163eda6f27ad480");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_vectors),
		cmocka_unit_test(a_million_letters),
		cmocka_unit_test(every_length_at_any_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
