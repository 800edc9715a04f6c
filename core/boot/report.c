/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of parsing and checking: formatted here, counted, and handed to
 * whoever prints them (EL2's console, or skerry-check with file and line).
 * Boot only; one core.
 */
#include <core/system.h>
#include <lib/format.h>

#define MESSAGE_MAX	240

void report_error(struct report *r, const void *fdt, int node, const char *property,
		  const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	format_v(message, sizeof(message), format, args);
	va_end(args);
	r->errors++;
	r->print(r, true, fdt, node, property, message);
}

void report_warning(struct report *r, const void *fdt, int node, const char *property,
		    const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	format_v(message, sizeof(message), format, args);
	va_end(args);
	r->warnings++;
	r->print(r, false, fdt, node, property, message);
}
