/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core's and the firmware's services inside arch/arm64.
 */
#ifndef CPU_H
#define CPU_H

#include <hv/types.h>

extern bool board_has_psci;	/* by SMC */
extern bool board_has_pm;

/* Secure monitor call, SMCCC 1.0; the answer in w0. */
int32_t smc_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* Boot only: what the firmware offers, into `firmware` (core/smccc.h). */
void firmware_boot(void);

#endif
