/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds file and line of a node, or of a property or child of it, in what
 * `dtc -O dts -T -T` prints: one node or property a line, its source
 * position in a comment at the end.
 */
#include <string.h>
#include "check.h"

#define PATH_SIZE 1024

struct line {
	const char *name, *name_end;
	const char *place, *place_end;	/* "FILE:LINE"; equal: none */
	bool opens, closes;
};

/* The position in the last comment: "FILE:LINE:COLUMN-..." without the column. */
static void read_place(struct line *l, const char *begin, const char *end)
{
	const char *at = NULL, *colon;

	for (const char *p = begin; p + 3 < end; p++) {
		at = memcmp(p, "/* ", 3) == 0 ? p + 3 : at;
	}
	l->place = l->place_end = end;
	colon = at ? memchr(at, ':', (size_t)(end - at)) : NULL;
	if (colon) {
		l->place = at;
		l->place_end = colon + 1 + strspn(colon + 1, "0123456789");
	}
}

static bool read_line(struct line *l, const char *begin, const char *end)
{
	static const char name_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					   "0123456789,._+*#?@/-";

	begin += strspn(begin, "\t ");
	if (begin >= end) {
		return false;
	}
	read_place(l, begin, end);
	l->closes = begin[0] == '}';
	l->name = begin;
	l->name_end = begin + strspn(begin, name_letters);
	while (*l->name_end == ':') {	/* that was a label */
		l->name = l->name_end + 1 + strspn(l->name_end + 1, " ");
		l->name_end = l->name + strspn(l->name, name_letters);
	}
	l->opens = l->name_end[0] == ' ' && l->name_end[1] == '{';
	return l->name_end > l->name || l->closes;
}

/* Append "/name" ("" for the root), or take the last name off. */
static void go_down(char *path, const struct line *l)
{
	size_t at = strlen(path), size = (size_t)(l->name_end - l->name);

	if (at + size + 2 < PATH_SIZE && !(size == 1 && *l->name == '/')) {
		path[at] = '/';
		memcpy(path + at + 1, l->name, size);
		path[at + 1 + size] = 0;
	}
}

static void go_up(char *path)
{
	char *last = strrchr(path, '/');

	if (last) {
		*last = 0;
	}
}

static void put_place(const struct line *l, char *place, size_t size)
{
	if (l->place != l->place_end) {
		snprintf(place, size, "%.*s", (int)(l->place_end - l->place), l->place);
	}
}

bool lines_find(const char *annotated, const char *path, const char *property,
		char *place, size_t size)
{
	char here[PATH_SIZE] = "";
	const char *want = strcmp(path, "/") == 0 ? "" : path;
	bool is_inside = false, is_it;
	struct line l;

	place[0] = 0;
	for (const char *at = annotated, *end; at && *at; at = end + (*end != 0)) {
		end = at + strcspn(at, "\n");
		if (!read_line(&l, at, end)) {
			continue;
		}
		is_it = is_inside && property && !l.closes &&
			strlen(property) == (size_t)(l.name_end - l.name) &&
			memcmp(property, l.name, strlen(property)) == 0;
		if (is_it) {
			put_place(&l, place, size);
			break;
		}
		if (l.opens) {
			go_down(here, &l);
			is_inside = strcmp(here, want) == 0;
			if (is_inside) {
				put_place(&l, place, size);
			}
		} else if (l.closes) {
			go_up(here);
			is_inside = strcmp(here, want) == 0;
		}
	}
	return place[0] != 0;
}
