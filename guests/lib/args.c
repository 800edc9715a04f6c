/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of the boot arguments: "name" or "name=value".
 */
#include "guest.h"

/* The value's first character; "" (not NULL) for a word without one. */
static const char *arg_find(const char *name)
{
	const char *at = platform.bootargs;
	size_t size = strlen(name);

	while (*at) {
		while (*at == ' ') {
			at++;
		}
		if (strncmp(at, name, size) == 0) {
			if (at[size] == '=') {
				return at + size + 1;
			}
			if (at[size] == 0 || at[size] == ' ') {
				return "";
			}
		}
		while (*at && *at != ' ') {
			at++;
		}
	}
	return NULL;
}

bool arg_has(const char *name)
{
	return arg_find(name) != NULL;
}

bool arg_is(const char *name, const char *value)
{
	const char *at = arg_find(name);
	size_t size = strlen(value);

	return at && strncmp(at, value, size) == 0 && (at[size] == 0 || at[size] == ' ');
}

uint64_t arg_number(const char *name, uint64_t otherwise)
{
	const char *at = arg_find(name);
	uint64_t v = 0;

	if (!at || *at < '0' || *at > '9') {
		return otherwise;
	}
	while (*at >= '0' && *at <= '9') {
		v = v * 10 + (uint64_t)(*at++ - '0');
	}
	return v;
}
