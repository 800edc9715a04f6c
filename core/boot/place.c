// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/place.h. First fit from the bottom of memory, by trying an address
 * and stepping over whatever it runs into; all addresses are cut to 48 bits first, so
 * that sums don't wrap.
 */
#include <abi/errors.h>
#include <core/boot/boot.h>
#include <core/boot/place.h>

#define BANKS_MAX	(SKERRY_GUEST_MAX * SYS_BANK_MAX)
#define USED_MAX	(BOARD_RESERVED_MAX + BANKS_MAX + 32)
#define PA_END		(1ull << 48)

struct bank {
	struct sys_guest *guest;
	uint32_t index;
};

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

static bool begin(const struct board *b, const struct range *taken, uint32_t taken_count)
{
	used_count = 0;
	if (taken_count > USED_MAX - BANKS_MAX - b->reserved_count) {
		return false;
	}
	use(b->reserved, b->reserved_count);
	use(taken, taken_count);
	return true;
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

static bool place_bank(const struct board *b, const struct bank *k)
{
	struct sys_guest *g = k->guest;
	struct range bank = g->bank[k->index];
	uint64_t least = g->identity ? BLOCK_SIZE : PAGE_SIZE, place;

	if (!bank.size || !is_aligned(bank.base | bank.size, PAGE_SIZE) || bank.size > PA_END) {
		return false;
	}
	for (uint64_t align = GIB(1); align >= least; align >>= 9) {	/* blocks of levels 1, 2, 3 */
		if (align > least && !has_block(bank, align)) {
			continue;
		}
		if (find(b, bank, align, g->identity, &place)) {
			g->host[k->index] = pa(place);
			if (g->identity) {
				system_place_identity(g, place);
			}
			use(&(struct range){ place, bank.size }, 1);
			return true;
		}
	}
	return false;
}

static void report_no_room(const struct board *b, const struct bank *k, struct report *r)
{
	struct range bank = k->guest->bank[k->index];
	uint64_t free = 0, place;

	for (uint64_t step = PA_END / 2; step >= PAGE_SIZE; step /= 2) {
		if (find(b, (struct range){ 0, free + step }, PAGE_SIZE, false, &place)) {
			free += step;
		}
	}
	report_error(r, NULL, -1, k->guest->identity ? "memory-size" : "memory",
		     "guest %s: no room for bank %u, 0x%lx bytes at 0x%lx: the largest free piece "
		     "of the board's memory has 0x%lx bytes", k->guest->name, k->index,
		     (unsigned long)bank.size, (unsigned long)bank.base, (unsigned long)free);
}

/* The guest gets nothing: forget what its earlier banks use. */
static void refuse(struct sys_guest *g)
{
	g->refused = true;
	for (uint32_t i = 0; i < g->bank_count; i++) {
		for (uint32_t u = 0; u < used_count; u++) {
			if (g->host[i].v && used[u].base == g->host[i].v) {
				used[u] = used[--used_count];
			}
		}
		g->host[i] = pa(0);
	}
}

static bool goes_before(const struct bank *a, const struct bank *b)
{
	if (a->guest->identity != b->guest->identity) {
		return a->guest->identity;
	}
	return a->guest->bank[a->index].size > b->guest->bank[b->index].size;
}

/* Identity guests first (fewer places suit them), then the largest first. */
static uint32_t sort_banks(struct system *s, struct bank *order)
{
	uint32_t count = 0;

	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			struct bank k = { g, i };
			uint32_t at = count++;

			for (; at && goes_before(&k, &order[at - 1]); at--) {
				order[at] = order[at - 1];
			}
			order[at] = k;
			g->host[i] = pa(0);
		}
	}
	return count;
}

int place_heap(const struct board *b, const struct range *taken, uint32_t taken_count,
	       uint64_t size, struct range *heap)
{
	heap->size = size;
	return begin(b, taken, taken_count) &&
	       find(b, (struct range){ 0, size }, BLOCK_SIZE, false, &heap->base) ?
	       SKERRY_OK : SKERRY_NO_MEMORY;
}

int place_guests(const struct board *b, struct system *s, const struct range *taken,
		 uint32_t taken_count, struct report *r)
{
	static struct bank order[BANKS_MAX];
	uint32_t count = sort_banks(s, order);
	int result = SKERRY_OK;

	if (!begin(b, taken, taken_count)) {
		report_error(r, NULL, -1, NULL, "too many reserved ranges to place guests");
		return SKERRY_NO_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!order[i].guest->refused && !place_bank(b, &order[i])) {
			report_no_room(b, &order[i], r);
			refuse(order[i].guest);
			result = SKERRY_NO_MEMORY;
		}
	}
	return result;
}
