/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What board.c and board_devices.c share: one search through the board's tree.
 * Nobody else includes this.
 */
#ifndef CORE_BOOT_BOARD_PARTS_H
#define CORE_BOOT_BOARD_PARTS_H

#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>

struct board_search {
	const void *fdt;
	struct board *b;
	struct report *r;
	struct dt_place gic, timer;	/* depth 0: not found */
	int cpus, reserved, chosen, psci;	/* -1: not found */
};

/* Each fills its part of s->b and reports what is missing or wrong. */
void board_read_gic(struct board_search *s);
void board_read_timer(struct board_search *s);
void board_read_uart(struct board_search *s);

#endif
