/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's translation tables after boot: the cores' temporary windows onto guest
 * memory, and the end of the boot-only sections. Each core changes only its own
 * window; the boot core alone unmaps, when no other runs boot code any more.
 */
#include "trap.h"

#define TABLE __attribute__((aligned(4096)))

uint64_t hv_l1[PT_ENTRIES] TABLE, hv_l2[PT_ENTRIES] TABLE;
uint64_t hv_l3_image[PT_ENTRIES] TABLE, hv_l3_device[PT_ENTRIES] TABLE;
uint64_t hv_l3_window[PT_ENTRIES] TABLE, hv_l3_gicr[PT_ENTRIES] TABLE;

extern char hv_image[], boot_end[], boot_bss[], hv_end[];
static bool boot_is_over;

void pt_write(uint64_t *slot, uint64_t value)
{
	if ((*slot & PTE_VALID) && (value & PTE_VALID)) {
		panic("a live translation entry would be replaced: %lx by %lx", *slot, value);
	}
	store_relaxed(slot, value);
	dsb(ishst);
}

static uint64_t window_va(void) { return WINDOW_VA + pcpu()->index * (uint64_t)WINDOW_VA_STRIDE; }

void *arch_window_map(struct pa at, uint64_t size, bool is_device)
{
	uint64_t *slot = &hv_l3_window[pt_index(window_va(), 3)];
	uint64_t first = align_down(at.v, PAGE_SIZE);

	if (size > WINDOW_SIZE) {
		panic("window of %lu bytes", size);
	}
	for (uint64_t page = first; page < at.v + size; page += PAGE_SIZE) {
		pt_write(slot++, page | (is_device ? PTE_DEVICE : PTE_DATA) | PTE_PAGE);
	}
	isb();
	return (void *)(window_va() + (at.v - first));
}

void arch_window_unmap(void)
{
	uint64_t va = window_va();

	/* 17 at most: the slot after is never used */
	for (uint64_t *slot = &hv_l3_window[pt_index(va, 3)]; *slot != 0; slot++) {
		pt_write(slot, 0);
		__asm__ volatile("tlbi vae2is, %0" :: "r"(va >> PAGE_SHIFT));
		va += PAGE_SIZE;
	}
	dsb(ish);
	isb();
}

void secondary_leave(uint32_t *online)
{
	__atomic_fetch_add(online, 1, __ATOMIC_RELEASE);
	while (!load_acquire(&boot_is_over)) {
		arch_cpu_relax();
	}
	core_run();
}

/* By resident code on the boot core, when no core runs boot code any more: boot-only
 * sections, the board's tree, the load address. */
void leave_boot(void)
{
	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		uint64_t va = HV_VA + i * PAGE_SIZE;

		if ((va >= (uintptr_t)hv_image && va < (uintptr_t)boot_end) ||
		    (va >= (uintptr_t)boot_bss && va < (uintptr_t)hv_end)) {
			pt_write(&hv_l3_image[i], 0);
		}
	}
	pt_write(&hv_l2[pt_index(TREE_VA, 2)], 0);
	pt_write(&hv_l2[pt_index(TREE_VA, 2) + 1], 0);
	for (unsigned i = 0; i < pt_index(HV_VA, 1); i++) {	/* the image where it was loaded */
		pt_write(&hv_l1[i], 0);
	}
	__asm__ volatile("tlbi alle2is");
	dsb(ish);
	isb();
	store_release(&boot_is_over, true);
	core_run();
}
