/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doing what may fault: each returns 0, or the ESR of the exception that came
 * (never 0; FAR and ELR are in cpu_self()). An instruction that faults is
 * skipped; a branch to nowhere returns to the caller.
 */
#ifndef PROBE_H
#define PROBE_H

#include "guest.h"

#define ESR_EC(esr)	((esr) >> 26 & 63)
#define EC_UNKNOWN	0x00		/* UNDEFINED */
#define EC_ILLEGAL	0x0e		/* illegal execution state */
#define EC_SVC		0x15
#define EC_SYSREG	0x18
#define EC_SVE		0x19
#define EC_SME		0x1d
#define EC_IABORT_EL0	0x20
#define EC_IABORT	0x21
#define EC_PC_ALIGN	0x22
#define EC_DABORT	0x25
#define EC_SP_ALIGN	0x26
#define EC_SERROR	0x2f

static inline void probe_begin(void)
{
	struct cpu *c = cpu_self();

	c->esr = 0;
	c->expect = 1;
	asm volatile("" ::: "memory");
}

static inline uint64_t probe_end(void)
{
	struct cpu *c = cpu_self();

	asm volatile("" ::: "memory");
	c->expect = 0;
	return c->esr;
}

uint64_t try_read(uint64_t at, unsigned width, uint64_t *value);	/* 1, 2, 4, 8 */
uint64_t try_write(uint64_t at, unsigned width, uint64_t value);
uint64_t try_exec(uint64_t at);			/* call it: it must return */
uint64_t try_ldxr(uint64_t at, uint64_t *value);
uint64_t try_ldp(uint64_t at);
uint64_t try_read_post(uint64_t at);		/* post-index: no valid syndrome */
uint64_t try_zva(uint64_t at);
/* One instruction with x0 in and out; its registers x1..x17 may be written. */
uint64_t try_instruction(uint32_t word, uint64_t *x0);

/* Encodings of MRS and MSR, op0 2 or 3, with x0. */
static inline uint32_t encode_mrs(uint32_t op0, uint32_t op1, uint32_t n, uint32_t m, uint32_t op2)
{
	return 0xd5200000 | op0 << 19 | op1 << 16 | n << 12 | m << 8 | op2 << 5;
}

static inline uint32_t encode_msr(uint32_t op0, uint32_t op1, uint32_t n, uint32_t m, uint32_t op2)
{
	return encode_mrs(op0, op1, n, m, op2) & ~0x00200000u;
}

#endif
