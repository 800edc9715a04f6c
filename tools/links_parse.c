/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the links of a description: two ends, a window, a port at each end, and where
 * the window lies in each of its guests. Nothing here is needed for safety: that is
 * system_check()'s. Volumes, and what only guests care for, are check_names.c's and mksystem's.
 */
#include <string.h>
#include <lib/string.h>
#include "parse.h"

#define WINDOW_STEP	KIB(64)		/* bases, and halves of split windows */

struct links {
	struct parse *p;
	uint32_t ports[SKERRY_GUEST_MAX];	/* given so far */
	uint64_t next[SKERRY_GUEST_MAX];	/* behind the last window at a base of our choice */
};

static const char *const roles[] = { "front", "back" };

static uint64_t window_align(uint64_t size)
{
	return size >= BLOCK_SIZE ? BLOCK_SIZE : WINDOW_STEP;
}

/* An earlier end in the same guest of a link that uses the same window, or NULL. */
static const struct sys_end *same_window(const struct system *s, uint8_t guest, uint8_t window)
{
	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (unsigned role = 0; role < 2 && l->window == window; role++) {
			if (l->end[role].guest == guest) {
				return &l->end[role];
			}
		}
	}
	return NULL;
}

/* A guest's window-bank, of size 0 where it can't be used, told. */
static struct range parse_bank(struct parse *p, const struct sys_guest *g, const char *link)
{
	const struct range all = { 0, 1ull << SKERRY_IPA_BITS };
	uint32_t errors = p->report->errors;
	struct range r = { 0, 0 };
	const fdt32_t *c;

	bad_if(p, !dt_has(p->fdt, g->node, "window-bank"), g->node, "window-bank", "is missing: "
	       "the guest is the front end of link \"%s\", which has a shared window", link);
	if (parse_cells(p, g->node, "window-bank", 4, 1, false, &c)) {
		r = (struct range){ dt_cells(c, 2), dt_cells(c + 2, 2) };
		bad_if(p, !r.size || !is_aligned(r.base, window_align(r.size)) ||
		       !is_aligned(r.size, WINDOW_STEP) || !range_holds(all, r.base, r.size),
		       g->node, "window-bank", "0x%lx, 0x%lx bytes: the size is a multiple of "
		       "0x10000, the base one of 0x%lx, both below 0x%lx", r.base, r.size,
		       window_align(r.size), all.size);
	}
	bad_if(p, g->identity, g->node, "window-bank", "does not go with identity: its addresses "
	       "are chosen at boot");
	for (unsigned i = 0; system_fixed[i].size; i++) {
		bad_if(p, range_overlaps(r, system_fixed[i]), g->node, "window-bank", "0x%lx, "
		       "0x%lx bytes: overlaps %s", r.base, r.size, fixed_names[i]);
	}
	for (uint32_t i = 0; i < g->bank_count; i++) {
		bad_if(p, range_overlaps(r, g->bank[i]), g->node, "window-bank", "0x%lx, 0x%lx "
		       "bytes: overlaps the memory at 0x%lx", r.base, r.size, g->bank[i].base);
	}
	r.size = p->report->errors == errors ? r.size : 0;
	return r;
}

/* The window of front end `front`'s shared links, made with the first of them; -1: none. */
static int shared_window(struct links *k, int node, uint8_t front)
{
	struct system *s = k->p->system;
	struct range bank;

	for (uint32_t i = 0; i < s->window_count; i++) {
		if (s->window[i].front == front && s->window[i].kind == SKERRY_WINDOW_SHARED) {
			return (int)i;
		}
	}
	bank = parse_bank(k->p, &s->guest[front], dt_name(k->p->fdt, node));
	s->window[s->window_count] = (struct sys_window){
		.size = bank.size, .front = front, .kind = SKERRY_WINDOW_SHARED,
		.front_base = bank.base,
	};
	return bank.size ? (int)s->window_count++ : -1;
}

static int split_window(struct links *k, int node, uint8_t type, uint8_t front)
{
	uint64_t size = dt_number(k->p->fdt, node, "window-size",
				  type == SKERRY_LINK_BLOCK ? MIB(2) :
				  type == SKERRY_LINK_NET ? MIB(1) : KIB(128));
	struct system *s = k->p->system;

	if (bad_if(k->p, !size || !is_aligned(size, 2 * WINDOW_STEP), node, "window-size",
		   "is 0x%lx; it can be a multiple of 0x%lx", size, 2 * WINDOW_STEP)) {
		return -1;
	}
	s->window[s->window_count] = (struct sys_window){
		.size = size, .front = front, .kind = SKERRY_WINDOW_SPLIT,
	};
	return (int)s->window_count++;
}

/* Port and base of an end: a base of its own in the range for windows, but for the front
 * end of a shared one, for a second link of one, and in an identity guest. */
static bool parse_end(struct links *k, struct sys_link *l, unsigned role)
{
	struct system *s = k->p->system;
	const struct sys_window *w = &s->window[l->window];
	struct sys_end *e = &l->end[role];
	const struct sys_guest *g = &s->guest[e->guest];
	const struct sys_end *other = same_window(s, e->guest, l->window);
	uint64_t *next = &k->next[e->guest];

	if (bad_if(k->p, k->ports[e->guest] == SKERRY_PORT_MAX, l->node, roles[role],
		   "\"%s\" has %u links already: no more", g->name, SKERRY_PORT_MAX)) {
		return false;
	}
	e->port = (uint8_t)k->ports[e->guest]++;
	if (other || g->identity || (role == SKERRY_FRONT && w->kind == SKERRY_WINDOW_SHARED)) {
		e->base = other ? other->base : g->identity ? 0 : w->front_base;
		return true;
	}
	e->base = align_up(*next ? *next : SKERRY_WINDOW_BASE, window_align(w->size));
	*next = e->base + w->size;
	return !bad_if(k->p, w->size > SKERRY_RAM_BASE || *next > SKERRY_RAM_BASE, l->node,
		       roles[role], "\"%s\" has no room for it: windows end at 0x%lx", g->name,
		       (uint64_t)SKERRY_RAM_BASE);
}

static bool parse_ends(struct links *k, struct sys_link *l)
{
	for (unsigned role = 0; role < 2; role++) {
		uint32_t mask = parse_guests(k->p, l->node, roles[role], 1);

		bad_if(k->p, !dt_has(k->p->fdt, l->node, roles[role]), l->node, roles[role],
		       "is missing");
		if (!mask) {
			return false;
		}
		l->end[role].guest = (uint8_t)(__builtin_ffs((int)mask) - 1);
	}
	return !bad_if(k->p, l->end[0].guest == l->end[1].guest, l->node, "back",
		       "is its own front end: a link joins two guests");
}

static void parse_link(struct links *k, int node)
{
	static const uint8_t types[] = { SKERRY_LINK_NET, SKERRY_LINK_BLOCK, SKERRY_LINK_CONSOLE,
					 SKERRY_LINK_GPIO, SKERRY_LINK_SCMI,
					 SKERRY_LINK_SHARED_MEMORY };
	struct parse *p = k->p;
	struct sys_link *l = &p->system->link[p->system->link_count];
	uint8_t kind;
	int window;

	format_to(l->name, sizeof(l->name), "%s", dt_name(p->fdt, node));
	l->node = node;
	bad_if(p, !dt_has(p->fdt, node, "type"), node, "type", "is missing");
	l->type = types[parse_choice(p, node, "type", "net block console gpio scmi "
				     "shared-memory")];
	l->transport = parse_choice(p, node, "transport", "message register-page");
	kind = dt_has(p->fdt, node, "window") ? parse_choice(p, node, "window", "split shared") :
	       l->transport;		/* SKERRY_WINDOW_SPLIT, SKERRY_BY_MESSAGE: 0 */
	(void)parse_choice(p, node, "notify", "hvc");
	if (bad_if(p, kind != l->transport, node, "window", "\"shared\" goes with transport = "
		   "\"register-page\" and \"split\" with \"message\"") ||
	    bad_if(p, l->type == SKERRY_LINK_SHARED_MEMORY && l->transport, node, "transport",
		   "can't be \"register-page\": a shared-memory link has no device") ||
	    bad_if(p, kind && dt_has(p->fdt, node, "window-size"), node, "window-size", "goes "
		   "with split windows; a shared one is its front end's window-bank") ||
	    !parse_ends(k, l)) {
		return;
	}
	window = kind ? shared_window(k, node, l->end[SKERRY_FRONT].guest) :
		 split_window(k, node, l->type, l->end[SKERRY_FRONT].guest);
	l->window = (uint8_t)window;
	if (window >= 0 && parse_end(k, l, SKERRY_FRONT) && parse_end(k, l, SKERRY_BACK)) {
		p->system->window[window].link_count++;
		p->system->link_count++;
	}
}

void parse_links(struct parse *p)
{
	int list = dt_path(p->fdt, "/links"), node = -1;
	struct links k = { .p = p };

	for (uint32_t n = 0; (node = parse_next(p, list, node, n, SKERRY_LINK_MAX)) >= 0; n++) {
		parse_link(&k, node);
	}
}
