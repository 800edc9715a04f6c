/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of the virtual interrupt controller, per vCPU and per guest.
 */
#ifndef VGIC_TYPES_H
#define VGIC_TYPES_H

#include <hv/types.h>
#include <abi/layout.h>

struct vgic_vcpu {
	uint64_t lr[4];
};

struct vgic_guest {
	uint32_t ctlr;
};

#endif
