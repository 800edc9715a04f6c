/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the resident and the boot-only half of EL2's memory map.
 */
#ifndef MMU_PRIVATE_H
#define MMU_PRIVATE_H

#include <hv/types.h>
#include <core/console.h>

extern char hv_image[], boot_end[], boot_bss[], hv_end[];

/* The boot core, running resident code, when no core runs boot code any more:
 * boot-only sections, the board's tree, the load address: unmapped. */
void mmu_forget_boot(void);

#endif
