/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of type gpio and scmi: which pins, clocks and power domains each front end has. The
 * lists are rights that the back end keeps (guests/drv_gpio); here they are checked for what
 * can't be meant, and told. Called by check_links.c, after system_parse() without an error.
 */
#include <string.h>
#include "check.h"

#define LIST_MAX	64		/* numbers of a list */

/* The lists, and what may be written through them. `other`: of the same things, read-only. */
static const struct right {
	const char *name, *what, *other;
	uint8_t type;
	uint32_t max;
	bool is_alone;			/* one link has it, or none */
} rights[] = {
	{ "pins", "pin", NULL, SKERRY_LINK_GPIO, 57, true },
	{ "pull-up", "pin", "pull-down", SKERRY_LINK_GPIO, 57, true },
	{ "pull-down", "pin", "pull-up", SKERRY_LINK_GPIO, 57, false },
	{ "clocks", "clock", "clocks-read-only", SKERRY_LINK_SCMI, 255, true },
	{ "clocks-read-only", "clock", "clocks", SKERRY_LINK_SCMI, 255, false },
	{ "power-domains", "power domain", "power-domains-read-only", SKERRY_LINK_SCMI, 255,
	  true },
	{ "power-domains-read-only", "power domain", "power-domains", SKERRY_LINK_SCMI, 255,
	  false },
};

/* How many numbers a link's list has, 0 where there is none or it is no list. */
static uint32_t list_of(const struct check *c, const struct sys_link *l, const char *name,
			const fdt32_t **list)
{
	int size = 0;

	*list = name ? fdt_getprop(c->fdt, l->node, name, &size) : NULL;
	return *list && size % 4 == 0 ? (uint32_t)size / 4 : 0;
}

static bool list_has(const struct check *c, const struct sys_link *l, const char *name,
		     uint32_t number)
{
	const fdt32_t *list;
	uint32_t count = list_of(c, l, name, &list);

	for (uint32_t i = 0; i < count; i++) {
		if (fdt32_ld(&list[i]) == number) {
			return true;
		}
	}
	return false;
}

/* No two links of a back end may write to the same. */
static void check_alone(struct check *c, const struct sys_link *l, const struct right *r,
			uint32_t number)
{
	for (const struct sys_link *o = c->system.link; o < l; o++) {
		bad_if(c, o->type == l->type &&
		       o->end[SKERRY_BACK].guest == l->end[SKERRY_BACK].guest &&
		       list_has(c, o, r->name, number), l->node, r->name,
		       "%s %u is link \"%s\"'s too", r->what, number, o->name);
	}
}

static void check_list(struct check *c, const struct sys_link *l, const struct right *r)
{
	const fdt32_t *list;
	uint32_t count = list_of(c, l, r->name, &list);

	bad_if(c, count > LIST_MAX, l->node, r->name, "has %u numbers; it can have %u", count,
	       LIST_MAX);
	for (uint32_t i = 0; i < count && count <= LIST_MAX; i++) {
		uint32_t number = fdt32_ld(&list[i]), n = 0;

		while (fdt32_ld(&list[n]) != number) {
			n++;
		}
		if (bad_if(c, n < i, l->node, r->name, "%s %u stands there twice", r->what,
			   number) ||
		    bad_if(c, number > r->max, l->node, r->name, "%s %u: they are 0 to %u",
			   r->what, number, r->max)) {
			continue;
		}
		bad_if(c, r->type == SKERRY_LINK_GPIO && !list_has(c, l, "pins", number), l->node,
		       r->name, "pin %u is none of the link's pins", number);
		bad_if(c, r->is_alone && list_has(c, l, r->other, number), l->node, r->name,
		       "%s %u is in %s too", r->what, number, r->other);
		if (r->is_alone) {
			check_alone(c, l, r, number);
		}
	}
}

/* drv_gpio offers nothing without the registers that it serves. */
static void check_device(struct check *c, const struct sys_link *l)
{
	const char *class = l->type == SKERRY_LINK_GPIO ? "brcm,bcm2711-gpio" : "brcm,bcm2835-mbox";
	const struct sys_guest *back = &c->system.guest[l->end[SKERRY_BACK].guest];
	bool has_one = false;

	for (uint32_t i = 0; i < back->device_count && c->board_fdt; i++) {
		int node = back->device[i].board_node;

		has_one |= node >= 0 && dt_is_compatible(c->board_fdt, node, class);
	}
	if (c->board_fdt && !has_one) {
		report_warning(&c->report, c->fdt, l->node, "back", "\"%s\" has no %s among its "
			       "devices: drv_gpio needs it for this link", back->name, class);
	}
}

void check_rights(struct check *c, const struct sys_link *l)
{
	bool has_some = false;

	check_device(c, l);
	for (const struct right *r = rights; r < rights + ARRAY_SIZE(rights); r++) {
		if (r->type == l->type) {
			has_some |= dt_has(c->fdt, l->node, r->name);
			check_list(c, l, r);
		}
	}
	if (l->type == SKERRY_LINK_GPIO) {
		bad_if(c, !dt_has(c->fdt, l->node, "pins"), l->node, "pins", "is missing: a gpio "
		       "link is about some");
	} else {
		bad_if(c, !has_some, l->node, NULL, "has none of clocks, clocks-read-only, "
		       "power-domains and power-domains-read-only: an scmi link is about some");
	}
}

static void print_list(const struct check *c, const struct sys_link *l, const char *name)
{
	const fdt32_t *list;
	uint32_t count = list_of(c, l, name, &list);

	if (!count) {
		return;
	}
	printf("%s: note: \"%s\" has from \"%s\" %s", c->file,
	       c->system.guest[l->end[SKERRY_FRONT].guest].name,
	       c->system.guest[l->end[SKERRY_BACK].guest].name, name);
	for (uint32_t i = 0; i < count; i++) {
		printf(" %u", fdt32_ld(&list[i]));
	}
	printf(" (link %s)\n", l->name);
}

void print_rights(const struct check *c)
{
	const struct system *s = &c->system;

	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (const struct right *r = rights; r < rights + ARRAY_SIZE(rights); r++) {
			if (l->type == r->type) {
				print_list(c, l, r->name);
			}
		}
	}
}
