/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL1 physical timer of a vCPU, emulated: its registers trap
 * (CNTHCTL_EL2.EL1PCEN = 0). On the vCPU's own core.
 */
#ifndef TIMER_H
#define TIMER_H

#include <hv/types.h>

struct vcpu;

enum ptimer_reg { PTIMER_TVAL, PTIMER_CTL, PTIMER_CVAL };	/* CNTP_*_EL0 */

uint64_t ptimer_read(const struct vcpu *v, enum ptimer_reg r);
void ptimer_write(struct vcpu *v, enum ptimer_reg r, uint64_t value);

#endif
