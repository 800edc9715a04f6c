/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's translation tables after boot: the cores' temporary windows onto guest
 * memory, and the end of the boot-only sections. Each core changes only its own
 * window; the boot core alone unmaps, when no other runs boot code any more.
 */
#include <hv/arch.h>
#include <arch_cpu.h>
#include <mmu.h>
#include <pagetable.h>
#include <sysreg.h>

#include "mmu_private.h"

#define TABLE __attribute__((aligned(4096)))

uint64_t hv_l1[PT_ENTRIES] TABLE;
uint64_t hv_l2[PT_ENTRIES] TABLE;
uint64_t hv_l3_image[PT_ENTRIES] TABLE;
uint64_t hv_l3_device[PT_ENTRIES] TABLE;
uint64_t hv_l3_gicr[PT_ENTRIES] TABLE;
uint64_t hv_l3_window[PT_ENTRIES] TABLE;

void pt_write(uint64_t *slot, uint64_t value)
{
	if ((*slot & PTE_VALID) && (value & PTE_VALID)) {
		panic("a live translation entry would be replaced: %lx by %lx", *slot, value);
	}
	__atomic_store_n(slot, value, __ATOMIC_RELAXED);
	dsb(ishst);
}

static void tlb_forget_page(uint64_t va)
{
	__asm__ volatile("tlbi vae2is, %0" :: "r"(va >> PAGE_SHIFT));
}

static uint64_t window_va(void)
{
	return WINDOW_VA + pcpu()->index * (uint64_t)WINDOW_VA_STRIDE;
}

static void window_fill(struct pa at, unsigned pages, uint64_t attributes)
{
	uint64_t *slot = &hv_l3_window[pt_index(window_va(), 3)];
	unsigned i;

	for (i = 0; i < pages; i++) {
		pt_write(&slot[i], (at.v + i * PAGE_SIZE) | attributes | PTE_PAGE);
	}
	isb();
}

void *arch_window_map(struct pa at, uint64_t size)
{
	uint64_t first = align_down(at.v, PAGE_SIZE);
	uint64_t end = align_up(at.v + size, PAGE_SIZE);

	if (size > WINDOW_SIZE) {
		panic("window of %lu bytes", size);
	}
	window_fill(pa(first), (unsigned)((end - first) >> PAGE_SHIFT), PTE_DATA);
	return (void *)(window_va() + (at.v - first));
}

void *arch_window_map_device(struct pa at)
{
	window_fill(pa(align_down(at.v, PAGE_SIZE)), 1, PTE_DEVICE);
	return (void *)(window_va() + (at.v & (PAGE_SIZE - 1)));
}

void arch_window_unmap(void)
{
	uint64_t va = window_va();
	uint64_t *slot = &hv_l3_window[pt_index(va, 3)];
	unsigned i;

	for (i = 0; slot[i] != 0; i++) {	/* 17 at most: the slot after is never used */
		pt_write(&slot[i], 0);
		tlb_forget_page(va + i * PAGE_SIZE);
	}
	dsb(ish);
	isb();
}

void mmu_forget_boot(void)
{
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++) {
		uint64_t va = HV_VA + i * PAGE_SIZE;

		if ((va >= (uintptr_t)hv_image && va < (uintptr_t)boot_end) ||
		    (va >= (uintptr_t)boot_bss && va < (uintptr_t)hv_end)) {
			pt_write(&hv_l3_image[i], 0);
		}
	}
	pt_write(&hv_l1[pt_index(TREE_VA, 1)], 0);
	for (i = 0; i < pt_index(HV_VA, 1); i++) {	/* the image where it was loaded */
		pt_write(&hv_l1[i], 0);
	}
	pt_write(&hv_l3_device[pt_index(SPIN_VA, 3)], 0);
	__asm__ volatile("tlbi alle2is");
	dsb(ish);
	isb();
}
