/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/lib/tree.c: a guest finds properties by path and devices by their
 * compatible string, and nothing that is not there.
 */
/* sources: guests/lib/tree.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>
#include "guests/lib/mmu.h"
#include "guests/lib/tree.h"

void tree_init(uint64_t tree);

static uint64_t blob[1024];
static uint64_t mapped;

bool mmu_map_missing(uint64_t base, uint64_t size, uint64_t attributes)
{
	assert_int_equal(size, 0x200);
	assert_int_equal(attributes, MAP_DEVICE | MAP_XN);
	mapped = base;
	return true;
}

static void reg(const char *name, uint64_t base, uint64_t size)
{
	fdt64_t cells[2] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };

	assert_int_equal(fdt_property(blob, name, cells, sizeof(cells)), 0);
}

static void device(const char *name, uint64_t base, uint32_t spi, const char *status)
{
	fdt32_t irq[3] = { 0, cpu_to_fdt32(spi), cpu_to_fdt32(1) };

	fdt_begin_node(blob, name);
	fdt_property_string(blob, "compatible", "virtio,mmio");
	reg("reg", base, 0x200);
	fdt_property(blob, "interrupts", irq, sizeof(irq));
	if (status) {
		fdt_property_string(blob, "status", status);
	}
	fdt_end_node(blob);
}

static void link_node(const char *name, uint32_t port)
{
	fdt_begin_node(blob, name);
	fdt_property_u32(blob, "reg", port);
	fdt_property_string(blob, "skerry,name", name);
	fdt_begin_node(blob, "volume");
	fdt_property_u64(blob, "ram-size", 0x100000000ull + port);
	fdt_property_string(blob, "partition", "root");
	fdt_property(blob, "read-only", NULL, 0);
	fdt_end_node(blob);
	fdt_end_node(blob);
}

/* A bus whose devices see memory elsewhere: 1 GiB at 0 as 0xc0000000, 1 MiB as 0x100. */
static void bus_node(void)
{
	const fdt32_t ranges[] = {
		cpu_to_fdt32(0xc0000000), 0, 0, cpu_to_fdt32(0x40000000),
		cpu_to_fdt32(0x100), cpu_to_fdt32(1), 0, cpu_to_fdt32(0x100000),
	};

	fdt_begin_node(blob, "bus");
	fdt_property_u32(blob, "#address-cells", 1);
	fdt_property_u32(blob, "#size-cells", 1);
	fdt_property(blob, "ranges", NULL, 0);
	fdt_property(blob, "dma-ranges", ranges, sizeof(ranges));
	fdt_begin_node(blob, "mmc@fe340000");
	fdt_property_u32(blob, "first", 1);
	fdt_property_string(blob, "compatible", "test,mmc");
	fdt_property_u64(blob, "reg", 0xfe34000000000200);
	fdt_property(blob, "broken-cd", NULL, 0);
	fdt_property_u32(blob, "bus-width", 4);
	fdt_begin_node(blob, "below");
	fdt_property_u32(blob, "other", 5);
	fdt_end_node(blob);
	fdt_end_node(blob);
	fdt_end_node(blob);
}

static int begin(void **state)
{
	(void)state;
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_property_u32(blob, "#size-cells", 2);
	fdt_property_string(blob, "model", "test");
	device("virtio_mmio@a000000", 0xa000000, 16, "disabled");
	device("virtio_mmio@a003e00", 0xa003e00, 47, NULL);
	fdt_begin_node(blob, "skerry@b000000");
	link_node("link@1", 1);
	link_node("link@10", 16);
	fdt_end_node(blob);
	device("virtio_mmio@a003c00", 0xa003c00, 46, "okay");
	bus_node();
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	memset(&platform, 0, sizeof(platform));
	tree_init((uint64_t)blob);
	return 0;
}

static void properties_are_found_by_path(void **state)
{
	uint32_t size = 99;

	(void)state;
	assert_string_equal(tree_string("/", "model"), "test");
	assert_string_equal(tree_string("", "model"), "test");
	assert_int_equal(tree_number("/skerry@b000000/link@1", "reg", 7), 1);
	assert_int_equal(tree_number("/skerry@b000000/link@10", "reg", 7), 16);
	assert_int_equal(tree_number("/skerry@b000000/link@10/volume", "ram-size", 7),
			 0x100000010ull);
	assert_string_equal(tree_string("/skerry@b000000/link@1/volume", "partition"), "root");
	assert_non_null(tree_property("/skerry@b000000/link@1/volume", "read-only", &size));
	assert_int_equal(size, 0);
}

static void what_is_not_there_is_not_found(void **state)
{
	uint32_t size;

	(void)state;
	assert_int_equal(tree_number("/skerry@b000000/link@2", "reg", 7), 7);
	assert_int_equal(tree_number("/skerry@b000000/link@", "reg", 7), 7);
	assert_int_equal(tree_number("/link@1", "reg", 7), 7);
	assert_int_equal(tree_number("/volume", "ram-size", 7), 7);
	assert_null(tree_string("/skerry@b000000/link@1", "partition"));
	assert_null(tree_string("/skerry@b000000/link@1/volume", "read-only"));
	assert_null(tree_string("/skerry@b000000/link@1/volume/more", "partition"));
	assert_int_equal(tree_number("/", "model", 7), 7);
	platform.tree = NULL;
	assert_null(tree_property("/", "model", &size));
}

static void devices_are_found_in_order(void **state)
{
	struct tree_device d;

	(void)state;
	assert_true(tree_device("virtio,mmio", 0, &d));
	assert_int_equal(d.base, 0xa003e00);
	assert_int_equal(d.size, 0x200);
	assert_int_equal(d.intid, 79);
	assert_true(d.is_edge);
	assert_true(tree_device("virtio,mmio", 1, &d));
	assert_int_equal(d.base, 0xa003c00);
	assert_int_equal(mapped, d.base);
	assert_false(tree_device("virtio,mmio", 2, &d));
	assert_false(tree_device("arm,pl031", 0, &d));
}

static void a_devices_properties_are_found(void **state)
{
	struct tree_device d;
	uint32_t size = 9;

	(void)state;
	assert_true(tree_device("test,mmc", 0, &d));
	assert_int_equal(d.base, 0xfe340000);
	assert_int_equal(tree_device_number(&d, "first", 0), 1);
	assert_int_equal(tree_device_number(&d, "bus-width", 1), 4);
	assert_non_null(tree_device_property(&d, "broken-cd", &size));
	assert_int_equal(size, 0);
	assert_null(tree_device_property(&d, "non-removable", &size));
	assert_int_equal(tree_device_number(&d, "other", 7), 7);
}

static void dma_addresses_are_the_buss(void **state)
{
	struct tree_device d;
	uint64_t bus;

	(void)state;
	assert_true(tree_device("test,mmc", 0, &d));
	assert_true(tree_device_dma(&d, 0x1000, 0x200, &bus));
	assert_int_equal(bus, 0xc0001000);
	assert_true(tree_device_dma(&d, 0x3ffffe00, 0x200, &bus));
	assert_int_equal(bus, 0xfffffe00);
	assert_false(tree_device_dma(&d, 0x3ffffe00, 0x201, &bus));
	assert_true(tree_device_dma(&d, 0x100000000, 0x200, &bus));
	assert_int_equal(bus, 0x100);
	assert_false(tree_device_dma(&d, 0x80000000, 0x200, &bus));
	assert_true(tree_device("virtio,mmio", 0, &d));
	assert_true(tree_device_dma(&d, 0x80000000, 0x200, &bus));
	assert_int_equal(bus, 0x80000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(properties_are_found_by_path, begin),
		cmocka_unit_test_setup(what_is_not_there_is_not_found, begin),
		cmocka_unit_test_setup(devices_are_found_in_order, begin),
		cmocka_unit_test_setup(a_devices_properties_are_found, begin),
		cmocka_unit_test_setup(dma_addresses_are_the_buss, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
