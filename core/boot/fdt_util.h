/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reading device trees needs beyond libfdt's functions, boot only; the host
 * tools use this too. Node offsets are libfdt's. Trees are untrusted: every function
 * is bounded by the tree's size and checks lengths and cell counts. None prints;
 * callers report. Results: SKERRY_OK, SKERRY_AGAIN (no such entry), SKERRY_INVALID
 * (malformed, or nothing Skerry can follow).
 */
#pragma once

#include <hv/types.h>
#include <abi/errors.h>
#include <libfdt.h>

#define DT_DEPTH_MAX	16	/* nodes deeper than this have no parent */

struct dt_dma {			/* what a bus master reaches */
	struct range cpu;	/* physical */
	uint64_t bus;		/* bus address of the first of them */
};

/* What two ranges have in common; size 0: nothing. Both sane. */
static inline struct range range_common(struct range a, struct range b)
{
	uint64_t base = max_u64(a.base, b.base);
	uint64_t end = min_u64(a.base + a.size, b.base + b.size);

	return (struct range){ base, end > base ? end - base : 0 };
}

struct dt_interrupt {
	uint32_t intid;		/* GIC number: SPI n is 32 + n, PPI n is 16 + n */
	uint32_t flags;		/* third cell as it stands; 1, 2: edge, 4, 8: level */
};

/* Is it a tree (version 17, 4-byte aligned), whole, and within `size` bytes? All
 * other functions, libfdt's too, want a tree that passed this. */
bool dt_check(const void *fdt, uint64_t size);

/* As libfdt's, but an order of magnitude faster. The next node in tree order, with its
 * depth; the node that holds `node` directly; negative: none. */
int dt_next(const void *fdt, int node, int *depth);
int dt_parent(const void *fdt, int node);
/* Node of an absolute path or an alias, which end at the NUL or at a ':'; or negative. */
int dt_path(const void *fdt, const char *path);
/* A property's value and size in bytes; NULL: not there, also for a negative node. */
const void *dt_prop(const void *fdt, int node, const char *name, int *size);
#define dt_has(fdt, node, name)	(dt_prop(fdt, node, name, &(int){ 0 }) != NULL)
#define dt_is_compatible(fdt, node, with) (fdt_node_check_compatible(fdt, node, with) == 0)
/* `count` cells at `at` as a number; all ones when it needs more than 64 bits. */
uint64_t dt_cells(const void *at, int count);
/* A property of one or two cells; `otherwise` where there is none. A string with its NUL. */
uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t otherwise);
const char *dt_string(const void *fdt, int node, const char *name);
bool dt_is(const void *fdt, int node, const char *name, const char *value); /* that string? */

bool dt_is_enabled(const void *fdt, int node);		/* status absent, "okay" or "ok" */
/* Range `index` of "reg" as the CPU sees it, through all `ranges`. */
int dt_reg(const void *fdt, int node, unsigned index, struct range *out) nodiscard;

/* What a bus master at `node` reaches (cpu.size 0: nothing) through the `dma-ranges` of all buses
 * above it (none, or empty: the same addresses). A bus may have several; `choice` counts through
 * all that there are. False: no more, or malformed. */
#define DT_DMA_MAX	64
bool dt_dma(const void *fdt, int node, unsigned choice, struct dt_dma *dma) nodiscard;

/* Interrupt `index` of the controller `gic` ("interrupts-extended", or "interrupts"
 * with the inherited parent). */
int dt_interrupt(const void *fdt, int node, int gic, unsigned index,
		 struct dt_interrupt *out) nodiscard;

/* "clock-frequency", else the rate of the first clock where that is a fixed-clock; 0: unknown */
uint32_t dt_clock_hz(const void *fdt, int node);
