// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory and string functions of EL2, called by everything (the compiler calls
 * memcpy and memset by itself). Copies 64 bytes a round where the alignments agree; to
 * zero much memory is arch_zero()'s task. Plain C, from which the compiler makes load and
 * store pairs, and with the option -fno-tree-loop-distribute-patterns no calls of
 * themselves. Never an unaligned access: they run before the MMU is on too.
 */
#include <lib/string.h>

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD_OFFSET(p)	((uintptr_t)(p) & (sizeof(word_t) - 1))

/* Right for overlapping ranges too when to < from (memmove() relies on it): a round
 * loads before it stores. */
void *memcpy(void *begin, const void *source, size_t size)
{
	uint8_t *to = begin;
	const uint8_t *from = source;

	if (size >= 16 && WORD_OFFSET(to) == WORD_OFFSET(from)) {
		for (; WORD_OFFSET(to); size--) {
			*to++ = *from++;
		}
		for (; size >= 64; size -= 64, to += 64, from += 64) {
			word_t *d = (word_t *)to;
			const word_t *s = (const word_t *)from;
			word_t a0 = s[0], a1 = s[1], a2 = s[2], a3 = s[3];
			word_t a4 = s[4], a5 = s[5], a6 = s[6], a7 = s[7];

			d[0] = a0, d[1] = a1, d[2] = a2, d[3] = a3;
			d[4] = a4, d[5] = a5, d[6] = a6, d[7] = a7;
		}
		for (; size >= 8; size -= 8, to += 8, from += 8) {
			*(word_t *)to = *(const word_t *)from;
		}
	}
	for (; size; size--) {
		*to++ = *from++;
	}
	return begin;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size; size--, x++, y++) {
		if (*x != *y) {
			return *x - *y;
		}
	}
	return 0;
}

void *memset(void *at, int byte, size_t size)
{
	word_t word = (uint8_t)byte * 0x0101010101010101ull;
	uint8_t *p = at;

	for (; size && WORD_OFFSET(p); size--) {
		*p++ = (uint8_t)byte;
	}
	for (; size >= 8; size -= 8, p += 8) {
		*(word_t *)p = word;
	}
	for (; size; size--) {
		*p++ = (uint8_t)byte;
	}
	return at;
}

size_t strlen(const char *s)
{
	size_t length = 0;

	for (; s[length]; length++) {
	}
	return length;
}
