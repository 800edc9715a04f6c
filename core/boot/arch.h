/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an architecture provides to core's boot, and what it hands over. Boot
 * only: nothing resident may include this file.
 */
#ifndef CORE_BOOT_ARCH_H
#define CORE_BOOT_ARCH_H

#include <hv/arch.h>

#define SKERRY_VERSION		"Skerry 0.1"
#define BOOT_TAKEN_MAX		8
#define BOOT_HEAP_SIZE		BLOCK_SIZE

struct boot {
	const void *tree;		/* the board's, mapped read-only ... */
	uint64_t tree_room;		/* ... for so many bytes */
	struct pa tree_pa;
	struct range image;		/* skerry.bin with its zeroed memory, physical */
	unsigned level;			/* exception level at entry; nothing of EL2 works but at 2 */
	uint64_t entry_ticks;		/* arch_time_now() at the first instruction */
	uint64_t ready_ticks;		/* the rest is core_boot()'s */
	const struct board *board;
	const void *fit;
	const void *system_fdt;
	struct range taken[BOOT_TAKEN_MAX];
	uint32_t taken_count;
	bool has_seed;
};

/* core/boot/boot.c: never returns. */
void core_boot(const struct boot *from) __attribute__((noreturn));

/* Registers of the board's devices that EL2 drives: mapped. */
void arch_boot_board(const struct board *b);
uintptr_t arch_uart_base(const struct board *b);	/* EL2's mapping of b->uart_regs */
/* EL2's heap, BOOT_HEAP_SIZE bytes, aligned to that: mapped, then allocated from. */
void arch_boot_heap(struct pa at);
void *arch_boot_alloc(uint64_t size);	/* zeroed whole pages; panics when used up */
struct pa arch_boot_pa(const void *at);	/* of something allocated */
/* The system image, read-only; NULL: too large. */
const void *arch_boot_map_image(struct range at);
/* Interrupt controller, firmware, and all other cores: up and waiting. */
void arch_boot_cores(const struct board *b);
/* What the architecture adds to a guest: its interrupt controller. 0 or an error, reported. */
int arch_boot_guest(struct guest *g, const struct board *b) nodiscard;
/* All cores into their loops; boot-only memory unmapped. */
void arch_boot_leave(void) __attribute__((noreturn));

#endif
