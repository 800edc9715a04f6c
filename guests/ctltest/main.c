/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctltest: one image, several roles, chosen by the boot arguments:
 *   manage        tests what control over others is: guests "a", "beat", "late", "self" and
 *                 (not its) "free", each a target; manage.c
 *   churn=NAME    stops, starts, restarts and crashes this guest count=N times; churn.c
 *   figures=NAME  then, or alone: waits for the end of this guest, and tells its exits
 *   kill=NAME     stops it count=N times after gap=US, and waits for a key; churn.c
 *   race=NAME     asks for count=N operations by chance, seed=N, while another does so
 *   watch         waits for each guest called dog* whose watchdog bites; watch.c
 *   target        is managed: see target.c
 */
#include "ctltest.h"

/* What stands behind `name=`; NULL: not there. */
static const char *argument(const char *name)
{
	static char text[32];
	size_t size = strlen(name);

	for (const char *at = platform.bootargs; *at; at++) {
		if ((at == platform.bootargs || at[-1] == ' ') && !strncmp(at, name, size) &&
		    at[size] == '=') {
			size_t n = 0;

			for (at += size + 1; *at && *at != ' ' && n + 1 < sizeof(text); at++) {
				text[n++] = *at;
			}
			text[n] = '\0';
			return text;
		}
	}
	return NULL;
}

void guest_main(void)
{
	if (arg_has("manage")) {
		manage();
	} else if (argument("churn")) {
		churn(argument("churn"));
	} else if (argument("figures")) {
	} else if (argument("kill")) {
		kill(argument("kill"));
	} else if (argument("race")) {
		race(argument("race"));
	} else if (arg_has("watch")) {
		watch();
	} else {
		target();
	}
	if (argument("figures")) {
		figures(argument("figures"));
	}
}
