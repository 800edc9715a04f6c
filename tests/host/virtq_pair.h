/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver and a device over one split window, for the tests of the ring library. The
 * window is an allocation of its own, so that ASan sees a byte outside it.
 */
#ifndef VIRTQ_PAIR_H
#define VIRTQ_PAIR_H

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
static inline int post(void *cookie)
{
	const struct virtq_buffer b[2] = { { FRONT + OUT, 16 }, { FRONT + IN, 16 } };

	return vqd_add(&drv, b, 1, 1, cookie);
}

#endif
