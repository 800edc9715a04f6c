/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints a board as Skerry sees it, aligned for people, or what is missing:
 * skerry-check --board. Uses the same board_discover() as EL2.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <core/boot/fdt_util.h>
#include "board_print.h"

struct board_report {
	struct report r;	/* first: print() is handed this */
	FILE *out;
};

static void print_message(struct report *r, bool is_error, const void *fdt, int node,
			  const char *property, const char *message)
{
	FILE *out = ((struct board_report *)r)->out;
	char path[256];

	if (!fdt || node < 0 || fdt_get_path(fdt, node, path, sizeof(path)) != 0) {
		path[0] = 0;
	}
	fprintf(out, "%s: %s%s%s%s%s\n", is_error ? "error" : "warning", path,
		path[0] ? ": " : "", property ? property : "", property ? ": " : "", message);
}

static void print_size(FILE *out, uint64_t size)
{
	if (size >= MIB(1) && is_aligned(size, MIB(1))) {
		fprintf(out, "%8" PRIu64 " MiB\n", size >> 20);
	} else if (size >= KIB(1) && is_aligned(size, KIB(1))) {
		fprintf(out, "%8" PRIu64 " KiB\n", size >> 10);
	} else {
		fprintf(out, "%8" PRIu64 " bytes\n", size);
	}
}

static void print_range(FILE *out, const char *what, struct range at)
{
	if (at.size) {
		fprintf(out, "  %-12s 0x%010" PRIx64 " - 0x%010" PRIx64 " ", what, at.base,
			at.base + at.size - 1);
		print_size(out, at.size);
	}
}

static void print_cpus(FILE *out, const struct board *b)
{
	static const char *const how[] = {
		[ENABLE_NONE] = "-", [ENABLE_PSCI] = "PSCI", [ENABLE_SPIN_TABLE] = "spin table",
	};

	for (uint32_t i = 0; i < b->cpu_count; i++) {
		fprintf(out, "  core %-7" PRIu32 " MPIDR 0x%010" PRIx64 "  started by %s", i,
			b->cpu[i].mpidr, how[b->cpu[i].enable]);
		if (b->cpu[i].enable == ENABLE_SPIN_TABLE) {
			fprintf(out, " 0x%" PRIx64, b->cpu[i].release);
		}
		fputc('\n', out);
	}
}

static void print_gic(FILE *out, const struct board *b)
{
	static const char *const kind[] = {
		[GIC_NONE] = "none", [GIC_V2] = "GICv2", [GIC_V3] = "GICv3",
	};

	fprintf(out, "  %-12s %s, maintenance INTID %" PRIu32 "\n", "interrupts", kind[b->gic],
		b->maintenance_intid);
	print_range(out, "GICD", b->gicd);
	print_range(out, "GICC", b->gicc);
	print_range(out, "GICH", b->gich);
	print_range(out, "GICV", b->gicv);
	for (uint32_t i = 0; i < b->gicr_count; i++) {
		print_range(out, "GICR", b->gicr[i]);
	}
}

static void print_devices(FILE *out, const struct board *b)
{
	static const char *const uart[] = {
		[UART_NONE] = "none", [UART_PL011] = "PL011", [UART_BCM2835_AUX] = "BCM2835 aux",
	};
	static const char *const psci[] = {
		[PSCI_NONE] = "none", [PSCI_BY_SMC] = "by SMC", [PSCI_BY_HVC] = "by HVC",
	};

	fprintf(out, "  %-12s INTID virtual %" PRIu32 ", physical %" PRIu32 ", EL2 %" PRIu32 "\n",
		"timers", b->vtimer_intid, b->ptimer_intid, b->hyp_timer_intid);
	fprintf(out, "  %-12s %s\n", "PSCI", psci[b->psci]);
	fprintf(out, "  %-12s %s", "console", uart[b->uart]);
	if (b->uart != UART_NONE) {
		fprintf(out, ", INTID %" PRIu32 ", clock %" PRIu32 " Hz, register spacing %u",
			b->uart_intid, b->uart_clock_hz, b->uart == UART_PL011 ? 1u : 4u);
	}
	fputc('\n', out);
	print_range(out, "UART", b->uart_regs);
	print_range(out, "PM block", b->pm);
	print_range(out, "initrd", b->initrd);
	fprintf(out, "  %-12s %" PRIu32 " bytes\n", "rng-seed", b->seed_size);
}

/* Where the DMA of devices below a bus reaches, for each bus that says so. */
static void print_dma(FILE *out, const void *fdt)
{
	struct dt_dma dma;
	char path[256];
	int depth = 0, size;

	for (int node = 0; node >= 0; node = dt_next(fdt, node, &depth)) {
		const char *type = dt_string(fdt, node, "device_type");
		int child = fdt_first_subnode(fdt, node);

		if (child < 0 || !dt_prop(fdt, node, "dma-ranges", &size) || size == 0 ||
		    (type && strcmp(type, "pci") == 0) ||
		    fdt_get_path(fdt, node, path, sizeof(path)) != 0) {
			continue;
		}
		for (unsigned n = 0; dt_dma(fdt, child, n, &dma); n++) {
			if (dma.cpu.size) {
				fprintf(out, "  %-12s 0x%010" PRIx64 " - 0x%010" PRIx64 " at bus "
					"address 0x%" PRIx64 ", for devices below %s\n", "DMA",
					dma.cpu.base, dma.cpu.base + dma.cpu.size - 1, dma.bus,
					path);
			}
		}
	}
}

static void advise_cpus(const void *fdt, const struct board *b, struct report *r)
{
	int node, cpus = fdt_path_offset(fdt, "/cpus");
	uint32_t core = 0;

	fdt_for_each_subnode(node, fdt, cpus) {
		const char *type = dt_string(fdt, node, "device_type");
		const char *method = dt_string(fdt, node, "enable-method");

		if (!type || strcmp(type, "cpu") != 0 || !dt_is_enabled(fdt, node)) {
			continue;
		}
		if (core == b->cpu_count) {
			report_warning(r, fdt, node, NULL, "only the first %u cores are used",
				       b->cpu_count);
			return;
		}
		if (core > 0 && b->cpu[core].enable == ENABLE_NONE) {
			report_warning(r, fdt, node, "enable-method", "\"%s\", or its "
				       "cpu-release-addr: this core can't be started",
				       method ? method : "none");
		}
		core++;
	}
}

static void advise_uart(const void *fdt, const struct board *b, struct report *r)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *path = dt_string(fdt, chosen, "stdout-path"), *wrong, *value;
	int node = path ? dt_path(fdt, path) : -1;

	if (path && node < 0) {
		report_warning(r, fdt, chosen, "stdout-path", "\"%s\": no such node", path);
	}
	node = node < 0 ? dt_path(fdt, "serial0") : node;
	if (b->uart == UART_NONE) {
		wrong = node < 0 ? "stdout-path" : !dt_is_enabled(fdt, node) ? "status" :
			!dt_is_compatible(fdt, node, "arm,pl011") &&
			!dt_is_compatible(fdt, node, "brcm,bcm2835-aux-uart") ? "compatible" :
			"reg";
		value = dt_string(fdt, node, wrong);
		report_warning(r, fdt, node < 0 ? chosen : node, wrong, "no console UART that can "
			       "be used: \"%s\"", value ? value : "");
	} else if (!b->uart_intid) {
		report_warning(r, fdt, node, "interrupts", "not the GIC's: no console input");
	}
}

void board_advise(const void *fdt, const struct board *b, struct report *r)
{
	int psci = fdt_node_offset_by_compatible(fdt, -1, "arm,psci-1.0");
	struct dt_interrupt irq;
	const char *method;

	psci = psci < 0 ? fdt_node_offset_by_compatible(fdt, -1, "arm,psci-0.2") : psci;
	method = dt_string(fdt, psci, "method");
	if (psci >= 0 && b->psci == PSCI_NONE) {
		report_warning(r, fdt, psci, "method", "\"%s\" is neither smc nor hvc",
			       method ? method : "");
	}
	if (b->gic_node >= 0 && (dt_interrupt(fdt, b->gic_node, b->gic_node, 0, &irq) !=
				 SKERRY_OK || irq.intid >= 32)) {
		report_warning(r, fdt, b->gic_node, "interrupts", "no maintenance interrupt: PPI 9 "
			       "is assumed");
	}
	advise_cpus(fdt, b, r);
	advise_uart(fdt, b, r);
}

int board_print(FILE *out, const void *fdt)
{
	static struct board b;
	struct board_report r = { .r.print = print_message, .out = out };
	int result = board_discover(fdt, &b, &r.r);

	board_advise(fdt, &b, &r.r);
	fprintf(out, "board \"%s\"\n", b.model);
	for (uint32_t i = 0; i < b.memory_count; i++) {
		print_range(out, "memory", b.memory[i]);
	}
	for (uint32_t i = 0; i < b.reserved_count; i++) {
		print_range(out, "reserved", b.reserved[i]);
	}
	print_cpus(out, &b);
	print_gic(out, &b);
	print_devices(out, &b);
	print_dma(out, fdt);
	fprintf(out, "%s: %" PRIu32 " errors, %" PRIu32 " warnings\n",
		result == SKERRY_OK ? "usable" : "not usable", r.r.errors, r.r.warnings);
	return result == SKERRY_OK ? 0 : 1;
}
