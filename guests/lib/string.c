/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory, strings, checksums, random numbers. Built so that the compiler does
 * not turn these loops into calls of themselves. Works with the MMU off.
 */
#include "guest.h"

void *memset(void *to, int c, size_t n)
{
	uint8_t *p = to;
	uint64_t word = 0x0101010101010101ull * (uint8_t)c;

	while (n && ((uint64_t)p & 7)) {
		*p++ = (uint8_t)c;
		n--;
	}
	for (; n >= 8; n -= 8, p += 8) {
		*(uint64_t *)(void *)p = word;
	}
	while (n--) {
		*p++ = (uint8_t)c;
	}
	return to;
}

/* Both a multiple of 8 away from what is aligned: 32 bytes a turn, by pairs of registers. */
static size_t copy_words(uint64_t *p, const uint64_t *q, size_t n)
{
	size_t left = n;

	for (; left >= 64; left -= 64, p += 8, q += 8) {
		uint64_t a = q[0], b = q[1], c = q[2], d = q[3];
		uint64_t e = q[4], f = q[5], g = q[6], h = q[7];

		p[0] = a;
		p[1] = b;
		p[2] = c;
		p[3] = d;
		p[4] = e;
		p[5] = f;
		p[6] = g;
		p[7] = h;
	}
	for (; left >= 8; left -= 8) {
		*p++ = *q++;
	}
	return n - left;
}

static size_t copy_halves(uint32_t *p, const uint32_t *q, size_t n)
{
	size_t left = n;

	for (; left >= 16; left -= 16, p += 4, q += 4) {
		uint32_t a = q[0], b = q[1], c = q[2], d = q[3];

		p[0] = a;
		p[1] = b;
		p[2] = c;
		p[3] = d;
	}
	for (; left >= 4; left -= 4) {
		*p++ = *q++;
	}
	return n - left;
}

/* Each word out of the two aligned ones around it; reads none that holds no byte of q's. */
static size_t copy_shifted(uint64_t *p, const uint8_t *q, size_t n)
{
	unsigned shift = 8 * ((uint64_t)q & 7);
	const uint64_t *word = (const uint64_t *)(const void *)((uint64_t)q & ~7ull);
	uint64_t low = *word++;
	size_t left = n;

	for (; left >= 8; left -= 8) {
		uint64_t high = *word++;

		*p++ = low >> shift | high << (64 - shift);
		low = high;
	}
	return n - left;
}

void *memcpy(void *to, const void *from, size_t n)
{
	uint8_t *p = to;
	const uint8_t *q = from;
	uint64_t apart = (uint64_t)p ^ (uint64_t)q;
	size_t done = 0;

	while ((apart & 3) && n >= 16 && ((uint64_t)p & 7)) {	/* for copy_shifted() */
		*p++ = *q++;
		n--;
	}

	while (!(apart & 3) && n && ((uint64_t)p & (apart & 7 ? 3 : 7))) {
		*p++ = *q++;
		n--;
	}
	if (!(apart & 7)) {
		done = copy_words((uint64_t *)(void *)p, (const uint64_t *)(const void *)q, n);
	} else if (!(apart & 3)) {
		done = copy_halves((uint32_t *)(void *)p, (const uint32_t *)(const void *)q, n);
	} else if (n >= 16) {
		done = copy_shifted((uint64_t *)(void *)p, q, n);
	}
	for (; done < n; done++) {
		p[done] = q[done];
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	uint8_t *p = to;
	const uint8_t *q = from;

	if (p <= q || p >= q + n) {
		return memcpy(to, from, n);
	}
	while (n--) {
		p[n] = q[n];
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *p = a, *q = b;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != q[i]) {
			return p[i] - q[i];
		}
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
	}
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] || !a[i]) {
			return (uint8_t)a[i] - (uint8_t)b[i];
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
		}
	}
	return ~crc;
}

uint64_t checksum(const void *data, size_t size)
{
	const uint64_t *p = data;
	uint64_t sum = 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < size / 8; i++) {
		sum = (sum << 7 | sum >> 57) + p[i];
		sum ^= sum >> 29;
	}
	return sum;
}

uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dull;
}
