// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256 against NIST's examples (FIPS 180-4; CAVP short and long messages) and
 * against itself with the message in pieces.
 */
/* sources: core/boot/sha256.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <core/boot/sha256.h>

static const char *hash(const void *data, uint64_t size, uint64_t piece)
{
	static char hex[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct sha256 s;

	sha256_begin(&s);
	for (uint64_t at = 0; at < size; at += piece) {
		sha256_add(&s, (const uint8_t *)data + at, min_u64(piece, size - at));
	}
	sha256_end(&s, digest);
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
		assert_string_equal(hash(vectors[i].message, strlen(vectors[i].message), 1000),
				    vectors[i].digest);
	}
}

static void a_million_letters(void **state)
{
	static char a[1000000];

	memset(a, 'a', sizeof(a));
	assert_string_equal(hash(a, sizeof(a), sizeof(a)),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_string_equal(hash(a, sizeof(a), 999),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_make_no_difference(void **state)
{
	char whole[2 * SHA256_SIZE + 1];
	uint8_t data[300];

	for (unsigned i = 0; i < sizeof(data); i++) {
		data[i] = (uint8_t)(i * 31);
	}
	for (unsigned size = 0; size < sizeof(data); size++) {
		strcpy(whole, hash(data, size, sizeof(data)));
		for (unsigned piece = 1; piece < 130; piece += 7) {
			assert_string_equal(hash(data, size, piece), whole);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_vectors),
		cmocka_unit_test(a_million_letters),
		cmocka_unit_test(pieces_make_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
