/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assigned devices: what the description says of them, and what the board's
 * tree does (registers, interrupts, whether they master the bus). Boot-only;
 * the same source is in skerry-check. Without a board's tree only the
 * description's own part is read. Clashes are system_check.c's.
 */
#include <core/boot/system_parts.h>

#define POLL_LIMIT_US	1000000		/* of a quiesce row */

/*
 * Every device is taken for a bus master unless its class is known not to be
 * one, or its node in the description says `no-dma`.
 */
static const char *const no_dma_classes[] = {
	"arm,pl011", "arm,pl031", "arm,pl061", "arm,sp804", "arm,sp805", "ns16550a",
	"snps,dw-apb-uart", "brcm,bcm2835-aux-uart", "brcm,bcm2835-gpio", "brcm,bcm2711-gpio",
	"brcm,bcm2835-i2c", "brcm,bcm2835-pwm", "brcm,bcm2835-spi", "brcm,bcm2835-system-timer",
	"brcm,bcm2711-rng200", "brcm,bcm2711-thermal",
};

static void parse_quiesce(struct parse *p, struct sys_device *d)
{
	struct range first = { 0, d->reg_count ? d->regs[0].size : UINT64_MAX };
	struct sys_quiesce *q = &d->quiesce;
	const fdt32_t *c;

	d->has_quiesce = parse_cells(p, d->node, "quiesce", 6, 1, &c) == 1;
	if (!d->has_quiesce) {
		return;
	}
	*q = (struct sys_quiesce){ fdt32_ld(c), fdt32_ld(c + 1), fdt32_ld(c + 2),
				   fdt32_ld(c + 3), fdt32_ld(c + 4), fdt32_ld(c + 5) };
	bad_if(p, !q->width || q->width > 4 || (q->width & (q->width - 1)) ||
	       q->offset % q->width || !range_holds(first, q->offset, q->width), d->node, "quiesce",
	       "offset 0x%x, width %u: the width is 1, 2 or 4, the offset a multiple of it "
	       "inside the device's first range, 0x%lx bytes", q->offset, q->width, first.size);
	bad_if(p, q->limit_us > POLL_LIMIT_US, d->node, "quiesce",
	       "has a limit of %u us; at most %u", q->limit_us, POLL_LIMIT_US);
}

static void read_regs(struct parse *p, struct sys_device *d, const struct dt_place *at)
{
	struct range r;
	int result;

	while ((result = dt_reg(at, d->reg_count, &r)) == SKERRY_OK && r.size &&
	       d->reg_count < SYS_REG_MAX) {
		d->regs[d->reg_count++] = r;
	}
	bad_if(p, result != SKERRY_AGAIN || !d->reg_count, d->node, "device",
	       "its registers can't be given: 1 to %u ranges that the board's CPUs can reach",
	       SYS_REG_MAX);
}

static void read_interrupts(struct parse *p, struct sys_device *d, const struct dt_place *at)
{
	int gic = p->board ? p->board->gic_node : -1, result;
	struct dt_interrupt irq;

	while ((result = dt_interrupt(at, gic, d->irq_count, &irq)) == SKERRY_OK &&
	       irq.intid >= 32 && d->irq_count < SYS_IRQ_MAX) {
		d->intid[d->irq_count] = irq.intid;
		d->edge[d->irq_count++] = (irq.flags & 3) != 0;
	}
	bad_if(p, result != SKERRY_AGAIN, d->node, "device", "its interrupts can't be given: at "
	       "most %u, shared ones (SPIs) of the board's GIC", SYS_IRQ_MAX);
}

static void read_board_node(struct parse *p, struct sys_device *d, const char *path)
{
	const void *board = p->board_fdt;
	struct dt_place at;

	d->board_node = dt_path(board, path);
	if (bad_if(p, d->board_node < 0 || !dt_find(&at, board, d->board_node), d->node, "device",
		   "\"%s\" is not in the board's tree", path)) {
		return;
	}
	bad_if(p, !dt_is_enabled(board, d->board_node), d->node, "device",
	       "\"%s\" is disabled in the board's tree", path);
	bad_if(p, dt_has(board, d->board_node, "msi-controller"), d->node, "device",
	       "\"%s\" raises others' interrupts: it can't be given", path);
	read_regs(p, d, &at);
	read_interrupts(p, d, &at);
	d->is_dma = !dt_has(p->fdt, d->node, "no-dma");
	for (size_t i = 0; i < ARRAY_SIZE(no_dma_classes); i++) {
		d->is_dma &= !dt_is_compatible(board, d->board_node, no_dma_classes[i]);
	}
}

void parse_devices(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "devices"), node = -1;

	while ((node = dt_child(p->fdt, list, node)) >= 0) {
		struct sys_device *d = &g->device[g->device_count];
		const char *path = parse_string(p, node, "device");

		if (bad_if(p, g->device_count == SYS_DEVICE_MAX, node, NULL,
			   "is one too many: a guest has at most %u devices", SYS_DEVICE_MAX)) {
			return;
		}
		d->node = node;
		d->board_node = -1;
		parse_name(p, node, d->name);
		if (!bad_if(p, !path, node, "device", "must name a node of the board's tree") &&
		    p->board_fdt) {
			read_board_node(p, d, path);
		}
		parse_quiesce(p, d);
		g->device_count++;
	}
}
