// SPDX-License-Identifier: BSD-2-Clause
/*
 * Placement, see core/boot/boot.h. First fit from the bottom of memory, by trying an address
 * and stepping over whatever it runs into: what the board reserves, what has an owner, and for
 * identity guests what is fixed in every guest. Those stay where the DMA of their devices
 * reaches. What is placed gets its owner.
 */
#include <core/boot/boot.h>

#define NOWHERE		UINT64_MAX	/* host of a bank or window without a place */

struct piece {				/* of memory: a bank or a window */
	struct range at;		/* guest-physical */
	uint64_t least;			/* alignment */
	bool identity;			/* some guest has it where it is: */
	struct range reach;		/* ... there; whose DMA reaches no further */
	uint8_t kind, index;		/* its owner's */
};

/* Where what stands at `at` ends; 0: nothing does. */
static uint64_t hit(const struct board *b, struct range at, bool identity)
{
	const struct owner *o = owner_overlap(at);

	if (o) {
		return o->at.base + o->at.size;
	}
	for (uint32_t i = 0; i < b->reserved_count; i++) {
		if (range_overlaps(b->reserved[i], at)) {
			return b->reserved[i].base + b->reserved[i].size;
		}
	}
	for (const struct range *f = system_fixed; identity && f->size; f++) {
		if (range_overlaps(*f, at)) {
			return f->base + f->size;
		}
	}
	return 0;
}

/* The lowest free place for p->at.size bytes that is p->at.base modulo `align`; or NOWHERE. */
static uint64_t find(const struct board *b, const struct piece *p, uint64_t align)
{
	for (uint32_t i = 0; i < b->memory_count; i++) {
		struct range m = p->identity ? range_common(b->memory[i], p->reach) : b->memory[i];
		uint64_t at, next = m.base, size = p->at.size;

		do {
			at = next + ((p->at.base - next) & (align - 1));
			next = range_holds(m, at, size) ?
			       hit(b, (struct range){ at, size }, p->identity) : NOWHERE;
		} while (next && next != NOWHERE);
		if (!next) {
			return at;
		}
	}
	return NOWHERE;
}

/* Where the largest blocks can map it. False: there is no room. */
static bool place(const struct board *b, const struct piece *p, struct pa *host)
{
	uint64_t align = GIB(1), end = p->at.base + p->at.size;

	while (align > p->least && align_up(p->at.base, align) + align > end) {
		align = max_u64(align / 512, p->least);
	}
	while ((host->v = find(b, p, align)) == NOWHERE && align > p->least) {
		align = max_u64(align / 512, p->least);
	}
	return host->v != NOWHERE &&
	       owner_add((struct range){ host->v, p->at.size }, p->kind, p->index) == SKERRY_OK;
}

/* An identity guest's addresses count from its memory's place. */
static void move_identity(struct sys_guest *g)
{
	uint64_t base = g->host[0].v;

	g->bank[0].base = base;
	g->tree.at.base += base;
	g->entry += base;
	for (uint32_t i = 0; i < g->segment_count; i++) {
		g->segment[i].at.base += base;
	}
}

/* The higher, the earlier: what must be where it is comes first, by how few places suit it; else
 * the highest bit of the size. */
static int order_of(bool identity, struct range reach, uint64_t size)
{
	return identity ? 64 + __builtin_clzll(reach.size | 1) : 63 - __builtin_clzll(size | 1);
}

/* Why there may be no room for what is a guest's. */
static void tell_reach(const struct sys_guest *g, struct report *r)
{
	if (g->reach_by) {
		report_error(r, r->fdt, g->node, "devices", "guest %s: memory and windows must lie "
			     "where device %s reaches, 0x%lx-0x%lx", g->name, g->reach_by,
			     g->reach.base, g->reach.base + g->reach.size - 1);
	}
}

static void place_order(const struct board *b, struct system *s, int order, struct report *r)
{
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			int own = order_of(g->identity, g->reach, g->bank[i].size);
			struct piece p = { g->bank[i], g->identity ? BLOCK_SIZE : PAGE_SIZE,
					   g->identity, g->reach, OWNER_GUEST,
					   (uint8_t)(g - s->guest) };

			if (own == order && !place(b, &p, &g->host[i])) {
				report_error(r, r->fdt, g->node, g->identity ? "memory-size" :
					     "memory", "guest %s: no room on this board for bank "
					     "%u, 0x%lx bytes at 0x%lx", g->name, i, p.at.size,
					     p.at.base);
				tell_reach(g, r);
				g->refused = true;
			} else if (own == order && g->identity) {
				move_identity(g);
			}
		}
	}
}

static void place_windows(const struct board *b, struct system *s, int order)
{
	for (uint32_t i = 0; i < s->window_count; i++) {
		struct sys_window *w = &s->window[i];
		struct piece p = { { 0, window_whole(w) }, WINDOW_SIZE, w->identity, w->reach,
				   OWNER_WINDOW, (uint8_t)i };

		if (order_of(w->identity, w->reach, 1) == order && !place(b, &p, &w->host)) {
			w->size = w->link_count = 0;
		}
	}
}

/* Windows are placed: what of its link's follows. Without room, then the window has no
 * size any more, neither guest starts. */
static void settle(struct system *s, struct sys_link *l, struct report *r)
{
	const struct sys_window *w = &s->window[l->window];

	l->back_page = pa_add(w->host, w->size + l->back_index * PAGE_SIZE);
	for (unsigned role = 0; role < 2; role++) {
		struct sys_guest *g = &s->guest[l->end[role].guest];

		l->end[role].base = g->identity ? w->host.v : l->end[role].base;
		if (!w->size) {
			g->refused = true;
			report_error(r, r->fdt, l->node, "window-size", "link %s: no room for its "
				     "window: %s does not start", l->name, g->name);
			tell_reach(g, r);
		}
	}
}

bool place_heap(const struct board *b, uint64_t size, struct pa *heap)
{
	struct piece p = { { 0, size }, size, false, { 0, 0 }, OWNER_HV, 0 };

	return place(b, &p, heap);
}

bool place_records(const struct board *b, uint64_t size, struct pa *at)
{
	struct range m = b->memory[0];
	struct range place = { align_down(m.base + m.size / 4 * 3, BLOCK_SIZE), size };

	while (range_holds(m, place.base, size) && hit(b, place, false)) {
		place.base -= BLOCK_SIZE;
	}
	*at = pa(place.base);
	return range_holds(m, place.base, size) && owner_add(place, OWNER_HV, 0) == SKERRY_OK;
}

void place_guests(const struct board *b, struct system *s, struct report *r)
{
	for (int order = 127; order >= 0; order--) {
		place_order(b, s, order, r);
		place_windows(b, s, order);
	}
	for (uint32_t i = 0; i < s->link_count; i++) {
		settle(s, &s->link[i], r);
	}
}
