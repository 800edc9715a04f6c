/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system_parse() and system_check(): what they read, and what they refuse that only a damaged
 * or hand-made image can hold. What people get wrong in a description is in tests/bad.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c tools/check_clashes.c
 *          core/boot/tree.c core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>
#include "tools/check.h"
#include "tools/system_parse.h"

#define TREE_SIZE	16384

static char said[8192];
struct system the_system;
static struct check tool;
#define parsed tool.system
static char tree[TREE_SIZE];

static void note(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		 const char *message)
{
	size_t at = strlen(said);
	char path[256] = "";

	(void)r;
	(void)is_error;
	fdt_get_path(fdt, node, path, sizeof(path));
	snprintf(said + at, sizeof(said) - at, "%s: %s: %s\n", path,
		 property ? property : "", message);
}

/* One guest that is good; each test changes something of it. */
struct guest {
	const char *name;
	uint64_t bank[2];
	uint32_t cpu;
	uint64_t entry;
	struct { const char *name; uint64_t base, size; bool has_crc; } segment[11];
	const char *dtb;
	bool identity;
};

static struct guest good(void)
{
	return (struct guest){
		.name = "rt", .bank = { 0x40000000, 0x1000000 }, .cpu = 1, .entry = 0x40000040,
		.segment = {
			{ "s0", 0x40000000, 0x8000, true }, { "s1", 0x40008000, 0x123, true },
			{ "tree", 0x40e00000, 0x500, true },
		},
	};
}

static void put_u64(void *f, const char *name, uint64_t v)
{
	assert_int_equal(fdt_property_u64(f, name, v), 0);
}

static void put_guest(void *f, const struct guest *g)
{
	fdt64_t bank[2] = { cpu_to_fdt64(g->bank[0]), cpu_to_fdt64(g->bank[1]) };

	assert_int_equal(fdt_begin_node(f, g->name), 0);
	if (g->identity) {
		fdt_property(f, "identity", NULL, 0);
		put_u64(f, "memory-size", g->bank[1]);
	} else {
		fdt_property(f, "memory", bank, sizeof(bank));
	}
	fdt_property_u32(f, "cpus", g->cpu);
	put_u64(f, "entry", g->entry);
	if (g->dtb) {
		fdt_property_string(f, "dtb", g->dtb);
	}
	if (g->segment[0].name) {
		fdt_begin_node(f, "segments");
		for (int i = 0; i < 11 && g->segment[i].name; i++) {
			fdt_begin_node(f, g->segment[i].name);
			fdt_property_string(f, "data", "x");
			put_u64(f, "address", g->segment[i].base);
			put_u64(f, "size", g->segment[i].size);
			if (g->segment[i].has_crc) {
				fdt_property_u32(f, "crc32", 0x1234);
			}
			fdt_end_node(f);
		}
		fdt_end_node(f);
	}
	assert_int_equal(fdt_end_node(f), 0);
}

static void begin_tree(void)
{
	assert_int_equal(fdt_create(tree, TREE_SIZE), 0);
	assert_int_equal(fdt_finish_reservemap(tree), 0);
	fdt_begin_node(tree, "");
	fdt_property_string(tree, "compatible", "skerry,system-1");
	fdt_begin_node(tree, "guests");
}

static int system_read(void)
{
	said[0] = 0;
	tool.report = (struct report){ .print = note, .fdt = tree };
	tool.fdt = tree;
	(void)!system_parse(tree, &parsed, &tool.report);
	if (system_check(&parsed, NULL, NULL, &tool.report) != SKERRY_OK) {
		return SKERRY_INVALID;
	}
	return tool.report.errors ? SKERRY_INVALID : 0;
}

static int end_tree(void)
{
	fdt_end_node(tree);
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
	return system_read();
}

static int parse(const struct guest *g)
{
	begin_tree();
	put_guest(tree, g);
	return end_tree();
}

static void refused(const struct guest *g, const char *why)
{
	assert_int_equal(parse(g), SKERRY_INVALID);
	if (!strstr(said, why)) {
		fail_msg("not said: %s\nbut: %s", why, said);
	}
}

/* EL2 finds it good; skerry-check does not. */
static void clashes(const struct guest *g, const char *why)
{
	assert_int_equal(parse(g), 0);
	check_clashes(&tool);
	if (!tool.report.errors || !strstr(said, why)) {
		fail_msg("not said: %s\nbut: %s", why, said);
	}
}

static void a_good_guest_is_read(void **state)
{
	struct guest g = good();
	const struct sys_guest *r = parsed.guest;

	(void)state;
	assert_int_equal(parse(&g), 0);
	assert_string_equal(said, "");
	assert_int_equal(parsed.guest_count, 1);
	assert_string_equal(r->name, "rt");
	assert_int_equal(r->bank_count, 1);
	assert_int_equal(r->bank[0].base, 0x40000000);
	assert_int_equal(r->cpu[0], 1);
	assert_int_equal(r->entry, 0x40000040);
	assert_int_equal(r->tree.at.base, 0x40e00000);
	assert_int_equal(r->tree.at.size, 0x500);
	assert_false(r->has_own_tree);
	assert_int_equal(r->segment_count, 2);
	assert_int_equal(r->segment[1].at.base, 0x40008000);
	assert_int_equal(r->segment[1].crc32, 0x1234);
	assert_string_equal(r->segment[1].image, "x");
	assert_int_equal(r->restart_limit, 5);
	assert_int_equal(r->restart_window_s, 60);
	assert_int_equal(r->on_crash, CRASH_STOP);
	assert_int_equal(parsed.input, -1);
	assert_false(r->refused || r->autostart || r->identity || r->verify);
}

static void an_identity_guest_counts_from_0(void **state)
{
	struct guest g = good();
	struct sys_guest *r = parsed.guest;

	(void)state;
	g.identity = true;
	g.bank[1] = 0x400000;
	g.entry = 0x40;
	g.segment[0].base = 0;
	g.segment[1].base = 0x8000;
	g.segment[2].base = 0x200000;
	assert_int_equal(parse(&g), 0);
	assert_int_equal(r->tree.at.base, 0x200000);
}

static void a_guest_without_segments_is_refused_alone(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[0].name = NULL;
	assert_int_equal(parse(&g), 0);
	assert_true(parsed.guest[0].refused);
}

static void segments_stay_in_the_memory_and_apart(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[1].base = 0x40007000;
	clashes(&g, "/guests/rt/segments/s1: address: 0x40007000-0x40007122 overlaps segment s0");
	g.segment[1].base = 0x41000000;
	refused(&g, "/guests/rt/segments/s1: address: 0x41000000, 0x123 bytes: not in");
	g.segment[1].base = 0x40ffffff;
	refused(&g, "not in the guest's memory");
	g.segment[1].base = UINT64_MAX - 1;
	refused(&g, "not in the guest's memory");
	g.segment[1].base = 0x40008000;
	g.segment[1].size = UINT64_MAX;
	refused(&g, "not in the guest's memory");
	g.segment[1].size = 0;
	refused(&g, "not in the guest's memory");
}

static void segments_do_not_touch_the_tree(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[1].base = 0x40dfffff;
	clashes(&g, "the guest's tree, 0x40e00000-0x40e0ffff, overlaps segment s1");
	g.segment[1].base = 0x40e0ffff;
	clashes(&g, "the guest's tree");
	g.segment[1].base = 0x40e10000;
	assert_int_equal(parse(&g), 0);
	check_clashes(&tool);
	assert_string_equal(said, "");
}

static void an_own_tree_has_its_own_size(void **state)
{
	struct guest g = good();

	(void)state;
	g.dtb = "own.dtb";
	g.segment[2].base = 0x40c00000;
	g.segment[2].size = 0x20001;
	assert_int_equal(parse(&g), 0);
	assert_true(parsed.guest[0].has_own_tree);
	assert_int_equal(parsed.guest[0].segment_count, 2);
	assert_int_equal(parsed.guest[0].tree.at.base, 0x40c00000);
	assert_int_equal(parsed.guest[0].tree.at.size, 0x20001);
	g.segment[1].base = 0x40c20000;
	clashes(&g, "overlaps");
}

static void the_tree_is_there_and_in_the_memory(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[2].base = 0x40e00004;
	refused(&g, "/guests/rt: tree: is at no multiple of 8: 0x40e00004");
	g.segment[2].base = 0x40fffff8;
	refused(&g, "/guests/rt/segments/tree: address: 0x40fffff8, 0x500 bytes: not in");
	g.segment[2].base = UINT64_MAX - 7;
	refused(&g, "not in the guest's memory");
	g.segment[2].name = NULL;
	refused(&g, "tree: is missing");
}

static void memory_keeps_off_what_is_not_the_guests(void **state)
{
	static const uint64_t bad[][2] = {
		{ 0x40000000, 0 }, { 0x40000800, 0x1000 }, { 0x40000000, 0x1800 },
		{ 0x8000000000, 0x1000 }, { 0x7ffffff000, 0x2000 }, { 0xfffffffffffff000, 0x2000 },
		{ 0, 0xfffffffffffff000 }, { 0x8000000, 0x1000 }, { 0x819f000, 0x1000 },
		{ 0x9000000, 0x1000 }, { 0xa000000, 0x1000 }, { 0xb000000, 0x1000 },
		{ 0x3ffff000, 0x2000 }, { 0x1fff0000, 0x11000 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct guest g = good();

		memcpy(g.bank, bad[i], sizeof(g.bank));
		refused(&g, "/guests/rt: memory: 0x");
	}
}

static void a_core_without_a_policy_is_given_once(void **state)
{
	struct guest g = good();

	(void)state;
	begin_tree();
	put_guest(tree, &g);
	g.name = "other";
	put_guest(tree, &g);
	assert_int_equal(end_tree(), SKERRY_INVALID);
	assert_non_null(strstr(said, "/guests/other: cpus: core 1 has more than 1: sharing needs"));
	g.cpu = 8;
	refused(&g, "core 8 is not there");
	g.cpu = UINT32_MAX;
	refused(&g, "is not there");
}

static void the_entry_is_in_the_memory(void **state)
{
	struct guest g = good();

	(void)state;
	g.entry = 0x40fffffe;
	refused(&g, "/guests/rt: entry: 0x40fffffe");
	g.entry = 0x41000000;
	refused(&g, "entry");
	g.entry = 0x40000002;
	refused(&g, "no multiple of 4");
	g.entry = UINT64_MAX;
	refused(&g, "entry");
}

static void a_segment_without_crc_is_refused(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[1].has_crc = false;
	refused(&g, "/guests/rt/segments/s1: : is no segment as mksystem writes them");
}

static void nine_segments_are_one_too_many(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
	struct guest g = good();

	(void)state;
	g.segment[9] = g.segment[2];
	for (unsigned i = 0; i < 9; i++) {
		g.segment[i].name = names[i];
		g.segment[i].base = 0x40000000 + i * 0x1000;
		g.segment[i].size = 0x1000;
		g.segment[i].has_crc = true;
	}
	refused(&g, "/guests/rt/segments/i: : a guest has at most 8 segments");
}

static void seventeen_guests_are_one_too_many(void **state)
{
	struct guest g = good();
	char name[16];

	(void)state;
	begin_tree();
	g.name = name;
	for (int i = 0; i < 17; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		g.cpu = (uint32_t)i;
		put_guest(tree, &g);
	}
	assert_int_equal(end_tree(), SKERRY_INVALID);
	assert_non_null(strstr(said, "/guests/g16: : is one too many"));
	assert_int_equal(parsed.guest_count, 16);
}

static void a_string_without_an_end_is_refused(void **state)
{
	struct guest g = good();

	(void)state;
	begin_tree();
	put_guest(tree, &g);
	fdt_begin_node(tree, "other");
	fdt_property(tree, "console", "pl011", 5);
	fdt_end_node(tree);
	assert_int_equal(end_tree(), SKERRY_INVALID);
	assert_non_null(strstr(said, "/guests/other: console: is \"?\"; it can be one of"));
}

static void nothing_is_believed_of_an_empty_tree(void **state)
{
	(void)state;
	assert_int_equal(fdt_create_empty_tree(tree, TREE_SIZE), 0);
	assert_int_equal(system_read(), SKERRY_INVALID);
	assert_non_null(strstr(said, "/: compatible: is not \"skerry,system-1\""));
	assert_non_null(strstr(said, "there are no guests"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_guest_is_read),
		cmocka_unit_test(an_identity_guest_counts_from_0),
		cmocka_unit_test(a_guest_without_segments_is_refused_alone),
		cmocka_unit_test(segments_stay_in_the_memory_and_apart),
		cmocka_unit_test(segments_do_not_touch_the_tree),
		cmocka_unit_test(an_own_tree_has_its_own_size),
		cmocka_unit_test(the_tree_is_there_and_in_the_memory),
		cmocka_unit_test(memory_keeps_off_what_is_not_the_guests),
		cmocka_unit_test(a_core_without_a_policy_is_given_once),
		cmocka_unit_test(the_entry_is_in_the_memory),
		cmocka_unit_test(a_segment_without_crc_is_refused),
		cmocka_unit_test(nine_segments_are_one_too_many),
		cmocka_unit_test(seventeen_guests_are_one_too_many),
		cmocka_unit_test(a_string_without_an_end_is_refused),
		cmocka_unit_test(nothing_is_believed_of_an_empty_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
