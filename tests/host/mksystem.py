#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mksystem writes: where segments go, what they carry, and the merged tree.

Makes the good descriptions' images and reads the annotated description and the
FIT's data back.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "scripts/mksystem.d"), os.path.join(ROOT, "tests/host")]
import descriptions     # noqa: E402
import fdt              # noqa: E402
import tree             # noqa: E402


def u64(node, name):
    high, low = node.cells(name)
    return high << 32 | low


class Made:
    """One system image, taken apart."""

    def __init__(self, folder, name):
        out = os.path.join(folder, name + ".itb")
        subprocess.run([descriptions.MKSYSTEM, os.path.join(ROOT, "tests/good", name + ".dts"),
                        "-I", folder, "-o", out], check=True)
        with open(out, "rb") as f:
            self.bytes = f.read()
        self.fit, _ = fdt.parse(self.bytes)
        self.images = self.fit.child("images")
        self.system, _ = fdt.parse(self.data("description"))

    def data(self, name):
        node = self.images.child(name)
        start = (int.from_bytes(self.bytes[4:8], "big") + 3 & ~3) + node.cells("data-offset")[0]
        return self.bytes[start:start + node.cells("data-size")[0]]

    def guest(self, name):
        return self.system.child("guests").child(name)

    def segment(self, guest, name):
        """(address, bytes), its size and CRC checked."""
        node = self.guest(guest).child("segments").child(name)
        data = self.data(node.string("data"))
        assert u64(node, "size") == len(data)
        assert node.cells("crc32")[0] == zlib.crc32(data)
        return u64(node, "address"), data

    def tree(self, guest):
        """The guest's tree, read."""
        return fdt.parse(self.segment(guest, "tree")[1])[0]


class Mksystem(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="mksystem")
        descriptions.make_files(cls.temporary.name)
        cls.everything = Made(cls.temporary.name, "everything")
        cls.own = Made(cls.temporary.name, "own-tree")
        cls.u_boot = Made(cls.temporary.name, "u-boot")
        cls.links = Made(cls.temporary.name, "links")
        cls.pins = Made(cls.temporary.name, "pins")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_elf_segments_go_to_their_physical_addresses(self):
        whole = descriptions.elf()
        self.assertEqual(self.everything.segment("rt", "s0"), (0x40200000, whole[0x1000:0x2000]))
        self.assertEqual(self.everything.segment("rt", "s1"), (0x40201000, whole[0x2000:0x2100]))
        self.assertEqual(u64(self.everything.guest("rt"), "entry"), 0x40200000)

    def test_a_compressed_image_is_unpacked_and_its_ramdisk_is_above_its_bss(self):
        guest = self.everything.guest("linux")
        self.assertEqual(self.everything.segment("linux", "s0"),
                         (0x80000000, descriptions.image()))
        self.assertEqual(u64(guest, "entry"), 0x80000000)
        chosen = self.everything.tree("linux").child("chosen")
        self.assertEqual(u64(chosen, "linux,initrd-start"), 0x80008000)
        self.assertEqual(u64(chosen, "linux,initrd-end"), 0x80308000)
        self.assertEqual(self.everything.segment("linux", "s1"), (0x80008000, bytes(0x300000)))

    def test_an_identity_guest_has_addresses_from_0(self):
        self.assertEqual(self.everything.segment("driver", "s0")[0], 0)
        self.assertEqual(u64(self.everything.guest("driver"), "entry"), 0)

    def test_a_raw_image_goes_to_its_load_address(self):
        self.assertEqual(self.u_boot.segment("u-boot", "s0")[0], 0x40400000)
        self.assertEqual(u64(self.u_boot.guest("u-boot"), "entry"), 0x40400000)

    def test_an_image_of_three_guests_is_stored_once(self):
        names = [self.own.guest(g).child("segments").child("s0").string("data")
                 for g in ("one", "two", "three")]
        self.assertEqual(names, ["good.img"] * 3)
        self.assertEqual([n.name for n in self.own.images.children],
                         ["system", "description", "good.img",
                          "raw.bin", "gicv3.dts", "two-tree", "three-tree"])

    def test_a_generated_tree_says_what_the_description_does(self):
        tree = self.everything.tree("linux")
        self.assertEqual(tree.string("model"), "skerry linux")
        self.assertEqual(tree.child("memory@80000000").cells("reg"),
                         (0, 0x80000000, 0, 0x10000000, 1, 0, 0, 0x200000))
        self.assertEqual([n.name for n in tree.child("cpus").children], ["cpu@0", "cpu@1"])
        self.assertEqual(tree.child("chosen").string("bootargs"), "console=ttyAMA0")
        self.assertEqual(tree.child("chosen").string("stdout-path"), "/pl011@9000000")
        self.assertEqual(tree.child("chosen").props["rng-seed"], bytes(32))
        self.assertEqual([n.string("compatible") for n in tree.children
                          if n.has("interrupt-controller")],
                         ["arm,cortex-a15-gic", "arm,gic-v3"])
        self.assertEqual(self.everything.segment("linux", "tree")[0], 0x8fe00000)

    def test_an_identity_guest_s_tree_counts_from_0_and_has_its_clocks(self):
        tree = self.everything.tree("driver")
        self.assertEqual(tree.child("memory").cells("reg"), (0, 0, 0, 0x400000))
        self.assertEqual([(n.name, n.cells("phandle")[0], n.cells("clock-frequency")[0])
                          for n in tree.children if n.string("compatible") == "fixed-clock"],
                         [("clock-disk", 0x10000010, 24000000),
                          ("clock-clock", 0x10000011, 0), ("clock-net", 0x10000012, 0)])
        self.assertIsNone(tree.child("pl011@9000000"))
        self.assertFalse(tree.child("chosen").has("bootargs"))      # empty: none, not refused

    def test_an_own_tree_gets_memory_arguments_and_ramdisk(self):
        self.assertEqual(self.own.segment("one", "tree")[0], 0x40e00000)
        tree = self.own.tree("one")
        memory = [n for n in tree.children if n.string("device_type") == "memory"]
        self.assertEqual([n.cells("reg") for n in memory], [(0, 0x40000000, 0, 0x1000000)])
        chosen = tree.child("chosen")
        self.assertEqual(chosen.string("bootargs"), "quiet")
        self.assertEqual(u64(chosen, "linux,initrd-start"),
                         self.own.segment("one", "s1")[0])
        self.assertEqual(u64(chosen, "linux,initrd-end") - u64(chosen, "linux,initrd-start"), 5000)
        self.assertIsNotNone(tree.child("interrupt-controller@8000000"))

    def ports(self, guest):
        """The nodes of a guest's links."""
        info = self.links.tree(guest).child("skerry@b000000")
        return [n for n in info.children if n.string("compatible") == "skerry,link"]

    def test_both_ends_of_a_link_have_a_node_each_by_port(self):
        names = {guest: [(n.name, n.string("skerry,name"), n.string("skerry,role"))
                         for n in self.ports(guest)] for guest in ("linux", "rt", "drivers")}
        self.assertEqual(names["linux"], [
            ("link@0", "linux-root", "front"), ("link@1", "linux-lan", "front"),
            ("link@2", "linux-tty", "front"), ("link@3", "records", "front"),
            ("link@4", "bell", "back")])
        self.assertEqual(names["rt"][0], ("link@0", "records", "back"))
        self.assertEqual(names["rt"][7], ("link@7", "bell", "front"))
        self.assertEqual([name for _, name, _ in names["drivers"]],
                         ["linux-root", "linux-lan", "linux-tty", "rt-raw", "rt-raw-too", "rt-log",
                          "rt-first", "rt-scratch", "rt-lan"])
        for guest in names:
            for port, node in enumerate(self.ports(guest)):
                self.assertEqual(node.cells("reg"), (port,))
                self.assertEqual(node.cells("interrupts"), (0, 257 + port, 1))

    def test_parameters_of_a_link_are_copied_to_both_ends_volumes_to_the_back_end(self):
        for guest in ("linux", "drivers"):
            lan, tty = self.ports(guest)[1:3]
            self.assertEqual(lan.props["mac"], bytes((2, 0, 0, 0, 0, 1)))
            self.assertTrue(lan.has("isolated") and lan.has("uplink"))
            self.assertEqual(lan.cells("rate-limit-kbps"), (10000,))
            self.assertEqual(tty.string("label"), "linux")
            self.assertEqual(tty.cells("colour") + tty.cells("rate-limit"), (2, 100000))
        volumes = [n.child("volume") for n in self.ports("drivers")]
        self.assertEqual(volumes[0].string("partition"), "root")
        self.assertEqual(volumes[3].cells("extent"), (0, 0x800, 0, 0x20000))
        self.assertTrue(volumes[3].has("read-only") and not volumes[0].has("read-only"))
        self.assertEqual((volumes[5].string("file"), volumes[5].string("fat-partition")),
                         ("logs/rt.img", "boot"))
        self.assertEqual(volumes[7].cells("ram-size"), (0, 0x100000))
        self.assertIsNone(volumes[1])
        self.assertFalse(any(n.child("volume") for n in self.ports("linux")))

    def test_rights_are_copied_to_both_ends_and_linux_s_scmi_agent_finds_its_protocols(self):
        for guest, port in (("rt", 0), ("drv-gpio", 0)):
            info = self.pins.tree(guest).child("skerry@b000000")
            nodes = [n for n in info.children if n.string("compatible") == "skerry,link"]
            self.assertEqual(nodes[port].cells("pins"), (0, 57))
        self.assertEqual([n.cells("skerry,clocks") for n in nodes][2], (2, 4))
        self.assertFalse(any(n.has("clocks") or n.has("power-domains") for n in nodes))
        for guest, wanted in (("rt", ["protocol@11", "protocol@14"]), ("linux", ["protocol@14"])):
            scmi = self.pins.tree(guest).child("firmware").child("scmi")
            self.assertEqual(scmi.string("compatible"), "arm,scmi-virtio")
            self.assertEqual([n.name for n in scmi.children], wanted)
            self.assertEqual(scmi.child("protocol@14").cells("#clock-cells"), (1,))
        self.assertIsNone(self.pins.tree("drv-gpio").child("firmware"))
        self.assertIsNone(self.links.tree("linux").child("firmware"))

    def test_register_pages_are_devices_whose_dma_stays_in_the_window_bank(self):
        tree = self.links.tree("linux")
        self.assertEqual(tree.child("memory@40000000").cells("reg"),
                         (0, 0x40000000, 0, 0x2600000, 0, 0x80000000, 0, 0x10000000))
        bus = tree.child("pv-bus")
        self.assertEqual(bus.cells("dma-ranges"), (0, 0x40000000) * 2 + (0, 0x2600000))
        self.assertEqual([n.name for n in bus.children],
                         ["virtio_mmio@a00%d000" % port for port in range(4)])
        for port, node in enumerate(bus.children):
            self.assertEqual(node.cells("reg"), (0, 0xa000000 + 0x1000 * port, 0, 0x200))
            self.assertEqual(node.cells("interrupts"), (0, 257 + port, 1))
            self.assertTrue(node.has("dma-coherent"))
        pool = tree.child("reserved-memory").child("linux,cma@40000000")
        self.assertEqual(pool.cells("reg"), (0, 0x40000000, 0, 0x400000))
        self.assertTrue(pool.has("linux,cma-default") and pool.has("reusable"))
        self.assertEqual(tree.child("chosen").string("bootargs"), "console=hvc0 swiotlb=16384")
        self.assertIsNone(self.links.tree("rt").child("pv-bus"))
        self.assertEqual(self.links.segment("linux", "s0")[0], 0x80000000)

    def test_bounce_buffers_fill_a_window_bank_by_powers_of_two(self):
        mib = 1 << 20
        for size, pool in ((38, 32), (37, 16), (22, 16), (21, 8), (8, 2), (7, 1), (6, 0), (1, 0)):
            self.assertEqual(tree.bounce_pool((0x40000000, size * mib)), pool * mib, size)

    def test_a_swiotlb_of_the_description_is_kept(self):
        end = type("End", (), {"name": "l", "role": "front", "props": {}, "volume": None,
                               "has_page": True})()
        for given, made in (("quiet swiotlb=512", "quiet swiotlb=512"),
                            (None, "swiotlb=16384"), ("", "swiotlb=16384")):
            root, _ = fdt.parse(tree.generate("g", [(0x80000000, 0x1000000)], 1, "none", given,
                                              None, [], [end], (0x40000000, 0x2600000)))
            self.assertEqual(root.child("chosen").string("bootargs"), made)

    def test_hashes_are_those_of_the_data(self):
        for node in self.everything.images.children:
            data = self.everything.data(node.name)
            hashes = {h.string("algo"): h.props["value"] for h in node.children}
            self.assertEqual(hashes["crc32"], zlib.crc32(data).to_bytes(4, "big"))
            self.assertEqual(hashes["sha256"], hashlib.sha256(data).digest())

    def test_data_is_aligned_and_the_file_padded(self):
        for node in self.everything.images.children:
            self.assertEqual(node.cells("data-offset")[0] % 0x1000, 0)
        self.assertEqual(int.from_bytes(self.everything.bytes[4:8], "big") % 0x1000, 0)
        self.assertEqual(self.everything.bytes[-16:], bytes(16))

    def test_a_tree_survives_reading_and_writing(self):
        root, reserved = fdt.parse(self.own.data("description"))
        self.assertEqual(fdt.serialize(root, reserved), self.own.data("description"))

    def test_a_damaged_tree_is_refused(self):
        data = self.own.data("description")
        for cut in range(0, len(data), 7):
            with self.assertRaises(fdt.TreeError):
                fdt.parse(data[:cut])


if __name__ == "__main__":
    unittest.main(verbosity=2)
