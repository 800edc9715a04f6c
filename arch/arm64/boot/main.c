/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64's part of the boot: from entry.S to core_boot(), the services that
 * core's boot asks for, and the way out. Boot core only, unless said otherwise.
 */
#include <hv/drivers.h>

#include "early.h"

extern char hv_end[], hv_image[];

void boot_main(uint64_t tree, uint64_t entry_ticks)
{
	uint64_t *slot = &hv_l2[pt_index(TREE_VA, 2)], offset = tree & (BLOCK_SIZE - 1);

	if (tree == 0 || !is_aligned(tree, 8)) {
		arch_halt();	/* no board: no UART to say it on */
	}
	boot.tree = (const void *)(TREE_VA + offset);
	boot.tree_at = (struct range){ tree, 2 * BLOCK_SIZE - offset };
	boot.entry_ticks = entry_ticks;
	boot.level = READ_SYSREG(CurrentEL) >> 2;
	pt_write(slot, (tree - offset) | PTE_RODATA | PTE_BLOCK);
	isb();
	if (offset + fdt_totalsize(boot.tree) > BLOCK_SIZE) {
		/* only then: what lies there is not always memory */
		pt_write(slot + 1, (tree - offset + BLOCK_SIZE) | PTE_RODATA | PTE_BLOCK);
		isb();
	}
	if (boot.level == 2) {
		cpu_boot_init(&pcpus[0]);
		boot.image = (struct range){ arch_boot_pa(hv_image).v, hv_end - hv_image };
	}
	core_boot();
}

uintptr_t arch_boot_board(const struct board *b)
{
	if (b->uart != UART_NONE) {
		mmu_map_device(UART_VA, pa(b->uart_regs.base), PAGE_SIZE);
	}
	board_has_psci = b->psci == PSCI_BY_SMC;
	board_has_pm = b->pm.size != 0;
	if (board_has_pm) {
		mmu_map_device(PM_VA, pa(b->pm.base), PAGE_SIZE);
	}
	return UART_VA + (b->uart_regs.base & (PAGE_SIZE - 1));
}

/* What no guest may be given, and what every guest gets: `index`. */
static void own(struct range at, enum owner_kind kind, uint8_t index)
{
	if (at.size != 0 && owner_add(range_pages(at), kind, index) != SKERRY_OK) {
		panic("the board's tree gives %lx-%lx twice", at.base, at.base + at.size - 1);
	}
}

void arch_boot_cores(const struct board *b)
{
	const struct range devices[] = {
		b->gicd, b->gicc, b->gich, b->pm, b->gicr[0], b->gicr[1], b->gicr[2], b->gicr[3],
	};

	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		own(devices[i], OWNER_HV, 0);
	}
	own(b->uart_regs, OWNER_UART, 0);
	own(b->gicv, OWNER_DEVICE, OWNER_EVERY);
	if (board_has_pm) {
		log_line("the board's reset status: %x", mmio_read32(PM_VA + PM_RSTS));
	}
	idregs_boot(b);
	firmware_boot();
	gic_boot(b);
	gic_cpu_boot();
	cpus_start(b);
}

void arch_boot_leave(void) { stack_switch(pcpus[0].stack_top, leave_boot); }
