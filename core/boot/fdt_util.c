/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/boot/fdt_util.h>
/*
 * Reading device trees: parents, paths, cells, strings, translation
 * through `ranges`, interrupts of a GIC, clocks. Called by board discovery, the
 * description's parser and tree generation, on one core at boot and on the host.
 * After dt_check() the structure is known to be sound; values never are.
 */

/* The tag at `at`, and the offset of the next one; the header is aligned */
static int step(const void *fdt, int at, uint32_t *tag)
{
	const struct fdt_header *header = fdt;
	const char *p = (const char *)fdt + fdt32_to_cpu(header->off_dt_struct) + at;
	const struct fdt_property *property = (const void *)p;

	*tag = fdt32_to_cpu(property->tag);
	at += *tag == FDT_BEGIN_NODE ? 5 + (int)strlen(p + 4) :
	      *tag == FDT_PROP ? 12 + (int)fdt32_to_cpu(property->len) : 4;
	return (int)align_up((uint64_t)at, 4);
}

bool dt_check(const void *fdt, uint64_t size)
{
	const struct fdt_property *p;
	uint32_t tag = FDT_NOP, strings;
	int at, next = 0, depth = 0;
	bool is_good;

	if (size < sizeof(struct fdt_header) || !is_aligned((uintptr_t)fdt, 4) ||
	    fdt_check_header(fdt) != 0 || fdt_totalsize(fdt) > size || fdt_version(fdt) < 17 ||
	    fdt_off_dt_struct(fdt) % 4 || fdt_num_mem_rsv(fdt) < 0) {
		return false;
	}
	strings = fdt_size_dt_strings(fdt);
	is_good = !strings || !((const char *)fdt)[fdt_off_dt_strings(fdt) + strings - 1];
	while (is_good && tag != FDT_END) {
		at = next;
		tag = fdt_next_tag(fdt, at, &next);
		p = tag == FDT_PROP ? fdt_offset_ptr(fdt, at, sizeof(*p)) : NULL;
		/* libfdt 1.6 lets a length of -12 to -1 pass (-12: for ever) */
		is_good = next > at && (tag != FDT_PROP || (p && fdt32_ld(&p->len) < INT32_MAX &&
							    fdt32_ld(&p->nameoff) < strings)) &&
			  (depth > 0 || tag == (at == 0 ? FDT_BEGIN_NODE : FDT_END));
		depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
	}
	return is_good && depth == 0;
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

int dt_path(const void *fdt, const char *path)
{
	const char *end = memchr(path, ':', strlen(path));
	int size = (int)(end ? (size_t)(end - path) : strlen(path));

	if (path[0] != '/') {	/* one step only: an alias may name itself */
		path = fdt_get_alias_namelen(fdt, path, size);
		size = path && path[0] == '/' ? (int)strlen(path) : 0;	/* a tag ends it */
	}
	return size > 0 ? fdt_path_offset_namelen(fdt, path, size) : -FDT_ERR_BADPATH;
}

const void *dt_prop(const void *fdt, int node, const char *name, int *size)
{
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	const struct fdt_property *p;
	uint32_t tag;
	int at = node < 0 ? -1 : step(fdt, node, &tag);

	for (tag = FDT_PROP; at >= 0 && (tag == FDT_PROP || tag == FDT_NOP);) {
		p = (const void *)((const char *)fdt + fdt_off_dt_struct(fdt) + at);
		at = step(fdt, at, &tag);
		if (tag == FDT_PROP && !strcmp(strings + fdt32_to_cpu(p->nameoff), name)) {
			*size = (int)fdt32_to_cpu(p->len);
			return p->data;
		}
	}
	return NULL;
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

bool dt_is(const void *fdt, int node, const char *name, const char *value)
{
	const char *is = dt_string(fdt, node, name);

	return is && strcmp(is, value) == 0;
}

bool dt_is_enabled(const void *fdt, int node)
{
	return dt_is(fdt, node, "status", "okay") || dt_is(fdt, node, "status", "ok") ||
	       !dt_has(fdt, node, "status");
}

/* Addresses below `bus` become those above it, as far as row `index` modulo their number has
 * them; where there is no row, or no such property, they stay. The number of rows; 0: malformed. */
static unsigned climb(const void *fdt, int bus, const char *name, unsigned index, struct dt_dma *at)
{
	int size = 0, below = fdt_address_cells(fdt, bus), sizes = fdt_size_cells(fdt, bus);
	int above = fdt_address_cells(fdt, dt_parent(fdt, bus)), cells = below + above + sizes;
	const fdt32_t *row = dt_prop(fdt, bus, name, &size);
	uint64_t base, to;
	struct range part;

	if (!row || size == 0 || (below | above | sizes) < 0 || size / 4 < cells) {
		return !row || size == 0;
	}
	row += index % (unsigned)(size / 4 / cells) * (unsigned)cells;
	base = dt_cells(row, below);
	to = dt_cells(row + below, above);
	part.size = min_u64(dt_cells(row + below + above, sizes), UINT64_MAX - max_u64(base, to));
	part = range_common(at->cpu, (struct range){ base, part.size });
	at->bus += part.base - at->cpu.base;
	at->cpu = (struct range){ part.base - base + to, part.size };
	return (unsigned)(size / 4 / cells);
}

/* One step up, where a row has all of them */
static bool translate(const void *fdt, int bus, struct dt_dma *at)
{
	struct dt_dma was = *at;
	bool is_bus = dt_has(fdt, bus, "ranges");

	for (unsigned i = 0; is_bus && i < climb(fdt, bus, "ranges", i, at); i++) {
		if (at->cpu.size == was.cpu.size) {
			return true;
		}
		*at = was;
	}
	return false;
}

int dt_reg(const void *fdt, int node, unsigned index, struct range *out)
{
	int size, bus = dt_parent(fdt, node);
	int addresses = fdt_address_cells(fdt, bus), sizes = fdt_size_cells(fdt, bus);
	unsigned row = (unsigned)(addresses + sizes);
	const fdt32_t *reg = dt_prop(fdt, node, "reg", &size);
	struct dt_dma r = { .bus = 0 };

	if (!reg || addresses < 0 || sizes < 0) {
		return reg ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	if (index >= (unsigned)size / 4 / row) {
		return (unsigned)size % (row * 4) ? SKERRY_INVALID : SKERRY_AGAIN;
	}
	reg += index * row;
	r.cpu = (struct range){ dt_cells(reg, addresses), dt_cells(reg + addresses, sizes) };
	while (bus != 0 && translate(fdt, bus, &r)) {
		bus = dt_parent(fdt, bus);
	}
	*out = r.cpu;
	return bus == 0 && range_is_sane(out->base, out->size) ? SKERRY_OK : SKERRY_INVALID;
}

bool dt_dma(const void *fdt, int node, unsigned choice, struct dt_dma *dma)
{
	unsigned rows = choice < DT_DMA_MAX;

	*dma = (struct dt_dma){ { 0, UINT64_MAX }, 0 };
	for (int at = dt_parent(fdt, node); at > 0 && rows; at = dt_parent(fdt, at)) {
		rows = climb(fdt, at, "dma-ranges", choice, dma);
		choice /= rows ? rows : 1;
	}
	return rows && choice == 0;
}

/* Do "interrupts" of `node` go to the GIC? It or the nearest parent says where to. */
static bool is_gics(const void *fdt, int node, int gic)
{
	int at = node;
	uint64_t phandle = 0;

	while (at >= 0 && !phandle && (at == node || !dt_has(fdt, at, "#interrupt-cells"))) {
		phandle = dt_number(fdt, at, "interrupt-parent", 0);
		at = phandle ? at : dt_parent(fdt, at);
	}
	return phandle ? phandle == fdt_get_phandle(fdt, gic) : at == gic;
}

int dt_interrupt(const void *fdt, int node, int gic, unsigned index, struct dt_interrupt *out)
{
	bool is_extended = dt_has(fdt, node, "interrupts-extended"), is_bad;
	uint64_t cells = dt_number(fdt, gic, "#interrupt-cells", 0) + is_extended;
	const fdt32_t *cell;
	int size;

	cell = dt_prop(fdt, node, is_extended ? "interrupts-extended" : "interrupts", &size);
	if (!cell || (unsigned)size / 4 == index * cells) {
		return SKERRY_AGAIN;
	}
	if (cells < 3u + is_extended || cells > 8 || (unsigned)size / 4 < (index + 1) * cells) {
		return SKERRY_INVALID;
	}
	is_bad = !is_extended && !is_gics(fdt, node, gic);
	for (unsigned i = 0; i <= index && is_extended; i++) {	/* a row begins with whose it is */
		is_bad |= fdt32_ld(cell + i * cells) != fdt_get_phandle(fdt, gic);
	}
	cell += index * cells + is_extended;		/* type (0: SPI, 1: PPI), number, flags */
	if (is_bad || fdt32_ld(cell) > 1 || fdt32_ld(cell + 1) > (fdt32_ld(cell) ? 15 : 987)) {
		return SKERRY_INVALID;
	}
	out->intid = fdt32_ld(cell + 1) + (fdt32_ld(cell) ? 16 : 32);
	out->flags = fdt32_ld(cell + 2);
	return SKERRY_OK;
}

uint32_t dt_clock_hz(const void *fdt, int node)
{
	int size;
	const fdt32_t *clocks = dt_prop(fdt, node, "clocks", &size);
	int depth = 0, clock = clocks && size >= 4 ? 0 : -1;
	uint64_t hz = 0;

	while (clock >= 0 && dt_number(fdt, clock, "phandle", 0) != fdt32_ld(clocks)) {
		clock = dt_next(fdt, clock, &depth);
	}
	if (dt_is_compatible(fdt, clock, "fixed-clock")) {
		hz = dt_number(fdt, clock, "clock-frequency", 0);
	}
	return (uint32_t)dt_number(fdt, node, "clock-frequency", hz);
}
