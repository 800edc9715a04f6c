// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_gpio's mailbox with a model of VideoCore that reads and writes memory behind the processor's
 * cache, at bus addresses, and answers late, never, twice, or to an earlier life.
 */
/* sources: */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The runtime's accesses are the model's. */
#define read32 target_read32
#define write32 target_write32
#define time_now target_time_now
#define cpu_relax target_cpu_relax
#include <guests/lib/guest.h>
#undef read32
#undef write32
#undef time_now
#undef cpu_relax
#undef dsb

static uint32_t read32(uint64_t at);
static void write32(uint64_t at, uint32_t v);
static uint64_t time_now(void);
static void cpu_relax(void);
#define dsb() ((void)0)

#include "../../guests/drv_gpio/mailbox.c"

#define BASE	0xfe00b880ull
#define BUS	0xc0340000u		/* where the messages lie for VideoCore */

static uint8_t dram[sizeof(messages)], synced[sizeof(messages)];
static uint32_t answers[16], answer_count, taken;	/* the mailbox to the processor */
static uint64_t now, life, answers_at;
static uint32_t waiting;				/* a message it works on; 0: none */
static enum { ANSWERS, IS_SILENT, IS_STUCK, KNOWS_NOT, FAILS } mood;
static bool has_mailbox, reaches;

static void push(uint32_t v)
{
	assert_true(answer_count < 16);
	answers[answer_count++] = v;
}

/* VideoCore: doubles the value, or says what it has seen. */
static void work(void)
{
	uint32_t offset = (waiting & ~15u) - BUS, m[LINE / 4];

	assert_int_equal(waiting & 15, CHANNEL);
	assert_true(offset == 0 || offset == LINE);
	memcpy(m, dram + offset, LINE);
	assert_int_equal(m[0], LINE);
	assert_int_equal(m[1], 0);
	assert_int_equal(m[3], 12);
	assert_int_equal(m[4], 0);
	assert_int_equal(m[8], 0);
	m[1] = mood == FAILS ? 0x80000001u : 0x80000000u;
	m[4] = mood == KNOWS_NOT ? 0x80000000u : 0x80000008u;
	m[6] = m[6] * 2 + m[2];
	memcpy(dram + offset, m, LINE);
	push(waiting);
	waiting = 0;
}

static uint64_t time_now(void)
{
	now += 10;
	if (waiting && now >= answers_at && mood != IS_SILENT) {
		work();
	}
	return now;
}

static void cpu_relax(void) { }

static uint32_t read32(uint64_t at)
{
	switch (at - BASE) {
	case 0x00:
		assert_true(taken < answer_count);
		return answers[taken++];
	case 0x18:
		return taken == answer_count ? 1u << 30 : 0;
	case 0x38:
		return mood == IS_STUCK ? 1u << 31 : 1u << 30;
	default:
		fail_msg("a read at 0x%lx", (unsigned long)at);
		return 0;
	}
}

static void write32(uint64_t at, uint32_t v)
{
	assert_int_equal(at, BASE + 0x20);
	assert_int_equal(waiting, 0);
	waiting = v;
	answers_at = now + 500;
}

/* Dirty bytes go out, then what is there comes in. */
void cache_clean_invalidate(const void *at, size_t size)
{
	size_t offset = (size_t)((const uint8_t *)at - (uint8_t *)messages);

	assert_int_equal(offset % LINE, 0);
	assert_int_equal(size, LINE);
	if (memcmp(at, synced + offset, size) != 0) {
		memcpy(dram + offset, at, size);
	}
	memcpy((uint8_t *)messages + offset, dram + offset, size);
	memcpy(synced + offset, dram + offset, size);
}

uint64_t guest_life(void) { return life; }
uint64_t us_to_ticks(uint64_t us) { return us; }

bool tree_device(const char *compatible, uint32_t index, struct tree_device *d)
{
	*d = (struct tree_device){ .base = BASE };
	return has_mailbox && index == 0 && strcmp(compatible, "brcm,bcm2835-mbox") == 0;
}

bool tree_device_dma(const struct tree_device *d, uint64_t at, uint64_t size, uint64_t *bus)
{
	*bus = BUS + (at - (uint64_t)messages);
	return reaches && size == LINE;
}

static int begin(void **state)
{
	memset(messages, 0, sizeof(messages));
	memset(dram, 0x55, sizeof(dram));
	memset(synced, 0, sizeof(synced));
	answer_count = taken = waiting = 0;
	mood = ANSWERS;
	has_mailbox = reaches = true;
	life = 1;
	message = NULL;
	is_out = false;
	return 0;
}

static bool ask(uint32_t tag, uint32_t v, uint32_t want)
{
	uint32_t value[3] = { 7, v, 1 };

	return firmware_ask(tag, value, 3) && value[0] == 7 && value[1] == want;
}

static void an_answer_is_what_videocore_wrote(void **state)
{
	assert_null(firmware_open());
	for (uint32_t i = 0; i < 5; i++) {
		assert_true(ask(100, i, 2 * i + 100));
	}
}

static void who_has_no_mailbox_or_lies_too_high_is_told(void **state)
{
	assert_false(ask(1, 1, 3));
	has_mailbox = false;
	assert_non_null(firmware_open());
	has_mailbox = true;
	reaches = false;
	assert_non_null(firmware_open());
	assert_false(ask(1, 1, 3));
}

static void unknown_tags_and_failures_are_no_answers(void **state)
{
	assert_null(firmware_open());
	mood = KNOWS_NOT;
	assert_false(ask(1, 1, 3));
	mood = FAILS;
	assert_false(ask(1, 1, 3));
	mood = IS_STUCK;
	assert_false(ask(1, 1, 3));
	mood = ANSWERS;
	assert_true(ask(1, 1, 3));
}

/* The message is not written to while VideoCore may still answer into it. */
static void a_late_answer_is_waited_for_and_dropped(void **state)
{
	assert_null(firmware_open());
	mood = IS_SILENT;
	assert_false(ask(1, 1, 3));
	assert_false(ask(2, 5, 12));		/* at once: waiting would be an assertion */
	assert_int_not_equal(waiting, 0);
	mood = ANSWERS;
	time_now();				/* now it comes */
	assert_true(ask(2, 5, 12));
}

static void an_earlier_life_s_answer_is_not_ours(void **state)
{
	uint32_t old;

	assert_null(firmware_open());
	mood = IS_SILENT;
	assert_false(ask(1, 1, 3));
	old = waiting;
	message = NULL;				/* it dies, and starts again */
	is_out = false;
	life = 2;
	waiting = 0;
	assert_null(firmware_open());
	assert_int_not_equal(bus, old & ~15u);
	push(old);
	mood = ANSWERS;
	assert_true(ask(2, 5, 12));
	push(old);
	push(bus | 9);				/* another channel */
	assert_true(ask(2, 6, 14));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_answer_is_what_videocore_wrote, begin),
		cmocka_unit_test_setup(who_has_no_mailbox_or_lies_too_high_is_told, begin),
		cmocka_unit_test_setup(unknown_tags_and_failures_are_no_answers, begin),
		cmocka_unit_test_setup(a_late_answer_is_waited_for_and_dropped, begin),
		cmocka_unit_test_setup(an_earlier_life_s_answer_is_not_ours, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
