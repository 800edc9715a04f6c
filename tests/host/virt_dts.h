/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small board for host tests, as source text for dts_compile().
 */
#ifndef TESTS_HOST_VIRT_DTS_H
#define TESTS_HOST_VIRT_DTS_H

static const char virt[] =
	"/dts-v1/;\n"
	"/memreserve/ 0x40000000 0x1000;\n"
	"/ { model = 'test'; #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;\n"
	"chosen { stdout-path = 'serial0:115200n8'; linux,initrd-start = <0x48000000>;\n"
	"  linux,initrd-end = <0x0 0x48100001>; rng-seed = [01 02 03]; };\n"
	"aliases { serial0 = '/soc/serial@1000'; };\n"
	"memory@40000000 { device_type = 'memory'; reg = <0 0x40000000 0 0x10000000>; };\n"
	"reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n"
	"  fw@41000000 { reg = <0 0x41000800 0 0x1000>; no-map; };\n"
	"  cma { size = <0 0x100000>; }; };\n"
	"cpus { #address-cells = <1>; #size-cells = <0>;\n"
	"  cpu@0 { device_type = 'cpu'; reg = <0>; enable-method = 'psci'; };\n"
	"  cpu@1 { device_type = 'cpu'; reg = <1>; enable-method = 'psci'; };\n"
	"  cpu@100 { device_type = 'cpu'; reg = <0x100>; enable-method = 'psci'; }; };\n"
	"psci { compatible = 'arm,psci-1.0', 'arm,psci-0.2'; method = 'smc'; };\n"
	"timer { compatible = 'arm,armv8-timer';\n"
	"  interrupts = <1 13 0xf08 1 14 0xf08 1 11 0xf08 1 10 0xf08>; };\n"
	"clock: clk { compatible = 'fixed-clock'; #clock-cells = <0>;\n"
	"  clock-frequency = <48000000>; };\n"
	"gic: intc@8000000 { compatible = 'arm,gic-400'; interrupt-controller;\n"
	"  #interrupt-cells = <3>;\n"
	"  reg = <0 0x8000000 0 0x1000 0 0x8010000 0 0x2000"
	" 0 0x8030000 0 0x2000 0 0x8040000 0 0x2000>;\n"
	"  interrupts = <1 9 4>; };\n"
	"soc { compatible = 'simple-bus'; #address-cells = <1>; #size-cells = <1>;\n"
	"  ranges = <0x0 0x0 0x09000000 0x10000 0x100000 0x1 0x0 0x1000>;\n"
	"  uart: serial@1000 { compatible = 'arm,pl011', 'arm,primecell'; reg = <0x1000 0x1000>;\n"
	"    interrupts = <0 1 4>; clocks = <&clock>; };\n"
	"  pm: pm@100000 { compatible = 'brcm,bcm2711-pm', 'brcm,bcm2835-pm';\n"
	"    reg = <0x100000 0x114>; };\n"
	"}; };\n";

#endif
