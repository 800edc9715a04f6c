/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dts/systems/rpi4-genet.dts on the Raspberry Pi 4's tree of Debian's kernel, with what the
 * board's firmware writes into it: EL2 takes the description, and in the tree that Linux gets
 * the Ethernet controller has all that its driver needs.
 */
/* sources: core/boot/board.c core/boot/system.c tools/system_parse.c tools/links_parse.c
 *          tools/schedule_parse.c core/boot/tree.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <tools/system_parse.h>
#include "tests/host/dts.h"

#define ROOM	16384
#define BASE	0x0c000000ull		/* where Linux is put here */
#define ETHERNET "/ethernet@7d580000"

static const uint8_t mac[6] = { 0xdc, 0xa6, 0x32, 1, 2, 3 };
static uint8_t out[ROOM];
static void *board_fdt;
static struct board b;
struct system the_system;
static struct heard h = HEARD;
static struct sys_guest *g;

static void *read_file(const char *command)
{
	FILE *f = popen(command, "r");
	void *data = malloc(1 << 20);
	size_t size = fread(data, 1, 1 << 20, f);

	return pclose(f) == 0 && size ? data : NULL;
}

/* As the firmware does: memory, the MAC address. */
static void fill_in(void)
{
	static const uint32_t banks[] = { 0, 0, 0x3b400000, 0, 0x40000000, 0xbc000000 };
	fdt32_t cells[6];

	for (int i = 0; i < 6; i++) {
		cells[i] = cpu_to_fdt32(banks[i]);
	}
	assert_int_equal(fdt_open_into(board_fdt, board_fdt, 1 << 20), 0);
	assert_int_equal(fdt_setprop(board_fdt, fdt_path_offset(board_fdt, "/memory@0"), "reg",
				     cells, sizeof(cells)), 0);
	assert_int_equal(fdt_setprop(board_fdt, fdt_path_offset(board_fdt, "/scb" ETHERNET),
				     "local-mac-address", mac, sizeof(mac)), 0);
}

/* Without images, all of the description is read and nothing is refused but for that. */
static int set_up(void **state)
{
	void *description = read_file("dtc -q -I dts -O dtb dts/systems/rpi4-genet.dts");

	(void)state;
	assert_non_null(board_fdt);
	fill_in();
	assert_int_equal(board_discover(board_fdt, &b, &h.r), SKERRY_OK);
	assert_non_null(description);
	assert_int_equal(system_parse(description, &the_system, &h.r), SKERRY_OK);
	assert_int_equal(system_check(&the_system, &b, board_fdt, &h.r), SKERRY_OK);
	assert_null(strstr(h.text, "error"));
	for (uint32_t i = 0; i < the_system.guest_count; i++) {
		if (strcmp(the_system.guest[i].name, "linux") == 0) {
			g = &the_system.guest[i];
		}
	}
	assert_non_null(g);
	g->bank[0].base = BASE;
	g->tree.data = read_file("python3 -Bc \"import sys\n"
		"sys.path.insert(0, 'scripts/mksystem.d')\nimport tree\nsys.stdout.buffer.write("
		"tree.generate('linux', [(0, 0x10000000)], 2, 'none', 'console=hvc0', None, "
		"[('ethernet', 0)]))\"");
	g->tree.at.size = fdt_totalsize(g->tree.data);
	assert_int_equal(tree_build(g, &b, board_fdt, out, ROOM, &h.r), SKERRY_OK);
	free(description);
	return 0;
}

static int node_at(const char *path)
{
	int node = fdt_path_offset(out, path);

	if (node < 0) {
		fail_msg("no node %s", path);
	}
	return node;
}

static void assert_cells(const char *path, const char *name, const uint32_t *want, int count)
{
	int size;
	const fdt32_t *is = fdt_getprop(out, node_at(path), name, &size);

	if (!is || size != count * 4) {
		fail_msg("%s: %s is not %d cells", path, name, count);
	}
	for (int i = 0; i < count; i++) {
		assert_int_equal(fdt32_ld(is + i), want[i]);
	}
}

#define assert_prop(path, name, ...) \
	assert_cells(path, name, (const uint32_t[]){ __VA_ARGS__ }, \
		     (int)(sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4))

static void the_controller_is_there_with_its_address_and_interrupts(void **state)
{
	int size;
	const void *is;

	(void)state;
	assert_true(dt_is_compatible(out, node_at(ETHERNET), "brcm,bcm2711-genet-v5"));
	assert_prop(ETHERNET, "reg", 0, 0xfd580000, 0, 0x10000);
	assert_prop(ETHERNET, "interrupts", 0, 157, 4, 0, 158, 4);
	assert_string_equal(dt_string(out, node_at(ETHERNET), "phy-mode"), "rgmii-rxid");
	is = fdt_getprop(out, node_at(ETHERNET), "local-mac-address", &size);
	assert_int_equal(size, 6);
	assert_memory_equal(is, mac, 6);
	assert_string_equal(dt_string(out, node_at(ETHERNET), "status"), "okay");
}

static void its_phy_is_below_it_and_it_refers_to_it(void **state)
{
	const char *phy = ETHERNET "/mdio@e14/ethernet-phy@1";
	uint32_t phandle = fdt_get_phandle(out, node_at(phy));

	(void)state;
	assert_true(dt_is_compatible(out, node_at(ETHERNET "/mdio@e14"), "brcm,genet-mdio-v5"));
	assert_prop(ETHERNET "/mdio@e14", "reg", 0xe14, 8);
	assert_prop(ETHERNET, "#address-cells", 1);
	assert_prop(ETHERNET "/mdio@e14", "#address-cells", 1);
	assert_prop(ETHERNET "/mdio@e14", "#size-cells", 0);
	assert_prop(phy, "reg", 1);
	assert_true(phandle != 0);
	assert_prop(ETHERNET, "phy-handle", phandle);
	assert_int_equal(fdt_node_offset_by_phandle(out, phandle), node_at(phy));
}

static void its_dma_reaches_the_guest_at_physical_addresses(void **state)
{
	(void)state;
	assert_true(g->identity);
	assert_true(g->device[0].is_dma);
	assert_prop("/memory", "reg", 0, BASE, 0, 0x10000000);
	assert_false(dt_has(out, dt_parent(out, node_at(ETHERNET)), "dma-ranges"));
	assert_false(dt_has(out, node_at(ETHERNET), "dma-coherent"));
}

static void receive_dma_is_stopped_first_and_waited_for(void **state)
{
	static const struct { uint32_t offset, value, mask; } want[] = {
		{ 0x3044, 0, 0 }, { 0x3048, 0, 1 }, { 0x5044, 0, 0 }, { 0x5048, 0, 1 },
	};
	const struct sys_device *d = &g->device[0];

	(void)state;
	assert_int_equal(d->quiesce_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(d->quiesce[i].offset, want[i].offset);
		assert_int_equal(d->quiesce[i].width, 4);
		assert_int_equal(d->quiesce[i].value, want[i].value);
		assert_int_equal(d->quiesce[i].mask, want[i].mask);
		assert_int_equal(d->quiesce[i].expect, want[i].mask);
		assert_true(!want[i].mask || d->quiesce[i].limit_us == 10000);
	}
}

static void dtc_reads_it_back_without_a_complaint(void **state)
{
	char command[128];
	FILE *dtb = tmpfile();

	(void)state;
	fwrite(out, 1, fdt_totalsize(out), dtb);
	fflush(dtb);
	snprintf(command, sizeof(command), "dtc -I dtb -O dts /proc/%d/fd/%d 2>&1 >/dev/null | "
		 "grep -v -e graph -e '/memory:'; test $? = 1", (int)getpid(), fileno(dtb));
	assert_int_equal(system(command), 0);
	fclose(dtb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_controller_is_there_with_its_address_and_interrupts),
		cmocka_unit_test(its_phy_is_below_it_and_it_refers_to_it),
		cmocka_unit_test(its_dma_reaches_the_guest_at_physical_addresses),
		cmocka_unit_test(receive_dma_is_stopped_first_and_waited_for),
		cmocka_unit_test(dtc_reads_it_back_without_a_complaint),
	};

	board_fdt = read_file("cat $(scripts/setup --cache)/kernel/6.1/dtbs/broadcom/"
			      "bcm2711-rpi-4-b.dtb");
	return cmocka_run_group_tests(tests, set_up, NULL);
}
