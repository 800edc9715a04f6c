/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hypercalls that links need (abi/hypercalls.h), by SMCCC. Any context.
 */
#ifndef SKERRY_HYPERCALL_H
#define SKERRY_HYPERCALL_H

#include <linux/arm-smccc.h>

#include <abi/hypercalls.h>

static inline void hypercall_notify(u32 port)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_hvc(SKERRY_HVC_NOTIFY, port, &res);
}

#endif
