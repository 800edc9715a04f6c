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

/* The compiled tree: of source text where single quotes stand for double ones; exactly its
 * size, so that ASan sees reads beyond it. free() it. */
static inline void *dts_compile(const char *text)
{
	FILE *out = tmpfile(), *f;
	char command[64];
	long size;
	void *fdt;

	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb -o /dev/fd/%d -", fileno(out));
	f = popen(command, "w");
	for (const char *c = text; *c; c++) {
		fputc(*c == '\'' ? '"' : *c, f);
	}
	if (pclose(f) != 0) {
		fprintf(stderr, "dtc refuses:\n%s\n", text);
		abort();
	}
	fseek(out, 0, SEEK_END);
	size = ftell(out);
	rewind(out);
	fdt = malloc((size_t)size);
	if (fread(fdt, 1, (size_t)size, out) != (size_t)size) {
		abort();
	}
	fclose(out);
	return fdt;
}

#endif
