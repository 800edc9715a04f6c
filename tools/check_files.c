/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the description points at: images, ramdisks and guests' own trees. In a
 * system image each segment's bytes are compared with their CRC; beside a bare
 * description the files are looked for, and judged by their headers. mksystem
 * is the one that turns files into segments; here is only what goes wrong often.
 */
#include <stdlib.h>
#include <string.h>
#include <core/boot/boot.h>
#include <hv/arch.h>
#include "check.h"

#define IMAGE_MAGIC	0x644d5241u	/* "ARM\x64" */

/* A guest's interrupt controller of one of the kinds that a guest can get */
static int find_gic(const void *tree)
{
	int node = 0;

	while ((node = fdt_next_node(tree, node, NULL)) >= 0 &&
	       !dt_is_compatible(tree, node, "arm,gic-v3") &&
	       !dt_is_compatible(tree, node, "arm,gic-400") &&
	       !dt_is_compatible(tree, node, "arm,cortex-a15-gic") &&
	       !dt_is_compatible(tree, node, "arm,cortex-a7-gic")) {
	}
	return node;
}

/* A guest's own tree against what the guest will find. */
static void check_own_tree(struct check *c, const struct sys_guest *g, const void *tree,
			   size_t size)
{
	static const char *const kinds[] = {
		[GIC_NONE] = "none", [GIC_V2] = "GICv2", [GIC_V3] = "GICv3",
	};
	struct range gicd;
	int gic, kind;

	if (!dt_check(tree, size)) {
		report_error(&c->report, c->fdt, g->node, "dtb", "is no device tree, or damaged");
		return;
	}
	gic = find_gic(tree);
	if (gic < 0) {
		report_error(&c->report, c->fdt, g->node, "dtb", "has no GICv2 or GICv3 node");
		return;
	}
	kind = dt_is_compatible(tree, gic, "arm,gic-v3") ? GIC_V3 : GIC_V2;
	if (c->board_fdt && kind != c->board.gic) {
		report_error(&c->report, c->fdt, g->node, "dtb", "has a %s node; a guest on this "
			     "board gets a %s", kinds[kind], kinds[c->board.gic]);
	}
	if (dt_reg(tree, gic, 0, &gicd) != SKERRY_OK || gicd.base != SKERRY_GICD_BASE) {
		report_error(&c->report, c->fdt, g->node, "dtb", "its interrupt controller is not "
			     "at 0x%lx, where a guest finds it", (uint64_t)SKERRY_GICD_BASE);
	}
}

static void check_segment(struct check *c, const struct sys_guest *g, const struct sys_segment *s)
{
	if (arch_crc32(0, s->data, s->at.size) != s->crc32) {
		report_error(&c->report, c->fdt, s->node, "crc32", "image \"%s\" is damaged: its "
			     "CRC is another", s->image);
	} else if (s == &g->tree && g->has_own_tree) {
		check_own_tree(c, g, s->data, s->at.size);
	}
}

static void check_segments_in_fit(struct check *c)
{
	struct system *s = &c->system;

	for (uint32_t i = 0; i < s->guest_count; i++) {
		if (s->guest[i].refused) {
			report_error(&c->report, c->fdt, s->guest[i].node, "segments",
				     "are missing: not made by mksystem");
		}
		s->guest[i].verify = true;
	}
	fit_resolve(c->fit, c->fit_size, s, &c->report);
	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t n = 0; n < g->segment_count && !g->refused; n++) {
			check_segment(c, g, &g->segment[n]);
		}
		if (!g->refused) {
			check_segment(c, g, &g->tree);
		}
	}
}

/* A file that the description names, looked for as mksystem does. NULL: not found. */
static char *find_file(struct check *c, const char *name)
{
	const char *slash = strrchr(c->file, '/');
	size_t own = slash ? (size_t)(slash - c->file) : 0;
	char path[1024];
	FILE *f;

	for (uint32_t i = 0; i <= c->dir_count; i++) {
		if (name[0] == '/') {
			snprintf(path, sizeof(path), "%s", name);
		} else if (i < c->dir_count) {
			snprintf(path, sizeof(path), "%s/%s", c->dir[i], name);
		} else {
			snprintf(path, sizeof(path), "%.*s%s%s", (int)own, c->file,
				 slash ? "/" : "", name);
		}
		f = fopen(path, "rb");
		if (f) {
			fclose(f);
			return strdup(path);
		}
	}
	return NULL;
}

static uint64_t le64(const unsigned char *at)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--) {
		v = v << 8 | at[i];
	}
	return v;
}

static void check_image(struct check *c, const struct sys_guest *g, const unsigned char *data,
			size_t size)
{
	uint64_t need = size, first = g->bank[0].size, room = 0;
	bool is_image = size >= 64 && (uint32_t)le64(data + 56) == IMAGE_MAGIC;
	bool is_other = size >= 4 && (memcmp(data, "\x7f" "ELF", 4) == 0 ||
		memcmp(data, "\x1f\x8b", 2) == 0 || (memcmp(data, "MZ", 2) == 0 && !is_image));

	for (uint32_t i = 0; i < g->bank_count; i++) {
		room = max_u64(room, g->bank[i].size);
	}
	if (is_image) {
		uint64_t text = le64(data + 8), image_size = le64(data + 16);
		uint64_t base = g->bank[0].base;
		uint64_t lost = align_up(base, BLOCK_SIZE) - base;

		if (image_size == 0) {
			report_error(&c->report, c->fdt, g->node, "image", "arm64 Image header: "
				     "image_size is 0");
			return;
		}
		need = max_u64(image_size, size);
		room = first > lost && first - lost > text ? first - lost - text : 0;
	} else if (!is_other && !fdt_getprop(c->fdt, g->node, "load-address", NULL)) {
		report_error(&c->report, c->fdt, g->node, "load-address", "is missing: the image "
			     "is neither an arm64 Image nor an ELF file");
	}
	if (!is_other && g->bank_count && need > room) {
		report_error(&c->report, c->fdt, g->node, "image", "is too large: it needs 0x%lx "
			     "bytes, the guest's memory has room for 0x%lx", need, room);
	}
}

static void check_file(struct check *c, const struct sys_guest *g, const char *property)
{
	const char *name = dt_string(c->fdt, g->node, property);
	char *path = name ? find_file(c, name) : NULL;
	size_t size = 0;
	void *data = path ? read_whole(path, &size) : NULL;

	if (!name) {
		return;
	}
	if (!data) {
		report_warning(&c->report, c->fdt, g->node, property, "\"%s\": no such file here "
			       "(-I DIR?): not checked", name);
	} else if (strcmp(property, "image") == 0) {
		check_image(c, g, data, size);
	} else if (strcmp(property, "dtb") == 0) {
		if (size < 4 || fdt32_ld(data) != FDT_MAGIC) {
			const char *const dtc[] = { "dtc", "-q", "-I", "dts", "-O", "dtb", path,
						    NULL };

			free(data);
			data = read_command(dtc, &size);
		}
		if (data) {
			check_own_tree(c, g, data, size);
		} else {
			report_error(&c->report, c->fdt, g->node, "dtb", "does not compile");
		}
	} else if (g->bank_count && size > g->bank[0].size) {
		report_error(&c->report, c->fdt, g->node, property, "is too large: 0x%lx bytes, "
			     "the guest's first bank has 0x%lx", (uint64_t)size, g->bank[0].size);
	}
	free(data);
	free(path);
}

void check_files(struct check *c)
{
	if (c->fit) {
		check_segments_in_fit(c);
		return;
	}
	for (uint32_t i = 0; i < c->system.guest_count; i++) {
		check_file(c, &c->system.guest[i], "image");
		check_file(c, &c->system.guest[i], "ramdisk");
		check_file(c, &c->system.guest[i], "dtb");
	}
}
