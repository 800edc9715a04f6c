/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings that boot makes for good: registers, EL2's heap, the system image.
 * Boot core only.
 */
#include <core/boot/arch.h>
#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>
#include <sysreg.h>

#include "early.h"

static uint64_t image_base;
static struct pa heap_base;
static uint64_t heap_used;

void mmu_boot_init(uint64_t image)
{
	image_base = image;
}

struct pa image_pa(const void *at)
{
	return pa((uintptr_t)at - HV_VA + image_base);
}

void mmu_map_device(uint64_t va, struct pa at, uint64_t size)
{
	uint64_t *table = va >= GICR_VA ? hv_l3_gicr : hv_l3_device;
	uint64_t i;

	for (i = 0; i < size; i += PAGE_SIZE) {
		pt_write(&table[pt_index(va + i, 3)],
			 (align_down(at.v, PAGE_SIZE) + i) | PTE_DEVICE | PTE_PAGE);
	}
	isb();
}

void *mmu_map_spin_page(struct pa at)
{
	pt_write(&hv_l3_device[pt_index(SPIN_VA, 3)], 0);
	__asm__ volatile("tlbi vae2is, %0" :: "r"((uint64_t)SPIN_VA >> PAGE_SHIFT));
	dsb(ish);
	pt_write(&hv_l3_device[pt_index(SPIN_VA, 3)],
		 align_down(at.v, PAGE_SIZE) | PTE_NC_DATA | PTE_PAGE);
	isb();
	return (void *)(SPIN_VA + (at.v & (PAGE_SIZE - 1)));
}

void arch_boot_heap(struct pa at)
{
	heap_base = at;
	pt_write(&hv_l2[pt_index(HEAP_VA, 2)], at.v | PTE_DATA | PTE_BLOCK);
	isb();
}

void *arch_boot_alloc(uint64_t size)
{
	uint8_t *at = (uint8_t *)HEAP_VA + heap_used;

	size = align_up(size, PAGE_SIZE);
	if (size > BOOT_HEAP_SIZE - heap_used) {
		panic("EL2's %u KiB of RAM are used up: fewer or better aligned guests",
		      (unsigned)(BOOT_HEAP_SIZE >> 10));
	}
	heap_used += size;
	memset(at, 0, size);
	return at;
}

struct pa arch_boot_pa(const void *at)
{
	return pa(heap_base.v + ((uintptr_t)at - HEAP_VA));
}

/* The table below `slot`, made where there is none. */
static uint64_t *table_below(uint64_t *slot)
{
	if (*slot == 0) {
		pt_write(slot, arch_boot_pa(arch_boot_alloc(PAGE_SIZE)).v | PTE_TABLE);
	}
	return (uint64_t *)(HEAP_VA + ((*slot & PTE_ADDRESS) - arch_boot_pa((void *)HEAP_VA).v));
}

/* How much one entry at `level` covers. */
static uint64_t entry_size(unsigned level)
{
	return 1ull << (39 - 9 * level);
}

int pt_map(uint64_t *root, uint64_t at, uint64_t to, uint64_t size, uint64_t attributes)
{
	uint64_t step;

	for (; size > 0; at += step, to += step, size -= step) {
		uint64_t *slot = &root[pt_index(at, 1)];
		unsigned level = 1;

		while ((step = entry_size(level)) > size || !is_aligned(at | to, step)) {
			level++;
			slot = &table_below(slot)[pt_index(at, level)];
		}
		if (*slot != 0) {
			return SKERRY_INVALID;	/* mapped already */
		}
		pt_write(slot, to | attributes | (level == 3 ? PTE_PAGE : PTE_BLOCK));
	}
	return SKERRY_OK;
}

const void *arch_boot_map_image(struct range at)
{
	uint64_t offset = at.base & (BLOCK_SIZE - 1), first = align_down(at.base, PAGE_SIZE);
	uint64_t size = align_up(at.base + at.size, PAGE_SIZE) - first;

	if (at.size == 0 || size > GIB(1) - BLOCK_SIZE ||
	    pt_map(hv_l1, align_down(IMAGE_VA + offset, PAGE_SIZE), first, size, PTE_RODATA) != 0) {
		return NULL;
	}
	isb();
	return (const void *)(IMAGE_VA + offset);
}
