/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small reader of the flattened device tree (Devicetree specification 0.4,
 * chapter 5): fills `platform`, with the MMU off (no relocation is needed beyond
 * start.S's); later looks up what tree.h offers. The tree comes from the
 * hypervisor and is trusted.
 */
#include "mmu.h"
#include "runtime.h"
#include "tree.h"

#define FDT_MAGIC	0xd00dfeed
#define DEPTH_MAX	8

struct node {			/* what matters of a node, gathered from its properties */
	const char *name;
	const char *compatible;
	uint32_t compatible_size;
	const char *type, *method;
	const uint8_t *reg;
	uint32_t reg_size;
	const uint8_t *interrupts;	/* of three cells: kind, number, flags */
	const uint8_t *properties;
	const uint8_t *dma_ranges;
	uint32_t dma_size;
	uint32_t address_cells, size_cells;	/* for children */
	uint32_t parent_cells;		/* its parent's address_cells */
	bool is_disabled;
	bool is_done;
};

/* What tree_device() looks for, and how many are still before it. */
struct wanted {
	const char *compatible;
	uint32_t before;
	bool is_found;
	struct tree_device *device;
};

struct platform platform;

static uint32_t be32(const void *at)
{
	const uint8_t *p = at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t cells(const uint8_t **at, uint32_t count)
{
	uint64_t v = 0;

	while (count--) {
		v = v << 32 | be32(*at);
		*at += 4;
	}
	return v;
}

static bool node_is(const struct node *n, const char *compatible)
{
	uint32_t at = 0;

	while (n->compatible && at < n->compatible_size) {
		if (strcmp(n->compatible + at, compatible) == 0) {
			return true;
		}
		at += (uint32_t)strlen(n->compatible + at) + 1;
	}
	return false;
}

/* Register range `index` of a node. */
static struct bank node_reg(const struct node *n, const struct node *parent, uint32_t index)
{
	uint32_t step = 4 * (parent->address_cells + parent->size_cells);
	struct bank b = { 0, 0 };

	if (n->reg && (index + 1) * step <= n->reg_size) {
		const uint8_t *at = n->reg + index * step;

		b.base = cells(&at, parent->address_cells);
		b.size = cells(&at, parent->size_cells);
	}
	return b;
}

static void gic_done(const struct node *n, const struct node *parent)
{
	bool is_v3 = node_is(n, "arm,gic-v3");

	if (!is_v3 && !node_is(n, "arm,cortex-a15-gic") && !node_is(n, "arm,gic-400")) {
		return;
	}
	platform.gic = is_v3 ? 3 : 2;
	platform.gicd = node_reg(n, parent, 0).base;
	platform.gicc = node_reg(n, parent, 1).base;
	if (is_v3) {
		platform.gicr = platform.gicc;
		platform.gicr_size = node_reg(n, parent, 1).size;
	}
}

static void memory_done(const struct node *n, const struct node *parent)
{
	for (uint32_t i = 0; platform.bank_count < BANK_MAX; i++) {
		struct bank b = node_reg(n, parent, i);

		if (!b.size) {
			return;
		}
		platform.bank[platform.bank_count++] = b;
	}
}

static void cpu_done(const struct node *n, const struct node *parent)
{
	const uint8_t *at = n->reg;

	if (at && platform.cpu_count < CPU_MAX) {
		platform.mpidr[platform.cpu_count++] = cells(&at, parent->address_cells);
	}
}

static void device_done(const struct node *n, const struct node *parent, struct wanted *w)
{
	struct bank b = node_reg(n, parent, 0);

	if (w->is_found || n->is_disabled || !node_is(n, w->compatible) || w->before-- > 0) {
		return;
	}
	w->is_found = true;
	*w->device = (struct tree_device){
		.base = b.base, .size = b.size, .node = n->properties,
		.dma_ranges = parent->dma_ranges, .dma_size = parent->dma_size,
		.dma_cells = { parent->address_cells, parent->parent_cells, parent->size_cells },
	};
	if (n->interrupts) {
		w->device->intid = be32(n->interrupts + 4) + (be32(n->interrupts) ? 16 : 32);
		w->device->is_edge = be32(n->interrupts + 8) & 3;
	}
}

/* All properties of `n` are known: take what is wanted. */
static void node_done(struct node *n, const struct node *parent, struct wanted *w)
{
	if (n->is_done || !parent) {
		return;
	}
	n->is_done = true;
	if (w) {
		device_done(n, parent, w);
		return;
	}
	if (n->is_disabled) {
		return;
	}
	if (n->type && strcmp(n->type, "memory") == 0) {
		memory_done(n, parent);
	} else if (n->type && strcmp(n->type, "cpu") == 0) {
		cpu_done(n, parent);
	} else if (strncmp(n->name, "psci", 4) == 0) {
		platform.by_smc = n->method && strcmp(n->method, "smc") == 0;
	} else if (node_is(n, "arm,pl011") && !platform.pl011) {
		uint64_t base = node_reg(n, parent, 0).base;

		platform.pl011 = base < GIB(1) ? base : 0;	/* elsewhere: a board's device */
	} else if (node_is(n, "skerry,info")) {
		uint64_t base = node_reg(n, parent, 0).base;

		platform.info = (const void *)(base ? base : SKERRY_INFO_BASE);
	} else {
		gic_done(n, parent);
	}
}

static void property(struct node *n, const char *name, const uint8_t *value, uint32_t size)
{
	const char *text = (const char *)value;

	if (strcmp(name, "compatible") == 0) {
		n->compatible = text;
		n->compatible_size = size;
	} else if (strcmp(name, "reg") == 0) {
		n->reg = value;
		n->reg_size = size;
	} else if (strcmp(name, "device_type") == 0) {
		n->type = text;
	} else if (strcmp(name, "method") == 0) {
		n->method = text;
	} else if (strcmp(name, "#address-cells") == 0) {
		n->address_cells = be32(value);
	} else if (strcmp(name, "#size-cells") == 0) {
		n->size_cells = be32(value);
	} else if (strcmp(name, "status") == 0) {
		n->is_disabled = text[0] != 'o';
	} else if (strcmp(name, "interrupts") == 0) {
		n->interrupts = size >= 12 ? value : NULL;
	} else if (strcmp(name, "dma-ranges") == 0 && size) {
		n->dma_ranges = value;
		n->dma_size = size;
	} else if (strcmp(name, "bootargs") == 0) {
		platform.bootargs = text;
	}
}

static void tree_walk(const uint8_t *at, const char *strings, struct wanted *w)
{
	struct node nodes[DEPTH_MAX];
	int depth = -1;

	for (;;) {
		uint32_t token = be32(at);
		struct node *n = depth >= 0 ? &nodes[depth] : NULL;

		at += 4;
		if (token == 1) {		/* begin node: its parent is complete */
			if (n) {
				node_done(n, depth > 0 ? n - 1 : NULL, w);
			}
			if (++depth == DEPTH_MAX) {
				return;
			}
			memset(&nodes[depth], 0, sizeof(struct node));
			nodes[depth].name = (const char *)at;
			nodes[depth].address_cells = 2;
			nodes[depth].size_cells = 1;
			nodes[depth].parent_cells = n ? n->address_cells : 2;
			at += (strlen((const char *)at) + 4) & ~3ull;
			nodes[depth].properties = at;
		} else if (token == 2 && n) {	/* end node */
			node_done(n, depth > 0 ? n - 1 : NULL, w);
			depth--;
		} else if (token == 3 && n) {	/* property: size, name, value */
			uint32_t size = be32(at);

			property(n, strings + be32(at + 4), at + 8, size);
			at += 8 + ((size + 3) & ~3u);
		} else if (token != 4) {
			return;
		}
	}
}

void tree_init(uint64_t tree)
{
	const uint8_t *t = (const uint8_t *)tree;

	platform.bootargs = "";
	if (!tree || (tree & 7) || be32(t) != FDT_MAGIC) {
		return;
	}
	platform.tree = t;
	platform.tree_size = be32(t + 4);
	tree_walk(t + be32(t + 8), (const char *)t + be32(t + 12), NULL);
}

bool tree_device(const char *compatible, uint32_t index, struct tree_device *d)
{
	struct wanted w = { compatible, index, false, d };
	const uint8_t *t = platform.tree;

	if (t) {
		tree_walk(t + be32(t + 8), (const char *)t + be32(t + 12), &w);
	}
	return w.is_found && mmu_map_missing(d->base, d->size, MAP_DEVICE | MAP_XN);
}

const void *tree_device_property(const struct tree_device *d, const char *name, uint32_t *size)
{
	const uint8_t *t = platform.tree;
	const char *strings = (const char *)t + be32(t + 12);
	const uint8_t *at = d->node;

	while (be32(at) == 3 || be32(at) == 4) {
		if (be32(at) == 4) {
			at += 4;
			continue;
		}
		*size = be32(at + 4);
		if (strcmp(strings + be32(at + 8), name) == 0) {
			return at + 12;
		}
		at += 12 + ((*size + 3) & ~3u);
	}
	return NULL;
}

uint64_t tree_device_number(const struct tree_device *d, const char *name, uint64_t otherwise)
{
	uint32_t size = 0;
	const uint8_t *at = tree_device_property(d, name, &size);

	return at && (size == 4 || size == 8) ? cells(&at, size / 4) : otherwise;
}

bool tree_device_dma(const struct tree_device *d, uint64_t at, uint64_t size, uint64_t *bus)
{
	uint32_t step = 4 * (d->dma_cells[0] + d->dma_cells[1] + d->dma_cells[2]);

	*bus = at;
	for (uint32_t i = 0; d->dma_ranges && step && i + step <= d->dma_size; i += step) {
		const uint8_t *p = d->dma_ranges + i;
		uint64_t child = cells(&p, d->dma_cells[0]), base = cells(&p, d->dma_cells[1]);
		uint64_t length = cells(&p, d->dma_cells[2]);

		if (at >= base && at - base <= length && size <= length - (at - base)) {
			*bus = at - base + child;
			return true;
		}
	}
	return !d->dma_ranges;
}

/* `path` behind the component `name`, or NULL where it goes elsewhere. */
static const char *path_step(const char *path, const char *name)
{
	size_t size = strlen(name);

	if (*path != '/' || strncmp(path + 1, name, size) != 0) {
		return NULL;
	}
	path += 1 + size;
	return *path == 0 || *path == '/' ? path : NULL;
}

const void *tree_property(const char *path, const char *name, uint32_t *size)
{
	const uint8_t *t = platform.tree;
	const uint8_t *at = t ? t + be32(t + 8) : NULL;
	uint32_t depth = 0, matched = 0;	/* nodes open, and of them on the path */

	path += strcmp(path, "/") == 0;
	while (at) {
		uint32_t token = be32(at);

		at += 4;
		if (token == 1) {
			const char *node = (const char *)at;
			const char *next = depth == 0 ? path : path_step(path, node);

			if (matched == depth++ && next) {
				path = next;
				matched = depth;
			}
			at += (strlen(node) + 4) & ~3ull;
		} else if (token == 2) {
			if (matched == depth--) {
				return NULL;		/* the path leads no further */
			}
		} else if (token == 3) {
			const char *found = (const char *)t + be32(t + 12) + be32(at + 4);

			if (matched == depth && *path == 0 && strcmp(found, name) == 0) {
				*size = be32(at);
				return at + 8;
			}
			at += 8 + ((be32(at) + 3) & ~3u);
		} else if (token != 4) {
			return NULL;
		}
	}
	return NULL;
}

uint64_t tree_number(const char *path, const char *name, uint64_t otherwise)
{
	uint32_t size = 0;
	const uint8_t *at = tree_property(path, name, &size);

	return at && (size == 4 || size == 8) ? cells(&at, size / 4) : otherwise;
}

const char *tree_string(const char *path, const char *name)
{
	uint32_t size = 0;
	const char *at = tree_property(path, name, &size);

	return at && size && at[size - 1] == 0 ? at : NULL;
}
