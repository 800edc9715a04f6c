/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links and volumes: what their guests would stumble over, and what will surprise.
 * Ends, windows and ports are core/boot/links.c's, which has run without an error.
 */
#include <string.h>
#include "check.h"

#define SECTOR_SIZE	512

/* Properties that go with one type of link; numbers within bounds. */
static const struct option {
	const char *name;
	uint8_t type;
	uint32_t min, max;	/* max 0: no number */
} options[] = {
	{ "volume", SKERRY_LINK_BLOCK, 0, 0 }, { "mac", SKERRY_LINK_NET, 0, 0 },
	{ "isolated", SKERRY_LINK_NET, 0, 0 }, { "uplink", SKERRY_LINK_NET, 0, 0 },
	{ "rate-limit-kbps", SKERRY_LINK_NET, 1, UINT32_MAX },
	{ "label", SKERRY_LINK_CONSOLE, 0, 0 }, { "colour", SKERRY_LINK_CONSOLE, 0, 7 },
	{ "rate-limit", SKERRY_LINK_CONSOLE, 1, UINT32_MAX },
	{ "pins", SKERRY_LINK_GPIO, 0, 0 }, { "pull-up", SKERRY_LINK_GPIO, 0, 0 },
	{ "pull-down", SKERRY_LINK_GPIO, 0, 0 }, { "clocks", SKERRY_LINK_SCMI, 0, 0 },
	{ "clocks-read-only", SKERRY_LINK_SCMI, 0, 0 }, { "power-domains", SKERRY_LINK_SCMI, 0, 0 },
	{ "power-domains-read-only", SKERRY_LINK_SCMI, 0, 0 },
};

static const char *type_name(uint8_t type)
{
	return type == SKERRY_LINK_NET ? "net" : type == SKERRY_LINK_BLOCK ? "block" :
	       type == SKERRY_LINK_CONSOLE ? "console" : type == SKERRY_LINK_GPIO ? "gpio" :
	       type == SKERRY_LINK_SCMI ? "scmi" : "shared-memory";
}

static const char *guest_name(const struct check *c, const struct sys_link *l, unsigned role)
{
	return c->system.guest[l->end[role].guest].name;
}

/* Letters of a name that stands in lines of text and in trees. */
static void check_name(struct check *c, int node, const char *what)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	const char *name = dt_name(c->fdt, node);

	bad_if(c, name[strspn(name, letters)], node, NULL, "%s's name has letters, digits, '-', "
	       "'_' and '.' only", what);
	bad_if(c, strlen(name) >= SKERRY_NAME_MAX, node, NULL,
	       "has a name of more than %u characters", SKERRY_NAME_MAX - 1);
}

static void check_options(struct check *c, const struct sys_link *l)
{
	for (const struct option *o = options; o < options + ARRAY_SIZE(options); o++) {
		int size;
		const fdt32_t *value = fdt_getprop(c->fdt, l->node, o->name, &size);

		if (value && !bad_if(c, o->type != l->type, l->node, o->name,
				     "goes with type = \"%s\" only", type_name(o->type))) {
			uint32_t is = size == 4 ? fdt32_ld(value) : o->min;

			bad_if(c, o->max && size != 4, l->node, o->name, "must be one number: <N>");
			bad_if(c, o->max && (is < o->min || is > o->max), l->node, o->name,
			       "is %u; it can be %u to %u", is, o->min, o->max);
		}
	}
}

static const uint8_t *mac_of(const struct check *c, const struct sys_link *l)
{
	int size;
	const uint8_t *mac = fdt_getprop(c->fdt, l->node, "mac", &size);

	return mac && size == 6 ? mac : NULL;
}

static void check_mac(struct check *c, const struct sys_link *l)
{
	static const uint8_t none[6];
	const uint8_t *mac = mac_of(c, l), *other;

	bad_if(c, dt_has(c->fdt, l->node, "mac") &&
	       (!mac || mac[0] & 1 || memcmp(mac, none, 6) == 0), l->node, "mac",
	       "is 6 bytes, [02 00 00 00 00 01], the first one even, not all 0");
	if (dt_has(c->fdt, l->node, "isolated") && !dt_has(c->fdt, l->node, "uplink")) {
		report_warning(&c->report, c->fdt, l->node, "isolated", "without uplink it reaches "
			       "nobody");
	}
	for (const struct sys_link *o = c->system.link; mac && o < l; o++) {
		other = mac_of(c, o);
		bad_if(c, other && o->end[SKERRY_BACK].guest == l->end[SKERRY_BACK].guest &&
		       memcmp(mac, other, 6) == 0, l->node, "mac", "is that of link \"%s\" too",
		       o->name);
	}
}

static bool is_same_volume(const struct check *c, const struct sys_link *a,
			   const struct sys_link *b)
{
	const char *one = dt_string(c->fdt, a->node, "volume");
	const char *other = dt_string(c->fdt, b->node, "volume");

	return one && other && strcmp(one, other) == 0;
}

static void check_volume_of(struct check *c, const struct sys_link *l)
{
	const char *name = dt_string(c->fdt, l->node, "volume");
	int list = dt_path(c->fdt, "/volumes"), node;
	const struct sys_guest *back = &c->system.guest[l->end[SKERRY_BACK].guest];
	int size;
	const fdt32_t *owner;

	if (bad_if(c, !name, l->node, "volume", "is missing: a block link is about one")) {
		return;
	}
	node = list < 0 ? -1 : fdt_subnode_offset(c->fdt, list, name);
	if (bad_if(c, node < 0, l->node, "volume", "\"%s\": there is no such volume", name)) {
		return;
	}
	owner = fdt_getprop(c->fdt, node, "back", &size);
	bad_if(c, owner && size == 4 && fdt32_ld(owner) !=
	       dt_number(c->fdt, back->node, "phandle", UINT64_MAX), l->node, "volume",
	       "\"%s\" is not of the link's back end, \"%s\"", name, back->name);
	for (const struct sys_link *o = c->system.link; o < l; o++) {
		bad_if(c, is_same_volume(c, o, l) && !dt_has(c->fdt, node, "read-only"), l->node,
		       "volume", "\"%s\" is link \"%s\"'s too, and not read-only", name, o->name);
	}
}

/* What a volume is made of: exactly one of them. */
static void check_kind(struct check *c, int node)
{
	static const char *const kinds[] = { "partition", "extent", "file", "ram-size" };
	const char *first = NULL;
	int size;
	const fdt32_t *value = fdt_getprop(c->fdt, node, "extent", &size);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool is_there = dt_has(c->fdt, node, kinds[i]);

		bad_if(c, is_there && first, node, kinds[i], "stands beside %s: a volume is one of "
		       "partition, extent, file and ram-size", first);
		first = is_there && !first ? kinds[i] : first;
	}
	bad_if(c, !first, node, NULL, "is none of partition, extent, file and ram-size");
	bad_if(c, value && (size != 16 || !dt_cells(value + 2, 2) ||
			    !range_is_sane(dt_cells(value, 2), dt_cells(value + 2, 2))), node,
	       "extent", "takes 4 cells: 64-bit first sector and number of sectors, not 0");
	value = fdt_getprop(c->fdt, node, "ram-size", &size);
	bad_if(c, value && (size != 8 || !dt_cells(value, 2) || dt_cells(value, 2) % SECTOR_SIZE),
	       node, "ram-size", "takes 2 cells: a 64-bit number of bytes, a multiple of %u, not 0",
	       SECTOR_SIZE);
	bad_if(c, dt_has(c->fdt, node, "fat-partition") && !dt_has(c->fdt, node, "file"), node,
	       "fat-partition", "goes with file only");
}

static void check_volume(struct check *c, int node)
{
	int size;
	const fdt32_t *back = fdt_getprop(c->fdt, node, "back", &size);
	const char *name;
	bool is_guest = false, is_used = false;

	check_name(c, node, "a volume");
	check_kind(c, node);
	for (uint32_t i = 0; i < c->system.guest_count && back && size == 4; i++) {
		is_guest |= dt_number(c->fdt, c->system.guest[i].node, "phandle", UINT64_MAX) ==
			    fdt32_ld(back);
	}
	bad_if(c, back && !is_guest, node, "back", "does not name a guest");
	for (uint32_t i = 0; i < c->system.link_count; i++) {
		name = dt_string(c->fdt, c->system.link[i].node, "volume");
		is_used |= name && strcmp(name, dt_name(c->fdt, node)) == 0;
	}
	if (!is_used) {
		report_warning(&c->report, c->fdt, node, NULL, "is of no use: no link names it");
	}
}

/* Of an assigned device, the pages where the guest has register pages. */
static void check_pages(struct check *c, const struct sys_link *l)
{
	const struct sys_guest *g = &c->system.guest[l->end[SKERRY_FRONT].guest];
	struct range page = { SKERRY_PAGE_BASE + l->end[SKERRY_FRONT].port * PAGE_SIZE, PAGE_SIZE };

	for (uint32_t i = 0; i < g->device_count && l->transport; i++) {
		for (uint32_t n = 0; n < g->device[i].reg_count; n++) {
			bad_if(c, range_overlaps(page, g->device[i].regs[n]), g->device[i].node,
			       "device", "overlaps the register page of link \"%s\", 0x%lx-0x%lx",
			       l->name, RANGE_ARGS(page));
		}
	}
}

static void check_link(struct check *c, const struct sys_link *l)
{
	const struct sys_guest *front = &c->system.guest[l->end[SKERRY_FRONT].guest];
	const struct sys_guest *back = &c->system.guest[l->end[SKERRY_BACK].guest];

	check_name(c, l->node, "a link");
	check_options(c, l);
	check_pages(c, l);
	if (l->type == SKERRY_LINK_BLOCK) {
		check_volume_of(c, l);
	}
	if (l->type == SKERRY_LINK_NET) {
		check_mac(c, l);
	}
	if (l->type == SKERRY_LINK_GPIO || l->type == SKERRY_LINK_SCMI) {
		check_rights(c, l);
	}
	if (front->autostart && !back->autostart) {
		report_warning(&c->report, c->fdt, l->node, "back", "\"%s\" has no autostart: "
			       "\"%s\" starts without it", back->name, front->name);
	}
}

/* A bank that no link uses; private memory that stock Linux would take for its DMA: the
 * limit that it derives from dma-ranges is rounded up to a power of two. */
static void check_bank(struct check *c, uint32_t guest)
{
	const struct sys_guest *g = &c->system.guest[guest];
	const struct sys_window *w = c->system.window;
	const struct sys_window *end = w + c->system.window_count;
	uint64_t limit = 1;

	while (w < end && (w->front != guest || w->kind != SKERRY_WINDOW_SHARED)) {
		w++;
	}
	if (w == end) {
		if (dt_has(c->fdt, g->node, "window-bank")) {
			report_warning(&c->report, c->fdt, g->node, "window-bank", "has no effect: "
				       "no link of \"%s\" has a register page", g->name);
		}
		return;
	}
	while (limit < w->front_base + w->size) {
		limit *= 2;
	}
	for (uint32_t i = 0; i < g->bank_count; i++) {
		if (g->bank[i].base < limit) {
			report_warning(&c->report, c->fdt, g->node, "memory", "has a bank at 0x%lx:"
				       " Linux may put what it sends to devices there, where no "
				       "back end can read it; from 0x%lx on it does not",
				       g->bank[i].base, limit);
		}
	}
}

static void check_console_driver(struct check *c)
{
	const struct sys_guest *g = &c->system.guest[c->system.console_driver];
	bool has_uart = false;

	for (uint32_t i = 0; i < g->device_count; i++) {
		has_uart |= range_overlaps(g->device[i].regs[0], c->board.uart_regs);
	}
	bad_if(c, c->board_fdt && !has_uart, 0, "console-driver", "\"%s\" has not the board's "
	       "console UART among its devices", g->name);
}

void check_links(struct check *c)
{
	const struct system *s = &c->system;
	int list = dt_path(c->fdt, "/volumes"), node = -1;

	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		check_link(c, l);
	}
	while ((node = dt_child(c->fdt, list, node)) >= 0) {
		check_volume(c, node);
	}
	for (uint32_t i = 0; i < s->guest_count; i++) {
		check_bank(c, i);
	}
	if (s->console_driver >= 0) {
		check_console_driver(c);
	}
}

void print_sharing(const struct check *c)
{
	const struct system *s = &c->system;

	for (uint32_t w = 0; w < s->window_count; w++) {
		const struct sys_link *first = NULL;
		uint32_t told = 0;

		for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
			uint8_t back = l->end[SKERRY_BACK].guest;

			if (l->window != w || s->window[w].kind != SKERRY_WINDOW_SHARED ||
			    (told >> back & 1)) {
				continue;
			}
			if (!told) {
				first = l;
			} else {
				printf("%s: note: \"%s\" and \"%s\" can read and change each "
				       "other's requests: they share \"%s\"'s window-bank\n",
				       c->file, guest_name(c, first, SKERRY_BACK),
				       guest_name(c, l, SKERRY_BACK),
				       guest_name(c, l, SKERRY_FRONT));
			}
			told |= 1u << back;
		}
	}
}
