/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Freestanding memory and string functions with C's names, because the compiler
 * and libfdt call them by these. Pure: no lock, no state. memmove and the
 * comparisons are boot-only (core/boot/string.c). The host tests use
 * the C library's instead (and test ours under other names).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
