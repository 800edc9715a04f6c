# SPDX-License-Identifier: BSD-2-Clause
"""Links between guests, and our virtio drivers against foreign devices."""

import os
import struct

from harness import WORK, Case, Run, check, guest, image, system

DISK_SECTORS = 8192
STAMP = 0x9E3779B97F4A7C15
FOREIGN = """identity;
			memory-size = <0x0 0x01000000>;
			bootargs = "foreign";
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
				net {
					device = "/virtio_mmio@a003c00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def stamped(sectors, salt=0):
    """Sectors that hold a number of theirs in each word, as guests/pvtest makes them."""
    return b"".join(struct.pack("<Q", (s * STAMP + salt) % 2**64) * 64 for s in sectors)


def passed(run, name, count):
    """Every test of this guest said ok."""
    failed = run.lines("FAILED")
    check(not failed, "; ".join(failed[:5]))
    run.count(rf"^{name}\| tests: {count} passed, 0 failed", 1)


def foreign(log, gic):
    """Our block and network drivers on QEMU's own devices."""
    path = os.path.join(WORK, f"foreign-gic{gic}.img")
    os.makedirs(WORK, exist_ok=True)
    with open(path, "wb") as f:
        f.write(stamped(range(DISK_SECTORS)))
    node = "".join(line + "\n" for line in guest("pvtest", more=FOREIGN).splitlines()
                   if "memory = " not in line)
    qemu = ["-drive", f"if=none,id=disk,file={path},format=raw",
            "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31",
            "-netdev", "user,id=net,restrict=on",
            "-device", "virtio-net-device,netdev=net,bus=virtio-mmio-bus.30",
            "-global", "virtio-mmio.force-legacy=false"]
    with Run(log, image(log, "foreign", system(node)), "--gic", gic, qemu=qemu) as run:
        run.end(0)
        passed(run, "pvtest", 4)
    with open(path, "rb") as f:
        check(f.read(256 * 512) == stamped(range(256), 77), "what was written is on the disk")
        check(f.read() == stamped(range(256, DISK_SECTORS)), "and nothing else was")


def cases(soak):
    return [Case(f"foreign-gic{gic}", foreign, gic=gic) for gic in (2, 3)]
