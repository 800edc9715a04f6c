/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assigned devices: what the description says of them, and what the board's
 * tree does (registers, interrupts, whether they master the bus). Boot-only;
 * the same source is in skerry-check. Without a board's tree only the
 * description's own part is read. Clashes are system_check.c's.
 */
#include <core/boot/system_parts.h>
#include <lib/string.h>

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
	struct sys_quiesce *q = &d->quiesce;
	const fdt32_t *c;

	if (parse_cells(p, d->node, "quiesce", 6, 1, &c) != 1) {
		return;
	}
	*q = (struct sys_quiesce){
		fdt32_to_cpu(c[0]), fdt32_to_cpu(c[1]), fdt32_to_cpu(c[2]),
		fdt32_to_cpu(c[3]), fdt32_to_cpu(c[4]), fdt32_to_cpu(c[5]),
	};
	d->has_quiesce = true;
	if (q->width != 1 && q->width != 2 && q->width != 4 && q->width != 8) {
		bad(p, d->node, "quiesce", "has a width of %u bytes; it can be 1, 2, 4 or 8",
		    q->width);
	} else if (q->offset % q->width) {
		bad(p, d->node, "quiesce", "offset 0x%x is not a multiple of the width, %u",
		    q->offset, q->width);
	}
	if (d->reg_count && !range_holds((struct range){ 0, d->regs[0].size }, q->offset, q->width)) {
		bad(p, d->node, "quiesce", "offset 0x%x is outside the device's first range, "
		    "0x%lx bytes", q->offset, d->regs[0].size);
	}
	if ((q->expect & ~q->mask) || (q->mask && !q->limit_us) || q->limit_us > POLL_LIMIT_US) {
		bad(p, d->node, "quiesce", "can't poll for 0x%x under mask 0x%x within %u us "
		    "(1 to %u)", q->expect, q->mask, q->limit_us, POLL_LIMIT_US);
	}
}

static void read_regs(struct parse *p, struct sys_device *d, const struct dt_place *at)
{
	struct range r;
	int result;

	for (uint32_t i = 0; (result = dt_reg(at, i, &r)) == SKERRY_OK; i++) {
		if (i == SYS_REG_MAX) {
			bad(p, d->node, "device", "has more than %u register ranges", SYS_REG_MAX);
			return;
		}
		if (r.size) {
			d->regs[d->reg_count++] = r;
		}
	}
	if (result != SKERRY_AGAIN || d->reg_count == 0) {
		bad(p, d->node, "device", "has no registers that the board's CPUs can reach");
	}
}

static void read_interrupts(struct parse *p, struct sys_device *d, const struct dt_place *at)
{
	int gic = dt_gic(p->board_fdt), result;
	struct dt_interrupt irq;

	for (uint32_t i = 0; (result = dt_interrupt(at, gic, i, &irq)) == SKERRY_OK; i++) {
		if (i == SYS_IRQ_MAX) {
			bad(p, d->node, "device", "has more than %u interrupts", SYS_IRQ_MAX);
			return;
		}
		if (irq.intid < 32) {
			bad(p, d->node, "device", "has interrupt %u, private to each core: it "
			    "can't be assigned", irq.intid);
			return;
		}
		d->intid[i] = irq.intid;
		d->edge[i] = (irq.flags & 3) != 0;
		d->irq_count++;
	}
	if (result != SKERRY_AGAIN) {
		bad(p, d->node, "device", "has an interrupt that does not go to the board's GIC");
	}
}

static bool is_dma(struct parse *p, const struct sys_device *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(no_dma_classes); i++) {
		if (dt_is_compatible(p->board_fdt, d->board_node, no_dma_classes[i])) {
			return false;
		}
	}
	return !fdt_getprop(p->fdt, d->node, "no-dma", NULL);
}

static void read_board_node(struct parse *p, struct sys_device *d, const char *path)
{
	struct dt_place at;

	d->board_node = dt_path(p->board_fdt, path, (uint32_t)strlen(path));
	if (d->board_node < 0 || !dt_find(&at, p->board_fdt, d->board_node)) {
		bad(p, d->node, "device", "\"%s\" is not in the board's tree", path);
		return;
	}
	if (!dt_is_enabled(p->board_fdt, d->board_node)) {
		bad(p, d->node, "device", "\"%s\" is disabled in the board's tree", path);
	}
	if (fdt_getprop(p->board_fdt, d->board_node, "msi-controller", NULL)) {
		bad(p, d->node, "device", "\"%s\" raises interrupts by writes: it can't be assigned",
		    path);
	}
	read_regs(p, d, &at);
	read_interrupts(p, d, &at);
	d->is_dma = is_dma(p, d);
}

void parse_devices(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "devices"), node;

	if (list < 0) {
		return;
	}
	fdt_for_each_subnode(node, p->fdt, list) {
		struct sys_device *d = &g->device[g->device_count];
		const char *path = parse_string(p, node, "device");
		const char *name = fdt_get_name(p->fdt, node, NULL);

		if (g->device_count == SYS_DEVICE_MAX) {
			bad(p, node, NULL, "is one too many: a guest has at most %u devices",
			    SYS_DEVICE_MAX);
			return;
		}
		d->node = node;
		d->board_node = -1;
		if (!name || str_copy(d->name, name, sizeof(d->name)) >= sizeof(d->name)) {
			bad(p, node, NULL, "a device's name has at most %u characters",
			    SKERRY_NAME_MAX - 1);
		}
		if (!path) {
			bad(p, node, "device", "must name a node of the board's tree");
		} else if (p->board_fdt) {
			read_board_node(p, d, path);
		}
		parse_quiesce(p, d);
		g->device_count++;
	}
}
