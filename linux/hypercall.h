/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Hypercalls (abi/hypercalls.h) by SMCCC. Any context.
 */
#ifndef SKERRY_HYPERCALL_H
#define SKERRY_HYPERCALL_H

#include <linux/arm-smccc.h>

#include <abi/hypercalls.h>

static inline long hypercall(u32 call, u64 first, u64 second)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_hvc(call, first, second, &res);
	return res.a0;
}

static inline void hypercall_notify(u32 port)
{
	hypercall(SKERRY_HVC_NOTIFY, port, 0);
}

#endif
