/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records: the last one of each guest, in EL2's memory, with a checksum.
 * Printed when it is made and on the console's key (Ctrl-] c).
 */
#ifndef CORE_CRASH_H
#define CORE_CRASH_H

#include <abi/layout.h>
#include <core/guest.h>

struct crash_registers {
	uint64_t x[31];
	uint64_t pc, pstate, sp;	/* sp: of EL1 */
};

struct crash_record {
	uint64_t checksum;		/* CRC-32 of everything behind this field */
	uint64_t life;			/* number of the guest's start; 0: no record */
	uint64_t time;			/* ticks */
	uint32_t vcpu, cpu;
	uint64_t esr, far, ipa;
	struct crash_registers at;
	struct exit_record last[EXIT_RING];	/* oldest first */
	char name[SKERRY_NAME_MAX];
	char cause[64];
};

_Static_assert(sizeof(struct crash_record) == 480, "layout of a crash record");

/* Make and print the record of `v`'s guest, on v's core; at most 14 lines. When
 * two vCPUs crash at the same time, the second finds the record taken and leaves it. */
void crash_record(const struct vcpu *v, const char *cause, uint64_t esr, uint64_t far,
		  uint64_t ipa);
/* Print all records there are. */
void crash_print(void);
/* Panic on this core while `v` was its vCPU: what led there. */
void crash_note_panic(const struct vcpu *v);

#endif
