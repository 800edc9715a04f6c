/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to arch/arm64: the calling core, the firmware's services, what boot leaves
 * for resident code, and the way out of boot.
 */
#pragma once

#include <core/guest.h>
#include <hv/arch.h>

/* The calling core: TPIDR_EL2 holds its struct pcpu from boot on. */
static inline struct pcpu *pcpu(void)
{
#ifdef __aarch64__
	struct pcpu *p;

	__asm__("mrs %0, tpidr_el2" : "=r"(p));
	return p;
#else
	return &pcpus[arch_cpu_index()];	/* unit tests */
#endif
}

/* Written at boot, read-only after. */
extern bool board_has_psci;	/* by SMC */
extern bool board_has_pm;
/* The ID registers as guests see them: op1 0, CRn 0, [CRm][op2], less what is
 * hidden; AArch32's read as 0. */
extern uint64_t id_registers[8][8];

/* Secure monitor call, SMCCC 1.0; the answer in w0. */
int32_t smc_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

void stack_switch(uint64_t top, void (*to)(void)) __attribute__((noreturn));
/* Another core: says that it runs no boot code any more (*online), waits until
 * the boot core has unmapped it, then runs. */
void secondary_leave(uint32_t *online) __attribute__((noreturn));
/* The boot core, last, on its resident stack: boot-only memory goes, all cores run. */
void leave_boot(void) __attribute__((noreturn));
