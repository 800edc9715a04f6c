/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/crash.c: what a record holds and shows, how long it is, that nothing of it is the
 * crashed guest's to choose but numbers and its stack's bytes, whose memory a stack can be,
 * and who reads what of it when.
 */
/* sources: core/crash.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <abi/hypercalls.h>
#include <core/core.h>
#include "fake_arch.h"

#define RAM	0x90000000ull	/* physical: a-name-...'s banks with others' memory around them */
#define SIZE	0x8000ull

static struct sys_guest config[2] = {
	{ .name = "rt", .vcpu_count = 1, .cpu = { 1 } },
	{ .name = "a-name-of-twenty-three1", .vcpu_count = 2, .cpu = { 2, 3 }, .bank_count = 2,
	  .bank = { { 0x40000000, SIZE }, { 0x80000000, SIZE } },
	  .host = { { RAM + SIZE }, { RAM + 4 * SIZE } } },
};
static union crash_page pages[SKERRY_GUEST_MAX + 1];
static uint8_t memory[8 * SIZE];

static int begin(void **state)
{
	(void)state;
	fake_reset();
	fake_guests(config, 2);
	guests[0].life = guests[1].life = 1;
	memset(pages, 0, sizeof(pages));
	crash_pages = pages;
	fake.memory = memory;
	fake.memory_base = RAM;
	fake.memory_size = sizeof(memory);
	for (uint64_t i = 0; i < sizeof(memory); i++) {
		memory[i] = (uint8_t)(i * 7 + i / 256);
	}
	return 0;
}

static unsigned lines(void)
{
	unsigned n = 0;

	for (const char *p = fake.log; (p = strchr(p, '\n')); p++) {
		n++;
	}
	return n;
}

static bool is_whole(uint32_t index)
{
	struct skerry_crash r = pages[index].record;
	uint32_t crc32 = r.crc32;

	r.crc32 = 0;
	return crc32 != 0 && arch_crc32(0, &r, sizeof(r)) == crc32;
}

static void a_record_shows_where_and_why(void **state)
{
	struct vcpu *v = &guests[0].vcpu[0];

	(void)state;
	for (uint64_t i = 0; i < 31; i++) {
		v->arch.x[i] = 0x1000 + i;
	}
	v->arch.elr = 0x40001234;
	v->arch.spsr = 0x3c5;
	guests[0].life = 3;
	fake.cpu = 1;
	fake.now = 62500000ull * 12 + 625;
	crash_record(v, "stage-2 abort: write", 0x93810046, 0xffff0000, 0x50000000);
	assert_non_null(strstr(fake.log,
			       "skerry: rt crashed at 12.000010 s: stage-2 abort: write\n"));
	assert_non_null(strstr(fake.log,
			       "life 3, vCPU 0 on core 1, pc 0000000040001234, pstate 3c5,"));
	assert_non_null(strstr(fake.log, "ESR 93810046, FAR 00000000ffff0000, IPA 0050000000\n"));
	assert_non_null(strstr(fake.log, "  x0  0000000000001000 0000000000001001 "));
	assert_non_null(strstr(fake.log, "  x28 000000000000101c 000000000000101d "
					 "000000000000101e\n"));
	assert_non_null(strstr(fake.log, "last exits: none\n"));
	assert_true(lines() <= 14);
}

static void the_same_is_kept(void **state)
{
	struct vcpu *v = &guests[1].vcpu[1];
	const struct skerry_crash *r = &pages[1].record;

	(void)state;
	memset(v->arch.x, 0x5a, sizeof(v->arch.x));
	v->arch.elr = 0x40001234;
	v->arch.spsr = 0x3c5;
	v->arch.sp = 0x40007ff0;
	fake.now = 77;
	fake.cpu = 3;
	crash_record(v, "SError", 1, 2, 3);
	assert_true(is_whole(1));
	assert_false(is_whole(0));
	assert_int_equal(r->magic, SKERRY_CRASH_MAGIC);
	assert_int_equal(r->version, SKERRY_CRASH_VERSION);
	assert_int_equal(r->size, sizeof(*r));
	assert_int_equal(r->boots, 0);
	assert_int_equal(r->guest, 1);
	assert_int_equal(r->vcpu, 1);
	assert_int_equal(r->core, 3);
	assert_string_equal(r->name, config[1].name);
	assert_string_equal(r->cause, "SError");
	assert_int_equal(r->time, 77);
	assert_int_equal(r->hz, 62500000);
	assert_int_equal(r->esr + 10 * r->far + 100 * r->ipa, 321);
	assert_memory_equal(r->x, v->arch.x, sizeof(r->x));
	assert_int_equal(r->pc, 0x40001234);
	assert_int_equal(r->sp, 0x40007ff0);
	assert_int_equal(r->stack_size, 0);
	assert_ptr_equal(fake.cleaned, r);	/* out of the caches, all of it */
	assert_int_equal(fake.cleaned_size, sizeof(*r));
}

/* A CRC of 32 bits finds every burst of 32 bits: no byte is left out. */
static void damage_in_any_byte_is_noticed(void **state)
{
	uint8_t *bytes = pages[0].page;

	(void)state;
	crash_record(&guests[0].vcpu[0], "x", 0, 0, 0);
	for (size_t i = 0; i < sizeof(struct skerry_crash); i++) {
		bytes[i] ^= 0x10;
		assert_false(is_whole(0));
		bytes[i] ^= 0x10;
	}
	assert_true(is_whole(0));
}

static void the_last_exits_come_oldest_first(void **state)
{
	struct vcpu *v = &guests[1].vcpu[1];

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		stats_exit(v, i % 2 ? EXIT_HVC : EXIT_IRQ, 0xf000000f0ull + i);
	}
	crash_record(v, "x", 0, 0, 0);
	assert_non_null(strstr(fake.log, "last exits: hvc/f3 irq/f4 "));
	assert_non_null(strstr(fake.log, " irq/fa\n"));
	assert_int_equal(v->exits[EXIT_HVC], 5);
	assert_int_equal(v->exits[EXIT_IRQ], 6);
	assert_int_equal(pages[1].record.exit_count, 8);
	assert_int_equal(pages[1].record.exits[0].syndrome, 0xf3);
	assert_int_equal(pages[1].record.exits[7].cause, EXIT_IRQ);
	assert_true(lines() <= 14);
}

static void the_longest_record_is_bounded(void **state)
{
	struct vcpu *v = &guests[1].vcpu[0];
	char cause[300];

	(void)state;
	memset(cause, 'c', sizeof(cause));
	cause[299] = '\0';
	memset(v->arch.x, 0xff, sizeof(v->arch.x));
	v->arch.elr = v->arch.spsr = guests[1].life = fake.now = UINT64_MAX;
	for (unsigned i = 0; i < EXIT_RING; i++) {
		stats_exit(v, EXIT_SERROR, UINT32_MAX);	/* the longest name */
	}
	crash_record(v, cause, UINT64_MAX, UINT64_MAX, UINT64_MAX);
	assert_true(lines() <= 14);
	assert_true(strlen(fake.log) < 14 * 200);
	assert_non_null(strstr(fake.log, " serror/ffffffff serror/ffffffff\n"));
	assert_int_equal(strlen(pages[1].record.cause), sizeof(pages[1].record.cause) - 1);
}

/* A crash with its stack at `sp`, which is at `sp` + `offset` in guest-physical memory; then
 * it stops. How much of the stack the record has. */
static uint32_t stack_of(uint64_t sp, uint64_t offset)
{
	struct vcpu *v = &guests[1].vcpu[0];

	v->arch.is_translated = true;
	v->arch.sp = sp;
	v->arch.offset = offset;
	crash_record(v, "x", 0, 0, 0);
	assert_int_equal(pages[1].record.stack_size, 0);	/* not while it runs */
	assert_true(is_whole(1));
	crash_keep_stack(&guests[1]);
	assert_true(is_whole(1));
	assert_false(fake.is_window_mapped);
	return pages[1].record.stack_size;
}

static void the_stack_is_kept_when_all_is_silent(void **state)
{
	(void)state;
	assert_int_equal(stack_of(0x40001900, 0), 0x700);
	assert_int_equal(pages[1].record.stack_ipa, 0x40001900);
	assert_memory_equal(pages[1].record.stack, memory + SIZE + 0x1900, 0x700);
	assert_int_equal(pages[1].record.stack[0x700], 0);
	assert_int_equal(stack_of(0x40001010, 0), SKERRY_CRASH_STACK_MAX);
	assert_int_equal(stack_of(0x40001fff, 0), 1);
	assert_int_equal(stack_of(0xffff800000001800, 0x0000800080000000), 0x800);
	assert_memory_equal(pages[1].record.stack, memory + 4 * SIZE + 0x1800, 0x800);
}

static void a_stack_outside_its_ram_is_not_read(void **state)
{
	static const uint64_t elsewhere[] = {	/* guest-physical */
		0x40000000 - 8, 0x3ffff000, 0x40000000 + SIZE, 0x80000000 - 8, 0x80000000 + SIZE,
		RAM, RAM + SIZE, 0, UINT64_MAX - 7, UINT64_MAX, 1ull << 47,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		assert_int_equal(stack_of(elsewhere[i], 0), 0);
		assert_int_equal(stack_of(0x1238, elsewhere[i] - 0x1238), 0);
	}
	assert_int_equal(stack_of(0x40000000 + SIZE - 8, 0), 8);
	assert_int_equal(stack_of(0xff8, 0x40000000 + SIZE - 0x1000), 8);
	guests[1].vcpu[0].arch.is_translated = false;
	crash_record(&guests[1].vcpu[0], "x", 0, 0, 0);
	crash_keep_stack(&guests[1]);
	assert_int_equal(pages[1].record.stack_size, 0);
}

static void the_stack_is_of_the_crash_alone(void **state)
{
	uint8_t before;

	(void)state;
	assert_int_equal(stack_of(0x40000000, 0), SKERRY_CRASH_STACK_MAX);
	before = memory[SIZE]++;
	crash_keep_stack(&guests[1]);	/* the same life */
	assert_int_equal(pages[1].record.stack[0], before);
	pages[1].record.stack_size = 0;
	guests[1].life++;		/* a later one that ends well */
	crash_keep_stack(&guests[1]);
	assert_int_equal(pages[1].record.stack_size, 0);
	guests[1].life--;		/* or is of another boot */
	pages[1].record.boots = 1;
	crash_keep_stack(&guests[1]);
	assert_int_equal(pages[1].record.stack_size, 0);
	crash_keep_stack(&guests[0]);	/* never crashed */
	assert_int_equal(pages[0].record.crc32, 0);
}

static int64_t read_at(uint64_t offset, uint64_t *x)
{
	x[0] = 0xc600000b;
	x[1] = 1;
	x[2] = offset;
	return hvc_crash_read(&guests[0].vcpu[0], x);
}

static void a_record_is_read_in_pieces(void **state)
{
	uint64_t x[18], at = 0;
	uint8_t read[PAGE_SIZE];
	int64_t count;

	(void)state;
	stack_of(0x40000000, 0);
	while ((count = read_at(at, x)) > 0) {
		memcpy(read + at, &x[1], (size_t)count);
		at += (uint64_t)count;
	}
	assert_int_equal(count, 0);
	assert_int_equal(at, sizeof(struct skerry_crash));
	assert_memory_equal(read, pages[1].page, sizeof(struct skerry_crash));
	for (unsigned i = 1; i <= 16; i++) {
		assert_int_equal(x[i], 0);
	}
	count = read_at(sizeof(struct skerry_crash) - 16, x);
	assert_int_equal(count, 16);
	assert_int_equal(x[3] | x[4] | x[16], 0);
	assert_int_equal(read_at(UINT64_MAX - 7, x), 0);
	assert_int_equal(read_at(PAGE_SIZE, x), 0);
	assert_int_equal(read_at(4, x), SKERRY_INVALID);
	assert_int_equal(x[1], 1);
}

static void what_is_no_record_is_not_read(void **state)
{
	uint64_t x[18] = { 0 };

	(void)state;
	assert_int_equal(read_at(0, x), SKERRY_AGAIN);
	assert_int_equal(x[1], 1);	/* nothing changed */
	stack_of(0x40000000, 0);
	assert_int_equal(read_at(0, x), 128);
	pages[1].record.crc32 = 0;	/* as while it is written */
	assert_int_equal(read_at(0, x), SKERRY_AGAIN);
	assert_int_equal(x[1], 1);
}

static void a_note_is_el2s_own(void **state)
{
	struct vcpu *v = &guests[0].vcpu[0];
	const struct skerry_crash *r = &pages[SKERRY_GUEST_MAX].record;

	(void)state;
	stats_exit(v, EXIT_MMIO, 0x93000000);
	crash_note(v, 0x4000001234, "page 7 owned twice");
	assert_true(is_whole(SKERRY_GUEST_MAX));
	assert_int_equal(r->guest, SKERRY_CRASH_OWN);
	assert_string_equal(r->name, "rt");
	assert_string_equal(r->cause, "page 7 owned twice");
	assert_int_equal(r->pc, 0x4000001234);
	crash_print_exits(r);
	assert_string_equal(fake.log, "skerry:   last exits: mmio/93000000\n");
	crash_note(NULL, 1, "x");
	assert_true(is_whole(SKERRY_GUEST_MAX));
	assert_string_equal(r->name, "");
	crash_pages = NULL;		/* early in the boot */
	crash_note(NULL, 1, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_shows_where_and_why, begin),
		cmocka_unit_test_setup(the_same_is_kept, begin),
		cmocka_unit_test_setup(damage_in_any_byte_is_noticed, begin),
		cmocka_unit_test_setup(the_last_exits_come_oldest_first, begin),
		cmocka_unit_test_setup(the_longest_record_is_bounded, begin),
		cmocka_unit_test_setup(the_stack_is_kept_when_all_is_silent, begin),
		cmocka_unit_test_setup(a_stack_outside_its_ram_is_not_read, begin),
		cmocka_unit_test_setup(the_stack_is_of_the_crash_alone, begin),
		cmocka_unit_test_setup(a_record_is_read_in_pieces, begin),
		cmocka_unit_test_setup(what_is_no_record_is_not_read, begin),
		cmocka_unit_test_setup(a_note_is_el2s_own, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
