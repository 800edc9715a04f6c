// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ring library with a thread on each side, under TSan: a million messages and their
 * answers, with and without event index. Both sides sleep when they have nothing to do; a
 * lost wake-up ends the test by its time limit for a sleeper. Buffers and entries are plain
 * accesses, so TSan sees it when an index does not order them.
 */
/* sources: */
/* sanitizer: thread */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include "virtq_pair.h"

#define MESSAGES	1000000u	/* each way of notification */
#define ROOM		(SIZE / 2)	/* chains of two descriptors */
#define PATIENCE	60		/* seconds; only a lost wake-up takes them */

struct bell {
	sem_t sem;
	unsigned rung;
};

static struct bell to_device, to_driver;

static void ring(struct bell *b)
{
	b->rung++;
	sem_post(&b->sem);
}

static void sleep_on(struct bell *b)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	if (sem_timedwait(&b->sem, &until)) {
		fprintf(stderr, "a wake-up was lost\n");
		abort();
	}
}

static void need(bool is_true)
{
	if (!is_true) {
		fprintf(stderr, "wrong at %u added, %u done\n", drv.added, dev.done);
		abort();
	}
}

/* Answers each number with the next one. */
static void *device_side(void *unused)
{
	uint32_t number, served = 0;
	int result = 0;

	(void)unused;
	while (served < MESSAGES) {
		vqv_disable_event(&dev);
		do {
			while ((result = vqv_next(&dev, &chain)) == 1) {
				need(vqv_read(&chain, 0, &number, 4) == 4 && number == served);
				number++;
				need(vqv_write(&chain, 0, &number, 4) == 4);
				need(vqv_complete(&dev, chain.head, 4) == 0);
				served++;
				if (served % 3 == 0 && vqv_publish(&dev)) {
					ring(&to_driver);
				}
			}
			need(result == 0);
			if (vqv_publish(&dev)) {
				ring(&to_driver);
			}
		} while (vqv_enable_event(&dev));
		if (served < MESSAGES) {
			sleep_on(&to_device);
		}
	}
	return NULL;
}

static int send(uint32_t number)
{
	uint32_t at = 16 * (number % ROOM);
	const struct virtq_buffer b[2] = { { FRONT + OUT + at, 4 }, { FRONT + IN + at, 4 } };

	if (drv.free_count < 2) {
		return VIRTQ_FULL;
	}
	memcpy(memory + OUT + at, &number, 4);
	return vqd_add(&drv, b, 1, 1, memory + IN + at);
}

static void driver_side(void)
{
	uint32_t sent = 0, back = 0, written, number;
	void *cookie;
	int result;

	while (back < MESSAGES) {
		vqd_disable_event(&drv);
		while (sent < MESSAGES && send(sent) >= 0) {
			sent++;
			if (sent % 2 == 0 && vqd_publish(&drv)) {
				ring(&to_device);
			}
		}
		if (vqd_publish(&drv)) {
			ring(&to_device);
		}
		while ((result = vqd_take(&drv, &cookie, &written)) == 1) {
			memcpy(&number, cookie, 4);
			need(written == 4 && number == back + 1);
			back++;
		}
		need(result == 0);
		if (sent - back < ROOM && sent < MESSAGES) {
			continue;
		}
		if (!vqd_enable_event(&drv) && back < MESSAGES) {
			sleep_on(&to_driver);
		}
	}
}

static void run_with(uint64_t features)
{
	pthread_t thread;

	begin(features);
	memset(&to_device, 0, sizeof(to_device));
	memset(&to_driver, 0, sizeof(to_driver));
	sem_init(&to_device.sem, 0, 0);
	sem_init(&to_driver.sem, 0, 0);
	assert_int_equal(pthread_create(&thread, NULL, device_side, NULL), 0);
	driver_side();
	pthread_join(thread, NULL);
	printf("%s: %u messages, %u kicks, %u notifications\n", features ? "event index" : "flags",
	       MESSAGES, to_device.rung, to_driver.rung);
	assert_int_equal(dev.done, MESSAGES & 0xffff);
}

static void a_million_messages_between_two_threads(void **state)
{
	run_with(BOTH);
	run_with(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_messages_between_two_threads),
	};

	return cmocka_run_group_tests(tests, make_window, drop_window);
}
