/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device registers. On the target one plain load or store with a base register
 * alone, so that the access has a valid syndrome when EL2 itself runs under a
 * hypervisor, and the compiler can't merge, split or move it. No barrier: the
 * caller orders device against memory where that matters.
 * On the host (unit tests) the registers are a model: tests/host/fake.
 */
#ifndef HV_MMIO_H
#define HV_MMIO_H

#include <hv/types.h>

#ifdef __aarch64__
#define MMIO_ACCESSORS(bits, suffix, w) \
static inline uint##bits##_t mmio_read##bits(uintptr_t at) \
{ \
	uint##bits##_t v; \
	__asm__ volatile("ldr" suffix " %" w "0, [%1]" : "=r"(v) : "r"(at)); \
	return v; \
} \
static inline void mmio_write##bits(uintptr_t at, uint##bits##_t v) \
{ \
	__asm__ volatile("str" suffix " %" w "0, [%1]" : : "r"(v), "r"(at)); \
}
#else
uint64_t fake_mmio_read(uintptr_t at, unsigned width);
void fake_mmio_write(uintptr_t at, unsigned width, uint64_t value);

#define MMIO_ACCESSORS(bits, suffix, w) \
static inline uint##bits##_t mmio_read##bits(uintptr_t at) \
{ \
	return (uint##bits##_t)fake_mmio_read(at, (bits) / 8); \
} \
static inline void mmio_write##bits(uintptr_t at, uint##bits##_t v) \
{ \
	fake_mmio_write(at, (bits) / 8, v); \
}
#endif

MMIO_ACCESSORS(8, "b", "w")
MMIO_ACCESSORS(16, "h", "w")
MMIO_ACCESSORS(32, "", "w")
MMIO_ACCESSORS(64, "", "x")
#undef MMIO_ACCESSORS

#endif
