/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skerry-check --board. `fdt`: fdt_totalsize() bytes are there. Prints messages
 * and the table to `out`; 0: Skerry can run on it, 1: something essential is
 * missing or damaged.
 */
#ifndef TOOLS_BOARD_PRINT_H
#define TOOLS_BOARD_PRINT_H

#include <stdio.h>
#include <core/boot/boot.h>

/* What a board can do without, but who prepares it should know: warnings. After
 * board_discover(), which does not tell. */
void board_advise(const void *fdt, const struct board *b, struct report *r);
int board_print(FILE *out, const void *fdt);

#endif
