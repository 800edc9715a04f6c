/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records: what a guest was at when it did what it can't survive. One page a guest, and
 * one for EL2 itself, in memory that a warm reset leaves alone: the next boot prints those
 * whose checksum is right, and keeps them until the guest crashes again. Read with
 * CRASH_READ; build/tools/skerry-crash makes a report of one. Little endian; times are ticks.
 * EL2's own: `name`, `vcpu`, `life` and `exits` are those of the guest on that core, if any.
 */
#pragma once

#include "layout.h"

#define SKERRY_CRASH_MAGIC	0x6873726379726b73ull	/* "skrycrsh" */
#define SKERRY_CRASH_VERSION	1
#define SKERRY_CRASH_STACK_MAX	2048	/* bytes of its stack */
#define SKERRY_CRASH_EXITS	8
#define SKERRY_CRASH_OWN	0xff	/* .guest: EL2's own panic, or why it reset the board */

/* As x1 of the call CRASH: why in words stands in x3 to x17 (.x[3] ...), NUL-terminated */
#define SKERRY_CRASH_TEXT	0x74786574	/* "text" */
#define SKERRY_CRASH_TEXT_MAX	120		/* bytes, with the NUL */

#ifndef __ASSEMBLER__
struct skerry_exit {
	uint32_t syndrome, cause;	/* ESR_EL2's low half, 0 for interrupts; as counted */
};

struct skerry_crash {
	uint64_t magic;
	uint32_t version, size;	/* the latter of all this, in bytes */
	uint32_t crc32;		/* IEEE, of all this with 0 here; 0: there is none, or not yet */
	uint32_t boots;		/* of EL2 since then: 0, it was in this one */
	uint32_t guest;		/* its index; SKERRY_CRASH_OWN */
	uint32_t vcpu, core, exit_count;	/* the latter of `exits` */
	char name[SKERRY_NAME_MAX];	/* NUL-terminated, as `cause` */
	char cause[104];	/* in words */
	uint64_t time, hz, life;	/* when; ticks a second */
	uint64_t esr, far, ipa;	/* ESR_EL2, FAR_EL2; guest-physical address of an abort */
	uint64_t x[31];
	uint64_t pc, pstate, sp;	/* sp: the one in use */
	struct skerry_exit exits[SKERRY_CRASH_EXITS];	/* the newest last */
	uint64_t stack_ipa;	/* where `sp` led to in guest-physical memory; all ones: nowhere */
	uint32_t stack_size, reserved;	/* bytes from there, to the page's end at most */
	uint8_t stack[SKERRY_CRASH_STACK_MAX];
};
#endif /* __ASSEMBLER__ */
