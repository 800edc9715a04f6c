/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What entry.S and the C of arch/arm64/boot share.
 */
#pragma once

#include <core/boot/boot.h>
#include "../gic.h"

/* EL2's stage 1, what only boot maps */
#define PTE_CODE	(PTE_ATTR(MAIR_NORMAL) | PTE_AP1 | PTE_READ_ONLY | PTE_INNER | PTE_AF)
#define PTE_RODATA	(PTE_CODE | PTE_XN)
#define PTE_UNCACHED	(PTE_ATTR(MAIR_UNCACHED) | PTE_AP1 | PTE_AF | PTE_XN)

extern char boot_stack[];
extern char cpu_stacks[SKERRY_CPU_MAX][PAGE_SIZE + 8192];	/* each: a guard page, the stack */

/* Called by entry.S, MMU off: EL2's tables. `image` physical. */
void early_map(uint64_t image);
/* Called by entry.S with the MMU on; `tree` physical. */
void boot_main(uint64_t tree, uint64_t entry_ticks) __attribute__((noreturn));
struct pcpu *secondary_find(void);
void secondary_main(struct pcpu *p) __attribute__((noreturn));
void secondary_entry(void);

/* Map a device's registers at one of mmu.h's slots: whole pages. */
void mmu_map_device(uint64_t va, struct pa at, uint64_t size);
/* Traps and stage-2 control of the calling core. */
void cpu_boot_init(struct pcpu *p);
/* Start all other cores and wait for them. */
void cpus_start(const struct board *b);
/* What the firmware offers, into `firmware` (core/exit.h); id_registers. */
void firmware_boot(void);
void idregs_boot(const struct board *b);
/* The distributor, by the boot core: all SPIs off. Then each core: CPU interface,
 * hypervisor interface, EL2's own PPIs and SGIs. */
void gic_boot(const struct board *b);
void gic_cpu_boot(void);
