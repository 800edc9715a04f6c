// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's reading of requests: however a front end cuts its chain, the header is read
 * once, data and status are what VIRTIO says, and nothing outside the volume is asked for.
 */
/* sources: guests/drv_block/request.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <guests/drv_block/request.h>

#define SECTORS 64

static const struct volume disk = { .at = { 1000, SECTORS } };
static uint8_t memory[1 << 16];
static struct vqv_part part[REQUEST_PARTS];
static struct vqv_chain chain;
static struct request r;

static int begin(void **state)
{
	(void)state;
	memset(memory, 0xee, sizeof(memory));
	chain = (struct vqv_chain){ .part = part, .part_max = REQUEST_PARTS };
	return 0;
}

static void add(uint8_t *at, uint32_t size, bool is_writable)
{
	part[chain.readable + chain.writable] = (struct vqv_part){ at, size };
	*(is_writable ? &chain.writable : &chain.readable) += 1;
	*(is_writable ? &chain.write_size : &chain.read_size) += size;
}

/* Header at 0, data of `size` at 4096, status behind it in a part of its own. */
static enum request_kind make(uint32_t type, uint64_t sector, uint32_t size)
{
	struct blk_header h = { type, 0, sector };

	begin(NULL);
	memcpy(memory, &h, sizeof(h));
	add(memory, sizeof(h), false);
	if (size) {
		add(memory + 4096, size, type != BLK_T_OUT);
	}
	add(memory + 2048, 1, true);
	return request_parse(&chain, &disk, "name", &r);
}

static void reads_and_writes_are_understood(void **state)
{
	(void)state;
	assert_int_equal(make(BLK_T_IN, 3, 1024), REQUEST_WORK);
	assert_int_equal(r.sector, 3);
	assert_int_equal(r.bytes, 1024);
	assert_int_equal(r.data_count, 1);
	assert_ptr_equal(r.data[0].at, memory + 4096);
	assert_ptr_equal(r.status, memory + 2048);
	assert_int_equal(r.written, 1025);
	assert_int_equal(make(BLK_T_OUT, SECTORS - 1, 512), REQUEST_WORK);
	assert_int_equal(r.data[0].size, 512);
	assert_int_equal(r.written, 1);
	assert_int_equal(make(BLK_T_FLUSH, 0, 0), REQUEST_WORK);
	assert_int_equal(r.data_count, 0);
	request_end(&r, BLK_S_IOERR);
	assert_int_equal(memory[2048], BLK_S_IOERR);
}

static void what_reaches_beyond_the_volume_is_an_error(void **state)
{
	static const struct {
		uint64_t sector;
		uint32_t size;
	} tries[] = {
		{ SECTORS, 512 }, { SECTORS - 1, 1024 }, { ~0ull, 512 }, { ~0ull, 1024 },
		{ 1ull << 55, 512 }, { 1ull << 63, 512 }, { 0, 511 }, { 0, 513 }, { 0, 1 },
		{ 0, 0 }, { 0, 60000 & ~511u },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		for (uint32_t type = BLK_T_IN; type <= BLK_T_OUT; type++) {
			assert_int_equal(make(type, tries[i].sector, tries[i].size), REQUEST_DONE);
			assert_int_equal(memory[2048], BLK_S_IOERR);
		}
	}
}

static void a_read_only_volume_is_not_written(void **state)
{
	const struct volume locked = { .at = { 0, SECTORS }, .is_read_only = true };

	(void)state;
	make(BLK_T_OUT, 0, 512);
	begin(state);
	add(memory, 16, false);
	add(memory + 4096, 512, false);
	add(memory + 2048, 1, true);
	memcpy(memory, &(struct blk_header){ BLK_T_OUT, 0, 0 }, 16);
	assert_int_equal(request_parse(&chain, &locked, "", &r), REQUEST_DONE);
	assert_int_equal(memory[2048], BLK_S_IOERR);
}

static void unknown_types_are_unsupported(void **state)
{
	static const uint32_t types[] = { 2, 3, 5, 10, 11, 13, 14, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(make(types[i], 0, 512), REQUEST_DONE);
		assert_int_equal(memory[2048], BLK_S_UNSUPP);
	}
}

static void the_id_fits_what_there_is(void **state)
{
	const struct blk_header h = { BLK_T_GET_ID, 0, 0 };

	(void)state;
	for (uint32_t size = 0; size <= 24; size++) {
		begin(state);
		memcpy(memory, &h, 16);
		add(memory, 16, false);
		add(memory + 100, size + 1, true);
		assert_int_equal(request_parse(&chain, &disk, "0123456789abcdefghijklmn", &r),
				 REQUEST_DONE);
		for (uint32_t i = 0; i < size; i++) {
			assert_int_equal(memory[100 + i],
					 i < 20 ? "0123456789abcdefghijklmn"[i] : 0);
		}
		assert_int_equal(memory[100 + size], BLK_S_OK);
		assert_int_equal(memory[100 + size + 1], 0xee);
	}
}

static void what_is_no_request_is_bad(void **state)
{
	begin(state);
	add(memory, 15, false);
	add(memory + 100, 100, true);
	assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_BAD);
	begin(state);
	add(memory, 16, false);
	assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_BAD);
	begin(state);
	add(memory + 100, 100, true);
	assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_BAD);
	assert_int_equal(memory[100], 0xee);
}

/* Every way to cut 16 + 1024 bytes to read, or 1024 + 1 to write, in up to four parts. */
static void any_cut_is_the_same_request(void **state)
{
	static const uint32_t cuts[] = { 1, 7, 15, 16, 17, 100, 512, 528, 1000, 1023 };
	const size_t n = sizeof(cuts) / sizeof(cuts[0]);

	for (size_t a = 0; a < n; a++) {
		for (size_t b = a + 1; b < n; b++) {
			uint32_t sum = 0;

			begin(state);
			memcpy(memory, &(struct blk_header){ BLK_T_OUT, 0, 5 }, 16);
			add(memory, cuts[a], false);
			add(memory + cuts[a], cuts[b] - cuts[a], false);
			add(memory + cuts[b], 1040 - cuts[b], false);
			add(memory + 2048, 1, true);
			assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_WORK);
			assert_int_equal(r.sector, 5);
			for (uint32_t i = 0; i < r.data_count; i++) {
				assert_ptr_equal(r.data[i].at, memory + 16 + sum);
				assert_true(r.data[i].size > 0);
				sum += r.data[i].size;
			}
			assert_int_equal(sum, 1024);
			begin(state);
			memcpy(memory, &(struct blk_header){ BLK_T_IN, 0, 5 }, 16);
			add(memory, 16, false);
			add(memory + 4096, cuts[a], true);
			add(memory + 4096 + cuts[a], cuts[b] - cuts[a], true);
			add(memory + 4096 + cuts[b], 1025 - cuts[b], true);
			assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_WORK);
			assert_ptr_equal(r.status, memory + 4096 + 1024);
			assert_int_equal(r.written, 1025);
		}
	}
}

static void a_status_alone_in_its_part_leaves_the_data_whole(void **state)
{
	begin(state);
	memcpy(memory, &(struct blk_header){ BLK_T_IN, 0, 0 }, 16);
	add(memory, 16, false);
	for (uint32_t i = 0; i < REQUEST_SEGMENTS; i++) {
		add(memory + 4096 + i * 512, 512, true);
	}
	add(memory + 2048, 1, true);
	assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_WORK);
	assert_int_equal(r.data_count, REQUEST_SEGMENTS);
	begin(state);
	add(memory, 16, false);
	for (uint32_t i = 0; i < REQUEST_SEGMENTS + 1; i++) {
		add(memory + 4096 + i * 512, 512, true);
	}
	add(memory + 2048, 1, true);
	memcpy(memory, &(struct blk_header){ BLK_T_IN, 0, 0 }, 16);
	assert_int_equal(request_parse(&chain, &disk, "", &r), REQUEST_DONE);
	assert_int_equal(memory[2048], BLK_S_IOERR);
}

static void a_ram_disk_copies_both_ways(void **state)
{
	static uint8_t ram[SECTORS * 512];
	const struct volume v = { .at = { 0, SECTORS }, .ram = ram };

	(void)state;
	make(BLK_T_OUT, 2, 1024);
	memset(memory + 4096, 0x42, 1024);
	request_do_ram(&r, &v);
	assert_int_equal(memory[2048], BLK_S_OK);
	assert_int_equal(ram[2 * 512], 0x42);
	assert_int_equal(ram[4 * 512 - 1], 0x42);
	assert_int_equal(ram[4 * 512], 0);
	make(BLK_T_IN, 3, 1024);
	request_do_ram(&r, &v);
	assert_int_equal(memory[4096 + 511], 0x42);
	assert_int_equal(memory[4096 + 512], 0);
	make(BLK_T_FLUSH, 0, 0);
	request_do_ram(&r, &v);
	assert_int_equal(memory[2048], BLK_S_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_are_understood),
		cmocka_unit_test(what_reaches_beyond_the_volume_is_an_error),
		cmocka_unit_test(a_read_only_volume_is_not_written),
		cmocka_unit_test(unknown_types_are_unsupported),
		cmocka_unit_test(the_id_fits_what_there_is),
		cmocka_unit_test(what_is_no_request_is_bad),
		cmocka_unit_test(any_cut_is_the_same_request),
		cmocka_unit_test(a_status_alone_in_its_part_leaves_the_data_whole),
		cmocka_unit_test(a_ram_disk_copies_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
