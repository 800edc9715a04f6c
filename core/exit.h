/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the architecture's exits from a guest need of core: the answers to calls and to
 * accesses of the emulated PL011, the count of exits, the record of a crash.
 */
#pragma once

#include <core/guest.h>
#include <abi/errors.h>

/*
 * Calls from a guest by HVC #0 or SMC #0: SMCCC 1.2's own, PSCI 1.1, TRNG, and
 * Skerry's hypercalls.
 */
/* x: the caller's x0..x17, arguments in, results out; x0 is the function. What is
 * no documented result stays. Unknown functions: NOT_SUPPORTED in x0. */
void smccc_call(struct vcpu *v, uint64_t *x);

/* PSCI functions, 0x84000000.. and 0xC4000000..; false: not one of them. */
bool psci_call(struct vcpu *v, uint64_t *x);

/* Row `row` of the hypercall table. */
void hypercall(struct vcpu *v, uint32_t row, uint64_t *x);

/* What the firmware offers that guests may use: asked at boot. */
struct firmware {
	uint32_t workarounds[3];		/* SMCCC_ARCH_WORKAROUND_*; 0: none */
	bool trng;				/* TRNG 1.0 (Arm DEN0098) */
};
extern struct firmware firmware;

/* Passes a call to EL3: only for functions in struct firmware. The architecture's. */
void arch_firmware_call(uint64_t *x);

/*
 * The minimal PL011 of a guest with console = "pl011" (Arm DDI 0183G): what
 * Linux's amba-pl011, U-Boot and EDK2 use. Differences from the real one:
 * transmission takes no time; the baud rate, modem lines, DMA and loop back do
 * nothing; it works while disabled in UARTCR; RXIS and RTIS stay for as long as
 * data waits (RTIS at once, without a delay), whatever UARTICR says.
 * One lock a guest (LOCK_VPL011), held while the interrupt's level is set.
 */
/* A guest's access at `offset` into the page. False: an external abort (wider
 * than 4 bytes, or not aligned to a register). */
bool vpl011_access(struct guest *g, uint64_t offset, bool is_write, unsigned width,
		   uint64_t *value);
/* Before each life of the guest: nobody else uses its UART then. */
void vpl011_reset(struct guest *g);
/* Input waits in the console, which is the receive FIFO: the level follows. Any core. */
void vpl011_receive(struct guest *g);

/*
 * Crash records (abi/crash.h): what a guest was at when it did what it can't survive, on the
 * core of the vCPU that did it. One a guest, written once a crash and only then (core/life.c);
 * and EL2's own, before a reset and at a panic.
 */
/* A page each: guests', then EL2's own. Kept over a reset, where the board has a place; NULL
 * until boot has found it. .crc32 is 0 in those that hold no record, or are being written. */
union crash_page {
	struct skerry_crash record;
	uint8_t page[PAGE_SIZE];
};
extern union crash_page *crash_pages;

/* Make the record of v's guest, and print it: at most 14 lines. */
void crash_record(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa);
/* Add its stack, once a crash: all vCPUs are off, its DMA is silent, its memory still whole. */
void crash_keep_stack(const struct guest *g);
/* EL2's own: why the board is reset, or halts. `v`: the guest that it is about; or NULL. */
void crash_note(const struct vcpu *v, uint64_t pc, const char *cause);
void crash_print(const struct skerry_crash *r);	/* a guest's */
void crash_print_exits(const struct skerry_crash *r);	/* the last line alone: EL2's own too */
/* It is complete: its checksum, and out of the caches. */
void crash_seal(struct skerry_crash *r);

/*
 * Exits, counted by cause per vCPU, and the last few of each. Written by the
 * vCPU's own core only, so no lock; readers on other cores see a moment's value.
 */
/* One exit of `v`, on its own core: every slow exit calls this once. */
static inline void stats_exit(struct vcpu *v, enum exit_cause cause, uint64_t syndrome)
{
	struct skerry_exit *r = &v->last_exit[v->exit_next++ % EXIT_RING];

	v->exits[cause]++;
	r->syndrome = (uint32_t)syndrome;
	r->cause = (uint32_t)cause;
}
