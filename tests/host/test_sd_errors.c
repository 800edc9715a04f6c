// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's SD disk when things go wrong: each error at each command of a run is mended
 * without anybody's noticing; what can't be mended fails alone; a card that is taken out
 * comes back, if it is the same.
 */
/* sources: guests/drv_block/sdhci.c guests/drv_block/adma.c guests/drv_block/sd_card.c
 * guests/drv_block/sd_queue.c guests/drv_block/sd_mend.c tests/host/fake/sdhci_model.c
 * tests/host/fake/sd_card_model.c tests/host/fake/sd_memory_model.c
 * tests/host/fake/sd_transfer_model.c */
#include "sd_drive.h"
#include "guests/drv_block/sdhci_regs.h"

#define SECOND	1000000000ull
#define PATIENCE (30 * SECOND)		/* of the model's time: nothing takes longer */

static struct card_model other;

static void begin(bool by_dma, bool has_count)
{
	card = card_make(KIND_SDHC, 16384, 1);
	other = card_make(KIND_SDHC, 16384, 2);
	model_begin(&card);
	card.has_count = has_count;
	host.capabilities |= by_dma ? SDHCI_CAP_ADMA2 : 0;
}

static int end(void **state)
{
	(void)state;
	card_free(&card);
	card_free(&other);
	return 0;
}

static uint8_t do_write(uint64_t at, uint32_t sectors, uint64_t salt)
{
	stamp(model_memory, at, sectors, salt);
	return drive_do(BLK_T_OUT, at, model_memory, sectors * 512);
}

static uint8_t do_read(uint64_t at, uint32_t sectors, uint64_t salt)
{
	uint8_t status;

	memset(model_memory, 0x55, sectors * 512);
	status = drive_do(BLK_T_IN, at, model_memory, sectors * 512);
	if (status == BLK_S_OK) {
		assert_stamped(model_memory, at, sectors, salt);
	}
	return status;
}

/* Interrupts come, and not only the timer that watches over them. */
static void assert_is_quick(void)
{
	uint64_t begun = host.now;

	assert_int_equal(do_write(100, 8, 1), BLK_S_OK);
	assert_true(host.now - begun < SECOND / 100);
}

static void assert_all_is_well(void)
{
	assert_int_equal(do_write(100, 8, 1), BLK_S_OK);
	assert_card_stamped(100, 8, 1);
	assert_int_equal(do_read(100, 8, 1), BLK_S_OK);
	assert_int_equal(do_write(103, 1, 2), BLK_S_OK);
	assert_int_equal(drive_do(BLK_T_FLUSH, 0, NULL, 0), BLK_S_OK);
	assert_int_equal(do_read(103, 1, 2), BLK_S_OK);
	assert_card_stamped(100, 3, 1);
	assert_card_stamped(104, 4, 1);
	fine();
	assert_true(host.now < PATIENCE);
}

static uint32_t commands_of_a_run(bool by_dma, bool has_count)
{
	uint32_t commands;

	begin(by_dma, has_count);
	assert_null(drive_open());
	assert_all_is_well();
	commands = host.commands;
	end(NULL);
	return commands;
}

static void each_error_at_each_command(bool by_dma, bool has_count)
{
	uint32_t commands = commands_of_a_run(by_dma, has_count);

	assert_in_range(commands, 20, 60);
	for (uint32_t fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		for (uint32_t at = 1; at <= commands; at++) {
			begin(by_dma, has_count);
			model_fault((enum fault)fault, at, 1, -1);
			if (drive_open()) {
				fail_msg("fault %u at command %u: no disk", fault, at);
			}
			assert_all_is_well();
			end(NULL);
		}
	}
	begin(false, true);
}

static void each_error_is_mended_by_pio(void **state)
{
	each_error_at_each_command(false, true);
	end(state);
	each_error_at_each_command(false, false);
}

static void each_error_is_mended_by_dma(void **state)
{
	each_error_at_each_command(true, true);
	end(state);
	each_error_at_each_command(true, false);
}

static void two_errors_in_a_row_are_mended(void **state)
{
	uint32_t commands = commands_of_a_run(true, true);

	for (uint32_t fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		for (uint32_t at = 16; at <= commands; at++) {
			begin(true, true);
			assert_null(drive_open());
			model_fault((enum fault)fault, at - 15, 2, -1);
			assert_all_is_well();
			end(NULL);
		}
	}
	begin(false, true);
}

static void a_bad_sector_fails_its_request_only(void **state)
{
	for (uint32_t by_dma = 0; by_dma < 2; by_dma++) {
		begin(by_dma, true);
		assert_null(drive_open());
		card_stamp(2000, 64, 7);
		card.bad_sector = 2030;
		assert_int_equal(do_read(2000, 64, 7), BLK_S_IOERR);
		assert_int_equal(do_read(2000, 30, 7), BLK_S_OK);
		assert_int_equal(do_read(2031, 33, 7), BLK_S_OK);
		assert_int_equal(do_write(2028, 4, 8), BLK_S_IOERR);
		assert_all_is_well();
		assert_int_equal(model_clock(), 50000000);	/* it was not the speed */
		end(state);
	}
	begin(false, true);
}

/* The card has taken the data, and says afterwards that it could not program it. */
static void a_write_that_is_not_programmed_fails(void **state)
{
	for (uint32_t i = 0; i < 4; i++) {
		begin(i & 1, i & 2);
		assert_null(drive_open());
		card.rotten_sector = 2003;
		assert_int_equal(do_write(2003, 1, 8), BLK_S_IOERR);
		assert_int_equal(do_write(2000, 8, 8), BLK_S_IOERR);
		assert_int_equal(do_write(2000, 3, 9), BLK_S_OK);
		assert_all_is_well();
		end(state);
	}
	begin(false, true);
}

static void a_missed_end_of_busy_is_seen(void **state)
{
	begin(false, true);
	model_fault(FAULT_BUSY, 1, 1, 7);
	assert_null(drive_open());
	assert_true(host.now < SECOND / 5);
	assert_all_is_well();
}

/* A bus that is good for 25 MHz only: slower for good, and no errors from then on. */
static void a_bus_that_is_too_fast_is_slowed_down(void **state)
{
	static const enum fault faults[] = { FAULT_CRC, FAULT_END_BIT, FAULT_DATA_TIMEOUT,
					     FAULT_DATA_CRC, FAULT_DATA_END };
	uint32_t before;

	for (uint32_t i = 0; i < 5; i++) {
		begin(true, true);
		assert_null(drive_open());
		model_fault(faults[i], 1, ~0u, -1);
		host.fault_hz = 30000000;
		assert_all_is_well();
		assert_in_range(model_clock(), 10000000, 25000000);
		assert_is_quick();
		before = host.commands;
		assert_int_equal(do_read(100, 3, 1), BLK_S_OK);
		assert_int_equal(host.commands, before + 2);
		end(state);
	}
	begin(false, true);
}

/* DMA that never works is left, block by block, by PIO. */
static void broken_dma_is_gone_around(void **state)
{
	begin(true, true);
	assert_null(drive_open());
	model_fault(FAULT_ADMA, 1, ~0u, -1);
	assert_all_is_well();
}

/* The controller is silent: requests fail in bounded time; afterwards all is well again. */
static void silence_fails_requests_until_it_ends(void **state)
{
	uint64_t begun;

	begin(false, true);
	assert_null(drive_open());
	model_fault(FAULT_SILENCE, 1, ~0u, -1);
	begun = host.now;
	assert_int_equal(do_read(100, 8, 1), BLK_S_IOERR);
	assert_true(host.now - begun < 5 * SECOND);
	begun = host.now;
	assert_int_equal(do_read(100, 8, 1), BLK_S_IOERR);
	assert_true(host.now - begun < SECOND / 10);	/* not tried again so soon */
	model_fault(FAULT_NONE, 0, 0, -1);
	host.now += 2 * SECOND;
	assert_all_is_well();
}

/* --- removal --------------------------------------------------------------------------- */

/* A reset of all takes the controller's interrupts away: those after it are asked for anew. */
static void after_a_new_identification_interrupts_come(void **state)
{
	uint32_t before;

	(void)state;
	begin(false, true);
	model_fault(FAULT_SILENCE, 1, 1, 9);
	assert_null(drive_open());
	before = host.interrupts;
	assert_all_is_well();
	assert_true(host.interrupts > before + 20);
}

/* A request that ends while its interrupt is open and has not been taken. */
static void leave_interrupt_open(void)
{
	struct vqv_part part = { model_memory, 512 };
	uint8_t status;

	disk_sd.submit(0, BLK_T_IN, 5, &part, 1);
	disk_sd.kick();
	assert_false(disk_sd.enable_event());
	while (disk_sd.take(&status) < 0) {
		host.now += 1000000;
	}
}

static void come_and_go(bool is_seen)
{
	begin(false, true);
	host.is_card_seen = is_seen;
	assert_null(drive_open());
	assert_all_is_well();
	leave_interrupt_open();
	model_take_out();
	assert_int_equal(do_read(100, 8, 1), BLK_S_IOERR);
	assert_int_equal(do_write(100, 8, 3), BLK_S_IOERR);
	assert_int_equal(drive_do(BLK_T_FLUSH, 0, NULL, 0), BLK_S_IOERR);
	model_put_in(&other);
	host.now += 2 * SECOND;
	assert_int_equal(do_write(100, 8, 3), BLK_S_IOERR);
	host.now += 2 * SECOND;
	assert_int_equal(do_write(100, 8, 3), BLK_S_IOERR);
	assert_int_equal(other.commands[24] + other.commands[25], 0);
	model_take_out();
	host.now += 2 * SECOND;
	assert_int_equal(do_read(100, 8, 1), BLK_S_IOERR);
	model_put_in(&card);
	host.now += 2 * SECOND;
	assert_int_equal(do_read(104, 4, 1), BLK_S_OK);
	assert_is_quick();
	assert_all_is_well();
	end(NULL);
}

static void only_the_same_card_goes_on(void **state)
{
	come_and_go(false);
	come_and_go(true);
	begin(false, true);
}

/* It is gone at each command of a run: what was answered is on it. */
static void a_card_may_be_taken_out_at_any_time(void **state)
{
	for (uint32_t at = 1; at < 20; at++) {
		begin(at & 1, at & 2);
		host.is_card_seen = at % 3 == 0;
		assert_null(drive_open());
		host.leaves_at = at;
		for (uint32_t i = 0; i < 10; i++) {
			if (do_write(200 + i * 4, 4, i) == BLK_S_OK) {
				assert_card_stamped(200 + i * 4, 4, i);
			}
		}
		assert_null(host.card);
		assert_int_equal(do_write(300, 1, 1), BLK_S_IOERR);
		model_put_in(&card);
		host.now += 2 * SECOND;
		assert_all_is_well();
		end(state);
	}
	begin(false, true);
}

/* Else its DMA could go on in memory that the front end has back. */
static void a_request_without_a_card_fails_behind_the_reset(void **state)
{
	(void)state;
	begin(true, true);
	host.is_card_seen = true;
	assert_null(drive_open());
	host.leaves_at = 2;		/* CMD23, CMD25 */
	assert_int_equal(do_write(200, 8, 1), BLK_S_IOERR);
	assert_int_equal(sd_read(SDHCI_PRESENT) & (SDHCI_COMMAND_BUSY | SDHCI_DATA_BUSY), 0);
	fine();
}

/* A controller whose DMA can't be ended: only EL2 can, by a restart of drv_block. */
static void dma_that_can_t_be_ended_breaks_the_disk(void **state)
{
	struct vqv_part part;
	uint8_t status = 0xff;

	for (uint32_t by_dma = 0; by_dma < 2; by_dma++) {
		begin(by_dma, true);
		status = 0xff;
		assert_null(drive_open());
		model_fault(FAULT_SILENCE, 2, ~0u, -1);		/* CMD23, CMD18 */
		host.is_reset_stuck = true;
		part = (struct vqv_part){ model_memory, 4096 };
		disk_sd.submit(0, BLK_T_IN, 100, &part, 1);
		disk_sd.kick();
		while (disk_sd.take(&status) < 0 && !disk_sd.is_broken()) {
			if (!disk_sd.enable_event()) {
				sd_sleep();
			}
		}
		assert_int_equal(disk_sd.is_broken(), by_dma);
		assert_int_equal(status, by_dma ? 0xff : BLK_S_IOERR);
		end(state);
	}
	begin(false, true);
}

/* Out and in again between two requests: its registers are lost, the requests are not. */
static void a_card_that_was_out_is_identified_again(void **state)
{
	begin(false, true);
	host.is_card_seen = true;
	assert_null(drive_open());
	model_take_out();
	model_put_in(&card);
	assert_all_is_well();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_error_is_mended_by_pio, end),
		cmocka_unit_test_teardown(each_error_is_mended_by_dma, end),
		cmocka_unit_test_teardown(two_errors_in_a_row_are_mended, end),
		cmocka_unit_test_teardown(a_bad_sector_fails_its_request_only, end),
		cmocka_unit_test_teardown(a_write_that_is_not_programmed_fails, end),
		cmocka_unit_test_teardown(a_missed_end_of_busy_is_seen, end),
		cmocka_unit_test_teardown(a_bus_that_is_too_fast_is_slowed_down, end),
		cmocka_unit_test_teardown(broken_dma_is_gone_around, end),
		cmocka_unit_test_teardown(silence_fails_requests_until_it_ends, end),
		cmocka_unit_test_teardown(after_a_new_identification_interrupts_come, end),
		cmocka_unit_test_teardown(only_the_same_card_goes_on, end),
		cmocka_unit_test_teardown(a_card_may_be_taken_out_at_any_time, end),
		cmocka_unit_test_teardown(a_request_without_a_card_fails_behind_the_reset, end),
		cmocka_unit_test_teardown(dma_that_can_t_be_ended_breaks_the_disk, end),
		cmocka_unit_test_teardown(a_card_that_was_out_is_identified_again, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
