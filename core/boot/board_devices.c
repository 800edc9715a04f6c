/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of board discovery that reads devices: interrupt controller, timers,
 * console UART. Called once by board_discover(); the tree is not trusted.
 */
#include <core/boot/board_parts.h>

#define GICC_SIZE	0x2000	/* GICC_DIR lies in the second page (IHI 0048B, 4.1.3) */

/* reg entry `index`, which must be there */
static bool need_reg(struct board_search *s, const struct dt_place *p, unsigned index,
		     const char *what, struct range *out)
{
	if (dt_reg(p, index, out) == SKERRY_OK && out->size != 0) {
		return true;
	}
	report_error(s->r, s->fdt, p->node, "reg", "no %s (entry %u), or not translatable",
		     what, index);
	*out = (struct range){ 0, 0 };
	return false;
}

static void read_gic_v2(struct board_search *s)
{
	struct board *b = s->b;
	const struct dt_place *p = &s->gic;

	if (!need_reg(s, p, 0, "distributor", &b->gicd) ||
	    !need_reg(s, p, 1, "CPU interface", &b->gicc) ||
	    !need_reg(s, p, 2, "virtual interface control", &b->gich) ||
	    !need_reg(s, p, 3, "virtual CPU interface", &b->gicv)) {
		return;
	}
	if (b->gicc.size < GICC_SIZE || b->gicv.size < GICC_SIZE) {
		report_warning(s->r, s->fdt, p->node, "reg", "CPU interface smaller than 8 KiB: "
			       "taken as 8 KiB");
		b->gicc.size = max_u64(b->gicc.size, GICC_SIZE);
		b->gicv.size = max_u64(b->gicv.size, GICC_SIZE);
	}
	b->gic = GIC_V2;
}

static void read_gic_v3(struct board_search *s)
{
	struct board *b = s->b;
	const struct dt_place *p = &s->gic;
	uint32_t regions = 1;
	uint64_t stride = 0;

	dt_u32(s->fdt, p->node, "#redistributor-regions", &regions);
	if (regions < 1 || regions > ARRAY_SIZE(b->gicr)) {
		report_error(s->r, s->fdt, p->node, "#redistributor-regions",
			     "%u is not in 1..%u", regions, (unsigned)ARRAY_SIZE(b->gicr));
		return;
	}
	dt_number(s->fdt, p->node, "redistributor-stride", &stride);
	if (stride && (stride < 0x20000 || stride > 0x1000000 || !is_aligned(stride, 0x10000))) {
		report_error(s->r, s->fdt, p->node, "redistributor-stride", "0x%lx", stride);
		return;
	}
	if (!need_reg(s, p, 0, "distributor", &b->gicd)) {
		return;
	}
	for (b->gicr_count = 0; b->gicr_count < regions; b->gicr_count++) {
		if (!need_reg(s, p, b->gicr_count + 1, "redistributors", &b->gicr[b->gicr_count])) {
			return;
		}
	}
	b->gicr_stride = (uint32_t)stride;
	b->gic = GIC_V3;
}

void board_read_gic(struct board_search *s)
{
	struct dt_interrupt irq;

	if (s->gic.depth == 0) {
		report_error(s->r, s->fdt, 0, NULL, "no GICv2 with virtualization (arm,gic-400 or "
			     "the like) and no GICv3 (arm,gic-v3)");
		return;
	}
	if (dt_is_compatible(s->fdt, s->gic.node, "arm,gic-v3")) {
		read_gic_v3(s);
	} else {
		read_gic_v2(s);
	}
	s->b->maintenance_intid = 25;
	if (dt_interrupt(&s->gic, s->gic.node, 0, &irq) == SKERRY_OK &&
	    irq.intid >= 16 && irq.intid < 32) {
		s->b->maintenance_intid = irq.intid;
	} else {
		report_warning(s->r, s->fdt, s->gic.node, "interrupts",
			       "no maintenance interrupt: PPI 9 is assumed");
	}
}

static void read_timer_interrupt(struct board_search *s, int index, const char *name, uint32_t *intid)
{
	struct dt_interrupt irq;
	int node = s->timer.node, named = index;

	if (dt_has(s->fdt, node, "interrupt-names")) {
		named = fdt_stringlist_search(s->fdt, node, "interrupt-names", name);
	}
	if (named >= 0 && dt_interrupt(&s->timer, s->gic.node, (unsigned)named, &irq) == SKERRY_OK &&
	    irq.intid >= 16 && irq.intid < 32) {
		*intid = irq.intid;
		s->b->timer_flags = irq.flags & DT_IRQ_TYPE;
	} else {
		report_error(s->r, s->fdt, node, "interrupts", "no PPI of the GIC for \"%s\" "
			     "(entry %d)", name, index);
	}
}

void board_read_timer(struct board_search *s)
{
	if (s->timer.depth == 0) {
		report_error(s->r, s->fdt, 0, NULL, "no timer node (arm,armv8-timer)");
	} else if (s->gic.depth != 0) {
		read_timer_interrupt(s, 1, "phys", &s->b->ptimer_intid);
		read_timer_interrupt(s, 2, "virt", &s->b->vtimer_intid);
		read_timer_interrupt(s, 3, "hyp-phys", &s->b->hyp_timer_intid);
	}
}

static int find_uart(struct board_search *s)
{
	const char *path = s->chosen < 0 ? NULL : dt_string(s->fdt, s->chosen, "stdout-path");
	uint32_t length = 0;
	int node;

	if (path) {
		while (path[length] != 0 && path[length] != ':') {
			length++;
		}
		node = dt_path(s->fdt, path, length);
		if (node >= 0) {
			return node;
		}
		report_warning(s->r, s->fdt, s->chosen, "stdout-path", "\"%s\": no such node", path);
	}
	return dt_path(s->fdt, "serial0", 7);
}

static void read_uart_node(struct board_search *s, int node, uint8_t kind)
{
	struct board *b = s->b;
	struct dt_place p;
	struct dt_interrupt irq;
	uint32_t shift;

	if (!dt_find(&p, s->fdt, node) || dt_reg(&p, 0, &b->uart_regs) != SKERRY_OK) {
		report_warning(s->r, s->fdt, node, "reg", "UART without registers the CPU can see");
		return;
	}
	b->uart = kind;
	b->uart_shift = kind == UART_PL011 ? 0 : 2;
	if (dt_u32(s->fdt, node, "reg-shift", &shift) && shift <= 3) {
		b->uart_shift = (uint8_t)shift;
	}
	b->uart_clock_hz = dt_clock_hz(s->fdt, node);
	if (s->gic.depth && dt_interrupt(&p, s->gic.node, 0, &irq) == SKERRY_OK) {
		b->uart_intid = irq.intid;
	} else {
		report_warning(s->r, s->fdt, node, "interrupts", "UART without an interrupt of the "
			       "GIC: no console input");
	}
}

void board_read_uart(struct board_search *s)
{
	int node = find_uart(s);
	const char *compatible;

	if (node < 0) {
		report_warning(s->r, s->fdt, s->chosen < 0 ? 0 : s->chosen, "stdout-path",
			       "no console UART named, and no alias serial0");
	} else if (!dt_is_enabled(s->fdt, node)) {
		report_warning(s->r, s->fdt, node, "status", "the console UART is disabled");
	} else if (dt_is_compatible(s->fdt, node, "arm,pl011")) {
		read_uart_node(s, node, UART_PL011);
	} else if (dt_is_compatible(s->fdt, node, "brcm,bcm2835-aux-uart")) {
		read_uart_node(s, node, UART_BCM2835_AUX);
	} else {
		compatible = dt_string(s->fdt, node, "compatible");
		report_warning(s->r, s->fdt, node, "compatible", "no driver for the console UART "
			       "\"%s\"", compatible ? compatible : "");
	}
}
