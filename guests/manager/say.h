/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's output: formatted text, tables for people and JSON for programs, gathered
 * and written in one go. One caller at a time.
 */
#ifndef SAY_H
#define SAY_H

#include "port.h"

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_bytes(const char *bytes, size_t count);
void say_flush(void);

/* Texts of a value, in a buffer that the next few calls use again. */
const char *text_size(uint64_t bytes);		/* "256 MiB" */
const char *text_time(uint64_t ticks);		/* "1:02:03", "2 days 1:02:03" */
const char *text_share(uint64_t part, uint64_t whole);	/* percent: "12.3" */

/* A table: heads, then cells row by row, then the end prints it. Columns are as wide as they
 * need; those that don't fit into the terminal's columns are left out. */
#define TABLE_COLUMNS	16
#define TABLE_ROWS	18		/* with the heads */
#define TABLE_CELL	32

void table_begin(const char *heads);		/* separated by blanks; "+HEAD": to the right */
void table_cell(const char *format, ...) __attribute__((format(printf, 1, 2)));
void table_end(void);

/* JSON: what is open is closed in reverse order; commas come by themselves. A value in an
 * object has a key, one in an array has NULL. */
void json_begin(void);				/* a new document */
void json_open(const char *key, char bracket);	/* '{' or '[' */
void json_close(char bracket);			/* '}' or ']' */
void json_string(const char *key, const char *text);
void json_bytes(const char *key, const char *bytes, size_t count);
void json_number(const char *key, uint64_t n);
void json_seconds(const char *key, uint64_t ticks);
void json_share(const char *key, uint64_t part, uint64_t whole);	/* 0..100 */
void json_hex(const char *key, uint64_t n);	/* "0x12" */
void json_bool(const char *key, bool is);
void json_null(const char *key);
void json_end(void);				/* and its line */

#endif
