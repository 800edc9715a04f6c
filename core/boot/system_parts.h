/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the three files of the system description's parser share: system.c
 * (guests), system_device.c (assigned devices), system_check.c (ranges, and
 * clashes between guests). Nobody else includes this.
 */
#ifndef CORE_BOOT_SYSTEM_PARTS_H
#define CORE_BOOT_SYSTEM_PARTS_H

#include <string.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>

struct parse {
	const void *fdt;		/* the description */
	const struct board *board;	/* or NULL, as board_fdt: no checks against one */
	const void *board_fdt;
	struct system *system;
	struct report *report;
	uint8_t core_owner[SKERRY_CPU_MAX];	/* guest index + 1 */
};

/* Where `condition` holds: an error at a node of the description. Its value: the condition. */
#define bad_if(p, condition, node, property, ...) ({ \
	bool is_bad_ = (condition); \
	if (is_bad_) { \
		report_error((p)->report, (p)->fdt, (node), (property), __VA_ARGS__); \
	} \
	is_bad_; })

/* A range in messages: "%lx-%lx", first and last byte. */
#define RANGE_ARGS(r)	(r).base, (r).base + (r).size - 1

/* Groups of `group` cells that a property has: 1..max; 0: absent; -1: bad, reported. */
int parse_cells(struct parse *p, int node, const char *name, uint32_t group, uint32_t max,
		const fdt32_t **cells);
/* The string, or NULL: absent, or bad and reported. */
const char *parse_string(struct parse *p, int node, const char *name);
void parse_name(struct parse *p, int node, char *name);	/* the node's, SKERRY_NAME_MAX bytes */
void parse_devices(struct parse *p, struct sys_guest *g);

void check_banks(struct parse *p, const struct sys_guest *g);
void check_segments(struct parse *p, const struct sys_guest *g);
void check_devices(struct parse *p, const struct sys_guest *g);	/* and against others' */

#endif
