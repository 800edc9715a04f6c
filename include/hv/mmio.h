/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device registers. On the target one plain load or store with a base register
 * alone, so that the access has a valid syndrome when EL2 itself runs under a
 * hypervisor, and the compiler can't merge, split or move it. No barrier: the
 * caller orders device against memory where that matters.
 * On the host (unit tests) the registers are a model: tests/host/fake.
 */
#pragma once

#include <hv/types.h>

#ifdef __aarch64__
#define MMIO_LOAD(v, at, suffix) __asm__ volatile("ldr" suffix " %w0, [%1]" : "=r"(v) : "r"(at))
#define MMIO_STORE(v, at, suffix) __asm__ volatile("str" suffix " %w0, [%1]" : : "r"(v), "r"(at))
#else
uint32_t fake_mmio_read(uintptr_t at, unsigned width);
void fake_mmio_write(uintptr_t at, unsigned width, uint32_t value);
#define MMIO_LOAD(v, at, suffix) ((v) = (__typeof__(v))fake_mmio_read(at, sizeof(v)))
#define MMIO_STORE(v, at, suffix) fake_mmio_write(at, sizeof(v), v)
#endif

#define MMIO_ACCESSORS(type, bits, suffix) \
	static inline type mmio_read##bits(uintptr_t at) \
	{ type v; MMIO_LOAD(v, at, suffix); return v; } \
	static inline void mmio_write##bits(uintptr_t at, type v) { MMIO_STORE(v, at, suffix); }

MMIO_ACCESSORS(uint8_t, 8, "b")
MMIO_ACCESSORS(uint16_t, 16, "h")
MMIO_ACCESSORS(uint32_t, 32, "")

/* Poll until (register & mask) == wanted, a bounded number of times: 2 ms at least. */
static inline void mmio_wait32(uintptr_t at, uint32_t mask, uint32_t wanted)
{
	for (unsigned n = 0; n < 50000 && (mmio_read32(at) & mask) != wanted; n++) {
	}
}

/* Width in bytes: 1, 2 or 4. */
static inline uint32_t mmio_read(uintptr_t at, uint32_t width)
{
	return width == 1 ? mmio_read8(at) : width == 2 ? mmio_read16(at) : mmio_read32(at);
}

static inline void mmio_write(uintptr_t at, uint32_t width, uint32_t value)
{
	width == 1 ? mmio_write8(at, (uint8_t)value) :
	width == 2 ? mmio_write16(at, (uint16_t)value) : mmio_write32(at, value);
}
