# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels, unmodified, on our back ends, through both skins: the register page with
stock virtio-mmio, and messages with the module of linux/ in split windows."""

from harness import Case, Run, command, guest, image, link, scratch, system

BOOTED = r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda$"
RESTART = 'on-crash = "restart"; restart-limit = <5000 600>;'
PAGE, MESSAGE = "page", "message"
HOW = {PAGE: 'transport = "register-page"; window = "shared"; ', MESSAGE: ""}
BLOCK = """identity;
			memory-size = <0x0 0x00800000>;
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def driver(name, cpu, more, bootargs=""):
    text = guest(name, f"guests/drv_{name}.bin", [cpu],
                 more=f'service; bootargs = "{bootargs}"; {RESTART} {more}')
    return "".join(line + "\n" for line in text.splitlines() if "\tmemory = " not in line)


def linux(skin, kernel, name="linux", cpus=(1, 2), bootargs="root=/dev/vda", after="block"):
    """A guest with memory at 2 GiB and, for register pages, a window bank below it."""
    window = "window-bank = <0x0 0x40000000 0x0 0x02600000>; " if skin == PAGE else ""
    return guest(name, f"linux/{kernel}", cpus, 256, 0x80000000, console="pl011",
                 more='ramdisk = "linux/initramfs.cpio.gz"; '
                 f'bootargs = "console=ttyAMA0 {bootargs}"; {window}after = <&{after}>;')


def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def root(log, skin, kernel, gic):
    """An ext4 root file system on a volume: written, and there again after a reboot."""
    path = scratch(f"pv-root-{skin}-{kernel}-{gic}.img")
    command(log, "scripts/mkdisk", path)
    text = system(driver("block", 0, BLOCK), linux(skin, kernel), top="console-input = <&linux>;",
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block",
                              HOW[skin] + 'volume = "root";')])
    with Run(log, image(log, f"pv-root-{skin}", text), "--gic", gic, "--disk", path) as run:
        run.expect(BOOTED, r"linux# ")
        ask(run, "cat /proc/partitions; mount | grep vda", r"vda$", r"/dev/vda on / type ext4 \(rw")
        ask(run, "echo kept over a reboot >/mnt/file; dd if=/dev/urandom of=/mnt/many bs=1M "
            "count=8 2>/dev/null; md5sum </mnt/many >/mnt/sum; reboot", BOOTED)
        ask(run, "cat /mnt/file; md5sum </mnt/many | cmp - /mnt/sum && echo sum is right",
            r"^linux\| kept over a reboot", r"^linux\| sum is right")
        ask(run, "dmesg | grep -c 'EXT4-fs.*recovery' | sed s/^/recoveries:/", "recoveries:0")
        ask(run, "dmesg | grep -c 'I/O error\\|BUG:\\|WARNING:' | sed s/^/faults:/", "faults:0")
        run.type("poweroff", None)
        run.end(0)


def restarts(log, skin, kernel, lives, time):
    """drv_block dies at different steps while Linux writes, syncs and reads back: Linux sees
    time pass and nothing else, and the file system is whole afterwards."""
    path = scratch(f"pv-restarts-{skin}-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    text = system(driver("block", 0, BLOCK, f"die-at=200 die-add={7 if lives < 50 else 0} die-lives={lives}"),
                  linux(skin, kernel), top="console-input = <&linux>;",
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block",
                              HOW[skin] + 'volume = "root";')])
    with Run(log, image(log, f"pv-restarts-{skin}", text), "--disk", path, limit=time) as run:
        run.expect(BOOTED, r"linux# ")
        ask(run, f"for i in $(seq {lives * 2}); do dd if=/dev/urandom of=/mnt/f bs=64k count=16 "
            "conv=fsync 2>/dev/null; md5sum </mnt/f >/tmp/sum; echo 3 >/proc/sys/vm/drop_caches; "
            "md5sum </mnt/f | cmp - /tmp/sum || echo round $i differs; done; echo rounds are over",
            r"^linux\| rounds are over$")
        ask(run, "dmesg | grep -c 'I/O error\\|BUG:\\|WARNING:' | sed s/^/faults:/", "faults:0")
        run.type("poweroff", None)
        run.end(0)
        run.count(r"^block\| drv_block: dies", lives)
        run.absent(r"^linux\| round .* differs")
    check_root(log, path)


def check_root(log, path):
    """The root partition's file system, seen by the host."""
    fs = path + ".fs"
    with open(path, "rb") as f, open(fs, "wb") as out:
        f.seek(1 << 20)
        out.write(f.read(128 << 20))
    command(log, "e2fsck", "-fn", fs)


def cases(soak):
    found = [Case(f"restarts-{skin}", restarts, weight=60, skin=skin, kernel=kernel,
                  limit=1800 if soak else 180, time=1700 if soak else 110,
                  lives=1000 if soak else 20)
             for skin, kernel in ((PAGE, "vmlinuz-6.12"), (MESSAGE, "vmlinuz"))]
    for skin in (PAGE, MESSAGE):
        for kernel, gic in (("vmlinuz", 2), ("vmlinuz-6.12", 3)):
            found.append(Case(f"root-{skin}-{kernel}", root, weight=30, skin=skin, kernel=kernel,
                              gic=gic))
    return found
