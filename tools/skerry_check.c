/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skerry-check SYSTEM.dts|.dtb|.itb [BOARD.dtb]: all that can be said about a
 * system before it boots, with EL2's own checks; skerry-check --board X.dtb:
 * the board as Skerry sees it; skerry-check --table SYSTEM.dtb OUT: what mksystem asks
 * for, the table for EL2. Exit status: 0 good, 1 refused, 2 wrong usage.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <core/boot/boot.h>
#include "board_print.h"
#include "check.h"
#include "system_parse.h"

#define FILE_MAX	GIB(1)

static void *read_stream(FILE *in, size_t *size)
{
	size_t room = 1 << 16, n;
	char *data = malloc(room + 1);

	*size = 0;
	while (data && (n = fread(data + *size, 1, room - *size, in)) > 0) {
		*size += n;
		if (*size == room) {
			char *more = room < FILE_MAX ? realloc(data, room * 2 + 1) : NULL;

			if (!more) {
				free(data);
				return NULL;
			}
			data = more;
			room *= 2;
		}
	}
	if (data) {
		data[*size] = 0;
	}
	return data;
}

void *read_whole(const char *path, size_t *size)
{
	FILE *in = fopen(path, "rb");
	void *data = in ? read_stream(in, size) : NULL;

	if (in && (ferror(in) || fclose(in) != 0)) {
		free(data);
		data = NULL;
	}
	return data;
}

/* The command's messages go to our stderr. */
void *read_command(const char *const *arguments, size_t *size)
{
	int ends[2], status;
	void *data;
	pid_t child;
	FILE *in;

	if (pipe(ends) != 0 || (child = fork()) < 0) {
		return NULL;
	}
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(arguments[0], (char *const *)arguments);
		fprintf(stderr, "skerry-check: %s: %s\n", arguments[0], strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	in = fdopen(ends[0], "rb");
	data = in ? read_stream(in, size) : NULL;
	if (in) {
		fclose(in);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0) {
		free(data);
		return NULL;
	}
	return data;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Is it one of those in place of which check_clashes() says more? */
static bool is_short(const char *message)
{
	static const char *const ends[] = {
		": no pages that a guest may have", ": not in its first range", "is out of range: ",
		" is not there",
		" has more than 1: sharing needs a policy in schedule, for up to 32",
		"or no guest can have its registers or interrupts",
	};
	bool is_one = false;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		is_one |= strstr(message, ends[i]) != NULL;
	}
	return is_one;
}

/* EL2's message for later, or which of them this one replaces. True: not to be printed now.
 * What the parser has told of a property, EL2 need not say again. */
static bool hold_message(struct check *c, bool is_error, int node, const char *property,
			 const char *message)
{
	bool is_held = c->mode == CHECK_HOLD && is_short(message), is_again = false;

	for (uint32_t i = 0; i < c->held_count; i++) {
		struct check_held *h = &c->held[i];

		if (h->node != node || !is_same(h->property, property)) {
			continue;
		}
		is_again |= is_held && h->is_told;
		if (c->mode == CHECK_REPLACE && !h->is_told) {
			h->is_told = true;
			c->report.errors -= h->is_error;
		}
	}
	if (is_again) {
		c->report.errors -= is_error;
	} else if (c->mode == CHECK_HOLD && c->held_count < CHECK_HELD_MAX) {
		c->held[c->held_count++] = (struct check_held){
			node, property, is_error, !is_held, strdup(message),
		};
	}
	return is_held;
}

/* "FILE:LINE: error: /node: property: message", as much of it as is known */
static void print_message(struct report *r, bool is_error, const void *fdt, int node,
			  const char *property, const char *message)
{
	struct check *c = (struct check *)r;
	char path[512] = "", place[512];
	bool is_ours = fdt == c->fdt;

	if (is_ours && c->mode != CHECK_TELL &&
	    hold_message(c, is_error, node, property, message)) {
		return;
	}
	if (fdt && node >= 0 && fdt_get_path(fdt, node, path, sizeof(path)) != 0) {
		path[0] = 0;
	}
	if (is_ours && path[0] && c->annotated &&
	    lines_find(c->annotated, path, property, place, sizeof(place))) {
		printf("%s: ", place);
	} else {
		printf("%s: ", fdt && fdt == c->board_fdt ? "board" : c->file);
	}
	printf("%s: %s%s%s%s%s\n", is_error ? "error" : "warning", path, path[0] ? ": " : "",
	       property ? property : "", property ? ": " : "", message);
}

void check_note(struct check *c, int node, const char *format, ...)
{
	char path[512], place[512], text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (fdt_get_path(c->fdt, node, path, sizeof(path)) != 0) {
		path[0] = 0;
	}
	printf("%s: note: %s: %s\n", c->annotated && lines_find(c->annotated, path, "device", place,
	       sizeof(place)) ? place : c->file, path, text);
}

static bool is_tree(const void *data, size_t size)
{
	return size >= 4 && fdt32_ld(data) == FDT_MAGIC;
}

/* dtc with our -I folders; twice, the second time for the lines. */
static bool compile(struct check *c, size_t *size)
{
	const char *command[16 + 2 * CHECK_DIR_MAX] = { "dtc", "-q", "-I", "dts" };
	int n = 4;
	size_t text_size;

	for (uint32_t i = 0; i < c->dir_count; i++) {
		command[n++] = "-i";
		command[n++] = c->dir[i];
	}
	command[n++] = c->file;
	command[n++] = "-O";
	command[n] = "dtb";
	c->fdt = read_command(command, size);
	command[n] = "dts";
	command[n + 1] = command[n + 2] = "-T";
	c->annotated = c->fdt ? read_command(command, &text_size) : NULL;
	return c->fdt != NULL;
}

/* The description that mksystem has left in its image. */
static const void *description_in(struct check *c)
{
	struct fit_image image;
	const char *wrong = fit_find(c->fit, c->fit_size, "description", &image);

	wrong = wrong ? wrong : image.crc32 && fdt32_ld(image.crc32) !=
		arch_crc32(0, image.data, image.size) ? "is damaged (CRC)" :
		!dt_check(image.data, image.size) ? "is not a whole device tree" : NULL;
	if (wrong) {
		report_error(&c->report, NULL, -1, NULL, "image description %s", wrong);
	}
	return wrong ? NULL : image.data;
}

/* The description, in whichever of its three forms; 0, or the exit status. */
static int open_description(struct check *c)
{
	size_t size;
	const void *data = read_whole(c->file, &size);

	if (!data) {
		fprintf(stderr, "skerry-check: %s: %s\n", c->file, strerror(errno));
		return 2;
	}
	c->fdt = data;
	if (!is_tree(data, size) && !compile(c, &size)) {
		return 1;
	}
	if (!dt_check(c->fdt, size)) {
		printf("%s: error: is damaged, or no device tree\n", c->file);
		return 1;
	}
	if (fdt_path_offset(c->fdt, "/images") >= 0) {
		c->fit = c->fdt;
		c->fit_size = size;
		c->fdt = NULL;
		c->table = fit_system(c->fit, c->fit_size, &c->report);
		c->fdt = c->table ? description_in(c) : NULL;
	}
	c->report.fdt = c->fdt;
	return c->fdt ? 0 : 1;
}

static int open_board(struct check *c, const char *file)
{
	size_t size;
	const void *data = read_whole(file, &size);

	if (!data) {
		fprintf(stderr, "skerry-check: %s: %s\n", file, strerror(errno));
		return 2;
	}
	if (!dt_check(data, size)) {
		printf("%s: error: is damaged, or no device tree\n", file);
		return 1;
	}
	c->board_fdt = data;
	/* with an incomplete board (a Pi's file has no memory) go on, but it won't pass */
	return board_discover(data, &c->board, &c->report) && !c->board.cpu_count ? 1 : 0;
}

/* EL2's checks, and where the tool knows more its own messages. 0: no errors. */
static int parse(struct check *c)
{
	static struct system table;
	uint32_t before = c->report.errors;

	c->mode = CHECK_HOLD;
	(void)!system_parse(c->fdt, &c->system, &c->report);
	system_make_table(&c->system, &table);
	if (c->table && memcmp(c->table, &table, sizeof(table)) != 0) {
		report_error(&c->report, NULL, -1, NULL, "image system says something else than "
			     "the description in this file");
	}
	(void)!system_check(&c->system, c->board_fdt ? &c->board : NULL, c->board_fdt, &c->report);
	c->mode = CHECK_REPLACE;
	check_clashes(c);
	c->mode = CHECK_TELL;
	for (struct check_held *h = c->held; h < c->held + c->held_count; h++) {
		if (!h->is_told) {
			print_message(&c->report, h->is_error, c->fdt, h->node, h->property,
				      h->message);
		}
		free(h->message);
	}
	return c->report.errors == before ? 0 : 1;
}

static int check(struct check *c)
{
	const struct board *b = c->board_fdt ? &c->board : NULL;
	struct system *s = &c->system;
	struct pa records;

	check_names(c);
	if (parse(c) == 0) {
		check_sense(c);
		check_links(c);
		check_schedule(c);
	}
	check_files(c);
	if (b && c->report.errors == 0) {
		check_neighbours(c);
		print_reach(c);
	}
	if (b && c->report.errors == 0) {
		for (uint32_t i = 0; i < s->guest_count; i++) {
			s->guest[i].refused = false;
		}
		(void)!place_records(b, RECORDS_SIZE, &records);
		place_guests(b, s, &c->report);
	}
	if (c->report.errors == 0) {
		print_sharing(c);
		print_rights(c);
		print_schedule(c);
	}
	printf("%s: %u error%s, %u warning%s%s\n", c->file, c->report.errors,
	       c->report.errors == 1 ? "" : "s", c->report.warnings,
	       c->report.warnings == 1 ? "" : "s", b ? "" : " (no board given: not checked "
	       "against one)");
	return c->report.errors ? 1 : 0;
}

/* The table of a description that mksystem has annotated. */
static int make_table(struct check *c, const char *path)
{
	static struct system table;
	FILE *out;
	bool is_written;

	if (system_parse(c->fdt, &c->system, &c->report) != 0) {
		return 1;
	}
	system_make_table(&c->system, &table);
	if (system_check(&c->system, NULL, NULL, &c->report) != 0) {
		return 1;
	}
	out = fopen(path, "wb");
	is_written = out && fwrite(&table, sizeof(table), 1, out) == 1;
	if (!out || fclose(out) != 0 || !is_written) {
		fprintf(stderr, "skerry-check: %s: %s\n", path, strerror(errno));
		return 2;
	}
	return 0;
}

static int usage(void)
{
	fputs("usage: skerry-check [-I DIR]... SYSTEM.dts|SYSTEM.dtb|SYSTEM.itb [BOARD.dtb]\n"
	      "       skerry-check --board BOARD.dtb\n"
	      "       skerry-check --table SYSTEM.dtb OUT (mksystem's: the table for EL2)\n"
	      "Checks a system description, against a board where one is given; -I: look there\n"
	      "for images too. --board: print the board as Skerry sees it.\n"
	      "Exit status: 0 good, 1 errors found, 2 wrong usage.\n", stderr);
	return 2;
}

static int show_board(const char *file)
{
	size_t size;
	void *data = read_whole(file, &size);

	if (!data) {
		fprintf(stderr, "skerry-check: %s: %s\n", file, strerror(errno));
		return 2;
	}
	if (!dt_check(data, size)) {
		printf("%s: error: is damaged, or no device tree\n", file);
		return 1;
	}
	return board_print(stdout, data);
}

int main(int argc, char **argv)
{
	static struct check c = { .report = { .print = print_message } };
	int result;

	if (argc == 3 && strcmp(argv[1], "--board") == 0) {
		return show_board(argv[2]);
	}
	if (argc == 4 && strcmp(argv[1], "--table") == 0) {
		c.file = argv[2];
		result = open_description(&c);
		return result ? result : make_table(&c, argv[3]);
	}
	for (int option; (option = getopt(argc, argv, "I:")) != -1; ) {
		if (option != 'I' || c.dir_count == CHECK_DIR_MAX - 1) {
			return usage();
		}
		c.dir[c.dir_count++] = optarg;
	}
	if (argc - optind < 1 || argc - optind > 2) {
		return usage();
	}
	c.file = argv[optind];
	result = open_description(&c);
	if (result == 0 && argc - optind == 2) {
		result = open_board(&c, argv[optind + 1]);
	}
	return result ? result : check(&c);
}
