/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finishes the device tree that mksystem made for a guest: one of its two interrupt
 * controllers, its seed, the addresses of an identity guest, its assigned devices. Called
 * once for each guest at boot (libfdt's writing functions use SIMD registers);
 * the result is kept for restarts. Errors of libfdt are gathered and told once.
 */
#include <core/boot/boot.h>

struct writer {
	void *fdt;
	const void *board_fdt;
	int error;		/* libfdt's first */
};

static int gather(struct writer *w, int result)
{
	w->error = w->error ? w->error : result < 0 ? result : 0;
	return result;
}

static void set_reg(struct writer *w, int node, const struct range *at, uint32_t count)
{
	fdt_delprop(w->fdt, node, "reg");
	for (uint32_t i = 0; i < count; i++) {
		gather(w, fdt_appendprop_addrrange(w->fdt, 0, node, "reg", at[i].base, at[i].size));
	}
}

static bool is_listed(const char *list, const char *property)
{
	size_t length = strlen(property), size;
	bool is_in = false;

	for (; *list; list += size + 1) {
		size = strlen(list);
		is_in |= !strncmp(property + (list[0] == '-' && length > size ? length - size : 0),
				  list, size + (list[size - 1] != '-'));
	}
	return is_in;
}

bool tree_keeps(const char *list, const void *board_fdt, int top, int at)
{
	const char *name;
	int size, to;
	const fdt32_t *value = fdt_getprop_by_offset(board_fdt, at, &name, &size);

	if (!value || !is_listed(list, name)) {
		return value;
	}
	to = size == 4 ? fdt_node_offset_by_phandle(board_fdt, fdt32_ld(value)) : -1;
	while (to > top) {
		to = dt_parent(board_fdt, to);
	}
	return to == top;
}

/* The clock that mksystem made for the device, where its rate is known and it has any. */
static void add_clocks(struct writer *w, const struct sys_device *d, int node, uint32_t phandle)
{
	int clock = fdt_node_offset_by_phandle(w->fdt, phandle);
	int clocks = fdt_stringlist_count(w->board_fdt, d->board_node, "clock-names");
	uint32_t hz = (uint32_t)dt_number(w->fdt, clock, "clock-frequency", 0);

	hz = hz ? hz : dt_clock_hz(w->board_fdt, d->board_node);
	if (!hz || !dt_has(w->board_fdt, d->board_node, "clocks")) {
		fdt_del_node(w->fdt, clock);
		return;
	}
	fdt_setprop_inplace_u32(w->fdt, clock, "clock-frequency", hz);
	for (int i = 0; i < (clocks < 1 ? 1 : clocks); i++) {
		gather(w, fdt_appendprop_u32(w->fdt, node, "clocks", phandle));
	}
}

/* The device's node with those below it. */
static int copy_nodes(struct writer *w, int top, int parent)
{
	int to[DT_DEPTH_MAX + 1], from = top, depth = 0, at, size;
	const char *name;

	do {
		to[depth] = gather(w, fdt_add_subnode(w->fdt, depth ? to[depth - 1] : parent,
						      fdt_get_name(w->board_fdt, from, NULL)));
		fdt_for_each_property_offset(at, w->board_fdt, from) {
			const void *value = fdt_getprop_by_offset(w->board_fdt, at, &name, &size);

			if (tree_keeps(the_system.dropped, w->board_fdt, top, at)) {
				gather(w, fdt_setprop(w->fdt, to[depth], name, value, size));
			}
		}
		from = dt_next(w->board_fdt, from, &depth);
	} while (from >= 0 && depth > 0 && depth <= DT_DEPTH_MAX && !w->error);
	return to[0];
}

/* On the bus that mksystem made for it where its DMA has other addresses than the CPU. */
static void add_device(struct writer *w, const struct sys_device *d, uint32_t index)
{
	int bus = fdt_node_offset_by_phandle(w->fdt, SYS_PHANDLE_BUS + index), node, at;
	const fdt64_t ranges[] = { cpu_to_fdt64(d->bus), cpu_to_fdt64(d->reach.base),
				   cpu_to_fdt64(d->reach.size) };

	if (d->is_dma && d->bus != d->reach.base) {
		gather(w, fdt_setprop(w->fdt, bus, "dma-ranges", ranges, sizeof(ranges)));
	} else {
		bus = gather(w, fdt_del_node(w->fdt, bus));	/* 0: the root */
	}
	node = copy_nodes(w, d->board_node, bus);
	set_reg(w, node, d->regs, d->reg_count);
	for (uint32_t i = 0; i < d->irq_count; i++) {
		gather(w, fdt_appendprop_u32(w->fdt, node, "interrupts", 0));
		gather(w, fdt_appendprop_u32(w->fdt, node, "interrupts", d->intid[i] - 32));
		gather(w, fdt_appendprop_u32(w->fdt, node, "interrupts", d->edge[i] ? 1 : 4));
	}
	for (at = d->board_node; at >= 0 && !dt_has(w->board_fdt, at, "dma-noncoherent");
	     at = dt_parent(w->board_fdt, at)) {
		if (dt_has(w->board_fdt, at, "dma-coherent")) {
			gather(w, fdt_setprop_empty(w->fdt, node, "dma-coherent"));
		}
	}
	add_clocks(w, d, node, SYS_PHANDLE_CLOCK + index);
}

/* An identity guest's memory has its place: its ramdisk has moved with it. */
static void move_identity(struct writer *w, const struct sys_guest *g)
{
	static const char *const names[] = { "linux,initrd-start", "linux,initrd-end" };
	int chosen = fdt_subnode_offset(w->fdt, 0, "chosen");

	for (unsigned i = 0; i < 2 && dt_has(w->fdt, chosen, names[i]); i++) {
		gather(w, fdt_setprop_inplace_u64(w->fdt, chosen, names[i], g->bank[0].base +
						  dt_number(w->fdt, chosen, names[i], 0)));
	}
	set_reg(w, fdt_subnode_offset(w->fdt, 0, "memory"), g->bank, g->bank_count);
}

int tree_build(const struct sys_guest *g, const struct board *b, const void *board_fdt,
	       void *out, uint32_t room, struct report *r)
{
	const char *gic = b->gic == GIC_V3 ? "arm,cortex-a15-gic" : "arm,gic-v3";
	struct writer w = { out, board_fdt, !dt_check(g->tree.data, g->tree.at.size) };

	if (!w.error && !gather(&w, fdt_open_into(g->tree.data, out, (int)room))) {
		gather(&w, fdt_del_node(out, fdt_node_offset_by_compatible(out, -1, gic)));
		if (g->identity) {
			move_identity(&w, g);
		}
		for (uint32_t i = 0; i < g->device_count; i++) {
			add_device(&w, &g->device[i], i);
		}
		if (!b->seed_size) {
			fdt_delprop(out, fdt_subnode_offset(out, 0, "chosen"), "rng-seed");
		}
		gather(&w, fdt_pack(out));
	}
	if (w.error) {
		report_error(r, NULL, -1, g->name, "its tree is damaged, or does not fit into %u "
			     "bytes", room);
	}
	return w.error ? SKERRY_INVALID : SKERRY_OK;
}
