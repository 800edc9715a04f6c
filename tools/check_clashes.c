/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clashes of a description, with both of their sides: ranges in a guest's memory,
 * cores, devices' pages and interrupts, what EL2 keeps for itself. EL2 refuses the same,
 * in fewer words (core/boot/system.c) or where it gives things out: see check.h.
 */
#include <string.h>
#include "check.h"

#define TREE_ROOM	KIB(64)		/* for a generated guest tree */
#define BOOTARGS_MAX	512

static const struct range address_space = { 0, 1ull << SKERRY_IPA_BITS };

static void check_banks(struct check *c, const struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";

	for (uint32_t i = 0; i < g->bank_count; i++) {
		struct range r = g->bank[i];

		if (bad_if(c, !r.size || !is_aligned(r.base | r.size, PAGE_SIZE), g->node, name,
			   "base 0x%lx, size 0x%lx: multiples of 0x1000, the size not 0", r.base,
			   r.size) ||
		    bad_if(c, !range_holds(address_space, r.base, r.size), g->node, name,
			   "base 0x%lx, size 0x%lx ends above the %u bits of guest-physical "
			   "addresses", r.base, r.size, SKERRY_IPA_BITS)) {
			continue;
		}
		for (uint32_t j = 0; j < i; j++) {
			bad_if(c, range_overlaps(r, g->bank[j]), g->node, name,
			       "0x%lx-0x%lx overlaps 0x%lx-0x%lx", RANGE_ARGS(r),
			       RANGE_ARGS(g->bank[j]));
		}
		for (unsigned n = 0; system_fixed[n].size && !g->identity; n++) {
			bad_if(c, range_overlaps(r, system_fixed[n]), g->node, name, "0x%lx-0x%lx "
			       "overlaps %s, 0x%lx-0x%lx", RANGE_ARGS(r), fixed_names[n],
			       RANGE_ARGS(system_fixed[n]));
		}
	}
}

static bool is_in_bank(const struct sys_guest *g, struct range r)
{
	bool is_in = false;

	for (uint32_t i = 0; i < g->bank_count; i++) {
		is_in |= r.size && range_holds(g->bank[i], r.base, r.size);
	}
	return is_in;
}

/* Where the guest's tree goes, by mksystem or before it has run. */
static struct range tree_of(struct check *c, const struct sys_guest *g)
{
	struct range tree = { g->tree.at.base, TREE_ROOM };
	uint64_t top = g->bank[0].base + g->bank[0].size - TREE_ROOM;

	if (!g->tree.node) {
		tree.base = dt_number(c->fdt, g->node, "dtb-address",
				      max_u64(align_down(top, BLOCK_SIZE), g->bank[0].base));
	}
	tree.size = g->tree.node && g->has_own_tree ? g->tree.at.size : tree.size;
	return tree;
}

static void check_segments(struct check *c, const struct sys_guest *g)
{
	struct range tree = tree_of(c, g);

	bad_if(c, tree.base % 8, g->node, "dtb-address", "0x%lx is not a multiple of 8", tree.base);
	if (!g->bank_count || bad_if(c, !is_in_bank(g, tree), g->node, "dtb-address", "the guest's "
				     "tree at 0x%lx, 0x%lx bytes, is outside its memory", tree.base,
				     tree.size)) {
		return;
	}
	for (const struct sys_segment *s = g->segment; s < g->segment + g->segment_count; s++) {
		bad_if(c, range_overlaps(s->at, tree), g->node, "dtb-address",
		       "the guest's tree, 0x%lx-0x%lx, overlaps segment %s, 0x%lx-0x%lx",
		       RANGE_ARGS(tree), dt_name(c->fdt, s->node), RANGE_ARGS(s->at));
		for (const struct sys_segment *o = g->segment; o < s; o++) {
			bad_if(c, range_overlaps(s->at, o->at), s->node, "address",
			       "0x%lx-0x%lx overlaps segment %s, 0x%lx-0x%lx", RANGE_ARGS(s->at),
			       dt_name(c->fdt, o->node), RANGE_ARGS(o->at));
		}
	}
}

static void check_load_address(struct check *c, const struct sys_guest *g)
{
	struct range at = { dt_number(c->fdt, g->node, "load-address", g->bank[0].base), 4 };

	bad_if(c, at.base % 4, g->node, "load-address", "0x%lx is not a multiple of 4", at.base);
	bad_if(c, g->bank_count && !is_in_bank(g, at), g->node, "load-address", "0x%lx is outside "
	       "the guest's memory", at.base);
}

static void check_cores(struct check *c, const struct sys_guest *g)
{
	uint32_t cores = c->board_fdt ? c->board.cpu_count : SKERRY_CPU_MAX, other;
	int size, other_size;
	const fdt32_t *cell = fdt_getprop(c->fdt, g->node, "cpus", &size), *before;

	for (int i = 0; cell && i < size / 4; i++) {
		uint32_t core = fdt32_ld(cell + i);

		if (bad_if(c, core >= cores, g->node, "cpus", "names core %u; %s has cores 0 to %u",
			   core, c->board_fdt ? "the board" : "Skerry", cores - 1) ||
		    c->system.core[core].policy != POLICY_STATIC) {
			continue;
		}
		for (const struct sys_guest *o = c->system.guest; o <= g; o++) {
			before = fdt_getprop(c->fdt, o->node, "cpus", &other_size);
			for (int n = 0; before && n < (o == g ? i : other_size / 4); n++) {
				other = fdt32_ld(before + n);
				bad_if(c, other == core, g->node, "cpus", "core %u is given twice, "
				       "to \"%s\" and \"%s\": to share it, give it a policy: "
				       "schedule { core-%u { core = <%u>; policy = \"rr\"; }; };",
				       core, o->name, g->name, core, core);
			}
		}
	}
}

static void check_name(struct check *c, int node)
{
	bad_if(c, strlen(dt_name(c->fdt, node)) >= SKERRY_NAME_MAX, node, NULL,
	       "has a name of more than %u characters", SKERRY_NAME_MAX - 1);
}

/* The whole pages that stage 2 maps for registers. */
static struct range pages_of(struct range r)
{
	uint64_t base = align_down(r.base, PAGE_SIZE);

	return (struct range){ base, align_up(r.base - base + r.size, PAGE_SIZE) };
}

/* What EL2 keeps for itself on this board in the pages `r`, or NULL. The UART it passes to
 * the console's driver. */
static const char *owner_in_el2(const struct board *b, struct range r, bool is_console)
{
	const struct range own[] = { b->uart_regs, b->pm, b->gicd, b->gicc, b->gich, b->gicv };
	static const char *const names[] = { "the boot UART", "the watchdog and reset block" };
	const char *owner = NULL;

	for (size_t i = is_console; i < ARRAY_SIZE(own); i++) {
		if (range_overlaps(r, pages_of(own[i]))) {
			owner = i < ARRAY_SIZE(names) ? names[i] : "the interrupt controller";
		}
	}
	for (uint32_t i = 0; i < b->gicr_count; i++) {
		owner = range_overlaps(r, b->gicr[i]) ? "the interrupt controller" : owner;
	}
	for (uint32_t i = 0; i < b->memory_count; i++) {
		owner = range_overlaps(r, b->memory[i]) ? "RAM" : owner;
	}
	return owner;
}

static bool is_console_driver(const struct check *c, const struct sys_guest *g)
{
	return c->system.console_driver == g - c->system.guest;
}

static void check_registers(struct check *c, const struct sys_guest *g, const struct sys_device *d,
			    struct range r)
{
	const char *owner = c->board_fdt ? owner_in_el2(&c->board, r, is_console_driver(c, g)) :
			    NULL;

	bad_if(c, owner, d->node, "device", "its page 0x%lx-0x%lx holds %s too", RANGE_ARGS(r),
	       owner);
	bad_if(c, !range_holds(address_space, r.base, r.size), d->node, "device", "0x%lx-0x%lx is "
	       "above the %u bits of guest-physical addresses", RANGE_ARGS(r), SKERRY_IPA_BITS);
	for (const struct range *f = system_fixed; f->size; f++) {
		bool is_taken = f->base != SKERRY_PAGE_BASE && f->base != SKERRY_WINDOW_BASE &&
				(f->base != SKERRY_PL011_BASE || g->console == CONSOLE_PL011);

		bad_if(c, is_taken && range_overlaps(r, *f), d->node, "device",
		       "its page 0x%lx-0x%lx overlaps %s, 0x%lx-0x%lx", RANGE_ARGS(r),
		       fixed_names[f - system_fixed], RANGE_ARGS(*f));
	}
	for (uint32_t i = 0; i < g->bank_count && !g->identity; i++) {
		bad_if(c, range_overlaps(r, g->bank[i]), d->node, "device", "its page 0x%lx-0x%lx "
		       "overlaps the guest's memory, 0x%lx-0x%lx", RANGE_ARGS(r),
		       RANGE_ARGS(g->bank[i]));
	}
}

/* Of a node in the board's tree: what of it can't be given. */
static void check_resources(struct check *c, const struct sys_device *d)
{
	struct dt_interrupt irq = { 32, 0 };
	struct range r = { 0, 1 };
	int result = SKERRY_OK;
	unsigned n = 0;

	while (result == SKERRY_OK && r.size && n <= SYS_REG_MAX) {
		result = dt_reg(c->board_fdt, d->board_node, n++, &r);
	}
	bad_if(c, result != SKERRY_AGAIN || n == 1, d->node, "device", "its registers can't be "
	       "given: 1 to %u ranges that the board's CPUs can reach", SYS_REG_MAX);
	result = SKERRY_OK;
	for (n = 0; result == SKERRY_OK && irq.intid >= 32 && n <= SYS_IRQ_MAX; n++) {
		result = dt_interrupt(c->board_fdt, d->board_node, c->board.gic_node, n, &irq);
	}
	bad_if(c, result != SKERRY_AGAIN, d->node, "device", "its interrupts can't be given: at "
	       "most %u, shared ones (SPIs) of the board's GIC", SYS_IRQ_MAX);
}

/* What keeps its node in the board's tree from being given. */
static void check_board_node(struct check *c, const struct sys_device *d)
{
	const char *path = dt_string(c->fdt, d->node, "device");

	if (!c->board_fdt || !path ||
	    bad_if(c, d->board_node < 0 && strcmp(path, "stdout-path") == 0, d->node, "device",
		   "\"stdout-path\": /chosen names no console in the board's tree, and there is "
		   "no alias serial0") ||
	    bad_if(c, d->board_node < 0, d->node, "device", "\"%s\" is not in the board's tree",
		   path)) {
		return;
	}
	check_resources(c, d);
	bad_if(c, !dt_is_enabled(c->board_fdt, d->board_node), d->node, "device",
	       "\"%s\" is disabled in the board's tree", path);
	bad_if(c, dt_has(c->board_fdt, d->board_node, "msi-controller"), d->node, "device",
	       "\"%s\" raises others' interrupts: it can't be given", path);
}

static void check_quiesce(struct check *c, const struct sys_device *d)
{
	struct range first = { 0, d->reg_count ? d->regs[0].size : UINT64_MAX };

	for (const struct sys_quiesce *q = d->quiesce; q < d->quiesce + d->quiesce_count; q++) {
		bool is_width = q->width == 1 || q->width == 2 || q->width == 4;

		bad_if(c, !is_width || q->offset % q->width ||
		       !range_holds(first, q->offset, q->width), d->node, "quiesce",
		       "offset 0x%x, width %u: the width is 1, 2 or 4, the offset a multiple of "
		       "it inside the device's first range, 0x%lx bytes", q->offset, q->width,
		       first.size);
	}
}

static void check_device(struct check *c, const struct sys_guest *g, const struct sys_device *d)
{
	check_quiesce(c, d);
	for (uint32_t i = 0; i < d->reg_count; i++) {
		check_registers(c, g, d, pages_of(d->regs[i]));
	}
	for (uint32_t i = 0; i < d->irq_count; i++) {
		uint32_t n = d->intid[i];
		const char *with = n >= SKERRY_INTID_EVENT ? "the link interrupts, 288 and up" :
			n == SKERRY_INTID_PL011 && g->console == CONSOLE_PL011 ?
			"the console's PL011" :
			c->board_fdt && n == c->board.uart_intid && !is_console_driver(c, g) ?
			"the boot UART" : NULL;

		bad_if(c, with, d->node, "device", "its interrupt %u clashes with %s", n, with);
	}
}

/* An interrupt that both have, or 0. */
static uint32_t shared_interrupt(const struct sys_device *a, const struct sys_device *b)
{
	for (uint32_t i = 0; i < a->irq_count * b->irq_count; i++) {
		if (a->intid[i / b->irq_count] == b->intid[i % b->irq_count]) {
			return b->intid[i % b->irq_count];
		}
	}
	return 0;
}

/* A page that both have registers in, or 0. */
static uint64_t shared_page(const struct sys_device *a, const struct sys_device *b)
{
	for (uint32_t i = 0; i < a->reg_count * b->reg_count; i++) {
		struct range page = pages_of(b->regs[i % b->reg_count]);

		if (range_overlaps(page, pages_of(a->regs[i / b->reg_count]))) {
			return page.base;
		}
	}
	return 0;
}

/* Device `d` of `g` against `e` of `o`, which was given before it. */
static void check_pair(struct check *c, const struct sys_guest *g, const struct sys_device *d,
		       const struct sys_guest *o, const struct sys_device *e)
{
	bool is_same = d->board_node >= 0 && d->board_node == e->board_node;
	uint32_t irq = is_same || o == g ? 0 : shared_interrupt(e, d);
	uint64_t page = is_same || o == g ? 0 : shared_page(e, d);

	bad_if(c, is_same, d->node, "device", "is given twice, to \"%s\" (%s) and \"%s\" (%s)",
	       o->name, e->name, g->name, d->name);
	bad_if(c, irq, d->node, "device", "shares interrupt %u: \"%s\" (%s) and \"%s\" (%s); one "
	       "guest must get both", irq, o->name, e->name, g->name, d->name);
	bad_if(c, page, d->node, "device", "shares the page at 0x%lx: \"%s\" (%s) and \"%s\" (%s); "
	       "one guest must get both", page, o->name, e->name, g->name, d->name);
}

static void check_devices(struct check *c, const struct sys_guest *g)
{
	for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
		check_name(c, d->node);
		check_board_node(c, d);
		check_device(c, g, d);
		for (const struct sys_guest *o = c->system.guest; o <= g; o++) {
			for (uint32_t i = 0; i < o->device_count && &o->device[i] != d; i++) {
				check_pair(c, g, d, o, &o->device[i]);
			}
		}
	}
}

void check_clashes(struct check *c)
{
	const struct system *s = &c->system;

	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		const char *arguments = dt_string(c->fdt, g->node, "bootargs");

		check_name(c, g->node);
		bad_if(c, arguments && strlen(arguments) >= BOOTARGS_MAX, g->node, "bootargs",
		       "has more than %u characters", BOOTARGS_MAX - 1);
		check_banks(c, g);
		check_cores(c, g);
		check_load_address(c, g);
		check_segments(c, g);
		check_devices(c, g);
	}
}

/* Written anew for the guest, so not missed */
static bool is_replaced(const char *name)
{
	static const char *const words[] = {
		"reg", "interrupts", "interrupts-extended", "interrupt-parent", "clocks", "phandle",
		"linux,phandle", "dma-coherent", "dma-ranges", "ranges",
	};
	bool is_in = false;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		is_in |= strcmp(name, words[i]) == 0;
	}
	return is_in;
}

/* Names of the properties of a node that the device's guest does not get, once each. */
static void list_dropped(struct check *c, const struct sys_device *d, int node, char *text,
			 size_t size)
{
	int at;

	fdt_for_each_property_offset(at, c->board_fdt, node) {
		size_t used = strlen(text);
		const char *name = "";

		fdt_getprop_by_offset(c->board_fdt, at, &name, NULL);
		if (!tree_keeps(c->system.dropped, c->board_fdt, d->board_node, at) &&
		    !is_replaced(name)) {
			snprintf(text + used, size - used, "%s%s", node == d->board_node ? " " :
				 " .../", name);
		}
	}
}

void check_dropped(struct check *c, const struct sys_device *d)
{
	char text[512] = "";
	int depth = 0;

	if (!c->board_fdt || d->board_node < 0) {
		return;
	}
	for (int node = d->board_node; node >= 0 && (depth > 0 || node == d->board_node);
	     node = dt_next(c->board_fdt, node, &depth)) {
		list_dropped(c, d, node, text, sizeof(text));
	}
	if (dt_has(c->board_fdt, d->board_node, "clocks") &&
	    !dt_has(c->fdt, d->node, "clock-frequency") &&
	    !dt_clock_hz(c->board_fdt, d->board_node)) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " clocks (no clock-frequency in the description)");
	}
	if (text[0]) {
		report_warning(&c->report, c->fdt, d->node, "device", "not passed on:%s", text);
	}
}
