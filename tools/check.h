/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of skerry-check share: one run over one description.
 * skerry_check.c: command line, input, order; check_names.c: spelling;
 * check_lines.c: file and line of a message; check_files.c: images and trees.
 */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include <stdio.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>

#define CHECK_DIR_MAX	16

struct check {
	struct report report;	/* first: print() is handed this */
	const char *file;	/* as given */
	const char *annotated;	/* dtc's output with positions; NULL: none */
	const void *fdt;	/* the description */
	const void *fit;	/* the system image it was found in; NULL: none */
	uint64_t fit_size;
	const void *board_fdt;	/* NULL: no board given */
	struct board board;
	struct system system;
	const char *dir[CHECK_DIR_MAX];	/* where images are looked for */
	uint32_t dir_count;
};

/* Spelling, types and what is missing, of the whole description. */
void check_names(struct check *c);
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
