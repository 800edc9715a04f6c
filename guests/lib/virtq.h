/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues: what virtq_driver.h and virtq_device.h share. Layouts, error codes
 * and memory order of VIRTIO 1.2, 2.7. Needs a compiler with GNU atomics and nothing
 * else: any RTOS, any host, C or C++. No function here or there blocks, allocates, or
 * prints; a queue is used by one context at a time (the caller's lock, if any).
 * Fields that the other side can write are read once, each by one of the functions below.
 */
#ifndef VIRTQ_H
#define VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "virtqueues are little endian"
#endif

/* Before each store that outlives this side: a test may define it, to die at any of them */
#ifndef VIRTQ_STEP
#define VIRTQ_STEP() ((void)0)
#endif

#define VIRTQ_SIZE_MAX		32768u		/* entries; a power of two */

/* Feature bits of VIRTIO that a queue must know of */
#define VIRTQ_F_INDIRECT	(1ull << 28)
#define VIRTQ_F_EVENT_IDX	(1ull << 29)

/* Results. The first two are the caller's; the others mean that the peer broke the
 * rules: the queue is stopped and answers with the same code until it is set up again. */
#define VIRTQ_FULL		(-1)	/* no room now: take what is done and try again */
#define VIRTQ_INVALID		(-2)	/* an argument is out of range */
#define VIRTQ_BAD_INDEX		(-3)	/* the peer's index is ahead of what is possible */
#define VIRTQ_BAD_HEAD		(-4)	/* no such descriptor, or not in flight, or twice */
#define VIRTQ_BAD_LENGTH	(-5)	/* more used than posted, or an empty or too big buffer */
#define VIRTQ_BAD_CHAIN		(-6)	/* too long, out of the table, nested, not negotiated */
#define VIRTQ_BAD_ORDER		(-7)	/* a readable segment behind a writable one */
#define VIRTQ_BAD_ADDRESS	(-8)	/* outside this side's part of the window */

#define VIRTQ_DESC_NEXT		1u
#define VIRTQ_DESC_WRITE	2u
#define VIRTQ_DESC_INDIRECT	4u
#define VIRTQ_AVAIL_NO_INTERRUPT 1u
#define VIRTQ_USED_NO_NOTIFY	1u

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct virtq_used_elem {
	uint32_t id;
	uint32_t len;
};

struct virtq_avail {		/* the driver writes it; behind the ring: used_event */
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[1];
};

struct virtq_used {		/* the device writes it; behind the ring: avail_event */
	uint16_t flags;
	uint16_t idx;
	struct virtq_used_elem ring[1];
};

/* Bytes that the three areas take; they are aligned to 16, 2 and 4 bytes at least. */
static inline size_t virtq_desc_size(uint16_t size) { return (size_t)size * 16; }
static inline size_t virtq_avail_size(uint16_t size) { return (size_t)size * 2 + 6; }
static inline size_t virtq_used_size(uint16_t size) { return (size_t)size * 8 + 6; }

static inline bool virtq_size_is_valid(uint32_t size)
{
	return size && size <= VIRTQ_SIZE_MAX && (size & (size - 1)) == 0;
}

static inline volatile uint16_t *virtq_used_event(volatile struct virtq_avail *a, uint16_t size)
{
	return (volatile uint16_t *)((volatile uint8_t *)a + 4 + (size_t)size * 2);
}

static inline volatile uint16_t *virtq_avail_event(volatile struct virtq_used *u, uint16_t size)
{
	return (volatile uint16_t *)((volatile uint8_t *)u + 4 + (size_t)size * 8);
}

static inline volatile uint16_t *virtq_avail_entry(volatile struct virtq_avail *a, uint16_t at)
{
	return (volatile uint16_t *)((volatile uint8_t *)a + 4) + at;
}

static inline volatile struct virtq_used_elem *virtq_used_entry(volatile struct virtq_used *u,
								uint16_t at)
{
	return (volatile struct virtq_used_elem *)((volatile uint8_t *)u + 4) + at;
}

/*
 * Memory order. Entries are plain volatile accesses, ordered by the index: stored with
 * release after them, loaded with acquire before them. Between storing what the other side
 * polls and loading what it stores stands a full barrier: release is not enough there.
 */
static inline uint16_t virtq_load(volatile uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline uint16_t virtq_load_acquire(volatile uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void virtq_store(volatile uint16_t *at, uint16_t value)
{
	VIRTQ_STEP();
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
}

static inline void virtq_store32(volatile uint32_t *at, uint32_t value)
{
	VIRTQ_STEP();
	*at = value;
}

static inline void virtq_store_release(volatile uint16_t *at, uint16_t value)
{
	VIRTQ_STEP();
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* The compiler keeps stores in order; a core that is stopped has done a prefix of them. */
static inline void virtq_keep_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void virtq_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The peer wants to hear of it when `event` is passed; was it, between old and now? */
static inline bool virtq_event_is_passed(uint16_t event, uint16_t now, uint16_t old)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

#endif
