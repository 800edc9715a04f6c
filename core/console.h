/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one UART and the lines on it. Output of each guest goes out line by line
 * behind its name; EL2's own lines begin with "skerry: ". One lock
 * (LOCK_CONSOLE), last in rank, so that anyone may print.
 * Input goes to the guest that the description names.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include <hv/types.h>

struct board;
struct guest;

void console_init(const struct board *board);		/* boot: finds and starts the UART driver */
void console_set_input(int guest);			/* index, or -1 */
void console_write(struct guest *g, const char *bytes, uint32_t count); /* a guest's output */
uint32_t console_read(struct guest *g, char *bytes, uint32_t max);	/* its waiting input */
void console_uart_interrupt(void);			/* the UART's receive interrupt, any core */
void console_flush_guest(struct guest *g);		/* its unfinished line goes out (stop, crash) */

/* EL2's own lines: "skerry: " is put before, a newline after. At most 200 characters. */
void log_line(const char *format, ...) printf_like(1, 2);
/* Part of the boot table: no prefix. */
void log_raw(const char *format, ...) printf_like(1, 2);
uint64_t console_ticks(void);				/* time spent printing so far */

/* EL2's own bug: prints by polling, keeps a record, halts. Never returns. */
void panic(const char *format, ...) printf_like(1, 2) __attribute__((noreturn));

#endif
