/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest trees, made by mksystem's generator and finished by EL2, read back with libfdt,
 * and put through dtc, which warns of what is not well formed.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c core/boot/tree.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include "tests/host/guest_tree.h"

static void a_gic_v2_guest_has_what_linux_needs(void **state)
{
	(void)state;
	must_build();
	assert_string_equal(h.text, "");
	assert_text("/", "model", "skerry g0");
	assert_text("/", "compatible", "linux,dummy-virt");
	assert_prop("/", "interrupt-parent", 0x10000001);
	assert_prop("/memory@80000000", "reg", 0, 0x80000000, 0, 0x10000000, 1, 0, 0, 0x1000);
	assert_text("/psci", "method", "hvc");
	assert_true(dt_is_compatible(out, node_at(out, "/psci"), "arm,psci-1.0"));
	assert_true(dt_is_compatible(out, node_at(out, "/psci"), "arm,psci-0.2"));
	assert_prop("/psci", "cpu_on", 0xc4000003);
	assert_prop("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	assert_text("/interrupt-controller@8000000", "compatible", "arm,cortex-a15-gic");
	assert_prop("/interrupt-controller@8000000", "reg", 0, SKERRY_GICD_BASE, 0, 0x10000,
		    0, SKERRY_GICC_BASE, 0, 0x2000);
	assert_prop("/interrupt-controller@8000000", "phandle", 0x10000001);
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
		assert_int_equal(fdt_node_offset_by_phandle(out, 0x10000001),
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
		tree_test(a_damaged_tree_is_refused),
		tree_test(a_tree_that_does_not_fit_is_refused),
		tree_test(dtc_finds_nothing_to_complain_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
