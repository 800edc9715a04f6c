/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture's part of a vCPU and of a guest, for core/guest.h.
 * Assembly finds the fields through asm_offsets.c. Written by the vCPU's own
 * core only.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <hv/types.h>
#include <vgic_types.h>

struct arch_vcpu {
	uint64_t x[31];			/* x0..x30, saved by the vectors on a slow exit */
	uint64_t elr, spsr;		/* ELR_EL2, SPSR_EL2 of the exit */
	struct vgic_vcpu vgic;
	uint64_t ptimer_ctl, ptimer_cval; /* the emulated EL1 physical timer */
};

struct arch_guest {
	struct doorbell doorbell[SKERRY_PORT_MAX];	/* by port; first: assembly */
	uint64_t *s2_root;		/* level-1 table, one page */
	uint64_t vttbr;
	struct vgic_guest vgic;
};

#endif
