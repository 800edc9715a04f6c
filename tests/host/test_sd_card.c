// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's SD disk on a model of controller and card: every kind of card is identified,
 * brought to its mode and served by PIO, whatever state the last life has left it in.
 */
/* sources: guests/drv_block/sdhci.c guests/drv_block/adma.c guests/drv_block/sd_card.c
 * guests/drv_block/sd_queue.c guests/drv_block/sd_mend.c tests/host/fake/sdhci_model.c
 * tests/host/fake/sd_card_model.c tests/host/fake/sd_memory_model.c
 * tests/host/fake/sd_transfer_model.c */
#include "sd_drive.h"

static void put_card(enum sd_kind kind, uint64_t sectors)
{
	model_size = 1u << 20;
	card = card_make(kind, sectors, 0xabcd0001);
	model_begin(&card);
}

static int end(void **state)
{
	(void)state;
	card_free(&card);
	return 0;
}

/* A write, a read of it, and a FLUSH, from 1 to 300 sectors, at the disk's end as well. */
static void use(void)
{
	static const uint32_t sizes[] = { 1, 2, 7, 300 };

	for (uint32_t i = 0; i < 4; i++) {
		uint64_t at = i & 1 ? info.sectors - sizes[i] : 1000 + i;

		stamp(model_memory, at, sizes[i], i);
		assert_int_equal(drive_do(BLK_T_OUT, at, model_memory, sizes[i] * 512), BLK_S_OK);
		assert_card_stamped(at, sizes[i], i);
		memset(model_memory, 0x55, sizes[i] * 512);
		assert_int_equal(drive_do(BLK_T_IN, at, model_memory, sizes[i] * 512), BLK_S_OK);
		assert_stamped(model_memory, at, sizes[i], i);
		assert_int_equal(drive_do(BLK_T_FLUSH, 0, NULL, 0), BLK_S_OK);
		assert_false(card_is_busy(&card, host.now));
	}
	fine();
}

static void each_kind_is_identified(void **state)
{
	static const struct {
		enum sd_kind kind;
		uint64_t sectors;
	} cards[] = {
		{ KIND_SDSC_1, 32768 }, { KIND_SDSC_2, 4194304 }, { KIND_SDHC, 16384 },
		{ KIND_SDHC, 62333952 }, { KIND_SDXC, 4294966272 },
	};

	for (uint32_t i = 0; i < 5; i++) {
		put_card(cards[i].kind, cards[i].sectors);
		assert_null(drive_open());
		fine();
		assert_int_equal(info.sectors, cards[i].sectors);
		assert_false(info.is_read_only);
		assert_true(info.can_flush);
		assert_true(model_is_wide());
		assert_int_equal(model_is_high_speed(), cards[i].kind != KIND_SDSC_1);
		assert_int_equal(model_clock(), cards[i].kind == KIND_SDSC_1 ? 25000000 : 50000000);
		use();
		end(state);
	}
	put_card(KIND_SDHC, 16384);
}

static void what_a_card_does_not_offer_is_not_used(void **state)
{
	for (uint32_t i = 0; i < 8; i++) {
		put_card(KIND_SDHC, 16384);
		card.has_count = i & 1;
		card.has_high_speed = i & 2;
		card.is_wide = i & 4;
		assert_null(drive_open());
		assert_int_equal(model_is_wide(), card.is_wide);
		assert_int_equal(model_clock(), card.has_high_speed ? 50000000 : 25000000);
		use();
		assert_int_equal(card.commands[23] > 0, card.has_count);
		assert_int_equal(card.commands[12] > 0, !card.has_count);
		end(state);
	}
	put_card(KIND_SDHC, 16384);
}

static void a_controller_of_version_2_has_powers_of_two(void **state)
{
	put_card(KIND_SDHC, 16384);
	host.version = 1;
	host.capabilities = 52 << 8;
	assert_null(drive_open());
	assert_int_equal(model_clock(), 13000000);
	assert_false(model_is_high_speed());
	use();
}

static void refusals_are_told(void **state)
{
	model_begin(NULL);
	assert_string_equal(drive_open(), "no SD card answers");
	put_card(KIND_MMC, 16384);
	assert_string_equal(drive_open(), "no SD card answers");
	end(state);
	put_card(KIND_SDHC, 16384);
	card.is_locked = true;
	assert_string_equal(drive_open(), "the SD card is locked by a password");
	end(state);
	put_card(KIND_SDHC, 16384);
	card.never_ready = true;
	assert_string_equal(drive_open(), "the SD card does not become ready");
	fine();
}

static void protected_cards_take_no_writes(void **state)
{
	for (uint32_t i = 0; i < 2; i++) {
		put_card(KIND_SDHC, 16384);
		card.is_protected = i;
		host.is_writable = i;
		assert_null(drive_open());
		assert_true(info.is_read_only);
		assert_int_equal(drive_do(BLK_T_OUT, 5, model_memory, 512), BLK_S_IOERR);
		assert_int_equal(drive_do(BLK_T_IN, 5, model_memory, 512), BLK_S_OK);
		assert_int_equal(card.commands[24], 0);
		end(state);
	}
	put_card(KIND_SDHC, 16384);
}

/* The next life finds the card in mid-transfer, at high speed and 4 bits. */
static void a_restart_in_mid_transfer_is_survived(void **state)
{
	for (uint32_t states = 0; states < 8; states++) {
		put_card(KIND_SDHC, 16384);
		card.state = states;
		card.left = 100;
		card.is_on_high_speed = true;
		host.now = 77000;
		card.busy_until = states == 7 ? 3000000 : 0;
		assert_null(drive_open());
		use();
		end(state);
	}
	put_card(KIND_SDHC, 16384);
}

static void nobody_waits_long(void **state)
{
	put_card(KIND_SDHC, 16384);
	assert_null(drive_open());
	host.longest_pause = 0;
	use();
	assert_in_range(host.longest_pause, 1, 1000);
}

/* 64 requests, in order; a FLUSH among them is answered in its turn. */
static void requests_keep_their_order(void **state)
{
	int slot[DISK_SLOTS];
	struct vqv_part part;
	uint8_t status;

	put_card(KIND_SDHC, 16384);
	part = (struct vqv_part){ model_memory, 4096 };
	assert_null(drive_open());
	for (int i = 0; i < DISK_SLOTS; i++) {
		assert_true(disk_sd.has_room());
		slot[i] = i % 8 ?
			disk_sd.submit(0, i % 2 ? BLK_T_OUT : BLK_T_IN, i * 8, &part, 1) :
			disk_sd.submit(0, BLK_T_FLUSH, 0, NULL, 0);
	}
	assert_false(disk_sd.has_room());
	disk_sd.kick();
	for (int i = 0; i < DISK_SLOTS; i++) {
		assert_int_equal(drive_wait(&status), slot[i]);
		assert_int_equal(status, BLK_S_OK);
	}
	assert_true(disk_sd.has_room());
}

/* One source has 32 requests of 16 MiB each; another's single sector comes soon all the
 * same, and the first one's keep their order. */
static void sources_take_turns(void **state)
{
	struct vqv_part part[16], small;
	int slot[DISK_SLOTS / 2], quick;
	uint8_t status;

	put_card(KIND_SDXC, 4294966272);
	assert_null(drive_open());
	for (int i = 0; i < 16; i++) {
		part[i] = (struct vqv_part){ model_memory, 1u << 20 };
	}
	small = (struct vqv_part){ model_memory + 4096, 512 };
	for (int i = 0; i < DISK_SLOTS / 2; i++) {
		slot[i] = disk_sd.submit(3, BLK_T_IN, i * 40000, part, i < 2 ? 16 : 1);
	}
	disk_sd.kick();
	for (int i = 0; i < 5; i++) {
		uint32_t before = host.data_words;

		quick = disk_sd.submit(1, BLK_T_IN, 7, &small, 1);
		assert_int_equal(drive_wait(&status), quick);
		assert_int_equal(status, BLK_S_OK);
		assert_in_range(host.data_words - before, 128, (1024 + 256) * 128);
	}
	for (int i = 0; i < DISK_SLOTS / 2; i++) {
		assert_int_equal(drive_wait(&status), slot[i]);
		assert_int_equal(status, BLK_S_OK);
	}
}

/* Segments of any sizes and places, down to single bytes. */
static void segments_may_be_cut_anywhere(void **state)
{
	struct vqv_part part[REQUEST_SEGMENTS];
	uint8_t status;

	put_card(KIND_SDHC, 16384);
	assert_null(drive_open());
	srand(1);
	for (uint32_t round = 0; round < 200; round++) {
		uint32_t sectors = 1 + rand() % 40, left = sectors * 512, n = 0, at = rand() % 64;
		bool is_write = round & 1;

		for (; left; n++) {
			uint32_t size = 1 + rand() % 900;

			size = size < left && n < REQUEST_SEGMENTS - 1 ? size : left;
			part[n] = (struct vqv_part){ model_memory + at, size };
			at += size + rand() % 3;
			left -= size;
		}
		stamp(model_memory + 300000, round, sectors, 3);
		for (uint32_t i = 0, from = 300000; is_write && i < n; from += part[i++].size) {
			memcpy(part[i].at, model_memory + from, part[i].size);
		}
		card_stamp(round, is_write ? 0 : sectors, 3);
		disk_sd.submit(0, is_write ? BLK_T_OUT : BLK_T_IN, round, part, n);
		disk_sd.kick();
		drive_wait(&status);
		assert_int_equal(status, BLK_S_OK);
		for (uint32_t i = 0, from = 300000; !is_write && i < n; from += part[i++].size) {
			assert_memory_equal(part[i].at, model_memory + from, part[i].size);
		}
		assert_card_stamped(round, is_write ? sectors : 0, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_kind_is_identified, end),
		cmocka_unit_test_teardown(what_a_card_does_not_offer_is_not_used, end),
		cmocka_unit_test_teardown(a_controller_of_version_2_has_powers_of_two, end),
		cmocka_unit_test_teardown(refusals_are_told, end),
		cmocka_unit_test_teardown(protected_cards_take_no_writes, end),
		cmocka_unit_test_teardown(a_restart_in_mid_transfer_is_survived, end),
		cmocka_unit_test_teardown(nobody_waits_long, end),
		cmocka_unit_test_teardown(requests_keep_their_order, end),
		cmocka_unit_test_teardown(sources_take_turns, end),
		cmocka_unit_test_teardown(segments_may_be_cut_anywhere, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
