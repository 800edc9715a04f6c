/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For host tests of guests' trees: a board's tree with two devices, mksystem's generator, EL2's
 * tree_build() on what that made, and assertions on the result. set_up() begins each test.
 */
#ifndef TESTS_HOST_GUEST_TREE_H
#define TESTS_HOST_GUEST_TREE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <abi/layout.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <tools/system_parse.h>
#include <tools/walk.h>
#include "tests/host/dts.h"

#define ROOM	16384

/* Single quotes stand for double ones: dts_compile() puts them right. */
static const char board_text[] =
	"/dts-v1/;\n"
	"/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>; dma-coherent;\n"
	"cpus { #address-cells = <1>; #size-cells = <0>;\n"
	"  cpu@0 { device_type = 'cpu'; reg = <0>; compatible = 'arm,cortex-a53'; };\n"
	"  cpu@1 { device_type = 'cpu'; reg = <1>; status = 'disabled'; };\n"
	"  cpu@2 { device_type = 'cpu'; reg = <2>; compatible = 'arm,cortex-a72', 'x'; };\n"
	"  cpu@3 { device_type = 'cpu'; reg = <3>; }; };\n"
	"gic: intc@8000000 { #interrupt-cells = <3>; interrupt-controller;\n"
	"  compatible = 'arm,gic-400'; };\n"
	"clk: clk { #clock-cells = <1>; };\n"
	"bus { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0x7e000000 0x10000>;\n"
	"  mmc: mmc@1000 { compatible = 'vendor,mmc'; reg = <0x1000 0x100>, <0x2000 0x100>;\n"
	"    interrupts = <0 16 4 0 17 1>; interrupt-names = 'a', 'b';\n"
	"    clocks = <&clk 1 &clk 2>; clock-names = 'core', 'bus'; resets = <&clk 3>;\n"
	"    pinctrl-0 = <&clk>; pinctrl-names = 'default'; vmmc-supply = <&clk>;\n"
	"    cd-gpios = <&clk 1 2>; bus-width = <8>; vendor,thing = 'yes'; status = 'okay';\n"
	"    ngpios = <3>; phy-handle = <&phy>; mmc-pwrseq = <&clk>; phandle = <0x30>;\n"
	"    #address-cells = <1>; #size-cells = <0>;\n"
	"    mdio@14 { reg = <0x14>; #address-cells = <1>; #size-cells = <0>;\n"
	"      phy: phy@1 { reg = <1>; resets = <&clk 4>; clocks = <&clk>; label = 'a';\n"
	"        syscon = <&mmc>; leds { #address-cells = <1>; #size-cells = <0>;\n"
	"          led@0 { reg = <0>; }; }; };\n"
	"      phy@2 { reg = <2>; }; };\n"
	"    card@0 { reg = <0>; status = 'disabled'; }; };\n"
	"  plain: plain@3000 { compatible = 'vendor,plain'; reg = <0x3000 0x100>;\n"
	"    dma-noncoherent; };\n"
	"}; };\n";

static void *board_fdt;
static struct board b;
struct system the_system;
static struct sys_guest *g;
static struct heard h;
static void *out, *template;

/* What the description says beside struct sys_guest; the generator's arguments */
static const char *bootargs, *ramdisk, *clocks, *links;

static inline int node_at(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	if (node < 0) {
		fail_msg("no node %s", path);
	}
	return node;
}

static inline int set_up(void **state)
{
	(void)state;
	board_fdt = dts_compile(board_text);
	out = malloc(ROOM);
	memset(out, 0xa5, ROOM);
	memset(&b, 0, sizeof(b));
	b.gic = GIC_V2;
	b.seed_size = 64;
	b.cpu_count = 3;
	memset(&h, 0, sizeof(h));
	h.r.print = heard_print;
	memset(&the_system, 0, sizeof(the_system));
	system_put_lists(&the_system);
	the_system.guest_count = 1;
	g = &the_system.guest[0];
	strcpy(g->name, "g0");
	g->vcpu_count = 2;
	g->cpu[0] = 1;
	g->cpu[1] = 0;
	g->bank_count = 2;
	g->bank[0] = (struct range){ 0x80000000, 0x10000000 };
	g->bank[1] = (struct range){ 0x100000000, 0x1000 };
	g->console = CONSOLE_PL011;
	bootargs = "'console=ttyAMA0 quiet'";
	ramdisk = "(0x88000000, 0x123)";
	clocks = "";
	links = "()";
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	free(board_fdt);
	free(template);
	template = NULL;
	free(out);
	return 0;
}

static inline void give_devices(void)
{
	g->device_count = 2;
	clocks = "('disk', 100000000), ('plain', 0)";
	g->device[0] = (struct sys_device){
		.name = "disk", .board_node = node_at(board_fdt, "/bus/mmc@1000"),
		.regs = { { 0x7e001000, 0x100 }, { 0x7e002000, 0x100 } }, .reg_count = 2,
		.intid = { 48, 49 }, .edge = { false, true }, .irq_count = 2,
	};
	g->device[1] = (struct sys_device){
		.name = "plain", .board_node = node_at(board_fdt, "/bus/plain@3000"),
		.regs = { { 0x7e003000, 0x100 } }, .reg_count = 1,
	};
}

/* Runs mksystem's generator. */
static inline void generate(void)
{
	static const char *const consoles[] = { "none", "hypercall", "pl011" };
	char command[1024], banks[256] = "";
	FILE *f;

	for (uint32_t i = 0; i < g->bank_count; i++) {
		snprintf(banks + strlen(banks), sizeof(banks) - strlen(banks), "(%lu, %lu), ",
			 g->identity ? 0 : g->bank[i].base, g->bank[i].size);
	}
	snprintf(command, sizeof(command), "python3 -Bc \"import sys\n"
		 "sys.path.insert(0, 'scripts/mksystem.d')\nimport tree\nfrom types import "
		 "SimpleNamespace as End\n"
		 "sys.stdout.buffer.write(tree.generate('%s', [%s], %u, '%s', %s, %s, [%s], %s))\"",
		 g->name, banks, g->vcpu_count, consoles[g->console], bootargs, ramdisk, clocks,
		 links);
	free(template);
	template = malloc(ROOM);
	f = popen(command, "r");
	g->tree.at.size = fread(template, 1, ROOM, f);
	g->tree.data = template;
	assert_int_equal(pclose(f), 0);
}

static inline int build(uint32_t room)
{
	return tree_build(g, &b, board_fdt, out, room, &h.r);
}

static inline void must_build(void)
{
	generate();
	assert_int_equal(build(ROOM), SKERRY_OK);
	assert_true(dt_check(out, ROOM));
}

static inline void assert_text(const char *path, const char *name, const char *value)
{
	const char *is = dt_string(out, node_at(out, path), name);

	if (!is) {
		fail_msg("%s has no string %s", path, name);
	}
	assert_string_equal(is, value);
}

static inline void assert_cells(const char *path, const char *name, const uint32_t *want, int count)
{
	int size;
	const fdt32_t *is = fdt_getprop(out, node_at(out, path), name, &size);

	if (!is || size != count * 4) {
		fail_msg("%s: %s is not %d cells", path, name, count);
	}
	for (int i = 0; i < count; i++) {
		if (fdt32_ld(is + i) != want[i]) {
			fail_msg("%s: %s: cell %d is 0x%x, not 0x%x", path, name, i,
				 fdt32_ld(is + i), want[i]);
		}
	}
}

#define assert_prop(path, name, ...) \
	assert_cells(path, name, (const uint32_t[]){ __VA_ARGS__ }, \
		     (int)(sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4))

static inline bool has(const char *path, const char *name)
{
	return fdt_getprop(out, node_at(out, path), name, NULL);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
