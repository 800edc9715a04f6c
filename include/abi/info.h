/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The information page: one page a guest at SKERRY_INFO_BASE, written by EL2
 * before each life of the guest, read-only to the guest in stage 2.
 * All fields are little endian; times are ticks of CNTVCT_EL0.
 */
#pragma once

#include "link.h"

#define SKERRY_LOG_SIZE		0x10000		/* of the ring of console output, in bytes */

#ifndef __ASSEMBLER__
#define SKERRY_INFO_MAGIC	0x59524b53u	/* "SKRY" */

/* Boot stamps: time of the step's end; durations are in the *_ticks fields */
struct skerry_info {
	uint32_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t guest, vcpu_count;	/* this guest's index, 0.., and its vCPUs */
	uint64_t life;			/* 1 for the first start, then 2, 3, ... */
	uint64_t features;
	char name[24];			/* NUL-terminated */
	uint64_t boot_entry, boot_ready;	/* image entry; before the guests' loading began */
	uint64_t boot_hash_ticks, boot_console_ticks;	/* of these, hashing and console output */
	uint64_t load_begin;		/* this life's load: first scrub or copy */
	uint64_t load_copy_ticks, load_scrub_ticks;	/* copying and checking CRCs; zeroing */
	uint64_t load_end;		/* just before the first instruction */
	uint32_t port_count, reserved;	/* ports that are used: 0.. */
	struct skerry_link link[SKERRY_PORT_MAX];	/* by port */
};

/*
 * Console output of the guests without a console link, and of EL2 (guest 0xff), for the
 * guest that drives the console: a page of this header at SKERRY_LOG_BASE, then the
 * ring. Records are { uint8_t guest; uint8_t count; count bytes }, wrapping byte by byte.
 * EL2 writes the bytes, then `head` (store-release), then raises the event
 * interrupt; it never waits. Guests' output that finds the ring half full of what is not yet
 * printed is dropped and counted: the other half is for EL2's lines. A reader that
 * nonetheless finds head - tail > SKERRY_LOG_SIZE has lost all up to `head`, and goes on from
 * there (`head` always is a record's begin).
 * A record of no bytes: the guest has stopped, its unfinished line ends.
 *
 * The driver says with CONSOLE_DRIVE(1, x2 = tail) up to where all is on the UART (first
 * with x2 = head as it finds it, then from time to time): when it is gone EL2
 * prints what is behind that, so that nothing is lost.
 */
struct skerry_log {
	uint64_t head, dropped;		/* bytes ever written; of guests, that never came in */
	uint8_t pad[4080];
	uint8_t ring[SKERRY_LOG_SIZE];
};

#endif /* __ASSEMBLER__ */
