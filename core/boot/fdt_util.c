/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading device trees: parents, paths, cells, strings, translation
 * through `ranges`, interrupts of a GIC, clocks. Called by board discovery, the
 * description's parser and tree generation, on one core at boot and on the host.
 * After dt_check() the structure is known to be sound; values never are.
 */
#include <core/boot/fdt_util.h>

static const char *structure(const void *fdt)
{
	const struct fdt_header *header = fdt;	/* aligned: faster than libfdt's accessors */

	return (const char *)fdt + fdt32_to_cpu(header->off_dt_struct);
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

int dt_next(const void *fdt, int node, int *depth)
{
	uint32_t tag;
	int at, next = step(fdt, node, &tag);

	do {
		at = next;
		next = step(fdt, at, &tag);
		*depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
	} while (tag != FDT_BEGIN_NODE && tag != FDT_END);
	return tag == FDT_BEGIN_NODE ? at : -FDT_ERR_NOTFOUND;
}

int dt_parent(const void *fdt, int node)
{
	int up[DT_DEPTH_MAX + 1], depth = 0;

	for (int at = 0; at < node; at = dt_next(fdt, at, &depth)) {
		if (depth <= DT_DEPTH_MAX) {
			up[depth] = at;
		}
	}
	return depth > 0 && depth <= DT_DEPTH_MAX ? up[depth - 1] : -FDT_ERR_NOTFOUND;
}

int dt_child(const void *fdt, int parent, int after)
{
	int depth = after >= 0, node = after < 0 ? parent : after;

	do {
		node = node < 0 ? node : dt_next(fdt, node, &depth);
	} while (node >= 0 && depth > 1);
	return depth == 1 ? node : -FDT_ERR_NOTFOUND;
}

int dt_path(const void *fdt, const char *path)
{
	const char *end = strchr(path, ':');
	int aliases, size = (int)(end ? (size_t)(end - path) : strlen(path));

	if (path[0] != '/') {	/* one step only: an alias may name itself */
		aliases = fdt_subnode_offset(fdt, 0, "aliases");
		path = fdt_getprop_namelen(fdt, aliases, path, size, &size);
		size = path && size > 0 && path[0] == '/' ? (int)strnlen(path, (size_t)size) : 0;
	}
	return size > 0 ? fdt_path_offset_namelen(fdt, path, size) : -FDT_ERR_BADPATH;
}

const void *dt_prop(const void *fdt, int node, const char *name, int *size)
{
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	uint32_t tag;
	int at = node < 0 ? -1 : step(fdt, node, &tag), next;

	for (tag = FDT_NOP; at >= 0 && (tag == FDT_NOP || tag == FDT_PROP); at = next) {
		next = step(fdt, at, &tag);
		if (tag == FDT_PROP && strcmp(strings + cell_at(fdt, at + 8), name) == 0) {
			*size = (int)cell_at(fdt, at + 4);
			return structure(fdt) + at + 12;
		}
	}
	return NULL;
}

bool dt_is_compatible(const void *fdt, int node, const char *with)
{
	int size;
	const char *list = dt_prop(fdt, node, "compatible", &size);

	return list && fdt_stringlist_contains(list, size, with);
}

uint64_t dt_cells(const void *at, int count)
{
	const fdt32_t *cell = at;
	uint64_t value = 0;

	for (; count > 0; count--) {
		value = value >> 32 ? UINT64_MAX : value << 32 | fdt32_ld(cell++);
	}
	return value;
}

uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t otherwise)
{
	int size;
	const void *at = dt_prop(fdt, node, name, &size);

	return at && (size == 4 || size == 8) ? dt_cells(at, size / 4) : otherwise;
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

/* One step up: from the addresses below `bus` to those of its parent */
static bool translate(const void *fdt, int bus, int parent, struct range *at)
{
	int size, below = fdt_address_cells(fdt, bus), above = fdt_address_cells(fdt, parent);
	int sizes = fdt_size_cells(fdt, bus), row = below + above + sizes;
	const fdt32_t *ranges = dt_prop(fdt, bus, "ranges", &size);
	struct range from;
	uint64_t to;

	if (!ranges || size == 0 || (below | above | sizes) < 0) {
		return ranges && size == 0;	/* empty: the same addresses */
	}
	for (size /= 4; size >= row; size -= row, ranges += row) {
		from.base = dt_cells(ranges, below);
		from.size = dt_cells(ranges + below + above, sizes);
		if (range_holds(from, at->base, at->size)) {
			to = dt_cells(ranges + below, above);
			at->base += to - from.base;
			return at->base >= to && range_is_sane(at->base, at->size);
		}
	}
	return false;
}

int dt_reg(const void *fdt, int node, unsigned index, struct range *out)
{
	int above, size, bus = dt_parent(fdt, node);
	int addresses = fdt_address_cells(fdt, bus), sizes = fdt_size_cells(fdt, bus);
	unsigned row = (unsigned)(addresses + sizes);
	const fdt32_t *reg = dt_prop(fdt, node, "reg", &size);
	bool is_good;

	if (!reg || addresses < 0 || sizes < 0) {
		return reg ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	if (index >= (unsigned)size / 4 / row) {
		return (unsigned)size % (row * 4) ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	out->base = dt_cells(reg + index * row, addresses);
	out->size = dt_cells(reg + index * row + addresses, sizes);
	is_good = range_is_sane(out->base, out->size);
	for (; is_good && bus != 0; bus = above) {
		above = dt_parent(fdt, bus);
		is_good = translate(fdt, bus, above, out);
	}
	return is_good ? SKERRY_OK : SKERRY_INVALID;
}

/* The GIC is tried before the whole tree. */
static int by_phandle(const void *fdt, int gic, uint64_t phandle)
{
	int depth = 0, node = dt_number(fdt, gic, "phandle", UINT64_MAX) == phandle ? gic : 0;

	while (node >= 0 && dt_number(fdt, node, "phandle", UINT64_MAX) != phandle) {
		node = dt_next(fdt, node, &depth);
	}
	return node;
}

/* Where "interrupts" of `node` go: it or the nearest parent says */
static int controller(const void *fdt, int node, int gic)
{
	uint64_t phandle;

	for (int at = node; at >= 0; at = dt_parent(fdt, at)) {
		if (at != node && dt_has(fdt, at, "#interrupt-cells")) {
			return at;
		}
		phandle = dt_number(fdt, at, "interrupt-parent", 0);
		if (phandle) {
			return by_phandle(fdt, gic, phandle);
		}
	}
	return node;
}

int dt_interrupt(const void *fdt, int node, int gic, unsigned index, struct dt_interrupt *out)
{
	bool is_extended = dt_has(fdt, node, "interrupts-extended");
	int size, to = is_extended ? -1 : controller(fdt, node, gic);
	const fdt32_t *cell = dt_prop(fdt, node, is_extended ? "interrupts-extended" :
					  "interrupts", &size);
	uint64_t cells;
	uint32_t is_ppi;

	for (size /= 4; cell && size > 0; cell += cells, size -= (int)cells) {
		if (is_extended) {	/* each row begins with its controller's phandle */
			to = by_phandle(fdt, gic, fdt32_ld(cell++));
			size--;
		}
		cells = dt_number(fdt, to, "#interrupt-cells", 0);
		if (cells == 0 || cells > (uint64_t)size) {
			return SKERRY_INVALID;
		}
		if (index-- == 0) {
			is_ppi = fdt32_ld(cell);	/* type 0: SPI, 1: PPI */
			if (to != gic || cells < 3 || is_ppi > 1 ||
			    fdt32_ld(cell + 1) > (is_ppi ? 15 : 987)) {
				return SKERRY_INVALID;
			}
			out->intid = fdt32_ld(cell + 1) + (is_ppi ? 16 : 32);
			out->flags = fdt32_ld(cell + 2);
			return SKERRY_OK;
		}
	}
	return SKERRY_AGAIN;
}

uint32_t dt_clock_hz(const void *fdt, int node)
{
	int size, clock = -1;
	const fdt32_t *clocks = dt_prop(fdt, node, "clocks", &size);
	uint64_t hz = 0;

	if (clocks && size >= 4) {
		clock = by_phandle(fdt, -1, fdt32_ld(clocks));
	}
	if (dt_is_compatible(fdt, clock, "fixed-clock")) {
		hz = dt_number(fdt, clock, "clock-frequency", 0);
	}
	return (uint32_t)dt_number(fdt, node, "clock-frequency", hz);
}
