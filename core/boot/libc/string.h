/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libfdt's header and library want of <string.h>, in EL2 only (on the
 * include path of EL2's build and of nothing else). Those not in lib/string.h
 * are boot-only: core/boot/libc.c.
 */
#pragma once

#include <lib/string.h>

void *memchr(const void *at, int byte, size_t size);
char *strrchr(const char *s, int c);
size_t strnlen(const char *s, size_t max);
