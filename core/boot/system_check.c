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

static const struct range address_space = { 0, 1ull << SKERRY_IPA_BITS };

void check_banks(struct parse *p, const struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";

	for (uint32_t i = 0; i < g->bank_count; i++) {
		struct range r = g->bank[i];

		if (bad_if(p, !r.size || !is_aligned(r.base | r.size, PAGE_SIZE), g->node, name,
			   "base 0x%lx, size 0x%lx: multiples of 0x1000, the size not 0", r.base,
			   r.size) ||
		    bad_if(p, !range_holds(address_space, r.base, r.size), g->node, name,
			   "base 0x%lx, size 0x%lx ends above the %u bits of guest-physical "
			   "addresses", r.base, r.size, SKERRY_IPA_BITS)) {
			continue;
		}
		for (uint32_t j = 0; j < i; j++) {
			bad_if(p, range_overlaps(r, g->bank[j]), g->node, name,
			       "0x%lx-0x%lx overlaps 0x%lx-0x%lx", RANGE_ARGS(r),
			       RANGE_ARGS(g->bank[j]));
		}
		for (const struct sys_fixed *f = system_fixed; f->name && !g->identity; f++) {
			bad_if(p, range_overlaps(r, f->at), g->node, name, "0x%lx-0x%lx overlaps "
			       "%s, 0x%lx-0x%lx", RANGE_ARGS(r), f->name, RANGE_ARGS(f->at));
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

void check_segments(struct parse *p, const struct sys_guest *g)
{
	struct range tree = { g->tree_address, g->tree_size };
	bool has_ramdisk = g->ramdisk.size == 0;

	if (!g->bank_count || bad_if(p, !is_in_bank(g, tree), g->node, "dtb-address", "the guest's "
				     "tree at 0x%lx, 0x%lx bytes, is outside its memory", tree.base,
				     tree.size)) {
		return;
	}
	for (uint32_t i = 0; i < g->segment_count; i++) {
		const struct sys_segment *s = &g->segment[i];
		bool is_tree = g->has_own_tree && s->at.base == tree.base;

		if (bad_if(p, !is_in_bank(g, s->at), s->node, "address",
			   "0x%lx, 0x%lx bytes: not in the guest's memory", s->at.base,
			   s->at.size)) {
			return;
		}
		bad_if(p, !is_tree && range_overlaps(s->at, tree), g->node, "dtb-address",
		       "the guest's tree, 0x%lx-0x%lx, overlaps segment %s, 0x%lx-0x%lx",
		       RANGE_ARGS(tree), dt_name(p->fdt, s->node), RANGE_ARGS(s->at));
		for (const struct sys_segment *o = g->segment; o < s; o++) {
			bad_if(p, range_overlaps(s->at, o->at), s->node, "address",
			       "0x%lx-0x%lx overlaps segment %s, 0x%lx-0x%lx", RANGE_ARGS(s->at),
			       dt_name(p->fdt, o->node), RANGE_ARGS(o->at));
		}
		has_ramdisk |= s->at.base == g->ramdisk.base && s->at.size == g->ramdisk.size;
	}
	bad_if(p, !g->refused && (!is_in_bank(g, (struct range){ g->entry, 4 }) || g->entry % 4),
	       g->node, "entry", "0x%lx: not in the guest's memory, or no multiple of 4", g->entry);
	bad_if(p, !has_ramdisk, g->node, "ramdisk-address",
	       "0x%lx, 0x%lx bytes: not one of the segments", g->ramdisk.base, g->ramdisk.size);
}

/* The whole pages that stage 2 maps for registers. */
static struct range pages_of(struct range r)
{
	uint64_t base = align_down(r.base, PAGE_SIZE);

	return (struct range){ base, align_up(r.base - base + r.size, PAGE_SIZE) };
}

/* What EL2 keeps for itself on this board in the pages `r`, or NULL. */
static const char *owner_in_el2(const struct board *b, struct range r)
{
	const struct range own[] = { b->uart_regs, b->pm, b->gicd, b->gicc, b->gich, b->gicv };
	static const char *const names[] = { "the boot UART", "the watchdog and reset block" };
	const char *owner = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
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

static void check_registers(struct parse *p, const struct sys_guest *g, const struct sys_device *d,
			    struct range r)
{
	const char *owner = p->board ? owner_in_el2(p->board, r) : NULL;

	bad_if(p, owner, d->node, "device", "its page 0x%lx-0x%lx holds %s too", RANGE_ARGS(r),
	       owner);
	bad_if(p, !range_holds(address_space, r.base, r.size), d->node, "device", "0x%lx-0x%lx is "
	       "above the %u bits of guest-physical addresses", RANGE_ARGS(r), SKERRY_IPA_BITS);
	for (const struct sys_fixed *f = system_fixed; f->name; f++) {
		bool is_taken = f->bars_devices &&
			(f->at.base != SKERRY_PL011_BASE || g->console == CONSOLE_PL011);

		bad_if(p, is_taken && range_overlaps(r, f->at), d->node, "device",
		       "its page 0x%lx-0x%lx overlaps %s, 0x%lx-0x%lx", RANGE_ARGS(r), f->name,
		       RANGE_ARGS(f->at));
	}
	for (uint32_t i = 0; i < g->bank_count && !g->identity; i++) {
		bad_if(p, range_overlaps(r, g->bank[i]), d->node, "device", "its page 0x%lx-0x%lx "
		       "overlaps the guest's memory, 0x%lx-0x%lx", RANGE_ARGS(r),
		       RANGE_ARGS(g->bank[i]));
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
			"the console's PL011" :
			p->board && n == p->board->uart_intid ? "the boot UART" : NULL;

		bad_if(p, with, d->node, "device", "its interrupt %u clashes with %s", n, with);
	}
	bad_if(p, d->is_dma && !g->identity, d->node, "device",
	       "may master the bus: its guest \"%s\" needs identity (or no-dma here)", g->name);
	bad_if(p, d->is_dma && !d->has_quiesce, d->node, "quiesce",
	       "is missing: the device may master the bus (or no-dma here)");
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
static void check_pair(struct parse *p, const struct sys_guest *g, const struct sys_device *d,
		       const struct sys_guest *o, const struct sys_device *e)
{
	bool is_same = d->board_node >= 0 && d->board_node == e->board_node;
	uint32_t irq = is_same || o == g ? 0 : shared_interrupt(e, d);
	uint64_t page = is_same || o == g ? 0 : shared_page(e, d);

	bad_if(p, is_same, d->node, "device", "is given twice, to \"%s\" (%s) and \"%s\" (%s)",
	       o->name, e->name, g->name, d->name);
	bad_if(p, irq, d->node, "device", "shares interrupt %u: \"%s\" (%s) and \"%s\" (%s); one "
	       "guest must get both", irq, o->name, e->name, g->name, d->name);
	bad_if(p, page, d->node, "device", "shares the page at 0x%lx: \"%s\" (%s) and \"%s\" (%s); "
	       "one guest must get both", page, o->name, e->name, g->name, d->name);
}

void check_devices(struct parse *p, const struct sys_guest *g)
{
	for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
		check_device(p, g, d);
		for (const struct sys_guest *o = p->system->guest; o <= g; o++) {
			for (uint32_t i = 0; i < o->device_count && &o->device[i] != d; i++) {
				check_pair(p, g, d, o, &o->device[i]);
			}
		}
	}
}
