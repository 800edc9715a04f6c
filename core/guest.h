/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests, their vCPUs and the physical cores. The arrays live in EL2's memory
 * and are filled once at boot. Who writes what after that is said per field.
 */
#pragma once

#include <hv/lock.h>
#include <core/system.h>
#include <abi/crash.h>
#include <arch_types.h>		/* struct arch_vcpu, struct arch_guest: the architecture's */

enum guest_state {		/* core/life.c holds the transitions */
	GUEST_ABSENT, GUEST_LOADING, GUEST_RUNNING, GUEST_PAUSED, GUEST_STOPPING, GUEST_STOPPED,
	GUEST_CRASHED, GUEST_QUARANTINED, GUEST_STATES
};

enum vcpu_power { VCPU_OFF, VCPU_CLAIMED, VCPU_STARTING, VCPU_ON };

enum exit_cause {		/* counted per vCPU; names in core/crash.c */
	EXIT_HVC, EXIT_SMC, EXIT_SYSREG, EXIT_MMIO, EXIT_ABORT, EXIT_IRQ, EXIT_SERROR, EXIT_OTHER,
	EXIT_CAUSES
};

#define EXIT_RING	SKERRY_CRASH_EXITS	/* a power of two */

/* What the time of a vCPU on a shared core goes to: it waits (WFI, off, its guest is down); it
 * would run, but another one does: stolen time; it runs. */
enum vcpu_time { VCPU_IDLE, VCPU_READY, VCPU_RUN, VCPU_TIMES };

struct vcpu {
	struct arch_vcpu arch;	/* first: assembly reaches it at offset 0 */
	struct guest *guest;
	uint8_t index, cpu, slot;	/* in the guest; its core; in that core's list */
	bool is_waiting;	/* in WFI, on a shared core; own core only, as what follows */
	bool has_asked_time;	/* PV_TIME_ST: time_publish() for it from then on */
	uint8_t time;		/* enum vcpu_time: now ... */
	uint64_t since;		/* ... since, ticks; UINT64_MAX: it is being changed */
	uint64_t deadline;	/* it waits, off its core: when its own timer wants it, ticks */
	uint32_t power;		/* enum vcpu_power, atomic: see core/psci.c */
	uint64_t entry, context;	/* CPU_ON: written by who claimed it, before STARTING */
	/* As in struct skerry_vcpu_stats. Written by its own core only */
	uint64_t exits[EXIT_CAUSES];	/* stats_exit() */
	uint64_t ticks[VCPU_TIMES];	/* spent so far, since boot */
	uint64_t switches;	/* times it was switched in */
	struct skerry_exit last_exit[EXIT_RING];
	uint32_t exit_next;	/* counts for ever; the ring's index is its low bits */
};

struct guest {
	struct arch_guest arch;
	const struct sys_guest *config;
	uint8_t index;		/* VMID = index + 1 */
	uint8_t state;		/* enum guest_state, under life.c's lock; read atomically */
	uint8_t next_state;	/* while stopping: STOPPED, CRASHED or LOADING */
	bool is_scrubbing;	/* while stopping: silenced, memory being zeroed */
	uint32_t left;		/* while stopping: vCPUs off their cores, a bit each; atomic */
	uint64_t life;		/* number of starts */
	uint32_t crash_count;	/* within the restart window ... */
	uint64_t crash_since;	/* ... which began then, ticks */
	uint64_t crashes;	/* since boot; as what follows, under life.c's lock */
	const char *forced[2];	/* why, what: a crash whose record is to be made; NULL: none */
	uint64_t paused_at;	/* ticks */
	uint64_t control_line;	/* when the next line is due about what it asked for; ticks */
	bool is_ordered;	/* loading: waits for those it comes `after` */
	uint64_t watchdog;	/* deadline of its check-in, ticks; 0: none. Atomic, any core */
	uint64_t watchdog_us;	/* of its last check-in */
	struct skerry_stats *stats;	/* its page for those that have control over it */
	struct skerry_time_page *time;	/* NULL: none of its cores is shared */
	uint8_t *seed;		/* rng-seed's 32 bytes in config's tree; NULL: none */
	uint8_t seed_key[32];	/* boot's (core/boot/seed.c); the next life's seed comes from it */
	struct skerry_info *info;	/* its information page */
	struct vcpu *vcpu;	/* [config->vcpu_count] */
};

struct pcpu {
	struct vcpu *current;	/* whose context is on the core; NULL: none. Offset 0: assembly */
	uint64_t stack_top;	/* offset 8: assembly */
	uint8_t index, vcpu_count;
	bool is_shared;		/* its policy is not static: constant. Read with `look`: fast.c */
	bool look;		/* something came for core_next(): core_look(). Atomic, any core */
	uint64_t watchdog;	/* no deadline is before; 0: not known. Atomic, any core */
	bool is_timer_on;	/* its virtual timer's interrupt is enabled */
	/* Own core only, ticks: when to look again at the latest; of that for those who wait, off
	 * the core, and the watchdogs; since when core_next() is needed, for the turn alone
	 * unless `look` is set too (0: not) */
	uint64_t until, wake, came;
	struct vcpu *running;	/* shared: whose turn it is, NULL: nobody's; own core only */
	struct vcpu *vcpu[SYS_SLOT_MAX];	/* the vCPUs that live here, by slot */
};

extern struct guest guests[SKERRY_GUEST_MAX];
extern uint32_t guest_count;
extern struct pcpu pcpus[SKERRY_CPU_MAX];

static inline bool vcpu_is_on(const struct vcpu *v) { return load_acquire(&v->power) == VCPU_ON; }
static inline enum guest_state state_of(const struct guest *g) { return load_acquire(&g->state); }
