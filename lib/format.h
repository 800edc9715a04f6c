/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf without a library: %s %u %x %%, with the lengths l, ll and z, a width below
 * 1000, and either `0` (pad with zeros) or `-` (left aligned) before it. An unknown
 * conversion, as of signed numbers, comes out as its letter.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `size` bytes, the final NUL among them (always there when size
 * is not 0). Returns the length the text would have without the limit. */
int format_v(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
int format_to(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
