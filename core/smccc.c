/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMCCC: who answers a call, by its whole function id; the architecture calls, and
 * the random numbers of EL3 where it has them. Nothing else ever reaches EL3.
 */
#include <core/core.h>

struct firmware firmware;

static bool firmware_has(uint32_t function)
{
	const uint32_t *w = firmware.workarounds;

	return function != 0 && (function == w[0] || function == w[1] || function == w[2]);
}

/* EL3 gets this function and nothing else of the caller's but a, b, c; the caller
 * gets `results` registers of its answer. */
static void pass_on(uint32_t function, uint64_t *x, uint32_t results)
{
	uint64_t call[4] = { function, x[1], x[2], x[3] };

	arch_firmware_call(call);
	memcpy(x, call, results * sizeof(x[0]));
}

/* False: there is no such function, or not for this guest. */
static bool answer(struct vcpu *v, uint32_t function, uint64_t *x)
{
	static const uint64_t uid[] = { SKERRY_UID_0, SKERRY_UID_1, SKERRY_UID_2, SKERRY_UID_3 };
	bool has_time = v->guest->time != NULL;
	uint32_t asked = (uint32_t)x[1];

	if (firmware_has(function == SMCCC_ARCH_FEATURES ? asked : function)) {
		pass_on(function, x, 1);
		return true;
	}
	switch (function) {
	case SMCCC_HYP_UID:
		memcpy(x, uid, sizeof(uid));
		return true;
	case SMCCC_HYP_REVISION:
		x[0] = SKERRY_ABI_MAJOR;
		x[1] = SKERRY_ABI_MINOR;
		return true;
	case SMCCC_VERSION:
		x[0] = SMCCC_VERSION_1_2;
		return true;
	case SMCCC_ARCH_FEATURES:
		x[0] = SKERRY_OK;
		return asked == SMCCC_VERSION || asked == function || asked == PV_TIME_FEATURES;
	case PV_TIME_FEATURES:
		x[0] = SKERRY_OK;
		return has_time && (asked == PV_TIME_ST || asked == function);
	case PV_TIME_ST:
		v->has_asked_time = has_time;
		time_publish(v);
		x[0] = SKERRY_TIME_BASE + v->index * sizeof(struct skerry_time);
		return has_time;
	case SMCCC_TRNG_VERSION ... SMCCC_TRNG_RND32:
	case SMCCC_TRNG_RND64:
		if (firmware.trng) {
			pass_on(function, x, 4);
		}
		return firmware.trng;
	default:
		return false;
	}
}

void smccc_call(struct vcpu *v, uint64_t *x)
{
	uint32_t function = (uint32_t)x[0], row = function - SKERRY_HVC(0);

	if (row < SKERRY_HYPERCALL_COUNT) {	/* the commonest first */
		hypercall(v, row, x);
	} else if (!psci_call(v, x) && !answer(v, function, x)) {
		x[0] = (uint64_t)SKERRY_NOT_SUPPORTED;
	}
}
