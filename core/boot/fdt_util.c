/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading device trees: walking with parents, paths, cells, strings, translation
 * through `ranges`, interrupts of a GIC, clocks. Called by board discovery, the
 * description's parser and tree generation, on one core at boot and on the host.
 * After dt_check() the structure is known to be sound; values never are.
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

const char *dt_name(const void *fdt, int node)
{
	return structure(fdt) + node + 4;
}

/* The tag at `at`, and the offset of the next one */
static int step(const void *fdt, int at, uint32_t *tag)
{
	*tag = cell_at(fdt, at);
	if (*tag == FDT_BEGIN_NODE) {
		return (int)align_up((uint64_t)at + 5 + strlen(dt_name(fdt, at)), 4);
	}
	return at + (*tag == FDT_PROP ? 12 + (int)align_up(cell_at(fdt, at + 4), 4) : 4);
}

/* In place of fdt_check_full(): that of libfdt 1.6 lets a property's length of
 * -12 to -1 pass (-12: for ever), and takes ten times as long. */
static bool is_structure_sound(const void *fdt, uint32_t size, uint32_t strings)
{
	uint32_t tag, depth = 0;

	for (int at = 0; (uint32_t)at + 4 <= size; at = step(fdt, at, &tag)) {
		uint32_t left = size - (uint32_t)at;

		tag = cell_at(fdt, at);
		if (tag == FDT_END) {
			return depth == 0 && at > 0;
		}
		if ((depth == 0 && (tag != FDT_BEGIN_NODE || at > 0)) ||
		    (tag == FDT_BEGIN_NODE && !memchr(dt_name(fdt, at), 0, left - 4)) ||
		    (tag == FDT_PROP && (left < 12 || cell_at(fdt, at + 4) > left - 12 ||
					 cell_at(fdt, at + 8) >= strings)) ||
		    tag < FDT_BEGIN_NODE || tag > FDT_NOP) {
			return false;
		}
		depth += tag == FDT_BEGIN_NODE ? 1u : tag == FDT_END_NODE ? -1u : 0u;
	}
	return false;
}

bool dt_check(const void *fdt, uint64_t size)
{
	const char *strings;
	uint32_t length;

	if (size < sizeof(struct fdt_header) || !is_aligned((uintptr_t)fdt, 4) ||
	    fdt_check_header(fdt) != 0 || fdt_totalsize(fdt) > size || fdt_version(fdt) < 17 ||
	    fdt_off_dt_struct(fdt) % 4 || fdt_num_mem_rsv(fdt) < 0) {
		return false;
	}
	strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	length = fdt_size_dt_strings(fdt);
	return (length == 0 || strings[length - 1] == 0) &&
	       is_structure_sound(fdt, fdt_size_dt_struct(fdt), length);
}

void dt_root(struct dt_place *p, const void *fdt)
{
	*p = (struct dt_place){ .fdt = fdt };
}

bool dt_next(struct dt_place *p)
{
	uint32_t tag;
	int at, next = step(p->fdt, p->node, &tag), depth = p->depth;

	do {
		at = next;
		next = step(p->fdt, at, &tag);
		depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
	} while (depth >= 0 && (tag != FDT_BEGIN_NODE || depth >= DT_DEPTH_MAX));
	if (depth < 0) {
		return false;
	}
	p->node = p->up[depth] = at;
	p->depth = depth;
	return true;
}

bool dt_find(struct dt_place *p, const void *fdt, int node)
{
	for (dt_root(p, fdt); p->node < node && dt_next(p);) {
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

static bool is_named(const char *is, const char *name, size_t length)
{
	return strncmp(is, name, length) == 0 &&
	       (is[length] == 0 || (is[length] == '@' && !memchr(name, '@', length)));
}

bool dt_is_named(const void *fdt, int node, const char *name)
{
	return is_named(dt_name(fdt, node), name, strlen(name));
}

/* Down from `node` along the names in `path`, up to its end or a ':' */
static int descend(const void *fdt, int node, const char *path)
{
	while (node >= 0 && *path != 0 && *path != ':') {
		size_t length = 0;
		int child = -1;

		while (path[length] != 0 && path[length] != '/' && path[length] != ':') {
			length++;
		}
		while (length && (child = dt_child(fdt, node, child)) >= 0 &&
		       !is_named(dt_name(fdt, child), path, length)) {
		}
		node = length ? child : node;
		path += length + (path[length] == '/');
	}
	return node;
}

int dt_path(const void *fdt, const char *path)
{
	char name[32];
	const char *alias;
	size_t i = 0;

	if (path[0] == '/') {
		return descend(fdt, 0, path);
	}
	/* not libfdt's own aliases: it follows an alias that names itself for ever */
	while (path[i] != 0 && path[i] != ':' && i < sizeof(name) - 1) {
		name[i] = path[i];
		i++;
	}
	name[i] = 0;
	alias = dt_string(fdt, descend(fdt, 0, "aliases"), name);
	return alias && alias[0] == '/' ? descend(fdt, 0, alias) : -FDT_ERR_BADPATH;
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
	for (at = step(fdt, node, &tag); tag != FDT_END_NODE; at = next) {
		next = step(fdt, at, &tag);
		if (tag == FDT_BEGIN_NODE) {
			break;
		}
		if (tag == FDT_PROP && strcmp(strings + cell_at(fdt, at + 8), name) == 0) {
			*size = (int)cell_at(fdt, at + 4);
			return structure(fdt) + at + 12;
		}
	}
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

	for (*out = 0; count > 0; count--) {
		if (*out >> 32) {
			return false;
		}
		*out = *out << 32 | fdt32_ld(cell++);
	}
	return true;
}

bool dt_number(const void *fdt, int node, const char *name, uint64_t *out)
{
	int size;
	const void *at = dt_prop(fdt, node, name, &size);

	return at && (size == 4 || size == 8) && dt_cells(at, size / 4, out);
}

bool dt_u32(const void *fdt, int node, const char *name, uint32_t *out)
{
	uint64_t v;

	if (!dt_number(fdt, node, name, &v) || v > UINT32_MAX) {
		return false;
	}
	*out = (uint32_t)v;
	return true;
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

	do {
		node = dt_child(fdt, cpus, node);
		type = dt_string(fdt, node, "device_type");
	} while (node >= 0 && !(type && strcmp(type, "cpu") == 0 && dt_is_enabled(fdt, node)));
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
	int size, bus = p->up[p->depth ? p->depth - 1 : 0];
	int addresses = dt_cell_count(p->fdt, bus, "#address-cells", 1);
	int sizes = dt_cell_count(p->fdt, bus, "#size-cells", 0);
	const fdt32_t *reg = dt_prop(p->fdt, p->node, "reg", &size);

	if (!reg) {
		return SKERRY_AGAIN;
	}
	if (addresses < 0 || sizes < 0) {
		return SKERRY_INVALID;
	}
	if (index >= (unsigned)(size / 4 / (addresses + sizes))) {
		return size % ((addresses + sizes) * 4) ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	reg += index * (unsigned)(addresses + sizes);
	return dt_cells(reg, addresses, &out->base) &&
	       dt_cells(reg + addresses, sizes, &out->size) &&
	       range_is_sane(out->base, out->size) ? SKERRY_OK : SKERRY_INVALID;
}

/* One step up: from the addresses below `bus` to those of its parent */
static bool translate(const void *fdt, int bus, int parent, struct range *at)
{
	int size, below = dt_cell_count(fdt, bus, "#address-cells", 1);
	int above = dt_cell_count(fdt, parent, "#address-cells", 1);
	int sizes = dt_cell_count(fdt, bus, "#size-cells", 0), row = below + above + sizes;
	const fdt32_t *ranges = dt_prop(fdt, bus, "ranges", &size);
	struct range from;
	uint64_t to;

	if (!ranges || size == 0) {
		return ranges;		/* empty: the same addresses */
	}
	if (below < 0 || above < 0 || sizes < 0) {
		return false;
	}
	for (size /= 4; size >= row; size -= row, ranges += row) {
		if (dt_cells(ranges, below, &from.base) && dt_cells(ranges + below, above, &to) &&
		    dt_cells(ranges + below + above, sizes, &from.size) &&
		    range_holds(from, at->base, at->size)) {
			at->base = at->base - from.base + to;
			return at->base >= to && range_is_sane(at->base, at->size);
		}
	}
	return false;
}

int dt_reg(const struct dt_place *p, unsigned index, struct range *out)
{
	int result = dt_reg_raw(p, index, out);

	for (int d = p->depth - 1; result == SKERRY_OK && d > 0; d--) {
		if (!translate(p->fdt, p->up[d], p->up[d - 1], out)) {
			result = SKERRY_INVALID;
		}
	}
	return result;
}

/* The node that "interrupts" of this node means: itself or the nearest parent says.
 * `gic` is tried before the whole tree. */
static int controller(const struct dt_place *p, int gic, uint32_t phandle)
{
	uint32_t mine;

	for (int d = p->depth; d >= 0 && phandle == 0; d--) {
		if (d < p->depth && dt_has(p->fdt, p->up[d], "#interrupt-cells")) {
			return p->up[d];
		}
		dt_u32(p->fdt, p->up[d], "interrupt-parent", &phandle);
	}
	return phandle == 0 ? p->node :
	       dt_u32(p->fdt, gic, "phandle", &mine) && phandle == mine ? gic :
	       by_phandle(p->fdt, phandle);
}

int dt_interrupt(const struct dt_place *p, int gic, unsigned index, struct dt_interrupt *out)
{
	int size, to;
	uint32_t cells, left, number, is_extended;
	const fdt32_t *cell = dt_prop(p->fdt, p->node, "interrupts-extended", &size);

	is_extended = cell != NULL;	/* each row begins with its controller's phandle */
	if (!is_extended && !(cell = dt_prop(p->fdt, p->node, "interrupts", &size))) {
		return SKERRY_AGAIN;
	}
	for (left = (uint32_t)size / 4; left > 0; cell += cells, left -= cells) {
		to = controller(p, gic, is_extended ? fdt32_ld(cell) : 0);
		cell += is_extended;
		left -= is_extended;
		if (to < 0 || !dt_u32(p->fdt, to, "#interrupt-cells", &cells) || cells > left ||
		    cells == 0 || (to == gic && cells < 3)) {
			return SKERRY_INVALID;
		}
		if (index-- == 0) {
			if (to != gic || fdt32_ld(cell) > 1) {
				return SKERRY_NOT_SUPPORTED;
			}
			number = fdt32_ld(cell + 1);	/* type 0: SPI, 1: PPI */
			out->intid = number + (fdt32_ld(cell) ? 16 : 32);
			out->flags = fdt32_ld(cell + 2);
			return number <= (fdt32_ld(cell) ? 15u : 987u) ? SKERRY_OK : SKERRY_INVALID;
		}
	}
	return SKERRY_AGAIN;
}

uint32_t dt_clock_hz(const void *fdt, int node)
{
	uint32_t hz = 0;
	int size;
	const fdt32_t *clocks = dt_prop(fdt, node, "clocks", &size);

	if (!dt_u32(fdt, node, "clock-frequency", &hz) && clocks && size >= 4) {
		node = by_phandle(fdt, fdt32_ld(clocks));
		if (dt_is_compatible(fdt, node, "fixed-clock")) {
			dt_u32(fdt, node, "clock-frequency", &hz);
		}
	}
	return hz;
}
