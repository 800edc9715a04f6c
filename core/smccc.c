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

static bool arch_call(uint32_t function, uint64_t *x)
{
	bool is_asking = function == SMCCC_ARCH_FEATURES;
	uint32_t asked = (uint32_t)x[1];

	if (firmware_has(is_asking ? asked : function)) {
		pass_on(function, x, 1);
	} else if (function == SMCCC_VERSION) {
		x[0] = SMCCC_VERSION_1_2;
	} else if (is_asking && (asked == SMCCC_VERSION || asked == SMCCC_ARCH_FEATURES ||
				 asked == PV_TIME_FEATURES)) {
		x[0] = SKERRY_OK;
	} else {
		return false;
	}
	return true;
}

static bool trng_call(uint32_t function, uint64_t *x)
{
	if (!firmware.trng || (function != SMCCC_TRNG_RND64 &&
			       (function < SMCCC_TRNG_VERSION || function > SMCCC_TRNG_RND32))) {
		return false;
	}
	pass_on(function, x, 4);
	return true;
}

/* Arm DEN0057A. */
static bool time_call(const struct vcpu *v, uint32_t function, uint64_t *x)
{
	bool is_asking = function == PV_TIME_FEATURES;
	uint32_t asked = is_asking ? (uint32_t)x[1] : function;

	if (v->guest->time == NULL || (asked != PV_TIME_FEATURES && asked != PV_TIME_ST)) {
		return false;
	}
	x[0] = is_asking ? SKERRY_OK : SKERRY_TIME_BASE + v->index * sizeof(struct skerry_time);
	return true;
}

static bool hyp_call(struct vcpu *v, uint32_t function, uint64_t *x)
{
	static const uint64_t uid[] = { SKERRY_UID_0, SKERRY_UID_1, SKERRY_UID_2, SKERRY_UID_3 };
	uint32_t row = function - SKERRY_HVC(0);

	if (row < SKERRY_HYPERCALL_COUNT) {
		hypercall(v, row, x);
	} else if (function == SMCCC_HYP_UID) {
		memcpy(x, uid, sizeof(uid));
	} else if (function == SMCCC_HYP_REVISION) {
		x[0] = SKERRY_ABI_MAJOR;
		x[1] = SKERRY_ABI_MINOR;
	} else {
		return false;
	}
	return true;
}

void smccc_call(struct vcpu *v, uint64_t *x)
{
	uint32_t function = (uint32_t)x[0];

	if (!hyp_call(v, function, x) && !psci_call(v, x) && !arch_call(function, x) &&
	    !trng_call(function, x) && !time_call(v, function, x)) {
		x[0] = (uint64_t)SKERRY_NOT_SUPPORTED;
	}
}
