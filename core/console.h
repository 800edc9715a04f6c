/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one UART and the lines on it. EL2's own lines begin with "skerry: ", a
 * guest's with "NAME| ". One lock (LOCK_CONSOLE), last in rank, so that anyone
 * may print. core/console.c and core/log.c.
 *
 * Output: the guest that has the input is shown character by character; the
 * others line by line. A line ends at its line feed or after LINE_SIZE bytes.
 * A line of another that comes while the input guest's is unfinished takes its
 * place, and the unfinished one is shown again below. On the UART every line
 * ends with "\r\n", and no line can begin with another's name: after a carriage
 * return the name is shown again. Control characters of guests come out as `?`,
 * but for tab, and for BEL, backspace and ESC of the input guest: it drives the
 * terminal that shows it. Escape sequences and BEL are not shown again, and those of
 * other guests never.
 *
 * Input: bytes go to the input guest. Ctrl-] is the console's own key: behind
 * it `q` ends the run, `n` gives the input to the next running guest, `?` shows
 * help, Ctrl-] sends one.
 */
#pragma once

#include <hv/types.h>
#include <abi/info.h>

struct uart_ops;

extern struct skerry_log console_log;	/* whole pages, for the guest that drives the console */

#define CONSOLE_KEY	0x1d	/* Ctrl-] */
#define CONSOLE_OWN	0xff	/* EL2 as a source of output (abi/info.h) */

/* Boot: starts the UART with its driver (not boot-only); what was printed before
 * comes out now. */
void console_init(const struct uart_ops *ops, uintptr_t base, uint32_t clock_hz);
/* Give the input to a guest (index), or to none (-1). */
void console_set_input(int guest);
/* Output of a guest (index), or EL2's own, where "\n" ends a line. The caller bounds `count`:
 * the work is in proportion. No bytes: the guest has stopped, its unfinished line goes out and
 * its waiting input is dropped. */
void console_write(uint32_t from, const char *bytes, size_t count);
/* Bytes of input that wait for `g`. Takes no lock. */
uint32_t console_waiting(const struct guest *g);
/* Take waiting input of `g`, at most `max` bytes: how many. */
uint32_t console_read(struct guest *g, char *bytes, uint32_t max);
/* The UART's receive interrupt, on any core, no lock held. */
void console_uart_interrupt(void);
/* The UART to the guest that drives it, or from it back to EL2: it starts again, and until
 * console_drain() says false what is left of the log is printed, some of it a call and by
 * whoever prints. Nothing, if it is another guest. */
void console_pass(struct guest *g, bool to_guest);
bool console_drain(void);

/* EL2's own lines, cut after 640 characters. */
#define log_line(format, ...) log_raw("skerry: " format "\n", ##__VA_ARGS__)
/* Part of a line or more: as it stands, without prefix and without newline. */
void log_raw(const char *format, ...) printf_like(1, 2);
extern uint64_t console_ticks;	/* time spent printing so far */

/* EL2's own bug: prints by polling, with core, guest and PC, and halts. Any
 * state, any lock held. A second core that panics, or a panic in a panic, halts at once. */
void panic(const char *format, ...) printf_like(1, 2) __attribute__((noreturn));

/* Between core/console.c and core/input.c; the first two also with none of its lock held. */
extern int console_input;	/* the guest with the input, -1: none; under the lock */
bool console_enter(void);	/* takes the lock, but in panic */
void console_leave(const bool *held);	/* NULL */
/* Between the two until the block ends, however it is left. */
#define console_scope() bool held_ __attribute__((cleanup(console_leave), unused)) = console_enter()
/* Under the lock: makes the last row that of the guest's unfinished line; -1: an empty one. */
void console_begin_row(int guest);
int console_get(void);		/* a received byte; -1: none, or EL2 has not the UART */
void input_drop(void);		/* what waits; under the lock */

/* For core/log.c. */
/* Panic: from now on only this core prints, without the lock. False: not the first. */
bool console_break(void);
