/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drv_console's reader of the console ring: records across the end, a reader that is too
 * late, and one that is overtaken while it reads.
 */
/* sources: guests/drv_console/log.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>
#include "../../guests/drv_console/log.h"

static struct skerry_log ring;
static struct log l;
static struct log_record r;

/* As EL2 does it: bytes first, then the head. */
static void record(uint8_t guest, const void *bytes, uint8_t count)
{
	uint64_t head = ring.head;

	__atomic_store_n(&ring.ring[head++ % SKERRY_LOG_SIZE], guest, __ATOMIC_RELAXED);
	__atomic_store_n(&ring.ring[head++ % SKERRY_LOG_SIZE], count, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < count; i++) {
		__atomic_store_n(&ring.ring[head++ % SKERRY_LOG_SIZE],
				 ((const uint8_t *)bytes)[i], __ATOMIC_RELAXED);
	}
	__atomic_store_n(&ring.head, head, __ATOMIC_RELEASE);
}

static int begin(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	log_open(&l, &ring);
	return 0;
}

static void records_come_in_order_and_once(void **state)
{
	(void)state;
	assert_false(log_read(&l, &r));
	record(3, "hello", 5);
	record(3, "", 0);
	record(LOG_OWN, "skerry: x\n", 10);
	assert_true(log_read(&l, &r));
	assert_int_equal(r.guest, 3);
	assert_int_equal(r.count, 5);
	assert_memory_equal(r.bytes, "hello", 5);
	assert_true(log_read(&l, &r));
	assert_int_equal(r.count, 0);
	assert_true(log_read(&l, &r));
	assert_int_equal(r.guest, LOG_OWN);
	assert_false(log_read(&l, &r));
	assert_int_equal(l.tail, ring.head);
}

static void the_rings_end_is_no_border(void **state)
{
	uint8_t bytes[255];

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t count = (uint8_t)(i * 7 % 256);

		memset(bytes, (int)i, sizeof(bytes));
		record((uint8_t)(i % 16), bytes, count);
		assert_true(log_read(&l, &r));
		assert_int_equal(r.guest, i % 16);
		assert_int_equal(r.count, count);
		assert_memory_equal(r.bytes, bytes, count);
	}
	assert_int_equal(l.lost, 0);
}

static void a_reader_who_is_too_late_goes_on_with_what_comes(void **state)
{
	uint8_t bytes[100] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		record(1, bytes, sizeof(bytes));
	}
	assert_false(log_read(&l, &r));
	assert_int_equal(l.lost, 1000 * 102);
	ring.dropped += 7;
	record(2, "new", 3);
	assert_true(log_read(&l, &r));
	assert_int_equal(r.guest, 2);
	assert_memory_equal(r.bytes, "new", 3);
	assert_int_equal(l.lost, 1000 * 102 + 7);
}

static void a_driver_that_is_restarted_begins_with_what_is_new(void **state)
{
	(void)state;
	record(1, "old", 3);
	log_open(&l, &ring);
	assert_false(log_read(&l, &r));
	record(1, "new", 3);
	assert_true(log_read(&l, &r));
	assert_memory_equal(r.bytes, "new", 3);
}

static volatile bool is_over;
static volatile uint32_t read_count;

static void *write_fast(void *arg)
{
	uint8_t bytes[200];

	(void)arg;
	for (uint32_t i = 0; i < 200000 || (read_count < 1000 && i < 50000000); i++) {
		memset(bytes, (int)i, sizeof(bytes));
		record((uint8_t)i & 15, bytes, (uint8_t)(1 + i % sizeof(bytes)));
	}
	is_over = true;
	return NULL;
}

/* Whatever comes out is one record: all of its bytes are the same, and say whose it is. */
static void a_reader_who_is_overtaken_sees_whole_records(void **state)
{
	pthread_t writer;
	(void)state;
	read_count = 0;
	is_over = false;
	assert_int_equal(pthread_create(&writer, NULL, write_fast, NULL), 0);
	while (!is_over) {
		while (log_read(&l, &r)) {
			read_count++;
			assert_int_not_equal(r.count, 0);
			assert_int_equal(r.bytes[0] & 15, r.guest);
			for (uint32_t i = 1; i < r.count; i++) {
				assert_int_equal(r.bytes[i], r.bytes[0]);
			}
		}
	}
	pthread_join(writer, NULL);
	assert_true(read_count > 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_order_and_once),
		TEST(the_rings_end_is_no_border),
		TEST(a_reader_who_is_too_late_goes_on_with_what_comes),
		TEST(a_driver_that_is_restarted_begins_with_what_is_new),
		TEST(a_reader_who_is_overtaken_sees_whole_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
