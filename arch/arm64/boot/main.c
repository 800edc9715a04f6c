/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64's part of the boot: from entry.S to core_boot(), the services that
 * core's boot asks for, and the way out. Boot core only, unless said otherwise.
 */
#include <core/boot/board.h>
#include <core/boot/owner.h>
#include <core/core.h>
#include <libfdt.h>
#include <core/boot/arch.h>
#include <arch_cpu.h>
#include <mmu.h>
#include <sysreg.h>

#include "../cpu.h"
#include "early.h"

extern char hv_end[], hv_image[];

uintptr_t arch_uart_base(const struct board *b)
{
	return UART_VA + (b->uart_regs.base & (PAGE_SIZE - 1));
}

void boot_main(uint64_t tree, uint64_t image, uint64_t entry_ticks, uint64_t level)
{
	struct boot boot = {
		.tree = (const void *)(TREE_VA + (tree & (BLOCK_SIZE - 1))),
		.tree_room = 2 * BLOCK_SIZE - (tree & (BLOCK_SIZE - 1)),
		.tree_pa = pa(tree),
		.image = { image, (uint64_t)(hv_end - hv_image) },
		.entry_ticks = entry_ticks,
		.level = (unsigned)level >> 2,
	};

	if (tree == 0 || !is_aligned(tree, 8)) {
		arch_halt();	/* no board: no UART to say it on */
	}
	mmu_boot_init(image);
	if ((tree & (BLOCK_SIZE - 1)) + fdt_totalsize(boot.tree) > BLOCK_SIZE) {
		map_tree_end(tree);	/* only then: what lies there is not always memory */
	}
	if (boot.level == 2) {
		cpu_boot_init(0);
	}
	core_boot(&boot);
}

void arch_boot_board(const struct board *b)
{
	if (b->uart != UART_NONE) {
		mmu_map_device(UART_VA, pa(b->uart_regs.base), PAGE_SIZE);
	}
	board_has_psci = b->psci == PSCI_BY_SMC;
	if (b->pm.size != 0) {
		mmu_map_device(PM_VA, pa(b->pm.base), PAGE_SIZE);
		board_has_pm = true;
	}
}

static void own(struct range at, enum owner_kind kind, uint8_t index)
{
	struct range pages = { align_down(at.base, PAGE_SIZE), 0 };

	pages.size = align_up(at.base + at.size, PAGE_SIZE) - pages.base;
	if (at.size != 0 && owner_add(pages, kind, index) != SKERRY_OK) {
		panic("the board's tree gives %lx-%lx twice", at.base, at.base + at.size - 1);
	}
}

/* What no guest may be given, and what every guest gets. */
static void own_devices(const struct board *b)
{
	uint32_t i;

	own(b->gicd, OWNER_HV, 0);
	own(b->gicc, OWNER_HV, 0);
	own(b->gich, OWNER_HV, 0);
	own(b->gicv, OWNER_DEVICE, OWNER_EVERY);
	own(b->uart_regs, OWNER_HV, 0);
	own(b->pm, OWNER_HV, 0);
	for (i = 0; i < b->gicr_count; i++) {
		own(b->gicr[i], OWNER_HV, 0);
	}
}

void arch_boot_cores(const struct board *b)
{
	own_devices(b);
	idregs_boot(b);
	firmware_boot();
	gic_boot(b);
	gic_cpu_boot();
	cpus_start(b);
}

void arch_boot_leave(void)
{
	stack_switch(pcpu()->stack_top, leave_boot);
}
