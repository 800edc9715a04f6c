/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to arch/arm64: the calling core, the firmware's services, what boot leaves
 * for resident code, and the way out of boot.
 * Between the files that handle exits from a guest: exit.c dispatches to
 * abort.c, sysreg.c and core's hypercalls; inject.c raises exceptions in the
 * guest; the interrupt controller and the timer are emulated. All act on the vCPU that
 * exited, on its own core, its registers saved.
 */
#pragma once

#include <core/core.h>
#include <mmu.h>
#include <pagetable.h>
#include <sysreg.h>

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
extern bool board_has_psci, board_has_pm;	/* PSCI by SMC; bcm2835-pm */
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

/* ESR_EL2 (Arm DDI 0487, D19.2.37) */
#define ESR_EC(esr)	((unsigned)((esr) >> 26) & 0x3f)
#define ESR_ISS(esr)	((uint32_t)(esr) & 0x1ffffff)
#define ESR_IL		(1ull << 25)

#define SPSR_AARCH32	(1 << 4)
#define SPSR_SS		(1ull << 21)

enum { EC_WFX = 0x01, EC_HVC64 = 0x16, EC_SMC64 = 0x17, EC_SYSREG = 0x18, EC_IABORT_LOW = 0x20,
       EC_DABORT_LOW = 0x24, EC_COUNT = 64 };

/* ISS of a data abort (Arm DDI 0487, D19.2.37) */
enum { DABT_WNR = 1 << 6, DABT_S1PTW = 1 << 7, DABT_CM = 1 << 8, DABT_SF = 1 << 15,
       DABT_SSE = 1 << 21, DABT_ISV = 1 << 24 };
#define DABT_SAS(iss)	((iss) >> 22 & 3)
#define DABT_SRT(iss)	((iss) >> 16 & 31)

/* Called by vectors.S; each returns the vCPU to enter, maybe another one later. */
struct vcpu *exit_sync(struct vcpu *v);
struct vcpu *exit_irq(struct vcpu *v);
struct vcpu *exit_serror(struct vcpu *v);
void exit_panic(uint64_t kind, uint64_t esr, uint64_t far, uint64_t elr) __attribute__((noreturn));
void guest_enter(struct vcpu *v) __attribute__((noreturn));

/* Register `n` as an instruction names it: 31 is zero and goes nowhere. */
static inline uint64_t vcpu_get(const struct vcpu *v, unsigned n)
{
	return n < 31 ? v->arch.x[n] : 0;
}

static inline void vcpu_set(struct vcpu *v, unsigned n, uint64_t value)
{
	if (n < 31) {
		v->arch.x[n] = value;
	}
}

/* What stage 1 of the vCPU on the core makes of an address for a read at EL1; all ones: nothing */
uint64_t vcpu_ipa(uint64_t va);

void vcpu_skip_aarch32(struct vcpu *v, uint64_t esr);

/* Past the trapped instruction; its single step is done, and so is a branch's target
 * identification. */
static inline void vcpu_skip(struct vcpu *v, uint64_t esr)
{
	if (v->arch.spsr & SPSR_AARCH32) {
		vcpu_skip_aarch32(v, esr);
		return;
	}
	v->arch.elr += 4;
	v->arch.spsr &= ~(SPSR_SS | 3ull << 10);
}

/* Exceptions in the guest, taken to its EL1. */
void inject_undefined(struct vcpu *v);
void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far); /* synchronous external abort */

void abort_handle(struct vcpu *v, uint64_t esr);	/* instruction and data aborts */
void sysreg_handle(struct vcpu *v, uint64_t esr);	/* MSR, MRS, and AArch32's are UNDEFINED */

/* The EL1 physical timer of a vCPU, emulated (timer.c): its registers trap
 * (CNTHCTL_EL2.EL1PCEN = 0). */
enum ptimer_reg { PTIMER_TVAL, PTIMER_CTL, PTIMER_CVAL };	/* CNTP_*_EL0 */
uint64_t ptimer_read(const struct vcpu *v, enum ptimer_reg r);
void ptimer_write(struct vcpu *v, enum ptimer_reg r, uint64_t value);

/* The interrupt controller, physical and virtual (gic.h is private to it), for the calling
 * core unless said otherwise. First: acknowledge and handle every waiting physical
 * interrupt: timers, assigned SPIs, maintenance, kicks, the UART. With or without a vCPU
 * on the core (pcpu()->current may be NULL). */
void gic_handle(void);

/* vCPU life, on its own core. */
void vgic_vcpu_stop(struct vcpu *v);	/* list registers empty, its PPIs idle, timers off */
void vgic_guest_stop(struct guest *g);	/* all vCPUs off: assigned SPIs disabled and deactivated */

/* Trapped accesses. Emulated MMIO: `offset` into the frame; width 1, 2, 4, 8.
 * False: this access is an external abort. */
bool vgic_mmio(struct vcpu *v, uint64_t at_ipa, bool is_write, unsigned width, uint64_t *value);
/* ICC_SGI1R_EL1 (GICv3) by system register trap. */
struct vcpu *vgic_write_sgi1r(struct vcpu *v, uint64_t value);	/* v */
