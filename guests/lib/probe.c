/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses and instructions that may fault; exception.c skips them.
 */
#include "probe.h"
#include "mmu.h"

uint64_t try_read(uint64_t at, unsigned width, uint64_t *value)
{
	uint64_t v = 0;

	probe_begin();
	if (width == 1) {
		asm volatile("ldrb %w0, [%1]" : "+r"(v) : "r"(at) : "memory");
	} else if (width == 2) {
		asm volatile("ldrh %w0, [%1]" : "+r"(v) : "r"(at) : "memory");
	} else if (width == 4) {
		asm volatile("ldr %w0, [%1]" : "+r"(v) : "r"(at) : "memory");
	} else {
		asm volatile("ldr %0, [%1]" : "+r"(v) : "r"(at) : "memory");
	}
	if (value) {
		*value = v;
	}
	return probe_end();
}

uint64_t try_write(uint64_t at, unsigned width, uint64_t value)
{
	probe_begin();
	if (width == 1) {
		asm volatile("strb %w0, [%1]" :: "r"(value), "r"(at) : "memory");
	} else if (width == 2) {
		asm volatile("strh %w0, [%1]" :: "r"(value), "r"(at) : "memory");
	} else if (width == 4) {
		asm volatile("str %w0, [%1]" :: "r"(value), "r"(at) : "memory");
	} else {
		asm volatile("str %0, [%1]" :: "r"(value), "r"(at) : "memory");
	}
	return probe_end();
}

uint64_t try_exec(uint64_t at)
{
	probe_begin();
	asm volatile("blr %0" :: "r"(at)
		     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
		       "x12", "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
	return probe_end();
}

uint64_t try_ldxr(uint64_t at, uint64_t *value)
{
	uint64_t v = 0;

	probe_begin();
	asm volatile("ldxr %0, [%1]\n\tclrex" : "+r"(v) : "r"(at) : "memory");
	if (value) {
		*value = v;
	}
	return probe_end();
}

uint64_t try_ldp(uint64_t at)
{
	uint64_t a = 0, b = 0;

	probe_begin();
	asm volatile("ldp %0, %1, [%2]" : "+r"(a), "+r"(b) : "r"(at) : "memory");
	return probe_end();
}

uint64_t try_read_post(uint64_t at)
{
	uint64_t v = 0;

	probe_begin();
	asm volatile("ldr %w0, [%1], #4" : "+r"(v), "+r"(at) :: "memory");
	return probe_end();
}

uint64_t try_zva(uint64_t at)
{
	probe_begin();
	asm volatile("dc zva, %0" :: "r"(at) : "memory");
	return probe_end();
}

uint64_t try_instruction(uint32_t word, uint64_t *x0)
{
	static uint32_t code[CPU_MAX][16] __attribute__((aligned(64)));
	uint32_t *at = code[cpu_self()->index];
	register uint64_t value asm("x0") = x0 ? *x0 : 0;

	if (at[0] != word) {
		at[0] = word;
		at[1] = 0xd65f03c0;		/* ret */
		asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			     :: "r"(at) : "memory");
	}
	probe_begin();
	asm volatile("blr %1" : "+r"(value) : "r"(at)
		     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
		       "x12", "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
	if (x0) {
		*x0 = value;
	}
	return probe_end();
}
