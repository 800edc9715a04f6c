/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfdt's header includes <limits.h>; nothing of it is used in EL2.
 */
