/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading device trees, boot only; the host tools use this too. In the place of
 * libfdt's reading functions, which check everything again at each step: here
 * dt_check() is made once, and the others are an order of magnitude faster.
 * Node offsets are libfdt's. Trees are untrusted: every function is bounded by the
 * tree's size and checks lengths and cell counts. None prints; callers report.
 * Results: SKERRY_OK, SKERRY_AGAIN (no such entry), SKERRY_INVALID (malformed),
 * SKERRY_NOT_SUPPORTED (well formed, but nothing Skerry can follow).
 */
#ifndef CORE_BOOT_FDT_UTIL_H
#define CORE_BOOT_FDT_UTIL_H

#include <hv/types.h>
#include <abi/errors.h>
#include <libfdt.h>

#define DT_DEPTH_MAX	16	/* nodes deeper than this are not seen */

struct dt_place {		/* a node with its parents */
	const void *fdt;
	int node;
	int depth;		/* 0: the root */
	int up[DT_DEPTH_MAX];	/* up[0] the root ... up[depth] == node */
};

#define DT_IRQ_TYPE	15u	/* of flags: */
#define DT_IRQ_EDGE	1u	/* rising edge; 2: falling; 4, 8: level */

struct dt_interrupt {
	uint32_t intid;		/* GIC number: SPI n is 32 + n, PPI n is 16 + n */
	uint32_t flags;		/* third cell as it stands */
};

/* Is it a tree (version 17, 4-byte aligned), whole, and within `size` bytes? All
 * other functions want a tree that passed this, and node offsets of that tree. */
bool dt_check(const void *fdt, uint64_t size);

/* Walk all nodes in tree order: dt_root(), then dt_next() until it says false.
 * dt_find(): the place of a node known by its offset (one walk). */
void dt_root(struct dt_place *p, const void *fdt);
bool dt_next(struct dt_place *p);
bool dt_find(struct dt_place *p, const void *fdt, int node);
/* Next node directly below `parent` after `after` (-1: the first); or negative. */
int dt_child(const void *fdt, int parent, int after);
const char *dt_name(const void *fdt, int node);		/* with its unit address */
bool dt_is_named(const void *fdt, int node, const char *name); /* with or without "@..." */
/* Node of an absolute path or an alias, which end at the NUL or at a ':'; or negative. */
int dt_path(const void *fdt, const char *path);

/* A property's value and size in bytes; NULL: not there, also for a negative node. */
const void *dt_prop(const void *fdt, int node, const char *name, int *size);
bool dt_has(const void *fdt, int node, const char *name);
/* `count` cells at `at` as a number; false when it needs more than 64 bits. */
bool dt_cells(const void *at, int count, uint64_t *out);
/* A property of exactly one cell; of one or two cells; a string with its NUL. */
bool dt_u32(const void *fdt, int node, const char *name, uint32_t *out);
bool dt_number(const void *fdt, int node, const char *name, uint64_t *out);
const char *dt_string(const void *fdt, int node, const char *name);

bool dt_is_enabled(const void *fdt, int node);		/* status absent, "okay" or "ok" */
bool dt_is_compatible(const void *fdt, int node, const char *with);
/* Next enabled cpu node after `node` (-1: the first) below `cpus`; or negative.
 * A core's number is its position in this order. */
int dt_next_cpu(const void *fdt, int cpus, int node);

/* "#address-cells" (2 if absent) or "#size-cells" (1), which count for the node's
 * children: `least`..4, or negative */
int dt_cell_count(const void *fdt, int node, const char *name, uint32_t least);
/* Range `index` of "reg", untranslated / as the CPU sees it, through all `ranges`. */
int dt_reg_raw(const struct dt_place *p, unsigned index, struct range *out) nodiscard;
int dt_reg(const struct dt_place *p, unsigned index, struct range *out) nodiscard;

/* Interrupt `index` ("interrupts-extended" or "interrupts" with the inherited
 * parent). NOT_SUPPORTED: it goes to another controller than `gic`. */
int dt_interrupt(const struct dt_place *p, int gic, unsigned index,
		 struct dt_interrupt *out) nodiscard;

/* "clock-frequency", else the rate of the first clock where that is a fixed-clock; 0: unknown */
uint32_t dt_clock_hz(const void *fdt, int node);

#endif
