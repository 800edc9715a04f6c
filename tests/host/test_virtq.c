// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ring library, one step at a time: driver and device over one window, in order and
 * out of order, both ways of notification, indirect tables, wrapping indices, broken
 * peers, and the death of the back end between any two stores.
 */
/* sources: */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <guests/lib/virtq_driver.h>
#include <guests/lib/virtq_device.h>

#define SIZE	8u
#define HALF	0x2000u
#define FRONT	0x20000000ull		/* the window in the front end */
#define DESC	0u
#define AVAIL	0x400u
#define OUT	0x1000u			/* buffers of the driver half */
#define USED	HALF
#define IN	(HALF + 0x1000u)	/* and of the device half */
#define BOTH	(VIRTQ_F_INDIRECT | VIRTQ_F_EVENT_IDX)

static uint8_t *memory;
static struct virtq_window window;
static struct virtq_slot slots[SIZE];
static struct virtq_driver drv;
static struct virtq_device dev;
static struct vqv_part parts[SIZE];
static struct vqv_chain chain;
static struct virtq_track track;
static struct vqv_setup setup;

static void begin(uint64_t features)
{
	memset(memory, 0, 2 * HALF);
	memset(&track, 0, sizeof(track));
	window = (struct virtq_window){ FRONT, 2 * HALF, memory, true };
	setup = (struct vqv_setup){ SIZE, features, FRONT + DESC, FRONT + AVAIL, FRONT + USED,
				    &track, 0 };
	chain = (struct vqv_chain){ .part = parts, .part_max = SIZE };
	assert_int_equal(vqd_init(&drv, SIZE, features, memory + DESC, memory + AVAIL,
				  memory + USED, slots), 0);
	assert_int_equal(vqv_open(&dev, &window, &setup), 0);
}

static int make_window(void **state)
{
	memory = aligned_alloc(4096, 2 * HALF);
	return memory == NULL;
}

static int drop_window(void **state)
{
	free(memory);
	return 0;
}

/* Post one buffer out and one in, of 16 bytes each; head */
static int post(void *cookie)
{
	const struct virtq_buffer b[2] = { { FRONT + OUT, 16 }, { FRONT + IN, 16 } };

	return vqd_add(&drv, b, 1, 1, cookie);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, make_window, drop_window);
}
