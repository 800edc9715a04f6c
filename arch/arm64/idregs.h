/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ID registers as guests see them: op1 0, CRn 0, CRm 4..7, op2 0..7. Filled
 * by idregs_boot() from the boot core's, less what is hidden; read-only after.
 */
#ifndef IDREGS_H
#define IDREGS_H

#include <hv/types.h>

struct board;
extern uint64_t id_registers[4][8];

void idregs_boot(const struct board *b);	/* boot only */

#endif
