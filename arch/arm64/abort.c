/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 aborts: the emulated frames (distributor, redistributors, PL011), else
 * an external abort in the guest. EL2 never reads the faulting instruction: an
 * access without a valid syndrome (pairs, write-back) is not emulated. Writes to
 * register pages are permission faults: for them HPFAR_EL2 is not valid (Arm DDI 0487,
 * D19.2.60), and the address is found by the guest's own translation.
 */
#include "trap.h"

/* Loads are emulated when the syndrome is valid and it was no walk or cache
 * operation, and the address of a translation fault is in HPFAR_EL2. */
#define EMULATED_MASK	(DABT_ISV | DABT_S1PTW | DABT_CM | 0x3c)
#define EMULATED	(DABT_ISV | 0x04)
#define PAGE_WRITE	(DABT_ISV | DABT_WNR | 0x0c)
#define PAR_F		1	/* PAR_EL1: the translation failed */

static bool emulate(struct vcpu *v, uint64_t at, bool is_write, unsigned width, uint64_t *value)
{
	return at - SKERRY_PL011_BASE >= PAGE_SIZE ? vgic_mmio(v, at, is_write, width, value) :
	       v->guest->config->console == CONSOLE_PL011 &&
	       vpl011_access(v->guest, at - SKERRY_PL011_BASE, is_write, width, value);
}

/* The register's low bits: what a load puts there, what of it a store (SSE = 0) writes. */
static uint64_t extend(uint64_t value, uint32_t iss)
{
	unsigned unused = 64 - (8u << DABT_SAS(iss));

	if (!(iss & DABT_SSE)) {
		return value << unused >> unused;
	}
	value = (uint64_t)((int64_t)(value << unused) >> unused);
	return iss & DABT_SF ? value : (uint32_t)value;
}

/* True: it was an access to an emulated frame, and is done. */
static inline bool mmio(struct vcpu *v, uint64_t esr, uint64_t far)
{
	uint32_t iss = ESR_ISS(esr);
	unsigned width = 1u << DABT_SAS(iss);
	bool is_write = iss & DABT_WNR;
	uint64_t at, value;

	if ((iss & EMULATED_MASK) != EMULATED) {
		return false;
	}
	at = READ_SYSREG(hpfar_el2) << 8 | (far & (PAGE_SIZE - 1));
	value = is_write ? extend(vcpu_get(v, DABT_SRT(iss)), iss) : 0;
	if (!is_aligned(at, width) || !emulate(v, at, is_write, width, &value)) {
		return false;
	}
	if (!is_write) {
		vcpu_set(v, DABT_SRT(iss), extend(value, iss));
	}
	return true;
}

/* With HCR_EL2.PTW its tables are in RAM, or it fails. */
uint64_t vcpu_ipa(uint64_t va)
{
	uint64_t saved = READ_SYSREG(par_el1), par;

	at_s1e1r(va);
	par = READ_SYSREG(par_el1);
	WRITE_SYSREG(saved, par_el1);
	return par & PAR_F ? UINT64_MAX : (par & PTE_ADDRESS) + (va & (PAGE_SIZE - 1));
}

static enum pv_write page_write(struct vcpu *v, uint64_t esr, uint64_t far)
{
	uint32_t iss = ESR_ISS(esr);
	uint64_t at;

	if ((iss & (EMULATED_MASK | DABT_WNR)) != PAGE_WRITE) {
		return PV_ABSENT;
	}
	at = vcpu_ipa(far);	/* all ones: it has changed its tables meanwhile */
	return at == UINT64_MAX ? PV_AGAIN :
	       pv_page_write(v, at - SKERRY_PAGE_BASE, 1u << DABT_SAS(iss),
			     (uint32_t)vcpu_get(v, DABT_SRT(iss)));
}

void abort_handle(struct vcpu *v, uint64_t esr)
{
	uint64_t far = READ_SYSREG(far_el2);
	bool is_data = ESR_EC(esr) == EC_DABORT_LOW;
	enum pv_write done = !is_data ? PV_ABSENT : mmio(v, esr, far) ? PV_WRITTEN :
			     page_write(v, esr, far);

	stats_exit(v, done == PV_ABSENT ? EXIT_ABORT : EXIT_MMIO, esr);
	if (done == PV_WRITTEN) {
		vcpu_skip(v, esr);
	} else if (done == PV_ABSENT) {
		inject_abort(v, esr, far);
	}
}
