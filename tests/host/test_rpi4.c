// SPDX-License-Identifier: BSD-2-Clause
/*
 * A Raspberry Pi 4 from its tree alone: 1, 2, 4 and 8 GiB, both steppings of the silicon, with
 * TF-A and without, each UART. The tree is our own excerpt and, where set-up has unpacked a
 * kernel's package, that one's, edited here as the boards' firmware and TF-A edit it:
 * raspberrypi/firmware issues 1191 (memory), 1272 (cells), 1704 (EMMC2); TF-A's plat/rpi/rpi4.
 * Then where the memory of guests with DMA devices, and of large ones, goes on each of them, and
 * what a Linux guest finds of its network controller. Untried on a board.
 */
/* sources: core/boot/board.c core/boot/system.c core/boot/place.c core/boot/owner.c
 *          core/boot/tree.c core/boot/fdt_util.c core/boot/report.c lib/format.c
 *          tools/system_parse.c tools/links_parse.c tools/schedule_parse.c tools/board_print.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <cmocka.h>
#include <core/boot/boot.h>
#include <tools/board_print.h>
#include <tools/system_parse.h>
#include "tests/host/dts.h"

#define ROOM		0x20000
#define NVRAM		0x3b3ff000	/* some page of the first GiB's end */
#define NEW_STEPPING	true

struct system the_system;
static struct heard h;
static struct board b;
static char *path_of_kernel;		/* its tree; NULL: not unpacked */
static char *trees[2];			/* ours, the kernel's */
static char tree[ROOM] __attribute__((aligned(8)));	/* the board's, edited */

static char *read_tree(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *data = calloc(1, ROOM);

	assert_non_null(f);
	assert_true(fread(data, 1, ROOM, f) > 0);
	fclose(f);
	return data;
}

static int find_trees(void **state)
{
	const char *cache = getenv("SKERRY_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	char pattern[512], *ours;
	glob_t found;
	FILE *f = fopen("tests/boards/rpi4.dts", "rb");

	ours = calloc(1, ROOM);
	assert_true(fread(ours, 1, ROOM - 1, f) > 0);
	fclose(f);
	trees[0] = dts_compile(ours);
	free(ours);
	snprintf(pattern, sizeof(pattern), "%s%s/kernel/*/dtbs/broadcom/bcm2711-rpi-4-b.dtb",
		 cache ? cache : xdg ? xdg : getenv("HOME"),
		 cache ? "" : xdg ? "/skerry" : "/.cache/skerry");
	if (glob(pattern, 0, NULL, &found) == 0) {
		path_of_kernel = strdup(found.gl_pathv[found.gl_pathc - 1]);
		trees[1] = read_tree(path_of_kernel);
		globfree(&found);
	} else {
		print_message("no kernel's tree at %s: our excerpt only\n", pattern);
	}
	return 0;
}

static int drop_trees(void **state)
{
	free(trees[0]);
	free(trees[1]);
	free(path_of_kernel);
	return 0;
}

static int at(const char *path)
{
	int node = fdt_path_offset(tree, path);

	if (node < 0) {
		fail_msg("the board's tree has no %s", path);
	}
	return node;
}

static void set_cells(const char *path, const char *name, const uint32_t *cells, unsigned count)
{
	fdt32_t value[32];

	for (unsigned i = 0; i < count; i++) {
		value[i] = cpu_to_fdt32(cells[i]);
	}
	assert_int_equal(fdt_setprop(tree, at(path), name, value, (int)count * 4), 0);
}

#define set(path, name, ...) \
	set_cells(path, name, (const uint32_t[]){ __VA_ARGS__ }, \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* As start4.elf does: memory without VideoCore's share, in entries of less than 4 GiB as there is
 * one cell for a size; the seed; the boot loader's configuration; the system image. */
static void be_firmware(unsigned which, unsigned gib, bool is_new)
{
	static const uint32_t memory[] = {
		0, 0, 0x3b400000, 0, 0x40000000, 0x40000000, 1, 0, 0x80000000, 1, 0x80000000,
		0x80000000,
	};
	uint32_t reg[12];

	memcpy(reg, memory, sizeof(reg));
	reg[5] = gib == 2 ? 0x40000000 : 0xbc000000;	/* peripherals from 0xfc000000 on */
	assert_int_equal(fdt_open_into(trees[which], tree, ROOM), 0);
	set_cells("/memory@0", "reg", reg, gib == 1 ? 3 : gib == 8 ? 12 : 6);
	if (is_new) {
		set("/emmc2bus", "dma-ranges", 0, 0, 0, 0, 0xfc000000);
	}
	set("/chosen", "rng-seed", 1, 2, 3, 4, 5, 6, 7, 8);
	set("/chosen", "linux,initrd-start", 0x10000000);
	set("/chosen", "linux,initrd-end", 0x12000000);
	set("/reserved-memory/nvram@0", "reg", 0, NVRAM, 0x64);
	assert_int_equal(fdt_setprop_string(tree, at("/reserved-memory/nvram@0"), "status",
					    "okay"), 0);
	assert_int_equal(fdt_setprop(tree, at("/scb/ethernet@7d580000"), "local-mac-address",
				     "\xdc\xa6\x32\x01\x02\x03", 6), 0);
}

/* As TF-A's BL31 for the board does: it takes the first 512 KiB, and the spin table away. */
static void be_tf_a(void)
{
	static const char *const cpus[] = { "/cpus/cpu@0", "/cpus/cpu@1", "/cpus/cpu@2",
					    "/cpus/cpu@3" };
	int psci;

	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(fdt_setprop_string(tree, at(cpus[i]), "enable-method", "psci"), 0);
	}
	psci = fdt_add_subnode(tree, 0, "psci");
	assert_int_equal(fdt_setprop(tree, psci, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26),
			 0);
	assert_int_equal(fdt_setprop_string(tree, psci, "method", "smc"), 0);
	assert_int_equal(fdt_del_mem_rsv(tree, 0), 0);
	assert_true(fdt_add_subnode(tree, at("/reserved-memory"), "atf@0") > 0);
	set("/reserved-memory/atf@0", "reg", 0, 0, 0x80000);
	assert_int_equal(fdt_setprop_empty(tree, at("/reserved-memory/atf@0"), "no-map"), 0);
}

static void discover(void)
{
	memset(&h, 0, sizeof(h));
	h.r.print = heard_print;
	assert_true(dt_check(tree, ROOM));
	if (board_discover(tree, &b, &h.r) != SKERRY_OK) {
		fail_msg("%s", h.text);
	}
	assert_string_equal(h.text, "");
}

static void assert_range(struct range r, uint64_t base, uint64_t size)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.size, size);
}

/* On both trees (the kernel's where it is there) and all sizes. */
static void each_board(void (*test)(unsigned gib, bool is_new))
{
	for (unsigned which = 0; which < 2 && trees[which]; which++) {
		for (unsigned gib = 1; gib <= 8; gib *= 2) {
			for (unsigned is_new = 0; is_new < 2; is_new++) {
				be_firmware(which, gib, is_new);
				discover();
				test(gib, is_new);
			}
		}
	}
}

static void see_memory(unsigned gib, bool is_new)
{
	bool has_nvram = false, has_table = false;
	uint64_t sum = 0;

	assert_range(b.memory[0], 0, 0x3b400000);
	if (gib > 1) {
		assert_range(b.memory[1], 0x40000000, gib == 2 ? 0x40000000 : 0xbc000000);
	}
	if (gib == 8) {		/* two entries that touch are one range */
		assert_range(b.memory[2], GIB(4), GIB(4));
	}
	assert_int_equal(b.memory_count, gib == 1 ? 1 : gib == 8 ? 3 : 2);
	for (uint32_t i = 0; i < b.memory_count; i++) {
		sum += b.memory[i].size;
	}
	assert_true(sum <= GIB(gib) && sum + MIB(76 + 64) >= GIB(gib));
	for (uint32_t i = 0; i < b.reserved_count; i++) {
		has_table |= range_holds(b.reserved[i], 0, 0x1000);
		has_nvram |= range_holds(b.reserved[i], NVRAM, 0x64);
		assert_true(b.reserved[i].size < MIB(1));	/* not linux,cma: it has no place */
	}
	assert_true(has_table && has_nvram);
	assert_range(b.initrd, 0x10000000, 0x02000000);
	assert_int_equal(b.seed_size, 32);
}

static void memory_of_each_size_is_found(void **state)
{
	each_board(see_memory);
}

static void see_devices(unsigned gib, bool is_new)
{
	assert_int_equal(b.gic, GIC_V2);
	assert_range(b.gicd, 0xff841000, 0x1000);
	assert_range(b.gicc, 0xff842000, 0x2000);
	assert_range(b.gich, 0xff844000, 0x2000);
	assert_range(b.gicv, 0xff846000, 0x2000);
	assert_int_equal(b.maintenance_intid, 25);
	assert_int_equal(b.vtimer_intid, 27);
	assert_int_equal(b.ptimer_intid, 30);
	assert_int_equal(b.hyp_timer_intid, 26);
	assert_range(b.pm, 0xfe100000, 0x114);
	assert_int_equal(b.psci, PSCI_NONE);
	assert_int_equal(b.cpu_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(b.cpu[i].enable, ENABLE_SPIN_TABLE);
		assert_int_equal(b.cpu[i].release, 0xd8 + 8 * i);
	}
}

static void its_devices_and_spin_table_are_found(void **state)
{
	each_board(see_devices);
}

static void with_tf_a_cores_start_by_psci(void **state)
{
	bool has_tf_a = false;

	for (unsigned which = 0; which < 2 && trees[which]; which++) {
		be_firmware(which, 4, NEW_STEPPING);
		be_tf_a();
		discover();
		assert_int_equal(b.psci, PSCI_BY_SMC);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(b.cpu[i].enable, ENABLE_PSCI);
			assert_int_equal(b.cpu[i].mpidr, i);
		}
		for (uint32_t i = 0; i < b.reserved_count; i++) {
			has_tf_a |= b.reserved[i].base == 0 && b.reserved[i].size == 0x80000;
		}
		assert_true(has_tf_a);
	}
}

static void console_is(const char *stdout_path, unsigned kind, uint64_t base, uint32_t intid)
{
	int node = at("/chosen");

	assert_int_equal(stdout_path ? fdt_setprop_string(tree, node, "stdout-path", stdout_path) :
			 fdt_delprop(tree, node, "stdout-path"), 0);
	discover();
	assert_int_equal(b.uart, kind);
	assert_int_equal(b.uart_regs.base, base);
	assert_int_equal(b.uart_intid, intid);
}

static void either_uart_is_the_console_by_path_or_alias(void **state)
{
	for (unsigned which = 0; which < 2 && trees[which]; which++) {
		be_firmware(which, 2, NEW_STEPPING);
		console_is("serial1:115200n8", UART_BCM2835_AUX, 0xfe215040, 125);
		console_is("serial0:115200n8", UART_PL011, 0xfe201000, 153);
		console_is("/soc/serial@7e201000", UART_PL011, 0xfe201000, 153);
		console_is("/soc/serial@7e215040:9600", UART_BCM2835_AUX, 0xfe215040, 125);
		console_is(NULL, UART_PL011, 0xfe201000, 153);	/* the alias serial0 */
	}
}

static const char system_text[] =
	"/dts-v1/;\n"
	"/ { compatible = 'skerry,system-1'; console-driver = <&console>;\n"
	"guests {\n"
	"big: big { image = 'x'; memory = <0 0x80000000 0 BIG>; cpus = <1>;\n"
	"  window-bank = <0 0x40000000 0 0x02600000>; };\n"
	"small: small { image = 'x'; memory = <0 0x40000000 0 0x01000000>; cpus = <2>; };\n"
	"console: console { image = 'x'; memory = <0 0x40000000 0 0x01000000>; cpus = <0>;\n"
	"  devices { uart { device = 'stdout-path'; }; }; };\n"
	"old: old { image = 'x'; identity; memory-size = <0 0x00400000>; cpus = <0>;\n"
	"  devices { emmc { device = '/soc/mmc@7e300000'; no-quiesce; QUIESCE };\n"
	"            emmc2 { device = '/emmc2bus/mmc@7e340000'; QUIESCE }; }; };\n"
	"net: net { image = 'x'; identity; memory-size = <0 NET>; cpus = <3>;\n"
	"  devices { genet { device = '/scb/ethernet@7d580000';\n"
	"    quiesce = <0x800 4 0 0 0 0>; }; }; };\n"
	"}; schedule { core-0 { core = <0>; policy = 'rr'; }; };\n"
	"volumes { v { back = <&old>; partition = 'v'; }; };\n"
	"links {\n"
	"  disk { type = 'block'; front = <&big>; back = <&old>; volume = 'v';\n"
	"    transport = 'register-page'; };\n"
	"  wire { type = 'net'; front = <&big>; back = <&net>; transport = 'register-page'; };\n"
	"  ring { type = 'shared-memory'; front = <&small>; back = <&old>;\n"
	"    window-size = <0 0x00200000>; };\n"
	"}; };\n";

static struct sys_guest *guest(const char *name)
{
	struct sys_guest *g = the_system.guest;

	while (strcmp(g->name, name) != 0) {
		g++;
	}
	return g;
}

/* Checks the system against the board and places it, as boot does. The result. */
static int boot_system(uint32_t big, uint32_t net)
{
	char cells[32], *text, *next;
	struct pa at;
	void *fdt;
	int result;

	text = dts_replace(system_text, "no-quiesce; ", "");
	for (unsigned i = 0; i < 2; i++) {
		next = dts_replace(text, "QUIESCE",
				   "quiesce = <0x2c 4 0x01000000 0x01000000 0 10000>;");
		free(text);
		text = next;
	}
	snprintf(cells, sizeof(cells), "0x%x", big);
	next = dts_replace(text, "BIG", cells);
	free(text);
	snprintf(cells, sizeof(cells), "0x%x", net);
	text = dts_replace(next, "NET", cells);
	free(next);
	fdt = dts_compile(text);
	free(text);
	memset(&the_system, 0, sizeof(the_system));
	h.text[0] = '\0';
	h.r.fdt = fdt;
	result = system_parse(fdt, &the_system, &h.r);
	result = result ? result : system_check(&the_system, &b, tree, &h.r);
	if (result != SKERRY_OK) {
		fail_msg("%s", h.text);
	}
	for (struct sys_guest *g = the_system.guest; g < the_system.guest + 5; g++) {
		g->refused = false;	/* no images here */
	}
	owner_count = 0;
	assert_int_equal(owner_add((struct range){ 0x80000, 0x60000 }, OWNER_HV, 0), 0);
	assert_int_equal(owner_add(b.initrd, OWNER_HV, 0), 0);
	assert_true(place_records(&b, RECORDS_SIZE, &at));
	assert_true(place_heap(&b, BLOCK_SIZE, &at));
	place_guests(&b, &the_system, &h.r);
	free(fdt);
	h.r.fdt = NULL;
	if (h.r.errors) {
		print_message("%s", h.text);
	}
	return h.r.errors ? SKERRY_NO_MEMORY : SKERRY_OK;
}

static void assert_good_place(struct range r, const char *what)
{
	bool is_in = false;

	for (uint32_t i = 0; i < b.memory_count; i++) {
		is_in |= range_holds(b.memory[i], r.base, r.size);
	}
	for (uint32_t i = 0; i < b.reserved_count; i++) {
		is_in &= !range_overlaps(b.reserved[i], r);
	}
	if (!is_in) {
		fail_msg("%s is at 0x%lx, 0x%lx bytes", what, r.base, r.size);
	}
}

static void see_places(unsigned gib, bool is_new)
{
	struct range first = { 0, 0x40000000 }, low = { 0, 0xfc000000 };
	const struct sys_guest *old, *net;
	const struct sys_device *d;

	assert_int_equal(boot_system(gib == 1 ? 0x10000000 : gib == 2 ? 0x20000000 : 0x50000000,
				     gib == 1 ? 0x04000000 : 0x18000000), SKERRY_OK);
	old = guest("old");
	net = guest("net");
	/* what each device reaches, at which bus address */
	d = &old->device[0];
	assert_range(d->reach, 0, 0x40000000);
	assert_int_equal(d->bus, 0xc0000000);
	d = &old->device[1];
	assert_range(d->reach, 0, is_new ? 0xfc000000 : 0x40000000);
	assert_int_equal(d->bus, is_new ? 0 : 0xc0000000);
	assert_range(net->device[0].reach, 0, UINT64_MAX);
	assert_int_equal(net->device[0].bus, 0);
	assert_int_equal(guest("console")->device[0].is_dma, false);
	for (const struct sys_guest *g = the_system.guest; g < the_system.guest + 5; g++) {
		for (uint32_t i = 0; i < g->bank_count; i++) {
			assert_good_place((struct range){ g->host[i].v, g->bank[i].size }, g->name);
		}
	}
	for (const struct sys_window *w = the_system.window;
	     w < the_system.window + the_system.window_count; w++) {
		assert_good_place((struct range){ w->host.v, window_whole(w) }, "a window");
		assert_true(range_holds(first, w->host.v, w->size));	/* all are of `old`, too */
	}
	assert_int_equal(the_system.window_count, 2);
	assert_true(range_holds(first, old->bank[0].base, old->bank[0].size));
	assert_int_equal(old->bank[0].base, old->host[0].v);
	assert_true(net->bank[0].base >= GIB(1) || gib == 1 ||
		    range_holds(low, net->bank[0].base, net->bank[0].size));
	/* the large one leaves the first GiB alone where there is more */
	assert_true(gib == 1 || guest("big")->host[0].v >= GIB(1));
	assert_int_equal(guest("big")->host[0].v % BLOCK_SIZE, 0);
}

static void guests_lie_where_their_devices_reach_on_each_size(void **state)
{
	each_board(see_places);
}

static void a_driver_too_large_for_its_devices_reach_is_refused(void **state)
{
	be_firmware(0, 8, false);
	discover();
	assert_int_equal(boot_system(0x10000000, 0x10000000), SKERRY_OK);
	guest("old")->bank[0] = (struct range){ 0, MIB(900) };	/* the first GiB has less */
	owner_count = 0;
	h.text[0] = '\0';
	place_guests(&b, &the_system, &h.r);
	assert_true(guest("old")->refused);
	assert_non_null(strstr(h.text, "guest old: no room on this board for bank 0, 0x38400000 "));
	assert_non_null(strstr(h.text, "guest old: memory and windows must lie where device emmc "
			       "reaches, 0x0-0x3fffffff"));
}

static void a_device_that_reaches_no_memory_is_refused(void **state)
{
	be_firmware(0, 1, false);
	set("/emmc2bus", "dma-ranges", 0, 0, 0, 0x80000000, 0x40000000);
	discover();
	system_put_lists(&the_system);
	the_system.guest_count = 1;
	the_system.guest[0] = (struct sys_guest){
		.name = "g", .bank_count = 1, .bank[0] = { 0, MIB(4) }, .vcpu_count = 1,
		.identity = true, .refused = true, .device_count = 1,
		.device[0] = { .name = "card", .path = "/emmc2bus/mmc@7e340000",
			       .quiesce_count = 1, .quiesce[0].width = 4 },
	};
	the_system.link_count = the_system.window_count = 0;
	the_system.console_driver = the_system.input = -1;
	memset(the_system.core, 0, sizeof(the_system.core));
	the_system.frame_us = 0;
	assert_int_equal(system_check(&the_system, &b, tree, &h.r), SKERRY_INVALID);
	assert_non_null(strstr(h.text, "its DMA reaches no memory, or none that the other devices "
			       "of \"g\" reach"));
}

/* skerry-check --board */
static void dma_windows_are_listed(void **state)
{
	char *text;
	size_t size;
	FILE *out;

	for (unsigned which = 0; which < 2 && trees[which]; which++) {
		be_firmware(which, 4, NEW_STEPPING);
		out = open_memstream(&text, &size);
		assert_int_equal(board_print(out, tree), 0);
		fclose(out);
		assert_non_null(strstr(text, "  DMA          0x0000000000 - 0x003fffffff at bus "
				       "address 0xc0000000, for devices below /soc\n"));
		assert_non_null(strstr(text, "  DMA          0x0000000000 - 0x00fbffffff at bus "
				       "address 0x0, for devices below /emmc2bus\n"));
		free(text);
	}
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(memory_of_each_size_is_found),
		T(its_devices_and_spin_table_are_found),
		T(with_tf_a_cores_start_by_psci),
		T(either_uart_is_the_console_by_path_or_alias),
		T(guests_lie_where_their_devices_reach_on_each_size),
		T(a_driver_too_large_for_its_devices_reach_is_refused),
		T(a_device_that_reaches_no_memory_is_refused),
		T(dma_windows_are_listed),
	};

	return cmocka_run_group_tests(tests, find_trees, drop_trees);
}
