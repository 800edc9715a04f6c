/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of skerry-check share: one run over one description.
 * skerry_check.c: command line, input, order; check_names.c: spelling;
 * system_parse.c, links_parse.c, schedule_parse.c: the description into EL2's table;
 * check_links.c: links and volumes; check_rights.c: pins and clocks; check_schedule.c: shared
 * cores; check_clashes.c: what EL2 says in fewer words, or refuses only when it gives things
 * out; check_lines.c: file and line of a message; check_files.c: images and trees;
 * check_neighbours.c: who shares pages and interrupts with a device, and where its DMA reaches.
 */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include <stdio.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include "walk.h"

#define CHECK_DIR_MAX	16
#define CHECK_HELD_MAX	256

/* A message of EL2's checks, held back where it is short: where the tool has a better one for
 * the same property, that one is printed instead. Or one of the parser's that has been told. */
struct check_held {
	int node;
	const char *property;
	bool is_error, is_told;
	char *message;
};

struct check {
	struct report report;	/* first: print() is handed this */
	const char *file;	/* as given */
	const char *annotated;	/* dtc's output with positions; NULL: none */
	const void *fdt;	/* the description */
	const void *fit;	/* the system image it was found in; NULL: none */
	uint64_t fit_size;
	const struct system *table;	/* in that image */
	const void *board_fdt;	/* NULL: no board given */
	struct board board;
	struct system system;
	enum { CHECK_TELL, CHECK_HOLD, CHECK_REPLACE } mode;
	struct check_held held[CHECK_HELD_MAX];
	uint32_t held_count;
	const char *dir[CHECK_DIR_MAX];	/* where images are looked for */
	uint32_t dir_count;
};

/* Where `condition` holds: an error at a node of the description. Its value: the condition. */
#define bad_if(c, condition, node, property, ...) ({ \
	bool is_bad_ = (condition); \
	if (is_bad_) { \
		report_error(&(c)->report, (c)->fdt, (node), (property), __VA_ARGS__); \
	} \
	is_bad_; })

/* Worth knowing, of an assigned device's node: neither error nor warning. */
void check_note(struct check *c, int node, const char *format, ...) printf_like(3, 4);

/* A range in messages: "%lx-%lx", first and last byte. */
#define RANGE_ARGS(r)	(r).base, (r).base + (r).size - 1

/* Spelling, types and what is missing, of the whole description. */
void check_names(struct check *c);
/* Clashes, after system_parse() and system_check(), whatever they said. */
void check_clashes(struct check *c);
/* Links, volumes and window banks, after system_parse(), where it found no error. */
void check_links(struct check *c);
/* How cores are shared, likewise; and a summary of it. */
void check_schedule(struct check *c);
void print_schedule(const struct check *c);
/* Of one of these links of type gpio or scmi: its lists of pins, clocks and power domains. */
void check_rights(struct check *c, const struct sys_link *l);
/* A line about each such link: who has which. */
void print_rights(const struct check *c);
/* A line about each window that several back ends share. */
void print_sharing(const struct check *c);
/* What of an assigned device's node in the board's tree its guest does not get: a warning. */
void check_dropped(struct check *c, const struct sys_device *d);
/* Devices of the board that share a page or an interrupt with an assigned one; with a board. */
void check_neighbours(struct check *c);
/* A line about each device with DMA: where that reaches. Likewise. */
void print_reach(struct check *c);
/* What is safe and yet makes no sense, or will surprise. */
void check_sense(struct check *c);
/* Images, ramdisks and own trees: in the system image, or as files. */
void check_files(struct check *c);

/* "FILE:LINE" where `property` (NULL: the node itself) stands in dtc's annotated
 * output; the node's where the property is not there. False: not found. */
bool lines_find(const char *annotated, const char *path, const char *property,
		char *place, size_t size);

/* A whole file, or a command's output; NUL after the end. NULL: errno / failed. */
void *read_whole(const char *path, size_t *size);
void *read_command(const char *const *arguments, size_t *size);

#endif
