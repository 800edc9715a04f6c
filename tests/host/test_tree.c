/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest trees, made by mksystem's generator and finished by EL2, read back with libfdt,
 * and put through dtc, which warns of what is not well formed.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c core/boot/tree.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
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
	"    ngpios = <3>; card@0 { }; };\n"
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

#define drops(property)	tree_drops(the_system.dropped, property)

static int node_at(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	if (node < 0) {
		fail_msg("no node %s", path);
	}
	return node;
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
	(void)state;
	free(board_fdt);
	free(template);
	template = NULL;
	free(out);
	return 0;
}

static void give_devices(void)
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
static void generate(void)
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

static int build(uint32_t room)
{
	return tree_build(g, &b, board_fdt, out, room, &h.r);
}

static void must_build(void)
{
	generate();
	assert_int_equal(build(ROOM), SKERRY_OK);
	assert_true(dt_check(out, ROOM));
}

static void assert_text(const char *path, const char *name, const char *value)
{
	const char *is = dt_string(out, node_at(out, path), name);

	if (!is) {
		fail_msg("%s has no string %s", path, name);
	}
	assert_string_equal(is, value);
}

static void assert_cells(const char *path, const char *name, const uint32_t *want, int count)
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

static bool has(const char *path, const char *name)
{
	return fdt_getprop(out, node_at(out, path), name, NULL);
}

static void a_gic_v2_guest_has_what_linux_needs(void **state)
{
	(void)state;
	must_build();
	assert_string_equal(h.text, "");
	assert_text("/", "model", "skerry g0");
	assert_text("/", "compatible", "linux,dummy-virt");
	assert_prop("/", "interrupt-parent", 1);
	assert_prop("/memory@80000000", "reg", 0, 0x80000000, 0, 0x10000000, 1, 0, 0, 0x1000);
	assert_text("/psci", "method", "hvc");
	assert_true(dt_is_compatible(out, node_at(out, "/psci"), "arm,psci-1.0"));
	assert_true(dt_is_compatible(out, node_at(out, "/psci"), "arm,psci-0.2"));
	assert_prop("/psci", "cpu_on", 0xc4000003);
	assert_prop("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	assert_text("/interrupt-controller@8000000", "compatible", "arm,cortex-a15-gic");
	assert_prop("/interrupt-controller@8000000", "reg", 0, SKERRY_GICD_BASE, 0, 0x10000,
		    0, SKERRY_GICC_BASE, 0, 0x2000);
	assert_prop("/interrupt-controller@8000000", "phandle", 1);
	assert_prop("/interrupt-controller@8000000", "#interrupt-cells", 3);
	assert_prop("/skerry@b000000", "reg", 0, SKERRY_INFO_BASE, 0, 0x1000);
	assert_prop("/skerry@b000000", "interrupts", 0, SKERRY_INTID_EVENT - 32, 1);
}

static void the_timers_the_guest_reads_are_the_fixed_ones(void **state)
{
	struct dt_interrupt irq;
	int gic, node;

	(void)state;
	must_build();
	gic = node_at(out, "/interrupt-controller@8000000");
	node = node_at(out, "/timer");
	assert_int_equal(dt_interrupt(out, node, gic, 1, &irq), SKERRY_OK);
	assert_int_equal(irq.intid, SKERRY_INTID_PTIMER);
	assert_int_equal(dt_interrupt(out, node, gic, 2, &irq), SKERRY_OK);
	assert_int_equal(irq.intid, SKERRY_INTID_VTIMER);
	node = node_at(out, "/pl011@9000000");
	assert_int_equal(dt_interrupt(out, node, gic, 0, &irq), SKERRY_OK);
	assert_int_equal(irq.intid, SKERRY_INTID_PL011);
}

static void a_gic_v3_guest_gets_a_redistributor_per_vcpu(void **state)
{
	(void)state;
	b.gic = GIC_V3;
	must_build();
	assert_text("/interrupt-controller@8000000", "compatible", "arm,gic-v3");
	assert_prop("/interrupt-controller@8000000", "reg", 0, SKERRY_GICD_BASE, 0, 0x10000,
		    0, SKERRY_GICR_BASE, 0, 0x40000);
	assert_prop("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
}

static void one_interrupt_controller_is_left_and_everything_means_it(void **state)
{
	int node = -1, count = 0;

	(void)state;
	for (b.gic = GIC_V2; b.gic <= GIC_V3; b.gic++) {
		must_build();
		count = 0;
		while ((node = dt_child(out, 0, node)) >= 0) {
			count += dt_has(out, node, "interrupt-controller");
		}
		assert_int_equal(count, 1);
		assert_int_equal(fdt_node_offset_by_phandle(out, 1),
				 node_at(out, "/interrupt-controller@8000000"));
	}
}

static void cpus_are_numbered_from_zero(void **state)
{
	(void)state;
	g->vcpu_count = 3;
	g->cpu[2] = 2;
	must_build();
	assert_text("/cpus/cpu@0", "compatible", "arm,armv8");
	assert_prop("/cpus/cpu@0", "reg", 0);
	assert_prop("/cpus/cpu@1", "reg", 1);
	assert_text("/cpus/cpu@2", "compatible", "arm,armv8");
	assert_text("/cpus/cpu@2", "enable-method", "psci");
	assert_true(fdt_path_offset(out, "/cpus/cpu@3") < 0);
}

static void an_identity_guest_finds_memory_and_ramdisk_where_they_are(void **state)
{
	(void)state;
	g->identity = true;
	g->bank_count = 1;
	g->bank[0] = (struct range){ 0x152000000, 0x10000000 };
	ramdisk = "(0x8000000, 0x123)";
	must_build();
	assert_prop("/memory", "reg", 1, 0x52000000, 0, 0x10000000);
	assert_prop("/chosen", "linux,initrd-start", 1, 0x5a000000);
	assert_prop("/chosen", "linux,initrd-end", 1, 0x5a000123);
	ramdisk = "None";
	must_build();
	assert_false(has("/chosen", "linux,initrd-start"));
}

static void the_console_is_there_only_when_asked_for(void **state)
{
	uint32_t clock;

	(void)state;
	must_build();
	assert_text("/chosen", "stdout-path", "/pl011@9000000");
	assert_prop("/pl011@9000000", "reg", 0, SKERRY_PL011_BASE, 0, 0x1000);
	assert_prop("/pl011@9000000", "interrupts", 0, 1, 4);
	clock = (uint32_t)dt_number(out, node_at(out, "/apb-pclk"), "phandle", 0);
	assert_int_not_equal(clock, 0);
	assert_prop("/pl011@9000000", "clocks", clock, clock);
	assert_int_equal(dt_clock_hz(out, node_at(out, "/pl011@9000000")), 24000000);
	g->console = CONSOLE_HYPERCALL;
	must_build();
	assert_true(fdt_path_offset(out, "/pl011@9000000") < 0);
	assert_true(fdt_path_offset(out, "/apb-pclk") < 0);
	assert_false(has("/chosen", "stdout-path"));
}

static void chosen_has_arguments_ramdisk_and_room_for_a_seed(void **state)
{
	static const uint8_t zero[32];
	int size;
	const char *seed;

	(void)state;
	must_build();
	assert_text("/chosen", "bootargs", "console=ttyAMA0 quiet");
	assert_prop("/chosen", "linux,initrd-start", 0, 0x88000000);
	assert_prop("/chosen", "linux,initrd-end", 0, 0x88000123);
	seed = fdt_getprop(out, node_at(out, "/chosen"), "rng-seed", &size);
	assert_int_equal(size, 32);
	assert_memory_equal(seed, zero, 32);
	b.seed_size = 0;
	bootargs = ramdisk = "None";
	must_build();
	assert_false(has("/chosen", "rng-seed"));
	assert_false(has("/chosen", "bootargs"));
	assert_false(has("/chosen", "linux,initrd-start"));
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

static void a_damaged_tree_is_refused(void **state)
{
	(void)state;
	generate();
	g->tree.at.size--;
	assert_int_equal(build(ROOM), SKERRY_INVALID);
	assert_non_null(strstr(h.text, "g0: its tree is damaged"));
	g->tree.data = NULL;
	g->tree.at.size = 0;
	assert_int_equal(build(ROOM), SKERRY_INVALID);
}

/* Every size up to the one that fits: refused, told, nothing written beyond */
static void a_tree_that_does_not_fit_is_refused(void **state)
{
	uint32_t size;
	uint8_t *whole = out;
	int result = SKERRY_INVALID;

	(void)state;
	give_devices();
	must_build();
	size = fdt_totalsize(out);
	for (uint32_t room = 0; result != SKERRY_OK; room++) {

		assert_true(room < size + 1024);
		h.text[0] = 0;
		out = malloc(room ? room : 1);
		result = build(room);
		free(out);
		out = whole;
		assert_true(result == SKERRY_OK || result == SKERRY_INVALID);
		if (room == 1000) {
			assert_non_null(strstr(h.text, "g0: its tree is damaged, or does not "
					       "fit into 1000 bytes"));
		}
	}
}

static void dtc_finds_nothing_to_complain_about(void **state)
{
	char command[64], line[256];
	FILE *blob = tmpfile(), *f;
	unsigned complaints = 0;

	(void)state;
	give_devices();
	links = "[End(name='disk', role='front', props={'label': b'x\\0'}, volume=None, "
		"has_page=True), End(name='tty', role='back', props={}, has_page=False, "
		"volume_name='v', volume={'partition': b'root\\0'})], (0x40000000, 0x2600000)";
	for (b.gic = GIC_V2; b.gic <= GIC_V3; b.gic++) {
		must_build();
		rewind(blob);
		assert_int_equal(fwrite(out, 1, fdt_totalsize(out), blob), fdt_totalsize(out));
		fflush(blob);
		snprintf(command, sizeof(command), "dtc -I dtb -O dtb -o /dev/null /dev/fd/%d 2>&1",
			 fileno(blob));
		f = popen(command, "r");
		while (fgets(line, sizeof(line), f)) {
			print_message("%s", line);
			complaints++;
		}
		assert_int_equal(pclose(f), 0);
	}
	fclose(blob);
	assert_int_equal(complaints, 0);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_gic_v2_guest_has_what_linux_needs),
		tree_test(the_timers_the_guest_reads_are_the_fixed_ones),
		tree_test(a_gic_v3_guest_gets_a_redistributor_per_vcpu),
		tree_test(one_interrupt_controller_is_left_and_everything_means_it),
		tree_test(cpus_are_numbered_from_zero),
		tree_test(an_identity_guest_finds_memory_and_ramdisk_where_they_are),
		tree_test(the_console_is_there_only_when_asked_for),
		tree_test(chosen_has_arguments_ramdisk_and_room_for_a_seed),
		tree_test(an_assigned_device_is_copied_without_references),
		tree_test(a_rate_that_the_board_knows_is_taken),
		tree_test(a_clock_without_a_known_rate_is_dropped),
		tree_test(references_are_dropped_by_name),
		tree_test(a_damaged_tree_is_refused),
		tree_test(a_tree_that_does_not_fit_is_refused),
		tree_test(dtc_finds_nothing_to_complain_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
