/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/: the UARTs and the Pi's power block against models of their
 * registers, among them hardware that never gets ready.
 */
/* sources: drivers/pl011.c drivers/bcm2835_aux.c drivers/bcm2835_pm.c
 * tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <hv/drivers.h>
#include "fake_arch.h"

#define BASE	0x10000u
#define LOG	64

static uint32_t reg[0x400];		/* one page around BASE: reg[0x200] is BASE's */
static struct { int offset; uint32_t value; } writes[LOG];
static unsigned write_count, reads, busy_for;
static int status_register;		/* its busy bits clear after busy_for reads */
static uint32_t busy_clear, busy_set;

static uint32_t *at_offset(int offset)
{
	return &reg[0x200 + offset / 4];
}

static uint32_t model_read(uintptr_t at, unsigned width)
{
	int offset = (int)((long)at - (long)BASE);

	assert_int_equal(width, 4);
	reads++;
	if (offset == status_register && busy_for && --busy_for == 0) {
		*at_offset(offset) = (*at_offset(offset) & ~busy_clear) | busy_set;
	}
	return *at_offset(offset);
}

static void model_write(uintptr_t at, unsigned width, uint32_t value)
{
	assert_int_equal(width, 4);
	assert_true(write_count < LOG);
	writes[write_count].offset = (int)((long)at - (long)BASE);
	writes[write_count++].value = value;
}

static int begin(void **state)
{
	(void)state;
	fake_reset();
	memset(reg, 0, sizeof(reg));
	write_count = reads = busy_for = 0;
	status_register = 0x7fff;
	fake.mmio_read = model_read;
	fake.mmio_write = model_write;
	return 0;
}

static void assert_write(unsigned n, int offset, uint32_t value)
{
	assert_true(n < write_count);
	assert_int_equal(writes[n].offset, offset);
	assert_int_equal(writes[n].value, value);
}

static void a_pl011_is_set_up(void **state)
{
	(void)state;
	pl011_uart.init(BASE, 24000000);
	assert_write(0, 0x30, 0);
	assert_write(3, 0x24, 13);		/* 24 MHz / (16 x 115200) = 13 + 1/64 x 1.3 */
	assert_write(4, 0x28, 1);
	assert_write(5, 0x2c, 0x70);
	assert_write(7, 0x30, 0x301);
	assert_write(8, 0x38, 0x50);
	assert_int_equal(write_count, 9);
}

static void a_pl011_with_unknown_clock_keeps_its_rate(void **state)
{
	(void)state;
	pl011_uart.init(BASE, 0);
	for (unsigned i = 0; i < write_count; i++) {
		assert_true(writes[i].offset != 0x24 && writes[i].offset != 0x28);
	}
}

static void a_pl011_waits_for_room(void **state)
{
	(void)state;
	status_register = 0x18;
	*at_offset(0x18) = busy_clear = 0x20;
	busy_set = 0;
	busy_for = 100;
	pl011_uart.put(BASE, '\xe4');
	assert_int_equal(reads, 100);
	assert_write(0, 0, 0xe4);
}

static void a_pl011_that_is_stuck_costs_a_bounded_time(void **state)
{
	(void)state;
	*at_offset(0x18) = 0x28;
	pl011_uart.init(BASE, 0);
	pl011_uart.put(BASE, 'x');
	assert_true(reads <= 100000);
}

static void a_pl011_receives(void **state)
{
	(void)state;
	*at_offset(0x18) = 0x10;
	assert_int_equal(pl011_uart.get(BASE), -1);
	*at_offset(0x18) = 0;
	*at_offset(0) = 0xfff;			/* with all error flags */
	assert_int_equal(pl011_uart.get(BASE), 0xff);
	assert_int_equal(write_count, 0);
}

static void a_mini_uart_is_set_up(void **state)
{
	(void)state;
	bcm2835_aux_uart.init(BASE, 500000000);
	assert_write(0, -0x3c, 1);
	assert_write(1, 0x20, 0);
	assert_write(2, 0x0c, 3);
	assert_write(3, 0x28, 541);
	assert_write(4, 0x20, 3);
	assert_write(5, 0x04, 5);
	assert_int_equal(write_count, 6);
}

static void a_mini_uart_s_neighbours_stay_on(void **state)
{
	(void)state;
	*at_offset(-0x3c) = 0x6;		/* both SPIs */
	*at_offset(0x14) = 0x40;
	bcm2835_aux_uart.init(BASE, 0);
	assert_write(0, -0x3c, 7);
	assert_int_equal(write_count, 5);
}

static void a_mini_uart_prints_and_receives(void **state)
{
	(void)state;
	status_register = 0x14;
	busy_clear = 0;
	busy_set = 0x20;
	busy_for = 10;
	bcm2835_aux_uart.put(BASE, 'x');
	assert_int_equal(reads, 10);
	assert_write(0, 0, 'x');
	assert_int_equal(bcm2835_aux_uart.get(BASE), -1);
	*at_offset(0x14) = 0x61;
	*at_offset(0) = 'y';
	assert_int_equal(bcm2835_aux_uart.get(BASE), 'y');
}

static void a_mini_uart_that_is_stuck_costs_a_bounded_time(void **state)
{
	(void)state;
	*at_offset(-0x3c) = 1;
	bcm2835_aux_uart.init(BASE, 0);
	bcm2835_aux_uart.put(BASE, 'x');
	assert_true(reads <= 100100);
}

static void a_pi_is_reset(void **state)
{
	(void)state;
	*at_offset(0x1c) = 0x12;
	pm_reset(BASE, false);
	assert_write(0, 0x24, 0x5a00000a);
	assert_write(1, 0x1c, 0x5a000022);
	assert_int_equal(write_count, 2);
}

static void a_pi_is_halted(void **state)
{
	(void)state;
	*at_offset(0x20) = 0x1000;
	pm_reset(BASE, true);
	assert_write(0, 0x20, 0x5a001555);
	assert_write(1, 0x24, 0x5a00000a);
	assert_write(2, 0x1c, 0x5a000020);
	assert_int_equal(write_count, 3);
}

/* The power block's countdown, as the Pi's: 20 bits of 1/65536 s, from PM_WDOG at each write of
 * PM_RSTC that chooses a full reset; writes without the password change nothing. */
static int64_t ticks_left = -1;

static void count_down_write(uintptr_t at, unsigned width, uint32_t value)
{
	int offset = (int)((long)at - (long)BASE);

	assert_int_equal(width, 4);
	if (value >> 24 != 0x5a) {
		return;
	}
	*at_offset(offset) = value & 0xffffff;
	if (offset == 0x1c && (value & 0x30) == 0x20) {
		ticks_left = *at_offset(0x24) & 0xfffff;
	}
}

static void a_pi_s_watchdog_counts_down_from_each_feed(void **state)
{
	(void)state;
	fake.mmio_write = count_down_write;
	*at_offset(0x1c) = 0x102;
	pm_watchdog(BASE, 1000);
	assert_int_equal(ticks_left, 65536);
	for (unsigned ms = 900; ms <= 9000; ms += 900) {	/* fed in time: never there */
		ticks_left -= 900 * 65536 / 1000;
		assert_true(ticks_left > 0);
		pm_watchdog(BASE, 1000);
	}
	ticks_left -= 1000 * 65536 / 1000;
	assert_true(ticks_left <= 0);				/* and not: it bites */
	pm_watchdog(BASE, 15000);
	assert_int_equal(ticks_left, 15 * 65536);
	pm_watchdog(BASE, 15999);
	assert_in_range(ticks_left, 15 * 65536, 0xfffff);
	assert_int_equal(*at_offset(0x1c), 0x122);		/* the other bits stay */
	assert_int_equal(*at_offset(0x20), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_pl011_is_set_up, begin),
		cmocka_unit_test_setup(a_pl011_with_unknown_clock_keeps_its_rate, begin),
		cmocka_unit_test_setup(a_pl011_waits_for_room, begin),
		cmocka_unit_test_setup(a_pl011_that_is_stuck_costs_a_bounded_time, begin),
		cmocka_unit_test_setup(a_pl011_receives, begin),
		cmocka_unit_test_setup(a_mini_uart_is_set_up, begin),
		cmocka_unit_test_setup(a_mini_uart_s_neighbours_stay_on, begin),
		cmocka_unit_test_setup(a_mini_uart_prints_and_receives, begin),
		cmocka_unit_test_setup(a_mini_uart_that_is_stuck_costs_a_bounded_time, begin),
		cmocka_unit_test_setup(a_pi_is_reset, begin),
		cmocka_unit_test_setup(a_pi_is_halted, begin),
		cmocka_unit_test_setup(a_pi_s_watchdog_counts_down_from_each_feed, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
