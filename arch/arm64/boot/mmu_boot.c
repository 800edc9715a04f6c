/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings that boot makes for good: registers, EL2's heap, the system image, and
 * guests' stage-2 tables, which never change after their first instruction: 39-bit
 * guest-physical addresses, one level-1 root. Boot core only.
 */
#include "early.h"

/* Stage 2: MemAttr as the architecture numbers it there */
enum { S2_READ = 1 << 6, S2_WRITE = 2 << 6, S2_WRITE_BACK = 0xf << 2, S2_UNCACHED = 0x5 << 2,
       S2_NGNRE = 0x1 << 2 };

static uint64_t heap_used;

struct pa arch_boot_pa(const void *at)
{
	__asm__ volatile("at s1e2r, %0" :: "r"(at));
	isb();
	return pa((READ_SYSREG(par_el1) & PTE_ADDRESS) | ((uintptr_t)at & (PAGE_SIZE - 1)));
}

void mmu_map_device(uint64_t va, struct pa at, uint64_t size)
{
	uint64_t *table = va >= GICR_VA ? hv_l3_gicr : hv_l3_device;

	for (uint64_t i = 0; i < size; i += PAGE_SIZE) {
		pt_write(&table[pt_index(va + i, 3)],
			 (align_down(at.v, PAGE_SIZE) + i) | PTE_DEVICE | PTE_PAGE);
	}
	isb();
}

void arch_boot_heap(struct pa at)
{
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

void *arch_boot_uncached(void)
{
	static uint64_t va = UNCACHED_VA;
	void *page = arch_boot_alloc(PAGE_SIZE);

	arch_data_clean(page, PAGE_SIZE);
	pt_write(&hv_l3_device[pt_index(va, 3)], arch_boot_pa(page).v | PTE_UNCACHED | PTE_PAGE);
	isb();
	va += PAGE_SIZE;
	return (void *)(va - PAGE_SIZE);
}

/* The table below `slot`, made where there is none. */
static uint64_t *table_below(uint64_t *slot)
{
	if (*slot == 0) {
		pt_write(slot, arch_boot_pa(arch_boot_alloc(PAGE_SIZE)).v | PTE_TABLE);
	}
	return (uint64_t *)(HEAP_VA + ((*slot & PTE_ADDRESS) - arch_boot_pa((void *)HEAP_VA).v));
}

/* Whole pages in tables of 39 bits, in the largest blocks that alignment allows. 0, or
 * SKERRY_INVALID: something else is mapped there. */
static int pt_map(uint64_t *root, uint64_t at, uint64_t to, uint64_t size, uint64_t attributes)
{
	uint64_t step, value;

	for (; size > 0; at += step, to += step, size -= step) {
		uint64_t *slot = &root[pt_index(at, 1)];
		unsigned level = 1;

		while ((step = 1ull << (39 - 9 * level)) > size || !is_aligned(at | to, step)) {
			if (*slot != 0 && (*slot & PTE_TABLE) != PTE_TABLE) {
				return SKERRY_INVALID;
			}
			level++;
			slot = &table_below(slot)[pt_index(at, level)];
		}
		value = to | attributes | (level == 3 ? PTE_PAGE : PTE_BLOCK);
		if (*slot == 0) {
			pt_write(slot, value);
		} else if (*slot != value) {
			return SKERRY_INVALID;
		}
	}
	isb();
	return SKERRY_OK;
}

void *arch_boot_keep(struct pa at)
{
	return pt_map(hv_l1, RECORDS_VA, at.v, RECORDS_SIZE, PTE_DATA) ? NULL : (void *)RECORDS_VA;
}

const void *arch_boot_map_image(struct range at)
{
	uint64_t to = IMAGE_VA + (at.base & (BLOCK_SIZE - 1));
	struct range pages = range_pages(at);

	return pages.size > GIB(1) - BLOCK_SIZE || pt_map(hv_l1, align_down(to, PAGE_SIZE),
		pages.base, pages.size, PTE_RODATA) ? NULL : (const void *)to;
}

int arch_s2_map(struct guest *g, struct ipa at, struct pa to, uint64_t size, enum s2_kind kind)
{
	static const uint64_t attributes[] = {
		[S2_RAM] = S2_WRITE_BACK | S2_READ | S2_WRITE | PTE_INNER,
		[S2_DATA] = S2_WRITE_BACK | S2_READ | S2_WRITE | PTE_INNER | PTE_XN,
		[S2_READ_ONLY] = S2_WRITE_BACK | S2_READ | PTE_INNER | PTE_XN,
		[S2_REGISTER_PAGE] = S2_UNCACHED | S2_READ | PTE_INNER | PTE_XN,
		[S2_DEVICE] = S2_NGNRE | S2_READ | S2_WRITE | PTE_XN,
	};

	if (!is_aligned(at.v | to.v | size, PAGE_SIZE) || !range_is_sane(at.v, size) ||
	    at.v + size > 1ull << SKERRY_IPA_BITS) {
		return SKERRY_INVALID;
	}
	if (g->arch.s2_root == NULL) {
		g->arch.s2_root = arch_boot_alloc(PAGE_SIZE);
		g->arch.vttbr = arch_boot_pa(g->arch.s2_root).v | (uint64_t)(g->index + 1) << 48;
	}
	return pt_map(g->arch.s2_root, at.v, to.v, size, attributes[kind] | PTE_AF);
}
