// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256 as FIPS 180-4 has it, plain C, no more than 64 bytes of the data at a
 * time. Boot only; pure.
 */
#include <core/boot/boot.h>
#include <lib/string.h>

static const uint32_t first[8] = {	/* 5.3.3 */
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
	0x5be0cd19,
};

static const uint32_t constant[64] = {	/* 4.2.2 */
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v >> by | v << (32 - by);
}

/* 6.2.2: one block of 64 bytes, any alignment */
static void add_block(uint32_t state[8], const uint8_t *p)
{
	uint32_t w[64], s[8];

	for (unsigned i = 0; i < 16; i++, p += 4) {
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	}
	for (unsigned i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t e = s[4], a = s[0];
		uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & s[5]) ^ (~e & s[6])) + constant[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		s[7] = s[6], s[6] = s[5], s[5] = e, s[4] = s[3] + t1;
		s[3] = s[2], s[2] = s[1], s[1] = a, s[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++) {
		state[i] += s[i];
	}
}

void sha256(const void *data, uint64_t size, uint8_t digest[SHA256_SIZE])
{
	const uint8_t *p = data;
	uint64_t rest = size % 64, tail_size = rest < 56 ? 64 : 128;
	uint8_t tail[128] = { 0 };		/* 5.1.1: the last bytes, a one, the size in bits */
	uint32_t state[8];

	memcpy(state, first, sizeof(first));
	for (uint64_t i = 0; i < size / 64; i++, p += 64) {
		add_block(state, p);
	}
	memcpy(tail, p, rest);
	tail[rest] = 0x80;
	for (unsigned i = 0; i < 8; i++) {
		tail[tail_size - 1 - i] = (uint8_t)(size * 8 >> 8 * i);
	}
	for (unsigned i = 0; i < tail_size; i += 64) {
		add_block(state, tail + i);
	}
	for (unsigned i = 0; i < SHA256_SIZE; i++) {
		digest[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
	}
}
