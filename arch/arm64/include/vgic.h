/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical and virtual interrupt controller: what the rest of arch/arm64 calls.
 * GICv2 and GICv3 behind one interface; the board's kind is chosen at boot.
 * EOImode 1 at EL2; EL2 runs with interrupts masked, so all calls are made with
 * interrupts masked. Unless said otherwise, for the calling core.
 * Sources: Arm IHI 0048B (GICv2), IHI 0069H (GICv3/4).
 */
#ifndef VGIC_H
#define VGIC_H

#include <hv/types.h>
#include <vgic_types.h>

struct vcpu;
struct guest;

/* Acknowledge and handle every waiting physical interrupt: timers, assigned
 * SPIs, maintenance, kicks, the UART. With or without a vCPU on the core
 * (pcpu()->current may be NULL). */
void gic_handle(void);

/* vCPU life, on its own core. */
void vgic_vcpu_reset(struct vcpu *v);	/* before the first instruction: interface on */
void vgic_vcpu_stop(struct vcpu *v);	/* list registers empty, its PPIs idle, timers off */
void vgic_guest_stop(struct guest *g);	/* all vCPUs off: assigned SPIs disabled and deactivated */

/* On every return to a guest after a slow exit: bring list registers up to date
 * (cheap when nothing changed). */
void vgic_enter(struct vcpu *v);

/* Trapped accesses. Emulated MMIO: `offset` into the frame; width 1, 2, 4, 8.
 * False: this access is an external abort. */
bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value);
/* ICC_SGI1R_EL1 (GICv3) by system register trap. */
void vgic_write_sgi1r(struct vcpu *v, uint64_t value);

#endif
