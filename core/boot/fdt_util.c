/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers on top of libfdt's reading functions: walking with parents, cells,
 * strings, translation through `ranges`, interrupts of a GIC, clocks.
 * Called by board discovery, the description's parser and tree generation, on
 * one core at boot and on the host. Never trusts a length or a count.
 */
#include <core/boot/fdt_util.h>

/* In place of fdt_check_full(): that of libfdt 1.6 lets a property's length of
 * -12 to -1 pass (-12: for ever), and version 16 has no size of the structure. */
bool dt_check(const void *fdt, uint64_t size)
{
	int at = 0, next = 0, depth = 0, length;

	if (size < sizeof(struct fdt_header) || fdt_check_header(fdt) != 0 ||
	    fdt_version(fdt) < 17 || fdt_totalsize(fdt) > size || fdt_num_mem_rsv(fdt) < 0) {
		return false;
	}
	for (;; at = next) {
		switch (fdt_next_tag(fdt, at, &next)) {
		case FDT_BEGIN_NODE:
			if (at > 0 && depth == 0) {
				return false;	/* a second root */
			}
			depth++;
			break;
		case FDT_END_NODE:
			depth--;
			break;
		case FDT_PROP:
			if (depth == 0 || !fdt_get_property_by_offset(fdt, at, &length) ||
			    length < 0) {
				return false;
			}
			break;
		case FDT_END:
			return next > at && depth == 0;
		default:		/* FDT_NOP */
			break;
		}
		if (next <= at || depth < 0) {
			return false;
		}
	}
}

void dt_root(struct dt_place *p, const void *fdt)
{
	p->fdt = fdt;
	p->node = 0;
	p->depth = 0;
	p->up[0] = 0;
}

bool dt_next(struct dt_place *p)
{
	do {
		p->node = fdt_next_node(p->fdt, p->node, &p->depth);
		if (p->node < 0 || p->depth < 1) {
			return false;
		}
	} while (p->depth >= DT_DEPTH_MAX);
	p->up[p->depth] = p->node;
	return true;
}

bool dt_find(struct dt_place *p, const void *fdt, int node)
{
	dt_root(p, fdt);
	while (p->node < node) {
		if (!dt_next(p)) {
			return false;
		}
	}
	return p->node == node;
}

int dt_path(const void *fdt, const char *path, uint32_t length)
{
	uint32_t head = 0;
	const char *alias;
	int size, node;

	if (length == 0 || length > 1024) {
		return -FDT_ERR_BADPATH;
	}
	if (path[0] == '/') {
		return fdt_path_offset_namelen(fdt, path, (int)length);
	}
	/* not libfdt's own aliases: it follows an alias that names itself for ever */
	while (head < length && path[head] != '/') {
		head++;
	}
	node = fdt_path_offset(fdt, "/aliases");
	alias = node < 0 ? NULL : fdt_getprop_namelen(fdt, node, path, (int)head, &size);
	if (!alias || size < 2 || alias[0] != '/' || memchr(alias, 0, (size_t)size) != alias + size - 1) {
		return -FDT_ERR_BADPATH;
	}
	node = fdt_path_offset(fdt, alias);
	while (node >= 0 && head < length) {
		uint32_t from = ++head;

		while (head < length && path[head] != '/') {
			head++;
		}
		if (head > from) {
			node = fdt_subnode_offset_namelen(fdt, node, path + from, (int)(head - from));
		}
	}
	return node;
}

bool dt_cells(const void *at, int count, uint64_t *out)
{
	const fdt32_t *cell = at;
	uint64_t v = 0;

	for (int i = 0; i < count; i++) {
		if (v >> 32) {
			return false;
		}
		v = v << 32 | fdt32_ld(cell + i);
	}
	*out = v;
	return true;
}

bool dt_u32(const void *fdt, int node, const char *name, uint32_t *out)
{
	int size;
	const fdt32_t *at = fdt_getprop(fdt, node, name, &size);

	if (!at || size != 4) {
		return false;
	}
	*out = fdt32_ld(at);
	return true;
}

bool dt_number(const void *fdt, int node, const char *name, uint64_t *out)
{
	int size;
	const void *at = fdt_getprop(fdt, node, name, &size);

	return at && (size == 4 || size == 8) && dt_cells(at, size / 4, out);
}

const char *dt_string(const void *fdt, int node, const char *name)
{
	int size;
	const char *at = fdt_getprop(fdt, node, name, &size);

	return at && size > 0 && at[size - 1] == 0 ? at : NULL;
}

bool dt_is_enabled(const void *fdt, int node)
{
	const char *status = dt_string(fdt, node, "status");

	return status ? strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0 :
			!fdt_getprop(fdt, node, "status", NULL);
}

bool dt_is_compatible(const void *fdt, int node, const char *with)
{
	return fdt_node_check_compatible(fdt, node, with) == 0;
}

int dt_next_cpu(const void *fdt, int cpus, int node)
{
	const char *type;

	node = node < 0 ? fdt_first_subnode(fdt, cpus) : fdt_next_subnode(fdt, node);
	for (; node >= 0; node = fdt_next_subnode(fdt, node)) {
		type = dt_string(fdt, node, "device_type");
		if (type && strcmp(type, "cpu") == 0 && dt_is_enabled(fdt, node)) {
			break;
		}
	}
	return node;
}

int dt_reg_raw(const struct dt_place *p, unsigned index, struct range *out)
{
	int size, address_cells, size_cells, row;
	const char *reg = fdt_getprop(p->fdt, p->node, "reg", &size);

	if (!reg) {
		return SKERRY_AGAIN;
	}
	if (p->depth < 1) {
		return SKERRY_INVALID;
	}
	address_cells = fdt_address_cells(p->fdt, p->up[p->depth - 1]);
	size_cells = fdt_size_cells(p->fdt, p->up[p->depth - 1]);
	if (address_cells < 1 || size_cells < 0) {
		return SKERRY_INVALID;
	}
	row = (address_cells + size_cells) * 4;
	if (index >= (unsigned)(size / row)) {
		return size % row ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	reg += index * (unsigned)row;
	return dt_cells(reg, address_cells, &out->base) &&
	       dt_cells(reg + address_cells * 4, size_cells, &out->size) &&
	       range_is_sane(out->base, out->size) ? SKERRY_OK : SKERRY_INVALID;
}

/* One step up: from the addresses below `bus` to those of its parent */
static int translate(const void *fdt, int bus, int parent, struct range *at)
{
	int size, below, above, sizes, row;
	const char *ranges = fdt_getprop(fdt, bus, "ranges", &size);
	struct range from;
	uint64_t to;

	if (!ranges || size == 0) {
		return ranges ? SKERRY_OK : SKERRY_NOT_SUPPORTED;
	}
	below = fdt_address_cells(fdt, bus);
	above = fdt_address_cells(fdt, parent);
	sizes = fdt_size_cells(fdt, bus);
	if (below < 1 || above < 1 || sizes < 0) {
		return SKERRY_INVALID;
	}
	row = (below + above + sizes) * 4;
	for (; size >= row; size -= row, ranges += row) {
		if (dt_cells(ranges, below, &from.base) &&
		    dt_cells(ranges + below * 4, above, &to) &&
		    dt_cells(ranges + (below + above) * 4, sizes, &from.size) &&
		    range_holds(from, at->base, at->size)) {
			at->base = at->base - from.base + to;
			return range_is_sane(at->base, at->size) && at->base >= to ?
			       SKERRY_OK : SKERRY_INVALID;
		}
	}
	return SKERRY_INVALID;
}

int dt_reg(const struct dt_place *p, unsigned index, struct range *out)
{
	int result = dt_reg_raw(p, index, out);

	for (int d = p->depth - 1; result == SKERRY_OK && d > 0; d--) {
		result = translate(p->fdt, p->up[d], p->up[d - 1], out);
	}
	return result;
}

int dt_gic(const void *fdt)
{
	static const char *const known[] = {
		"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,gic-v3",
	};
	int node = 0;

	while ((node = fdt_next_node(fdt, node, NULL)) >= 0) {
		for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
			if (dt_is_compatible(fdt, node, known[i]) && dt_is_enabled(fdt, node)) {
				return node;
			}
		}
	}
	return node;
}

/* A GIC's interrupt specifier: type, number, flags (and a partition that we skip) */
static int decode(const fdt32_t *cell, struct dt_interrupt *out)
{
	uint32_t type = fdt32_ld(cell), number = fdt32_ld(cell + 1);

	if (type > 1) {
		return SKERRY_NOT_SUPPORTED;	/* extended ranges of GICv3.1 */
	}
	if (number > (type ? 15u : 987u)) {
		return SKERRY_INVALID;
	}
	out->intid = number + (type ? 16 : 32);
	out->flags = fdt32_ld(cell + 2);
	return SKERRY_OK;
}

/* "interrupts-extended": rows of a phandle and as many cells as that controller says */
static int extended(const void *fdt, const fdt32_t *cell, int size, int gic, unsigned index,
		    struct dt_interrupt *out)
{
	uint32_t mine = fdt_get_phandle(fdt, gic), cells, left = (uint32_t)size / 4;

	while (left > 0) {
		uint32_t phandle = fdt32_ld(cell);
		int to = phandle == mine ? gic : fdt_node_offset_by_phandle(fdt, phandle);

		if (to < 0 || !dt_u32(fdt, to, "#interrupt-cells", &cells) || cells >= left) {
			return SKERRY_INVALID;
		}
		if (index-- == 0) {
			return to != gic ? SKERRY_NOT_SUPPORTED :
			       cells < 3 ? SKERRY_INVALID : decode(cell + 1, out);
		}
		cell += cells + 1;
		left -= cells + 1;
	}
	return SKERRY_AGAIN;
}

/* Does "interrupts" of this node mean `gic`? The node or the nearest parent says. */
static bool is_wired_to(const struct dt_place *p, int gic)
{
	uint32_t phandle, cells;

	for (int d = p->depth; d >= 0; d--) {
		if (d < p->depth && dt_u32(p->fdt, p->up[d], "#interrupt-cells", &cells)) {
			return p->up[d] == gic;
		}
		if (dt_u32(p->fdt, p->up[d], "interrupt-parent", &phandle)) {
			return phandle == fdt_get_phandle(p->fdt, gic);
		}
	}
	return p->node == gic;
}

int dt_interrupt(const struct dt_place *p, int gic, unsigned index, struct dt_interrupt *out)
{
	int size;
	uint32_t cells;
	const fdt32_t *cell = fdt_getprop(p->fdt, p->node, "interrupts-extended", &size);

	if (cell) {
		return extended(p->fdt, cell, size, gic, index, out);
	}
	cell = fdt_getprop(p->fdt, p->node, "interrupts", &size);
	if (!cell) {
		return SKERRY_AGAIN;
	}
	if (!is_wired_to(p, gic)) {
		return SKERRY_NOT_SUPPORTED;
	}
	if (!dt_u32(p->fdt, gic, "#interrupt-cells", &cells) || cells < 3 || cells > 8) {
		return SKERRY_INVALID;
	}
	if (index >= (uint32_t)size / 4 / cells) {
		return (uint32_t)size / 4 % cells ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	return decode(cell + index * cells, out);
}

uint32_t dt_clock_hz(const void *fdt, int node)
{
	uint32_t hz = 0;
	int size, clock;
	const fdt32_t *clocks;

	if (dt_u32(fdt, node, "clock-frequency", &hz)) {
		return hz;
	}
	clocks = fdt_getprop(fdt, node, "clocks", &size);
	clock = clocks && size >= 4 ? fdt_node_offset_by_phandle(fdt, fdt32_ld(clocks)) : -1;
	if (clock < 0 || !dt_is_compatible(fdt, clock, "fixed-clock") ||
	    !dt_u32(fdt, clock, "clock-frequency", &hz)) {
		return 0;
	}
	return hz;
}
