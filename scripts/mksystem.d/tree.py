# SPDX-License-Identifier: BSD-2-Clause
"""The device tree of a guest that brings none.

Complete but for what only the board knows, which EL2 adds at boot (core/boot/tree.c): both
kinds of interrupt controller are in it, with one phandle, and EL2 takes one out; rng-seed
is zeroes; an identity guest's memory and ramdisk count from 0; assigned devices are
missing, only for each a clock (0 Hz: as the board's tree says) and a bus (without dma-ranges),
which EL2 keeps where it needs them.
"""
import struct

import fdt

# As in include/abi/layout.h
GICD, GICC, GICR, GICR_STRIDE = 0x08000000, 0x08010000, 0x080A0000, 0x20000
PL011, REGISTER_PAGES, INFO = 0x09000000, 0x0A000000, 0x0B000000
INTID_PTIMER, INTID_VTIMER, INTID_PL011, INTID_EVENT, INTID_LINK = 30, 27, 33, 288, 289

PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_CPU_ON = 0xC4000001, 0x84000002, 0xC4000003
# Above those of the boards' trees, from where devices' nodes come
PHANDLE_GIC, PHANDLE_APB = 0x10000001, 0x10000002
# of the first device; as SYS_PHANDLE_... in core/system.h
PHANDLE_CLOCK, PHANDLE_BUS = 0x10000010, 0x10000020
SEED_SIZE = 32
RISING, HIGH = 1, 4
PAGE = 0x1000
# Of a window bank, for stock Linux: its CMA pool, what it may need beside it, and the
# unit that swiotlb= counts in
CMA, SPARE, SLAB = 0x400000, 0x200000, 0x800


def _node(parent, name, **props):
    """A new child; several may have one name. For '-' in a property's name '_' is written."""
    node = fdt.Node(name)
    parent.children.append(node)
    for key, value in props.items():
        _set(node, key if key == "device_type" else key.replace("_", "-"), value)
    return node


def _set(node, name, value):
    """Strings, cells, nothing (True), or bytes."""
    if isinstance(value, str):
        value = value.encode() + b"\0"
    elif value is True:
        value = b""
    elif isinstance(value, int):
        value = struct.pack(">I", value)
    elif isinstance(value, (tuple, list)):
        value = struct.pack(">%dI" % len(value), *value)
    node.props[name] = value


def _reg(*ranges):
    return b"".join(struct.pack(">2Q", *each) for each in ranges)


def _chosen(root, bootargs, console, ramdisk):
    chosen = _node(root, "chosen")
    if bootargs:
        _set(chosen, "bootargs", bootargs)
    if console == "pl011":
        _set(chosen, "stdout-path", "/pl011@%x" % PL011)
    if ramdisk:
        chosen.set_u64("linux,initrd-start", ramdisk[0])
        chosen.set_u64("linux,initrd-end", ramdisk[0] + ramdisk[1])
    _set(chosen, "rng-seed", bytes(SEED_SIZE))


def _cpus(root, count):
    cpus = _node(root, "cpus")
    _set(cpus, "#address-cells", 1)
    _set(cpus, "#size-cells", 0)
    for i in range(count):
        _node(cpus, "cpu@%x" % i, device_type="cpu", compatible="arm,armv8", reg=i,
              enable_method="psci")


def _gics(root, vcpus):
    for compatible, second, size in (("arm,cortex-a15-gic", GICC, 0x2000),
                                     ("arm,gic-v3", GICR, GICR_STRIDE * vcpus)):
        gic = _node(root, "interrupt-controller@%x" % GICD, compatible=compatible,
                    reg=_reg((GICD, 0x10000), (second, size)), interrupt_controller=True)
        _set(gic, "#interrupt-cells", 3)
        _set(gic, "#address-cells", 0)
        _set(gic, "phandle", PHANDLE_GIC)


def _clock(root, name, hertz, phandle):
    clock = _node(root, name, compatible="fixed-clock", clock_frequency=hertz)
    _set(clock, "#clock-cells", 0)
    _set(clock, "phandle", phandle)


def _dma_bus(root, device, phandle):
    bus = _node(root, device + "-dma-bus", compatible="simple-bus", ranges=True)
    _set(bus, "#address-cells", 2)
    _set(bus, "#size-cells", 2)
    _set(bus, "phandle", phandle)


def _pl011(root):
    _clock(root, "apb-pclk", 24000000, PHANDLE_APB)
    _node(root, "pl011@%x" % PL011, compatible="arm,pl011\0arm,primecell",
          reg=_reg((PL011, PAGE)), interrupts=(0, INTID_PL011 - 32, HIGH),
          clocks=(PHANDLE_APB, PHANDLE_APB), clock_names="uartclk\0apb_pclk")
    _node(root, "aliases", serial0="/pl011@%x" % PL011)


def bounce_pool(window_bank):
    """Bytes of a window bank that Linux gets for bouncing: a power of two (it rounds
    up to one), 0 where the bank is too small for a CMA pool beside it."""
    rest = window_bank[1] - CMA - SPARE
    return 1 << rest.bit_length() - 1 if rest >= 128 * SLAB else 0


def _pool(root, window_bank):
    """What a driver allocates for DMA comes out of the window bank."""
    if bounce_pool(window_bank):
        pools = _node(root, "reserved-memory", ranges=True)
        _set(pools, "#address-cells", 2)
        _set(pools, "#size-cells", 2)
        base = -(-window_bank[0] // CMA) * CMA
        cma = _node(pools, "linux,cma@%x" % base, compatible="shared-dma-pool", reusable=True,
                    reg=_reg((base, CMA)))
        _set(cma, "linux,cma-default", True)


def _register_pages(root, ports, window_bank):
    """virtio-mmio devices for stock Linux, whose DMA can't leave the window bank."""
    base, size = window_bank
    bus = _node(root, "pv-bus", compatible="simple-bus", ranges=True,
                dma_ranges=struct.pack(">3Q", base, base, size))
    _set(bus, "#address-cells", 2)
    _set(bus, "#size-cells", 2)
    for port in ports:
        at = REGISTER_PAGES + port * PAGE
        _node(bus, "virtio_mmio@%x" % at, compatible="virtio,mmio", reg=_reg((at, 0x200)),
              interrupts=(0, INTID_LINK - 32 + port, RISING), dma_coherent=True)


def _links(info, links):
    """A node for each port, in their order."""
    _set(info, "#address-cells", 1)
    _set(info, "#size-cells", 0)
    for port, link in enumerate(links):
        node = _node(info, "link@%x" % port, compatible="skerry,link", reg=port,
                     interrupts=(0, INTID_LINK - 32 + port, RISING))
        _set(node, "skerry,name", link.name)
        _set(node, "skerry,role", link.role)
        node.props.update(link.props)
        if link.volume is not None:
            volume = _node(node, "volume")
            _set(volume, "skerry,name", link.volume_name)
            volume.props.update(link.volume)


def _scmi(root, links):
    """Where Linux's SCMI agent (binding arm,scmi) learns what its virtio device has; it knows one
    such device."""
    for link in (link for link in links if link.role == "front"):
        protocols = [(number, cells) for number, cells, name in
                     ((0x11, "#power-domain-cells", "skerry,power-domains"),
                      (0x14, "#clock-cells", "skerry,clocks"))
                     if name in link.props or name + "-read-only" in link.props]
        if protocols:
            scmi = _node(_node(root, "firmware"), "scmi", compatible="arm,scmi-virtio")
            _set(scmi, "#address-cells", 1)
            _set(scmi, "#size-cells", 0)
            for number, cells in protocols:
                _set(_node(scmi, "protocol@%x" % number, reg=number), cells, 1)
            return


def generate(name, banks, vcpus, console, bootargs, ramdisk, clocks, links=(), window_bank=None,
             consoles=None):
    """The tree's bytes. ramdisk: (address, size) or None; clocks: [(device, hertz)]; links: by
    port, with name, role, props, volume and has_page; window_bank: (base, size) or None;
    consoles, for the guest that drives the console: (each guest's name, or "" where EL2 takes
    no output of it; the index of the one that gets the input first, or None)."""
    pages = [port for port, link in enumerate(links) if link.has_page]
    if pages:
        banks = [window_bank] + list(banks)
        if bounce_pool(window_bank) and "swiotlb=" not in (bootargs or ""):
            pool = "swiotlb=%d" % (bounce_pool(window_bank) // SLAB)
            bootargs = bootargs + " " + pool if bootargs else pool
    root = fdt.Node("")
    for key, value in (("#address-cells", 2), ("#size-cells", 2),
                       ("compatible", "linux,dummy-virt"), ("model", "skerry " + name),
                       ("interrupt-parent", PHANDLE_GIC)):
        _set(root, key, value)
    _chosen(root, bootargs, console, ramdisk)
    # an identity guest's has no place yet, so no address in its name
    _node(root, "memory@%x" % banks[0][0] if banks[0][0] else "memory", device_type="memory",
          reg=_reg(*banks))
    _cpus(root, vcpus)
    psci = _node(root, "psci", compatible="arm,psci-1.0\0arm,psci-0.2\0arm,psci", method="hvc")
    for key, value in (("cpu_suspend", PSCI_CPU_SUSPEND), ("cpu_off", PSCI_CPU_OFF),
                       ("cpu_on", PSCI_CPU_ON)):
        _set(psci, key, value)
    ppis = [cell for ppi in (13, INTID_PTIMER - 16, INTID_VTIMER - 16, 10)
            for cell in (1, ppi, HIGH)]
    _node(root, "timer", compatible="arm,armv8-timer", interrupts=ppis, always_on=True)
    _gics(root, vcpus)
    if console == "pl011":
        _pl011(root)
    info = _node(root, "skerry@%x" % INFO, compatible="skerry,info", reg=_reg((INFO, PAGE)),
                 interrupts=(0, INTID_EVENT - 32, RISING))
    if consoles:
        _set(info, "skerry,consoles", "\0".join(consoles[0]))
        if consoles[1] is not None:
            _set(info, "skerry,console-input", consoles[1])
    if links:
        _links(info, links)
        _scmi(root, links)
    if pages:
        _pool(root, window_bank)
        _register_pages(root, pages, window_bank)
    for i, (device, hertz) in enumerate(clocks):
        _clock(root, "clock-" + device, hertz, PHANDLE_CLOCK + i)
        _dma_bus(root, device, PHANDLE_BUS + i)
    return fdt.serialize(root)
