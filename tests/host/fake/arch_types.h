/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture's part of a vCPU and of a guest, for core/guest.h in
 * host tests. Enough to see what core did.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <hv/types.h>
#include <abi/layout.h>

struct arch_vcpu {
	uint64_t x[31];
	uint64_t elr, spsr, sp;
	bool is_translated;		/* sp is at sp + offset, guest-physical; or nowhere */
	uint64_t offset;
	unsigned starts, stops;		/* calls of arch_vcpu_start(), _stop() */
	uint64_t start_entry, start_context;
	bool has_interrupt;		/* what arch_vcpu_has_interrupt() answers */
	uint64_t timer;			/* `deadline` when it leaves its core */
};

struct arch_guest {
	unsigned resets, stops;		/* calls of arch_guest_reset(), _stop() */
	unsigned raised[SKERRY_INTID_COUNT];	/* arch_event_raise() */
	bool level[SKERRY_INTID_COUNT];		/* arch_level_set() */
	unsigned level_calls;
	uint64_t notified[SKERRY_PORT_MAX];	/* arch_notified() */
};

#endif
