/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MESSAGE, EVENT and NOTIFY: who may say what, the device's state machine beneath, and
 * what is refused. Errors leave the caller's registers as they were (fake/pv_machine.h).
 */
/* sources: pv/device.c pv/message.c pv/page.c lib/format.c tests/host/fake/fake_arch.c */
#include "fake/pv_live.h"

static void nothing_is_there_before_the_offer(void **state)
{
	(void)state;
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_DEVICE_INFO, NULL, 0), SKERRY_AGAIN);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_AGAIN);
	assert_int_equal(ask(FRONT_GUEST, RAW, SKERRY_MSG_GET_STATUS, NULL, 0), SKERRY_AGAIN);
	assert_int_equal(events_of(FRONT_GUEST, DISK) & SKERRY_EVENT_OFFER, 0);
	offer_disk();
	assert_int_equal(answer.type, SKERRY_MSG_RESPONSE);
	assert_int_equal(answer.id, SKERRY_MSG_OFFER);
	assert_int_equal(answer.token, 0x1234);
	assert_int_equal(answer.size, 12);
	assert_int_equal(kicked[BACK_GUEST], 1);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_OFFER);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_DEVICE_INFO, NULL, 0), SKERRY_OK);
	assert_int_equal(answer.size, 28);
	assert_int_equal(answer.w[0], SKERRY_LINK_BLOCK);
	assert_int_equal(answer.w[2], 64);
	assert_int_equal(answer.w[3], 60);
	assert_int_equal(answer.w[4], 2);
	for (unsigned i = 5; i < 30; i++) {
		assert_int_equal(answer.w[i], 0);
	}
}

static void a_device_comes_up_in_less_than_20_messages(void **state)
{
	struct skerry_msg_state s;

	(void)state;
	offer_disk();
	(void)events_of(BACK_GUEST, DISK);
	disk_up();			/* 8 */
	assert_int_equal(events_of(BACK_GUEST, DISK), SKERRY_EVENT_STATUS);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_GET_STATE, NULL, 0), SKERRY_OK);
	memcpy(&s, answer.bytes, sizeof(s));
	assert_int_equal(s.status, 15);
	assert_true(s.features == (1ull << 29 | 3ull << 32));
	assert_int_equal(s.is_front_up, 1);
	assert_int_equal(s.is_ack_due, 0);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 1), SKERRY_OK);
	assert_int_equal(answer.w[1], 256);
	assert_int_equal(answer.w[2], 16);
	assert_true(answer.q[2] == SPLIT + KIB(8));
	assert_true(answer.q[4] == SPLIT + SPLIT_SIZE / 2 + KIB(4));
}

static void features_that_were_not_offered_do_not_stick(void **state)
{
	static const uint32_t words[][2] = { { 1u << 29, 1 }, { 1u << 29, 2 }, { 1u << 28, 3 },
					     { 0, 3 | 1 << 2 }, { 0xffffffff, 0xffffffff } };

	(void)state;
	offer_disk();
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_FEATURES, 2, 0, 1), 0);
	assert_int_equal(answer.w[2], 1u << 29 | 1 << 9);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_FEATURES, 2, 1, 1), 0);
	assert_int_equal(answer.w[2], 3);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_FEATURES, 2, 2, 1),
			 SKERRY_INVALID);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_FEATURES, 2, 0, 2),
			 SKERRY_INVALID);
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), 0);
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 3);
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 0, 1, words[i][0]);
		ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 1, 1, words[i][1]);
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 11), 0);
		assert_int_equal(answer.w[0], 3);
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 7),
				 SKERRY_INVALID);
	}
}

static void status_bits_are_only_added(void **state)
{
	static const uint32_t bad[] = { 1, 14, 13, 11, 15 | 16, 15 | 32, 15 | 64, 15 | 256,
					0x8000000f, 0xffffffff };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, bad[i]),
				 SKERRY_INVALID);
	}
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 15 | 128), 0);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 0, 1, 0),
			 SKERRY_BUSY);
}

static int64_t set_queue(const struct skerry_msg_vqueue *q)
{
	return ask(FRONT_GUEST, DISK, SKERRY_MSG_SET_VQUEUE, q, sizeof(*q));
}

/* Up to FEATURES_OK, where queues may be set. */
static struct skerry_msg_vqueue before_queues(void)
{
	offer_disk();
	ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 3);
	ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 1, 1, 3);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 11), 0);
	assert_int_equal(answer.w[0], 11);
	return queue_at(0, SPLIT, SPLIT + SPLIT_SIZE / 2);
}

static void queues_lie_in_their_halves_of_the_window(void **state)
{
	const uint64_t half = SPLIT + SPLIT_SIZE / 2, end = SPLIT + SPLIT_SIZE;
	struct { uint64_t descriptors, available, used; bool is_good; } c[] = {
		{ SPLIT, SPLIT + 256, half, true },
		{ half - 256, SPLIT, end - 136, true },
		{ half - 256 + 16, SPLIT, half, false },	/* one entry too far */
		{ SPLIT, half - 38, half, true },
		{ SPLIT, half - 36, half, false },
		{ SPLIT, SPLIT + 256, end - 132, false },
		{ SPLIT, SPLIT + 256, end, false },
		{ SPLIT - 16, SPLIT + 256, half, false },
		{ SPLIT, SPLIT - 2, half, false },
		{ half, SPLIT, half + KIB(4), false },		/* the other half */
		{ SPLIT, half, half + KIB(4), false },
		{ SPLIT, SPLIT + 256, SPLIT + KIB(4), false },
		{ SPLIT + 8, SPLIT + 512, half, false },	/* alignment */
		{ SPLIT, SPLIT + 257, half, false },
		{ SPLIT, SPLIT + 256, half + 2, false },
		{ SPLIT, SPLIT, half, false },			/* overlap */
		{ SPLIT, SPLIT + 254, half, false },
		{ SPLIT + 32, SPLIT, half, false },
		{ ~0ull & ~15ull, SPLIT, half, false },		/* wrapping */
		{ SPLIT, ~0ull - 1, half, false },
		{ SPLIT, SPLIT + 256, ~0ull - 3, false },
		{ 0, SPLIT, half, false }, { SPLIT, 0, half, false },
		{ SPLIT, SPLIT + 256, 0, false },
		{ 1ull << 63, SPLIT, half, false },
	};
	struct skerry_msg_vqueue q = before_queues();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
		q.descriptors = c[i].descriptors;
		q.available = c[i].available;
		q.used = c[i].used;
		if (set_queue(&q) != (c[i].is_good ? SKERRY_OK : SKERRY_INVALID)) {
			fail_msg("case %u", i);
		}
	}
}

static void used_rings_of_a_shared_window_take_whole_pages(void **state)
{
	struct skerry_msg_vqueue q = { .size = 16, .descriptors = BANK, .available = BANK + 256 };

	(void)state;
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32), SKERRY_OK);
	ask_words(FRONT_GUEST, NET, SKERRY_MSG_SET_STATUS, 1, 3);
	ask_words(FRONT_GUEST, NET, SKERRY_MSG_SET_FEATURES, 3, 1, 1, 3);
	ask_words(FRONT_GUEST, NET, SKERRY_MSG_SET_STATUS, 1, 11);
	q.used = BANK + 512;
	assert_int_equal(ask(FRONT_GUEST, NET, SKERRY_MSG_SET_VQUEUE, &q, 40), SKERRY_INVALID);
	q.used = BANK + KIB(4);
	assert_int_equal(ask(FRONT_GUEST, NET, SKERRY_MSG_SET_VQUEUE, &q, 40), SKERRY_OK);
	q.used = BANK + BANK_SIZE - 136;
	assert_int_equal(ask(FRONT_GUEST, NET, SKERRY_MSG_SET_VQUEUE, &q, 40), SKERRY_OK);
	q.descriptors = BANK + KIB(12) - 16;	/* its end on the page of the used ring */
	q.used = BANK + KIB(12) + 512;
	assert_int_equal(ask(FRONT_GUEST, NET, SKERRY_MSG_SET_VQUEUE, &q, 40), SKERRY_INVALID);
}

static void queue_sizes_are_powers_of_two_within_the_offer(void **state)
{
	static const uint32_t bad[] = { 3, 24, 257, 512, 1u << 31, 0xffffffff };
	struct skerry_msg_vqueue q = before_queues();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		q.size = bad[i];
		assert_int_equal(set_queue(&q), SKERRY_INVALID);
	}
	for (q.size = 1; q.size <= 256; q.size *= 2) {
		assert_int_equal(set_queue(&q), SKERRY_OK);
		assert_int_equal(answer.w[1], 256);
	}
	q.size = 0;
	assert_int_equal(set_queue(&q), SKERRY_OK);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 0), SKERRY_OK);
	assert_true(answer.w[2] == 0 && answer.q[2] == 0);
	q.size = 16;
	q.reserved = 1;
	assert_int_equal(set_queue(&q), SKERRY_INVALID);
	q.reserved = 0;
	for (uint32_t i = 2; i != 0; i <<= 1) {
		q.index = i;
		assert_int_equal(set_queue(&q), SKERRY_INVALID);
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, i),
				 SKERRY_INVALID);
	}
}

static void queues_are_set_between_features_ok_and_driver_ok(void **state)
{
	struct skerry_msg_vqueue q = queue_at(0, SPLIT, SPLIT + SPLIT_SIZE / 2);

	begin(state);
	offer_disk();
	assert_int_equal(set_queue(&q), SKERRY_BUSY);
	disk_up();
	assert_int_equal(set_queue(&q), SKERRY_BUSY);
	q.size = 0;
	assert_int_equal(set_queue(&q), SKERRY_BUSY);
}

static void a_reset_of_a_live_device_waits_for_the_back_end(void **state)
{
	uint32_t bits, epoch;

	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	assert_int_equal(answer.w[0], 15);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 1), SKERRY_BUSY);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_FEATURES, 3, 0, 1, 0),
			 SKERRY_BUSY);
	assert_int_equal(event(BACK_GUEST, &bits, &epoch), DISK);
	assert_int_equal(bits, SKERRY_EVENT_STATUS);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_GET_STATE, NULL, 0), SKERRY_OK);
	assert_true(answer.w[1] == epoch && answer.w[5] == 1);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 0), SKERRY_OK);
	assert_int_equal(answer.w[2], 16);		/* it may still look at them */
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch - 1), SKERRY_INVALID);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch + 1), SKERRY_INVALID);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_NEEDS_RESET, 0), SKERRY_BUSY);
	assert_int_equal(events_of(FRONT_GUEST, DISK), 0);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch), SKERRY_OK);
	assert_int_equal(answer.size, 8);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch), SKERRY_BUSY);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_STATUS);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0), SKERRY_OK);
	assert_int_equal(answer.w[0], 0);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 0), SKERRY_OK);
	assert_int_equal(answer.w[2], 0);
	disk_up();
	assert_int_equal(forced[BACK_GUEST], 0);
}

static void an_idle_device_resets_at_once(void **state)
{
	uint32_t bits, epoch;

	begin(state);
	offer_disk();
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 11), 0);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_OK);
	assert_int_equal(answer.w[0], 0);
	assert_int_equal(event(BACK_GUEST, &bits, &epoch), DISK);
	assert_int_equal(bits, SKERRY_EVENT_UP);
}

static void who_does_not_acknowledge_is_taken_as_crashed(void **state)
{
	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	fake.now += fake.hz;
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(forced[BACK_GUEST], 0);
	fake.now++;
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(forced[BACK_GUEST], 1);
	machine_stop(BACK_GUEST);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 0);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_STATUS);
}

static void needs_reset_reaches_the_driver(void **state)
{
	(void)state;
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_NEEDS_RESET, NULL, 0), SKERRY_OK);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_CONFIG);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 15 | 64);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
}

/* Every id with every size from each end: as the table says, and nothing else. */
static void events_of_one_port_keep_nobody_else_s_back(void **state)
{
	uint32_t bits, epoch, seen = 0, generation;

	(void)state;
	while (event(BACK_GUEST, &bits, &epoch) >= 0) {
	}
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 0, 1), SKERRY_OK);
	generation = answer.w[0];
	machine_start(OTHER_GUEST);
	for (unsigned i = 0; i < 8; i++) {	/* there is always one on the lowest port */
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_CONFIG, 4,
					   generation + 2 * i, 0, 4, i + 1), SKERRY_OK);
		seen |= 1u << event(BACK_GUEST, &bits, &epoch);
	}
	assert_int_equal(seen, 1u << DISK | 1u << CONSOLE);
}

static void only_the_table_s_messages_are_there(void **state)
{
	static const struct { uint8_t id; bool front, back; unsigned min, max; } table[] = {
		{ 0x02, true, false, 0, 0 }, { 0x03, true, false, 8, 8 },
		{ 0x04, true, false, 12, 12 }, { 0x05, true, true, 8, 8 },
		{ 0x06, true, true, 12, 108 }, { 0x07, true, true, 0, 0 },
		{ 0x08, true, false, 4, 4 }, { 0x09, true, true, 4, 4 },
		{ 0x0a, true, false, 40, 40 }, { 0x80, false, true, 32, 32 },
		{ 0x81, false, true, 0, 0 }, { 0x82, false, true, 4, 4 },
		{ 0x83, false, true, 0, 0 },
	};
	static const uint32_t zeros[30];

	for (unsigned id = 0; id < 256; id++) {
		for (unsigned size = 0; size <= 120; size++) {
			bool front = false, back = false;

			for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
				bool is_it = table[i].id == id && size >= table[i].min &&
					     size <= table[i].max;

				front |= is_it && table[i].front;
				back |= is_it && table[i].back;
			}
			if (!front) {
				assert_int_equal(ask(FRONT_GUEST, DISK, id, zeros, size),
						 SKERRY_INVALID);
			}
			if (!back) {
				assert_int_equal(ask(BACK_GUEST, DISK, id, zeros, size),
						 SKERRY_INVALID);
			}
		}
	}
	begin(state);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, zeros, 1000),
			 SKERRY_INVALID);
}

static void headers_are_checked(void **state)
{
	static const uint64_t headers[] = {
		0x0008000000000701, 0x0008000000000781, 0x0008000000010700, 0x0008000080000700,
		0x0007000000000700, 0x0000000000000700, 0x0009000000000700, 0xffff000000000700,
		0x0080000000000700,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(headers); i++) {
		uint64_t x[18] = { SKERRY_HVC_MESSAGE, DISK, headers[i] };

		assert_int_equal(hvc_message(&guests[FRONT_GUEST].vcpu[0], x), SKERRY_INVALID);
		assert_true(x[2] == headers[i]);
	}
}

static void ports_are_the_caller_s_own(void **state)
{
	static const uint64_t bad[] = { 3, 4, 15, 16, 17, 31, 32, 255, 256, 1ull << 31, 1ull << 32,
					(1ull << 32) + 1, 1ull << 63, ~0ull };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(notify(FRONT_GUEST, bad[i]), SKERRY_INVALID);
		assert_int_equal(ask(FRONT_GUEST, bad[i], SKERRY_MSG_GET_STATUS, NULL, 0),
				 SKERRY_INVALID);
	}
	assert_int_equal(notify(OTHER_GUEST, 1), SKERRY_INVALID);
	for (unsigned i = 0; i < GUESTS; i++) {
		for (unsigned port = 0; port < 4; port++) {
			assert_int_equal(guests[i].arch.raised[SKERRY_INTID_LINK(port)], 0);
		}
	}
	assert_int_equal(notify(FRONT_GUEST, RAW), SKERRY_OK);
	assert_int_equal(guests[BACK_GUEST].arch.raised[SKERRY_INTID_LINK(RAW)], 1);
	assert_int_equal(notify(OTHER_GUEST, 0), SKERRY_OK);
	assert_int_equal(guests[BACK_GUEST].arch.raised[SKERRY_INTID_LINK(CONSOLE)], 1);
	assert_int_equal(notify(BACK_GUEST, CONSOLE), SKERRY_OK);
	assert_int_equal(guests[OTHER_GUEST].arch.raised[SKERRY_INTID_LINK(0)], 1);
}

#define T(name) cmocka_unit_test_setup(name, begin)
#define LIVE(name) cmocka_unit_test_setup(name, begin_live)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_there_before_the_offer),
		T(a_device_comes_up_in_less_than_20_messages),
		T(features_that_were_not_offered_do_not_stick),
		LIVE(status_bits_are_only_added),
		T(queues_lie_in_their_halves_of_the_window),
		T(used_rings_of_a_shared_window_take_whole_pages),
		T(queue_sizes_are_powers_of_two_within_the_offer),
		T(queues_are_set_between_features_ok_and_driver_ok),
		LIVE(a_reset_of_a_live_device_waits_for_the_back_end),
		T(an_idle_device_resets_at_once),
		LIVE(who_does_not_acknowledge_is_taken_as_crashed),
		LIVE(needs_reset_reaches_the_driver),
		LIVE(events_of_one_port_keep_nobody_else_s_back),
		LIVE(only_the_table_s_messages_are_there),
		LIVE(headers_are_checked),
		T(ports_are_the_caller_s_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
