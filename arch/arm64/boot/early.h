/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What entry.S and the C of arch/arm64/boot share.
 */
#ifndef EARLY_H
#define EARLY_H

#include <hv/types.h>
#include <abi/layout.h>

#define CPU_STACK_STRIDE	(8192 + PAGE_SIZE)	/* entry.S: guard page and stack */

struct board;

extern char cpu_stacks[];

/* Called by entry.S, MMU off: EL2's tables. `image`, `tree` physical. */
void early_map(uint64_t image, uint64_t tree);
/* With the MMU on: the 2 MiB behind those that the tree begins in. */
void map_tree_end(uint64_t tree);
/* Called by entry.S with the MMU on. `level`: CurrentEL's encoding. */
void boot_main(uint64_t tree, uint64_t image, uint64_t entry_ticks, uint64_t level)
	__attribute__((noreturn));
unsigned secondary_find(uint64_t mpidr);
void secondary_main(void) __attribute__((noreturn));
void secondary_entry(void);

/* Physical address of something in the image. */
struct pa image_pa(const void *at);
void mmu_boot_init(uint64_t image);
/* Map whole pages in tables of 39 bits, in the largest blocks that alignment allows.
 * 0, or SKERRY_INVALID: something is mapped there already. */
int pt_map(uint64_t *root, uint64_t at, uint64_t to, uint64_t size, uint64_t attributes) nodiscard;
/* Map a device's registers at one of mmu.h's slots: whole pages. */
void mmu_map_device(uint64_t va, struct pa at, uint64_t size);
/* Map the page of a spin table, uncached. */
void *mmu_map_spin_page(struct pa at);
/* Traps and stage-2 control of the calling core. */
void cpu_boot_init(unsigned index);
/* Start all other cores and wait for them. */
void cpus_start(const struct board *b);
/* What the firmware offers, into `firmware` (core/smccc.h); id_registers. */
void firmware_boot(void);
void idregs_boot(const struct board *b);
/* The distributor, by the boot core: all SPIs off. Then each core: CPU interface,
 * hypervisor interface, EL2's own PPIs and SGIs. */
void gic_boot(const struct board *b);
void gic_cpu_boot(void);

#endif
