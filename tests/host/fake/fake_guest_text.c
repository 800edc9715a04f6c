/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime's formatted text and checksums for guests' code under test; its printf() and
 * the C library's names are out of the way.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define printf(...)	guest_printf(__VA_ARGS__)
#define memset	guest_memset
#define memcpy	guest_memcpy
#define memmove	guest_memmove
#define memcmp	guest_memcmp
#define strlen	guest_strlen
#define strcmp	guest_strcmp
#define strncmp	guest_strncmp
#include "guests/lib/printf.c"
#include "guests/lib/string.c"

void console_write(const char *bytes, size_t count)
{
	fwrite(bytes, 1, count, stdout);
}
