/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row of the hypercall table by which one guest manages others.
 */
#include <core/core.h>

#define LINES	16	/* at once, and a second, about what one guest asks for: pause and resume
			 * in turn cost it nothing */

int64_t hvc_control(struct vcpu *v, uint64_t *x)
{
	static const struct {
		uint8_t event;
		char name[8];
	} operations[SKERRY_CONTROL_COUNT] = {
		{ LIFE_START, "start" }, { LIFE_OFF, "stop" }, { LIFE_RESET, "restart" },
		{ LIFE_PAUSE, "pause" }, { LIFE_RESUME, "resume" }, { LIFE_CRASH, "crash" },
	};
	struct guest *g = &guests[x[1]], *by = v->guest;
	const char *name = by->config->name;
	uint64_t now = arch_time_now(), hz = arch_time_hz();
	int result;

	if (x[2] >= SKERRY_CONTROL_COUNT || g->config->refused) {
		return SKERRY_INVALID;
	}
	result = x[2] == SKERRY_CONTROL_CRASH ? life_force(g, "asked for by", name) :
		 life_apply(g, operations[x[2]].event);
	by->control_line = max_u64(by->control_line, now);
	if (result == SKERRY_OK && by->control_line - now < hz) {
		by->control_line += hz / LINES;
		log_line("%s: %s, asked for by %s", g->config->name, operations[x[2]].name, name);
	}
	return result;
}
