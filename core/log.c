/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's own lines, and its end when it finds a bug of its own. Any core, any
 * time; panic() also with any lock held.
 */
#include <stdarg.h>
#include <core/console.h>
#include <core/crash.h>
#include <core/guest.h>
#include <hv/arch.h>
#include <lib/format.h>

#define TEXT_SIZE	641	/* the longest: "skerry: end" with 16 guests */

void log_line(const char *format, ...)
{
	char text[8 + TEXT_SIZE + 1] = "skerry: ";
	va_list args;
	int n;

	va_start(args, format);
	n = format_v(text + 8, TEXT_SIZE, format, args);
	va_end(args);
	n = n < TEXT_SIZE ? n : TEXT_SIZE - 1;
	text[8 + n] = '\n';
	text[8 + n + 1] = '\0';
	console_put(text);
}

void log_raw(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	format_v(text, sizeof(text), format, args);
	va_end(args);
	console_put(text);
}

void panic(const char *format, ...)
{
	uint64_t pc = (uint64_t)(uintptr_t)__builtin_return_address(0);
	unsigned cpu = arch_cpu_index();
	const struct vcpu *v = pcpus[cpu].current;
	char text[TEXT_SIZE];
	va_list args;

	if (console_break()) {
		va_start(args, format);
		format_v(text, sizeof(text), format, args);
		va_end(args);
		log_line("panic on core %u, guest %s, at 0x%llx: %s", cpu,
			 v ? v->guest->config->name : "none", (unsigned long long)pc, text);
		if (v) {
			crash_note_panic(v);
		}
	}
	arch_halt();
}
