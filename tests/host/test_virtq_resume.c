// SPDX-License-Identifier: BSD-2-Clause
/*
 * The death of a back end before any store that outlives it, and again in its next life:
 * each chain comes back once.
 */
/* sources: */
#include <setjmp.h>

static jmp_buf death;
static long steps_left;			/* until the device's side dies; < 0: never */

static void step(void)
{
	if (steps_left >= 0 && steps_left-- == 0) {
		longjmp(death, 1);
	}
}

#define VIRTQ_STEP() step()
#include "virtq_pair.h"

/* A back end that holds up to three chains and completes the oldest but one first. */
static void serve(void)
{
	uint16_t held[4];
	unsigned count = 0;

	memset(&dev, 0xa5, sizeof(dev));
	assert_int_equal(vqv_open(&dev, &window, &setup), 0);
	vqv_publish(&dev);
	for (;;) {
		while (count < 3 && vqv_next(&dev, &chain) == 1) {
			vqv_write(&chain, 0, memory + OUT, 1);
			held[count++] = chain.head;
		}
		if (count == 0) {
			break;
		}
		unsigned which = count > 1;
		uint16_t head = held[which];

		held[which] = held[--count];
		assert_int_equal(vqv_complete(&dev, head, 1), 0);
		vqv_publish(&dev);
	}
	assert_false(vqv_enable_event(&dev));
}

/* One message at a time out of `left`, as long as there is room */
static unsigned fill(unsigned left)
{
	while (left && post(slots + left % SIZE) >= 0) {
		left--;
	}
	vqd_publish(&drv);
	return left;
}

static unsigned drain(unsigned *seen)
{
	unsigned count = 0;
	void *cookie;
	uint32_t written;

	while (vqd_take(&drv, &cookie, &written) == 1) {
		assert_int_equal(written, 1);
		seen[(struct virtq_slot *)cookie - slots]++;
		count++;
	}
	assert_int_equal(drv.error, 0);
	return count;
}

/* Killed at each store, and in the next life at each store again. */
static void death_at_any_store_loses_and_doubles_nothing(void **state)
{
	volatile long first, second;
	volatile unsigned deaths = 0, left, done;
	unsigned seen[SIZE];

	for (first = 0; first < 260; first += 1) {
		for (second = 0; second < 90; second += 1 + first % 3) {
			volatile int life = 0;

			begin(BOTH);
			memset(seen, 0, sizeof(seen));
			left = 2 * SIZE;
			done = 0;
			left = fill(left);
			if (setjmp(death)) {
				steps_left = -1;
				deaths++;
				done += drain(seen);
				left = fill(left);
			}
			do {
				steps_left = life == 0 ? first : life == 1 ? second : -1;
				life++;
				serve();
				steps_left = -1;
				done += drain(seen);
				left = fill(left);
			} while (done < 2 * SIZE);
			assert_int_equal(vqd_in_flight(&drv), 0);
			for (unsigned i = 0; i < SIZE; i++) {
				assert_int_equal(seen[i], 2);
			}
		}
	}
	assert_true(deaths > 5000);
}

/* Without a track, as for frames: a back end that completes in order goes on where it was. */
static void in_order_it_resumes_from_the_used_index(void **state)
{
	begin(BOTH);
	setup.track = NULL;
	assert_int_equal(vqv_open(&dev, &window, &setup), 0);
	for (unsigned i = 0; i < 3; i++) {
		post(slots + i);
	}
	vqd_publish(&drv);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	vqv_complete(&dev, 0, 0);
	assert_int_equal(vqv_open(&dev, &window, &setup), 0);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	assert_int_equal(chain.head, 2);
	assert_int_equal(vqv_next(&dev, &chain), 1);
	assert_int_equal(chain.head, 4);
	assert_int_equal(vqv_next(&dev, &chain), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_at_any_store_loses_and_doubles_nothing),
		cmocka_unit_test(in_order_it_resumes_from_the_used_index),
	};

	steps_left = -1;
	return cmocka_run_group_tests(tests, make_window, drop_window);
}
