/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager: a shell for whoever may manage other guests (`control` in the description). Its
 * terminal is a console link, or its console with EL2. Boot arguments: columns=N, the
 * terminal's width where the link does not tell it.
 */
#include "main.h"
#include "shell.h"

#define PROMPT		"skerry> "

static struct line line;

static uint32_t member_count(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		n += board[i].is_ours;
	}
	return n;
}

void guest_main(void)
{
	if (!port_open()) {
		guest_crash(9, 0);
	}
	board_init();
	line_init(&line, PROMPT, port_columns() ? port_columns() : 80);
	say("Skerry's manager, %u guests; `help` lists the commands\n", member_count());
	line_begin(&line);
	for (;;) {
		enum line_event event;

		say_flush();
		event = line_type(&line, port_key());
		if (event == LINE_DONE) {
			shell_run(line.text);
			line_begin(&line);
		} else if (event == LINE_TAB) {
			shell_complete(&line);
		} else if (event == LINE_CLEAR) {
			say("\033[H\033[2J");
			line_show(&line);
		}
	}
}
