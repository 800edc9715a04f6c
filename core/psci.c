/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI 1.1 for guests (Arm DEN0022). A vCPU's power is one word:
 *
 *   OFF -> CLAIMED (by CPU_ON's compare-and-swap) -> STARTING (entry and context
 *   are there) -> ON (on its own core) -> CLAIMED (by its own CPU_OFF) -> OFF
 *   anything -> OFF (the guest has stopped)
 *
 * Losers of the swap get ALREADY_ON.
 */
#include <core/core.h>

#define IS_64		(1u << 30)
#define SUSPEND_RESERVED 0xfcfe0000u	/* of power_state: DEN0022, 5.4.2, original format */

#define BIT(f)		(1u << ((f) & 0x1f))

/* The functions there are: those with 32-bit ids, and those with 64-bit ids. */
#define CALLS_32 (BIT(PSCI_VERSION) | BIT(PSCI_CPU_SUSPEND_32) | BIT(PSCI_CPU_OFF) | \
		  BIT(PSCI_CPU_ON_32) | BIT(PSCI_AFFINITY_INFO_32) | \
		  BIT(PSCI_MIGRATE_INFO_TYPE) | BIT(PSCI_SYSTEM_OFF) | BIT(PSCI_SYSTEM_RESET) | \
		  BIT(PSCI_FEATURES))
#define CALLS_64 (BIT(PSCI_CPU_SUSPEND_64) | BIT(PSCI_CPU_ON_64) | BIT(PSCI_AFFINITY_INFO_64))

static bool is_there(uint32_t function)
{
	uint32_t calls = function & IS_64 ? CALLS_64 : CALLS_32;

	return (function & ~IS_64 & ~0x1fu) == PSCI_VERSION && (calls & BIT(function));
}

static int64_t cpu_on(struct guest *g, uint64_t target, uint64_t entry, uint64_t context)
{
	int index = arch_guest_mpidr_to_vcpu(g, target);
	uint32_t off = VCPU_OFF;
	struct vcpu *v;

	if (index < 0) {
		return PSCI_INVALID_PARAMETERS;
	}
	if (!is_aligned(entry, 4) ||
	    guest_find_bank(g->config, entry, 4) == g->config->bank_count) {
		return PSCI_INVALID_ADDRESS;
	}
	v = &g->vcpu[index];
	if (!compare_exchange(&v->power, &off, VCPU_CLAIMED)) {
		return PSCI_ALREADY_ON;
	}
	v->entry = entry;
	v->context = context;
	store_release(&v->power, VCPU_STARTING);
	arch_cpu_kick(v->cpu);
	return PSCI_SUCCESS;
}

/* Is another one on, or coming? */
static bool is_any_other_on(const struct vcpu *v)
{
	const struct guest *g = v->guest;
	bool has_others = false;

	for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
		has_others |= i != v->index && VCPU_CLAIMED <
			      __atomic_load_n(&g->vcpu[i].power, __ATOMIC_SEQ_CST);
	}
	return has_others;
}

/* The last one stays: DENIED. Claimed before it looks, so that of the last two
 * that leave at the same time one at least sees the other go. So does who has an SError
 * coming: it takes that itself, not who has the core next. */
static int64_t cpu_off(struct vcpu *v)
{
	__atomic_store_n(&v->power, VCPU_CLAIMED, __ATOMIC_SEQ_CST);
	if (arch_cpu_has_serror() || !is_any_other_on(v)) {
		__atomic_store_n(&v->power, VCPU_ON, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST); /* before a look at what interrupts came */
		return PSCI_DENIED;
	}
	arch_vcpu_stop(v);
	store_release(&v->power, VCPU_OFF);
	return PSCI_SUCCESS;
}

static int64_t affinity_info(const struct guest *g, uint64_t target, uint32_t level)
{
	int index = arch_guest_mpidr_to_vcpu(g, target);

	if (index < 0 || level != 0) {
		return PSCI_INVALID_PARAMETERS;
	}
	/* 1: off. STARTING counts as on: CPU_ON has succeeded */
	return load_acquire(&g->vcpu[index].power) == VCPU_OFF;
}

static int64_t answer(struct vcpu *v, uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	switch (function & ~IS_64) {
	case PSCI_VERSION:
		return PSCI_VERSION_1_1;
	case PSCI_CPU_SUSPEND_32:
		/* Standby, whatever state was asked for: PSCI 5.4.4 lets an implementation
		 * choose a shallower one. A wake-up without cause is allowed. */
		if (a & SUSPEND_RESERVED) {
			return PSCI_INVALID_PARAMETERS;
		}
		core_wait(v);
		return PSCI_SUCCESS;
	case PSCI_CPU_OFF:
		return cpu_off(v);
	case PSCI_CPU_ON_32:
		return cpu_on(v->guest, a, b, c);
	case PSCI_AFFINITY_INFO_32:
		return affinity_info(v->guest, a, (uint32_t)b);
	case PSCI_MIGRATE_INFO_TYPE:
		return 2;	/* no Trusted OS that would have to move */
	case PSCI_SYSTEM_OFF:	/* not answered unless somebody was faster, and then the */
	case PSCI_SYSTEM_RESET:	/* vCPU leaves its core all the same */
		return life_apply(v->guest, function == PSCI_SYSTEM_OFF ? LIFE_OFF : LIFE_RESET) ?
		       PSCI_INTERNAL_FAILURE : PSCI_SUCCESS;
	default:		/* PSCI_FEATURES */
		return is_there((uint32_t)a) || (uint32_t)a == SMCCC_VERSION ?
		       0 : PSCI_NOT_SUPPORTED;
	}
}

bool psci_call(struct vcpu *v, uint64_t *x)
{
	uint32_t function = (uint32_t)x[0];
	uint64_t used = function & IS_64 ? UINT64_MAX : UINT32_MAX;	/* of each argument */

	if (!is_there(function)) {
		return false;
	}
	x[0] = (uint64_t)answer(v, function, x[1] & used, x[2] & used, x[3] & used);
	return true;
}
