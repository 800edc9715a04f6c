/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assigned devices in guests' trees: what of the board's node, and of those below it, a guest gets;
 * clocks; the bus that says what DMA addresses are.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c core/boot/tree.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include "tests/host/guest_tree.h"

/* Of a property with that name alone, in a tree of its own */
static bool drops(const char *property)
{
	static uint64_t tree[64];

	assert_int_equal(fdt_create(tree, sizeof(tree)) | fdt_finish_reservemap(tree) |
			 fdt_begin_node(tree, "") | fdt_property_u32(tree, property, 1) |
			 fdt_end_node(tree) | fdt_finish(tree), 0);
	return !tree_keeps(the_system.dropped, tree, 0, fdt_first_property_offset(tree, 0));
}

static void an_assigned_device_is_copied_without_references(void **state)
{
	const char *path = "/mmc@1000";
	uint32_t clock;

	(void)state;
	give_devices();
	must_build();
	assert_text(path, "compatible", "vendor,mmc");
	assert_text(path, "vendor,thing", "yes");
	assert_text(path, "status", "okay");
	assert_prop(path, "bus-width", 8);
	assert_prop(path, "ngpios", 3);
	assert_prop(path, "reg", 0, 0x7e001000, 0, 0x100, 0, 0x7e002000, 0, 0x100);
	assert_prop(path, "interrupts", 0, 16, 4, 0, 17, 1);
	assert_true(has(path, "interrupt-names"));
	assert_true(has(path, "dma-coherent"));		/* from the board's root */
	assert_false(has(path, "resets"));
	assert_false(has(path, "pinctrl-0"));
	assert_false(has(path, "vmmc-supply"));
	assert_false(has(path, "cd-gpios"));
	clock = (uint32_t)dt_number(out, node_at(out, "/clock-disk"), "phandle", 0);
	assert_int_not_equal(clock, 0);
	assert_prop(path, "clocks", clock, clock);	/* as many as names */
	assert_int_equal(dt_clock_hz(out, node_at(out, path)), 100000000);
	assert_false(has("/plain@3000", "dma-coherent"));
	assert_false(has("/plain@3000", "interrupts"));
	assert_int_equal(h.r.warnings, 0);	/* skerry-check's: see tests/bad */
}

static void nodes_below_a_device_and_references_among_them_are_kept(void **state)
{
	const char *path = "/mmc@1000/mdio@14/phy@1";
	uint32_t phy, mmc;

	(void)state;
	give_devices();
	must_build();
	phy = fdt_get_phandle(board_fdt, node_at(board_fdt, "/bus/mmc@1000/mdio@14/phy@1"));
	mmc = fdt_get_phandle(board_fdt, node_at(board_fdt, "/bus/mmc@1000"));
	assert_prop(path, "phandle", phy);
	assert_prop("/mmc@1000", "phandle", mmc);
	assert_prop("/mmc@1000", "phy-handle", phy);
	assert_int_equal(fdt_node_offset_by_phandle(out, phy), node_at(out, path));
	assert_false(has("/mmc@1000", "mmc-pwrseq"));	/* names another node */
	assert_prop("/mmc@1000", "#address-cells", 1);
	assert_prop("/mmc@1000/mdio@14", "reg", 0x14);
	assert_prop(path, "reg", 1);
	assert_prop(path, "syscon", mmc);
	assert_text(path, "label", "a");
	assert_prop("/mmc@1000/mdio@14/phy@1/leds/led@0", "reg", 0);
	assert_false(has(path, "resets"));
	assert_false(has(path, "clocks"));
	assert_prop("/mmc@1000/mdio@14/phy@2", "reg", 2);
	assert_text("/mmc@1000/card@0", "status", "disabled");
	node_at(out, "/plain@3000");
	assert_true(fdt_path_offset(out, "/mmc@1000/plain@3000") < 0);
}

/* Bus addresses for the one whose DMA does not see the CPU's: on a bus of its own. */
static void a_device_with_other_bus_addresses_is_below_a_bus(void **state)
{
	(void)state;
	give_devices();
	g->device[0].is_dma = g->device[1].is_dma = true;
	g->device[0].reach = (struct range){ 0, 0x40000000 };
	g->device[0].bus = 0xc0000000;
	g->device[1].reach = (struct range){ 0x40000000, 0x40000000 };
	g->device[1].bus = 0x40000000;		/* limited, but the same */
	must_build();
	assert_text("/disk-dma-bus", "compatible", "simple-bus");
	assert_prop("/disk-dma-bus", "dma-ranges", 0, 0xc0000000, 0, 0, 0, 0x40000000);
	assert_true(has("/disk-dma-bus", "ranges"));
	assert_prop("/disk-dma-bus/mmc@1000", "reg", 0, 0x7e001000, 0, 0x100,
		    0, 0x7e002000, 0, 0x100);
	assert_prop("/disk-dma-bus/mmc@1000", "interrupts", 0, 16, 4, 0, 17, 1);
	assert_true(has("/disk-dma-bus/mmc@1000", "clocks"));
	node_at(out, "/disk-dma-bus/mmc@1000/mdio@14/phy@1/leds/led@0");
	node_at(out, "/plain@3000");
	assert_true(fdt_path_offset(out, "/plain-dma-bus") < 0);
	g->device[0].is_dma = false;		/* never masters the bus: nothing to say */
	must_build();
	node_at(out, "/mmc@1000");
	assert_true(fdt_path_offset(out, "/disk-dma-bus") < 0);
}

static void a_rate_that_the_board_knows_is_taken(void **state)
{
	char *text = dts_replace(board_text, "clk: clk {",
				 "clk: clk { compatible = 'fixed-clock';"
				 " clock-frequency = <24000000>;");

	(void)state;
	free(board_fdt);
	board_fdt = dts_compile(text);
	free(text);
	give_devices();
	clocks = "('disk', 0), ('plain', 5)";
	must_build();
	assert_int_equal(dt_clock_hz(out, node_at(out, "/mmc@1000")), 24000000);
	assert_true(fdt_path_offset(out, "/clock-plain") < 0);	/* the board's has no clocks */
}

static void a_clock_without_a_known_rate_is_dropped(void **state)
{
	(void)state;
	give_devices();
	clocks = "('disk', 0), ('plain', 0)";
	must_build();
	assert_false(has("/mmc@1000", "clocks"));
	assert_true(fdt_path_offset(out, "/clock-disk") < 0);
}

static void references_are_dropped_by_name(void **state)
{
	(void)state;
	assert_true(drops("resets") && drops("pinctrl-12") && drops("iommus"));
	assert_true(drops("vmmc-supply") && drops("cd-gpios") && drops("gpio"));
	assert_false(drops("reset") || drops("resets-delay") || drops("pinctrl"));
	assert_false(drops("supply") || drops("ngpios") || drops("gpio-ranges"));
	assert_false(drops("clock-names") || drops("interrupt-names"));
	assert_false(drops("compatible") || drops(""));
}

/* The Raspberry Pi 4's GENET: its MDIO bus, the PHY on that, and what the firmware adds. */
static void linux_gets_a_network_controller_with_its_phy(void **state)
{
	const char *path = "/ethernet@7d580000";
	char *text = calloc(1, ROOM), *with_mac;
	FILE *f = fopen("tests/boards/rpi4.dts", "rb");
	const void *mac;
	int size;

	(void)state;
	assert_true(fread(text, 1, ROOM - 1, f) > 0);
	fclose(f);
	with_mac = dts_replace(text, "phy-mode =", "local-mac-address = [dc a6 32 01 02 03];"
			       " resets = <&gic>; pinctrl-0 = <&gic>; phy-mode =");
	free(board_fdt);
	board_fdt = dts_compile(with_mac);
	free(with_mac);
	free(text);
	g->identity = true;
	g->bank_count = g->device_count = 1;
	clocks = "('net', 0)";
	g->device[0] = (struct sys_device){
		.name = "net", .board_node = node_at(board_fdt, "/scb/ethernet@7d580000"),
		.regs = { { 0xfd580000, 0x10000 } }, .reg_count = 1, .intid = { 189, 190 },
		.irq_count = 2, .is_dma = true, .reach = { 0, UINT64_MAX },
	};
	must_build();
	assert_text(path, "compatible", "brcm,bcm2711-genet-v5");
	assert_prop(path, "reg", 0, 0xfd580000, 0, 0x10000);
	assert_prop(path, "interrupts", 0, 157, 4, 0, 158, 4);
	assert_text(path, "phy-mode", "rgmii-rxid");
	mac = fdt_getprop(out, node_at(out, path), "local-mac-address", &size);
	assert_non_null(mac);
	assert_int_equal(size, 6);
	assert_memory_equal(mac, "\xdc\xa6\x32\x01\x02\x03", 6);
	assert_int_equal(fdt_node_offset_by_phandle(out, (uint32_t)dt_number(
		out, node_at(out, path), "phy-handle", 0)),
		node_at(out, "/ethernet@7d580000/mdio@e14/ethernet-phy@1"));
	assert_prop("/ethernet@7d580000/mdio@e14", "reg", 0xe14, 0x8);
	assert_text("/ethernet@7d580000/mdio@e14", "compatible", "brcm,genet-mdio-v5");
	assert_prop("/ethernet@7d580000/mdio@e14/ethernet-phy@1", "reg", 1);
	assert_false(has(path, "resets") || has(path, "pinctrl-0") || has(path, "clocks"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(an_assigned_device_is_copied_without_references),
		tree_test(nodes_below_a_device_and_references_among_them_are_kept),
		tree_test(a_device_with_other_bus_addresses_is_below_a_bus),
		tree_test(a_rate_that_the_board_knows_is_taken),
		tree_test(a_clock_without_a_known_rate_is_dropped),
		tree_test(references_are_dropped_by_name),
		tree_test(linux_gets_a_network_controller_with_its_phy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
