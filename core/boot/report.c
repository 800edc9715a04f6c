/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of parsing and checking: formatted here, counted, and handed to
 * whoever prints them (EL2's console, or skerry-check with file and line).
 * Boot only; one core.
 */
#include <core/system.h>
#include <lib/string.h>

bool report_add(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		const char *format, ...)
{
	char message[240];
	va_list args;

	va_start(args, format);
	format_v(message, sizeof(message), format, args);
	va_end(args);
	*(is_error ? &r->errors : &r->warnings) += 1;
	r->print(r, is_error, fdt, node, property, message);
	return true;
}
