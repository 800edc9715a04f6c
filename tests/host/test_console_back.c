/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/lib/console_back.c against a front end in the same window: output in order and given
 * back only when it is printed, input, resets, a death with output on its way, and a front
 * end that writes anything into its half.
 */
/* sources: guests/lib/console_back.c guests/lib/back.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guests/lib/console_back.h"
#include "guests/lib/virtq_driver.h"

#define BASE		0x20000000u	/* of the window, in the front end */
#define HALF		0x10000u
#define ENTRIES		8u
#define BUFFERS		0x8000u		/* in each half */
#define BUFFER		64u

enum { INPUT, OUTPUT };			/* queues */

static _Alignas(4096) uint8_t window[2 * HALF];
static _Alignas(4096) struct back_page page;
static struct skerry_link row;
static struct skerry_msg_state state;
static struct virtq_driver driver[2];
static struct virtq_slot slots[2][ENTRIES];
static struct console_back back;
static unsigned rings, resets_asked;

const struct skerry_link *link_info(uint32_t port)
{
	return port == 0 ? &row : NULL;
}

bool arg_has(const char *name)
{
	(void)name;
	return false;
}

int64_t link_notify(uint32_t port)
{
	rings += port == 0;
	return SKERRY_OK;
}

int64_t link_state(uint32_t port, struct skerry_msg_state *s)
{
	(void)port;
	*s = state;
	return SKERRY_OK;
}

int64_t link_offer(uint32_t port, const struct skerry_msg_offer *offer, uint32_t *epoch)
{
	(void)port;
	assert_int_equal(offer->device_id, 3);
	assert_int_equal(offer->queue_count, 2);
	*epoch = state.epoch;
	return SKERRY_OK;
}

int64_t link_config_write(uint32_t port, uint32_t offset, const void *from, uint32_t size)
{
	(void)port;
	(void)offset;
	(void)from;
	assert_int_equal(size, 12);
	return SKERRY_OK;
}

int64_t link_queue(uint32_t port, uint32_t index, struct skerry_msg_vqueue *q)
{
	(void)port;
	*q = (struct skerry_msg_vqueue){
		.index = index, .size = ENTRIES, .descriptors = BASE + index * 8192,
		.available = BASE + index * 8192 + 4096, .used = BASE + HALF + index * 4096,
	};
	return SKERRY_OK;
}

int64_t link_ack(uint32_t port, uint32_t epoch)
{
	(void)port;
	assert_int_equal(epoch, state.epoch);
	assert_int_equal(back.back.in_flight, 0);
	state.is_ack_due = 0;
	return SKERRY_OK;
}

int64_t link_needs_reset(uint32_t port)
{
	(void)port;
	resets_asked++;
	state.status |= BACK_STATUS_NEEDS_RESET;
	return SKERRY_OK;
}

static void front_up(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(vqd_init(&driver[i], ENTRIES, VIRTQ_F_EVENT_IDX,
					  window + i * 8192, window + i * 8192 + 4096,
					  window + HALF + i * 4096, slots[i]), 0);
	}
	state.status = BACK_STATUS_DRIVER_OK | 11;
	state.features = VIRTQ_F_EVENT_IDX;
}

/* Another life of the back end. */
static void back_up(void)
{
	memset(&back, 0xaa, sizeof(back));
	assert_int_equal(console_back_open(&back, 0, 80, 24), SKERRY_OK);
	console_back_update(&back);
}

static int begin(void **unused)
{
	(void)unused;
	memset(window, 0, sizeof(window));
	memset(&page, 0, sizeof(page));
	state = (struct skerry_msg_state){ .epoch = 7, .is_front_up = 1 };
	row = (struct skerry_link){ .type = SKERRY_LINK_CONSOLE, .role = SKERRY_BACK,
				    .base = (uintptr_t)window, .size = sizeof(window),
				    .front_base = BASE, .page = (uintptr_t)&page };
	rings = resets_asked = 0;
	front_up();
	back_up();
	assert_true(back.back.is_live);
	return 0;
}

/* One chain of two parts; its slot is the caller's to choose. */
static bool front_prints(uint32_t slot, const char *text)
{
	uint32_t size = (uint32_t)strlen(text), first = size / 2;
	uint32_t at = BUFFERS + slot * BUFFER;
	struct virtq_buffer b[2] = { { BASE + at, first }, { BASE + at + first, size - first } };

	memcpy(window + at, text, size);
	if (vqd_add(&driver[OUTPUT], first ? b : b + 1, first ? 2 : 1, 0, &slots) < 0) {
		return false;
	}
	vqd_publish(&driver[OUTPUT]);
	return true;
}

static uint32_t front_gets_back(uint32_t queue)
{
	uint32_t n = 0, written;
	void *cookie;

	while (vqd_take(&driver[queue], &cookie, &written) == 1) {
		n++;
	}
	return n;
}

static void front_posts(uint32_t slot)
{
	struct virtq_buffer b = { BASE + HALF + BUFFERS + slot * BUFFER, BUFFER };

	assert_true(vqd_add(&driver[INPUT], &b, 0, 1, &slots) >= 0);
	vqd_publish(&driver[INPUT]);
}

static void assert_read(uint32_t max, const char *expected)
{
	uint8_t text[256] = { 0 };

	assert_int_equal(console_back_read(&back, text, max), strlen(expected));
	assert_string_equal((char *)text, expected);
}

static void output_comes_in_order_and_goes_back_when_printed(void **unused)
{
	(void)unused;
	assert_read(100, "");
	assert_true(front_prints(0, "one "));
	assert_true(front_prints(1, "two "));
	assert_read(6, "one tw");
	assert_int_equal(front_gets_back(OUTPUT), 0);
	console_back_printed(&back, 3);
	assert_int_equal(front_gets_back(OUTPUT), 0);
	console_back_printed(&back, 4);
	assert_int_equal(front_gets_back(OUTPUT), 1);
	assert_int_equal(rings, 1);
	assert_read(100, "o ");
	console_back_printed(&back, back.count);
	assert_int_equal(front_gets_back(OUTPUT), 1);
	assert_read(100, "");
	assert_int_equal(back.back.in_flight, 0);
}

static void many_more_chains_than_entries_come(void **unused)
{
	(void)unused;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(front_prints(i % 3, "x"));
		assert_read(100, "x");
		console_back_printed(&back, back.count);
		assert_int_equal(front_gets_back(OUTPUT), 1);
	}
}

static void what_was_not_printed_comes_again_after_a_death(void **unused)
{
	(void)unused;
	front_prints(0, "printed");
	front_prints(1, "read");
	front_prints(2, "neither");
	assert_read(11, "printedread");
	console_back_printed(&back, 7);
	assert_int_equal(front_gets_back(OUTPUT), 1);
	back_up();
	assert_true(back.back.is_live);
	assert_read(100, "readneither");
	console_back_printed(&back, back.count);
	assert_int_equal(front_gets_back(OUTPUT), 2);
}

static void input_waits_for_buffers(void **unused)
{
	static const uint8_t typed[100] = "typed";
	uint32_t written = 0;
	void *cookie;

	(void)unused;
	assert_int_equal(console_back_write(&back, typed, 5), 0);
	front_posts(0);
	front_posts(1);
	assert_int_equal(console_back_write(&back, typed, 5), 5);
	assert_int_equal(console_back_write(&back, typed, 100), BUFFER);
	assert_int_equal(vqd_take(&driver[INPUT], &cookie, &written), 1);
	assert_int_equal(written, 5);
	assert_memory_equal(window + HALF + BUFFERS, "typed", 5);
	assert_int_equal(window[HALF + BUFFERS + 5], 0);
	assert_int_equal(vqd_take(&driver[INPUT], &cookie, &written), 1);
	assert_int_equal(written, BUFFER);
}

static void a_reset_ends_what_is_held(void **unused)
{
	(void)unused;
	front_prints(0, "held");
	front_prints(1, "half read");
	assert_read(6, "heldha");
	state = (struct skerry_msg_state){ .epoch = 8, .is_ack_due = 1, .is_front_up = 1 };
	assert_int_equal(console_back_update(&back), BACK_DOWN);
	assert_false(state.is_ack_due);
	assert_read(100, "");
	console_back_printed(&back, back.count);
	memset(window, 0, HALF);
	front_up();
	assert_int_equal(console_back_update(&back), BACK_LIVE);
	front_prints(0, "new");
	assert_read(100, "new");
	console_back_printed(&back, back.count);
	assert_int_equal(front_gets_back(OUTPUT), 1);
}

/* Anything in the front end's half: what is read is bounded, what is written stays in the
 * device's half, and a rule that is broken costs the device until its reset. */
static void a_hostile_front_end_loses_its_own_device_only(void **unused)
{
	uint32_t broken = 0;

	for (unsigned round = 0; round < 3000; round++) {
		uint8_t text[300], before[HALF];

		srand(round);
		begin(unused);
		front_prints(0, "fine");
		front_posts(0);
		for (int n = rand() % 40; n; n--) {
			window[rand() % 2 * 8192 + rand() % 2 * 4096 + rand() % 140] =
				(uint8_t)(rand() % 3 ? rand() % 16 : rand());
		}
		memcpy(before, window, HALF);
		for (int i = 0; i < 20; i++) {
			assert_in_range(console_back_read(&back, text, sizeof(text)), 0,
					sizeof(text));
			assert_in_range(console_back_write(&back, text, 10), 0, 10);
			if (i % 3 == 0) {
				console_back_printed(&back, back.count);
			}
		}
		assert_memory_equal(before, window, HALF);
		broken += back.back.is_broken;
		assert_int_equal(resets_asked, back.back.is_broken);
		state = (struct skerry_msg_state){ .epoch = 8, .is_ack_due = 1 };
		console_back_update(&back);
		assert_false(state.is_ack_due);
	}
	assert_in_range(broken, 100, 3000);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(output_comes_in_order_and_goes_back_when_printed),
		TEST(many_more_chains_than_entries_come),
		TEST(what_was_not_printed_comes_again_after_a_death),
		TEST(input_waits_for_buffers),
		TEST(a_reset_ends_what_is_held),
		TEST(a_hostile_front_end_loses_its_own_device_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
