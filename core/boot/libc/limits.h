/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libfdt's header wants of <limits.h>, in EL2 only.
 */
#ifndef LIBC_LIMITS_H
#define LIBC_LIMITS_H

#define INT_MAX		__INT_MAX__
#define INT_MIN		(-INT_MAX - 1)
#define UINT_MAX	(2u * INT_MAX + 1)
#define LONG_MAX	__LONG_MAX__
#define ULONG_MAX	(2ul * LONG_MAX + 1)

#endif
