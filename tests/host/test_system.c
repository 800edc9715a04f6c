/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system_parse(): what it reads, and what it refuses that only a damaged or
 * hand-made image can hold. What people get wrong in a description is in tests/bad.
 */
/* sources: core/boot/system.c core/boot/system_check.c core/boot/system_device.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <core/boot/system_parts.h>

#define TREE_SIZE	16384

struct said {
	struct report report;	/* first */
	char text[8192];
};

static struct said said;
static struct system parsed;
static char tree[TREE_SIZE];

static void note(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		 const char *message)
{
	struct said *s = (struct said *)r;
	size_t at = strlen(s->text);
	char path[256] = "";

	(void)is_error;
	fdt_get_path(fdt, node, path, sizeof(path));
	snprintf(s->text + at, sizeof(s->text) - at, "%s: %s: %s\n", path,
		 property ? property : "", message);
}

/* One guest that is good; each test changes something of it. */
struct guest {
	const char *name;
	uint64_t bank[2];
	uint32_t cpu;
	uint64_t entry;
	struct { const char *name; uint64_t base, size; bool has_crc; } segment[10];
	uint64_t ramdisk[2];
	const char *dtb;
	bool identity;
};

static struct guest good(void)
{
	return (struct guest){
		.name = "rt", .bank = { 0x40000000, 0x1000000 }, .cpu = 1, .entry = 0x40000040,
		.segment = {
			{ "s0", 0x40000000, 0x8000, true }, { "s1", 0x40008000, 0x123, true },
		},
		.ramdisk = { 0x40008000, 0x123 },
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
	if (g->ramdisk[1]) {
		put_u64(f, "ramdisk-address", g->ramdisk[0]);
		put_u64(f, "ramdisk-size", g->ramdisk[1]);
	}
	if (g->dtb) {
		fdt_property_string(f, "dtb", g->dtb);
	}
	if (g->segment[0].name) {
		fdt_begin_node(f, "segments");
		for (int i = 0; i < 10 && g->segment[i].name; i++) {
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

static int end_tree(void)
{
	fdt_end_node(tree);
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
	said = (struct said){ .report = { .print = note } };
	return system_parse(tree, NULL, NULL, &parsed, &said.report);
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
	if (!strstr(said.text, why)) {
		fail_msg("not said: %s\nbut: %s", why, said.text);
	}
}

static void a_good_guest_is_read(void **state)
{
	struct guest g = good();
	const struct sys_guest *r = parsed.guest;

	(void)state;
	assert_int_equal(parse(&g), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(parsed.guest_count, 1);
	assert_string_equal(r->name, "rt");
	assert_int_equal(r->bank_count, 1);
	assert_int_equal(r->bank[0].base, 0x40000000);
	assert_int_equal(r->cpu[0], 1);
	assert_int_equal(r->entry, 0x40000040);
	assert_int_equal(r->tree_address, 0x40e00000);
	assert_int_equal(r->tree_size, 0x10000);
	assert_int_equal(r->segment_count, 2);
	assert_int_equal(r->segment[1].at.base, 0x40008000);
	assert_int_equal(r->segment[1].crc32, 0x1234);
	assert_string_equal(dt_string(tree, r->segment[1].node, "data"), "x");
	assert_int_equal(r->ramdisk.size, 0x123);
	assert_int_equal(r->restart_limit, 5);
	assert_int_equal(r->restart_window_s, 60);
	assert_int_equal(r->on_crash, CRASH_STOP);
	assert_int_equal(parsed.input, -1);
	assert_false(r->refused || r->autostart || r->identity || r->verify);
}

static void an_identity_guest_moves_as_a_whole(void **state)
{
	struct guest g = good();
	struct sys_guest *r = parsed.guest;

	(void)state;
	g.identity = true;
	g.bank[1] = 0x400000;
	g.entry = 0x40;
	g.segment[0].base = 0;
	g.segment[1].base = g.ramdisk[0] = 0x8000;
	assert_int_equal(parse(&g), 0);
	assert_int_equal(r->tree_address, 0x200000);
	system_place_identity(r, 0x52000000);
	assert_int_equal(r->bank[0].base, 0x52000000);
	assert_int_equal(r->bank[0].size, 0x400000);
	assert_int_equal(r->entry, 0x52000040);
	assert_int_equal(r->tree_address, 0x52200000);
	assert_int_equal(r->segment[1].at.base, 0x52008000);
	assert_int_equal(r->ramdisk.base, 0x52008000);
}

static void a_guest_without_segments_is_refused_alone(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[0].name = NULL;
	g.ramdisk[1] = 0;
	assert_int_equal(parse(&g), 0);
	assert_true(parsed.guest[0].refused);
}

static void segments_stay_in_the_memory_and_apart(void **state)
{
	struct guest g = good();

	(void)state;
	g.segment[1].base = 0x40007000;
	refused(&g, "/guests/rt/segments/s1: address: 0x40007000-0x40007122 overlaps segment s0");
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
	g.segment[1].base = g.ramdisk[0] = 0x40dfffff;
	refused(&g, "the guest's tree, 0x40e00000-0x40e0ffff, overlaps segment s1");
	g.segment[1].base = g.ramdisk[0] = 0x40e0ffff;
	refused(&g, "the guest's tree");
	g.segment[1].base = g.ramdisk[0] = 0x40e10000;
	assert_int_equal(parse(&g), 0);
}

static void an_own_tree_is_a_segment(void **state)
{
	struct guest g = good();

	(void)state;
	g.dtb = "own.dtb";
	g.segment[2].name = "own-tree";
	g.segment[2].base = 0x40c00000;
	g.segment[2].size = 0x20001;
	g.segment[2].has_crc = true;
	assert_int_equal(parse(&g), 0);
	assert_true(parsed.guest[0].has_own_tree);
	assert_int_equal(parsed.guest[0].tree_address, 0x40c00000);
	assert_int_equal(parsed.guest[0].tree_size, 0x20001);
	g.segment[1].base = g.ramdisk[0] = 0x40c20000;
	refused(&g, "overlaps");
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

static void the_ramdisk_is_one_of_the_segments(void **state)
{
	struct guest g = good();

	(void)state;
	g.ramdisk[1] = 0x124;
	refused(&g, "/guests/rt: ramdisk-address: 0x40008000, 0x124 bytes: not one of the");
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
	g.ramdisk[1] = 0;
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
	assert_non_null(strstr(said.text, "/guests/g16: : is one too many"));
	assert_int_equal(parsed.guest_count, 16);
}

static void a_string_without_an_end_is_refused(void **state)
{
	struct guest g = good();
	char *at;

	(void)state;
	begin_tree();
	put_guest(tree, &g);
	fdt_begin_node(tree, "other");
	fdt_property(tree, "bootargs", "0123", 4);
	fdt_end_node(tree);
	assert_int_equal(end_tree(), SKERRY_INVALID);
	at = strstr(said.text, "bootargs: must be one string");
	assert_non_null(at);
}

static void nothing_is_believed_of_an_empty_tree(void **state)
{
	(void)state;
	assert_int_equal(fdt_create_empty_tree(tree, TREE_SIZE), 0);
	said = (struct said){ .report = { .print = note } };
	assert_int_equal(system_parse(tree, NULL, NULL, &parsed, &said.report), SKERRY_INVALID);
	assert_non_null(strstr(said.text, "/: compatible: is not \"skerry,system-1\""));
	assert_non_null(strstr(said.text, "there are no guests"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_guest_is_read),
		cmocka_unit_test(an_identity_guest_moves_as_a_whole),
		cmocka_unit_test(a_guest_without_segments_is_refused_alone),
		cmocka_unit_test(segments_stay_in_the_memory_and_apart),
		cmocka_unit_test(segments_do_not_touch_the_tree),
		cmocka_unit_test(an_own_tree_is_a_segment),
		cmocka_unit_test(the_entry_is_in_the_memory),
		cmocka_unit_test(the_ramdisk_is_one_of_the_segments),
		cmocka_unit_test(a_segment_without_crc_is_refused),
		cmocka_unit_test(nine_segments_are_one_too_many),
		cmocka_unit_test(seventeen_guests_are_one_too_many),
		cmocka_unit_test(a_string_without_an_end_is_refused),
		cmocka_unit_test(nothing_is_believed_of_an_empty_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
