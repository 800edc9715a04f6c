/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's own lines, and its end when it finds a bug of its own. Any core, any
 * time; panic() also with any lock held.
 */
#include <core/core.h>

#define TEXT_SIZE	650	/* the longest: "skerry: end" with 16 guests */

void log_raw(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	if (format_v(text, sizeof(text), format, args) >= TEXT_SIZE) {
		text[TEXT_SIZE - 2] = '\n';	/* cut: the line ends all the same */
	}
	va_end(args);
	console_write(CONSOLE_OWN, text, strlen(text));
}

void panic(const char *format, ...)
{
	const void *pc = __builtin_return_address(0);
	unsigned cpu = arch_cpu_index();
	const struct vcpu *v = pcpus[cpu].current;
	char text[TEXT_SIZE];
	va_list args;

	if (console_break()) {
		va_start(args, format);
		format_v(text, sizeof(text), format, args);
		va_end(args);
		log_line("panic on core %u, guest %s, at 0x%lx: %s", cpu,
			 v ? v->guest->config->name : "none", (uintptr_t)pc, text);
		crash_note(v, (uintptr_t)pc, text);
		if (v) {
			crash_print_exits(&crash_pages[SKERRY_GUEST_MAX].record);
		}
		if (the_system.panic_resets) {
			arch_board_end(false);
		}
	}
	arch_halt();
}
