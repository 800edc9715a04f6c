// SPDX-License-Identifier: BSD-2-Clause
/*
 * Placement, see core/boot/boot.h. First fit from the bottom of memory, by trying an address
 * and stepping over whatever it runs into; all addresses are cut to 48 bits first, so
 * that sums don't wrap.
 */
#include <abi/errors.h>
#include <core/boot/boot.h>

#define TAKEN_MAX	16
#define USED_MAX	(BOARD_RESERVED_MAX + TAKEN_MAX + SKERRY_GUEST_MAX * SYS_BANK_MAX)
#define PA_END		(1ull << 48)
#define NOWHERE		UINT64_MAX	/* host[] of a bank before it has a place */

static struct range used[USED_MAX];
static uint32_t used_count;

/* The whole pages below `top` that a range touches, or those that are whole in it. */
static struct range pages(struct range r, uint64_t top, bool inside)
{
	uint64_t first = min_u64(r.base, top), end = first + min_u64(r.size, top - first);

	first = inside ? align_up(first, PAGE_SIZE) : align_down(first, PAGE_SIZE);
	end = inside ? align_down(end, PAGE_SIZE) : align_up(end, PAGE_SIZE);
	return (struct range){ first, end > first ? end - first : 0 };
}

static void use(const struct range *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		used[used_count++] = pages(list[i], PA_END, false);
	}
}

static void begin(const struct board *b, const struct range *taken, uint32_t taken_count)
{
	static const struct range all = { 0, PA_END };
	bool is_too_long = taken_count > TAKEN_MAX;	/* no room for the list: nothing is free */

	used_count = 0;
	use(b->reserved, b->reserved_count);
	use(is_too_long ? &all : taken, is_too_long ? 1 : taken_count);
}

/* Where what stands at `at` ends; 0: nothing does. */
static uint64_t hit(struct range at, bool identity)
{
	for (uint32_t i = 0; i < used_count; i++) {
		if (range_overlaps(used[i], at)) {
			return used[i].base + used[i].size;
		}
	}
	for (const struct sys_fixed *f = system_fixed; identity && f->name; f++) {
		if (range_overlaps(f->at, at)) {
			return f->at.base + f->at.size;
		}
	}
	return 0;
}

/* The lowest free place for `size` bytes that is `base` modulo `align`; or NOWHERE. */
static uint64_t find(const struct board *b, struct range bank, uint64_t align, bool identity)
{
	uint64_t top = identity ? 1ull << SKERRY_IPA_BITS : PA_END;

	for (uint32_t i = 0; i < b->memory_count; i++) {
		struct range m = pages(b->memory[i], top, true);
		uint64_t at, next = m.base;

		do {
			at = next + ((bank.base - next) & (align - 1));
			next = range_holds(m, at, bank.size) ?
			       hit((struct range){ at, bank.size }, identity) : NOWHERE;
		} while (next && next != NOWHERE);
		if (!next) {
			return at;
		}
	}
	return NOWHERE;
}

static bool place_bank(const struct board *b, struct sys_guest *g, uint32_t i)
{
	struct range bank = g->bank[i];
	uint64_t least = g->identity ? BLOCK_SIZE : PAGE_SIZE, end = bank.base + bank.size;

	if (!bank.size || !is_aligned(bank.base | bank.size, PAGE_SIZE) || bank.size > PA_END) {
		return false;
	}
	for (uint64_t align = GIB(1); align >= least; align >>= 9) {	/* blocks of levels 1, 2, 3 */
		if (align == least || align_up(bank.base, align) + align <= end) {
			g->host[i].v = find(b, bank, align, g->identity);
		}
		if (g->host[i].v != NOWHERE) {
			use(&(struct range){ g->host[i].v, bank.size }, 1);
			return true;
		}
	}
	return false;
}

static void refuse(const struct board *b, struct sys_guest *g, uint32_t i, struct report *r)
{
	uint64_t free = 0;

	for (uint64_t step = PA_END / 2; step >= PAGE_SIZE; step /= 2) {
		if (find(b, (struct range){ 0, free + step }, PAGE_SIZE, false) != NOWHERE) {
			free += step;
		}
	}
	report_error(r, NULL, -1, g->identity ? "memory-size" : "memory",
		     "guest %s: no room for bank %u, 0x%lx bytes at 0x%lx: the largest free piece "
		     "of the board's memory has 0x%lx bytes", g->name, i, g->bank[i].size,
		     g->bank[i].base, free);
	g->refused = true;
	for (i = 0; i < used_count * g->bank_count; i++) {	/* what it had is free again */
		if (used[i / g->bank_count].base == g->host[i % g->bank_count].v) {
			used[i / g->bank_count].size = 0;
		}
	}
}

/* The bank to place next: an identity guest's (fewer places suit it), then the
 * largest. NULL: all have theirs. */
static struct sys_guest *next_bank(struct system *s, uint32_t *index)
{
	struct sys_guest *next = NULL;

	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			if (g->host[i].v == NOWHERE && (!next || g->identity > next->identity ||
			    (g->identity == next->identity &&
			     g->bank[i].size > next->bank[*index].size))) {
				next = g;
				*index = i;
			}
		}
	}
	return next;
}

int place_heap(const struct board *b, const struct range *taken, uint32_t taken_count,
	       uint64_t size, struct range *heap)
{
	begin(b, taken, taken_count);
	*heap = (struct range){ find(b, (struct range){ 0, size }, BLOCK_SIZE, false), size };
	return heap->base != NOWHERE ? SKERRY_OK : SKERRY_NO_MEMORY;
}

int place_guests(const struct board *b, struct system *s, const struct range *taken,
		 uint32_t taken_count, struct report *r)
{
	struct sys_guest *g, *end = s->guest + s->guest_count;
	uint32_t errors = r->errors, i;

	begin(b, taken, taken_count);
	for (g = s->guest; g < end; g++) {
		for (i = 0; i < g->bank_count; i++) {
			g->host[i] = pa(NOWHERE);
		}
	}
	while ((g = next_bank(s, &i)) != NULL) {
		if (!place_bank(b, g, i)) {
			refuse(b, g, i, r);
		}
	}
	for (g = s->guest; g < end; g++) {
		if (g->identity && !g->refused) {
			system_place_identity(g, g->host[0].v);
		}
	}
	return r->errors == errors ? SKERRY_OK : SKERRY_NO_MEMORY;
}
