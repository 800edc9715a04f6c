/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first tables of EL2: the image at its linked address, page by page with
 * the permissions of its sections, its first page where it was loaded (for the
 * step into translation), and the board's tree. early_map() runs once, with the MMU
 * off, at the physical address: no pointer is stored, no string is used, nothing
 * unaligned.
 */
#include <hv/types.h>
#include <mmu.h>
#include <pagetable.h>
#include <sysreg.h>

#include "early.h"

static uint64_t id_l2[PT_ENTRIES] __attribute__((aligned(4096)));
static uint64_t id_l3[PT_ENTRIES] __attribute__((aligned(4096)));
static uint64_t tree_l2[PT_ENTRIES] __attribute__((aligned(4096)));

extern char hv_image[], boot_rodata[], boot_data[], boot_end[], hv_text[], hv_rodata[];
extern char hv_data[], hv_stacks[], boot_bss[], boot_stack[], hv_end[];

/* [from, to) of the image at its linked address */
static void map_section(const char *from, const char *to, const char *image, uint64_t attributes)
{
	const char *p;

	for (p = from; p < to; p += PAGE_SIZE) {
		hv_l3_image[(p - image) >> PAGE_SHIFT] = (uintptr_t)p | attributes | PTE_PAGE;
	}
}

static void map_image(void)
{
	unsigned i;

	map_section(hv_image, boot_rodata, hv_image, PTE_CODE);
	map_section(boot_rodata, boot_data, hv_image, PTE_RODATA);
	map_section(boot_data, boot_end, hv_image, PTE_DATA);
	map_section(hv_text, hv_rodata, hv_image, PTE_CODE);
	map_section(hv_rodata, hv_data, hv_image, PTE_RODATA);
	map_section(hv_data, hv_end, hv_image, PTE_DATA);
	for (i = 0; i < SKERRY_CPU_MAX; i++) {	/* guard pages */
		hv_l3_image[(hv_stacks - hv_image + i * CPU_STACK_STRIDE) >> PAGE_SHIFT] = 0;
	}
	hv_l3_image[(boot_stack - hv_image - PAGE_SIZE) >> PAGE_SHIFT] = 0;
}

/* The first page where it was loaded. True: it fits beside EL2's own range. */
static bool map_identity(uint64_t image)
{
	if (image >= HV_VA) {
		return false;
	}
	id_l3[pt_index(image, 3)] = image | PTE_CODE | PTE_PAGE;
	id_l2[pt_index(image, 2)] = (uintptr_t)id_l3 | PTE_TABLE;
	hv_l1[pt_index(image, 1)] = (uintptr_t)id_l2 | PTE_TABLE;
	return true;
}

void map_tree_end(uint64_t tree)
{
	pt_write(&tree_l2[1], (align_down(tree, BLOCK_SIZE) + BLOCK_SIZE) | PTE_RODATA | PTE_BLOCK);
	isb();
}

void early_map(uint64_t image, uint64_t tree)
{
	if (!map_identity(image)) {
		for (;;) {	/* above 256 GiB, and no way to say so before the MMU is on */
			__asm__ volatile("wfi");
		}
	}
	map_image();
	hv_l1[pt_index(HV_VA, 1)] = (uintptr_t)hv_l2 | PTE_TABLE;
	hv_l2[pt_index(HV_VA, 2)] = (uintptr_t)hv_l3_image | PTE_TABLE;
	hv_l2[pt_index(DEVICE_VA, 2)] = (uintptr_t)hv_l3_device | PTE_TABLE;
	hv_l2[pt_index(GICR_VA, 2)] = (uintptr_t)hv_l3_gicr | PTE_TABLE;
	hv_l2[pt_index(WINDOW_VA, 2)] = (uintptr_t)hv_l3_window | PTE_TABLE;
	if (tree != 0) {
		tree_l2[0] = align_down(tree, BLOCK_SIZE) | PTE_RODATA | PTE_BLOCK;
		hv_l1[pt_index(TREE_VA, 1)] = (uintptr_t)tree_l2 | PTE_TABLE;
	}
}
