/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls from a guest by HVC #0 or SMC #0: SMCCC 1.2's own, PSCI 1.1, TRNG, and
 * Skerry's hypercalls.
 */
#ifndef CORE_SMCCC_H
#define CORE_SMCCC_H

#include <core/guest.h>
#include <abi/errors.h>

/* x: the caller's x0..x17, arguments in, results out; x0 is the function. What is
 * no documented result stays. Unknown functions: NOT_SUPPORTED in x0. */
void smccc_call(struct vcpu *v, uint64_t *x);

/* PSCI functions, 0x84000000.. and 0xC4000000..; false: not one of them. */
bool psci_call(struct vcpu *v, uint64_t *x);

/* Row `row` of the hypercall table. */
void hypercall(struct vcpu *v, uint32_t row, uint64_t *x);

/* What the firmware offers that guests may use: asked at boot. */
struct firmware {
	uint32_t workarounds[3];		/* SMCCC_ARCH_WORKAROUND_*; 0: none */
	bool trng;				/* TRNG 1.0 (Arm DEN0098) */
};
extern struct firmware firmware;

/* Passes a call to EL3: only for functions in struct firmware. The architecture's. */
void arch_firmware_call(uint64_t *x);

#endif
