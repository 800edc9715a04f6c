/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercall table: one row a call. C, assembly, guests, the Linux module
 * and the check of docs/hypercalls.md all use this one table.
 *
 *   X(row, NAME, handler, arguments, right)
 *
 * Number of a call: SKERRY_HVC(row), SMCCC fast 64-bit, vendor specific
 * hypervisor service (Arm DEN0028, table 2-1), made with HVC #0. Arguments are
 * in x1 upwards; `arguments` says how many registers the call reads; those
 * marked reserved in its contract must be 0. Registers that are no documented
 * result come back unchanged.
 *
 * VERSION       -> x0 OK, x1 major << 16 | minor, x2 feature bits
 * CONSOLE_WRITE x1 count in bytes, 1..64; x2..x9 the bytes, little endian
 *               -> x0 bytes taken (= count), INVALID, DENIED
 * CONSOLE_READ  -> x0 count 1..16 and x1..x2 the bytes, little endian, the
 *               rest of both zero; AGAIN when there is no input; DENIED
 *               (the event interrupt SKERRY_INTID_EVENT tells of new input)
 * NOTIFY        x1 port: rings the bell of the link's other end -> x0 OK, INVALID
 * MESSAGE       x1 port, x2..x17 a message (abi/message.h) -> x0 and x2..x17 the
 *               answer; on errors x2..x17 stay
 * EVENT         -> x0 a port with events, in turn, x1 its event bits (abi/link.h), which
 *               are cleared, x2 the link's epoch; AGAIN: no port has any
 * CONSOLE_DRIVE x1 operation, x2 how far the log (abi/info.h) is printed. 1: the caller
 *               has the UART from now on, or has got that far; 0: it gives the UART back;
 *               2: the run is to end -> x0 OK, INVALID, DENIED
 * CONSOLE_INPUT x1 guest, x2 count 1..64, x3..x10 the bytes: typed for that guest's
 *               console by EL2 -> x0 bytes taken, maybe less or 0; INVALID; BUSY: it does
 *               not run or has no such console; DENIED
 * CONTROL       x1 guest, x2 operation (SKERRY_CONTROL_*) -> x0 OK: it is under way, or done;
 *               BUSY: not from the state that guest is in; INVALID; DENIED
 * STATS         x1 guest: its statistics page (abi/stats.h) is brought up to date
 *               -> x0 OK, DENIED
 * CRASH_READ    x1 guest, x2 offset, a multiple of 8 -> x0 bytes, 0..128 (0: there are no
 *               more), x1..x16 these bytes of its crash record (abi/crash.h), the rest 0;
 *               AGAIN: it has none; INVALID, DENIED
 * WATCHDOG      x1 microseconds until the guest must call it again, 1000..3600000000, or it
 *               has crashed; 0: never again -> x0 OK, INVALID. Every call is a check-in
 * YIELD         x1 a vCPU of the caller's guest that is to run instead, or all ones: whoever
 *               is next -> x0 OK, INVALID. Has effect under the policy rr, where it is on the
 *               caller's core and ready
 * CRASH         x1 code, x2 argument: the guest reports that it is beyond
 *               repair. Does not return: running -> stopping -> crashed.
 */
#pragma once

#define SKERRY_HYPERCALLS(X) \
	X(0, VERSION, version, 0, SKERRY_RIGHT_NONE) \
	X(1, CONSOLE_WRITE, console_write, 9, SKERRY_RIGHT_CONSOLE) \
	X(2, CONSOLE_READ, console_read, 0, SKERRY_RIGHT_CONSOLE) \
	X(3, CRASH, crash, 2, SKERRY_RIGHT_NONE) \
	X(4, NOTIFY, notify, 1, SKERRY_RIGHT_NONE) \
	X(5, MESSAGE, message, 17, SKERRY_RIGHT_NONE) \
	X(6, EVENT, event, 0, SKERRY_RIGHT_NONE) \
	X(7, CONSOLE_DRIVE, console_drive, 2, SKERRY_RIGHT_DRIVER) \
	X(8, CONSOLE_INPUT, console_input, 10, SKERRY_RIGHT_DRIVER) \
	X(9, CONTROL, control, 2, SKERRY_RIGHT_CONTROL) \
	X(10, STATS, stats, 1, SKERRY_RIGHT_CONTROL) \
	X(11, CRASH_READ, crash_read, 2, SKERRY_RIGHT_CONTROL) \
	X(12, WATCHDOG, watchdog, 1, SKERRY_RIGHT_NONE) \
	X(13, YIELD, yield, 1, SKERRY_RIGHT_NONE)

#define SKERRY_HYPERCALL_COUNT	14

#define SKERRY_HVC_BASE		0xC6000000
#define SKERRY_HVC(row)		(SKERRY_HVC_BASE + (row))

#define SKERRY_ROW_NOTIFY	4	/* for assembly; and the one of YIELD */
#define SKERRY_ROW_YIELD	13
#ifndef __ASSEMBLER__
#define SKERRY_HVC_NAME(row, NAME, ...) SKERRY_HVC_##NAME = SKERRY_HVC(row),
enum { SKERRY_HYPERCALLS(SKERRY_HVC_NAME) };	/* SKERRY_HVC_VERSION ... */
/* Who has a row's right: every guest; console = "hypercall"; the description's console-driver
 * names it; the caller's `control` names the guest in x1 */
enum { SKERRY_RIGHT_NONE, SKERRY_RIGHT_CONSOLE, SKERRY_RIGHT_DRIVER, SKERRY_RIGHT_CONTROL };
enum { SKERRY_DRIVE_GIVE, SKERRY_DRIVE_TAKE, SKERRY_DRIVE_END };	/* of CONSOLE_DRIVE */
/* Of CONTROL, from 0 on:
 * START    absent | stopped | crashed -> loading -> running
 * STOP     running | paused | loading -> stopping -> stopped
 * RESTART  running | paused -> stopping -> loading; or as START
 * PAUSE    running -> paused
 * RESUME   paused -> running
 * CRASH    running: as if it had crashed by itself */
enum { SKERRY_CONTROL_START, SKERRY_CONTROL_STOP, SKERRY_CONTROL_RESTART, SKERRY_CONTROL_PAUSE,
       SKERRY_CONTROL_RESUME, SKERRY_CONTROL_CRASH, SKERRY_CONTROL_COUNT };
#endif

#define SKERRY_WATCHDOG_MIN	1000		/* microseconds */
#define SKERRY_WATCHDOG_MAX	3600000000
#define SKERRY_YIELD_ANY	(~0ull)

#define SKERRY_ABI_MAJOR	0
#define SKERRY_ABI_MINOR	3
#define SKERRY_FEATURE_LINKS	1	/* links; messages as revision 1 of the draft */
#define SKERRY_FEATURE_CONSOLE_DRIVER 2	/* rows 7 and 8 */
#define SKERRY_FEATURE_CONTROL	4	/* rows 9 to 13 */
#define SKERRY_ABI_FEATURES	(SKERRY_FEATURE_LINKS | SKERRY_FEATURE_CONSOLE_DRIVER | \
				 SKERRY_FEATURE_CONTROL)

#define SKERRY_CONSOLE_WRITE_MAX 64	/* bytes in one CONSOLE_WRITE */
#define SKERRY_CONSOLE_READ_MAX	16	/* bytes out of one CONSOLE_READ */
