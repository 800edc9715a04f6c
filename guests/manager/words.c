/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words for the numbers of include/abi.
 */
#include "board.h"

static const char *word(const char *const *words, uint32_t count, uint32_t number)
{
	return number < count && words[number] ? words[number] : "unknown";
}

const char *word_state(uint32_t state)
{
	static const char *const words[] = {
		[SKERRY_STATE_ABSENT] = "absent", [SKERRY_STATE_LOADING] = "loading",
		[SKERRY_STATE_RUNNING] = "running", [SKERRY_STATE_PAUSED] = "paused",
		[SKERRY_STATE_STOPPING] = "stopping", [SKERRY_STATE_STOPPED] = "stopped",
		[SKERRY_STATE_CRASHED] = "crashed", [SKERRY_STATE_QUARANTINED] = "quarantined",
		[SKERRY_STATE_REFUSED] = "refused",
	};

	return word(words, ARRAY_SIZE(words), state);
}

const char *word_policy(uint32_t policy)
{
	static const char *const words[] = {
		[SKERRY_POLICY_STATIC] = "static", [SKERRY_POLICY_CYCLIC] = "cyclic",
		[SKERRY_POLICY_SERVER] = "server", [SKERRY_POLICY_RR] = "rr",
	};

	return word(words, ARRAY_SIZE(words), policy);
}

const char *word_exit(uint32_t cause)
{
	static const char *const words[SKERRY_EXIT_CAUSES] = {
		"hvc", "smc", "sysreg", "mmio", "abort", "irq", "serror", "other",
	};

	return word(words, ARRAY_SIZE(words), cause);
}

const char *word_link(uint32_t type)
{
	switch (type) {
	case SKERRY_LINK_NET:
		return "net";
	case SKERRY_LINK_BLOCK:
		return "block";
	case SKERRY_LINK_CONSOLE:
		return "console";
	case SKERRY_LINK_SCMI:
		return "scmi";
	case SKERRY_LINK_GPIO:
		return "gpio";
	case SKERRY_LINK_SHARED_MEMORY:
		return "shared-memory";
	default:
		return "device";
	}
}

const char *word_result(int64_t result)
{
	switch (result) {
	case SKERRY_NOT_SUPPORTED:
		return "not supported by this hypervisor";
	case SKERRY_INVALID:
		return "refused as invalid";
	case SKERRY_DENIED:
		return "denied: the system's description does not give this right";
	case SKERRY_BUSY:
		return "not in this state";
	default:
		return "failed";
	}
}
