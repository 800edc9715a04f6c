/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the description's parser share: system_parse.c (guests), links_parse.c
 * and schedule_parse.c. Nothing else includes this.
 */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include "walk.h"

struct parse {
	const void *fdt;		/* the description */
	struct system *system;
	struct report *report;
};

/* Where `condition` holds: an error at a node of the description. Its value: the condition. */
#define bad_if(p, condition, node, property, ...) ({ \
	bool is_bad_ = (condition); \
	if (is_bad_) { \
		report_error((p)->report, (p)->fdt, (node), (property), __VA_ARGS__); \
	} \
	is_bad_; })

/* Rows of `group` cells that a property has, 1..max; 0: none, told where they are bad, or
 * where they must be there. */
uint32_t parse_cells(struct parse *p, int node, const char *name, uint32_t group,
		     uint32_t max, bool must, const fdt32_t **cells);
/* The next node of a list, or -1; told where `count` is the most there can be already. */
int parse_next(struct parse *p, int list, int node, uint32_t count, uint32_t max);
/* Which of `words`, separated by blanks, the property has; 0 where it is absent. */
uint8_t parse_choice(struct parse *p, int node, const char *name, const char *words);
/* The guests that a property of references names, as a mask. */
uint32_t parse_guests(struct parse *p, int node, const char *name, uint32_t max);

/* After the guests: policies and rows of /schedule, and the servers of the guests' vCPUs. */
void parse_schedule(struct parse *p);

/* After the guests: the nodes below /links into windows and links. */
void parse_links(struct parse *p);

#endif
