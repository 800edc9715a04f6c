/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics and time that EL2 publishes; read-only in stage 2, written by EL2 alone.
 *
 * Statistics: one page a guest, at SKERRY_STATS(guest), in those guests that hold `control`
 * over it. Constant but for what the call STATS brings up to date; on the caller's time.
 *
 * Time (Arm DEN0057A, 4.2): one page at SKERRY_TIME_BASE in a guest with a vCPU on a core that
 * is shared, and in no other; its address comes from PV_TIME_ST, and what it says of a vCPU is
 * kept from that vCPU's first PV_TIME_ST on.
 */
#pragma once

#include "layout.h"

#define SKERRY_STATS(guest)	(SKERRY_STATS_BASE + (guest) * 0x1000)
#define SKERRY_STATS_MAGIC	0x74617473u	/* "stat" */

#define SKERRY_EXIT_CAUSES	8	/* hvc, smc, sysreg, mmio, abort, irq, serror, other */

#ifndef __ASSEMBLER__
/* skerry_stats.state, from 0 on. ABSENT: never started; REFUSED: its image is missing or damaged */
enum { SKERRY_STATE_ABSENT, SKERRY_STATE_LOADING, SKERRY_STATE_RUNNING, SKERRY_STATE_PAUSED,
       SKERRY_STATE_STOPPING, SKERRY_STATE_STOPPED, SKERRY_STATE_CRASHED,
       SKERRY_STATE_QUARANTINED, SKERRY_STATE_REFUSED };
/* skerry_vcpu_stats.policy, from 0 on */
enum { SKERRY_POLICY_STATIC, SKERRY_POLICY_CYCLIC, SKERRY_POLICY_SERVER, SKERRY_POLICY_RR };

struct skerry_vcpu_stats {
	uint64_t exits[SKERRY_EXIT_CAUSES];	/* since boot, by cause */
	uint64_t idle;		/* ticks since boot: waiting or down, ... */
	uint64_t stolen;	/* ... ready while another one had its core, ... */
	uint64_t run;		/* ... on it. Together `now`, or a moment more; a core
				   of its own: all is `run` */
	uint64_t switches;	/* times it was switched in */
	uint8_t core, policy;	/* constant; SKERRY_POLICY_* */
	uint8_t is_on, reserved[5];
};

struct skerry_port_stats {
	char link[SKERRY_NAME_MAX];	/* constant, as what follows; empty: no such port */
	uint8_t type, role;	/* SKERRY_LINK_*; SKERRY_FRONT, SKERRY_BACK (abi/link.h) */
	uint8_t peer, reserved[5];	/* guest at the other end */
	uint64_t notified;	/* since boot: times this end has rung the other */
};

struct skerry_stats {
	uint32_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t guest, vcpu_count;	/* constant, as all up to `hz`; index */
	char name[SKERRY_NAME_MAX];	/* NUL-terminated */
	uint64_t memory, hz;	/* bytes of RAM; ticks a second */
	uint64_t now;		/* of the last STATS, ticks */
	uint64_t life, crashes;	/* number of starts, and of crashes since boot */
	uint64_t life_begin;	/* of this life's loading, ticks */
	uint32_t state, has_crash;	/* SKERRY_STATE_*; a crash record can be read */
	struct skerry_vcpu_stats vcpu[SKERRY_VCPU_MAX];
	struct skerry_port_stats port[SKERRY_PORT_MAX];
};

struct skerry_time {		/* by vCPU; DEN0057A, 4.2.1 */
	uint32_t revision, attributes;	/* 0 */
	uint64_t stolen;	/* ns for which this vCPU was ready and did not run */
	uint8_t pad[48];
};

struct skerry_time_page {
	struct skerry_time time[SKERRY_VCPU_MAX];
	struct {			/* Skerry's own */
		uint64_t preempted;	/* not 0: ready, but another vCPU has its core now */
		uint8_t pad[56];
	} state[SKERRY_VCPU_MAX];
};
#endif /* __ASSEMBLER__ */
