// SPDX-License-Identifier: BSD-2-Clause
/*
 * Placement, see core/boot/boot.h. First fit from the bottom of memory, by trying an address
 * and stepping over whatever it runs into: what the board reserves, what the caller has taken,
 * the banks and windows placed so far. Addresses are cut to 48 bits first, so that sums don't wrap.
 */
#include <abi/errors.h>
#include <core/boot/boot.h>

#define PA_END		(1ull << 48)
#define NOWHERE		UINT64_MAX	/* host[] of a bank before it has a place */

struct place {
	const struct board *b;
	const struct range *taken;
	uint32_t taken_count;
	struct system *s;		/* whose banks with a place are taken too; or NULL */
};

static struct range cut(struct range r)
{
	uint64_t base = min_u64(r.base, PA_END);

	return (struct range){ base, min_u64(r.size, PA_END - base) };
}

/* Where the last of `list` that overlaps `at` ends, or `end` when none does. */
static uint64_t step_over(const struct range *list, uint32_t count, struct range at, uint64_t end)
{
	for (uint32_t i = 0; i < count; i++) {
		struct range r = cut(list[i]);

		end = range_overlaps(r, at) ? max_u64(end, r.base + r.size) : end;
	}
	return end;
}

/* Where what stands at `at` ends; 0: nothing does. */
static uint64_t hit(const struct place *p, struct range at, bool identity)
{
	uint64_t end = step_over(p->b->reserved, p->b->reserved_count, at, 0);

	end = step_over(p->taken, p->taken_count, at, end);
	for (const struct sys_fixed *f = system_fixed; identity && f->name; f++) {
		end = step_over(&f->at, 1, at, end);
	}
	for (uint32_t g = 0; p->s && g < p->s->guest_count; g++) {
		const struct sys_guest *other = &p->s->guest[g];

		for (uint32_t i = 0; i < other->bank_count && !other->refused; i++) {
			struct range bank = { other->host[i].v, other->bank[i].size };

			end = step_over(&bank, 1, at, end);
		}
	}
	for (uint32_t i = 0; p->s && i < p->s->window_count; i++) {
		const struct sys_window *w = &p->s->window[i];
		struct range window = { w->host.v, window_whole(w) };

		end = step_over(&window, 1, at, end);
	}
	return end;
}

/* The lowest free place for `size` bytes that is `base` modulo `align`; or NOWHERE. */
static uint64_t find(const struct place *p, struct range bank, uint64_t align, bool identity)
{
	struct range all = { 0, identity ? 1ull << SKERRY_IPA_BITS : PA_END };

	for (uint32_t i = 0; i < p->b->memory_count; i++) {
		struct range m = cut(p->b->memory[i]);
		uint64_t at, next = m.base;

		do {
			at = next + ((bank.base - next) & (align - 1));
			next = range_holds(m, at, bank.size) && range_holds(all, at, bank.size) ?
			       hit(p, (struct range){ at, bank.size }, identity) : NOWHERE;
		} while (next && next != NOWHERE);
		if (!next) {
			return at;
		}
	}
	return NOWHERE;
}

static bool place_bank(const struct place *p, struct sys_guest *g, uint32_t i)
{
	struct range bank = g->bank[i];
	uint64_t least = g->identity ? BLOCK_SIZE : PAGE_SIZE, end = bank.base + bank.size;

	for (uint64_t align = GIB(1); align >= least && g->host[i].v == NOWHERE; align >>= 9) {
		if (align == least || align_up(bank.base, align) + align <= end) {
			g->host[i].v = find(p, bank, align, g->identity);
		}
	}
	return g->host[i].v != NOWHERE;
}

static void refuse(const struct place *p, struct sys_guest *g, uint32_t i, struct report *r)
{
	uint64_t free = 0;

	for (uint64_t step = PA_END / 2; step >= PAGE_SIZE; step /= 2) {
		if (find(p, (struct range){ 0, free + step }, PAGE_SIZE, false) != NOWHERE) {
			free += step;
		}
	}
	report_error(r, NULL, -1, g->identity ? "memory-size" : "memory",
		     "guest %s: no room for bank %u, 0x%lx bytes at 0x%lx: the largest free piece "
		     "of the board's memory has 0x%lx bytes", g->name, i, g->bank[i].size,
		     g->bank[i].base, free);
	g->refused = true;
}

/* Identity guests' banks are of order 64: fewer places suit them. Another bank's
 * order is the highest bit of its size. */
static void place_order(const struct place *p, int order, struct report *r)
{
	for (struct sys_guest *g = p->s->guest; g < p->s->guest + p->s->guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			int own = g->identity ? 64 : 63 - __builtin_clzll(g->bank[i].size | 1);

			if (own == order && !place_bank(p, g, i)) {
				refuse(p, g, i, r);
			} else if (own == order && g->identity) {
				system_place_identity(g, g->host[i].v);
			}
		}
	}
}

/* Its back ends' pages are behind a window, and its place is its base in identity guests. */
static void settle(struct system *s, uint8_t window)
{
	const struct sys_window *w = &s->window[window];
	uint64_t page = w->host.v + w->size;

	for (struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (unsigned role = 0; role < 2 && l->window == window; role++) {
			if (s->guest[l->end[role].guest].identity) {
				l->end[role].base = w->host.v;
			}
		}
		if (l->window == window) {
			l->back_page = pa(page);
			page += PAGE_SIZE;
		}
	}
}

/* Links' windows, behind the banks. Without room for one, neither of its guests starts. */
static void place_window(const struct place *p, uint8_t window, struct report *r)
{
	struct sys_window *w = &p->s->window[window];
	struct range whole = { 0, window_whole(w) };
	const struct sys_link *end = p->s->link + p->s->link_count;
	bool identity = false;

	for (const struct sys_link *l = p->s->link; l < end; l++) {
		identity |= l->window == window && (p->s->guest[l->end[0].guest].identity ||
						    p->s->guest[l->end[1].guest].identity);
	}
	if (w->size >= BLOCK_SIZE) {
		w->host.v = find(p, whole, BLOCK_SIZE, identity);
	}
	if (w->host.v == NOWHERE) {
		w->host.v = find(p, whole, WINDOW_SIZE, identity);
	}
	if (w->host.v != NOWHERE) {
		settle(p->s, window);
		return;
	}
	for (const struct sys_link *l = p->s->link; l < end; l++) {
		if (l->window == window) {
			report_error(r, NULL, -1, "window-size", "link %s: no room for its window, "
				     "0x%lx bytes: its guests do not start", l->name, w->size);
			p->s->guest[l->end[0].guest].refused = true;
			p->s->guest[l->end[1].guest].refused = true;
		}
	}
}

int place_heap(const struct board *b, const struct range *taken, uint32_t taken_count,
	       uint64_t size, struct range *heap)
{
	struct place p = { b, taken, taken_count, NULL };

	*heap = (struct range){ find(&p, (struct range){ 0, size }, BLOCK_SIZE, false), size };
	return heap->base != NOWHERE ? SKERRY_OK : SKERRY_NO_MEMORY;
}

int place_guests(const struct board *b, struct system *s, const struct range *taken,
		 uint32_t taken_count, struct report *r)
{
	struct place p = { b, taken, taken_count, s };
	uint32_t errors = r->errors, i;

	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (i = 0; i < SYS_BANK_MAX; i++) {
			g->host[i] = pa(NOWHERE);
		}
	}
	for (i = 0; i < s->window_count; i++) {
		s->window[i].host = pa(NOWHERE);
	}
	for (int order = 64; order >= 0; order--) {	/* the largest first */
		place_order(&p, order, r);
	}
	for (i = 0; i < s->window_count; i++) {
		place_window(&p, (uint8_t)i, r);
	}
	return r->errors == errors ? SKERRY_OK : SKERRY_NO_MEMORY;
}
