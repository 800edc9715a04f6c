// SPDX-License-Identifier: BSD-2-Clause
/*
 * nettest: stations on drv_net's switch, by the boot arguments:
 *   echo          answers messages, for ever
 *   peer=ID       station ID echoes `count` frames; with "forge" it hears none forged
 *   answers=N     a broadcast is answered by N stations
 *   deaf=ID       station ID never answers
 *   die=N         crashes after N echoes, in each of its first `lives` lives
 *   hostile       breaks the rules of rings, before all else
 *   uplink        10.0.2.2 answers
 */
#include "nettest.h"

#define WINDOW		16u		/* messages on their way */
#define COUNT_MAX	20000u
#define PATIENCE	400u		/* waits of PAUSE_US without an answer in a row */
#define PAUSE_US	50000ull

struct virtio_net net;
uint8_t self;

static uint32_t size_of(uint32_t number)
{
	return MESSAGE_HEAD + number * 37 % (NET_FRAME_MAX - MESSAGE_HEAD + 1);
}

static void die_after(uint32_t echoes)
{
	if (echoes == arg_number("die", 0) && guest_life() <= arg_number("lives", 0)) {
		printf("nettest: dies\n");
		guest_crash(4, 0);
	}
}

/* Messages of all sizes, each sent until its answer has come. */
static void a_peer_echoes(void)
{
	static uint8_t is_back[COUNT_MAX];
	uint32_t count = (uint32_t)arg_number("count", 200);
	uint32_t peer = (uint32_t)arg_number("peer", 0);
	uint32_t first = 0, next = 0, silent = 0, again = 0, echoes = 0, size;

	if (!peer || count > COUNT_MAX) {
		test_skip("not asked for");
		return;
	}
	while (first < count && silent < PATIENCE) {
		while (next < count && next - first < WINDOW &&
		       message_send((uint8_t)peer, self, KIND_ASK, next, size_of(next))) {
			next++;
		}
		uint8_t *frame = frame_wait(&size, PAUSE_US);
		const struct message *m = frame ? message_of(frame, size, KIND_ANSWER) : NULL;

		if (m && m->from == peer && m->number < count) {
			is_back[m->number] = 1;
			silent = 0;
			die_after(++echoes);
		}
		if (frame) {
			virtio_net_release(&net, frame);
		} else {
			silent++;
			again += next - first;
			next = first;
		}
		while (first < next && is_back[first]) {
			first++;
		}
	}
	check(first == count, "%u of %u messages came back", first, count);
	printf("nettest: %u echoes, %u messages sent again\n", first, again);
}

static void a_broadcast_reaches_all(void)
{
	uint32_t wanted = (uint32_t)arg_number("answers", 0), size, tries = 0;
	bool seen[256] = { false };
	uint32_t count = 0;
	uint8_t *frame;

	if (!arg_has("answers")) {
		test_skip("not asked for");
		return;
	}
	while (count < wanted && tries++ < 100) {
		message_send(TO_ALL, self, KIND_ASK, 0, 60);
		while ((frame = frame_wait(&size, PAUSE_US))) {
			const struct message *m = message_of(frame, size, KIND_ANSWER);

			if (m && m->number == 0 && !seen[m->from]) {
				seen[m->from] = true;
				count++;
			}
			virtio_net_release(&net, frame);
		}
	}
	check(count == wanted, "answers of %u stations", count);
}

/* The echo says so if it hears one. It is known to be there: a_peer_echoes() was first. */
static void forged_frames_are_dropped(void)
{
	if (!arg_has("forge")) {
		test_skip("not asked for");
		return;
	}
	for (uint32_t i = 0; i < 20; i++) {
		uint8_t to = i & 1 ? TO_ALL : (uint8_t)arg_number("peer", 0);

		while (!message_send(to, (uint8_t)(self + 1 + i), KIND_FORGED, i, 60)) {
			link_wait_us(1000);
		}
	}
	a_peer_echoes();
}

static void who_is_apart_is_not_reached(void)
{
	uint32_t deaf = (uint32_t)arg_number("deaf", 0), size, heard = 0;
	uint8_t *frame;

	if (!deaf) {
		test_skip("not asked for");
		return;
	}
	for (uint32_t i = 0; i < 40; i++) {
		message_send(i & 1 ? TO_ALL : (uint8_t)deaf, self, KIND_ASK, i, 60);
		while ((frame = frame_wait(&size, PAUSE_US / 10))) {
			heard += frame_type(frame) == TYPE_TEST;
			virtio_net_release(&net, frame);
		}
	}
	check(heard == 0, "%u frames of other stations", heard);
}

static void echo(void)
{
	for (uint32_t echoes = 0;;) {
		uint32_t size;
		uint8_t *frame = frame_wait(&size, 1000000);
		const struct message *m = frame ? message_of(frame, size, KIND_ASK) : NULL;

		if (frame && message_of(frame, size, KIND_FORGED)) {
			printf("nettest: FAILED: a forged frame came through\n");
		}
		if (m && m->from != frame[11]) {
			printf("nettest: FAILED: a frame of %u came from %u\n", m->from, frame[11]);
		}
		if (m) {
			message_send(m->from, self, KIND_ANSWER, m->number, size);
			die_after(++echoes);
		}
		if (frame) {
			virtio_net_release(&net, frame);
		}
	}
}

static const struct test tests[] = {
	{ "hostile_front_end", hostile_front_end },
	{ "a_peer_echoes", a_peer_echoes },
	{ "a_broadcast_reaches_all", a_broadcast_reaches_all },
	{ "forged_frames_are_dropped", forged_frames_are_dropped },
	{ "who_is_apart_is_not_reached", who_is_apart_is_not_reached },
	{ "uplink_answers", uplink_answers },
};

void guest_main(void)
{
	int port;
	int64_t result = SKERRY_INVALID;

	link_init();
	port = link_by_type(SKERRY_LINK_NET, SKERRY_FRONT, 0);
	if (port >= 0) {
		result = virtio_open_link(&net.virtio, (uint32_t)port);
	}
	if (result == SKERRY_OK) {
		result = virtio_net_start(&net, 64);
	}
	if (result != SKERRY_OK || !net.has_mac) {
		printf("nettest: FAILED: no network device: %ld\n", result);
		return;
	}
	self = net.mac[5];
	printf("nettest: station %u\n", self);
	if (arg_has("echo")) {
		echo();
	}
	tests_run(tests, ARRAY_SIZE(tests));
}
