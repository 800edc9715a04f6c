/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout of the image "system" as numbers: skerry-check writes it and EL2 reads it.
 * Compiled for the host (tests/host/test_abi.c) and for EL2 (its debug build).
 */
#ifndef ORACLE_LAYOUT_H
#define ORACLE_LAYOUT_H

#include <core/system.h>

_Static_assert(sizeof(struct sys_segment) == 64 && sizeof(struct sys_device) == 376 &&
	       sizeof(struct sys_guest) == 3920 && sizeof(struct sys_window) == 48 &&
	       sizeof(struct sys_link) == 80 && sizeof(struct sys_core) == 400 &&
	       offsetof(struct system, guest) == 3240 &&
	       offsetof(struct sys_guest, device) == 736 &&
	       sizeof(struct system) == 40 + 8 * 400 + 16 * 3920 + 32 * (48 + 80) + 512 + 1024,
	       "layout of the image \"system\": a change needs another SYS_VERSION");

#endif
