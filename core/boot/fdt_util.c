/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers on top of libfdt's reading functions: walking with parents, cells,
 * strings, translation through `ranges`, interrupts of a GIC, clocks.
 * Called by board discovery, the description's parser and tree generation, on
 * one core at boot and on the host. Never trusts a length or a count.
 */
#include <core/boot/fdt_util.h>

static const char *structure(const void *fdt)
{
	return (const char *)fdt + fdt_off_dt_struct(fdt);
}

static uint32_t cell_at(const void *fdt, int at)
{
	return fdt32_to_cpu(*(const fdt32_t *)(structure(fdt) + at));
}

/* The tag at `at`, and the offset of the next one. For trees that dt_check() passed. */
static int step(const void *fdt, int at, uint32_t *tag)
{
	*tag = cell_at(fdt, at);
	if (*tag == FDT_BEGIN_NODE) {
		return (int)align_up((uint64_t)at + 5 + strlen(dt_name(fdt, at)), 4);
	}
	return at + (*tag == FDT_PROP ? 12 + (int)align_up(cell_at(fdt, at + 4), 4) : 4);
}

/* Is what stands at `at` a whole tag? `left` bytes of structure are there. */
static bool is_whole(const void *fdt, int at, uint32_t left)
{
	switch (left >= 4 ? cell_at(fdt, at) : 0) {
	case FDT_BEGIN_NODE:
		return memchr(dt_name(fdt, at), 0, left - 4);
	case FDT_PROP:
		return left >= 12 && cell_at(fdt, at + 4) <= left - 12 &&
		       cell_at(fdt, at + 8) < fdt_size_dt_strings(fdt);
	case FDT_END_NODE:
	case FDT_NOP:
	case FDT_END:
		return true;
	}
	return false;
}

/* In place of fdt_check_full(): that of libfdt 1.6 lets a property's length of
 * -12 to -1 pass (-12: for ever), and takes ten times as long. */
bool dt_check(const void *fdt, uint64_t size)
{
	uint32_t strings, tag, depth = 0;
	int at, next = 0, end;

	if (size < sizeof(struct fdt_header) || !is_aligned((uintptr_t)fdt, 4) ||
	    fdt_check_header(fdt) != 0 || fdt_totalsize(fdt) > size || fdt_version(fdt) < 17 ||
	    fdt_off_dt_struct(fdt) % 4 || fdt_num_mem_rsv(fdt) < 0) {
		return false;
	}
	strings = fdt_size_dt_strings(fdt);
	if (strings && ((const char *)fdt)[fdt_off_dt_strings(fdt) + strings - 1] != 0) {
		return false;
	}
	end = (int)fdt_size_dt_struct(fdt);
	do {
		at = next;
		if (!is_whole(fdt, at, (uint32_t)(end - at))) {
			return false;
		}
		next = step(fdt, at, &tag);
		depth += tag == FDT_BEGIN_NODE;
		if (tag == FDT_END || depth == 0) {
			return tag == FDT_END && depth == 0 && at > 0;
		}
		if (tag == FDT_BEGIN_NODE && depth == 1 && at > 0) {
			return false;	/* a second root */
		}
		depth -= tag == FDT_END_NODE;
	} while (next <= end);
	return false;
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
	uint32_t tag;
	int at = p->node, next = step(p->fdt, at, &tag), depth = p->depth;

	do {
		at = next;
		next = step(p->fdt, at, &tag);
		depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
		if (depth < 0) {
			return false;
		}
	} while (tag != FDT_BEGIN_NODE || depth >= DT_DEPTH_MAX);
	p->node = at;
	p->depth = depth;
	p->up[depth] = at;
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

int dt_child(const void *fdt, int parent, int after)
{
	uint32_t tag;
	int at, next, depth = after < 0 ? 0 : 1;

	if (parent < 0) {
		return parent;
	}
	next = step(fdt, after < 0 ? parent : after, &tag);
	do {
		at = next;
		next = step(fdt, at, &tag);
		if (tag == FDT_BEGIN_NODE && depth++ == 0) {
			return at;
		}
		depth -= tag == FDT_END_NODE;
	} while (depth >= 0);
	return -FDT_ERR_NOTFOUND;
}

const char *dt_name(const void *fdt, int node)
{
	return structure(fdt) + node + 4;
}

static bool is_named(const char *is, const char *name, size_t length)
{
	return strncmp(is, name, length) == 0 &&
	       (is[length] == 0 || (is[length] == '@' && !memchr(name, '@', length)));
}

bool dt_is_named(const void *fdt, int node, const char *name)
{
	return is_named(dt_name(fdt, node), name, strlen(name));
}

/* Down from `node` along the names in `path` */
static int descend(const void *fdt, int node, const char *path, uint32_t length)
{
	uint32_t from, to = 0;

	while (node >= 0 && to < length) {
		for (from = to; to < length && path[to] != '/'; to++) {
		}
		if (to > from) {
			int child = dt_child(fdt, node, -1);

			while (child >= 0 && !is_named(dt_name(fdt, child), path + from, to - from)) {
				child = dt_child(fdt, node, child);
			}
			node = child;
		}
		to++;
	}
	return node;
}

int dt_path(const void *fdt, const char *path, uint32_t length)
{
	char name[32];
	const char *alias;
	uint32_t head = 0;

	if (length == 0 || path[0] == '/') {
		return length ? descend(fdt, 0, path, length) : -FDT_ERR_BADPATH;
	}
	/* not libfdt's own aliases: it follows an alias that names itself for ever */
	for (; head < length && path[head] != '/'; head++) {
		if (head == sizeof(name) - 1) {
			return -FDT_ERR_BADPATH;
		}
		name[head] = path[head];
	}
	name[head] = 0;
	alias = dt_string(fdt, descend(fdt, 0, "aliases", 7), name);
	if (!alias || alias[0] != '/') {
		return -FDT_ERR_BADPATH;
	}
	return descend(fdt, descend(fdt, 0, alias, (uint32_t)strlen(alias)), path + head,
		       length - head);
}

static int by_phandle(const void *fdt, uint32_t phandle)
{
	struct dt_place p;
	uint32_t is;

	for (dt_root(&p, fdt); phandle && dt_next(&p);) {
		if (dt_u32(fdt, p.node, "phandle", &is) && is == phandle) {
			return p.node;
		}
	}
	return -FDT_ERR_NOTFOUND;
}

const void *dt_prop(const void *fdt, int node, const char *name, int *size)
{
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	uint32_t tag;
	int at, next;

	if (node < 0) {
		return NULL;
	}
	next = step(fdt, node, &tag);
	do {
		at = next;
		next = step(fdt, at, &tag);
		if (tag == FDT_PROP && strcmp(strings + cell_at(fdt, at + 8), name) == 0) {
			*size = (int)cell_at(fdt, at + 4);
			return structure(fdt) + at + 12;
		}
	} while (tag == FDT_PROP || tag == FDT_NOP);
	return NULL;
}

bool dt_has(const void *fdt, int node, const char *name)
{
	int size;

	return dt_prop(fdt, node, name, &size);
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
	const fdt32_t *at = dt_prop(fdt, node, name, &size);

	if (!at || size != 4) {
		return false;
	}
	*out = fdt32_ld(at);
	return true;
}

bool dt_number(const void *fdt, int node, const char *name, uint64_t *out)
{
	int size;
	const void *at = dt_prop(fdt, node, name, &size);

	return at && (size == 4 || size == 8) && dt_cells(at, size / 4, out);
}

const char *dt_string(const void *fdt, int node, const char *name)
{
	int size;
	const char *at = dt_prop(fdt, node, name, &size);

	return at && size > 0 && at[size - 1] == 0 ? at : NULL;
}

bool dt_is_enabled(const void *fdt, int node)
{
	const char *status = dt_string(fdt, node, "status");

	return status ? strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0 :
			!dt_has(fdt, node, "status");
}

bool dt_is_compatible(const void *fdt, int node, const char *with)
{
	int size;
	const char *list = dt_prop(fdt, node, "compatible", &size);

	return list && fdt_stringlist_contains(list, size, with);
}

int dt_next_cpu(const void *fdt, int cpus, int node)
{
	const char *type;

	while ((node = dt_child(fdt, cpus, node)) >= 0) {
		type = dt_string(fdt, node, "device_type");
		if (type && strcmp(type, "cpu") == 0 && dt_is_enabled(fdt, node)) {
			break;
		}
	}
	return node;
}

int dt_cell_count(const void *fdt, int node, const char *name, uint32_t least)
{
	uint32_t count = name[1] == 'a' ? 2 : 1;

	if (dt_has(fdt, node, name) && !dt_u32(fdt, node, name, &count)) {
		return -1;
	}
	return count >= least && count <= FDT_MAX_NCELLS ? (int)count : -1;
}

int dt_reg_raw(const struct dt_place *p, unsigned index, struct range *out)
{
	int size, address_cells, size_cells, row;
	const char *reg = dt_prop(p->fdt, p->node, "reg", &size);

	if (!reg) {
		return SKERRY_AGAIN;
	}
	if (p->depth < 1) {
		return SKERRY_INVALID;
	}
	address_cells = dt_cell_count(p->fdt, p->up[p->depth - 1], "#address-cells", 1);
	size_cells = dt_cell_count(p->fdt, p->up[p->depth - 1], "#size-cells", 0);
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
	const char *ranges = dt_prop(fdt, bus, "ranges", &size);
	struct range from;
	uint64_t to;

	if (!ranges || size == 0) {
		return ranges ? SKERRY_OK : SKERRY_NOT_SUPPORTED;
	}
	below = dt_cell_count(fdt, bus, "#address-cells", 1);
	above = dt_cell_count(fdt, parent, "#address-cells", 1);
	sizes = dt_cell_count(fdt, bus, "#size-cells", 0);
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
	struct dt_place p;

	for (dt_root(&p, fdt); dt_next(&p);) {
		for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
			if (dt_is_compatible(fdt, p.node, known[i]) && dt_is_enabled(fdt, p.node)) {
				return p.node;
			}
		}
	}
	return -FDT_ERR_NOTFOUND;
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
	uint32_t mine = 0, cells, left = (uint32_t)size / 4;

	dt_u32(fdt, gic, "phandle", &mine);
	while (left > 0) {
		uint32_t phandle = fdt32_ld(cell);
		int to = phandle == mine ? gic : by_phandle(fdt, phandle);

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
	uint32_t phandle, cells, mine = 0;

	dt_u32(p->fdt, gic, "phandle", &mine);
	for (int d = p->depth; d >= 0; d--) {
		if (d < p->depth && dt_u32(p->fdt, p->up[d], "#interrupt-cells", &cells)) {
			return p->up[d] == gic;
		}
		if (dt_u32(p->fdt, p->up[d], "interrupt-parent", &phandle)) {
			return phandle == mine;
		}
	}
	return p->node == gic;
}

int dt_interrupt(const struct dt_place *p, int gic, unsigned index, struct dt_interrupt *out)
{
	int size;
	uint32_t cells;
	const fdt32_t *cell = dt_prop(p->fdt, p->node, "interrupts-extended", &size);

	if (cell) {
		return extended(p->fdt, cell, size, gic, index, out);
	}
	cell = dt_prop(p->fdt, p->node, "interrupts", &size);
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
	clocks = dt_prop(fdt, node, "clocks", &size);
	clock = clocks && size >= 4 ? by_phandle(fdt, fdt32_ld(clocks)) : -1;
	if (clock < 0 || !dt_is_compatible(fdt, clock, "fixed-clock") ||
	    !dt_u32(fdt, clock, "clock-frequency", &hz)) {
		return 0;
	}
	return hz;
}
