/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of the interrupt controller: mapping, the distributor once, each core's
 * interfaces, and which interrupts belong to which guest. Boot only.
 * Sources: IHI 0048B 4.1.5, IHI 0069H 4.1, 12.11 and the distributor's chapter.
 */
#include <core/boot/arch.h>
#include <core/boot/board.h>
#include <core/core.h>
#include <arch_cpu.h>
#include <mmu.h>
#include <sysreg.h>

#include "../gic.h"
#include "early.h"

#define GICR_SCRATCH_VA	(DEVICE_VA + 0x100000)	/* a page of each redistributor, to look at it */
#define GICR_MAX	256

#define GICR_TYPER	0x08
#define GICR_WAKER	0x14
#define GICR_SGI_FRAME	0x10000
#define TYPER_VLPIS	(1u << 1)
#define TYPER_LAST	(1u << 4)
#define WAKER_SLEEP	(1u << 1)
#define WAKER_CHILDREN	(1u << 2)
#define CTLR_RWP	(1u << 31)
#define CTLR_V3		(1u << 4 | 3u)	/* ARE, both enables (either view's) */
#define GICC_CTLR	0x00
#define GICC_PMR	0x04
#define GICC_BPR	0x08
#define GICC_ENABLE	(1u | 1u << 9)	/* group, EOImode */
#define GICH_VTR	0x04
#define GICV_ALIASED	0x20000		/* size of frames aliased every 64 KiB: */
#define GICV_ALIAS	0xf000		/* here are their two pages side by side */
#define POLLS		1000000u

static volatile uint32_t *reg32(uint64_t at)
{
	return (volatile uint32_t *)(uintptr_t)at;
}

static uint64_t interface_base(struct range r)
{
	return r.size == GICV_ALIASED ? r.base + GICV_ALIAS : r.base;
}

static void wait_clear(uint64_t at, uint32_t bits, const char *what)
{
	for (unsigned n = 0; *reg32(at) & bits; n++) {
		if (n == POLLS) {
			panic("the interrupt controller's %s does not answer", what);
		}
	}
}

/* Maps the redistributor at `base`, if it is one of a core of ours. */
static void claim_redistributor(const struct board *b, uint64_t base, uint64_t typer)
{
	for (unsigned i = 0; i < b->cpu_count; i++) {
		uint64_t m = b->cpu[i].mpidr;

		if (((m & 0xffffff) | (m >> 8 & 0xff000000)) == typer >> 32 && gic.cpu[i] == 0) {
			mmu_map_device(GICR_VA + i * GICR_VA_STRIDE, pa(base), KIB(128));
			gic.mpidr[i] = m & 0xff00ffffff;
			gic.cpu[i] = (m >> 32 & 0xff) << 48 | (m >> 16 & 0xff) << 32 |
				     (m >> 8 & 0xff) << 16 | (m >> 4 & 0xf) << 44 |
				     1ull << (m & 0xf) | (uint64_t)GIC_KICK << 24;
		}
	}
}

static void map_redistributors(const struct board *b)
{
	uint64_t scratch = GICR_SCRATCH_VA, typer, size;

	for (unsigned i = 0; i < b->gicr_count; i++) {
		for (uint64_t at = 0; at + KIB(128) <= b->gicr[i].size; at += size) {
			mmu_map_device(scratch, pa(b->gicr[i].base + at), PAGE_SIZE);
			typer = *(volatile uint64_t *)(uintptr_t)(scratch + GICR_TYPER);
			scratch += PAGE_SIZE;
			claim_redistributor(b, b->gicr[i].base + at, typer);
			size = typer & TYPER_VLPIS ? KIB(256) : KIB(128);
			size = b->gicr_stride != 0 ? b->gicr_stride : size;
			if (typer & TYPER_LAST || scratch == GICR_SCRATCH_VA + GICR_MAX * PAGE_SIZE) {
				break;
			}
		}
	}
	for (unsigned i = 0; i < b->cpu_count; i++) {
		if (gic.cpu[i] == 0) {
			panic("no redistributor belongs to core %u (affinity %lx)", i,
			      b->cpu[i].mpidr);
		}
	}
}

/* All SPIs: disabled, idle, group 1, one priority. */
static void reset_distributor(uint32_t ctlr)
{
	unsigned words = (*reg32(GICD_VA + GICD_TYPER) & 31) + 1;

	*reg32(GICD_VA + GICD_CTLR) = 0;
	if (gic.version == 3) {
		wait_clear(GICD_VA + GICD_CTLR, CTLR_RWP, "distributor");
		*reg32(GICD_VA + GICD_CTLR) = ctlr & ~3u;
		wait_clear(GICD_VA + GICD_CTLR, CTLR_RWP, "distributor");
	}
	for (unsigned i = 1; i < words; i++) {
		*reg32(GICD_VA + GICD_ICENABLER + 4 * i) = UINT32_MAX;
		*reg32(GICD_VA + GICD_ICPENDR + 4 * i) = UINT32_MAX;
		*reg32(GICD_VA + GICD_ICACTIVER + 4 * i) = UINT32_MAX;
		if (gic.version == 3) {
			*reg32(GICD_VA + GICD_IGROUPR + 4 * i) = UINT32_MAX;
		}
		for (unsigned n = 0; n < 8; n++) {
			*reg32(GICD_VA + GICD_IPRIORITYR + 32 * i + 4 * n) =
				GIC_PRIORITY * 0x01010101u;
		}
	}
	*reg32(GICD_VA + GICD_CTLR) = ctlr;
}

void gic_boot(const struct board *b)
{
	mmu_map_device(GICD_VA, pa(b->gicd.base), b->gic == GIC_V2 ? PAGE_SIZE : KIB(64));
	if (b->gic == GIC_V2) {
		mmu_map_device(GICC_VA, pa(interface_base(b->gicc)), KIB(8));
		mmu_map_device(GICH_VA, pa(b->gich.base), PAGE_SIZE);
		gic.ops = &gicv2_ops;
		gic.version = 2;
	} else {
		map_redistributors(b);
		gic.ops = &gicv3_ops;
		gic.version = 3;
	}
	gic.vtimer = (uint16_t)b->vtimer_intid;
	gic.hyp_timer = (uint16_t)b->hyp_timer_intid;
	gic.maintenance = (uint16_t)b->maintenance_intid;
	gic.uart = (uint16_t)b->uart_intid;
	reset_distributor(gic.version == 2 ? 1 : CTLR_V3);
}

static void cpu_interface_v2(void)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < 8; i++) {	/* our own number: IHI 0048B 4.3.12 */
		mask |= *reg32(GICD_VA + GICD_ITARGETSR + 4 * i);
	}
	mask = (mask | mask >> 8 | mask >> 16 | mask >> 24) & 0xff;
	gic.cpu[pcpu()->index] = mask != 0 ? mask : 1;	/* one core: reads as zero */
	*reg32(GICC_VA + GICC_PMR) = 0xf0;
	*reg32(GICC_VA + GICC_BPR) = 0;
	*reg32(GICC_VA + GICC_CTLR) = GICC_ENABLE;
}

static void cpu_interface_v3(void)
{
	uint64_t frame = GICR_VA + pcpu()->index * (uint64_t)GICR_VA_STRIDE;

	*reg32(frame + GICR_WAKER) &= ~WAKER_SLEEP;
	wait_clear(frame + GICR_WAKER, WAKER_CHILDREN, "redistributor");
	*reg32(frame + GICR_SGI_FRAME + GICD_IGROUPR) = UINT32_MAX;
	WRITE_SYSREG(7, icc_sre_el2);	/* EL1's ICC_SRE_EL1 traps: it stays as it is */
	isb();
	WRITE_SYSREG(0xff, icc_pmr_el1);
	WRITE_SYSREG(0, icc_bpr1_el1);
	WRITE_SYSREG(2, icc_ctlr_el1);	/* EOImode */
	WRITE_SYSREG(1, icc_igrpen1_el1);
	isb();
}

void gic_cpu_boot(void)
{
	unsigned cpu = pcpu()->index;
	uint32_t vtr, own;
	uintptr_t frame = gic.version == 2 ? GICD_VA :
			  GICR_VA + cpu * (uintptr_t)GICR_VA_STRIDE + GICR_SGI_FRAME;

	*reg32(frame + GICD_ICENABLER) = UINT32_MAX;
	*reg32(frame + GICD_ICACTIVER) = UINT32_MAX;
	for (unsigned n = 0; n < 8; n++) {
		*reg32(frame + GICD_IPRIORITYR + 4 * n) = GIC_PRIORITY * 0x01010101u;
	}
	if (gic.version == 2) {
		cpu_interface_v2();
		vtr = *reg32(GICH_VA + GICH_VTR);
	} else {
		cpu_interface_v3();
		vtr = (uint32_t)READ_SYSREG(ich_vtr_el2);
	}
	if ((vtr & 31) + 1 < 3) {
		panic("core %u has %u list registers, 3 are needed", cpu, (vtr & 31) + 1);
	}
	gic.lr_count = (uint8_t)min_u64((vtr & 31) + 1, VGIC_LR_MAX);
	gic.lr_mask = (uint16_t)((1u << gic.lr_count) - 2);
	own = 1u << GIC_KICK | 1u << gic.hyp_timer | 1u << gic.maintenance;
	*reg32(frame + GICD_ISENABLER) = own;
	gic.ops->write_hcr(0);
	for (unsigned i = 0; i < gic.lr_count; i++) {
		gic.ops->write_lr(i, 0);
	}
	gic.ops->reset();
	if (cpu == 0 && gic.uart != 0) {
		gic_route(gic.uart, cpu);
		gic_write_bit(cpu, GICD_ISENABLER, gic.uart);
	}
}

/* False, told: an interrupt of the device is another's, or not for devices. */
static bool assign(struct guest *g, const struct sys_device *device)
{
	for (unsigned i = 0; i < device->irq_count; i++) {
		unsigned intid = device->intid[i];

		if (intid < 32 || intid >= SKERRY_INTID_EVENT || intid == gic.uart ||
		    (intid == SKERRY_INTID_PL011 && g->config->console == CONSOLE_PL011) ||
		    (gic.owner[intid] != 0 && gic.owner[intid] != g->index + 1)) {
			log_line("error: %s: device %s can't have interrupt %u: it is another's",
				 g->config->name, device->name, intid);
			return false;
		}
		gic.owner[intid] = (uint8_t)((g->index + 1) | (device->edge[i] ? GIC_EDGE : 0));
	}
	return true;
}

static bool vgic_guest_boot(struct guest *g)
{
	g->arch.vgic.lock = (struct lock)LOCK_INIT(LOCK_VGIC);
	for (unsigned d = 0; d < g->config->device_count; d++) {
		if (!assign(g, &g->config->device[d])) {
			return false;
		}
	}
	for (unsigned i = 0; i < g->config->vcpu_count; i++) {
		struct vgic_vcpu *x = &g->vcpu[i].arch.vgic;

		x->gic = gic.version;
		x->source = (uint8_t)(gic.version == 2 ? i : 0);
		x->all = (uint8_t)((1u << g->config->vcpu_count) - 1);
	}
	return true;
}

int arch_boot_guest(struct guest *g, const struct board *b)
{
	if (!vgic_guest_boot(g)) {
		return SKERRY_INVALID;
	}
	if (b->gic != GIC_V2) {
		return SKERRY_OK;
	}
	/* the virtual CPU interface of the calling core, at the address of a CPU interface */
	return arch_s2_map(g, ipa(SKERRY_GICC_BASE), pa(interface_base(b->gicv)), 2 * PAGE_SIZE,
			   S2_DEVICE);
}
