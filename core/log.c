/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's own lines, and its end when it finds a bug of its own. Any core, any
 * time; panic() also with any lock held.
 */
#include <core/core.h>
#include <stdarg.h>

#define BEFORE_SIZE	96
#define TEXT_SIZE	641	/* the longest: "skerry: end" with 16 guests */

static void print(const char *before, const char *format, va_list args, const char *after)
{
	char text[BEFORE_SIZE + TEXT_SIZE + 1];
	size_t n = strlen(before);

	memcpy(text, before, n);
	format_v(text + n, TEXT_SIZE, format, args);
	n += strlen(text + n);
	memcpy(text + n, after, strlen(after) + 1);
	console_put(text);
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("skerry: ", format, args, "\n");
	va_end(args);
}

void log_raw(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args, "");
	va_end(args);
}

void panic(const char *format, ...)
{
	const void *pc = __builtin_return_address(0);
	unsigned cpu = arch_cpu_index();
	const struct vcpu *v = pcpus[cpu].current;
	char where[BEFORE_SIZE];
	va_list args;

	if (console_break()) {
		format_to(where, sizeof(where), "skerry: panic on core %u, guest %s, at 0x%lx: ",
			  cpu, v ? v->guest->config->name : "none", (uintptr_t)pc);
		va_start(args, format);
		print(where, format, args, "\n");
		va_end(args);
		if (v) {
			crash_print_exits(v);
		}
	}
	arch_halt();
}
