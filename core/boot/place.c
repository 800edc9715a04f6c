// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/place.h. First fit from the bottom of memory, by trying an address
 * and stepping over whatever it runs into; all addresses are cut to 48 bits first, so
 * that sums don't wrap.
 */
#include <abi/errors.h>
#include <core/boot/boot.h>
#include <core/boot/place.h>

#define TAKEN_MAX	16
#define USED_MAX	(BOARD_RESERVED_MAX + TAKEN_MAX + SKERRY_GUEST_MAX * SYS_BANK_MAX)
#define PA_END		(1ull << 48)
#define NOWHERE		UINT64_MAX	/* host[] of a bank before it has a place */

static struct range used[USED_MAX];
static uint32_t used_count;

/* The whole pages that a range touches, or those that are whole in it. */
static struct range pages(uint64_t base, uint64_t size, bool inside)
{
	uint64_t first = min_u64(base, PA_END), end = first + min_u64(size, PA_END - first);

	first = inside ? align_up(first, PAGE_SIZE) : align_down(first, PAGE_SIZE);
	end = inside ? align_down(end, PAGE_SIZE) : align_up(end, PAGE_SIZE);
	return (struct range){ first, end > first ? end - first : 0 };
}

static void use(const struct range *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		used[used_count++] = pages(list[i].base, list[i].size, false);
	}
}

static void begin(const struct board *b, const struct range *taken, uint32_t taken_count)
{
	static const struct range all = { 0, PA_END };

	used_count = 0;
	use(b->reserved, b->reserved_count);
	if (taken_count <= TAKEN_MAX) {
		use(taken, taken_count);
	} else {
		use(&all, 1);	/* no room for the list: nothing is free */
	}
}

/* What stands at [at, at + size), or NULL. */
static const struct range *hit(struct range at, bool identity)
{
	for (uint32_t i = 0; i < used_count; i++) {
		if (range_overlaps(used[i], at)) {
			return &used[i];
		}
	}
	for (const struct sys_fixed *f = system_fixed; identity && f->name; f++) {
		if (range_overlaps(f->at, at)) {
			return &f->at;
		}
	}
	return NULL;
}

/* The lowest free place for `size` bytes that is `base` modulo `align`. */
static bool find(const struct board *b, struct range bank, uint64_t align, bool identity,
		 uint64_t *place)
{
	for (uint32_t i = 0; i < b->memory_count; i++) {
		struct range m = pages(b->memory[i].base, b->memory[i].size, true);
		struct range at = { m.base, bank.size };

		if (identity) {
			m.size = min_u64(m.size, (1ull << SKERRY_IPA_BITS) -
					 min_u64(m.base, 1ull << SKERRY_IPA_BITS));
		}
		for (;;) {
			const struct range *other;

			at.base += (bank.base - at.base) & (align - 1);
			if (!range_holds(m, at.base, at.size)) {
				break;
			}
			other = hit(at, identity);
			if (!other) {
				*place = at.base;
				return true;
			}
			at.base = other->base + other->size;
		}
	}
	return false;
}

static bool has_block(struct range bank, uint64_t block)
{
	uint64_t first = (0 - bank.base) & (block - 1);

	return first <= bank.size && block <= bank.size - first;
}

static bool place_bank(const struct board *b, struct sys_guest *g, uint32_t i)
{
	struct range bank = g->bank[i];
	uint64_t least = g->identity ? BLOCK_SIZE : PAGE_SIZE;

	if (!bank.size || !is_aligned(bank.base | bank.size, PAGE_SIZE) || bank.size > PA_END) {
		return false;
	}
	for (uint64_t align = GIB(1); align >= least; align >>= 9) {	/* blocks of levels 1, 2, 3 */
		if ((align == least || has_block(bank, align)) &&
		    find(b, bank, align, g->identity, &g->host[i].v)) {
			use(&(struct range){ g->host[i].v, bank.size }, 1);
			return true;
		}
	}
	return false;
}

static void report_no_room(const struct board *b, const struct sys_guest *g, uint32_t i,
			   struct report *r)
{
	uint64_t free = 0, place;

	for (uint64_t step = PA_END / 2; step >= PAGE_SIZE; step /= 2) {
		if (find(b, (struct range){ 0, free + step }, PAGE_SIZE, false, &place)) {
			free += step;
		}
	}
	report_error(r, NULL, -1, g->identity ? "memory-size" : "memory",
		     "guest %s: no room for bank %u, 0x%lx bytes at 0x%lx: the largest free piece "
		     "of the board's memory has 0x%lx bytes", g->name, i,
		     (unsigned long)g->bank[i].size, (unsigned long)g->bank[i].base,
		     (unsigned long)free);
}

/* The bank to place next: an identity guest's (fewer places suit it), then the
 * largest. NULL: all have theirs. */
static struct sys_guest *next_bank(struct system *s, uint32_t *index)
{
	struct sys_guest *next = NULL;

	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			if (g->host[i].v == NOWHERE &&
			    (!next || g->identity > next->identity ||
			     (g->identity == next->identity &&
			      g->bank[i].size > next->bank[*index].size))) {
				next = g;
				*index = i;
			}
		}
	}
	return next;
}

/* One try. NULL, or the guest that found no room. */
static struct sys_guest *try_all(const struct board *b, struct system *s, struct report *r)
{
	struct sys_guest *g;
	uint32_t i;

	for (g = s->guest; g < s->guest + s->guest_count; g++) {
		for (i = 0; i < g->bank_count; i++) {
			g->host[i] = pa(NOWHERE);
		}
	}
	while ((g = next_bank(s, &i)) != NULL) {
		if (!place_bank(b, g, i)) {
			report_no_room(b, g, i, r);
			return g;
		}
	}
	return NULL;
}

int place_heap(const struct board *b, const struct range *taken, uint32_t taken_count,
	       uint64_t size, struct range *heap)
{
	heap->size = size;
	begin(b, taken, taken_count);
	return find(b, (struct range){ 0, size }, BLOCK_SIZE, false, &heap->base) ?
	       SKERRY_OK : SKERRY_NO_MEMORY;
}

int place_guests(const struct board *b, struct system *s, const struct range *taken,
		 uint32_t taken_count, struct report *r)
{
	struct sys_guest *g;
	int result = SKERRY_OK;

	begin(b, taken, taken_count);
	while ((g = try_all(b, s, r)) != NULL) {
		g->refused = true;	/* and once more without it */
		result = SKERRY_NO_MEMORY;
		begin(b, taken, taken_count);
	}
	for (g = s->guest; g < s->guest + s->guest_count; g++) {
		if (g->identity && !g->refused) {
			system_place_identity(g, g->host[0].v);
		}
	}
	return result;
}
