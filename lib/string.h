/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Freestanding memory and string functions with C's names, because the compiler
 * and libfdt call them by these. Pure: no lock, no state. memmove and the
 * comparisons are boot-only (core/boot/string.c). The host tests use
 * the C library's instead (and test ours under other names).
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);

/*
 * printf without a library: %s %u %x %%, with the lengths l, ll and z, a width below
 * 1000, and either `0` (pad with zeros) or `-` (left aligned) before it. An unknown
 * conversion, as of signed numbers, comes out as its letter.
 *
 * Writes at most `size` bytes, the final NUL among them (always there when size
 * is not 0). Returns the length the text would have without the limit.
 */
int format_v(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
int format_to(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
