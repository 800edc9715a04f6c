/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skerryctl: the manager's commands (guests/manager) as a program of a Linux guest that has
 * control over others. Its arguments are one line of the manager's shell. Exit status 0: done;
 * 1: it was not, and standard error says why; 2: it could not even be tried.
 */
#include <string.h>

#include "ctl.h"
#include "guests/manager/shell.h"

/* The arguments, a blank between them. */
static bool join(char *line, size_t size, char **words, int count)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		size_t n = strlen(words[i]);

		if (used + n + 2 > size) {
			return false;
		}
		memcpy(line + used, words[i], n);
		used += n;
		line[used++] = ' ';
	}
	line[used] = '\0';
	return true;
}

static void print_usage(FILE *out)
{
	fprintf(out, "usage: skerryctl COMMAND [GUEST] [OPTION]...\n");
	for (uint32_t i = 0; i < command_count; i++) {
		const struct command *c = &commands[i];

		if (ctl_knows(c->name)) {
			fprintf(out, "  %-8s%-15s %s%s\n", c->name, c->arguments, c->what,
				c->takes & TAKES_JSON ? " [--json]" : "");
		}
	}
	fprintf(out, "GUEST: a name or a number\n");
}

int main(int argc, char **argv)
{
	char line[LINE_MAX + 1];
	bool is_help = argc > 1 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"));

	if (is_help || argc < 2) {
		print_usage(is_help ? stdout : stderr);
		return is_help ? 0 : 2;
	}
	if (!ctl_knows(argv[1]) || !join(line, sizeof(line), argv + 1, argc - 1)) {
		fprintf(stderr, "skerryctl: %s: %s\n", argv[1], ctl_knows(argv[1]) ? "too long" :
			"it has no such command; `skerryctl help`");
		return 2;
	}
	if (!ctl_open(!strcmp(argv[1], "top"))) {
		return 2;
	}
	board_init();
	shell_run(line);
	return has_complained ? 1 : 0;
}
