/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as a board's device tree. Discovery answers with a report
 * and keeps its promises about what it found; a guest's tree is then finished
 * with the first nodes as its assigned devices.
 */
/* sources: core/boot/board.c core/boot/fdt_util.c core/boot/tree.c core/boot/report.c
 * lib/format.c */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>

#define FUZZ_MESSAGE_MAX 300
#include "fuzz.h"

static void need(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void check_ranges(const struct range *list, uint32_t count, uint32_t max)
{
	need(count <= max);
	for (uint32_t i = 0; i < count; i++) {
		need(list[i].size && range_is_sane(list[i].base, list[i].size));
		need(is_aligned(list[i].base | list[i].size, PAGE_SIZE));
	}
}

static void check_board(const struct board *b)
{
	check_ranges(b->memory, b->memory_count, BOARD_MEMORY_MAX);
	check_ranges(b->reserved, b->reserved_count, BOARD_RESERVED_MAX);
	need(b->memory_count && b->cpu_count && b->cpu_count <= SKERRY_CPU_MAX);
	need(b->gic != GIC_NONE && b->gicd.size && b->gicr_count <= ARRAY_SIZE(b->gicr));
	need(b->gic == GIC_V2 ? b->gicc.size && b->gich.size && b->gicv.size : b->gicr_count > 0);
	need(b->vtimer_intid >= 16 && b->vtimer_intid < 32);
	need(b->hyp_timer_intid >= 16 && b->hyp_timer_intid < 32);
	need(b->uart_intid < 1020 && b->seed_size <= sizeof(b->seed));
	need(b->uart == UART_NONE || range_is_sane(b->uart_regs.base, b->uart_regs.size));
	need(range_is_sane(b->initrd.base, b->initrd.size));
}

struct system the_system;

static void build_tree(const struct board *b, const void *fdt)
{
	static char out[65536], made[1024];
	struct report r = { .print = fuzz_print };
	struct sys_guest *g = &the_system.guest[0];
	int node = 0;

	memset(&the_system, 0, sizeof(the_system));
	memcpy(the_system.dropped, "reg\0-gpios\0msi-", 16);
	strcpy(g->name, "fuzz");
	g->vcpu_count = b->cpu_count;
	g->bank_count = 1;
	g->bank[0] = b->memory[0];
	g->console = CONSOLE_PL011;
	while (g->device_count < SYS_DEVICE_MAX &&
	       (node = fdt_next_node(fdt, node, NULL)) >= 0) {
		struct sys_device *d = &g->device[g->device_count];

		strcpy(d->name, "device");
		d->node = d->board_node = node;
		g->device_count += dt_reg(fdt, node, 0, &d->regs[0]) == SKERRY_OK;
		d->reg_count = 1;
	}
	need(fdt_create_empty_tree(made, sizeof(made)) == 0);
	need(fdt_add_subnode(made, 0, "chosen") > 0 && fdt_add_subnode(made, 0, "gic") > 0);
	need(!fdt_setprop_string(made, fdt_subnode_offset(made, 0, "gic"), "compatible",
				 b->gic == GIC_V3 ? "arm,cortex-a15-gic" : "arm,gic-v3"));
	g->tree = (struct sys_segment){ .at = { 0, sizeof(made) }, .data = made };
	if (tree_build(g, b, fdt, out, sizeof(out), &r) == SKERRY_OK) {
		need(dt_check(out, sizeof(out)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct board b;
	struct report r = { .print = fuzz_print };
	void *fdt = malloc(size ? size : 1);	/* exactly its size, and aligned */

	memcpy(fdt, data, size);
	if (dt_check(fdt, size)) {
		if (board_discover(fdt, &b, &r) == SKERRY_OK) {
			need(r.errors == 0);
			check_board(&b);
			build_tree(&b, fdt);
		} else {
			need(r.errors > 0);
		}
	}
	free(fdt);
	return 0;
}
