// SPDX-License-Identifier: BSD-2-Clause
/*
 * A peer that writes every shared word that it can write, while the honest side works: as a
 * sequence that can be repeated, and as a thread of its own at any moment. The honest side
 * stops the queue and sets it up again; it touches no byte outside the window (ASan),
 * nor outside the half that is its to write, and loses no buffer of its own.
 */
/* sources: */
#include <pthread.h>
#include <stdio.h>
#include "virtq_pair.h"

#define ROUNDS	300000u
#define EVENTS	1000u		/* of either kind, with a thread: the rounds it takes, */
#define MOST	20000000u	/* but no more than these: a busy machine runs one of them */

static uint64_t seed = 88172645463325252ull;
static int stop;

static uint32_t random_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)(*s >> 16);
}

/* Values that come near to being right do more harm than any. */
static uint64_t value(uint64_t *s)
{
	static const uint64_t near[] = { FRONT, FRONT + HALF, FRONT + 2 * HALF, FRONT + OUT,
					 FRONT + IN, 0, UINT32_MAX, UINT64_MAX };
	uint32_t r = random_next(s);

	switch (r & 3) {
	case 0: return near[r >> 2 & 7] + (r >> 5 & 63) - (r >> 11 & 63);
	case 1: return r >> 2;
	default: return r >> 2 & 15;
	}
}

/* A descriptor, somewhere in the two tables of 16: mostly one that could be right. */
static void spoil_desc(uint64_t *s)
{
	volatile struct virtq_desc *d = (struct virtq_desc *)(memory + 16 * (random_next(s) % 32));
	uint32_t r = random_next(s);

	switch (r & 15) {
	case 0: d->addr = value(s); break;
	case 1: d->len = (uint32_t)value(s); break;
	case 2: d->flags = (uint16_t)value(s); break;
	case 3: d->next = (uint16_t)value(s); break;
	case 4:
		d->addr = FRONT + 256;
		d->len = 16 * (r >> 8 & 15);
		d->flags = VIRTQ_DESC_INDIRECT;
		break;
	default:
		d->addr = (r & 64 ? FRONT + IN : FRONT + OUT) + (r >> 8 & 0xfff);
		d->len = r >> 20 & 127;
		d->flags = (uint16_t)((r & 64 ? VIRTQ_DESC_WRITE : 0) | (r >> 7 & 1));
		d->next = r >> 27 & 7;
	}
}

static void spoil_as_driver(uint64_t *s)
{
	volatile uint16_t *avail = (uint16_t *)(memory + AVAIL);
	uint32_t r = random_next(s);

	switch (r & 7) {
	case 0: avail[0] = (uint16_t)value(s); break;
	case 1: avail[1] = (uint16_t)value(s); break;
	case 2: avail[2 + SIZE] = (uint16_t)value(s); break;
	case 3: avail[2 + (r >> 3) % SIZE] = (uint16_t)value(s); break;
	case 4: avail[2 + avail[1] % SIZE] = r >> 3 & 7; avail[1]++; break;
	default: spoil_desc(s);
	}
}

static void spoil_as_device(uint64_t *s)
{
	volatile uint16_t *used = (uint16_t *)(memory + USED);
	volatile struct virtq_used_elem *e = (struct virtq_used_elem *)(memory + USED + 4);
	uint32_t r = random_next(s);

	switch (r & 7) {
	case 0: used[0] = (uint16_t)value(s); break;
	case 1: used[1] = (uint16_t)value(s); break;
	case 2: used[2 + 4 * SIZE] = (uint16_t)value(s); break;
	case 3: e[(r >> 3) % SIZE].id = (uint32_t)value(s); break;
	case 4: e[(r >> 3) % SIZE].len = (uint32_t)value(s); break;
	default:
		e[used[1] % SIZE].id = r >> 3 & 7;
		e[used[1] % SIZE].len = r >> 6 & 31;
		used[1]++;
	}
}

static volatile uint32_t served, refused;

/* One round of an honest device; what it was given must lie in the right half. */
static void device_round(void)
{
	int result = vqv_next(&dev, &chain);

	if (result < 0) {
		refused++;
		setup.epoch++;
		memset(memory + AVAIL, 0, virtq_avail_size(SIZE));
		assert_int_equal(vqv_open(&dev, &window, &setup), 0);
		return;
	}
	if (result == 0) {
		vqv_enable_event(&dev);
		return;
	}
	served++;
	assert_true(chain.readable + chain.writable <= SIZE);
	for (unsigned i = 0; i < chain.readable + chain.writable; i++) {
		uint64_t half = i < chain.readable ? 0 : HALF;
		volatile uint8_t *at = parts[i].at;

		assert_true(at >= memory + half && at + parts[i].size <= memory + half + HALF);
		for (uint32_t byte = 0; byte < parts[i].size; byte++) {
			if (half) {
				at[byte] = (uint8_t)byte;
			} else {
				(void)at[byte];
			}
		}
	}
	if (vqv_complete(&dev, chain.head, chain.write_size) == 0) {
		vqv_publish(&dev);
	}
}

/* One round of an honest driver: each cookie is out once, and comes back once. */
static void driver_round(bool *is_out)
{
	unsigned which = 0;
	uint32_t written;
	void *cookie;
	int result;

	while (which < SIZE && is_out[which]) {
		which++;
	}
	if (which < SIZE && post(&is_out[which]) >= 0) {
		is_out[which] = true;
	}
	vqd_publish(&drv);
	result = vqd_take(&drv, &cookie, &written);
	if (result == 1) {
		served++;
		assert_true(written <= 16);
		assert_true(*(bool *)cookie);
		*(bool *)cookie = false;
	} else if (result < 0) {
		refused++;
		while (vqd_abandon(&drv, &cookie)) {
			assert_true(*(bool *)cookie);
			*(bool *)cookie = false;
		}
		for (unsigned i = 0; i < SIZE; i++) {
			assert_false(is_out[i]);
		}
		memset(memory + USED, 0, virtq_used_size(SIZE));
		assert_int_equal(vqd_init(&drv, SIZE, BOTH, memory + DESC, memory + AVAIL,
					  memory + USED, slots), 0);
	} else {
		vqd_enable_event(&drv);
	}
}

static void *driver_thread(void *unused)
{
	uint64_t s = 362436069;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		spoil_as_driver(&s);
	}
	return NULL;
}

static void *device_thread(void *unused)
{
	uint64_t s = 521288629;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		spoil_as_device(&s);
	}
	return NULL;
}

/* Rounds of the honest side: after each some words by turns, or with the thread beside it */
static void suffer(bool is_device, void *(*thread)(void *))
{
	bool is_out[SIZE] = { false };
	pthread_t peer;

	begin(BOTH);
	served = refused = 0;
	stop = 0;
	if (thread) {
		assert_int_equal(pthread_create(&peer, NULL, thread, NULL), 0);
	}
	for (unsigned i = 0; i < (thread ? MOST : ROUNDS); i++) {
		if (thread && served >= EVENTS && refused >= EVENTS) {
			break;
		}
		if (thread && i % 64 == 0) {
			sched_yield();
		}
		if (is_device) {
			device_round();
		} else {
			driver_round(is_out);
		}
		for (unsigned words = thread ? 0 : random_next(&seed) & 7; words; words--) {
			if (is_device) {
				spoil_as_driver(&seed);
			} else {
				spoil_as_device(&seed);
			}
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	if (thread) {
		pthread_join(peer, NULL);
	}
	printf("%u chains went well, %u times the queue was stopped\n", served, refused);
	assert_true(refused > 0 && (thread || served > 100));
}

static void a_device_stands_any_word_of_the_driver(void **state) { suffer(true, NULL); }
static void a_driver_stands_any_word_of_the_device(void **state) { suffer(false, NULL); }
static void a_device_stands_any_word_at_any_time(void **state) { suffer(true, driver_thread); }
static void a_driver_stands_any_word_at_any_time(void **state) { suffer(false, device_thread); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_stands_any_word_of_the_driver),
		cmocka_unit_test(a_driver_stands_any_word_of_the_device),
		cmocka_unit_test(a_device_stands_any_word_at_any_time),
		cmocka_unit_test(a_driver_stands_any_word_at_any_time),
	};

	return cmocka_run_group_tests(tests, make_window, drop_window);
}
