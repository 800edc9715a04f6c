/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What back ends offer, config bytes, and events: by MESSAGE and EVENT, as in
 * test_pv_message.c.
 */
/* sources: pv/device.c pv/message.c pv/page.c lib/format.c tests/host/fake/fake_arch.c */
#include "fake/pv_live.h"

static void config_bytes_have_a_generation(void **state)
{
	uint32_t w[30] = { 0, 8, 4, 0x11223344 }, generation;

	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 8, 4), SKERRY_OK);
	generation = answer.w[0];
	assert_int_equal(answer.size, 8 + 12 + 4);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_OK);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_CONFIG);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 8, 4), SKERRY_OK);
	assert_true(answer.w[0] != generation && answer.w[3] == 0x11223344);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_OK);
	assert_int_equal(events_of(FRONT_GUEST, DISK), 0);	/* the same bytes */
	w[0] = generation;
	w[3] = 5;
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_BUSY);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16),
			 generation ? SKERRY_INVALID : SKERRY_OK);
	ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 8, 4);
	w[0] = answer.w[0];
	w[3] = 6;
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_OK);
	assert_int_equal(events_of(BACK_GUEST, DISK), SKERRY_EVENT_CONFIG);
	ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 8, 4);
	assert_int_equal(answer.w[3], 6);
}

static void config_bytes_have_bounds(void **state)
{
	static const uint32_t bad[][2] = {
		{ 0, 61 }, { 60, 1 }, { 59, 2 }, { 0, 0 }, { 1, 60 }, { 0xffffffff, 1 },
		{ 0xffffffff, 2 }, { 1, 0xffffffff }, { 0x80000000, 0x80000000 }, { 60, 0 },
	};
	uint32_t w[30] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, bad[i][0],
					   bad[i][1]), SKERRY_INVALID);
		w[1] = bad[i][0];
		w[2] = bad[i][1];
		for (unsigned size = 12; size <= 120; size += 12) {
			assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, size),
					 SKERRY_INVALID);
		}
	}
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 0, 60), SKERRY_OK);
	assert_int_equal(answer.size, 8 + 12 + 60);
	w[1] = 0;
	w[2] = 60;
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 12 + 59), SKERRY_INVALID);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 12 + 60), SKERRY_OK);
}

static void config_bytes_may_come_before_the_offer(void **state)
{
	uint32_t w[30] = { 0, 0, 96, 77 };

	begin(state);
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 12 + 96), SKERRY_OK);
	offer_disk();
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_OFFER | SKERRY_EVENT_UP);
	ask_words(FRONT_GUEST, DISK, SKERRY_MSG_GET_CONFIG, 2, 0, 4);
	assert_int_equal(answer.w[3], 77);
}

/* A back end's second life. */
static void an_offer_of_a_driver_s_device_must_be_the_same(void **state)
{
	struct skerry_msg_offer o = disk_offer;

	(void)state;
	machine_stop(BACK_GUEST);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 15);
	machine_start(BACK_GUEST);
	o.features = 1 << 9;		/* the driver has EVENT_IDX */
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_BUSY);
	o = disk_offer;
	o.config_size--;
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_BUSY);
	o = disk_offer;
	o.queue_count = 1;
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_BUSY);
	o = disk_offer;
	o.queue_size_max = 128;
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_BUSY);
	o = disk_offer;
	o.features = 1ull << 29;	/* what the driver did not take may go */
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_OK);
	ask(BACK_GUEST, DISK, SKERRY_MSG_GET_STATE, NULL, 0);
	assert_int_equal(answer.w[0], 15);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 0), SKERRY_OK);
	assert_int_equal(answer.w[2], 16);
}

/* Who waits for this guest looks once: an offer that is made again kicks nobody's core. */
static void those_who_wait_are_told_of_the_first_offer_only(void **state)
{
	struct skerry_msg_offer o = disk_offer;
	unsigned before = kicked[BACK_GUEST];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_OK);
	}
	assert_int_equal(kicked[BACK_GUEST], before);
	machine_stop(BACK_GUEST);
	machine_start(BACK_GUEST);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_OK);
	}
	assert_int_equal(kicked[BACK_GUEST], before + 1);
}

static void offers_are_checked(void **state)
{
	struct skerry_msg_offer o;

#define REFUSED(change) do { \
		o = disk_offer; \
		change; \
		assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_INVALID); \
	} while (0)

	(void)state;
	REFUSED(o.device_id = SKERRY_LINK_NET);
	REFUSED(o.device_id = 0);
	REFUSED(o.features |= 1ull << 34);	/* packed */
	REFUSED(o.features |= 1ull << 40);	/* ring reset */
	REFUSED(o.features |= 1ull << 30);
	REFUSED(o.config_size = 97);
	REFUSED(o.config_size = 0xffffffff);
	REFUSED(o.queue_count = 0);
	REFUSED(o.queue_count = 5);
	REFUSED(o.queue_count = 0xffffffff);
	REFUSED(o.queue_size_max = 0);
	REFUSED(o.queue_size_max = 3);
	REFUSED(o.queue_size_max = 2048);
	REFUSED(o.queue_size_max = 0x80000000);
	REFUSED(o.reserved = 1);
	memset(&o, 0, sizeof(o));		/* nothing: the front end finds no device */
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &o, 32), SKERRY_OK);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_DEVICE_INFO, NULL, 0), SKERRY_AGAIN);
	assert_int_equal(ask(BACK_GUEST, RAW, SKERRY_MSG_OFFER, &o, 32), SKERRY_OK);
	assert_int_equal(ask(FRONT_GUEST, RAW, SKERRY_MSG_GET_STATUS, NULL, 0), SKERRY_OK);
	assert_int_equal(ask(FRONT_GUEST, RAW, SKERRY_MSG_DEVICE_INFO, NULL, 0), SKERRY_INVALID);
	assert_int_equal(ask_words(FRONT_GUEST, RAW, SKERRY_MSG_SET_STATUS, 1, 1), SKERRY_INVALID);
	assert_int_equal(ask(BACK_GUEST, RAW, SKERRY_MSG_OFFER, &disk_offer, 32), SKERRY_INVALID);
}

static void events_gather_and_raise_once(void **state)
{
	uint32_t bits, epoch, raised, w[30] = { 0, 0, 4 };

	(void)state;
	raised = guests[FRONT_GUEST].arch.raised[SKERRY_INTID_EVENT];
	for (unsigned i = 1; i < 1000; i++) {
		w[3] = i;
		assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_OK);
	}
	assert_int_equal(guests[FRONT_GUEST].arch.raised[SKERRY_INTID_EVENT], raised + 1);
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), DISK);
	assert_int_equal(bits, SKERRY_EVENT_CONFIG);
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), SKERRY_AGAIN);
	w[3] = 0;
	ask(BACK_GUEST, DISK, SKERRY_MSG_SET_CONFIG, w, 16);
	assert_int_equal(guests[FRONT_GUEST].arch.raised[SKERRY_INTID_EVENT], raised + 2);
}

static void the_lowest_port_s_events_come_first(void **state)
{
	uint32_t bits, epoch;

	begin(state);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32), SKERRY_OK);
	offer_disk();
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), DISK);
	assert_int_equal(bits, SKERRY_EVENT_UP | SKERRY_EVENT_OFFER);
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), NET);
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), RAW);
	assert_int_equal(bits, SKERRY_EVENT_UP);
	assert_int_equal(event(FRONT_GUEST, &bits, &epoch), SKERRY_AGAIN);
}

#define T(name) cmocka_unit_test_setup(name, begin)
#define LIVE(name) cmocka_unit_test_setup(name, begin_live)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(config_bytes_have_a_generation),
		LIVE(config_bytes_have_bounds),
		T(config_bytes_may_come_before_the_offer),
		LIVE(an_offer_of_a_driver_s_device_must_be_the_same),
		LIVE(those_who_wait_are_told_of_the_first_offer_only),
		T(offers_are_checked),
		LIVE(events_gather_and_raise_once),
		T(the_lowest_port_s_events_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
