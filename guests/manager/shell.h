/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands: how a line becomes one, and what each file of commands gives the table.
 */
#ifndef SHELL_H
#define SHELL_H

#include "board.h"
#include "line.h"

struct request {			/* a line that was understood */
	const struct command *command;
	int guest;			/* index; NO_GUEST, OWN_LINES */
	bool is_json, is_hex;
	bool has_count;
	uint64_t count;			/* of -n */
};

#define NO_GUEST	(-1)
#define OWN_LINES	(-2)		/* log's "skerry": EL2's own lines */

#define TAKES_GUEST	1		/* one must be named */
#define TAKES_ONE	2		/* one may be named */
#define TAKES_JSON	4
#define TAKES_HEX	8
#define TAKES_COUNT	16
#define TAKES_OWN	32		/* "skerry" is a name, too */

struct command {
	const char *name;
	const char *arguments;		/* for help */
	const char *what;
	void (*run)(const struct request *r);
	uint32_t takes;
	uint32_t number;		/* acts: SKERRY_CONTROL_* */
};

extern const struct command commands[];
extern const uint32_t command_count;

void shell_run(const char *line);	/* one line; says what is wrong with it */
extern bool has_complained;		/* something was wrong with the last line */
/* Completes the word before the cursor; with several ways to go on, shows them. */
void shell_complete(struct line *l);
/* An error, for people or as JSON: {"error": "..."}. */
void complain(const struct request *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The request's guest is up to date; false: it is not, and that was said. */
bool wants_stats(const struct request *r, uint32_t guest);

void run_list(const struct request *r);
void run_info(const struct request *r);
void run_stats(const struct request *r);
void run_top(const struct request *r);
void run_act(const struct request *r);
void run_crash(const struct request *r);
void run_log(const struct request *r);
void run_uptime(const struct request *r);
void run_help(const struct request *r);

#endif
