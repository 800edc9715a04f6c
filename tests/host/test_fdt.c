/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees that are not what they should be: damaged, truncated, not well formed;
 * and every tree of Debian's kernel package where set-up has unpacked it.
 */
/* sources: core/boot/board.c core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <unistd.h>
#include <cmocka.h>
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include "tests/host/dts.h"
#include "tests/host/virt_dts.h"

static struct board b;
static struct heard h;

static void assert_range(struct range r, uint64_t base, uint64_t size)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.size, size);
}

/* One byte after the other set to a few values: a report, never a fault */
static void damaged_trees_end_in_a_report(void **state)
{
	static const uint8_t values[] = { 0, 1, 3, 0x7f, 0x80, 0xff };
	uint8_t *fdt = dts_compile(virt), *copy;
	uint32_t size = fdt_totalsize(fdt);
	bool is_ok;

	(void)state;
	for (uint32_t at = 0; at < size; at++) {
		for (unsigned v = 0; v < sizeof(values); v++) {
			copy = malloc(size);
			memcpy(copy, fdt, size);
			copy[at] = values[v];
			if (dt_check(copy, size)) {
				memset(&h, 0, sizeof(h));
				h.r.print = heard_print;
				is_ok = board_discover(copy, &b, &h.r) == SKERRY_OK;
				assert_int_equal(is_ok, h.r.errors == 0);
			}
			free(copy);
		}
	}
	free(fdt);
}

/* libfdt 1.6 takes these for well formed, one of them without end */
static void a_property_of_negative_length_is_refused(void **state)
{
	uint8_t *fdt = dts_compile(virt);
	int property = fdt_first_property_offset(fdt, fdt_path_offset(fdt, "/soc/serial@1000"));
	struct fdt_property *p = (void *)(fdt + fdt_off_dt_struct(fdt) + property);

	(void)state;
	for (int length = -1; length >= -64; length--) {
		p->len = cpu_to_fdt32((uint32_t)length);
		assert_false(dt_check(fdt, fdt_totalsize(fdt)));
	}
	free(fdt);
}

static void a_second_root_and_loose_properties_are_refused(void **state)
{
	static const uint32_t bodies[][8] = {
		{ FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_END },
		{ FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_PROP, 0, 0, FDT_END },
		{ FDT_END_NODE, FDT_END }, { FDT_BEGIN_NODE, 0, FDT_END },
		{ FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_END },
	};
	struct { struct fdt_header h; fdt64_t none[2]; fdt32_t body[8]; char names[4]; } t;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bodies); i++) {
		memset(&t, 0, sizeof(t));
		fdt_set_magic(&t, FDT_MAGIC);
		fdt_set_totalsize(&t, sizeof(t));
		fdt_set_version(&t, 17);
		fdt_set_last_comp_version(&t, 16);
		fdt_set_off_mem_rsvmap(&t, offsetof(typeof(t), none));
		fdt_set_off_dt_struct(&t, offsetof(typeof(t), body));
		fdt_set_size_dt_struct(&t, sizeof(t.body));
		fdt_set_off_dt_strings(&t, offsetof(typeof(t), names));
		fdt_set_size_dt_strings(&t, sizeof(t.names));
		for (unsigned c = 0; c < 8; c++) {
			t.body[c] = cpu_to_fdt32(bodies[i][c]);
		}
		assert_int_equal(dt_check(&t, sizeof(t)), i == 4);
	}
	assert_false(dt_check(&t, sizeof(t) - 1));
	fdt_set_version(&t, 16);
	assert_false(dt_check(&t, sizeof(t)));
}

static void truncated_trees_are_refused(void **state)
{
	uint8_t *fdt = dts_compile(virt), *copy;
	uint32_t size = fdt_totalsize(fdt);

	(void)state;
	for (uint32_t cut = 0; cut < size; cut++) {
		copy = malloc(cut ? cut : 1);
		memcpy(copy, fdt, cut);
		assert_false(dt_check(copy, cut));
		if (cut >= sizeof(struct fdt_header)) {		/* and with a header that agrees */
			fdt_set_totalsize(copy, cut);
			if (dt_check(copy, cut)) {
				memset(&h, 0, sizeof(h));
				h.r.print = heard_print;
				(void)!board_discover(copy, &b, &h.r);
			}
		}
		free(copy);
	}
	free(fdt);
}

static unsigned seen, usable;

static int look_at_file(const char *path, const struct stat *info, int type)
{
	size_t length = strlen(path);
	FILE *f;
	void *fdt;

	if (type != FTW_F || length < 4 || strcmp(path + length - 4, ".dtb") != 0) {
		return 0;
	}
	f = fopen(path, "rb");
	fdt = malloc((size_t)info->st_size);
	assert_int_equal(fread(fdt, 1, (size_t)info->st_size, f), info->st_size);
	fclose(f);
	memset(&h, 0, sizeof(h));
	h.r.print = heard_print;
	assert_true(dt_check(fdt, (uint64_t)info->st_size));
	usable += board_discover(fdt, &b, &h.r) == SKERRY_OK;
	seen++;
	if (strstr(path, "/bcm2711-rpi-4-b.dtb")) {	/* the firmware adds the memory */
		assert_string_equal(h.text, "error: /: -: no memory node with a size (the firmware "
					    "fills it in)\n");
		assert_int_equal(b.gic, GIC_V2);
		assert_range(b.gicd, 0xff841000, 0x1000);
		assert_range(b.gicv, 0xff846000, 0x2000);
		assert_int_equal(b.cpu_count, 4);
		assert_int_equal(b.cpu[3].release, 0xf0);
		assert_int_equal(b.uart, UART_BCM2835_AUX);
		assert_range(b.uart_regs, 0xfe215040, 0x40);
		assert_int_equal(b.uart_intid, 125);
		assert_range(b.pm, 0xfe100000, 0x114);
	}
	free(fdt);
	return 0;
}

static const char buses[] =
	"/dts-v1/;\n"
	"/ { #address-cells = <2>; #size-cells = <2>; dma-ranges = <9 9 9 9 9 9>;\n"
	"  soc { #address-cells = <1>; #size-cells = <1>;\n"
	"    dma-ranges = <0xc0000000 0 0 0x40000000>;\n"
	"    inner { #address-cells = <1>; #size-cells = <1>;\n"
	"      dma-ranges = <0 0xd0000000 0x80000000>; device { }; };\n"
	"    plain { #address-cells = <1>; #size-cells = <1>; dma-ranges; device { }; };\n"
	"    silent { #address-cells = <1>; #size-cells = <1>; device { }; };\n"
	"    beside { #address-cells = <1>; #size-cells = <1>; dma-ranges = <0 0 0x1000>;\n"
	"      device { }; };\n"
	"  };\n"
	"  several { #address-cells = <2>; #size-cells = <1>;\n"
	"    dma-ranges = <4 0x7c000000 0 0xfc000000 0x03800000  0 0 0 0 0xfc000000>;\n"
	"    twice { #address-cells = <1>; #size-cells = <1>;\n"
	"      dma-ranges = <0 4 0x7c000000 0x1000  0x80000000 0 0x40000000 0x1000>;\n"
	"      device { }; };\n"
	"    device { };\n"
	"  };\n"
	"  wraps { #address-cells = <2>; #size-cells = <2>;\n"
	"    dma-ranges = <0xffffffff 0xfffff000 0 0x1000 0xffffffff 0xffffffff>;\n"
	"    device { }; };\n"
	"  short { #address-cells = <2>; #size-cells = <2>; dma-ranges = <1 2 3>; device { }; };\n"
	"  odd { #address-cells = <9>; #size-cells = <2>; dma-ranges = <1 2 3>; device { }; };\n"
	"  device { };\n"
	"};\n";

static void assert_dma(const void *fdt, const char *path, unsigned choice, uint64_t base,
		       uint64_t size, uint64_t bus)
{
	struct dt_dma dma;

	assert_true(dt_dma(fdt, fdt_path_offset(fdt, path), choice, &dma));
	assert_range(dma.cpu, base, size);
	assert_int_equal(dma.bus, bus);
}

/* Device tree specification 0.4, 2.3.9 */
static void dma_ranges_of_all_buses_above_are_composed(void **state)
{
	void *fdt = dts_compile(buses);

	(void)state;
	assert_dma(fdt, "/device", 0, 0, UINT64_MAX, 0);
	assert_dma(fdt, "/soc/inner", 0, 0, 0x40000000, 0xc0000000);
	assert_dma(fdt, "/soc/inner/device", 0, 0x10000000, 0x30000000, 0);
	assert_dma(fdt, "/soc/plain/device", 0, 0, 0x40000000, 0xc0000000);
	assert_dma(fdt, "/soc/silent/device", 0, 0, 0x40000000, 0xc0000000);
	free(fdt);
}

static void each_combination_of_dma_ranges_is_looked_at(void **state)
{
	void *fdt = dts_compile(buses);
	struct dt_dma dma;
	int device = fdt_path_offset(fdt, "/several/twice/device");
	unsigned nothing = 0;

	(void)state;
	assert_dma(fdt, "/several/device", 0, 0xfc000000, 0x03800000, 0x47c000000);
	assert_dma(fdt, "/several/device", 1, 0, 0xfc000000, 0);
	assert_false(dt_dma(fdt, fdt_path_offset(fdt, "/several/device"), 2, &dma));
	assert_dma(fdt, "/several/twice/device", 0, 0xfc000000, 0x1000, 0);
	assert_dma(fdt, "/several/twice/device", 3, 0x40000000, 0x1000, 0x80000000);
	for (unsigned i = 1; i < 3; i++) {
		assert_true(dt_dma(fdt, device, i, &dma));
		nothing += dma.cpu.size == 0;
	}
	assert_int_equal(nothing, 2);
	assert_false(dt_dma(fdt, device, 4, &dma));
	assert_false(dt_dma(fdt, device, DT_DMA_MAX, &dma));
	free(fdt);
}

static void dma_ranges_that_make_no_sense_reach_nothing(void **state)
{
	void *fdt = dts_compile(buses);
	struct dt_dma dma;

	(void)state;
	assert_true(dt_dma(fdt, fdt_path_offset(fdt, "/soc/beside/device"), 0, &dma));
	assert_int_equal(dma.cpu.size, 0);
	assert_dma(fdt, "/wraps/device", 0, 0x1000, 0xfff, 0xfffffffffffff000);
	assert_false(dt_dma(fdt, fdt_path_offset(fdt, "/short/device"), 0, &dma));
	assert_false(dt_dma(fdt, fdt_path_offset(fdt, "/odd/device"), 0, &dma));
	free(fdt);
}

static void every_tree_of_the_kernel_package(void **state)
{
	const char *cache = getenv("SKERRY_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME"), *base = cache ? cache : xdg ? xdg : home ? home : "";
	char folder[512];

	(void)state;
	snprintf(folder, sizeof(folder), "%s%s/kernel/6.1/dtbs", base,
		 cache ? "" : xdg ? "/skerry" : "/.cache/skerry");
	if (access(folder, R_OK) != 0) {
		print_message("skipped: no %s (scripts/setup unpacks it)\n", folder);
		skip();
	}
	assert_int_equal(ftw(folder, look_at_file, 16), 0);
	print_message("%u trees, %u usable as they stand\n", seen, usable);
	assert_true(seen > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_trees_end_in_a_report),
		cmocka_unit_test(a_property_of_negative_length_is_refused),
		cmocka_unit_test(a_second_root_and_loose_properties_are_refused),
		cmocka_unit_test(truncated_trees_are_refused),
		cmocka_unit_test(dma_ranges_of_all_buses_above_are_composed),
		cmocka_unit_test(each_combination_of_dma_ranges_is_looked_at),
		cmocka_unit_test(dma_ranges_that_make_no_sense_reach_nothing),
		cmocka_unit_test(every_tree_of_the_kernel_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
