/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of the hypercall table by which one guest manages others, its own watchdog, and
 * yields.
 */
#include <abi/hypercalls.h>
#include <core/core.h>

int64_t hvc_control(struct vcpu *v, uint64_t *x)
{
	static const uint8_t events[SKERRY_CONTROL_COUNT] = {
		[SKERRY_CONTROL_START] = LIFE_START, [SKERRY_CONTROL_STOP] = LIFE_OFF,
		[SKERRY_CONTROL_RESTART] = LIFE_RESET, [SKERRY_CONTROL_PAUSE] = LIFE_PAUSE,
		[SKERRY_CONTROL_RESUME] = LIFE_RESUME, [SKERRY_CONTROL_CRASH] = LIFE_CRASH,
	};
	struct guest *g = &guests[x[1]];

	(void)v;
	return x[2] < SKERRY_CONTROL_COUNT ? life_apply(g, events[x[2]]) : SKERRY_INVALID;
}

int64_t hvc_stats(struct vcpu *v, uint64_t *x)
{
	(void)v, (void)x;
	return SKERRY_NOT_SUPPORTED;
}

int64_t hvc_crash_read(struct vcpu *v, uint64_t *x)
{
	(void)v, (void)x;
	return SKERRY_NOT_SUPPORTED;
}

int64_t hvc_yield(struct vcpu *v, uint64_t *x)
{
	(void)v, (void)x;
	return SKERRY_NOT_SUPPORTED;
}
