/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first tables of EL2: the image at its linked address, page by page with
 * the permissions of its sections, its first page where it was loaded (for the
 * step into translation). early_map() runs once, with the MMU off, at the physical
 * address: no pointer is stored, no string is used, nothing unaligned.
 */
#include "early.h"

static uint64_t id_l2[PT_ENTRIES] __attribute__((aligned(4096)));
static uint64_t id_l3[PT_ENTRIES] __attribute__((aligned(4096)));
char boot_stack[0x9000] __attribute__((aligned(4096)));	/* its first page: no access */

extern char hv_image[], boot_rodata[], boot_data[], boot_end[], hv_text[], hv_rodata[];
extern char hv_data[], hv_end[];

/* [from, to) of the image at its linked address; attributes 0: no access */
static void map_section(const char *from, const char *to, uint64_t attributes)
{
	for (const char *p = from; p < to; p += PAGE_SIZE) {
		hv_l3_image[(p - hv_image) >> PAGE_SHIFT] =
			attributes ? (uintptr_t)p | attributes | PTE_PAGE : 0;
	}
}

void early_map(uint64_t image)
{
	if (image >= HV_VA) {
		arch_halt();	/* above 256 GiB, and no way to say so before the MMU is on */
	}
	map_section(hv_image, boot_rodata, PTE_CODE);
	map_section(boot_rodata, boot_data, PTE_RODATA);
	map_section(boot_data, boot_end, PTE_DATA);
	map_section(hv_text, hv_rodata, PTE_CODE);
	map_section(hv_rodata, hv_data, PTE_RODATA);
	map_section(hv_data, hv_end, PTE_DATA);
	map_section(boot_stack, boot_stack + PAGE_SIZE, 0);
	for (unsigned i = 0; i < SKERRY_CPU_MAX; i++) {
		map_section(cpu_stacks[i], cpu_stacks[i] + PAGE_SIZE, 0);
	}
	id_l3[pt_index(image, 3)] = image | PTE_CODE | PTE_PAGE;
	id_l2[pt_index(image, 2)] = (uintptr_t)id_l3 | PTE_TABLE;
	hv_l1[pt_index(image, 1)] = (uintptr_t)id_l2 | PTE_TABLE;
	hv_l1[pt_index(HV_VA, 1)] = (uintptr_t)hv_l2 | PTE_TABLE;
	hv_l2[pt_index(HV_VA, 2)] = (uintptr_t)hv_l3_image | PTE_TABLE;
	hv_l2[pt_index(DEVICE_VA, 2)] = (uintptr_t)hv_l3_device | PTE_TABLE;
	hv_l2[pt_index(GICR_VA, 2)] = (uintptr_t)hv_l3_gicr | PTE_TABLE;
	hv_l2[pt_index(WINDOW_VA, 2)] = (uintptr_t)hv_l3_window | PTE_TABLE;
}
