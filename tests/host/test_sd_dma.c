// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's SD disk by ADMA2, on a controller whose DMA does not see the CPU's caches:
 * what is forgotten or half a line's comes out as wrong data. 10,000 random operations, by
 * DMA and by PIO, against a model of the disk.
 */
/* sources: guests/drv_block/sdhci.c guests/drv_block/adma.c guests/drv_block/sd_card.c
 * guests/drv_block/sd_queue.c guests/drv_block/sd_mend.c tests/host/fake/sdhci_model.c
 * tests/host/fake/sd_card_model.c tests/host/fake/sd_memory_model.c
 * tests/host/fake/sd_transfer_model.c */
#include "sd_drive.h"
#include "guests/drv_block/adma.h"
#include "guests/drv_block/sdhci_regs.h"

#define SECTORS		8192u
#define IN_FLIGHT	8u
#define ALL_MEMORY	(1u << 20)
#define ROOM		(ALL_MEMORY / IN_FLIGHT)	/* of memory, for each request */

static uint8_t truth[SECTORS * 512];
static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % below;
}

static void begin(bool by_dma)
{
	card = card_make(KIND_SDHC, SECTORS, 1);
	model_size = ALL_MEMORY;
	model_begin(&card);
	host.capabilities |= by_dma ? SDHCI_CAP_ADMA2 : 0;
	assert_null(drive_open());
	assert_int_equal(sdhci_info()->has_dma, by_dma);
	random_state = 4711;
	memset(truth, 0, sizeof(truth));
}

static int end(void **state)
{
	(void)state;
	card_free(&card);
	return 0;
}

/* --- random operations ---------------------------------------------------------------- */

struct op {
	bool is_busy, is_write;
	uint32_t sector, count;		/* count 0: a FLUSH */
	uint8_t *memory;		/* ROOM bytes */
	struct vqv_part part[REQUEST_SEGMENTS];
	uint32_t parts;
};

static struct op ops[IN_FLIGHT];
static int op_of[DISK_SLOTS];

/* Parts behind each other in memory, with or without gaps, half of them whole sectors at
 * whole lines as front ends have them. */
static void cut(struct op *o)
{
	uint32_t left = o->count * 512, at = draw(2) ? 0 : draw(512);
	bool is_odd = draw(2);

	for (o->parts = 0; left; o->parts++) {
		uint32_t size = is_odd ? 1 + draw(3000) : 512 * (1 + draw(40));

		if (o->parts == REQUEST_SEGMENTS - 1 || size > left) {
			size = left;
		}
		o->part[o->parts] = (struct vqv_part){ o->memory + at, size };
		at += size + (draw(3) ? 0 : draw(100));
		at = is_odd ? at : (at + 63) & ~63u;
		left -= size;
	}
}

static bool clashes(const struct op *o)
{
	for (uint32_t i = 0; i < IN_FLIGHT; i++) {
		if (ops[i].is_busy && o->sector < ops[i].sector + ops[i].count &&
		    ops[i].sector < o->sector + o->count) {
			return true;
		}
	}
	return false;
}

static void move(struct op *o, bool to_memory, uint8_t *linear)
{
	for (uint32_t i = 0; i < o->parts; linear += o->part[i++].size) {
		if (to_memory) {
			memcpy(o->part[i].at, linear, o->part[i].size);
		} else {
			assert_memory_equal(o->part[i].at, linear, o->part[i].size);
		}
	}
}

static void begin_op(struct op *o)
{
	int slot;

	do {
		o->count = draw(20) ? 1 + draw(draw(4) ? 16 : 200) : 0;
		o->sector = draw(SECTORS - o->count);
	} while (clashes(o));
	o->is_write = draw(2);
	cut(o);
	if (o->is_write) {
		for (uint32_t i = 0; i < o->count * 512; i++) {
			truth[o->sector * 512 + i] = (uint8_t)draw(256);
		}
		move(o, true, truth + o->sector * 512);
	}
	slot = disk_sd.submit((uint32_t)(o - ops) / 3,
			      !o->count ? BLK_T_FLUSH : o->is_write ? BLK_T_OUT : BLK_T_IN,
			      o->sector, o->part, o->parts);
	assert_true(slot >= 0);
	o->is_busy = true;
	op_of[slot] = (int)(o - ops);
}

static void end_op(struct op *o)
{
	if (!o->is_write && o->count) {
		move(o, false, truth + o->sector * 512);
	}
	o->is_busy = false;
}

static void random_operations(uint32_t operations)
{
	uint32_t begun = 0, done = 0;
	uint8_t status;

	memset(ops, 0, sizeof(ops));
	while (done < operations) {
		for (uint32_t i = 0; i < IN_FLIGHT && begun < operations; i++) {
			ops[i].memory = (i == 3 ? model_far : model_memory) + i * ROOM;
			if (!ops[i].is_busy) {
				begin_op(&ops[i]);
				begun++;
			}
		}
		disk_sd.kick();
		end_op(&ops[op_of[drive_wait(&status)]]);
		assert_int_equal(status, BLK_S_OK);
		done++;
	}
	for (uint32_t i = 0; i < SECTORS; i++) {
		assert_memory_equal(card_sector(&card, i), truth + i * 512, 512);
	}
}

static void ten_thousand_operations_by_dma(void **state)
{
	begin(true);
	random_operations(10000);
	assert_true(host.dma_bytes > 1000 * 512);
	assert_true(host.data_words < 1000);	/* SCR and CMD6 only */
}

static void ten_thousand_operations_by_pio(void **state)
{
	begin(false);
	random_operations(10000);
	assert_int_equal(host.dma_bytes, 0);
}

/* --- borders ------------------------------------------------------------------------- */

/* One part of `size` bytes, there and back. */
static void there_and_back(uint32_t offset, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		model_memory[offset + i] = truth[i] = (uint8_t)draw(256);
	}
	assert_int_equal(drive_do(BLK_T_OUT, 64, model_memory + offset, size), BLK_S_OK);
	memset(model_memory + offset, 0, size);
	assert_int_equal(drive_do(BLK_T_IN, 64, model_memory + offset, size), BLK_S_OK);
	assert_memory_equal(model_memory + offset, truth, size);
}

static void parts_cross_64_kib(void **state)
{
	static const uint32_t sizes[] = {
		65024, 65536, 66048, 65536 * 2, 65536 * 4 + 512, 1u << 19,
	};

	begin(true);
	for (uint32_t i = 0; i < 6; i++) {
		there_and_back(0, sizes[i]);
		there_and_back(65536 - 512, sizes[i]);
		there_and_back(65536 + 64, sizes[i]);
	}
}

/* More blocks go through the buffer than it has: the request is done in several parts. */
static void what_dma_does_not_take_goes_through_a_buffer(void **state)
{
	begin(true);
	for (uint32_t offset = 0; offset < 70; offset += 7) {
		there_and_back(offset, 200 * 512);
	}
	assert_int_equal(drive_do(BLK_T_IN, 64, model_far, 200 * 512), BLK_S_OK);
	assert_memory_equal(model_far, truth, 200 * 512);
}

/* A transfer by DMA may take long: a second is what a block by PIO is waited for. */
static void slow_lines_are_waited_for(void **state)
{
	uint32_t words;

	begin(true);
	card.is_wide = false;
	host.max_hz = 2000000;
	assert_null(drive_open());
	words = host.data_words;
	there_and_back(0, 1u << 19);
	assert_int_equal(host.data_words, words);
}

/* Bytes beside a part, in its lines, belong to others, who go on writing them. */
static void neighbours_of_a_part_stay(void **state)
{
	begin(true);
	for (uint32_t offset = 4096; offset < 4096 + 64; offset++) {
		struct vqv_part part = { model_memory + offset, 1024 };
		uint8_t status;

		disk_sd.submit(0, BLK_T_IN, 64, &part, 1);
		disk_sd.kick();
		model_memory[offset - 1] = (uint8_t)(offset * 3);
		model_memory[offset + 1024] = (uint8_t)(offset * 5);
		drive_wait(&status);
		assert_int_equal(status, BLK_S_OK);
		assert_int_equal(model_memory[offset - 1], (uint8_t)(offset * 3));
		assert_int_equal(model_memory[offset + 1024], (uint8_t)(offset * 5));
	}
}

/* The model sees what it is there for: a driver that forgets. */
static void the_model_sees_forgotten_maintenance(void **state)
{
	uint64_t bus;

	begin(true);
	assert_true(sd_bus_address(model_memory, 512, &bus));
	sd_cache_invalidate(model_memory, 512);
	assert_non_null(host.wrong);
	end(state);
	begin(true);
	sd_cache_clean_invalidate(model_memory, 512);
	model_memory[5] = 1;
	sd_cache_invalidate(model_memory, 512);
	assert_non_null(host.wrong);
	end(state);
	begin(true);
	sd_cache_clean_invalidate(model_memory + 4, 512);
	assert_non_null(host.wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(ten_thousand_operations_by_dma, end),
		cmocka_unit_test_teardown(ten_thousand_operations_by_pio, end),
		cmocka_unit_test_teardown(parts_cross_64_kib, end),
		cmocka_unit_test_teardown(what_dma_does_not_take_goes_through_a_buffer, end),
		cmocka_unit_test_teardown(slow_lines_are_waited_for, end),
		cmocka_unit_test_teardown(neighbours_of_a_part_stay, end),
		cmocka_unit_test_teardown(the_model_sees_forgotten_maintenance, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
