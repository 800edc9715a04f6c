/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of lib/string.h that nothing resident uses: libfdt's and boot's.
 */
#include <lib/string.h>

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		return memcpy(to, from, size);
	}
	while (size-- > 0) {	/* rare: by bytes, from the end */
		((uint8_t *)to)[size] = ((const uint8_t *)from)[size];
	}
	return to;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++) {
		if (*a != *b || !*a) {
			return (uint8_t)*a - (uint8_t)*b;
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }
