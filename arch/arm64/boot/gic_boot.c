/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of the interrupt controller: mapping, the distributor once, each core's
 * interfaces, and which interrupts belong to which guest. Boot only.
 * Sources: IHI 0048B 4.1.5, IHI 0069H 4.1, 12.11 and the distributor's chapter.
 */
#include "early.h"

/* Frames of 128 KiB are aliased every 64 KiB: at 0xf000 their two pages are side by side. */
static struct pa interface_base(struct range r)
{
	return pa(r.size == KIB(128) ? r.base + 0xf000 : r.base);
}

static void wait_clear(uint64_t at, uint32_t bits, const char *what)
{
	mmio_wait32(at, bits, 0);
	if (mmio_read32(at) & bits) {
		panic("the interrupt controller's %s does not answer", what);
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
			gic.cpu[i] = (m & 0xffull << 32) << 16 | (m & 0xff << 16) << 16 |
				     (m & 0xff << 8) << 8 | (m & 0xf0) << 40 | 1ull << (m & 0xf);
		}
	}
}

static void map_redistributors(const struct board *b)
{
	for (const struct range *r = b->gicr; r < b->gicr + b->gicr_count; r++) {
		uint64_t typer = 0, size;		/* GICR_TYPER: VLPIS, Last */

		for (uint64_t at = 0; at + KIB(128) <= r->size && !(typer & 1 << 4); at += size) {
			volatile uint64_t *window = arch_window_map(pa(r->base + at), 16, true);

			typer = window[1];
			arch_window_unmap();
			claim_redistributor(b, r->base + at, typer);
			size = b->gicr_stride ? b->gicr_stride : KIB(typer & 1 << 1 ? 256 : 128);
		}
	}
}

/* Interrupts 32 * i on of a frame: disabled, idle, one priority; GICv3: group 1. */
static void reset_word(uint64_t frame, unsigned i)
{
	mmio_write32(frame + GICD_ICENABLER + 4 * i, UINT32_MAX);
	mmio_write32(frame + GICD_ICPENDR + 4 * i, UINT32_MAX);
	mmio_write32(frame + GICD_ICACTIVER + 4 * i, UINT32_MAX);
	if (gic.version == 3) {
		mmio_write32(frame + GICD_IGROUPR + 4 * i, UINT32_MAX);
	}
	for (unsigned n = 0; n < 32; n += 4) {
		mmio_write32(frame + GICD_IPRIORITYR + 32 * i + n, GIC_PRIORITY * 0x01010101u);
	}
}

static void reset_distributor(void)
{
	unsigned words = (mmio_read32(GICD_VA + GICD_TYPER) & 31) + 1;

	mmio_write32(GICD_VA + GICD_CTLR, 0);
	if (gic.version == 3) {	/* RWP, twice; ARE, before the rest */
		wait_clear(GICD_VA + GICD_CTLR, 1u << 31, "distributor");
		mmio_write32(GICD_VA + GICD_CTLR, 1u << 4);
		wait_clear(GICD_VA + GICD_CTLR, 1u << 31, "distributor");
	}
	for (unsigned i = 1; i < words; i++) {
		reset_word(GICD_VA, i);
	}
	/* GICv3: ARE and both enables, as either view has them */
	mmio_write32(GICD_VA + GICD_CTLR, gic.version == 3 ? 1u << 4 | 3 : 1);
}

void gic_boot(const struct board *b)
{
	gic = (struct gic){
		.version = b->gic, .vtimer = (uint16_t)b->vtimer_intid,
		.hyp_timer = (uint16_t)b->hyp_timer_intid, .uart = (uint16_t)b->uart_intid,
		.maintenance = (uint16_t)b->maintenance_intid,
	};
	mmu_map_device(GICD_VA, pa(b->gicd.base), gic.version == 2 ? PAGE_SIZE : KIB(64));
	if (gic.version == 2) {
		mmu_map_device(GICC_VA, interface_base(b->gicc), KIB(8));
		mmu_map_device(GICH_VA, pa(b->gich.base), PAGE_SIZE);
	} else {
		map_redistributors(b);
	}
	reset_distributor();
}

/* Its number of list registers. */
static uint32_t cpu_interface_v2(void)
{
	uint32_t mask = 0;

	reset_word(GICD_VA, 0);
	for (unsigned i = 0; i < 32; i += 4) {	/* our own number: IHI 0048B 4.3.12 */
		mask |= mmio_read32(GICD_VA + GICD_ITARGETSR + i);
	}
	mask = (mask | mask >> 8 | mask >> 16 | mask >> 24) & 0xff;
	gic.cpu[pcpu()->index] = (mask != 0 ? mask : 1) << 16;	/* one core: reads as zero */
	mmio_write32(GICC_VA + 0x04, 0xf0);		/* GICC_PMR */
	mmio_write32(GICC_VA + 0x08, 0);		/* GICC_BPR */
	mmio_write32(GICC_VA + 0x00, 1 | 1 << 9);	/* GICC_CTLR: group, EOImode */
	return (mmio_read32(GICH_VA + 0x04) & 31) + 1;	/* GICH_VTR */
}

static uint32_t cpu_interface_v3(void)
{
	uint64_t frame = GICR_VA + pcpu()->index * (uint64_t)GICR_VA_STRIDE;
	uint64_t waker = frame + 0x14;

	if (gic.cpu[pcpu()->index] == 0) {
		panic("no redistributor belongs to core %u", pcpu()->index);
	}
	mmio_write32(waker, mmio_read32(waker) & ~(1u << 1));	/* ProcessorSleep */
	wait_clear(waker, 1u << 2, "redistributor");		/* ChildrenAsleep */
	reset_word(frame + GICR_SGI_FRAME, 0);
	WRITE_SYSREG(7, icc_sre_el2);	/* EL1's ICC_SRE_EL1 traps: it stays as it is */
	isb();
	WRITE_SYSREG(0xff, icc_pmr_el1);
	WRITE_SYSREG(0, icc_bpr1_el1);
	WRITE_SYSREG(2, icc_ctlr_el1);	/* EOImode */
	WRITE_SYSREG(1, icc_igrpen1_el1);
	isb();
	return (READ_SYSREG(ich_vtr_el2) & 31) + 1;
}

void gic_cpu_boot(void)
{
	unsigned cpu = pcpu()->index;
	uint32_t lr_count = gic.version == 2 ? cpu_interface_v2() : cpu_interface_v3();

	if (lr_count < 3) {
		panic("core %u has %u list registers, 3 are needed", cpu, lr_count);
	}
	gic.lr_count = (uint8_t)lr_count;
	gic_reset();		/* those that are never used, too: a reset leaves them unknown */
	gic.lr_count = (uint8_t)min_u64(lr_count, VGIC_LR_MAX);
	gic.lr_mask = (uint16_t)((1u << gic.lr_count) - 2);
	if (gic.version == 3) {
		WRITE_SYSREG(7, icc_sre_el1);	/* system registers, no bypass: see its trap */
	}
	gic_write_bit(cpu, GICD_ISENABLER, GIC_KICK);
	gic_write_bit(cpu, GICD_ISENABLER, GIC_BELL);
	gic_write_bit(cpu, GICD_ISENABLER, gic.hyp_timer);
	gic_write_bit(cpu, GICD_ISENABLER, gic.maintenance);
	if (cpu == 0 && gic.uart != 0) {
		gic_route(gic.uart, cpu);
		gic_write_bit(cpu, GICD_ISENABLER, gic.uart);
	}
}

static void assign(struct guest *g, const struct sys_device *device, struct report *r)
{
	for (unsigned i = 0; i < device->irq_count; i++) {
		unsigned intid = device->intid[i];
		bool is_uart = intid == gic.uart;

		if (intid < 32 || intid >= SKERRY_INTID_EVENT ||
		    (is_uart && g->index != the_system.console_driver) ||
		    (intid == SKERRY_INTID_PL011 && g->config->console == CONSOLE_PL011) ||
		    (gic.owner[intid] != 0 && gic.owner[intid] != g->index + 1)) {
			report_error(r, NULL, -1, g->config->name, "device %s can't have interrupt "
				     "%u: it is another's", device->name, intid);
		} else if (!is_uart) {		/* EL2's until arch_uart_pass() */
			gic.owner[intid] = (uint8_t)(g->index + 1 +
						     (device->edge[i] ? GIC_EDGE : 0));
		}
	}
}

void arch_boot_guest(struct guest *g, const struct board *b, struct report *r)
{
	struct range gicv = { interface_base(b->gicv).v, 2 * PAGE_SIZE };
	const struct sys_guest *c = g->config;

	g->arch.vgic.lock = (struct lock)LOCK_INIT(LOCK_VGIC);
	for (unsigned d = 0; d < c->device_count; d++) {
		assign(g, &c->device[d], r);
	}
	for (unsigned i = 0; i < c->vcpu_count; i++) {
		g->vcpu[i].arch.vgic = (struct vgic_vcpu){
			.gic = gic.version, .source = (uint8_t)(gic.version == 2 ? i : 0),
			.all = (uint8_t)((1u << c->vcpu_count) - 1),
		};
	}
	if (gic.version == 2) {	/* that of the calling core, where a CPU interface is */
		guest_map(g, SKERRY_GICC_BASE, gicv, S2_DEVICE, r);
	}
}
