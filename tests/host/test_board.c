/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board discovery: a small tree from source text, one fact changed per test.
 */
/* sources: core/boot/board.c core/boot/fdt_util.c core/boot/report.c lib/format.c
 *          tools/board_print.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include "tests/host/dts.h"
#include "tests/host/virt_dts.h"
#include "tools/board_print.h"

static struct board b;
static struct heard h;

static int discover(const char *text)
{
	void *fdt = dts_compile(text);
	int result;

	memset(&h, 0, sizeof(h));
	h.r.print = heard_print;
	assert_true(dt_check(fdt, fdt_totalsize(fdt)));
	result = board_discover(fdt, &b, &h.r);
	board_advise(fdt, &b, &h.r);
	free(fdt);
	return result;
}

/* The tree above with one thing changed */
static int with(const char *from, const char *to)
{
	char *text = dts_replace(virt, from, to);
	int result = discover(text);

	free(text);
	return result;
}

static void assert_heard(const char *what)
{
	if (!strstr(h.text, what)) {
		fail_msg("not heard: %s\nheard:\n%s", what, h.text);
	}
}

static void assert_range(struct range r, uint64_t base, uint64_t size)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.size, size);
}

static void everything_is_found(void **state)
{
	(void)state;
	assert_int_equal(discover(virt), SKERRY_OK);
	assert_string_equal(h.text, "");
	assert_string_equal(b.model, "test");
	assert_int_equal(b.memory_count, 1);
	assert_range(b.memory[0], 0x40000000, 0x10000000);
	assert_int_equal(b.reserved_count, 2);
	assert_range(b.reserved[0], 0x40000000, 0x1000);
	assert_range(b.reserved[1], 0x41000000, 0x2000);
	assert_int_equal(b.cpu_count, 3);
	assert_int_equal(b.cpu[2].mpidr, 0x100);
	assert_int_equal(b.cpu[2].enable, ENABLE_PSCI);
	assert_int_equal(b.psci, PSCI_BY_SMC);
	assert_int_equal(b.gic, GIC_V2);
	assert_range(b.gicd, 0x8000000, 0x1000);
	assert_range(b.gicc, 0x8010000, 0x2000);
	assert_range(b.gich, 0x8030000, 0x2000);
	assert_range(b.gicv, 0x8040000, 0x2000);
	assert_int_equal(b.maintenance_intid, 25);
	assert_int_equal(b.ptimer_intid, 30);
	assert_int_equal(b.vtimer_intid, 27);
	assert_int_equal(b.hyp_timer_intid, 26);
	assert_int_equal(b.uart, UART_PL011);
	assert_range(b.uart_regs, 0x9001000, 0x1000);
	assert_int_equal(b.uart_intid, 33);
	assert_int_equal(b.uart_clock_hz, 48000000);
	assert_range(b.pm, 0x100000000, 0x114);
	assert_range(b.initrd, 0x48000000, 0x100001);
	assert_int_equal(b.seed_size, 3);
	assert_int_equal(b.seed[2], 3);
}

static void memory_is_merged_and_in_whole_pages(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0 0x40000000 0 0x10000000>; };",
		"reg = <1 0 1 0>, <0 0x60000000 0 0x800>, <0 0x40000000 0 0x10000000>,\n"
		"<0 0x50000000 0 0x1000800>, <0 0 0 0>, <0 0x1800 0 0x2000>; };\n"
		"memory@70000000 { device_type = 'memory'; reg = <0 0x70000000 0 0x1000>; };\n"
		"memory@80000000 { device_type = 'memory'; status = 'disabled';\n"
		"reg = <0 0x80000000 0 0x1000>; };"), SKERRY_OK);
	assert_int_equal(b.memory_count, 4);
	assert_range(b.memory[0], 0x100000000, 0x100000000);
	assert_range(b.memory[1], 0x40000000, 0x11000000);
	assert_range(b.memory[2], 0x2000, 0x1000);
	assert_range(b.memory[3], 0x70000000, 0x1000);
}

static void overlapping_reservations_stay(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0 0x41000800 0 0x1000>; no-map;",
		"reg = <0 0x40000fff 0 2 0 0x40003000 0 0x1000 0 0x40001800 0 0x2000>;"),
		SKERRY_OK);
	assert_int_equal(b.reserved_count, 4);	/* the first is /memreserve/'s */
	assert_range(b.reserved[1], 0x40000000, 0x2000);
	assert_range(b.reserved[2], 0x40003000, 0x1000);
	assert_range(b.reserved[3], 0x40001000, 0x3000);
}

static void a_reservation_up_to_the_end_of_addresses_does_not_wrap(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0 0x41000800 0 0x1000>; no-map;",
		"reg = <0xffffffff 0xfffe0000 0 0x1ffff>;"), SKERRY_OK);
	assert_int_equal(b.reserved_count, 2);
	assert_range(b.reserved[1], 0xfffffffffffe0000, 0x1f000);
}

static void memory_that_wraps_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0 0x40000000 0 0x10000000>;",
		"reg = <0xffffffff 0xfffff000 0 0x10000000>;"), SKERRY_INVALID);
	assert_heard("error: /memory@40000000: reg: ");
	assert_int_equal(with("reg = <0 0x40000000 0 0x10000000>;", "reg = <0 0x40000000 0>;"),
			 SKERRY_INVALID);
	assert_heard("error: /memory@40000000: reg: ");
}

static void a_board_without_memory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0 0x40000000 0 0x10000000>;", "reg = <0 0 0 0>;"),
			 SKERRY_INVALID);
	assert_heard("no memory node with a size");
}

static void too_many_memory_ranges_are_refused(void **state)
{
	char list[4096] = "reg = ";

	(void)state;
	for (unsigned i = 0; i <= BOARD_MEMORY_MAX; i++) {
		sprintf(list + strlen(list), "%s<0 0x%x 0 0x1000>", i ? ", " : "",
			0x40000000 + i * 0x2000);
	}
	strcat(list, ";");
	assert_int_equal(with("reg = <0 0x40000000 0 0x10000000>;", list), SKERRY_INVALID);
	assert_heard("error: /memory@40000000: reg: 0x40020000, or the range after it: ");
}

static void disabled_cores_have_no_number(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <1>;", "reg = <1>; status = 'disabled';"), SKERRY_OK);
	assert_int_equal(b.cpu_count, 2);
	assert_int_equal(b.cpu[1].mpidr, 0x100);
}

static void two_cores_with_one_mpidr_are_refused(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <1>;", "reg = <0>;"), SKERRY_INVALID);
	assert_heard("error: /cpus/cpu@1: reg: 0x0 is no affinity");
}

static void an_impossible_mpidr_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <1>;", "reg = <0x1000001>;"), SKERRY_INVALID);
	assert_heard("error: /cpus/cpu@1: reg: ");
	assert_int_equal(with("reg = <1>;", ""), SKERRY_INVALID);
	assert_heard("error: /cpus/cpu@1: reg: ");
}

static void a_spin_table_gives_the_release_address(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <1>; enable-method = 'psci'",
		"reg = <1>; enable-method = 'spin-table'; cpu-release-addr = <0x0 0xe0>"),
		SKERRY_OK);
	assert_int_equal(b.cpu[1].enable, ENABLE_SPIN_TABLE);
	assert_int_equal(b.cpu[1].release, 0xe0);
	assert_int_equal(with("reg = <1>; enable-method = 'psci'",
		"reg = <1>; enable-method = 'spin-table'"), SKERRY_OK);
	assert_heard("warning: /cpus/cpu@1: enable-method: \"spin-table\", or its cpu-");
	assert_int_equal(b.cpu[1].enable, ENABLE_NONE);
}

static void cores_beyond_the_limit_are_left_out(void **state)
{
	char more[2048] = "reg = <0x100>; enable-method = 'psci'; };";

	(void)state;
	for (unsigned i = 2; i < 9; i++) {
		sprintf(more + strlen(more), "cpu@%u { device_type = 'cpu'; reg = <%u>; "
			"enable-method = 'psci'; %s", i, i, i < 8 ? "};" : "");
	}
	assert_int_equal(with("reg = <0x100>; enable-method = 'psci';", more), SKERRY_OK);
	assert_int_equal(b.cpu_count, 8);
	assert_heard("only the first 8 cores are used");
}

static void psci_kinds(void **state)
{
	(void)state;
	assert_int_equal(with("method = 'smc'", "method = 'hvc'"), SKERRY_OK);
	assert_int_equal(b.psci, PSCI_BY_HVC);
	assert_int_equal(with("method = 'smc'", "method = 'abc'"), SKERRY_OK);
	assert_int_equal(b.psci, PSCI_NONE);
	assert_heard("warning: /psci: method: \"abc\"");
	assert_int_equal(with("'arm,psci-1.0', 'arm,psci-0.2'", "'arm,psci'"), SKERRY_OK);
	assert_int_equal(b.psci, PSCI_NONE);
	assert_int_equal(with("psci { compatible", "psci { x"), SKERRY_OK);
	assert_string_equal(h.text, "");	/* there is a power block */
}

static void a_gic_without_virtualization_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with(" 0 0x8030000 0 0x2000 0 0x8040000 0 0x2000", ""), SKERRY_INVALID);
	assert_heard("error: /intc@8000000: reg: entry 2 of 4 is missing");
	assert_int_equal(b.gic, GIC_NONE);
	assert_int_equal(with("arm,gic-400", "arm,pl390"), SKERRY_INVALID);
	assert_heard("error: /: -: no GICv2 with virtualization");
}

#define GIC_REG "reg = <0 0x8000000 0 0x1000 0 0x8010000 0 0x2000 0 0x8030000 0 0x2000 " \
	"0 0x8040000 0 0x2000>;"

static int with_gic_v3(const char *reg)
{
	char *text = dts_replace(virt, "arm,gic-400", "arm,gic-v3"), *second;
	int result;

	second = dts_replace(text, GIC_REG, reg);
	result = discover(second);
	free(text);
	free(second);
	return result;
}

static void gic_v3_redistributor_regions(void **state)
{
	(void)state;
	assert_int_equal(with_gic_v3("reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0xf60000>;"),
			 SKERRY_OK);
	assert_int_equal(b.gic, GIC_V3);
	assert_int_equal(b.gicr_count, 1);
	assert_range(b.gicr[0], 0x80a0000, 0xf60000);
	assert_int_equal(b.gicr_stride, 0);
	assert_int_equal(with_gic_v3("#redistributor-regions = <2>;"
		"redistributor-stride = <0 0x40000>;"
		"reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x40000 1 0 0 0x80000>;"), SKERRY_OK);
	assert_int_equal(b.gicr_count, 2);
	assert_range(b.gicr[1], 0x100000000, 0x80000);
	assert_int_equal(b.gicr_stride, 0x40000);
	assert_int_equal(with_gic_v3("#redistributor-regions = <0x10000001>;"
		"reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x40000>;"), SKERRY_INVALID);
	assert_heard("error: /intc@8000000: #redistributor-regions: 268435457 is not in 1..4");
	assert_int_equal(with_gic_v3("#redistributor-regions = <2>;"
		"reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x40000>;"), SKERRY_INVALID);
	assert_heard("error: /intc@8000000: reg: entry 2 of 3 is missing");
	assert_int_equal(with_gic_v3("redistributor-stride = <7>;"
		"reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x40000>;"), SKERRY_INVALID);
	assert_heard("error: /intc@8000000: redistributor-stride: ");
}

static void a_missing_maintenance_interrupt_is_assumed(void **state)
{
	(void)state;
	assert_int_equal(with("interrupts = <1 9 4>; ", ""), SKERRY_OK);
	assert_heard("warning: /intc@8000000: interrupts: ");
	assert_int_equal(b.maintenance_intid, 25);
}

static void timer_interrupts_by_name(void **state)
{
	(void)state;
	assert_int_equal(with("interrupts = <1 13 0xf08 1 14 0xf08 1 11 0xf08 1 10 0xf08>",
		"interrupts = <1 10 4 1 11 4 1 14 4>;"
		"interrupt-names = 'hyp-phys', 'virt', 'phys'"), SKERRY_OK);
	assert_int_equal(b.ptimer_intid, 30);
	assert_int_equal(b.vtimer_intid, 27);
	assert_int_equal(b.hyp_timer_intid, 26);
}

static void a_timer_that_is_not_complete_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with(" 1 10 0xf08", ""), SKERRY_INVALID);
	assert_heard("error: /timer: interrupts: no PPI of the GIC for \"hyp-phys\"");
	assert_int_equal(with("1 11 0xf08", "0 11 4"), SKERRY_INVALID);
	assert_heard("error: /timer: interrupts: no PPI of the GIC for \"virt\"");
	assert_int_equal(with("arm,armv8-timer", "arm,sp804"), SKERRY_INVALID);
	assert_heard("error: /: -: no timer node");
}

static void interrupts_extended_is_followed(void **state)
{
	(void)state;
	assert_int_equal(with("interrupts = <1 13 0xf08 1 14 0xf08 1 11 0xf08 1 10 0xf08>",
		"interrupts-extended = <&gic 1 13 8>, <&gic 1 14 8>, <&gic 1 11 8>, <&gic 1 10 8>,"
		"<&other 5>; other: o { #interrupt-cells = <1>; }"),
		SKERRY_OK);
	assert_int_equal(b.ptimer_intid, 30);
	assert_int_equal(b.hyp_timer_intid, 26);
	assert_int_equal(with("interrupts = <1 13 0xf08 1 14 0xf08 1 11 0xf08 1 10 0xf08>",
		"interrupts-extended = <&gic 1 13 8>, <&gic 1 14 8>, <&gic 1 11>"), SKERRY_INVALID);
	assert_heard("error: /timer: interrupts: no PPI of the GIC for \"virt\"");
	assert_int_equal(with("interrupts = <1 13 0xf08 1 14 0xf08 1 11 0xf08 1 10 0xf08>",
		"interrupts-extended = <&other 5>, <&gic 1 14 8>, <&gic 1 11 8>, <&gic 1 10 8>;"
		"other: o { #interrupt-cells = <1>; }"), SKERRY_INVALID);
}

static void the_uart_is_found_by_path_or_alias(void **state)
{
	(void)state;
	assert_int_equal(with("serial0:115200n8", "/soc/serial@1000:9600"), SKERRY_OK);
	assert_int_equal(b.uart, UART_PL011);
	assert_int_equal(with("stdout-path = 'serial0:115200n8';", ""), SKERRY_OK);
	assert_int_equal(b.uart, UART_PL011);
	assert_int_equal(with("serial0:115200n8", "nothing"), SKERRY_OK);
	assert_heard("warning: /chosen: stdout-path: \"nothing\": no such node");
	assert_int_equal(b.uart, UART_PL011);
}

static void an_alias_that_names_itself_ends(void **state)
{
	(void)state;
	assert_int_equal(with("serial0 = '/soc/serial@1000'", "serial0 = 'serial0'"), SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
}

static void uart_kinds(void **state)
{
	(void)state;
	assert_int_equal(with("'arm,pl011', 'arm,primecell'", "'brcm,bcm2835-aux-uart'"),
			 SKERRY_OK);
	assert_int_equal(b.uart, UART_BCM2835_AUX);
	assert_int_equal(with("'arm,pl011', 'arm,primecell'", "'ns16550a'"), SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
	assert_heard("warning: /soc/serial@1000: compatible: no console UART that can be "
		     "used: \"ns16550a\"");
	assert_int_equal(with("reg = <0x1000 0x1000>;",
			      "reg = <0x1000 0x1000>; status = 'disabled';"), SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
	assert_heard("warning: /soc/serial@1000: status: ");
}

static void a_uart_outside_its_bus_is_not_used(void **state)
{
	(void)state;
	assert_int_equal(with("reg = <0x1000 0x1000>;", "reg = <0xf800 0x1000>;"), SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
	assert_heard("warning: /soc/serial@1000: reg: ");
	assert_int_equal(with("ranges = <0x0 0x0 0x09000000 0x10000 0x100000 0x1 0x0 0x1000>;", ""),
			 SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
}

static void clock_rates(void **state)
{
	(void)state;
	assert_int_equal(with("clocks = <&clock>", "clock-frequency = <7>"), SKERRY_OK);
	assert_int_equal(b.uart_clock_hz, 7);
	assert_int_equal(with("clocks = <&clock>", "clocks = <&gic 1>"), SKERRY_OK);
	assert_int_equal(b.uart_clock_hz, 0);
	assert_int_equal(with("clocks = <&clock>", "clocks = <0xffffffff>"), SKERRY_OK);
	assert_int_equal(b.uart_clock_hz, 0);
}

static void an_interrupt_of_another_controller_is_none(void **state)
{
	(void)state;
	assert_int_equal(with("interrupts = <0 1 4>; clocks", "interrupt-parent = <&pm>; "
			      "interrupts = <0 1 4>; clocks"), SKERRY_OK);
	assert_int_equal(b.uart, UART_PL011);
	assert_int_equal(b.uart_intid, 0);
	assert_heard("warning: /soc/serial@1000: interrupts: ");
	assert_int_equal(with("interrupts = <0 1 4>; clocks",
			      "interrupts-extended = <&pm 3 &gic 0 2 4>; clocks"), SKERRY_OK);
	assert_int_equal(b.uart_intid, 0);	/* pm has no #interrupt-cells */
}

static void hostile_cell_counts_are_refused(void **state)
{
	(void)state;
	assert_int_equal(with("#interrupt-cells = <3>", "#interrupt-cells = <0x40000001>"),
			 SKERRY_INVALID);
	assert_int_equal(with("#interrupt-cells = <3>", "#interrupt-cells = <0>"), SKERRY_INVALID);
	assert_int_equal(with("cpus { #address-cells = <1>",
			      "cpus { #address-cells = <0xffffffff>"), SKERRY_INVALID);
	assert_int_equal(with("soc { compatible = 'simple-bus'; #address-cells = <1>",
			      "soc { #address-cells = <0>"), SKERRY_OK);
	assert_int_equal(b.uart, UART_NONE);
	assert_int_equal(with("/ { model = 'test'; #address-cells = <2>; #size-cells = <2>",
			      "/ { #address-cells = <4>; #size-cells = <4>"), SKERRY_INVALID);
}

static void an_initrd_that_ends_before_it_starts_is_refused(void **state)
{
	(void)state;
	assert_int_equal(with("linux,initrd-start = <0x48000000>",
			      "linux,initrd-start = <0x58000000>"), SKERRY_INVALID);
	assert_heard("error: /chosen: linux,initrd-end: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_found),
		cmocka_unit_test(memory_is_merged_and_in_whole_pages),
		cmocka_unit_test(overlapping_reservations_stay),
		cmocka_unit_test(a_reservation_up_to_the_end_of_addresses_does_not_wrap),
		cmocka_unit_test(memory_that_wraps_is_refused),
		cmocka_unit_test(a_board_without_memory_is_refused),
		cmocka_unit_test(too_many_memory_ranges_are_refused),
		cmocka_unit_test(disabled_cores_have_no_number),
		cmocka_unit_test(two_cores_with_one_mpidr_are_refused),
		cmocka_unit_test(an_impossible_mpidr_is_refused),
		cmocka_unit_test(a_spin_table_gives_the_release_address),
		cmocka_unit_test(cores_beyond_the_limit_are_left_out),
		cmocka_unit_test(psci_kinds),
		cmocka_unit_test(a_gic_without_virtualization_is_refused),
		cmocka_unit_test(gic_v3_redistributor_regions),
		cmocka_unit_test(a_missing_maintenance_interrupt_is_assumed),
		cmocka_unit_test(timer_interrupts_by_name),
		cmocka_unit_test(a_timer_that_is_not_complete_is_refused),
		cmocka_unit_test(interrupts_extended_is_followed),
		cmocka_unit_test(the_uart_is_found_by_path_or_alias),
		cmocka_unit_test(an_alias_that_names_itself_ends),
		cmocka_unit_test(uart_kinds),
		cmocka_unit_test(a_uart_outside_its_bus_is_not_used),
		cmocka_unit_test(clock_rates),
		cmocka_unit_test(an_interrupt_of_another_controller_is_none),
		cmocka_unit_test(hostile_cell_counts_are_refused),
		cmocka_unit_test(an_initrd_that_ends_before_it_starts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
