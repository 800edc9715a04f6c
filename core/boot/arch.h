/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an architecture provides to core's boot, and what it hands over. Boot
 * only: nothing resident may include this file.
 */
#ifndef CORE_BOOT_ARCH_H
#define CORE_BOOT_ARCH_H

#include <core/boot/board.h>
#include <hv/arch.h>

#define BOOT_HEAP_SIZE		BLOCK_SIZE

struct boot {
	const void *tree;		/* the board's, mapped read-only */
	struct range tree_at;		/* it begins there; so many bytes from there are mapped */
	struct range image;		/* skerry.bin with its zeroed memory, physical */
	uint64_t level;			/* exception level at entry; nothing of EL2 works but at 2 */
	uint64_t entry_ticks;		/* arch_time_now() at the first instruction */
	struct board board;		/* from here on core_boot()'s */
	const void *system_fdt;
	struct range taken[8];		/* not for guests */
	uint32_t taken_count;
};

extern struct boot boot;		/* core/boot/boot.c; filled by the architecture first */

void core_boot(void) __attribute__((noreturn));

/* Registers of the board's devices that EL2 drives: mapped. Where the UART's are. */
uintptr_t arch_boot_board(const struct board *b);
/* EL2's heap, BOOT_HEAP_SIZE bytes, aligned to that: mapped, then allocated from. */
void arch_boot_heap(struct pa at);
void *arch_boot_alloc(uint64_t size);	/* zeroed whole pages; panics when used up */
struct pa arch_boot_pa(const void *at);	/* of anything of EL2's own */
/* The system image, read-only; NULL: too large. */
const void *arch_boot_map_image(struct range at);
/* Interrupt controller, firmware, and all other cores: up and waiting. */
void arch_boot_cores(const struct board *b);
/* What the architecture adds to a guest: its interrupt controller. 0 or an error, reported. */
int arch_boot_guest(struct guest *g, const struct board *b) nodiscard;
/* All cores into their loops; boot-only memory unmapped. */
void arch_boot_leave(void) __attribute__((noreturn));

#endif
