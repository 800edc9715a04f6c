/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical interrupts: acknowledge and dispatch, and the physical side of what a
 * guest does to an interrupt that is its own; GICv2 by memory, GICv3's CPU interface by
 * system register, each core its own. EL2 runs with interrupts masked
 * and EOImode 1: a priority drop at once, deactivation by EL2 or, for what goes to
 * a guest, by that guest's EOI (HW = 1). LOCK_GIC guards GICD_ICFGR only; the
 * set and clear registers need none.
 */
#include "gic.h"

#define ACKNOWLEDGE_MAX	64	/* interrupts handled in one visit */

struct gic gic;
static struct lock gic_lock = LOCK_INIT(LOCK_GIC);

static uintptr_t bit_register(unsigned cpu, unsigned reg, unsigned intid)
{
	bool is_own = intid < 32 && gic.version == 3;

	return (is_own ? GICR_VA + cpu * (uintptr_t)GICR_VA_STRIDE + GICR_SGI_FRAME : GICD_VA) +
	       reg + intid / 32 * 4;
}

void gic_write_bit(unsigned cpu, unsigned reg, unsigned intid)
{
	mmio_write32(bit_register(cpu, reg, intid), 1u << intid % 32);
}

bool gic_is_set(unsigned cpu, unsigned reg, unsigned intid)
{
	return mmio_read32(bit_register(cpu, reg, intid)) >> intid % 32 & 1;
}

unsigned gic_take_timer(void)
{
	uintptr_t at = bit_register(pcpu()->index, 0, 0);
	uint32_t bit = 1u << gic.vtimer;
	bool is_pending = mmio_read32(at + GICD_ISPENDR) & bit;
	bool is_active = mmio_read32(at + GICD_ISACTIVER) & bit;

	mmio_write32(at + GICD_ICPENDR, bit);
	mmio_write32(at + GICD_ICACTIVER, bit);
	return (is_pending ? PPI_PENDING : 0) | (is_active ? PPI_ACTIVE : 0);
}

void gic_put_timer(bool is_enabled, unsigned state)
{
	uintptr_t at = bit_register(pcpu()->index, 0, 0);
	uint32_t bit = 1u << gic.vtimer;

	pcpu()->is_timer_on = is_enabled;
	mmio_write32(at + (is_enabled ? GICD_ISENABLER : GICD_ICENABLER), bit);
	if (state & PPI_PENDING) {
		mmio_write32(at + GICD_ISPENDR, bit);
	}
	if (state & PPI_ACTIVE) {
		mmio_write32(at + GICD_ISACTIVER, bit);
	}
}

void gic_set_edge(unsigned intid, bool is_edge)
{
	uintptr_t at = GICD_VA + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;

	lock_scope(&gic_lock);
	mmio_write32(at, is_edge ? mmio_read32(at) | bit : mmio_read32(at) & ~bit);
}

void gic_route(unsigned intid, unsigned cpu)
{
	if (gic.version == 2) {
		mmio_write8(GICD_VA + GICD_ITARGETSR + intid, (uint8_t)(gic.cpu[cpu] >> 16));
	} else {
		*(volatile uint64_t *)(GICD_VA + GICD_IROUTER + 8ull * intid) = gic.mpidr[cpu];
	}
}

/* A register of this core's interface: memory on GICv2, a system register on GICv3 */
#define WRITE_OWN(value, at, name) do {			\
	if (gic.version == 2) {				\
		mmio_write32(at, (uint32_t)(value));	\
	} else {					\
		WRITE_SYSREG(value, name);		\
		isb();					\
	}						\
} while (0)

/* What it is to look at is written before the interrupt. */
void arch_cpu_kick(unsigned cpu)
{
	dsb(ishst);
	WRITE_OWN(gic.cpu[cpu], GICD_VA + GICD_SGIR, icc_sgi1r_el1);
}

static void deactivate(uint32_t iar) { WRITE_OWN(iar, GICC_VA + GICC_DIR, icc_dir_el1); }

bool arch_cpu_has_work(void) { return READ_SYSREG(isr_el1) & 1u << 7; }

/* For EL2 itself. What nobody expects: never again. */
static void dispatch_own(unsigned intid, struct vcpu *v)
{
	if (intid == gic.hyp_timer) {
		WRITE_SYSREG(0, cnthp_ctl_el2);
		isb();
		if (arch_time_now() >= pcpu()->until) {
			pcpu()->until = UINT64_MAX;	/* core_next() finds the next one */
			store_relaxed(&pcpu()->look, true);
		}
		if (v != NULL) {
			timer_update(v);
		}
	} else if (intid == gic.maintenance) {
		if (v != NULL) {
			vgic_sync(v);
		}
	} else if (intid == gic.uart) {
		console_uart_interrupt();
	} else if (intid >= 16 && intid != gic.vtimer) {	/* its vCPU has just left */
		gic_write_bit(pcpu()->index, GICD_ICENABLER, intid);
	}
}

void gic_dispatch(uint32_t iar)
{
	unsigned intid = iar & 0x3ff;
	struct vcpu *v = pcpu()->current;

	WRITE_OWN(iar, GICC_VA + GICC_EOIR, icc_eoir1_el1);	/* priority drop */
	WRITE_SYSREG(NUDGE_TICKS, cntp_tval_el0);
	if (intid == GIC_KICK || intid == GIC_BELL) {
		deactivate(iar);
		if (intid == GIC_BELL && v != NULL) {	/* no way back to the guest yet */
			__atomic_fetch_or(&v->arch.vgic.work, VGIC_WORK_SYNC, __ATOMIC_RELAXED);
		}
	} else if (intid == gic.vtimer && v != NULL && v->arch.vgic.timer_lr != 0) {
		gic_write_quick(&v->arch.vgic, 0, v->arch.vgic.timer_lr);	/* as fast_exit.S */
	} else if (intid == gic.vtimer && v != NULL) {
		vgic_fire(v, SKERRY_INTID_VTIMER);
	} else if (intid < SKERRY_INTID_COUNT && gic.owner[intid] != 0) {
		vgic_fire(guests[(gic.owner[intid] & ~GIC_EDGE) - 1].vcpu, intid);
	} else {
		dispatch_own(intid, v);
		deactivate(iar);
	}
}

void gic_handle(void)
{
	for (unsigned n = 0; n < ACKNOWLEDGE_MAX; n++) {
		uint32_t iar = gic.version == 2 ? mmio_read32(GICC_VA + GICC_IAR) :
			       (uint32_t)READ_SYSREG(icc_iar1_el1);

		/* before a look at what the interrupt, a kick maybe, is about; GICv3: its
		 * effects before what follows (IHI 0069H, 4.1.1) */
		dsb(sy);
		if ((iar & 0x3ff) >= GIC_SPURIOUS) {
			return;
		}
		gic_dispatch(iar);
	}
}
