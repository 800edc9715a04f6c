// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loading and scrubbing through the fake architecture's window: what the guest's
 * memory holds afterwards, byte by byte, and that nothing beyond it is touched.
 */
/* sources: core/load.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <abi/info.h>
#include <core/life.h>
#include "fake_arch.h"

#define HOST_BASE	0x80000000ull
#define HOST_SIZE	0x200000ull
#define BANK0		0x40000000ull	/* 1 MiB at HOST_BASE + 64 KiB */
#define BANK1		0x50000000ull	/* 64 KiB at the host's last 64 KiB but one */
#define STALE		0xee

static struct sys_guest config;
static struct skerry_info info;
static uint8_t image[0x30123], ramdisk[0x1000], tree[0x800];
static const uint8_t key[32] = "the key of this guest, 32 bytes";

static void set_segment(unsigned i, uint64_t at, const void *data, uint64_t size)
{
	config.segment[i] = (struct sys_segment){ .at = { at, size }, .data = data };
	config.segment[i].crc32 = arch_crc32(0, data, size);
}

static int prepare(void **state)
{
	static uint32_t seed = 1;

	fake_reset();
	fake.tick = 1;
	fake.memory = malloc(HOST_SIZE);
	fake.memory_base = HOST_BASE;
	fake.memory_size = HOST_SIZE;
	memset(fake.memory, STALE, HOST_SIZE);
	for (size_t i = 0; i < sizeof(image); i++) {
		image[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
	}
	memset(ramdisk, 'r', sizeof(ramdisk));
	memset(tree, 't', sizeof(tree));
	memset(&info, 0, sizeof(info));
	config = (struct sys_guest){ .name = "g", .vcpu_count = 1, .bank_count = 2,
		.bank = { { BANK0, 0x100000 }, { BANK1, 0x10000 } },
		.host = { pa(HOST_BASE + 0x10000), pa(HOST_BASE + HOST_SIZE - 0x20000) },
		.tree = { .at = { BANK1 + 0x8000, sizeof(tree) }, .data = tree },
		.segment_count = 2 };
	set_segment(0, BANK0 + 0x80000, image, sizeof(image));
	set_segment(1, BANK1 + 0x100, ramdisk, sizeof(ramdisk));
	fake_guests(&config, 1);
	guests[0].info = &info;
	load_begin(&guests[0], true);	/* forget the last test: scrub, then stale again */
	while (load_step(&guests[0]) == LOAD_MORE) {
	}
	load_begin(&guests[0], false);
	assert_int_equal(load_step(&guests[0]), LOAD_MORE);
	guests[0].life = 0;
	memset(fake.memory, STALE, HOST_SIZE);
	return 0;
}

static int clean_up(void **state)
{
	free(fake.memory);
	return 0;
}

static enum load_result run(bool scrub_only)
{
	enum load_result result;
	unsigned steps = 0;

	load_begin(&guests[0], scrub_only);
	do {
		result = load_step(&guests[0]);
		assert_false(fake.is_window_mapped);
		assert_true(++steps < 1000);
	} while (result == LOAD_MORE);
	return result;
}

/* The guest's RAM as it must be: zero but for its segments and tree. */
static void assert_memory(bool is_loaded)
{
	uint8_t *want = malloc(HOST_SIZE);
	uint8_t *bank0 = want + 0x10000, *bank1 = want + HOST_SIZE - 0x20000;

	memset(want, STALE, HOST_SIZE);
	memset(bank0, 0, 0x100000);
	memset(bank1, 0, 0x10000);
	if (is_loaded) {
		memcpy(bank0 + 0x80000, image, sizeof(image));
		memcpy(bank1 + 0x100, ramdisk, sizeof(ramdisk));
		memcpy(bank1 + 0x8000, tree, sizeof(tree));
	}
	assert_memory_equal(fake.memory, want, HOST_SIZE);
	free(want);
}

static void a_load_leaves_image_tree_and_zeros(void **state)
{
	assert_int_equal(run(false), LOAD_DONE);
	assert_memory(true);
	assert_int_equal(load_step(&guests[0]), LOAD_DONE);
	assert_int_equal(guests[0].life, 1);
	assert_int_equal(info.life, 1);
	assert_true(info.load_begin && info.load_end > info.load_begin);
	assert_true(info.load_scrub_ticks && info.load_copy_ticks);
}

static void a_scrub_leaves_zeros(void **state)
{
	assert_int_equal(run(false), LOAD_DONE);
	assert_int_equal(run(true), LOAD_DONE);
	assert_memory(false);
	assert_int_equal(guests[0].life, 1);
}

static void every_life_begins_with_the_same_bytes(void **state)
{
	for (unsigned life = 1; life <= 20; life++) {
		assert_int_equal(run(false), LOAD_DONE);
		assert_memory(true);
		assert_int_equal(info.life, life);
		memset(fake.memory + 0x10000, (int)life, 0x100000);	/* the guest lives */
		memset(fake.memory + HOST_SIZE - 0x20000, (int)life, 0x10000);
		if (life & 1) {
			assert_int_equal(run(true), LOAD_DONE);
			assert_memory(false);
		}
	}
}

static void clean_memory_is_not_scrubbed_again(void **state)
{
	assert_int_equal(run(true), LOAD_DONE);
	fake.memory[0x10000] = 1;	/* nobody can: the test's mark */
	assert_int_equal(run(true), LOAD_DONE);
	assert_int_equal(run(false), LOAD_DONE);
	assert_int_equal(fake.memory[0x10000], 1);
	assert_int_equal(run(false), LOAD_DONE);
	assert_int_equal(fake.memory[0x10000], 0);
}

static void an_interrupted_load_begins_again(void **state)
{
	for (unsigned steps = 0; steps < 30; steps++) {
		load_begin(&guests[0], false);
		for (unsigned i = 0; i < steps; i++) {
			assert_int_not_equal(load_step(&guests[0]), LOAD_BAD);
		}
		assert_int_equal(run(steps & 1), LOAD_DONE);
		assert_memory(!(steps & 1));
		assert_int_equal(run(false), LOAD_DONE);
		assert_memory(true);
	}
}

static void a_damaged_image_is_found_at_every_load(void **state)
{
	assert_int_equal(run(false), LOAD_DONE);
	image[sizeof(image) - 1] ^= 1;
	assert_int_equal(run(false), LOAD_BAD);
	assert_non_null(strstr(fake.log,
			       "guest g: damaged image (CRC) of the segment at 0x40080000"));
	assert_int_equal(run(true), LOAD_DONE);
	assert_memory(false);
	image[sizeof(image) - 1] ^= 1;
	assert_int_equal(run(false), LOAD_DONE);
	assert_memory(true);
}

static void what_has_no_place_or_no_bytes_is_refused(void **state)
{
	set_segment(1, BANK1 + 0xf001, ramdisk, sizeof(ramdisk));	/* one byte over */
	assert_int_equal(run(false), LOAD_BAD);
	assert_non_null(strstr(fake.log, "no memory of the segment at 0x5000f001"));
	set_segment(1, UINT64_MAX - 0xfff, ramdisk, sizeof(ramdisk));
	assert_int_equal(run(false), LOAD_BAD);
	set_segment(1, BANK1, ramdisk, sizeof(ramdisk));
	config.segment[1].data = NULL;
	assert_int_equal(run(false), LOAD_BAD);
	assert_non_null(strstr(fake.log, "no bytes of the segment at 0x50000000"));
	config.segment_count = 1;
	config.tree.at.base = BANK0 + 0x100000;
	assert_int_equal(run(false), LOAD_BAD);
	assert_non_null(strstr(fake.log, "no memory of the segment at 0x40100000"));
	for (uint64_t i = 0; i < HOST_SIZE; i++) {	/* nothing outside the banks */
		if (i < 0x10000 || (i >= 0x110000 && i < HOST_SIZE - 0x20000) ||
		    i >= HOST_SIZE - 0x10000) {
			assert_int_equal(fake.memory[i], STALE);
		}
	}
}

static void segments_at_a_bank_s_edges_and_side_by_side(void **state)
{
	config.segment_count = 4;
	set_segment(0, BANK0, image, 0x20000);
	set_segment(1, BANK0 + 0x20000, image + 0x20000, 0x123);
	set_segment(2, BANK0 + 0x20123, ramdisk, sizeof(ramdisk));
	set_segment(3, BANK0 + 0xff000, ramdisk, sizeof(ramdisk));
	config.tree.data = NULL;
	config.tree.at.size = 0;
	assert_int_equal(run(false), LOAD_DONE);
	assert_memory_equal(fake.memory + 0x10000, image, 0x20123);
	assert_memory_equal(fake.memory + 0x30123, ramdisk, sizeof(ramdisk));
	for (unsigned i = 0x31123; i < 0x10f000; i++) {
		assert_int_equal(fake.memory[i], 0);
	}
	assert_memory_equal(fake.memory + 0x10f000, ramdisk, sizeof(ramdisk));
	assert_int_equal(fake.memory[0xffff], STALE);
	assert_int_equal(fake.memory[0x110000], STALE);
}

static void each_life_has_a_seed_of_its_own(void **state)
{
	uint8_t seen[10][32];

	memcpy(guests[0].seed_key, key, 32);
	guests[0].seed = tree + 0x100;
	for (unsigned life = 0; life < 10; life++) {
		assert_int_equal(run(false), LOAD_DONE);
		memcpy(seen[life], fake.memory + HOST_SIZE - 0x20000 + 0x8000 + 0x100, 32);
		for (unsigned i = 0; i < life; i++) {
			assert_memory_not_equal(seen[i], seen[life], 32);
		}
		assert_int_equal(fake.memory[HOST_SIZE - 0x20000 + 0x8000 + 0xff], 't');
		assert_int_equal(fake.memory[HOST_SIZE - 0x20000 + 0x8000 + 0x120], 't');
	}
	/* the generator is no more than its key and the life */
	memcpy(guests[0].seed_key, key, 32);
	guests[0].life = 0;
	assert_int_equal(run(false), LOAD_DONE);
	assert_memory_equal(seen[0], fake.memory + HOST_SIZE - 0x20000 + 0x8000 + 0x100, 32);
}

/* RFC 8439, A.1, test vector 2: a key of zeros, block 1 */
static void the_generator_is_chacha20(void **state)
{
	static const uint8_t want[32] = {
		0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c,
		0x73, 0x2d, 0x08, 0x0d, 0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69,
		0x12, 0xc6, 0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed,
	};

	memset(guests[0].seed_key, 0, 32);
	guests[0].seed = tree + 4;
	load_begin(&guests[0], false);
	assert_memory_equal(tree + 4, want, sizeof(want));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, clean_up)
	const struct CMUnitTest tests[] = {
		T(a_load_leaves_image_tree_and_zeros),
		T(a_scrub_leaves_zeros),
		T(every_life_begins_with_the_same_bytes),
		T(clean_memory_is_not_scrubbed_again),
		T(an_interrupted_load_begins_again),
		T(a_damaged_image_is_found_at_every_load),
		T(what_has_no_place_or_no_bytes_is_refused),
		T(segments_at_a_bank_s_edges_and_side_by_side),
		T(each_life_has_a_seed_of_its_own),
		T(the_generator_is_chacha20),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
