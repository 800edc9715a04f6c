# SPDX-License-Identifier: BSD-2-Clause
"""Devices of the board given to Debian's kernel, unmodified: its own drivers find them
in the generated tree; a disk's DMA and interrupts work, in the next life too."""

import glob
import gzip
import hashlib
import os
import subprocess

from harness import WORK, Case, Run, Skip, cache, guest, image, need, system

MODULES = ["virtio_mmio", "virtio_blk"]
DISK_SIZE = 8 << 20
READ = "dd if=/dev/vda bs=1M iflag=direct"
DEVICES = """identity;
			memory-size = <0x0 0x10000000>;
			ramdisk = "%s";
			bootargs = "console=ttyAMA0";
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
				clock { device = "/pl031@9010000"; };
				pins { device = "/pl061@9030000"; };
			};"""


def disk_guest(initrd):
    text = guest("linux", "linux/vmlinuz", (1, 2), console="pl011", more=DEVICES % initrd)
    return "".join(line + "\n" for line in text.splitlines() if "memory = " not in line)


def initrd_with_modules(log):
    """The busybox initramfs and the modules that a virtio disk needs, as a second archive."""
    folder = os.path.join(WORK, "disk-modules")
    os.makedirs(folder, exist_ok=True)
    for module in MODULES:
        found = glob.glob(f"{cache('kernel/6.1/modules')}/**/{module}.ko", recursive=True)
        if not found:
            raise Skip(f"no {module}.ko in {cache('kernel/6.1/modules')}")
        with open(found[0], "rb") as f, open(os.path.join(folder, module + ".ko"), "wb") as to:
            to.write(f.read())
    archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=folder, check=True,
                             input="\n".join(m + ".ko" for m in MODULES).encode(),
                             stdout=subprocess.PIPE, stderr=log).stdout
    need("linux/initramfs.cpio.gz")
    build = os.path.dirname(WORK)
    with open(os.path.join(build, "linux/initramfs.cpio.gz"), "rb") as f:
        archive = f.read() + gzip.compress(archive, mtime=0)
    out = os.path.join(WORK, "disk.cpio.gz")
    with open(out, "wb") as f:
        f.write(archive)
    return out


def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def disk(log, gic):
    """All of a disk is read, a part written and read back; again after a reboot."""
    path = os.path.join(WORK, f"disk-gic{gic}.img")
    initrd = initrd_with_modules(log)
    with open(path, "wb") as f:
        f.write(bytes(range(251)) * (DISK_SIZE // 251) + bytes(DISK_SIZE % 251))
    with open(path, "rb") as f:
        digest = hashlib.md5(f.read(4 << 20)).hexdigest()
    text = system(disk_guest(initrd), guest("hello", more='bootargs = "echo"; service;'),
                  top="console-input = <&linux>;")
    qemu = ["-drive", f"if=none,id=disk,file={path},format=raw",
            "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31",
            "-global", "virtio-mmio.force-legacy=false"]
    with Run(log, image(log, f"disk-gic{gic}", text), "--gic", gic, qemu=qemu) as run:
        for life in (1, 2):
            run.expect(r"^linux\| Linux 6\.1\S+, 2 cpus", r"linux# ")
            ask(run, "".join(f"insmod /{m}.ko; " for m in MODULES) + "cat /proc/partitions",
                r"vda$")
            ask(run, f"{READ} count=4 | md5sum", rf"^linux\| {digest}")
            if life == 1:
                ask(run, "echo kept over a reboot | dd of=/dev/vda bs=1M seek=6 conv=sync "
                    "oflag=direct; echo written: $?", r"written: 0")
            ask(run, f"{READ} skip=6 count=1 | head -c 19", r"^linux\| kept over a reboot")
            ask(run, "grep virtio0 /proc/interrupts", r"GIC.* 79 Edge +virtio0")
            ask(run, "cat /sys/class/rtc/rtc0/name; ls /sys/bus/gpio/devices",
                r"^linux\| rtc-pl031", r"gpiochip")
            run.type("reboot" if life == 1 else "poweroff -f", None)
        run.end(0)


def cases(soak):
    return [Case(f"disk-gic{gic}", disk, weight=25, gic=gic)
            for gic in ((2, 3) if soak else (2,))]
