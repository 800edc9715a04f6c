/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instead of arch/arm64's: what the handler of aborts calls.
 */
#ifndef VGIC_H
#define VGIC_H

#include <hv/types.h>

struct vcpu;
bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value);

#endif
