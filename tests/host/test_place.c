// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where guests' memory goes: free, apart, aligned for large blocks, the same each time.
 */
/* sources: core/boot/place.c core/boot/owner.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <abi/errors.h>
#include <core/boot/boot.h>
#include <core/system.h>

struct system the_system;
static struct board board;
static struct system s;
static struct report report;
static char messages[2048];

/* Stand-ins for the parser's part, so that this test is about placement alone. */
const struct range system_fixed[] = {
	{ 0x08000000, 0x04000000 }, { 0x20000000, 0x20000000 }, { 0, 0 },
};

static void print(struct report *r, bool is_error, const void *fdt, int node,
		  const char *property, const char *message)
{
	size_t n = strlen(messages);

	snprintf(messages + n, sizeof(messages) - n, "%s: %s\n", property ? property : "-",
		 message);
}

static int prepare(void **state)
{
	owner_count = 0;
	memset(&board, 0, sizeof(board));
	memset(&s, 0, sizeof(s));
	memset(messages, 0, sizeof(messages));
	report = (struct report){ .print = print };
	board.memory_count = 1;
	board.memory[0] = (struct range){ 0x40000000, GIB(4) };
	return 0;
}

static struct sys_guest *add_guest(uint64_t base, uint64_t size)
{
	struct sys_guest *g = &s.guest[s.guest_count];

	snprintf(g->name, sizeof(g->name), "g%u", s.guest_count++);
	g->bank[0] = (struct range){ base, size };
	g->bank_count = 1;
	g->reach = (struct range){ 0, 1ull << SKERRY_IPA_BITS };
	return g;
}

static void add_bank(struct sys_guest *g, uint64_t base, uint64_t size)
{
	g->bank[g->bank_count++] = (struct range){ base, size };
}

/* With EL2's `taken` before. */
static int place_behind(const struct range *taken, unsigned count)
{
	owner_count = report.errors = 0;
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(owner_add(range_pages(taken[i]), OWNER_HV, 0), SKERRY_OK);
	}
	place_guests(&board, &s, &report);
	return report.errors ? SKERRY_NO_MEMORY : SKERRY_OK;
}

static int place(void)
{
	return place_behind(NULL, 0);
}

static void large_banks_get_large_blocks(void **state)
{
	static const struct range image = { 0x40080000, 0x100000 };
	struct sys_guest *a = add_guest(0x40000000, GIB(1)), *b = add_guest(0x40000000, MIB(256));
	struct sys_guest *c = add_guest(0x40001000, 0x5000), *d = add_guest(0x80300000, GIB(2));

	assert_int_equal(place_behind(&image, 1), 0);
	assert_int_equal(a->host[0].v % GIB(1), 0);
	assert_int_equal(b->host[0].v % MIB(2), 0);
	assert_int_equal(d->host[0].v % GIB(1), 0x300000);
	assert_int_equal(c->host[0].v, 0x40000000);	/* small: first fit, before the image */
	assert_int_equal(report.errors, 0);
}

static void what_does_not_fit_a_large_block_gets_smaller_ones(void **state)
{
	struct sys_guest *g = add_guest(0x40000000, GIB(1));

	board.memory[0] = (struct range){ 0x50001000, GIB(1) + MIB(2) };
	assert_int_equal(place(), 0);
	assert_int_equal(g->host[0].v, 0x50200000);
	board.memory[0].size = GIB(1) + MIB(1);
	assert_int_equal(place(), 0);
	assert_int_equal(g->host[0].v, 0x50001000);
}

static void reserved_and_taken_memory_is_avoided(void **state)
{
	static const struct range taken[] = { { 0x40200000, 0x1 }, { 0x40400fff, 0x2 } };
	struct sys_guest *g = add_guest(0x40000000, MIB(2));

	board.reserved_count = 2;
	board.reserved[0] = (struct range){ 0x40000800, 0x10 };
	board.reserved[1] = (struct range){ 0x40600000, 0x800000 };
	assert_int_equal(place_behind(taken, 2), 0);
	assert_int_equal(g->host[0].v, 0x40e00000);
	g->bank[0].base = 0x1000;	/* no whole 2 MiB block in it: anywhere */
	assert_int_equal(place_behind(taken, 2), 0);
	assert_int_equal(g->host[0].v, 0x40e00000);
	g->bank[0].size = 0x1000;
	assert_int_equal(place_behind(taken, 2), 0);
	assert_int_equal(g->host[0].v, 0x40001000);
}

static void ranges_at_the_ends_of_the_number_line_do_no_harm(void **state)
{
	struct sys_guest *g = add_guest(0x40000000, MIB(2));

	board.memory_count = 2;
	board.memory[0] = (struct range){ 0x40000000, 0xfffffffffffff000 - 0x40000000 };
	board.memory[1] = (struct range){ 0xfffffffffffff000 - 0x1000, 0x1000 };
	board.reserved_count = 2;
	board.reserved[0] = (struct range){ 0x40000000, 0x100000 };
	board.reserved[1] = (struct range){ 0x50000000, 0xffffffffffffe000 - 0x50000000 };
	assert_int_equal(place(), 0);
	assert_int_equal(g->host[0].v, 0x40200000);
	g->bank[0].size = UINT64_MAX - 0xfff;
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	g->refused = false;
	g->bank[0].size = GIB(1);
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	assert_non_null(strstr(messages, "no room on this board for bank 0, 0x40000000 bytes"));
}

static void a_guest_without_room_is_named_and_the_others_go_on(void **state)
{
	struct sys_guest *a = add_guest(0x40000000, MIB(16)), *b = add_guest(0x40000000, MIB(96));

	add_bank(b, 0x80000000, MIB(48));
	board.memory[0].size = MIB(128);
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	assert_string_equal(messages, "memory: guest g1: no room on this board for bank 1, "
			    "0x3000000 bytes at 0x80000000\n");
	assert_true(b->refused);
	assert_false(a->refused);
	assert_int_equal(a->host[0].v, 0x46000000);	/* behind what the other has had */
}

static void a_long_list_of_taken_ranges_is_avoided(void **state)
{
	static struct range taken[100];
	struct sys_guest *g = add_guest(0x40000000, 0x1000);

	for (unsigned i = 0; i < 100; i++) {
		taken[i] = (struct range){ 0x40000000 + (99 - i) * PAGE_SIZE, PAGE_SIZE };
	}
	assert_int_equal(place_behind(taken, 100), 0);
	assert_int_equal(g->host[0].v, 0x40000000 + 100 * PAGE_SIZE);
	board.memory[0].size = 100 * PAGE_SIZE;
	assert_int_equal(place_behind(taken, 100), SKERRY_NO_MEMORY);
	assert_true(g->refused);
}

static void an_identity_guest_avoids_the_fixed_ranges(void **state)
{
	struct sys_guest *big = add_guest(0x40000000, MIB(128)), *g = add_guest(0, MIB(4));

	g->identity = true;
	g->entry = 0x40;
	g->tree.at.base = 0x200000;
	g->segment_count = 1;
	g->segment[0].at.base = 0x1000;
	board.memory_count = 2;
	board.memory[0] = (struct range){ 0, 0x3c000000 };	/* as a Pi has it */
	board.memory[1] = (struct range){ 0x40000000, GIB(1) };
	board.reserved_count = 1;
	board.reserved[0] = (struct range){ 0, 0x07f00000 };
	assert_int_equal(place(), 0);
	assert_int_equal(g->bank[0].base, 0x0c000000);
	assert_int_equal(g->entry, 0x0c000040);
	assert_int_equal(g->tree.at.base, 0x0c200000);
	assert_int_equal(g->segment[0].at.base, 0x0c001000);
	assert_int_equal(g->host[0].v, 0x0c000000);
	assert_int_equal(big->host[0].v, 0x0c400000);
	board.memory[0].size = 0x0c000000;
	board.memory[1].base = 1ull << 39;	/* no guest-physical address is that high */
	g->bank[0].base = 0;
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	assert_true(g->refused);
	assert_int_equal(big->host[0].v, 1ull << 39);
}

/* A link of two guests with a window of its own, or with the last one. */
static struct sys_link *add_link(struct sys_guest *front, struct sys_guest *back, uint64_t size)
{
	struct sys_link *l = &s.link[s.link_count++];

	if (size) {
		s.window[s.window_count++] = (struct sys_window){
			.size = size, .reach = { 0, 1ull << SKERRY_IPA_BITS },
		};
	}
	l->window = (uint8_t)(s.window_count - 1);
	l->back_index = (uint8_t)s.window[l->window].link_count++;
	s.window[l->window].identity |= front->identity | back->identity;
	s.window[l->window].reach = range_common(s.window[l->window].reach,
						 range_common(front->reach, back->reach));
	s.window[l->window].front = (uint8_t)(front - s.guest);
	l->end[SKERRY_FRONT] = (struct sys_end){ .guest = (uint8_t)(front - s.guest),
						 .base = 0x20000000 };
	l->end[SKERRY_BACK] = (struct sys_end){ .guest = (uint8_t)(back - s.guest),
						.base = 0x20010000 };
	return l;
}

static void a_window_has_the_back_ends_pages_behind_it(void **state)
{
	struct sys_guest *a = add_guest(0x40000000, MIB(3)), *b = add_guest(0x40000000, MIB(2));
	struct sys_link *one = add_link(a, b, KIB(128)), *two = add_link(a, b, KIB(64));
	struct sys_link *three = add_link(a, b, 0);

	assert_int_equal(place(), 0);
	assert_int_equal(s.window[0].host.v, 0x40300000);	/* behind a; b is above */
	assert_int_equal(one->back_page.v, 0x40320000);
	assert_int_equal(s.window[1].host.v, 0x40330000);	/* 64 KiB aligned */
	assert_int_equal(two->back_page.v, 0x40340000);
	assert_int_equal(three->back_page.v, 0x40341000);
	assert_int_equal(window_whole(&s.window[1]), KIB(72));
	assert_int_equal(one->end[SKERRY_FRONT].base, 0x20000000);
	assert_int_equal(one->end[SKERRY_BACK].base, 0x20010000);
}

static void a_large_window_gets_large_blocks_where_it_can(void **state)
{
	struct sys_guest *a = add_guest(0x40000000, 0x1000), *b = add_guest(0x40000000, 0x1000);

	add_link(a, b, MIB(2));
	assert_int_equal(place(), 0);
	assert_int_equal(s.window[0].host.v, 0x40200000);
	board.memory[0].size = MIB(3);
	assert_int_equal(place(), 0);
	assert_int_equal(s.window[0].host.v, 0x40010000);
}

static void an_identity_guest_has_its_windows_where_they_are(void **state)
{
	struct sys_guest *a = add_guest(0x40000000, MIB(2)), *id = add_guest(0, MIB(4));
	struct sys_link *l, *plain;

	id->identity = true;
	l = add_link(a, id, KIB(128));
	board.memory_count = 2;
	board.memory[0] = (struct range){ 0x07ff0000, 0x04020000 };	/* fixed in the middle */
	board.memory[1] = (struct range){ 0x60000000, GIB(1) };
	plain = add_link(a, add_guest(0x40000000, 0x1000), KIB(128));
	assert_int_equal(place(), 0);
	assert_int_equal(s.window[0].host.v, 0x60400000);
	assert_int_equal(l->end[SKERRY_BACK].base, 0x60400000);
	assert_int_equal(l->end[SKERRY_FRONT].base, 0x20000000);
	assert_int_equal(s.window[1].host.v, 0x08200000);	/* anywhere, behind a */
	assert_int_equal(plain->end[SKERRY_BACK].base, 0x20010000);
}

static struct sys_guest *add_master(const char *name, uint64_t memory, uint64_t base, uint64_t size)
{
	struct sys_guest *g = add_guest(0, memory);

	g->identity = true;
	g->reach = (struct range){ base, size };
	g->reach_by = g->device[0].name;
	strcpy(g->device[0].name, name);
	return g;
}

/* The narrowest first, with its window, although it is the smallest. */
static void bus_masters_lie_where_they_reach_and_come_first(void **state)
{
	struct sys_guest *big = add_guest(0x40000000, MIB(1700)), *any = add_guest(0, MIB(512));
	struct sys_guest *net = add_master("net", MIB(128), 0, 0xfc000000);
	struct sys_guest *old = add_master("old", MIB(4), 0x10000000, 0x30000000);
	struct sys_link *a = add_link(big, old, MIB(2));

	add_link(big, net, MIB(2));
	any->identity = true;
	board.memory_count = 3;
	board.memory[0] = (struct range){ 0, 0x3b400000 };
	board.memory[1] = (struct range){ 0x40000000, 0xbc000000 };
	board.memory[2] = (struct range){ GIB(4), GIB(4) };
	assert_int_equal(place(), 0);
	assert_int_equal(old->host[0].v, 0x10000000);
	assert_int_equal(a->end[SKERRY_BACK].base, 0x10400000);
	assert_int_equal(net->host[0].v, 0);
	assert_int_equal(s.window[1].host.v, 0x0c000000);
	assert_int_equal(any->host[0].v, 0x40000000);
	assert_true(big->host[0].v >= GIB(1));
}

static void what_a_bus_master_can_not_reach_is_named(void **state)
{
	struct sys_guest *blk = add_master("disk", MIB(64), 0, GIB(1));
	struct sys_guest *big = add_guest(0x40000000, MIB(16));

	board.memory_count = 2;
	board.memory[0] = (struct range){ 0x10000000, MIB(64) + MIB(1) };
	board.memory[1] = (struct range){ GIB(1), GIB(1) };
	strcpy(add_link(big, blk, MIB(2))->name, "root");
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	assert_true(blk->refused && big->refused);
	assert_non_null(strstr(messages, "\ndevices: guest g0: memory and windows must lie where "
			       "device disk reaches, 0x0-0x3fffffff\n"));
}

static void without_room_for_a_window_its_guests_are_refused(void **state)
{
	struct sys_guest *a = add_guest(0x40000000, MIB(2)), *b = add_guest(0x40000000, MIB(2));
	struct sys_guest *c = add_guest(0x40000000, MIB(2));

	strcpy(add_link(a, b, MIB(2))->name, "big");
	strcpy(add_link(a, c, KIB(128))->name, "small");
	board.memory[0].size = MIB(8);
	assert_int_equal(place(), SKERRY_NO_MEMORY);
	assert_true(a->refused && b->refused);
	assert_false(c->refused);
	assert_non_null(strstr(messages, "window-size: link big: no room for its window"));
	assert_null(strstr(messages, "small"));
}

static bool is_free(const struct range *taken, struct range at, unsigned taken_count)
{
	for (unsigned i = 0; i < taken_count; i++) {
		if (range_overlaps(taken[i], at)) {
			return false;
		}
	}
	return true;
}

/* Random boards and systems: every bank in memory, apart from all else, congruent. */
static void no_two_things_ever_share_a_page(void **state)
{
	struct range taken[200];

	srand(1);
	for (unsigned round = 0; round < 3000; round++) {
		unsigned n = 0, guests = 1 + (unsigned)rand() % 16;

		prepare(NULL);
		board.memory_count = 2;
		board.memory[0] = (struct range){ 0x40000000, MIB(1 + rand() % 512) };
		board.memory[1] = (struct range){ GIB(3), MIB(1 + rand() % 4096) };
		for (unsigned i = 0; i < (unsigned)rand() % 20; i++) {
			board.reserved[board.reserved_count++] = taken[n++] = (struct range){
				0x40000000 + (uint64_t)rand() % GIB(2), (uint64_t)rand() % MIB(8) };
		}
		for (unsigned i = 0; i < guests; i++) {
			struct sys_guest *g = add_guest(0x40000000 + (rand() % 3) * PAGE_SIZE,
							PAGE_SIZE << (rand() % 19));

			add_bank(g, 0x4000000000, PAGE_SIZE * (1 + rand() % 5000));
		}
		for (unsigned i = 0; i < (unsigned)rand() % 32; i++) {
			add_link(&s.guest[(unsigned)rand() % guests], &s.guest[0],
				 KIB(128) * (unsigned)(i ? rand() % 40 : 1));
		}
		(void)!place();
		for (unsigned i = 0; i < guests; i++) {
			unsigned banks = s.guest[i].refused ? 0 : s.guest[i].bank_count;

			for (unsigned k = 0; k < banks; k++) {
				struct range at = { s.guest[i].host[k].v, s.guest[i].bank[k].size };

				assert_true(is_aligned(at.base, PAGE_SIZE));
				assert_true(range_holds(board.memory[0], at.base, at.size) ||
					    range_holds(board.memory[1], at.base, at.size));
				assert_true(is_free(taken, at, n));
				taken[n++] = at;
			}
		}
		for (unsigned i = 0; i < s.window_count; i++) {
			struct range at = { s.window[i].host.v, window_whole(&s.window[i]) };

			if (at.base == UINT64_MAX) {
				continue;
			}
			assert_true(is_aligned(at.base, KIB(64)));
			assert_true(is_free(taken, at, n));
			taken[n++] = at;
		}
	}
}

static void the_heap_is_a_free_block(void **state)
{
	struct pa heap;

	assert_int_equal(owner_add((struct range){ 0x40000000, 0x200000 }, OWNER_HV, 0), 0);
	assert_int_equal(owner_add((struct range){ 0x40400000, 0x1000 }, OWNER_HV, 0), 0);
	assert_true(place_heap(&board, MIB(2), &heap));
	assert_int_equal(heap.v, 0x40200000);
	assert_int_equal(owner_overlap((struct range){ heap.v, MIB(2) })->at.size, MIB(2));
	assert_int_equal(owner_overlap((struct range){ heap.v, MIB(2) })->kind, OWNER_HV);
	assert_true(place_heap(&board, MIB(2), &heap));
	assert_int_equal(heap.v, 0x40600000);
	assert_false(place_heap(&board, GIB(8), &heap));
}

static void records_are_at_three_quarters_of_the_first_memory(void **state)
{
	struct pa at;

	board.memory[0].size = GIB(1);
	board.memory_count = 2;
	board.memory[1] = (struct range){ GIB(3), GIB(4) };
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(at.v, 0x70000000);
	assert_int_equal(owner_overlap((struct range){ at.v, 1 })->kind, OWNER_HV);
	assert_int_equal(owner_overlap((struct range){ at.v, 1 })->at.size, RECORDS_SIZE);
	/* and below what lies there: an owner, the board's reservations */
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(at.v, 0x6fe00000);
	board.reserved[board.reserved_count++] = (struct range){ 0x60000001, 0xf000000 };
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(at.v, 0x6fc00000);
	board.reserved[0].size = 0xfd00000;
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(at.v, 0x5fe00000);
}

static void records_lie_in_the_first_memory_or_nowhere(void **state)
{
	struct pa at;

	board.memory[0] = (struct range){ 0x40001000, MIB(2) };	/* no block begins in it */
	assert_false(place_records(&board, RECORDS_SIZE, &at));
	board.memory[0] = (struct range){ 0, MIB(2) };
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(at.v, 0);
	assert_false(place_records(&board, RECORDS_SIZE, &at));
	board.memory[0] = (struct range){ UINT64_MAX - GIB(64) + 1, GIB(64) - 1 };
	board.reserved[board.reserved_count++] = board.memory[0];
	assert_false(place_records(&board, RECORDS_SIZE, &at));	/* bounded */
	assert_int_equal(owner_count, 1);
}

/* Guests come from the bottom: a bank of most of what is below still has its place, and its
 * large blocks. */
static void guests_go_around_the_records(void **state)
{
	struct sys_guest *g = add_guest(0x40000000, MIB(760)), *h = add_guest(0x40000000, MIB(250));
	struct pa at;

	board.memory[0].size = GIB(1);
	assert_true(place_records(&board, RECORDS_SIZE, &at));
	assert_int_equal(owner_add((struct range){ 0x40000000, MIB(2) }, OWNER_HV, 0), 0);
	place_guests(&board, &s, &report);
	assert_int_equal(report.errors, 0);
	assert_int_equal(g->host[0].v, 0x40200000);
	assert_int_equal(h->host[0].v, 0x70200000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, prepare)
	const struct CMUnitTest tests[] = {
		T(large_banks_get_large_blocks),
		T(what_does_not_fit_a_large_block_gets_smaller_ones),
		T(reserved_and_taken_memory_is_avoided),
		T(ranges_at_the_ends_of_the_number_line_do_no_harm),
		T(a_guest_without_room_is_named_and_the_others_go_on),
		T(a_long_list_of_taken_ranges_is_avoided),
		T(an_identity_guest_avoids_the_fixed_ranges),
		T(a_window_has_the_back_ends_pages_behind_it),
		T(a_large_window_gets_large_blocks_where_it_can),
		T(an_identity_guest_has_its_windows_where_they_are),
		T(bus_masters_lie_where_they_reach_and_come_first),
		T(what_a_bus_master_can_not_reach_is_named),
		T(without_room_for_a_window_its_guests_are_refused),
		T(no_two_things_ever_share_a_page),
		T(the_heap_is_a_free_block),
		T(records_are_at_three_quarters_of_the_first_memory),
		T(records_lie_in_the_first_memory_or_nowhere),
		T(guests_go_around_the_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
