/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/console.c while a guest drives the UART: what goes into the log ring for it, what
 * EL2 prints when that guest is gone, what it types for others, and panic.
 */
/* sources: core/console.c core/input.c core/log.c core/crash.c core/vpl011.c lib/format.c
 * tests/host/fake/fake_arch.c tests/host/fake/fake_uart.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <core/core.h>
#include <hv/drivers.h>
#include "fake_arch.h"
#include "fake_uart.h"

enum { RT, LINUX, VICTIM, SILENT, GUESTS };

static struct sys_guest config[GUESTS] = {
	[RT] = { .name = "rt", .console = CONSOLE_HYPERCALL, .vcpu_count = 1 },
	[LINUX] = { .name = "linux", .console = CONSOLE_PL011, .vcpu_count = 2 },
	[VICTIM] = { .name = "victim", .console = CONSOLE_HYPERCALL, .vcpu_count = 1 },
	[SILENT] = { .name = "silent", .console = CONSOLE_NONE, .vcpu_count = 1 },
};

void life_end_run(void)
{
}

static void say(int guest, const char *text)
{
	console_write((uint32_t)guest, text, strlen(text));
}

static void type(const char *text)
{
	fake_uart_type(text, strlen(text));
	console_uart_interrupt();
}

static void assert_screen(const char *expected)
{
	assert_string_equal(fake_uart_out, expected);
	fake_uart_reset();
}

#define ring_log console_log

static int64_t drive(uint64_t tail)
{
	uint64_t x[18] = { SKERRY_HVC_CONSOLE_DRIVE, SKERRY_DRIVE_TAKE, tail };

	return hvc_console_drive(&guests[SILENT].vcpu[0], x);
}

static int64_t typed(uint64_t guest, const char *bytes, uint64_t count)
{
	uint64_t x[18] = { SKERRY_HVC_CONSOLE_INPUT, guest, count };

	memcpy(&x[3], bytes, count < 64 ? count : 64);
	return hvc_console_input(&guests[SILENT].vcpu[0], x);
}

/* The first test: there is none yet. */
static void without_a_uart_nobody_waits_for_one(void **state)
{
	(void)state;
	fake_reset();
	fake_guests(config, GUESTS);
	the_system.console_driver = SILENT;
	log_line("unheard");
	assert_false(console_drain());
	drive(ring_log.head);
	console_pass(&guests[SILENT], false);
	assert_false(fake.is_uart_given);
}

static int begin_driven(void **state)
{
	(void)state;
	fake_reset();
	fake_guests(config, GUESTS);
	for (int i = 0; i < GUESTS; i++) {
		guests[i].state = GUEST_RUNNING;
		console_write((uint32_t)i, NULL, 0);
	}
	console_set_input(-1);
	console_init(&pl011_uart, 0, 0);
	fake_uart_reset();
	the_system.console_driver = SILENT;
	console_set_input(RT);
	say(RT, "cut");
	say(VICTIM, "begun");
	drive(ring_log.head);
	assert_true(fake.is_uart_given);
	/* lines that were cut are ended */
	assert_screen("rt| cut\r\nvictim| begun\r\n");
	return 0;
}

static int end_driven(void **state)
{
	(void)state;
	console_pass(&guests[SILENT], false);
	for (unsigned n = 0; n < 100000 && console_drain(); n++) {
	}
	assert_false(console_drain());
	the_system.console_driver = -1;
	return 0;
}

/* The record at `*at` as text: "guest:bytes;". */
static void read_record(uint64_t *at, char *text)
{
	uint8_t guest = ring_log.ring[*at % SKERRY_LOG_SIZE];
	uint8_t count = ring_log.ring[(*at + 1) % SKERRY_LOG_SIZE];

	text += sprintf(text, "%u:", guest);
	for (unsigned i = 0; i < count; i++) {
		*text++ = (char)ring_log.ring[(*at + 2 + i) % SKERRY_LOG_SIZE];
	}
	strcpy(text, ";");
	*at += 2u + count;
}

static void output_goes_into_the_log_while_a_guest_drives(void **state)
{
	uint64_t at = ring_log.head;
	char text[1024] = "";
	unsigned raised = guests[SILENT].arch.raised[SKERRY_INTID_EVENT];

	(void)state;
	say(RT, "tick\r");
	log_line("a line");
	say(LINUX, "\033[31m");
	console_write(VICTIM, NULL, 0);
	assert_screen("");
	while (at != ring_log.head) {
		read_record(&at, text + strlen(text));
	}
	assert_string_equal(text, "0:tick\r;255:skerry: a line\n;1:\033[31m;2:;");
	assert_int_equal(guests[SILENT].arch.raised[SKERRY_INTID_EVENT], raised + 4);
}

static void what_the_driver_has_left_comes_out_first(void **state)
{
	uint64_t at = ring_log.head;
	char text[64];

	(void)state;
	say(RT, "printed\n");
	read_record(&at, text);
	drive(at);
	say(RT, "left\nhalf");
	log_line("own");
	say(VICTIM, "x\n");
	console_write(RT, NULL, 0);
	assert_screen("");
	fake_uart_is_on = false;
	console_pass(&guests[LINUX], false);		/* another guest's end */
	assert_true(fake.is_uart_given);
	console_pass(&guests[SILENT], false);
	assert_true(fake_uart_is_on);
	assert_false(fake.is_uart_given);
	while (console_drain()) {
	}
	say(RT, "direct");
	assert_screen("\r\nrt| left\r\nrt| half\r\033[Kskerry: own\r\n"
		      "victim| x\r\nrt| half\r\nrt| direct");
}

static void who_prints_meanwhile_prints_the_rest_too(void **state)
{
	char text[16];
	char *last = fake_uart_out;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%u\n", i);
		say(VICTIM, text);
	}
	console_pass(&guests[SILENT], false);
	for (unsigned i = 100; i < 250; i++) {
		snprintf(text, sizeof(text), "%u\n", i);
		say(VICTIM, text);
	}
	for (unsigned i = 0; i < 250; i++) {		/* all, in order */
		snprintf(text, sizeof(text), "| %u\r\n", i);
		last = strstr(last, text);
		assert_non_null(last);
	}
	assert_false(console_drain());
}

static void a_guests_flood_leaves_half_of_the_log_to_el2(void **state)
{
	uint64_t begin = ring_log.head, at;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		say(VICTIM, "a flood that nobody reads, of 50 bytes a record...");
	}
	assert_in_range(ring_log.head - begin, SKERRY_LOG_SIZE / 2, SKERRY_LOG_SIZE / 2 + 52);
	assert_int_equal(ring_log.dropped, 2000 * 50 - (ring_log.head - begin) / 52 * 50);
	at = ring_log.head;
	log_line("heard");
	console_write(VICTIM, NULL, 0);
	read_record(&at, text);
	assert_string_equal(text, "255:skerry: heard\n;");
	read_record(&at, text);
	assert_string_equal(text, "2:;");
	drive(ring_log.head);
	say(RT, "again");
	read_record(&at, text);
	assert_string_equal(text, "0:again;");
}

static void a_log_that_ran_over_and_a_forged_tail_come_to_an_end(void **state)
{
	static const uint64_t tails[] = { 0, ~0ull, 1ull << 63, SKERRY_LOG_SIZE };

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		log_line("a flood that nobody reads, of EL2's own lines");
	}
	end_driven(state);
	fake_uart_reset();
	say(VICTIM, "on\n");
	assert_screen("victim| on\r\n");
	for (unsigned i = 0; i < ARRAY_SIZE(tails); i++) {
		begin_driven(state);
		drive(tails[i]);
		say(VICTIM, "abcdefghijklmnopq");
		drive(ring_log.head - 7);		/* no record's begin */
		drive(ring_log.head - 8);		/* backwards: not taken */
		end_driven(state);
	}
}

static void typed_bytes_come_by_the_driver(void **state)
{
	char bytes[64] = "to rt";

	(void)state;
	type("unheard");
	assert_int_equal(console_waiting(&guests[RT]), 0);
	assert_int_equal(typed(RT, bytes, 5), 5);
	assert_int_equal(guests[RT].arch.raised[SKERRY_INTID_EVENT], 1);
	assert_int_equal(console_waiting(&guests[RT]), 5);
	assert_int_equal(console_read(&guests[RT], bytes, 64), 5);
	assert_int_equal(typed(LINUX, "pl011", 5), 5);
	assert_int_equal(console_waiting(&guests[LINUX]), 5);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(typed(LINUX, bytes, 64), 64);
	}
	assert_int_equal(typed(LINUX, bytes, 64), 64 - 5);
	assert_int_equal(typed(LINUX, bytes, 64), 0);
	assert_int_equal(typed(SILENT, bytes, 1), SKERRY_BUSY);
	guests[RT].state = GUEST_STOPPED;
	assert_int_equal(typed(RT, bytes, 1), SKERRY_BUSY);
	assert_int_equal(typed(GUESTS, bytes, 1), SKERRY_INVALID);
	assert_int_equal(typed(~0ull, bytes, 1), SKERRY_INVALID);
	assert_int_equal(typed(LINUX, bytes, 0), SKERRY_INVALID);
	assert_int_equal(typed(LINUX, bytes, 65), SKERRY_INVALID);
	assert_screen("");
}

/* Two of its vCPUs, TAKE and GIVE at once: the interrupt goes to it last. */
static void a_driver_that_stops_leaves_el2_the_interrupt(void **state)
{
	uint64_t x[18] = { SKERRY_HVC_CONSOLE_DRIVE, SKERRY_DRIVE_GIVE, ring_log.head };

	(void)state;
	assert_int_equal(hvc_console_drive(&guests[SILENT].vcpu[0], x), SKERRY_OK);
	arch_uart_pass(&guests[SILENT], true);
	console_pass(&guests[RT], false);
	assert_true(fake.is_uart_given);
	console_pass(&guests[SILENT], false);
	assert_false(fake.is_uart_given);
}

static void panic_now(void *unused)
{
	(void)unused;
	panic("bad");
}

/* The last test: panic stays. */
static void a_panic_takes_the_uart(void **state)
{
	(void)state;
	fake_uart_is_on = false;
	assert_int_equal(fake_run(panic_now, NULL), FAKE_HALT);
	assert_true(fake_uart_is_on);
	assert_non_null(strstr(fake_uart_out, "skerry: panic on core 0"));
}

#define DRIVEN(name) cmocka_unit_test_setup_teardown(name, begin_driven, end_driven)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_uart_nobody_waits_for_one),
		DRIVEN(output_goes_into_the_log_while_a_guest_drives),
		DRIVEN(what_the_driver_has_left_comes_out_first),
		DRIVEN(who_prints_meanwhile_prints_the_rest_too),
		DRIVEN(a_guests_flood_leaves_half_of_the_log_to_el2),
		DRIVEN(a_log_that_ran_over_and_a_forged_tail_come_to_an_end),
		DRIVEN(typed_bytes_come_by_the_driver),
		DRIVEN(a_driver_that_stops_leaves_el2_the_interrupt),
		cmocka_unit_test_setup(a_panic_takes_the_uart, begin_driven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
