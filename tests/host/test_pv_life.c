/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What guests' lives do to their links: who is told, who has to let go before windows
 * are zeroed, and what stays. Back ends that die, never acknowledge, or are
 * quarantined; both ends dying in either order.
 */
/* sources: pv/device.c pv/message.c pv/page.c lib/format.c tests/host/fake/fake_arch.c */
#include "fake/pv_machine.h"
#include <cmocka.h>
#include "../../pv/link.c"		/* its static state is reset for each test */

static uint8_t memory[MIB(11)];

static int begin(void **state)
{
	(void)state;
	machine_reset();
	memset(next_port, 0, sizeof(next_port));
	memset(scrubbed, 0, sizeof(scrubbed));
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct pv_link){ .lock = LOCK_INIT(LOCK_LINK) };
	}
	memset(memory, 0xaa, sizeof(memory));
	fake.memory = memory;
	fake.memory_base = WINDOWS_AT;
	fake.memory_size = sizeof(memory);
	return 0;
}

static void offer_disk(void)
{
	assert_int_equal(ask(BACK_GUEST, DISK, SKERRY_MSG_OFFER, &disk_offer, 32), SKERRY_OK);
}

static int begin_live(void **state)
{
	begin(state);
	machine_start(BACK_GUEST);
	offer_disk();
	machine_start(FRONT_GUEST);
	disk_up();
	(void)events_of(BACK_GUEST, 0);
	(void)events_of(FRONT_GUEST, 0);
	return 0;
}

/* Steps of a stop until it waits or is done; how it ended. */
static enum pv_stop stop_steps(unsigned guest, unsigned *count)
{
	enum pv_stop result = PV_MORE;

	for (*count = 0; result == PV_MORE && *count < 500; ++*count) {
		result = pv_stop_step(&guests[guest]);
	}
	return result;
}

static uint32_t epoch_of(unsigned port)
{
	ask(BACK_GUEST, port, SKERRY_MSG_GET_STATE, NULL, 0);
	return answer.w[1];
}

static void both_ends_are_told_that_the_other_is_up(void **state)
{
	(void)state;
	machine_start(BACK_GUEST);
	assert_int_equal(events_of(BACK_GUEST, DISK), 0);
	machine_start(FRONT_GUEST);
	assert_int_equal(events_of(BACK_GUEST, DISK), SKERRY_EVENT_UP);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_UP);
	machine_stop(BACK_GUEST);
	machine_start(BACK_GUEST);
	assert_int_equal(events_of(BACK_GUEST, DISK), SKERRY_EVENT_UP);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_UP);
}

static void a_front_end_finds_an_earlier_offer(void **state)
{
	(void)state;
	machine_start(BACK_GUEST);
	offer_disk();
	machine_start(FRONT_GUEST);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_UP | SKERRY_EVENT_OFFER);
	machine_stop(BACK_GUEST);	/* the offer outlives it */
	machine_stop(FRONT_GUEST);
	machine_start(FRONT_GUEST);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_OFFER);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_DEVICE_INFO, NULL, 0), SKERRY_OK);
}

static void a_guest_serves_when_all_its_links_are_offered(void **state)
{
	static const struct skerry_msg_offer raw;
	struct skerry_msg_offer console = disk_offer;

	(void)state;
	console.device_id = SKERRY_LINK_CONSOLE;
	assert_true(pv_has_offered(&guests[FRONT_GUEST]));
	machine_start(BACK_GUEST);
	offer_disk();
	ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32);
	ask(BACK_GUEST, RAW, SKERRY_MSG_OFFER, &raw, 32);
	assert_false(pv_has_offered(&guests[BACK_GUEST]));
	assert_int_equal(ask(BACK_GUEST, CONSOLE, SKERRY_MSG_OFFER, &console, 32), SKERRY_OK);
	assert_true(pv_has_offered(&guests[BACK_GUEST]));
	assert_int_equal(kicked[BACK_GUEST], 4);
	machine_stop(BACK_GUEST);
	assert_false(pv_has_offered(&guests[BACK_GUEST]));
}

static void windows_are_zeroed_when_the_back_end_has_let_go(void **state)
{
	uint32_t epoch = epoch_of(DISK), bits, told;
	unsigned steps;

	(void)state;
	machine_stop(FRONT_GUEST);
	assert_int_equal(event(BACK_GUEST, &bits, &told), DISK);
	assert_int_equal(bits, SKERRY_EVENT_DOWN);
	assert_int_equal(told, epoch + 1);
	assert_int_equal(event(BACK_GUEST, &bits, &told), SKERRY_AGAIN);	/* not offered */
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_MORE);
	assert_int_equal(memory[0], 0xaa);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch), SKERRY_INVALID);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch + 1), SKERRY_OK);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_DONE);
	/* 2 MiB, 4 MiB, 128 KiB; a page behind each; 16 KiB a step */
	assert_int_equal(steps, 129 + 257 + 9 + 1);
	for (unsigned i = 0; i < sizeof(memory); i++) {
		bool is_window = i < SPLIT_SIZE + KIB(4) ||
				 (i >= MIB(4) && i < MIB(4) + BANK_SIZE + KIB(4)) ||
				 (i >= MIB(9) && i < MIB(9) + KIB(132));

		assert_int_equal(memory[i], is_window ? 0 : 0xaa);	/* OTHER's stays */
	}
	assert_int_equal(forced[BACK_GUEST], 0);
}

static void a_stop_resets_the_device_and_keeps_the_offer(void **state)
{
	(void)state;
	machine_stop(FRONT_GUEST);
	ask(BACK_GUEST, DISK, SKERRY_MSG_GET_STATE, NULL, 0);
	assert_true(answer.w[0] == 0 && answer.w[4] == 0 && answer.w[5] == 1);
	ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, answer.w[1]);
	machine_start(FRONT_GUEST);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_UP | SKERRY_EVENT_OFFER);
	disk_up();
}

static void a_stop_during_a_reset_wants_its_own_acknowledgement(void **state)
{
	uint32_t epoch;

	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	epoch = epoch_of(DISK);
	machine_stop(FRONT_GUEST);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch), SKERRY_INVALID);
	assert_int_equal(pv_stop_step(&guests[FRONT_GUEST]), PV_MORE);
	assert_int_equal(memory[0], 0xaa);
	assert_int_equal(events_of(BACK_GUEST, DISK), SKERRY_EVENT_STATUS | SKERRY_EVENT_DOWN);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch + 1), SKERRY_OK);
	assert_int_equal(pv_stop_step(&guests[FRONT_GUEST]), PV_MORE);
	assert_int_equal(memory[0], 0);
}

static void a_back_end_that_never_acknowledges_is_restarted(void **state)
{
	unsigned steps;

	(void)state;
	machine_stop(FRONT_GUEST);
	fake.now += fake.hz;
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_MORE);
	assert_int_equal(forced[BACK_GUEST], 0);
	fake.now++;
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_MORE);
	assert_int_equal(forced[BACK_GUEST], 1);
	assert_int_equal(memory[0], 0xaa);	/* not before it is silenced */
	fake.now += fake.hz + 1;		/* paused by its crash, for instance */
	assert_int_equal(pv_stop_step(&guests[FRONT_GUEST]), PV_MORE);
	assert_int_equal(forced[BACK_GUEST], 2);
	machine_stop(BACK_GUEST);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_DONE);
	machine_start(FRONT_GUEST);
}

/* The back end's core has the lock, and its clock goes on. */
static void back_begins_meanwhile(void)
{
	fake.on_lock = NULL;
	fake.now++;
	machine_start(BACK_GUEST);
}

static void a_back_end_that_begins_while_the_lock_is_waited_for_is_not_late(void **state)
{
	(void)state;
	guests[BACK_GUEST].next_state = GUEST_LOADING;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	machine_stop(BACK_GUEST);
	fake.on_lock = back_begins_meanwhile;
	link_enforce(&links[DISK]);
	assert_null(fake.on_lock);
	assert_int_equal(forced[BACK_GUEST], 0);
}

static void offers_do_not_put_an_acknowledgement_off(void **state)
{
	unsigned steps;

	(void)state;
	machine_stop(FRONT_GUEST);
	for (unsigned i = 0; i < 3; i++) {
		fake.now += fake.hz * 3 / 5;
		offer_disk();
		assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_MORE);
	}
	assert_int_equal(forced[BACK_GUEST], 1);
}

static void a_quarantined_back_end_quarantines_who_stops(void **state)
{
	unsigned steps;

	guests[BACK_GUEST].state = GUEST_QUARANTINED;	/* its DMA was never silenced */
	machine_stop(FRONT_GUEST);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_BAD);
	assert_int_equal(memory[0], 0xaa);
	begin_live(state);
	machine_stop(BACK_GUEST);
	machine_start(BACK_GUEST);	/* and before this life has offered: */
	guests[BACK_GUEST].state = GUEST_QUARANTINED;
	machine_stop(FRONT_GUEST);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_BAD);
	assert_int_equal(memory[0], 0xaa);
}

static void a_back_end_s_death_is_a_pause(void **state)
{
	uint32_t epoch = epoch_of(DISK);

	(void)state;
	machine_stop(BACK_GUEST);
	assert_int_equal(notify(FRONT_GUEST, DISK), SKERRY_OK);	/* nobody hears it */
	assert_int_equal(guests[BACK_GUEST].arch.raised[SKERRY_INTID_LINK(DISK)], 0);
	assert_int_equal(memory[0], 0xaa);
	machine_start(BACK_GUEST);
	offer_disk();
	assert_int_equal(epoch_of(DISK), epoch);
	assert_int_equal(answer.w[0], 15);
	ask_words(BACK_GUEST, DISK, SKERRY_MSG_GET_VQUEUE, 1, 1);
	assert_true(answer.q[2] == SPLIT + KIB(8));
	assert_int_equal(notify(BACK_GUEST, DISK), SKERRY_OK);
	assert_int_equal(guests[FRONT_GUEST].arch.raised[SKERRY_INTID_LINK(DISK)], 1);
}

static void a_reset_does_not_wait_for_a_dead_back_end(void **state)
{
	uint32_t epoch = epoch_of(DISK);

	(void)state;
	machine_stop(BACK_GUEST);
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_OK);
	machine_start(BACK_GUEST);
	assert_int_equal(epoch_of(DISK), epoch + 1);	/* what it knew is void */
	assert_int_equal(answer.w[0], 0);
}

static void a_pending_reset_ends_with_the_back_end(void **state)
{
	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	machine_stop(BACK_GUEST);
	assert_int_equal(events_of(FRONT_GUEST, DISK), SKERRY_EVENT_STATUS);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 0);
}

/* It has to zero the used rings. Its start may take longer than an acknowledgement. */
static void a_back_end_that_is_restarted_ends_the_reset(void **state)
{
	(void)state;
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	guests[BACK_GUEST].next_state = GUEST_LOADING;
	machine_stop(BACK_GUEST);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 15);
	machine_start(BACK_GUEST);
	fake.now += 9 * fake.hz;
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(forced[BACK_GUEST], 0);
	offer_disk();
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(forced[BACK_GUEST], 0);
	assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch_of(DISK)), SKERRY_OK);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 0);
	disk_up();
	assert_int_equal(ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, 0), SKERRY_PENDING);
	machine_stop(BACK_GUEST);
	machine_start(BACK_GUEST);
	fake.now += 11 * fake.hz;
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(forced[BACK_GUEST], 1);
	machine_stop(BACK_GUEST);
	guests[BACK_GUEST].state = GUEST_CRASHED;	/* it stays down */
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 0);
}

static void both_may_die_in_either_order(void **state)
{
	unsigned steps;

	machine_stop(FRONT_GUEST);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_MORE);
	machine_stop(BACK_GUEST);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_DONE);
	assert_int_equal(stop_steps(BACK_GUEST, &steps), PV_DONE);
	begin_live(state);
	machine_stop(BACK_GUEST);
	machine_stop(FRONT_GUEST);
	assert_int_equal(stop_steps(BACK_GUEST, &steps), PV_DONE);
	assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_DONE);
	assert_int_equal(memory[0], 0);
	machine_start(FRONT_GUEST);
	assert_int_equal(ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0), SKERRY_OK);
	assert_int_equal(answer.w[0], 0);
	machine_start(BACK_GUEST);
	offer_disk();
	disk_up();
	assert_int_equal(forced[BACK_GUEST], 0);
}

static void a_life_that_never_began_changes_nothing(void **state)
{
	uint32_t epoch = epoch_of(CONSOLE);
	unsigned steps;

	(void)state;
	machine_stop(OTHER_GUEST);	/* stopped while it was loaded */
	assert_int_equal(epoch_of(CONSOLE), epoch);
	assert_int_equal(events_of(BACK_GUEST, CONSOLE), 0);
	assert_int_equal(stop_steps(OTHER_GUEST, &steps), PV_DONE);
}

static void a_hundred_lives_with_a_peer_that_stays(void **state)
{
	unsigned steps;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		machine_stop(FRONT_GUEST);
		assert_int_equal(ask_words(BACK_GUEST, DISK, SKERRY_MSG_ACK, 1, epoch_of(DISK)),
				 SKERRY_OK);
		memory[SPLIT_SIZE] = 1;
		assert_int_equal(stop_steps(FRONT_GUEST, &steps), PV_DONE);
		assert_int_equal(memory[SPLIT_SIZE], 0);
		machine_start(FRONT_GUEST);
		disk_up();
	}
}

#define T(name) cmocka_unit_test_setup(name, begin)
#define LIVE(name) cmocka_unit_test_setup(name, begin_live)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_ends_are_told_that_the_other_is_up),
		T(a_front_end_finds_an_earlier_offer),
		T(a_guest_serves_when_all_its_links_are_offered),
		LIVE(windows_are_zeroed_when_the_back_end_has_let_go),
		LIVE(a_stop_resets_the_device_and_keeps_the_offer),
		LIVE(a_stop_during_a_reset_wants_its_own_acknowledgement),
		LIVE(a_back_end_that_never_acknowledges_is_restarted),
		LIVE(a_back_end_that_begins_while_the_lock_is_waited_for_is_not_late),
		LIVE(offers_do_not_put_an_acknowledgement_off),
		LIVE(a_quarantined_back_end_quarantines_who_stops),
		LIVE(a_back_end_s_death_is_a_pause),
		LIVE(a_reset_does_not_wait_for_a_dead_back_end),
		LIVE(a_pending_reset_ends_with_the_back_end),
		LIVE(a_back_end_that_is_restarted_ends_the_reset),
		LIVE(both_may_die_in_either_order),
		LIVE(a_life_that_never_began_changes_nothing),
		LIVE(a_hundred_lives_with_a_peer_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
