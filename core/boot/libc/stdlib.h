/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfdt's header includes <stdlib.h>; nothing of it is used in EL2 (only
 * libfdt's overlays, which are not linked, call strtoul).
 */
