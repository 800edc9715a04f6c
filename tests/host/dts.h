/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For host tests: device trees from their source text (with dtc), text
 * substitution, and a report that keeps what it is told.
 */
#ifndef TESTS_HOST_DTS_H
#define TESTS_HOST_DTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libfdt.h>
#include <core/system.h>

struct heard {				/* a report that keeps all messages */
	struct report r;		/* first: print() is handed this */
	char text[16384];		/* lines "error: /node: property: message" */
};

static inline void heard_print(struct report *r, bool is_error, const void *fdt, int node,
			       const char *property, const char *message)
{
	struct heard *h = (struct heard *)r;
	size_t at = strlen(h->text);
	char path[256];

	if (!fdt || node < 0 || fdt_get_path(fdt, node, path, sizeof(path)) != 0) {
		strcpy(path, "-");
	}
	snprintf(h->text + at, sizeof(h->text) - at, "%s: %s: %s: %s\n",
		 is_error ? "error" : "warning", path, property ? property : "-", message);
}

#define HEARD { .r = { .print = heard_print } }

/* `text` with the first `from` replaced by `to`; `from` must be there. free() it. */
static inline char *dts_replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = malloc(strlen(text) + strlen(to) + 1);

	if (!at) {
		fprintf(stderr, "not in the tree's source: %s\n", from);
		abort();
	}
	sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

/* The compiled tree, exactly its size, so that ASan sees reads beyond it. free() it. */
static inline void *dts_compile(const char *text)
{
	char name[] = "/tmp/skerry-dts-XXXXXX", command[128];
	int fd = mkstemp(name);
	FILE *f;
	long size;
	void *fdt;

	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb -o %s -", name);
	f = popen(command, "w");
	fputs(text, f);
	if (fd < 0 || pclose(f) != 0) {
		fprintf(stderr, "dtc refuses:\n%s\n", text);
		abort();
	}
	f = fdopen(fd, "r");
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	fdt = malloc((size_t)size);
	if (fread(fdt, 1, (size_t)size, f) != (size_t)size) {
		abort();
	}
	fclose(f);
	unlink(name);
	return fdt;
}

#endif
