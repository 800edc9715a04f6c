/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMCCC: which owner a call goes to, the architecture calls, and the random
 * numbers of EL3 where it has them. Nothing else ever reaches EL3.
 */
#include <abi/hypercalls.h>
#include <abi/smccc.h>
#include <core/smccc.h>
#include <hv/arch.h>
#include <lib/string.h>

struct firmware firmware;

#define IS_64		(1u << 30)
#define OWNER(f)	((f) >> 24 & 0x3f)
#define OWNER_ARCH	0
#define OWNER_STANDARD	4
#define OWNER_HYP	6
#define FAST		(1u << 31)
#define NUMBER(f)	((f) & 0xffff)

static bool firmware_has(uint32_t function)
{
	switch (function) {
	case SMCCC_ARCH_WORKAROUND_1:
		return firmware.workaround_1;
	case SMCCC_ARCH_WORKAROUND_2:
		return firmware.workaround_2;
	case SMCCC_ARCH_WORKAROUND_3:
		return firmware.workaround_3;
	default:
		return false;
	}
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
	uint32_t asked = (uint32_t)x[1];

	switch (function) {
	case SMCCC_VERSION:
		x[0] = SMCCC_VERSION_1_2;
		return true;
	case SMCCC_ARCH_FEATURES:
		if (firmware_has(asked)) {
			pass_on(function, x, 1);
			return true;
		}
		x[0] = asked == SMCCC_VERSION || asked == SMCCC_ARCH_FEATURES ?
		       0 : (uint64_t)SKERRY_NOT_SUPPORTED;
		return true;
	default:
		if (!firmware_has(function)) {
			return false;
		}
		pass_on(function, x, 1);
		return true;
	}
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

static bool hyp_call(struct vcpu *v, uint32_t function, uint64_t *x)
{
	switch (function) {
	case SMCCC_HYP_UID:
		x[0] = SKERRY_UID_0;
		x[1] = SKERRY_UID_1;
		x[2] = SKERRY_UID_2;
		x[3] = SKERRY_UID_3;
		return true;
	case SMCCC_HYP_REVISION:
		x[0] = SKERRY_ABI_MAJOR;
		x[1] = SKERRY_ABI_MINOR;
		return true;
	default:
		if (!(function & IS_64) || NUMBER(function) >= SKERRY_HYPERCALL_COUNT) {
			return false;
		}
		hypercall(v, NUMBER(function), x);
		return true;
	}
}

void smccc_call(struct vcpu *v, uint64_t *x)
{
	uint32_t function = (uint32_t)x[0];
	bool is_known = false;

	/* fast calls only, bits 23..16 must be 0 (SVE hint not offered) */
	if ((function & FAST) && (function >> 16 & 0xff) == 0) {
		switch (OWNER(function)) {
		case OWNER_ARCH:
			is_known = arch_call(function, x);
			break;
		case OWNER_STANDARD:
			is_known = psci_call(v, x) || trng_call(function, x);
			break;
		case OWNER_HYP:
			is_known = hyp_call(v, function, x);
			break;
		default:
			break;
		}
	}
	if (!is_known) {
		x[0] = (uint64_t)SKERRY_NOT_SUPPORTED;
	}
}
