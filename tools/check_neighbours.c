/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who else is in an assigned device's pages or on its interrupts, by the board's tree, and where
 * its DMA reaches. What two guests can't both have check_clashes.c refuses; here stands what one
 * should know before: whose registers a guest gets as well, which devices no other guest can
 * have, and what works instead. An error only where a guest without DMA would get a device
 * with it.
 */
#include <string.h>
#include "check.h"

#define TEXT_SIZE	768

/* Devices that another one is a way out for, by `compatible`. */
static const struct {
	const char *of, *instead;
} ways_out[] = {
	{ "arm,pl011", "brcm,bcm2835-aux-uart" },
	{ "brcm,bcm2835-aux-uart", "arm,pl011" },
};

/* Those of which a board can use one, whatever the tree says. */
static const char *const one_of[] = { "brcm,bcm2711-emmc2", "brcm,bcm2835-sdhci" };

static bool is_one_of(const struct check *c, int node)
{
	bool is_in = false;

	for (size_t i = 0; i < ARRAY_SIZE(one_of); i++) {
		is_in |= dt_is_compatible(c->board_fdt, node, one_of[i]);
	}
	return is_in;
}

static bool may_master(const struct check *c, int node)
{
	bool may = true;

	for (const char *class = c->system.no_dma; *class; class += strlen(class) + 1) {
		may &= !dt_is_compatible(c->board_fdt, node, class);
	}
	return may;
}

static bool is_guests(const struct sys_guest *g, int node)
{
	bool is_its = false;

	for (uint32_t i = 0; i < g->device_count; i++) {
		is_its |= g->device[i].board_node == node;
	}
	return is_its;
}

/* The first page that both have registers in, or 0. */
static uint64_t page_with(const struct check *c, const struct sys_device *d, int node)
{
	struct range r;
	uint64_t page = 0;

	for (unsigned n = 0; !page && dt_reg(c->board_fdt, node, n, &r) == SKERRY_OK && r.size;
	     n++) {
		for (uint32_t i = 0; i < d->reg_count; i++) {
			struct range own = range_pages(d->regs[i]);

			page = range_overlaps(own, range_pages(r)) ?
			       max_u64(own.base, range_pages(r).base) : page;
		}
	}
	return page;
}

/* The first interrupt that both have, or 0. */
static uint32_t interrupt_with(const struct check *c, const struct sys_device *d, int node)
{
	struct dt_interrupt irq;
	uint32_t intid = 0;

	for (unsigned n = 0; !intid && dt_interrupt(c->board_fdt, node, c->board.gic_node, n,
						    &irq) == SKERRY_OK; n++) {
		for (uint32_t i = 0; i < d->irq_count; i++) {
			intid = d->intid[i] == irq.intid ? irq.intid : intid;
		}
	}
	return intid;
}

static void list(const struct check *c, char *text, int node)
{
	size_t used = strlen(text);

	snprintf(text + used, TEXT_SIZE - used, "%s%s%s", used ? ", " : "",
		 dt_name(c->board_fdt, node),
		 dt_is_enabled(c->board_fdt, node) ? "" : " (disabled)");
}

/* ", or use PATH instead", where the board has such a device. */
static const char *way_out(const struct check *c, const struct sys_device *d, char *text,
			   size_t size)
{
	char path[256];
	int node = -1;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(ways_out) && node < 0; i++) {
		if (dt_is_compatible(c->board_fdt, d->board_node, ways_out[i].of)) {
			node = fdt_node_offset_by_compatible(c->board_fdt, -1, ways_out[i].instead);
		}
	}
	if (node >= 0 && fdt_get_path(c->board_fdt, node, path, sizeof(path)) == 0) {
		snprintf(text, size, ", or another guest uses %s", path);
	}
	return text;
}

struct found {			/* other devices, by what they share with one */
	uint64_t page;
	uint32_t intid;
	bool is_choice;		/* of these the board uses one */
	char paged[TEXT_SIZE], interrupting[TEXT_SIZE], mastering[TEXT_SIZE];
};

static void look_at(const struct check *c, const struct sys_guest *g, const struct sys_device *d,
		    int node, struct found *f)
{
	uint64_t page = page_with(c, d, node);
	uint32_t intid = interrupt_with(c, d, node);

	if (page) {
		f->page = page;
		list(c, f->paged, node);
		if (!g->identity && dt_is_enabled(c->board_fdt, node) && may_master(c, node)) {
			list(c, f->mastering, node);
		}
	}
	if (intid) {
		f->intid = intid;
		f->is_choice |= is_one_of(c, d->board_node) && is_one_of(c, node);
		list(c, f->interrupting, node);
	}
}

static void tell(struct check *c, const struct sys_guest *g, const struct sys_device *d,
		 const struct found *f)
{
	char way[300];

	bad_if(c, f->mastering[0], d->node, "device", "its page at 0x%lx holds %s too, which may "
	       "master the bus and would be \"%s\"'s as well: assign it to that guest, with "
	       "identity and quiesce (or no-dma), or disable it in the board's tree", f->page,
	       f->mastering, g->name);
	way_out(c, d, way, sizeof(way));
	if (f->paged[0]) {
		check_note(c, d->node, "its page at 0x%lx holds %s too: \"%s\" can drive all of "
			   "them, so no other guest can have one: give all to one guest%s",
			   f->page, f->paged, g->name, way);
	}
	if (f->interrupting[0]) {
		check_note(c, d->node, "its interrupt %u is also that of %s: %s", f->intid,
			   f->interrupting, f->is_choice ? "only one of them may be used: disable "
			   "the other, or give both to one guest" : "they must stay silent, or be "
			   "this guest's too");
	}
}

void check_neighbours(struct check *c)
{
	const struct system *s = &c->system;

	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
			static struct found f;
			int depth = 0;

			memset(&f, 0, sizeof(f));
			for (int n = 0; n >= 0; n = dt_next(c->board_fdt, n, &depth)) {
				if (dt_has(c->board_fdt, n, "compatible") && !is_guests(g, n)) {
					look_at(c, g, d, n, &f);
				}
			}
			tell(c, g, d, &f);
		}
	}
}

void print_reach(struct check *c)
{
	const struct system *s = &c->system;

	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
			if (d->is_dma && d->reach.size == UINT64_MAX) {
				check_note(c, d->node, "its DMA reaches all memory, also what is "
					   "not \"%s\"'s: its driver is trusted", g->name);
			} else if (d->is_dma) {
				check_note(c, d->node, "its DMA reaches 0x%lx-0x%lx (at bus "
					   "addresses from 0x%lx on), also what of it is not "
					   "\"%s\"'s: its driver is trusted",
					   RANGE_ARGS(d->reach), d->bus, g->name);
			}
		}
	}
}
