/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of three kinds that can't be mixed up, sizes, and the few macros
 * that every file uses. Included first by everything in EL2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096ull
#define BLOCK_SIZE	0x200000ull	/* a level-2 block */
#define KIB(n)		((uint64_t)(n) << 10)
#define MIB(n)		((uint64_t)(n) << 20)
#define GIB(n)		((uint64_t)(n) << 30)

struct guest;			/* core/guest.h */
struct vcpu;

struct pa { uint64_t v; };	/* physical */
struct ipa { uint64_t v; };	/* guest-physical, stage 2's input */
struct range { uint64_t base, size; };	/* [base, base + size); size 0: nothing */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define load_relaxed(at) __atomic_load_n((at), __ATOMIC_RELAXED)
#define load_acquire(at) __atomic_load_n((at), __ATOMIC_ACQUIRE)
#define store_relaxed(at, value) __atomic_store_n((at), (value), __ATOMIC_RELAXED)
#define store_release(at, value) __atomic_store_n((at), (value), __ATOMIC_RELEASE)
/* May write what is there to `*expected`. Of all orders the strongest. */
#define compare_exchange(at, expected, value) __atomic_compare_exchange_n( \
	(at), (expected), (value), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define always_inline	inline __attribute__((always_inline))
#define nodiscard	__attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

static inline struct pa pa(uint64_t v) { return (struct pa){ v }; }
static inline struct ipa ipa(uint64_t v) { return (struct ipa){ v }; }
static inline struct pa pa_add(struct pa p, uint64_t n) { return pa(p.v + n); }

/* `to` is a power of two */
static inline uint64_t align_down(uint64_t v, uint64_t to) { return v & ~(to - 1); }
static inline uint64_t align_up(uint64_t v, uint64_t to) { return (v + to - 1) & ~(to - 1); }
static inline bool is_aligned(uint64_t v, uint64_t to) { return (v & (to - 1)) == 0; }
static inline uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Does [base, base + size) end without wrapping? */
static inline bool range_is_sane(uint64_t base, uint64_t size) { return size <= UINT64_MAX - base; }

/* Both sane. An empty range overlaps nothing. */
static inline bool range_overlaps(struct range a, struct range b)
{
	return a.size && b.size && a.base < b.base + b.size && b.base < a.base + a.size;
}

/* Does `a` hold [base, base + size)? Overflow-safe; `a` sane. */
static inline bool range_holds(struct range a, uint64_t base, uint64_t size)
{
	return base >= a.base && size <= a.size && base - a.base <= a.size - size;
}
