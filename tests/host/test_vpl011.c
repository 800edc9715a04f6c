/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/vpl011.c as drivers use it: the sequences of Linux's amba-pl011, U-Boot
 * and EDK2, the interrupt's level, and accesses that nobody should make.
 * The console is this file's: what a guest sent, what waits for it.
 */
/* sources: core/vpl011.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <core/console.h>
#include <core/exit.h>
#include "fake_arch.h"

enum { DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2c, CR = 0x30, IFLS = 0x34,
       IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
enum { RXFE = 0x10, TXFF = 0x20, RXFF = 0x40, TXFE = 0x80 };
enum { RX = 0x10, TX = 0x20, RT = 0x40 };

static struct sys_guest config[2] = {
	{ .name = "linux", .console = CONSOLE_PL011, .vcpu_count = 2 },
	{ .name = "other", .console = CONSOLE_PL011, .vcpu_count = 1 },
};
static struct guest *const g = &guests[0];
static char sent[256], waiting[256];
static uint32_t sent_count, waiting_count;

void console_write(uint32_t from, const char *bytes, size_t count)
{
	assert_int_equal(from, g->index);
	assert_int_equal(fake.lock_depth, 0);
	memcpy(sent + sent_count, bytes, count);
	sent_count += (uint32_t)count;
}

uint32_t console_waiting(const struct guest *of)
{
	return of == g ? waiting_count : 0;
}

uint32_t console_read(struct guest *to, char *bytes, uint32_t max)
{
	uint32_t n = to != g ? 0 : waiting_count < max ? waiting_count : max;

	memcpy(bytes, waiting, n);
	memmove(waiting, waiting + n, waiting_count - n);
	waiting_count -= n;
	return n;
}

static uint32_t read(uint64_t offset)
{
	uint64_t v = ~0ull;

	assert_true(vpl011_access(g, offset, false, 4, &v));
	assert_true(v <= UINT32_MAX);
	return (uint32_t)v;
}

static void write(uint64_t offset, uint64_t v)
{
	assert_true(vpl011_access(g, offset, true, 4, &v));
}

static bool level(void)
{
	return g->arch.level[SKERRY_INTID_PL011];
}

static void type(const char *text)
{
	memcpy(waiting + waiting_count, text, strlen(text));
	waiting_count += (uint32_t)strlen(text);
	vpl011_receive(g);
}

static int begin(void **state)
{
	(void)state;
	sent_count = waiting_count = 0;
	fake_reset();
	fake_guests(config, 2);
	vpl011_reset(&guests[0]);
	vpl011_reset(&guests[1]);
	fake_guests(config, 2);
	memset(&guests[0].arch, 0, sizeof(guests[0].arch));
	return 0;
}

static void reset_values_are_the_manual_s(void **state)
{
	static const uint32_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	assert_int_equal(read(CR), 0x300);
	assert_int_equal(read(IFLS), 0x12);
	assert_int_equal(read(FR) & 0xf8, TXFE | RXFE);
	assert_int_equal(read(IMSC) | read(RIS) | read(MIS) | read(LCRH) | read(IBRD), 0);
	for (uint64_t i = 0; i < 8; i++) {
		assert_int_equal(read(0xfe0 + 4 * i), id[i]);
	}
}

static void registers_keep_their_bits_only(void **state)
{
	static const struct { uint64_t at; uint32_t bits; } kept[] = {
		{ IBRD, 0xffff }, { FBRD, 0x3f }, { LCRH, 0xff }, { CR, 0xff87 }, { IFLS, 0x3f },
		{ IMSC, 0x7ff }, { FR, 0x97 }, { 0x48, 0 }, { 0x80, 0 }, { 0xffc, 0xb1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		write(kept[i].at, 0xffffffff);
		assert_int_equal(read(kept[i].at), kept[i].bits);
	}
}

static void polled_drivers_print(void **state)
{
	(void)state;
	for (const char *p = "U-Boot\r\n"; *p; p++) {
		assert_false(read(FR) & TXFF);
		write(DR, (uint8_t)*p);
	}
	assert_true(read(FR) & TXFE);
	assert_int_equal(sent_count, 8);
	assert_memory_equal(sent, "U-Boot\r\n", 8);
	assert_false(level());
}

static void the_transmit_interrupt_follows_a_character(void **state)
{
	(void)state;
	write(IMSC, TX);
	assert_false(level());
	write(DR, 'a');
	assert_true(level());
	assert_int_equal(read(MIS), TX);
	write(ICR, TX);
	assert_false(level());
	write(DR, 'b');
	assert_true(level());
	write(IMSC, 0);
	assert_false(level());
	assert_int_equal(read(RIS), TX);
	write(IMSC, TX);
	assert_true(level());
	write(ICR, 0x7ff);
	assert_int_equal(read(RIS), 0);
}

static void linux_receives(void **state)
{
	(void)state;
	write(LCRH, 0x70);
	write(IFLS, 0x12);
	write(CR, 0x301);
	write(ICR, RX | RT);
	write(IMSC, RX | RT);
	assert_false(level());
	type("ls");
	assert_true(level());
	assert_int_equal(read(MIS), RT);
	write(ICR, 0x7ff & ~(RX | TX | RT));
	assert_false(read(FR) & RXFE);
	assert_int_equal(read(DR), 'l');
	assert_true(level());
	assert_int_equal(read(DR), 's');
	assert_false(level());
	assert_true(read(FR) & RXFE);
	assert_int_equal(read(DR), 0);
}

static void the_receive_level_is_honoured(void **state)
{
	static const uint32_t levels[] = { 4, 8, 16, 24, 28 };

	(void)state;
	write(LCRH, 0x10);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t n;

		write(IFLS, i << 3);
		write(IMSC, RX);
		for (n = 1; n <= levels[i]; n++) {
			assert_false(level());
			type("x");
		}
		assert_true(level());
		assert_int_equal(read(RIS), RX | RT);
		read(DR);
		assert_false(level());
		while (!(read(FR) & RXFE)) {
			read(DR);
		}
	}
}

static void without_the_fifo_one_character_is_enough(void **state)
{
	(void)state;
	write(IMSC, RX);
	type("ab");
	assert_true(level());
	assert_true(read(FR) & RXFF);
	assert_int_equal(read(DR), 'a');
	assert_true(read(FR) & RXFF);
	assert_int_equal(read(DR), 'b');
	assert_false(level());
}

static void a_paste_longer_than_the_fifo_arrives_whole(void **state)
{
	char text[201], got[201] = "";

	(void)state;
	for (int i = 0; i < 200; i++) {
		text[i] = (char)('!' + i % 90);
	}
	text[200] = '\0';
	write(LCRH, 0x70);
	write(IMSC, RX | RT);
	type(text);
	assert_true(read(FR) & RXFF);
	for (int i = 0; i < 200; i++) {
		assert_true(level());
		got[i] = (char)read(DR);
	}
	assert_false(level());
	assert_string_equal(got, text);
}

static void a_long_day_s_typing_arrives_in_order(void **state)
{
	(void)state;
	write(LCRH, 0x70);
	for (unsigned i = 0; i < 1000; i++) {
		const char text[2] = { (char)('!' + i % 90), 0 };

		type(text);
		assert_int_equal(read(DR), text[0]);
	}
}

static void input_that_goes_elsewhere_takes_its_interrupt_away(void **state)
{
	(void)state;
	write(IMSC, RX | RT);
	type("x");
	assert_true(level());
	waiting_count = 0;		/* the console's input goes to another guest */
	assert_int_equal(read(MIS), 0);
	assert_false(level());
	assert_int_equal(read(DR), 0);
}

static void a_masked_interrupt_is_kept_for_later(void **state)
{
	(void)state;
	type("x");
	assert_false(level());
	write(ICR, 0x7ff);
	write(IMSC, RT);
	assert_true(level());
}

static void reset_forgets_everything(void **state)
{
	(void)state;
	write(LCRH, 0x70);
	write(IMSC, 0x7ff);
	write(DR, 'x');
	type("secret");
	assert_true(level());
	waiting_count = 0;		/* console_write() of nothing, at the guest's stop */
	vpl011_reset(g);
	assert_false(level());
	reset_values_are_the_manual_s(state);
	assert_int_equal(read(DR), 0);
}

static void the_level_is_told_only_when_it_changes(void **state)
{
	(void)state;
	write(IMSC, TX);
	for (int i = 0; i < 100; i++) {
		write(DR, 'x');
	}
	assert_int_equal(g->arch.level_calls, 1);
}

static void odd_accesses_abort_or_do_nothing(void **state)
{
	uint64_t v = 'x';

	(void)state;
	assert_false(vpl011_access(g, DR, true, 8, &v));
	assert_false(vpl011_access(g, DR, false, 8, &v));
	assert_false(vpl011_access(g, DR + 1, true, 1, &v));
	assert_false(vpl011_access(g, FR + 2, false, 2, &v));
	assert_int_equal(sent_count, 0);
	v = 0xffffff41;
	assert_true(vpl011_access(g, DR, true, 1, &v));
	assert_true(vpl011_access(g, DR, true, 2, &v));
	assert_memory_equal(sent, "AA", 2);
	for (uint64_t at = 0; at < 0x1000; at += 4) {
		write(at, 0);
		write(at, 0xffffffff);
		read(at);
	}
}

static void guests_have_their_own(void **state)
{
	uint64_t v = 0;

	(void)state;
	write(IBRD, 13);
	type("x");
	assert_true(vpl011_access(&guests[1], IBRD, false, 4, &v));
	assert_int_equal(v, 0);
	vpl011_receive(&guests[1]);
	assert_true(vpl011_access(&guests[1], FR, false, 4, &v));
	assert_true(v & RXFE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_the_manual_s, begin),
		cmocka_unit_test_setup(registers_keep_their_bits_only, begin),
		cmocka_unit_test_setup(polled_drivers_print, begin),
		cmocka_unit_test_setup(the_transmit_interrupt_follows_a_character, begin),
		cmocka_unit_test_setup(linux_receives, begin),
		cmocka_unit_test_setup(the_receive_level_is_honoured, begin),
		cmocka_unit_test_setup(without_the_fifo_one_character_is_enough, begin),
		cmocka_unit_test_setup(a_paste_longer_than_the_fifo_arrives_whole, begin),
		cmocka_unit_test_setup(a_long_day_s_typing_arrives_in_order, begin),
		cmocka_unit_test_setup(input_that_goes_elsewhere_takes_its_interrupt_away, begin),
		cmocka_unit_test_setup(a_masked_interrupt_is_kept_for_later, begin),
		cmocka_unit_test_setup(reset_forgets_everything, begin),
		cmocka_unit_test_setup(the_level_is_told_only_when_it_changes, begin),
		cmocka_unit_test_setup(odd_accesses_abort_or_do_nothing, begin),
		cmocka_unit_test_setup(guests_have_their_own, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
