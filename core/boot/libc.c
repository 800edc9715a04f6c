// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the packaged libfdt wants of a C library beyond lib/string.c. Boot-only,
 * as libfdt is: nothing resident may call these.
 */
#include <string.h>
#include <core/console.h>

/* The library is compiled with a stack protector; our own code is not. */
uintptr_t __stack_chk_guard = 0x5f3759df00ff0a0d;

void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail(void) { panic("stack overwritten in libfdt"); }

void *memchr(const void *at, int byte, size_t size)
{
	const uint8_t *p = at, *end = p + size;

	while (p < end && *p != (uint8_t)byte) {
		p++;
	}
	return p < end ? (void *)(uintptr_t)p : NULL;
}

size_t strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, 0, max);

	return end ? (size_t)(end - s) : max;
}

char *strrchr(const char *s, int c)
{
	const char *p = s + strlen(s);

	while (p > s && *p != (char)c) {
		p--;
	}
	return *p == (char)c ? (char *)(uintptr_t)p : NULL;
}
