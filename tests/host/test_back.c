// SPDX-License-Identifier: BSD-2-Clause
/*
 * guests/lib/back.c on EL2's own state machine (pv/), with the ring's two sides: sessions,
 * resets and stops with chains in flight, deaths of either end, in order and at random.
 * Each chain comes back once, and nothing is touched after it was acknowledged.
 */
/* sources: guests/lib/back.c guests/lib/console_back.c tests/host/fake/pv_peer.c pv/device.c
 * pv/message.c pv/page.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guests/lib/console_back.h"
#include "guests/lib/virtq_driver.h"
#include "fake/pv_peer.h"
#include "fake/link_peer.h"

#define HALF		(PEER_SIZE / 2)
#define RINGS		0x8000u		/* of each half: rings below, buffers above */

static const struct skerry_msg_offer offer = {
	.device_id = SKERRY_LINK_BLOCK, .features = 1ull << 9, .config_size = 60,
	.queue_count = PEER_QUEUES, .queue_size_max = 256,
};
static struct skerry_link row;
static struct back back;
static uint16_t held[PEER_QUEUES][PEER_ENTRIES];	/* heads that the back end has taken */
static uint32_t held_count[PEER_QUEUES];
static struct virtq_driver driver[PEER_QUEUES];
static struct virtq_slot slots[PEER_QUEUES][PEER_ENTRIES];
static bool out[PEER_QUEUES][PEER_ENTRIES];		/* chains by cookie: with the device */
static bool is_front_up, is_back_up;
static bool is_live, is_resetting;			/* as the driver has it */
static uint64_t random_state;
static unsigned rings;

/* --- What back.c calls ------------------------------------------------------------ */

const struct skerry_link *link_info(uint32_t port)
{
	return port == PEER_PORT ? &row : NULL;
}

bool arg_has(const char *name)
{
	(void)name;
	return true;
}

int64_t link_notify(uint32_t port)
{
	assert_int_equal(port, PEER_PORT);
	rings++;
	return SKERRY_OK;
}

int64_t link_ack(uint32_t port, uint32_t epoch)
{
	const volatile uint8_t *used = peer_window + HALF;

	(void)port;
	assert_int_equal(back.in_flight, 0);
	for (uint32_t i = 0; is_resetting && i < PEER_QUEUES * 4096; i++) {
		assert_int_equal(used[i], 0);
	}
	return link_ask_peer(SKERRY_MSG_ACK, &epoch, sizeof(epoch), NULL, 0);
}

/* --- The two guests --------------------------------------------------------------- */

static void back_begin(void)
{
	static const uint8_t config[60] = { 1, 2, 3 };

	peer_start(PEER_BACK);
	is_back_up = true;
	memset(&back, 0xaa, sizeof(back));
	memset(held_count, 0, sizeof(held_count));
	assert_int_equal(back_open(&back, PEER_PORT, &offer, config), SKERRY_OK);
	back_update(&back);
}

static void back_dies(void)
{
	peer_stop(PEER_BACK, true);
	assert_true(peer_stop_step(PEER_BACK));
	is_back_up = false;
}

static void back_looks(void)
{
	uint32_t bits;

	if (is_back_up && peer_event(PEER_BACK, &bits)) {
		back_update(&back);
	}
}

static bool back_takes(uint32_t queue)
{
	struct vqv_part part[4];
	struct vqv_chain c = { .part = part, .part_max = 4 };

	if (!is_back_up || back_next(&back, queue, &c) != 1) {
		return false;
	}
	assert_int_equal(c.readable, 1);
	assert_int_equal(c.writable, 1);
	assert_in_range((uintptr_t)part[0].at, (uintptr_t)peer_window + RINGS,
			(uintptr_t)peer_window + HALF - 1);
	assert_in_range((uintptr_t)part[1].at, (uintptr_t)peer_window + HALF + RINGS,
			(uintptr_t)peer_window + PEER_SIZE - 1);
	held[queue][held_count[queue]++] = c.head;
	return true;
}

static void back_gives(uint32_t queue)
{
	uint32_t at = held_count[queue] ? (uint32_t)(random_state >> 20) % held_count[queue] : 0;

	if (is_back_up && held_count[queue]) {
		uint16_t head = held[queue][at];

		held[queue][at] = held[queue][--held_count[queue]];
		back_complete(&back, queue, head, 8);
		back_publish(&back, queue);
	}
}

static void front_comes_up(void)
{
	if (!is_front_up || is_live || peer_status(-1) != 0) {
		return;
	}
	for (uint32_t i = 0; i < PEER_QUEUES; i++) {
		uint8_t *rings_at = peer_window + i * 8192;

		assert_int_equal(vqd_init(&driver[i], PEER_ENTRIES, VIRTQ_F_EVENT_IDX, rings_at,
					  rings_at + 4096, peer_window + HALF + i * 4096,
					  slots[i]), 0);
	}
	memset(out, 0, sizeof(out));
	peer_up();
	is_live = true;
	is_resetting = false;
}

static void front_sends(uint32_t queue)
{
	for (uint32_t i = 0; is_live && !is_resetting && i < PEER_ENTRIES; i++) {
		const struct virtq_buffer b[2] = {
			{ PEER_BASE + RINGS + 64 * i, 16 },
			{ PEER_BASE + HALF + RINGS + 64 * i, 16 },
		};

		if (!out[queue][i]) {
			if (vqd_add(&driver[queue], b, 1, 1, &out[queue][i]) >= 0) {
				out[queue][i] = true;
				vqd_publish(&driver[queue]);
			}
			return;
		}
	}
}

static void front_takes(uint32_t queue)
{
	uint32_t written;
	void *cookie;
	int result = 0;

	while (is_live && !is_resetting &&
	       (result = vqd_take(&driver[queue], &cookie, &written)) == 1) {
		assert_true(*(bool *)cookie);		/* once */
		*(bool *)cookie = false;
		assert_int_equal(written, 8);
	}
	assert_in_range(result, 0, 1);
}

/* False: it is waiting for the back end. */
static bool front_resets(void)
{
	if (is_front_up && is_live) {
		int64_t status = peer_status(0);

		is_resetting = status == SKERRY_PENDING;
		if (is_resetting) {
			return false;
		}
		assert_int_equal(status, 0);
		is_live = false;
	}
	return true;
}

static void front_stops(void)
{
	peer_stop(PEER_FRONT, true);
	is_front_up = is_live = is_resetting = false;
}

static int begin(void **state)
{
	(void)state;
	peer_reset();
	row = (struct skerry_link){
		.type = SKERRY_LINK_BLOCK, .role = SKERRY_BACK, .window = SKERRY_WINDOW_SPLIT,
		.base = (uint64_t)(uintptr_t)peer_window, .size = PEER_SIZE,
		.front_base = PEER_BASE, .page = (uint64_t)(uintptr_t)(peer_window + PEER_SIZE),
	};
	random_state = 0x123456789abcdefull;
	rings = 0;
	is_live = is_resetting = false;
	back_begin();
	peer_start(PEER_FRONT);
	is_front_up = true;
	front_comes_up();
	back_looks();
	return 0;
}

/* --- In order --------------------------------------------------------------------- */

static void a_chain_goes_and_comes_back(void **state)
{
	(void)state;
	assert_true(back.is_live);
	assert_false(back.is_resumed);
	front_sends(0);
	assert_true(back_takes(0));
	assert_int_equal(back.in_flight, 1);
	assert_false(back_takes(0));
	back_gives(0);
	assert_int_equal(rings, 1);
	front_takes(0);
	assert_false(out[0][0]);
}

static void a_reset_waits_for_what_is_in_flight(void **state)
{
	(void)state;
	front_sends(0);
	front_sends(0);
	back_takes(0);
	back_takes(0);
	assert_false(front_resets());
	back_looks();
	assert_false(back.is_live);
	assert_false(back_takes(0));
	back_gives(0);
	assert_int_equal(peer_status(-1) & 4, 4);
	back_gives(0);
	assert_int_equal(peer_status(-1), 0);
	is_live = false;
	front_comes_up();
	back_looks();
	assert_true(back.is_live);
}

static void who_holds_chains_only_may_let_go(void **state)
{
	(void)state;
	front_sends(1);
	back_takes(1);
	front_resets();
	back_looks();
	assert_int_equal(back.in_flight, 1);
	back_let_go(&back);
	assert_int_equal(peer_status(-1), 0);
}

static void a_stop_waits_as_well(void **state)
{
	(void)state;
	front_sends(0);
	back_takes(0);
	front_stops();
	assert_false(peer_stop_step(PEER_FRONT));
	back_looks();
	assert_false(peer_stop_step(PEER_FRONT));
	back_gives(0);
	while (!peer_stop_step(PEER_FRONT)) {
	}
	assert_int_equal(peer_window[0], 0);
	peer_start(PEER_FRONT);
	is_front_up = true;
	front_comes_up();
	back_looks();
	assert_true(back.is_live);
	assert_false(back.is_resumed);
}

static void the_next_life_does_again_what_was_in_flight(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		front_sends(0);
	}
	back_takes(0);
	back_takes(0);
	back_takes(0);
	back_gives(0);
	back_dies();
	front_sends(0);
	back_begin();
	assert_true(back.is_live);
	assert_true(back.is_resumed);
	for (int i = 0; i < 5; i++) {
		assert_true(back_takes(0));
	}
	assert_false(back_takes(0));
	for (int i = 0; i < 5; i++) {
		back_gives(0);
	}
	front_takes(0);
	for (int i = 0; i < 6; i++) {
		assert_false(out[0][i]);
	}
}

static void a_reset_of_a_dead_back_end_is_done_by_its_next_life(void **state)
{
	(void)state;
	front_sends(0);
	back_takes(0);
	back_gives(0);
	back_dies();
	assert_false(front_resets());
	back_begin();
	assert_int_equal(peer_status(-1), 0);
	is_live = false;
	front_comes_up();
	back_looks();
	assert_true(back.is_live);
	assert_false(back.is_resumed);
	front_sends(0);
	assert_true(back_takes(0));
}

static void a_broken_driver_is_told_once_and_may_begin_again(void **state)
{
	(void)state;
	front_sends(0);
	virtq_store(&driver[0].avail->idx, 5000);
	assert_false(back_takes(0));
	assert_true(back.is_broken);
	assert_int_equal(peer_status(-1), 15 | 64);
	front_sends(1);
	assert_false(back_takes(1));
	front_resets();
	back_looks();
	assert_int_equal(peer_status(-1), 0);
	is_live = false;
	front_comes_up();
	back_looks();
	assert_true(back.is_live);
	assert_false(back.is_broken);
}

/* One that posts such again and again keeps the console's back end from nobody else. */
static void an_input_buffer_without_room_breaks_the_driver(void **state)
{
	static struct console_back console;
	struct virtq_buffer b = { PEER_BASE + RINGS, 16 };

	(void)state;
	console.back = back;
	assert_true(vqd_add(&driver[0], &b, 1, 0, &b) >= 0);
	vqd_publish(&driver[0]);
	assert_int_equal(console_back_write(&console, (const uint8_t *)"a", 1), 0);
	assert_true(console.back.is_broken && console.back.in_flight == 0);
}

static void a_broken_session_is_not_resumed(void **state)
{
	(void)state;
	virtq_store(&driver[0].avail->idx, 5000);
	assert_false(back_takes(0));
	back_dies();
	back_begin();
	assert_false(back.is_live);
	front_resets();
	back_looks();
	assert_int_equal(peer_status(-1), 0);
}

static void nothing_is_offered_where_it_is_declined(void **state)
{
	struct skerry_msg m = { .id = SKERRY_MSG_DEVICE_INFO, .size = SKERRY_MSG_HEADER };

	(void)state;
	front_resets();
	back_looks();
	peer_reset();
	peer_start(PEER_BACK);
	peer_start(PEER_FRONT);
	assert_int_equal(back_decline(&back, PEER_PORT), SKERRY_OK);
	assert_int_equal(peer_message(PEER_FRONT, &m), SKERRY_AGAIN);
	is_live = false;
	front_stops();
	back_looks();
	while (!peer_stop_step(PEER_FRONT)) {
	}
}

/* --- At random -------------------------------------------------------------------- */

static uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

static void random_life(uint64_t r)
{
	if (!is_front_up) {
		if (peer_stop_step(PEER_FRONT)) {
			peer_start(PEER_FRONT);
			is_front_up = true;
		}
	} else if (r % 40 == 0) {
		front_stops();
	} else if (r % 40 == 1) {
		(void)front_resets();
	}
	if (!is_back_up) {
		if (r % 8 == 0) {
			back_begin();
		}
	} else if (r % 40 == 2) {
		back_dies();
	}
}

static void lives_at_random_lose_nothing(void **state)
{
	uint32_t sent = 0;

	(void)state;
	for (uint32_t i = 0; i < 60000; i++) {
		uint64_t r = next_random();
		uint32_t queue = r >> 8 & 1;

		switch (r & 7) {
		case 0:
			random_life(r >> 16);
			break;
		case 1:
			back_looks();
			break;
		case 2:
			if (is_resetting && peer_status(-1) == 0) {
				is_live = is_resetting = false;
			}
			front_comes_up();
			break;
		case 3:
			back_takes(queue);
			break;
		case 4:
			back_gives(queue);
			break;
		case 5:
			front_takes(queue);
			break;
		default:
			front_sends(queue);
			sent++;
			break;
		}
	}
	assert_true(sent > 1000);
	assert_int_equal(peer_forced(PEER_BACK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_chain_goes_and_comes_back, begin),
		cmocka_unit_test_setup(a_reset_waits_for_what_is_in_flight, begin),
		cmocka_unit_test_setup(who_holds_chains_only_may_let_go, begin),
		cmocka_unit_test_setup(a_stop_waits_as_well, begin),
		cmocka_unit_test_setup(the_next_life_does_again_what_was_in_flight, begin),
		cmocka_unit_test_setup(a_reset_of_a_dead_back_end_is_done_by_its_next_life, begin),
		cmocka_unit_test_setup(a_broken_driver_is_told_once_and_may_begin_again, begin),
		cmocka_unit_test_setup(an_input_buffer_without_room_breaks_the_driver, begin),
		cmocka_unit_test_setup(a_broken_session_is_not_resumed, begin),
		cmocka_unit_test_setup(nothing_is_offered_where_it_is_declined, begin),
		cmocka_unit_test_setup(lives_at_random_lose_nothing, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
