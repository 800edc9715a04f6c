# SPDX-License-Identifier: BSD-2-Clause
"""Devices of the board given to Debian's kernel, unmodified: its own drivers find them
in the generated tree; a disk's DMA and interrupts work, in the next life too."""

import hashlib

from harness import Case, Run, command, guest, image, scratch, system

DISK_SIZE = 8 << 20
READ = "dd if=/dev/vda bs=1M iflag=direct"
DEVICES = """identity;
			memory-size = <0x0 0x10000000>;
			ramdisk = "linux/initramfs.cpio.gz";
			bootargs = "console=ttyAMA0 %s";
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
				clock { device = "/pl031@9010000"; };
				pins { device = "/pl061@9030000"; };
			};"""


def disk_guest(kernel="vmlinuz", bootargs=""):
    text = guest("linux", f"linux/{kernel}", (1, 2), console="pl011", more=DEVICES % bootargs)
    return "".join(line + "\n" for line in text.splitlines() if "memory = " not in line)


def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def disk(log, gic):
    """All of a disk is read, a part written and read back; again after a reboot."""
    path = scratch(f"disk-gic{gic}.img")
    with open(path, "wb") as f:
        f.write(bytes(range(251)) * (DISK_SIZE // 251) + bytes(DISK_SIZE % 251))
    with open(path, "rb") as f:
        digest = hashlib.md5(f.read(4 << 20)).hexdigest()
    text = system(disk_guest(), guest("hello", more='bootargs = "echo"; service;'),
                  top="console-input = <&linux>;")
    with Run(log, image(log, f"disk-gic{gic}", text), "--gic", gic, "--disk", path) as run:
        for life in (1, 2):
            run.expect(r"^linux\| Linux 6\.1\S+, 2 cpus", r"linux# ")
            ask(run, "cat /proc/partitions", r"vda$")
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


def root(log, kernel):
    """The root file system of `make disk` on an assigned disk: written, and there again,
    cleanly unmounted, in the next life."""
    path = scratch(f"root-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    text = system(disk_guest(kernel, "root=/dev/vda1"),
                  top="console-input = <&linux>;")
    with Run(log, image(log, f"root-{kernel}", text), "--disk", path) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda1$", r"linux# ")
        ask(run, "echo kept over a reboot >/mnt/file; dd if=/dev/urandom of=/mnt/many bs=1M "
            "count=4 2>/dev/null; md5sum </mnt/many >/mnt/sum; reboot",
            r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda1$")
        ask(run, "cat /mnt/file; md5sum </mnt/many | cmp - /mnt/sum && echo sum is right",
            r"^linux\| kept over a reboot", r"^linux\| sum is right")
        ask(run, "dmesg | grep -c 'EXT4-fs.*recovery' | sed s/^/recoveries:/", "recoveries:0")
        run.type("poweroff", None)
        run.end(0)


def no_root(log):
    """A root that does not come, or is no file system, ends in the initramfs's shell, named."""
    path = scratch("no-root.img")
    with open(path, "wb") as f:
        f.truncate(1 << 20)
    text = system(disk_guest(bootargs="root=/dev/vda"), top="console-input = <&linux>;")
    with Run(log, image(log, "no-root", text), "--disk", path + ",ro") as run:
        run.expect(r"init: /dev/vda can't be mounted as ext4", r"linux# ")
        ask(run, "cat /sys/block/vda/ro", r"^linux\| 1$")
        run.type("poweroff -f", None)
        run.end(0)


def cases(soak):
    found = [Case(f"disk-gic{gic}", disk, weight=25, gic=gic) for gic in ((2, 3) if soak else (2,))]
    found += [Case(f"root-{kernel}", root, weight=25, kernel=kernel)
              for kernel in ("vmlinuz", "vmlinuz-6.12")]
    return found + [Case("no-root", no_root, weight=10)]
