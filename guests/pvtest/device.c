/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device on a link, message by message: the tester as its driver, the servant as its
 * back end, and every answer that is an error. See abi/message.h.
 */
#include "pvtest.h"
#include "virtio.h"

#define SIZE_MAX_	64u
#define FEATURES	(VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_EVENT_IDX)
#define LIVE		(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK)

static const struct skerry_msg_offer offer = {
	.device_id = VIRTIO_ID_BLOCK, .vendor_id = 0x1234, .features = FEATURES | 1ull << 9,
	.config_size = 60, .queue_count = 2, .queue_size_max = SIZE_MAX_,
};

static int64_t ask(uint32_t type, const void *payload, uint32_t size, void *answer, uint32_t count)
{
	return link_ask(mine.device, type, payload, size, answer, count);
}

static int64_t set_status(uint32_t status)
{
	return ask(SKERRY_MSG_SET_STATUS, &status, 4, NULL, 0);
}

static uint32_t get_status(void)
{
	uint32_t status = 0xffffffff;

	ask(SKERRY_MSG_GET_STATUS, NULL, 0, &status, 4);
	return status;
}

static int64_t set_features(uint64_t features)
{
	uint32_t low[3] = { 0, 1, (uint32_t)features };
	uint32_t high[3] = { 1, 1, (uint32_t)(features >> 32) };
	int64_t result = ask(SKERRY_MSG_SET_FEATURES, low, 12, NULL, 0);

	return result ? result : ask(SKERRY_MSG_SET_FEATURES, high, 12, NULL, 0);
}

static struct skerry_msg_state its_state(void)
{
	struct skerry_msg_state s = { 0 };
	int64_t result = servant_ask(its.device, SKERRY_MSG_GET_STATE, NULL, 0, &s, sizeof(s));

	check(result == SKERRY_OK, "GET_STATE there: %ld", result);
	return s;
}

static int64_t its_ack(uint32_t epoch)
{
	return servant_ask(its.device, SKERRY_MSG_ACK, &epoch, 4, NULL, 0);
}

static int64_t its_offer(const struct skerry_msg_offer *o)
{
	uint32_t epoch;

	return servant_ask(its.device, SKERRY_MSG_OFFER, o, sizeof(*o), &epoch, sizeof(epoch));
}

static struct skerry_msg_vqueue queue(uint32_t index)
{
	const struct skerry_link *l = link_info(mine.device);

	return (struct skerry_msg_vqueue){
		.index = index, .size = SIZE_MAX_, .descriptors = l->base + index * 0x4000,
		.available = l->base + index * 0x4000 + 0x1000,
		.used = l->base + l->size / 2 + index * 0x1000,
	};
}

static int64_t set_queue(const struct skerry_msg_vqueue *q)
{
	return ask(SKERRY_MSG_SET_VQUEUE, q, sizeof(*q), NULL, 0);
}

/* All events of the servant are taken; those of its device's port. */
static uint64_t its_events(void)
{
	uint64_t bits = 0, epoch, all = 0;
	int64_t port;

	while ((port = servant_event(&bits, &epoch)) >= 0) {
		all |= port == its.device ? bits : 0;
	}
	check(port == SKERRY_AGAIN, "EVENT there: %ld", port);
	return all;
}

static uint64_t my_events(void)
{
	struct regs r = { { SKERRY_HVC_EVENT } };
	uint64_t all = 0;

	for (hvc(&r); (int64_t)r.x[0] >= 0; hvc(&r)) {
		all |= r.x[0] == mine.device ? r.x[1] : 0;
		r.x[0] = SKERRY_HVC_EVENT;
	}
	check((int64_t)r.x[0] == SKERRY_AGAIN, "EVENT: %ld", r.x[0]);
	return all;
}

/* Offered, and reset by both. */
static void begin(void)
{
	struct skerry_msg_state s;

	its_offer(&offer);
	set_status(0);
	s = its_state();
	if (s.is_ack_due) {
		its_ack(s.epoch);
	}
	check(get_status() == 0, "status %x at the begin", get_status());
	its_events();
	my_events();
}

/* Up to DRIVER_OK, by the book. */
static void go(void)
{
	struct skerry_msg_vqueue q = queue(0);

	check(set_status(VIRTIO_ACKNOWLEDGE) == SKERRY_OK, "ACKNOWLEDGE");
	check(set_status(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER) == SKERRY_OK, "DRIVER");
	check(set_features(FEATURES) == SKERRY_OK, "features");
	check(set_status(LIVE & ~VIRTIO_DRIVER_OK) == SKERRY_OK, "FEATURES_OK");
	check(get_status() == (LIVE & ~VIRTIO_DRIVER_OK), "status %x", get_status());
	check(set_queue(&q) == SKERRY_OK, "queue 0");
	check(set_status(LIVE) == SKERRY_OK, "DRIVER_OK");
}

static void check_malformed(void)
{
	static const uint32_t zero[1];

	for (uint32_t id = 0; id < 256; id++) {
		if (id < 2 || (id > 0x0a && id < 0x80) || id > 0x83) {
			check(ask(id, zero, 0, NULL, 0) == SKERRY_INVALID, "id %x", id);
		}
	}
	for (uint32_t size = 0; size < 0x10000; size += size < 300 ? 1 : 9973) {
		struct skerry_msg m = { .id = SKERRY_MSG_GET_STATUS, .size = (uint16_t)size };

		check((link_message(mine.device, &m) == SKERRY_OK) == (size == 8), "size %u", size);
	}
	for (uint32_t type = 1; type < 256; type++) {
		struct skerry_msg m = { .type = (uint8_t)type, .id = SKERRY_MSG_GET_STATUS,
					.size = 8 };

		check(link_message(mine.device, &m) == SKERRY_INVALID, "type %u", type);
	}
}

void test_device_refusals(void)
{
	static const struct {
		uint8_t id;
		uint16_t size;
		bool at_front, at_back;		/* well-formed there */
	} kinds[] = {
		{ SKERRY_MSG_DEVICE_INFO, 0, true, false },
		{ SKERRY_MSG_GET_FEATURES, 8, true, false },
		{ SKERRY_MSG_SET_FEATURES, 12, true, false },
		{ SKERRY_MSG_SET_STATUS, 4, true, false },
		{ SKERRY_MSG_SET_VQUEUE, 40, true, false },
		{ SKERRY_MSG_OFFER, 32, false, true },
		{ SKERRY_MSG_GET_STATE, 0, false, true },
		{ SKERRY_MSG_ACK, 4, false, true },
		{ SKERRY_MSG_NEEDS_RESET, 0, false, true },
	};
	uint32_t zero[30] = { 0 };

	/* not offered yet: AGAIN for what is well-formed */
	check(ask(SKERRY_MSG_DEVICE_INFO, NULL, 0, NULL, 0) == SKERRY_AGAIN, "INFO");
	check(ask(SKERRY_MSG_GET_STATUS, NULL, 0, NULL, 0) == SKERRY_AGAIN, "STATUS");
	begin();
	for (uint32_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint32_t id = kinds[i].id, size = kinds[i].size;

		if (!kinds[i].at_front) {
			check(ask(id, zero, size, NULL, 0) == SKERRY_INVALID, "%x here", id);
		}
		if (!kinds[i].at_back) {
			check(servant_ask(its.device, id, zero, size, NULL, 0) == SKERRY_INVALID,
			      "%x there", id);
		}
		check(ask(id, zero, size + 4, NULL, 0) == SKERRY_INVALID, "%x too long", id);
		if (size) {
			check(ask(id, zero, size - 4, NULL, 0) == SKERRY_INVALID, "%x short", id);
		}
		check(link_ask(mine.ctl, id, zero, size, NULL, 0) == SKERRY_INVALID,
		      "%x on shared memory", id);
	}
	check_malformed();
}
/* The answer echoes id and token, says RESPONSE, and is zero behind its size. */
static void check_answer_form(void)
{
	struct skerry_msg m = { .id = SKERRY_MSG_DEVICE_INFO, .token = 0xbeef, .size = 8 };
	struct skerry_msg_info info;

	memset(m.bytes, 0xff, sizeof(m.bytes));
	check(link_message(mine.device, &m) == SKERRY_OK, "INFO");
	memcpy(&info, m.bytes, sizeof(info));
	check(m.type == SKERRY_MSG_RESPONSE && m.id == SKERRY_MSG_DEVICE_INFO &&
	      m.token == 0xbeef && m.size == SKERRY_MSG_HEADER + sizeof(info), "header %lx",
	      *(uint64_t *)&m);
	check(info.device_id == VIRTIO_ID_BLOCK && info.vendor_id == 0x1234 &&
	      info.feature_count == 64 && info.config_size == 60 && info.queue_count == 2, "info");
	for (uint32_t i = sizeof(info); i < sizeof(m.bytes); i++) {
		check(m.bytes[i] == 0, "byte %u", i);
	}
}

void test_device_setup(void)
{
	uint32_t m[3] = { 0, 1, 0 };
	struct skerry_msg_state s;

	begin();
	check_answer_form();
	check(ask(SKERRY_MSG_GET_FEATURES, m, 8, m, 12) == SKERRY_OK &&
	      m[2] == (VIRTIO_EVENT_IDX | 1u << 9), "features %x", m[2]);
	m[0] = 2;
	check(ask(SKERRY_MSG_GET_FEATURES, m, 8, m, 12) == SKERRY_INVALID, "block 2");
	/* more than is offered, less than must be: FEATURES_OK does not stick */
	check(set_status(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER) == SKERRY_OK, "DRIVER");
	check(set_status(VIRTIO_ACKNOWLEDGE) != SKERRY_OK, "a bit is taken back");
	check(set_features(FEATURES | 1ull << 5) == SKERRY_OK, "too many");
	set_status(LIVE & ~VIRTIO_DRIVER_OK);
	check(!(get_status() & VIRTIO_FEATURES_OK), "too many: %x", get_status());
	check(set_features(FEATURES & ~VIRTIO_ACCESS_PLATFORM) == SKERRY_OK, "too few");
	set_status(LIVE & ~VIRTIO_DRIVER_OK);
	check(!(get_status() & VIRTIO_FEATURES_OK), "too few: %x", get_status());
	check(set_status(LIVE) != SKERRY_OK || !(get_status() & VIRTIO_DRIVER_OK), "at once");
	begin();
	go();
	check(its_events() & SKERRY_EVENT_STATUS, "the servant is told of DRIVER_OK");
	s = its_state();
	check(s.status == LIVE && s.features == FEATURES && s.is_front_up && !s.is_ack_due,
	      "state %x %lx %u %u", s.status, s.features, s.is_front_up, s.is_ack_due);
	check(set_features(FEATURES) == SKERRY_BUSY, "features of a live device");
}

static void check_queue_sizes(void)
{
	struct skerry_msg_vqueue q = queue(1);

	for (q.size = 1; q.size < 200; q.size++) {
		check((set_queue(&q) == SKERRY_OK) ==
		      (q.size <= SIZE_MAX_ && !(q.size & (q.size - 1))), "size %u", q.size);
	}
}

void test_device_queues(void)
{
	const struct skerry_link *l = link_info(mine.device);
	uint64_t half = l->base + l->size / 2, end = l->base + l->size;
	struct skerry_msg_vqueue q = queue(1), got;
	struct { const char *what; uint64_t *field, value; } bad[] = {
		{ "descriptors below", &q.descriptors, l->base - 0x1000 },
		{ "descriptors unaligned", &q.descriptors, l->base + 8 },
		{ "descriptors behind their half", &q.descriptors, half - 512 },
		{ "descriptors in the device half", &q.descriptors, half },
		{ "descriptors at the top", &q.descriptors, ~0xfull },
		{ "available unaligned", &q.available, l->base + 1 },
		{ "available in the device half", &q.available, half + 0x8000 },
		{ "available behind its half", &q.available, half - 64 },
		{ "used unaligned", &q.used, half + 2 },
		{ "used in the driver half", &q.used, l->base + 0x8000 },
		{ "used behind the window", &q.used, end - 8 },
		{ "used at the end", &q.used, end },
		{ "used at 0", &q.used, 0 },
	};
	uint32_t index = 1;

	begin();
	check(set_status(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER) == SKERRY_OK, "DRIVER");
	set_features(FEATURES);
	set_status(LIVE & ~VIRTIO_DRIVER_OK);
	for (uint32_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t good = *bad[i].field;

		*bad[i].field = bad[i].value;
		check(set_queue(&q) == SKERRY_INVALID, "%s: %lx", bad[i].what, bad[i].value);
		*bad[i].field = good;
	}
	check_queue_sizes();
	q.index = 2;
	check(set_queue(&q) == SKERRY_INVALID, "queue 2");
	q.index = 0xffffffff;
	check(set_queue(&q) == SKERRY_INVALID, "queue -1");
	q.index = 1;
	check(set_queue(&q) == SKERRY_OK, "queue 1");
	check(link_queue(mine.device, 1, &got) == SKERRY_OK && got.size == q.size &&
	      got.descriptors == q.descriptors && got.used == q.used, "read back");
	check(servant_ask(its.device, SKERRY_MSG_GET_VQUEUE, &index, 4, &got, sizeof(got)) ==
	      SKERRY_OK && got.available == q.available && got.size_max == SIZE_MAX_, "there");
	index = 2;
	check(ask(SKERRY_MSG_GET_VQUEUE, &index, 4, &got, sizeof(got)) == SKERRY_INVALID, "2");
	check(set_status(LIVE) == SKERRY_OK && set_queue(&q) == SKERRY_BUSY, "when live");
}

void test_device_config(void)
{
	struct { uint32_t generation, offset, size; uint8_t bytes[16]; } c = { 0, 8, 16, "hello" };
	uint8_t got[96] = { 0 };
	uint32_t at[2] = { 8, 16 };
	uint32_t generation, range[][2] = {
		{ 60, 1 }, { 0, 61 }, { 61, 0xffffffff }, { 0xffffffff, 2 }, { 100, 4 },
		{ 0x80000000, 0x80000000 },
	};

	begin();
	check(servant_ask(its.device, SKERRY_MSG_SET_CONFIG, &c, 28, NULL, 0) == SKERRY_OK, "set");
	check(my_events() & SKERRY_EVENT_CONFIG, "the tester is told");
	check(ask(SKERRY_MSG_GET_CONFIG, at, 8, got, 28) == SKERRY_OK &&
	      memcmp(got + 12, "hello", 6) == 0, "read: %s", got + 12);
	memcpy(&generation, got, 4);
	c.generation = generation;
	c.bytes[0] = 'H';
	check(ask(SKERRY_MSG_SET_CONFIG, &c, 28, NULL, 0) == SKERRY_OK, "set here");
	check(its_events() & SKERRY_EVENT_CONFIG, "the servant is told");
	check(servant_ask(its.device, SKERRY_MSG_GET_CONFIG, at, 8, got, 28) == SKERRY_OK &&
	      memcmp(got + 12, "Hello", 6) == 0, "read there: %s", got + 12);
	c.bytes[1] = 'E';
	check(ask(SKERRY_MSG_SET_CONFIG, &c, 28, NULL, 0) == SKERRY_BUSY, "an old generation");
	for (uint32_t i = 0; i < ARRAY_SIZE(range); i++) {
		check(ask(SKERRY_MSG_GET_CONFIG, range[i], 8, NULL, 0) == SKERRY_INVALID,
		      "%x bytes at %x", range[i][1], range[i][0]);
	}
	c.size = 17;
	check(ask(SKERRY_MSG_SET_CONFIG, &c, 28, NULL, 0) == SKERRY_INVALID, "size of the bytes");
}

void test_device_reset(void)
{
	struct skerry_msg_state s;
	uint32_t epoch;

	begin();
	epoch = its_state().epoch;
	go();
	its_events();
	check(set_status(0) == SKERRY_PENDING, "a live device's reset is pending");
	check(its_events() & SKERRY_EVENT_STATUS, "the servant is told");
	s = its_state();
	check(s.is_ack_due && s.epoch == epoch + 1, "due %u, epoch %u", s.is_ack_due, s.epoch);
	check(get_status() != 0, "not yet reset");
	check(set_status(VIRTIO_ACKNOWLEDGE) == SKERRY_BUSY, "meanwhile");
	check(set_status(0) == SKERRY_PENDING, "again");
	check(its_ack(s.epoch - 1) == SKERRY_INVALID, "the epoch before");
	check(its_ack(s.epoch + 1) == SKERRY_INVALID, "the epoch after");
	check(its_ack(0xffffffff) == SKERRY_INVALID, "a forged epoch");
	check(get_status() != 0, "not by these");
	my_events();
	check(its_ack(s.epoch) == SKERRY_OK, "acknowledged");
	check(get_status() == 0, "status %x", get_status());
	check(my_events() & SKERRY_EVENT_STATUS, "the tester is told");
	check(its_ack(s.epoch) == SKERRY_BUSY, "twice");
	check(set_status(0) == SKERRY_OK, "an idle device's reset");
	check(!its_state().is_ack_due, "is done at once");
	set_status(VIRTIO_ACKNOWLEDGE);
	check(set_status(0) == SKERRY_OK && get_status() == 0, "not live");
	begin();
	go();
}

void test_device_needs_reset(void)
{
	begin();
	check(servant_ask(its.device, SKERRY_MSG_NEEDS_RESET, NULL, 0, NULL, 0) == SKERRY_BUSY,
	      "of an idle device");
	go();
	my_events();
	check(servant_ask(its.device, SKERRY_MSG_NEEDS_RESET, NULL, 0, NULL, 0) == SKERRY_OK,
	      "of a live one");
	check(my_events() & SKERRY_EVENT_CONFIG, "the tester is told");
	check(get_status() == (LIVE | VIRTIO_NEEDS_RESET), "status %x", get_status());
	begin();
	go();
}

/* The device outlives its back end's restart; what a new life may offer then. */
void test_device_lives(void)
{
	struct skerry_msg_state before, after;
	struct skerry_msg_vqueue q = queue(0), got;
	struct skerry_msg_offer other = offer;
	uint32_t index = 0;

	begin();
	go();
	before = its_state();
	servant_reset();
	check(get_status() == LIVE, "status %x", get_status());
	after = its_state();
	check(after.status == LIVE && after.epoch == before.epoch && after.features == FEATURES,
	      "state %x, epoch %u", after.status, after.epoch);
	other.config_size = 8;
	check(its_offer(&other) == SKERRY_BUSY, "another config size");
	other = offer;
	other.queue_count = 1;
	check(its_offer(&other) == SKERRY_BUSY, "another queue count");
	other = offer;
	other.features &= ~VIRTIO_EVENT_IDX;
	check(its_offer(&other) == SKERRY_BUSY, "an accepted feature is missing");
	other = offer;
	other.device_id = VIRTIO_ID_NET;
	check(its_offer(&other) == SKERRY_INVALID, "another device");
	check(its_offer(&offer) == SKERRY_OK, "the same");
	check(servant_ask(its.device, SKERRY_MSG_GET_VQUEUE, &index, 4, &got, sizeof(got)) ==
	      SKERRY_OK && got.size == q.size && got.used == q.used, "its queue");
	/* a reset while it is away waits for its next life, which zeroes the rings */
	servant_reset();
	check(set_status(0) == SKERRY_PENDING && get_status() != 0, "a reset without a back end");
	after = its_state();
	check(after.epoch == before.epoch + 1 && after.is_ack_due, "epoch %u", after.epoch);
	check(its_ack(after.epoch) == SKERRY_OK && get_status() == 0, "acknowledged");
	begin();
	go();
}
