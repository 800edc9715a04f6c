// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system image's reader: finds what mkimage writes, names what is missing, cut
 * off or damaged, refuses that guest only, and says what else was handed over.
 */
/* sources: core/boot/fit.c core/boot/fdt_util.c core/boot/sha256.c core/boot/report.c lib/format.c
 * tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>
#include <abi/errors.h>
#include <core/boot/boot.h>
#include "fake_arch.h"

#define TREE_MAX	4096
#define ROOM_MAX	(128 * 1024)

static uint8_t *fit;		/* exactly `room` bytes, so that ASan sees a byte too far */
static uint64_t room;
static bool is_embedded;
static bool without_crc, without_sha, with_kernel;
static uint8_t one[5000], two[777];
static struct system s, table;
static struct report report;
static char messages[4096];

static void print(struct report *r, bool is_error, const void *fdt, int node,
		  const char *property, const char *message)
{
	char path[128] = "";
	size_t n = strlen(messages);

	if (fdt && node >= 0) {
		fdt_get_path(fdt, node, path, sizeof(path));
	}
	snprintf(messages + n, sizeof(messages) - n, "%s%s%s: %s\n", path, property ? " " : "",
		 property ? property : "", message);
}

/* Three guests: a has one, b has two, c has one and two. */
static void make_table(void)
{
	memset(&table, 0, sizeof(table));
	table.magic = SYS_MAGIC;
	table.version = SYS_VERSION;
	table.size = sizeof(table);
	table.guest_count = 3;
	for (int i = 0; i < 3; i++) {
		struct sys_guest *g = &table.guest[i];

		snprintf(g->name, sizeof(g->name), "%c", 'a' + i);
		for (int n = i == 1; n <= (i > 0); n++) {
			struct sys_segment *seg = &g->segment[g->segment_count++];

			strcpy(seg->image, n ? "two" : "one");
			seg->at.size = n ? sizeof(two) : sizeof(one);
			seg->crc32 = arch_crc32(0, n ? two : one, seg->at.size);
		}
		g->tree = g->segment[0];	/* one more image of the guest */
	}
	s = table;
}

static void add_hashes(void *fdt, const void *data, uint64_t size)
{
	uint8_t digest[SHA256_SIZE];

	if (!without_crc) {
		fdt_begin_node(fdt, "hash-1");
		fdt_property_u32(fdt, "value", arch_crc32(0, data, size));
		fdt_property_string(fdt, "algo", "crc32");
		fdt_end_node(fdt);
	}
	if (!without_sha) {
		sha256(data, size, digest);
		fdt_begin_node(fdt, "hash-2");
		fdt_property(fdt, "value", digest, sizeof(digest));
		fdt_property_string(fdt, "algo", "sha256");
		fdt_end_node(fdt);
	}
}

static void make_fit(const char *second_name)
{
	const struct {
		const char *name;
		const void *data;
		uint32_t size;
	} image[] = {
		{ "system", &table, sizeof(table) },
		{ "one", one, sizeof(one) }, { second_name, two, sizeof(two) },
	};
	uint32_t at = 0, base;
	uint8_t *out = calloc(1, ROOM_MAX);

	fdt_create(out, ROOM_MAX);
	fdt_finish_reservemap(out);
	fdt_begin_node(out, "");
	fdt_begin_node(out, "images");
	for (unsigned i = 0; i < 3; i++, at = (at + 0xfff) & ~0xfffu) {
		fdt_begin_node(out, image[i].name);
		fdt_property_string(out, "type", with_kernel && i ? "kernel" : "firmware");
		if (is_embedded) {
			fdt_property(out, "data", image[i].data, (int)image[i].size);
		} else {
			fdt_property_u32(out, "data-size", image[i].size);
			fdt_property_u32(out, "data-offset", at);
		}
		add_hashes(out, image[i].data, image[i].size);
		fdt_end_node(out);
		at += image[i].size;
	}
	fdt_end_node(out);
	fdt_end_node(out);
	assert_int_equal(fdt_finish(out), 0);
	room = fdt_totalsize(out);
	base = (uint32_t)(room + 0xfff) & ~0xfffu;
	fdt_set_totalsize(out, is_embedded ? (uint32_t)room : base);	/* as mkimage -B 0x1000 */
	for (unsigned i = 0; i < 3 && !is_embedded; i++) {
		memcpy(out + base, image[i].data, image[i].size);
		room = base + image[i].size;
		base = (uint32_t)(room + 0xfff) & ~0xfffu;
	}
	free(fit);
	fit = malloc(room);
	memcpy(fit, out, room);
	free(out);
}

static int prepare(void **state)
{
	fake_reset();
	fake.tick = 1;
	is_embedded = false;
	without_crc = without_sha = with_kernel = false;
	memset(messages, 0, sizeof(messages));
	report = (struct report){ .print = print };
	for (size_t i = 0; i < sizeof(one); i++) {
		one[i] = (uint8_t)(i * 13);
	}
	memset(two, '2', sizeof(two));
	make_table();
	make_fit("two");
	return 0;
}

static int clean_up(void **state)
{
	free(fit);
	fit = NULL;
	return 0;
}

static uint32_t resolve(void)
{
	uint32_t errors = report.errors;

	fit_resolve(fit, room, &s, &report);
	return report.errors - errors;
}

/* Cut the image to `size` bytes. */
static void cut(uint64_t size)
{
	room = size;
	fit = realloc(fit, size);
}

static void data_behind_the_tree_is_found(void **state)
{
	s.guest[0].verify = s.guest[2].verify = true;
	assert_memory_equal(fit_system(fit, room, &report), &table, sizeof(table));
	assert_int_equal(resolve(), 0);
	assert_string_equal(messages, "");
	assert_memory_equal(s.guest[0].segment[0].data, one, sizeof(one));
	assert_memory_equal(s.guest[1].segment[0].data, two, sizeof(two));
	assert_memory_equal(s.guest[2].segment[1].data, two, sizeof(two));
	assert_memory_equal(s.guest[0].tree.data, one, sizeof(one));
	assert_ptr_equal(s.guest[0].segment[0].data, s.guest[2].segment[0].data);
	assert_true(fit_hash_ticks > 0);
}

static void data_in_the_tree_is_refused(void **state)
{
	is_embedded = true;
	make_fit("two");
	assert_null(fit_system(fit, room, &report));
	assert_non_null(strstr(messages, "image system is not behind the FIT's tree (mkimage -E)"));
}

static void a_missing_image_refuses_its_guests_only(void **state)
{
	make_fit("other");
	assert_int_equal(resolve(), 2);
	assert_false(s.guest[0].refused);
	assert_true(s.guest[1].refused);
	assert_true(s.guest[2].refused);
	assert_string_equal(messages,
		" data: guest b: image two is not in the system image\n"
		" data: guest c: image two is not in the system image\n");
}

static void a_truncated_image_refuses_its_guests_only(void **state)
{
	cut(room - 1);
	assert_int_equal(resolve(), 2);
	assert_false(s.guest[0].refused);
	assert_non_null(strstr(messages,
			       " data: guest b: image two is not "
			       "behind the FIT's tree (mkimage -E), or not whole: truncated"));
}

/* Cut anywhere: never a read beyond the end (ASan), and always a word about it. */
static void cut_anywhere_it_says_so(void **state)
{
	for (uint64_t size = room - 1; size > 0; size -= size > 300 ? 97 : 1) {
		uint32_t refused;

		cut(size);
		make_table();
		messages[0] = '\0';
		report.errors = 0;
		if (fit_system(fit, room, &report)) {
			refused = resolve();
			assert_true(refused > 0);
		}
		assert_true(report.errors > 0 && messages[0]);
	}
}

static void a_wrong_hash_refuses_who_asked_for_it(void **state)
{
	one[100] ^= 1;
	make_fit("two");	/* the image as it is now, its hashes right ... */
	one[100] ^= 1;
	make_table();	/* ... the description's of before */
	assert_int_equal(resolve(), 2);
	assert_non_null(strstr(messages,
			       "guest a: image one has another CRC than the description"));
	assert_false(s.guest[1].refused);
}

static void damaged_bytes_are_found_where_verify_is_given(void **state)
{
	s.guest[2].verify = true;
	assert_int_equal(resolve(), 0);
	((uint8_t *)(uintptr_t)s.guest[2].segment[1].data)[5] ^= 0x10;
	make_table();
	s.guest[2].verify = true;
	assert_int_equal(resolve(), 1);
	assert_string_equal(messages, " data: guest c: image two is "
			    "damaged (SHA-256, which verify asks for)\n");
	assert_false(s.guest[1].refused);	/* its CRC finds it at the load */
	without_sha = true;
	make_fit("two");
	make_table();
	s.guest[0].verify = true;
	messages[0] = '\0';
	assert_int_equal(resolve(), 1);
	assert_string_equal(messages, " data: guest a: image one "
			    "carries no SHA-256, which verify asks for\n");
}

static void another_size_is_refused(void **state)
{
	s.guest[0].segment[0].at.size--;
	assert_int_equal(resolve(), 1);
	assert_non_null(strstr(messages, "image one has another size than the description says"));
}

static void a_refused_guest_is_left_alone(void **state)
{
	s.guest[1].refused = true;
	make_fit("other");
	assert_int_equal(resolve(), 1);
	assert_null(s.guest[1].segment[0].data);
}

static void a_damaged_table_is_no_system(void **state)
{
	uint8_t *system = (uint8_t *)(uintptr_t)fit_system(fit, room, &report);

	system[sizeof(table) - 1] ^= 1;
	assert_null(fit_system(fit, room, &report));
	assert_non_null(strstr(messages, "image system is damaged (CRC)"));
	without_crc = true;
	for (unsigned i = 0; i < 16; i += 4) {	/* magic, version, size */
		make_fit("two");
		system = (uint8_t *)(uintptr_t)fit_system(fit, room, &report);
		system[i] ^= 1;
		messages[0] = '\0';
		assert_null(fit_system(fit, room, &report));
		assert_non_null(strstr(messages, "image system is of another version"));
	}
}

static void what_else_was_handed_over_is_named(void **state)
{
	static const struct {
		const char *bytes, *says;
	} cases[] = {
		{ "\x27\x05\x19\x56", "a U-Boot uImage" }, { "070701", "a cpio archive" },
		{ "\x1f\x8b\x08", "gzip" }, { "hello", "not a FIT" }, { "", "not a FIT" },
	};
	static uint64_t description[64];

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t other[16] = { 0 };

		memcpy(other, cases[i].bytes, strlen(cases[i].bytes));
		messages[0] = '\0';
		assert_null(fit_system(other, sizeof(other), &report));
		assert_non_null(strstr(messages,
				       "no system image: what the boot loader handed over is "));
		assert_non_null(strstr(messages, cases[i].says));
	}
	assert_null(fit_system(fit, 0, &report));
	assert_non_null(strstr(messages, "empty"));
	fit = realloc(fit, room + 4);
	memmove(fit + 4, fit, room);
	assert_null(fit_system(fit + 4, room, &report));
	assert_non_null(strstr(messages, "not aligned to 8 bytes"));
	fdt_create(description, sizeof(description));
	fdt_finish_reservemap(description);
	fdt_begin_node(description, "");
	fdt_property_string(description, "compatible", "skerry,system-1");
	fdt_begin_node(description, "guests");
	fdt_end_node(description);
	fdt_end_node(description);
	assert_int_equal(fdt_finish(description), 0);
	assert_null(fit_system(description, sizeof(description), &report));
	assert_non_null(strstr(messages, "a description without its images"));
}

static void u_boot_s_own_fit_is_named(void **state)
{
	int images, node;

	with_kernel = true;
	is_embedded = true;
	make_fit("two");
	images = fdt_path_offset(fit, "/images");
	node = fdt_subnode_offset(fit, images, "system");
	assert_int_equal(fdt_nop_node(fit, node), 0);
	assert_null(fit_system(fit, room, &report));
	assert_non_null(strstr(messages, "the outer FIT with the kernel in it"));
}

/* data-size and data-offset near 2^32: refused, not wrapped. */
static void huge_offsets_and_sizes_are_refused(void **state)
{
	static const char *const props[] = { "data-size", "data-offset" };
	struct fit_image image;

	for (int i = 0; i < 2; i++) {
		int node = fdt_path_offset(fit, "/images/one");

		assert_int_equal(fdt_setprop_inplace_u32(fit, node, props[i], 0xffffffff), 0);
		assert_non_null(fit_find(fit, room, "one", &image));
		assert_int_equal(fdt_setprop_inplace_u32(fit, node, props[i], 0), 0);
		assert_null(fit_find(fit, room, "one", &image));
	}
	assert_string_equal(fit_find(fit, room, "three", &image), "is not in the system image");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, clean_up)
	const struct CMUnitTest tests[] = {
		T(data_behind_the_tree_is_found),
		T(data_in_the_tree_is_refused),
		T(a_missing_image_refuses_its_guests_only),
		T(a_truncated_image_refuses_its_guests_only),
		T(cut_anywhere_it_says_so),
		T(a_wrong_hash_refuses_who_asked_for_it),
		T(damaged_bytes_are_found_where_verify_is_given),
		T(another_size_is_refused),
		T(a_refused_guest_is_left_alone),
		T(a_damaged_table_is_no_system),
		T(what_else_was_handed_over_is_named),
		T(u_boot_s_own_fit_is_named),
		T(huge_offsets_and_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
