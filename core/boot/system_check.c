/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What safety needs of a parsed description: ranges inside their bounds and
 * apart from each other, devices that belong to one guest only and are not
 * EL2's own, bus masters that can be stopped. Boot-only; the same source is in
 * skerry-check. Reports each clash with both of its sides.
 */
#include <core/boot/system_parts.h>

const struct sys_fixed system_fixed[] = {
	{ { SKERRY_GICD_BASE, SKERRY_GICR_BASE + SKERRY_GICR_STRIDE * SKERRY_VCPU_MAX -
	    SKERRY_GICD_BASE }, "the interrupt controller", true },
	{ { SKERRY_PL011_BASE, PAGE_SIZE }, "the console's PL011", true },
	{ { SKERRY_PAGE_BASE, MIB(16) }, "the register pages", false },
	{ { SKERRY_INFO_BASE, MIB(16) }, "EL2's read-only pages", true },
	{ { SKERRY_WINDOW_BASE, SKERRY_RAM_BASE - SKERRY_WINDOW_BASE }, "the link windows", false },
	{ { 0, 0 }, NULL, false },
};

static bool fits_address_space(struct range r)
{
	return range_holds((struct range){ 0, 1ull << SKERRY_IPA_BITS }, r.base, r.size);
}

void check_banks(struct parse *p, const struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";

	for (uint32_t i = 0; i < g->bank_count; i++) {
		struct range r = g->bank[i];

		if (r.size == 0 || !is_aligned(r.base | r.size, PAGE_SIZE)) {
			bad(p, g->node, name, "base 0x%lx, size 0x%lx: both must be multiples of "
			    "0x1000, the size not 0", r.base, r.size);
			continue;
		}
		if (!fits_address_space(r)) {
			bad(p, g->node, name, "base 0x%lx, size 0x%lx ends above the %u-bit "
			    "guest-physical address space", r.base, r.size, SKERRY_IPA_BITS);
			continue;
		}
		for (uint32_t j = 0; j < i; j++) {
			if (range_overlaps(r, g->bank[j])) {
				bad(p, g->node, name, "0x%lx-0x%lx overlaps 0x%lx-0x%lx",
				    RANGE_ARGS(r), RANGE_ARGS(g->bank[j]));
			}
		}
		for (const struct sys_fixed *f = system_fixed; f->name && !g->identity; f++) {
			if (range_overlaps(r, f->at)) {
				bad(p, g->node, name, "0x%lx-0x%lx overlaps %s, 0x%lx-0x%lx",
				    RANGE_ARGS(r), f->name, RANGE_ARGS(f->at));
			}
		}
	}
}

static bool is_in_bank(const struct sys_guest *g, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < g->bank_count; i++) {
		if (range_is_sane(base, size) && range_holds(g->bank[i], base, size)) {
			return true;
		}
	}
	return false;
}

static void check_tree(struct parse *p, const struct sys_guest *g)
{
	struct range tree = { g->tree_address, g->tree_size };

	if (!is_in_bank(g, tree.base, tree.size)) {
		bad(p, g->node, "dtb-address", "the guest's tree at 0x%lx, 0x%lx bytes, is "
		    "outside its memory", tree.base, tree.size);
		return;
	}
	for (uint32_t i = 0; i < g->segment_count; i++) {
		const struct sys_segment *s = &g->segment[i];

		if (range_overlaps(s->at, tree) && !(g->has_own_tree && s->at.base == tree.base)) {
			bad(p, g->node, "dtb-address", "the guest's tree, 0x%lx-0x%lx, overlaps "
			    "segment %s, 0x%lx-0x%lx; give dtb-address or more memory",
			    RANGE_ARGS(tree), fdt_get_name(p->fdt, s->node, NULL),
			    RANGE_ARGS(s->at));
		}
	}
}

void check_segments(struct parse *p, const struct sys_guest *g)
{
	bool has_ramdisk = g->ramdisk.size == 0;

	for (uint32_t i = 0; i < g->segment_count; i++) {
		const struct sys_segment *s = &g->segment[i];

		if (s->at.size == 0 || !is_in_bank(g, s->at.base, s->at.size)) {
			bad(p, s->node, "address", "0x%lx, 0x%lx bytes: not in the guest's memory",
			    s->at.base, s->at.size);
			return;
		}
		for (uint32_t j = 0; j < i; j++) {
			if (range_overlaps(s->at, g->segment[j].at)) {
				bad(p, s->node, "address", "0x%lx-0x%lx overlaps segment %s, "
				    "0x%lx-0x%lx", RANGE_ARGS(s->at),
				    fdt_get_name(p->fdt, g->segment[j].node, NULL),
				    RANGE_ARGS(g->segment[j].at));
			}
		}
		has_ramdisk |= s->at.base == g->ramdisk.base && s->at.size == g->ramdisk.size;
	}
	if (!g->refused && (!is_in_bank(g, g->entry, 4) || !is_aligned(g->entry, 4))) {
		bad(p, g->node, "entry", "0x%lx is not in the guest's memory, or no multiple of 4",
		    g->entry);
	}
	if (!has_ramdisk) {
		bad(p, g->node, "ramdisk-address", "0x%lx, 0x%lx bytes: not one of the segments",
		    g->ramdisk.base, g->ramdisk.size);
	}
	if (g->bank_count) {
		check_tree(p, g);
	}
}

/* The whole pages that stage 2 maps for registers. */
static struct range pages_of(struct range r)
{
	uint64_t base = align_down(r.base, PAGE_SIZE);

	return (struct range){ base, align_up(r.base - base + r.size, PAGE_SIZE) };
}

/* Registers at `r` against what EL2 keeps for itself on this board. */
static const char *owner_in_el2(const struct board *b, struct range r)
{
	const struct { struct range at; const char *name; } own[] = {
		{ b->gicd, "the interrupt controller" }, { b->gicc, "the interrupt controller" },
		{ b->gich, "the interrupt controller" }, { b->gicv, "the interrupt controller" },
		{ b->uart_regs, "the boot UART" }, { b->pm, "the watchdog and reset block" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (range_overlaps(r, pages_of(own[i].at))) {
			return own[i].name;
		}
	}
	for (uint32_t i = 0; i < b->gicr_count; i++) {
		if (range_overlaps(r, b->gicr[i])) {
			return "the interrupt controller";
		}
	}
	for (uint32_t i = 0; i < b->memory_count; i++) {
		if (range_overlaps(r, b->memory[i])) {
			return "RAM";
		}
	}
	return NULL;
}

static void check_registers(struct parse *p, const struct sys_guest *g,
			    const struct sys_device *d, struct range r)
{
	const char *owner = p->board ? owner_in_el2(p->board, r) : NULL;

	if (owner) {
		bad(p, d->node, "device", "its page 0x%lx-0x%lx holds %s too", RANGE_ARGS(r), owner);
	}
	if (!fits_address_space(r)) {
		bad(p, d->node, "device", "its registers at 0x%lx lie above the %u-bit "
		    "guest-physical address space", r.base, SKERRY_IPA_BITS);
	}
	for (const struct sys_fixed *f = system_fixed; f->name; f++) {
		bool is_free = !f->bars_devices ||
			(f->at.base == SKERRY_PL011_BASE && g->console != CONSOLE_PL011);

		if (!is_free && range_overlaps(r, f->at)) {
			bad(p, d->node, "device", "its page 0x%lx-0x%lx overlaps %s, 0x%lx-0x%lx",
			    RANGE_ARGS(r), f->name, RANGE_ARGS(f->at));
		}
	}
	for (uint32_t i = 0; i < g->bank_count && !g->identity; i++) {
		if (range_overlaps(r, g->bank[i])) {
			bad(p, d->node, "device", "its page 0x%lx-0x%lx overlaps the guest's "
			    "memory, 0x%lx-0x%lx", RANGE_ARGS(r), RANGE_ARGS(g->bank[i]));
		}
	}
}

static void check_device(struct parse *p, const struct sys_guest *g, const struct sys_device *d)
{
	for (uint32_t i = 0; i < d->reg_count; i++) {
		check_registers(p, g, d, pages_of(d->regs[i]));
	}
	for (uint32_t i = 0; i < d->irq_count; i++) {
		uint32_t n = d->intid[i];
		const char *with = n >= SKERRY_INTID_EVENT ? "the link interrupts, 288 and up" :
			n == SKERRY_INTID_PL011 && g->console == CONSOLE_PL011 ?
			"the console's PL011 (console = \"pl011\")" :
			p->board && n == p->board->uart_intid ? "the boot UART" : NULL;

		if (with) {
			bad(p, d->node, "device", "its interrupt %u clashes with %s", n, with);
		}
	}
	if (d->is_dma && !g->identity) {
		bad(p, d->node, "device", "may master the bus: its guest \"%s\" needs identity "
		    "(or no-dma here)", g->name);
	}
	if (d->is_dma && !d->has_quiesce) {
		bad(p, d->node, "quiesce", "is missing: the device may master the bus (or no-dma)");
	}
}

void check_devices(struct parse *p, const struct sys_guest *g)
{
	for (uint32_t i = 0; i < g->device_count; i++) {
		check_device(p, g, &g->device[i]);
	}
}

/* Two devices of two guests, or one given twice. */
static void check_pair(struct parse *p, const struct sys_guest *ga, const struct sys_device *a,
		       const struct sys_guest *gb, const struct sys_device *b)
{
	if (a->board_node >= 0 && a->board_node == b->board_node) {
		bad(p, b->node, "device", "is given twice, to \"%s\" (%s) and \"%s\" (%s)",
		    ga->name, a->name, gb->name, b->name);
		return;
	}
	for (uint32_t i = 0; ga != gb && i < a->reg_count * b->reg_count; i++) {
		struct range page = pages_of(b->regs[i % b->reg_count]);

		if (range_overlaps(page, pages_of(a->regs[i / b->reg_count]))) {
			bad(p, b->node, "device", "shares the page at 0x%lx: \"%s\" (%s) and "
			    "\"%s\" (%s); one guest must get both", page.base, ga->name, a->name,
			    gb->name, b->name);
		}
	}
	for (uint32_t i = 0; ga != gb && i < a->irq_count * b->irq_count; i++) {
		uint32_t n = b->intid[i % b->irq_count];

		if (n == a->intid[i / b->irq_count]) {
			bad(p, b->node, "device", "shares interrupt %u: \"%s\" (%s) and \"%s\" "
			    "(%s); one guest must get both", n, ga->name, a->name, gb->name,
			    b->name);
		}
	}
}

static void check_against(struct parse *p, const struct sys_guest *gb, const struct sys_device *b)
{
	for (struct sys_guest *ga = p->system->guest; ga <= gb; ga++) {
		for (struct sys_device *a = ga->device; a < ga->device + ga->device_count; a++) {
			if (a == b) {
				return;
			}
			check_pair(p, ga, a, gb, b);
		}
	}
}

void check_system(struct parse *p)
{
	uint64_t asked = 0, there = 0;

	for (uint32_t i = 0; i < p->system->guest_count; i++) {
		struct sys_guest *g = &p->system->guest[i];

		for (uint32_t n = 0; n < g->device_count; n++) {
			check_against(p, g, &g->device[n]);
		}
		for (uint32_t n = 0; n < g->bank_count; n++) {
			asked += min_u64(g->bank[n].size, 1ull << SKERRY_IPA_BITS);
		}
	}
	for (uint32_t i = 0; p->board && i < p->board->memory_count; i++) {
		there += p->board->memory[i].size;
	}
	if (p->board && asked > there) {
		bad(p, fdt_subnode_offset(p->fdt, 0, "guests"), "memory", "the guests ask for "
		    "0x%lx bytes together; the board has 0x%lx", asked, there);
	}
}
