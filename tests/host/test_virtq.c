// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ring library, one step at a time: driver and device over one window, in order and
 * out of order, both ways of notification, indirect tables, wrapping indices, and peers that
 * break the rules. Deaths of the back end: test_virtq_resume.c.
 */
/* sources: */
#include "virtq_pair.h"

static uint16_t word_at(uint32_t offset)
{
	uint16_t v;

	memcpy(&v, memory + offset, sizeof(v));
	return v;
}

static void set_word(uint32_t offset, uint16_t v)
{
	memcpy(memory + offset, &v, sizeof(v));
}

static void set_desc(uint32_t at, uint64_t addr, uint32_t len, unsigned flags, unsigned next)
{
	struct virtq_desc d = { addr, len, (uint16_t)flags, (uint16_t)next };

	memcpy(memory + at, &d, sizeof(d));
}

/* As a hostile driver: this head is available next. What vqv_next() says */
static int offer_head(uint16_t head)
{
	uint16_t idx = word_at(AVAIL + 2);

	set_word(AVAIL + 4 + 2 * (idx % SIZE), head);
	set_word(AVAIL + 2, (uint16_t)(idx + 1));
	return vqv_next(&dev, &chain);
}

/* As a hostile device: this used entry. What vqd_take() says */
static int give_back(uint32_t id, uint32_t len)
{
	uint16_t idx = word_at(USED + 2);
	struct virtq_used_elem e = { id, len };

	memcpy(memory + USED + 4 + 8 * (idx % SIZE), &e, sizeof(e));
	set_word(USED + 2, (uint16_t)(idx + 1));
	return vqd_take(&drv, NULL, NULL);
}

static void a_chain_goes_there_and_back(void **state)
{
	void *cookie;
	uint32_t written;
	char word[8] = "";

	for (unsigned features = 0; features < 2; features++) {
		begin(features ? BOTH : 0);
		strcpy((char *)memory + OUT, "there");
		assert_true(post(slots) >= 0);
		assert_int_equal(vqv_next(&dev, &chain), 0);
		assert_true(vqd_publish(&drv));
		assert_false(vqd_publish(&drv));
		assert_int_equal(vqd_take(&drv, &cookie, &written), 0);

		assert_int_equal(vqv_next(&dev, &chain), 1);
		assert_int_equal(chain.readable, 1);
		assert_int_equal(chain.writable, 1);
		assert_int_equal(vqv_read(&chain, 0, word, 6), 6);
		assert_string_equal(word, "there");
		assert_int_equal(vqv_write(&chain, 2, "back", 5), 5);
		assert_int_equal(vqv_next(&dev, &chain), 0);
		assert_int_equal(vqv_complete(&dev, chain.head, 7), 0);
		assert_int_equal(vqv_complete(&dev, chain.head, 7), VIRTQ_INVALID);
		assert_true(vqv_publish(&dev));
		assert_false(vqv_publish(&dev));

		assert_int_equal(vqd_take(&drv, &cookie, &written), 1);
		assert_ptr_equal(cookie, slots);
		assert_int_equal(written, 7);
		assert_string_equal((char *)memory + IN + 2, "back");
		assert_int_equal(vqd_take(&drv, &cookie, &written), 0);
		assert_int_equal(drv.free_count, SIZE);
	}
}


static void a_full_queue_says_so_and_recovers(void **state)
{
	begin(BOTH);
	for (unsigned i = 0; i < SIZE / 2; i++) {
		assert_true(post(NULL) >= 0);
	}
	assert_int_equal(post(NULL), VIRTQ_FULL);
	assert_int_equal(vqd_in_flight(&drv), SIZE / 2);
	vqd_publish(&drv);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	assert_int_equal(vqv_complete(&dev, chain.head, 0), 0);
	assert_int_equal(vqd_take(&drv, NULL, NULL), 1);
	assert_true(post(NULL) >= 0);
	assert_int_equal(post(NULL), VIRTQ_FULL);
}

static void wrong_arguments_are_refused(void **state)
{
	struct virtq_buffer b[SIZE + 1] = { { FRONT + OUT, 16 }, { FRONT + OUT, 0 } };
	struct virtq_desc table[2];
	struct vqv_setup s;

	begin(0);
	assert_int_equal(vqd_add(&drv, b, 0, 0, NULL), VIRTQ_INVALID);
	assert_int_equal(vqd_add(&drv, b, 1, 1, NULL), VIRTQ_INVALID);
	assert_int_equal(vqd_add(&drv, b, ~0u, 2, NULL), VIRTQ_INVALID);
	b[1] = (struct virtq_buffer){ FRONT + OUT, UINT32_MAX };
	assert_int_equal(vqd_add(&drv, b, 2, 0, NULL), VIRTQ_INVALID);
	for (unsigned i = 1; i <= SIZE; i++) {
		b[i] = b[0];
	}
	assert_int_equal(vqd_add(&drv, b, SIZE + 1, 0, NULL), VIRTQ_INVALID);
	assert_int_equal(vqd_add_indirect(&drv, table, FRONT, b, 2, 0, NULL), VIRTQ_INVALID);
	assert_int_equal(vqd_init(&drv, 6, 0, memory, memory, memory, slots), VIRTQ_INVALID);
	assert_int_equal(vqd_init(&drv, 8, 0, memory + 8, memory, memory, slots), VIRTQ_INVALID);
	for (unsigned i = 0; i < 8; i++) {
		s = setup;
		s.size = i == 0 ? 0 : i == 1 ? 2048 : SIZE;
		s.desc += i == 2 ? 8 : i == 3 ? HALF : 0;
		s.avail += i == 4 ? HALF - AVAIL - 4 : 0;
		s.used -= i == 5 ? HALF : 0;
		s.used += i == 6 ? UINT64_MAX - 64 : 0;
		assert_int_equal(vqv_open(&dev, &window, &s), i == 7 ? 0 : VIRTQ_INVALID);
		assert_int_equal(vqv_next(&dev, &chain), i == 7 ? 0 : VIRTQ_INVALID);
	}
}

static void an_indirect_table_is_one_descriptor(void **state)
{
	const struct virtq_buffer b[4] = {
		{ FRONT + OUT, 1 }, { FRONT + OUT + 1, 2 },
		{ FRONT + IN, 3 }, { FRONT + IN + 8, 4 },
	};

	begin(BOTH);
	for (unsigned i = 0; i < SIZE; i++) {
		uint32_t at = 0x800 + 64 * i;
		struct virtq_desc *table = (struct virtq_desc *)(memory + at);

		assert_true(vqd_add_indirect(&drv, table, FRONT + at, b, 2, 2, slots + i) >= 0);
	}
	vqd_publish(&drv);
	for (unsigned i = 0; i < SIZE; i++) {
		void *cookie;

		assert_int_equal(vqv_next(&dev, &chain), 1);
		assert_int_equal(chain.readable, 2);
		assert_int_equal(chain.writable, 2);
		assert_int_equal(chain.read_size, 3);
		assert_int_equal(chain.write_size, 7);
		assert_int_equal(vqv_write(&chain, 0, "abcdefgh", 8), 7);
		assert_int_equal(vqv_complete(&dev, chain.head, 7), 0);
		assert_int_equal(vqd_take(&drv, &cookie, NULL), 1);
		assert_ptr_equal(cookie, slots + i);
	}
	assert_memory_equal(memory + IN, "abc\0\0\0\0\0defg", 12);
}

/* The index goes round 16 bits; the chains come back in any order; nobody is told twice. */
static void indices_wrap(void **state)
{
	uint16_t heads[SIZE], told = 0, kicked = 0;
	void *cookie;

	begin(BOTH);
	for (unsigned round = 0; round < 40000; round++) {
		for (unsigned i = 0; i < 4; i++) {
			assert_true(post(&heads[i]) >= 0);
		}
		kicked = (uint16_t)(kicked + vqd_publish(&drv));
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(vqv_next(&dev, &chain), 1);
			heads[i] = chain.head;
		}
		assert_false(vqv_enable_event(&dev));
		for (unsigned i = 0; i < 4; i++) {
			vqv_complete(&dev, heads[i ^ (round & 3)], round & 15);
		}
		told = (uint16_t)(told + vqv_publish(&dev));
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(vqd_take(&drv, &cookie, NULL), 1);
		}
		assert_false(vqd_enable_event(&drv));
	}
	assert_int_equal(told, 40000);
	assert_int_equal(kicked, 40000);
}

static void who_is_awake_is_not_told(void **state)
{
	for (unsigned features = 0; features < 2; features++) {
		begin(features ? BOTH : 0);
		vqv_disable_event(&dev);
		vqd_disable_event(&drv);
		post(NULL);
		assert_false(vqd_publish(&drv));
		assert_true(vqv_enable_event(&dev));
		assert_int_equal(vqv_next(&dev, &chain), 1);
		assert_int_equal(vqv_complete(&dev, chain.head, 0), 0);
		assert_false(vqv_publish(&dev));
		assert_true(vqd_enable_event(&drv));
		assert_int_equal(vqd_take(&drv, NULL, NULL), 1);
		assert_false(vqd_enable_event(&drv));
		assert_false(vqv_enable_event(&dev));
		post(NULL);
		assert_true(vqd_publish(&drv));
		assert_int_equal(vqv_next(&dev, &chain), 1);
		assert_int_equal(vqv_complete(&dev, chain.head, 0), 0);
		assert_true(vqv_publish(&dev));
	}
}

/* Two descriptors, the first of them offered; 1: a chain that is fine. */
static const struct {
	struct virtq_desc d[2];
	int error;
} cases[] = {
	{ { { FRONT + OUT, 16, 0, 0 } }, 1 },
	{ { { FRONT + OUT, 16, 1, 1 }, { FRONT + IN, 16, 2, 0 } }, 1 },
	{ { { FRONT + OUT, 16, 1, 0 } }, VIRTQ_BAD_CHAIN },		/* a loop */
	{ { { FRONT + OUT, 16, 1, SIZE } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT + OUT, 0, 0, 0 } }, VIRTQ_BAD_LENGTH },
	{ { { FRONT + IN, 16, 0, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + OUT, 16, 2, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + HALF - 8, 16, 0, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + 2 * HALF - 8, 16, 2, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + 2 * HALF, 1, 2, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT - 1, 1, 0, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { UINT64_MAX, UINT32_MAX, 0, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + IN, 16, 3, 1 }, { FRONT + OUT, 16, 0, 0 } }, VIRTQ_BAD_ORDER },
	{ { { FRONT + 16, 16, 4, 0 }, { FRONT + OUT, 16, 0, 0 } }, 1 },
	{ { { FRONT + 16, 16, 5, 0 }, { FRONT + OUT, 16, 0, 0 } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT + 16, 16, 4, 0 }, { FRONT + 16, 16, 4, 0 } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT, 16, 4, 0 } }, VIRTQ_BAD_CHAIN },	/* its table is the queue's own */
	{ { { FRONT, 32, 4, 0 }, { FRONT, 32, 4, 0 } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT + 16, 24, 4, 0 } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT + 16, 0, 4, 0 } }, VIRTQ_BAD_CHAIN },
	{ { { FRONT + 20, 16, 4, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + IN, 16, 4, 0 } }, VIRTQ_BAD_ADDRESS },
	{ { { FRONT + 16, 16, 4, 0 }, { FRONT + OUT, 16, 1, 1 } }, VIRTQ_BAD_CHAIN },
};

static void a_driver_that_breaks_the_rules_is_stopped(void **state)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(BOTH);
		memcpy(memory, cases[i].d, sizeof(cases[i].d));
		assert_int_equal(offer_head(0), cases[i].error);
		assert_int_equal(vqv_next(&dev, &chain), cases[i].error == 1 ? 0 : cases[i].error);
	}
	begin(0);
	set_desc(0, FRONT + 16, 16, VIRTQ_DESC_INDIRECT, 0);	/* not negotiated */
	assert_int_equal(offer_head(0), VIRTQ_BAD_CHAIN);
	begin(BOTH);
	assert_int_equal(offer_head(SIZE), VIRTQ_BAD_HEAD);
	begin(BOTH);
	set_desc(0, FRONT + OUT, 16, 0, 0);
	assert_int_equal(offer_head(0), 1);
	assert_int_equal(offer_head(0), VIRTQ_BAD_HEAD);	/* twice */
	assert_false(vqv_enable_event(&dev));
	assert_int_equal(vqv_complete(&dev, 0, 0), VIRTQ_BAD_HEAD);
	begin(BOTH);
	set_word(AVAIL + 2, SIZE + 1);
	assert_int_equal(vqv_next(&dev, &chain), VIRTQ_BAD_INDEX);
	begin(BOTH);
	set_desc(0, FRONT + OUT, 16, 0, 0);
	assert_int_equal(offer_head(0), 1);
	set_word(AVAIL + 2, SIZE + 1);				/* more than the queue holds */
	assert_int_equal(vqv_next(&dev, &chain), VIRTQ_BAD_INDEX);
}

static void a_device_that_breaks_the_rules_is_stopped(void **state)
{
	for (unsigned i = 0; i < 7; i++) {
		begin(BOTH);
		assert_int_equal(post(NULL), 0);		/* descriptors 0 and 1 */
		vqd_publish(&drv);
		assert_int_equal(post(NULL), 2);		/* not published */
		switch (i) {
		case 0: assert_int_equal(give_back(0, 16), 1); break;
		case 1: assert_int_equal(give_back(0, 17), VIRTQ_BAD_LENGTH); break;
		case 2: assert_int_equal(give_back(1, 0), VIRTQ_BAD_HEAD); break;
		case 3: assert_int_equal(give_back(2, 0), VIRTQ_BAD_HEAD); break;
		case 4: assert_int_equal(give_back(0x10000, 0), VIRTQ_BAD_HEAD); break;
		case 5: set_word(USED + 2, 1); assert_int_equal(give_back(0, 0), VIRTQ_BAD_INDEX);
			break;
		case 6: assert_int_equal(give_back(0, 16), 1);
			assert_int_equal(give_back(0, 16), VIRTQ_BAD_INDEX); break;
		}
		assert_true((vqd_take(&drv, NULL, NULL) < 0) == (i != 0));
		assert_true((post(NULL) < 0) == (i != 0));
		assert_true(i == 0 || !vqd_enable_event(&drv));
	}
}

static void after_a_reset_all_cookies_come_back(void **state)
{
	uint32_t sum = 0;
	void *cookie;

	begin(BOTH);
	for (unsigned i = 1; i < 4; i++) {
		post(slots + i);
	}
	vqd_publish(&drv);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	vqv_complete(&dev, chain.head, 3);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	vqv_clear(&dev);
	for (uint32_t i = 0; i < virtq_used_size(SIZE); i++) {
		assert_int_equal(memory[USED + i], 0);
	}
	for (uint32_t i = 0; i < sizeof(track); i++) {
		assert_int_equal(((uint8_t *)&track)[i], 0);
	}
	while (vqd_abandon(&drv, &cookie)) {
		sum += (uint32_t)((struct virtq_slot *)cookie - slots);
	}
	assert_int_equal(sum, 1 + 2 + 3);
	assert_int_equal(drv.free_count, SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_goes_there_and_back),
		cmocka_unit_test(a_full_queue_says_so_and_recovers),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(an_indirect_table_is_one_descriptor),
		cmocka_unit_test(indices_wrap),
		cmocka_unit_test(who_is_awake_is_not_told),
		cmocka_unit_test(a_driver_that_breaks_the_rules_is_stopped),
		cmocka_unit_test(a_device_that_breaks_the_rules_is_stopped),
		cmocka_unit_test(after_a_reset_all_cookies_come_back),
	};

	return cmocka_run_group_tests(tests, make_window, drop_window);
}
