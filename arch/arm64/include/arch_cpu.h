/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling core: TPIDR_EL2 holds its struct pcpu from boot on.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <core/guest.h>

static inline struct pcpu *pcpu(void)
{
	struct pcpu *p;

	__asm__("mrs %0, tpidr_el2" : "=r"(p));
	return p;
}

#endif
