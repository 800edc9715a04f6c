/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings that boot makes for good: registers, EL2's heap, the system image.
 * Boot core only.
 */
#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>
#include <sysreg.h>

#include "../mmu_private.h"
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

void mmu_map_heap(struct pa at)
{
	heap_base = at;
	pt_write(&hv_l2[pt_index(HEAP_VA, 2)], at.v | PTE_DATA | PTE_BLOCK);
	isb();
}

void *heap_alloc(uint64_t size)
{
	uint8_t *at = (uint8_t *)HEAP_VA + heap_used;

	size = align_up(size, PAGE_SIZE);
	if (size > HEAP_SIZE - heap_used) {
		panic("EL2's %u KiB of RAM are used up: fewer or better aligned guests",
		      (unsigned)(HEAP_SIZE >> 10));
	}
	heap_used += size;
	memset(at, 0, size);
	return at;
}

struct pa heap_pa(const void *at)
{
	return pa(heap_base.v + ((uintptr_t)at - HEAP_VA));
}

/* Blocks inside, pages at both ends. */
const void *mmu_map_system_image(struct range at)
{
	uint64_t first = align_down(at.base, PAGE_SIZE);
	uint64_t end = align_up(at.base + at.size, PAGE_SIZE);
	uint64_t va = IMAGE_VA + (first & (BLOCK_SIZE - 1));
	uint64_t *l2 = heap_alloc(PAGE_SIZE);
	uint64_t *l3;

	if (at.size == 0 || end - first > GIB(1) - BLOCK_SIZE) {
		return NULL;
	}
	while (first < end) {
		if (is_aligned(first, BLOCK_SIZE) && end - first >= BLOCK_SIZE) {
			l2[pt_index(va, 2)] = first | PTE_RODATA | PTE_BLOCK;
			first += BLOCK_SIZE;
			va += BLOCK_SIZE;
			continue;
		}
		l3 = heap_alloc(PAGE_SIZE);
		l2[pt_index(va, 2)] = heap_pa(l3).v | PTE_TABLE;
		do {
			l3[pt_index(va, 3)] = first | PTE_RODATA | PTE_PAGE;
			first += PAGE_SIZE;
			va += PAGE_SIZE;
		} while (first < end && !is_aligned(first, BLOCK_SIZE));
	}
	dsb(ishst);	/* the tables before the entry that makes them walkable */
	pt_write(&hv_l1[pt_index(IMAGE_VA, 1)], heap_pa(l2).v | PTE_TABLE);
	isb();
	return (const void *)(IMAGE_VA + (at.base & (BLOCK_SIZE - 1)));
}
