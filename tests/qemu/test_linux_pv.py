# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels, unmodified, on our back ends, through both skins: the register page with
stock virtio-mmio, and messages with the module of linux/ in split windows. Disks and
consoles; the network is test_net.py's."""

import re

from harness import Case, Run, check, command, guest, image, link, scratch, system

BOOTED = r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda$"
RESTART = 'on-crash = "restart"; restart-limit = <1010 600>;'
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
UART = "devices { uart { device = \"/pl011@9000000\"; }; };"
GOOD = "dmesg | grep -c 'I/O error\\|BUG:\\|WARNING:' | sed s/^/faults:/", "faults:0"


def driver(name, cpu, more, bootargs=""):
    text = guest(name, f"guests/drv_{name}.bin", [cpu],
                 more=f'service; bootargs = "{bootargs}"; {RESTART} {more}')
    return "".join(line + "\n" for line in text.splitlines()
                   if "identity" not in more or "\tmemory = " not in line)


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


def inside(run, name, sessions):
    """Each segment that the back end took was inside the window: none was refused."""
    counts = [tuple(map(int, m)) for m in
              re.findall(rf"link {name}: (\d+) segments, (\d+) chains refused", run.text)]
    check(len(counts) >= sessions and counts[-1][0] > 200, f"too few segments: {counts}")
    check(all(refused == 0 for _, refused in counts), f"segments outside the window: {counts}")


def root(log, skin, kernel, gic):
    """An ext4 root file system on a volume: written, and there again after a reboot."""
    path = scratch(f"pv-root-{skin}-{kernel}-{gic}.img")
    command(log, "scripts/mkdisk", path)
    text = system(driver("block", 0, BLOCK, "count-segments"), linux(skin, kernel),
                  top="console-input = <&linux>;",
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block",
                              HOW[skin] + 'volume = "root";')])
    with Run(log, image(log, f"pv-root-{skin}", text), "--gic", gic, "--disk", path) as run:
        run.expect(BOOTED, r"linux# ")
        ask(run, "cat /proc/partitions; mount | grep vda", r"vda$", r"/dev/vda on / type ext4 \(rw")
        ask(run, "for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/mnt/p$i bs=1M count=2 "
            "oflag=direct 2>/dev/null & done; wait; rm /mnt/p*; echo eight at once: $?",
            r"eight at once: 0")        # more than a window holds
        ask(run, "echo kept over a reboot >/mnt/file; dd if=/dev/urandom of=/mnt/many bs=1M "
            "count=8 2>/dev/null; md5sum </mnt/many >/mnt/sum; reboot", BOOTED)
        ask(run, "cat /mnt/file; md5sum </mnt/many | cmp - /mnt/sum && echo sum is right",
            r"^linux\| kept over a reboot", r"^linux\| sum is right")
        ask(run, "dmesg | grep -c 'EXT4-fs.*recovery' | sed s/^/recoveries:/", "recoveries:0")
        ask(run, *GOOD)
        run.type("poweroff", None)
        run.end(0)
        inside(run, "linux-root", 2)


def restarts(log, skin, kernel, lives, time):
    """drv_block dies at different steps while Linux writes, syncs and reads back: Linux sees
    time pass and nothing else, and the file system is whole afterwards."""
    path = scratch(f"pv-restarts-{skin}-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    deaths = f"die-at=200 die-add={7 if lives < 50 else 0} die-lives={lives}"
    text = system(driver("block", 0, BLOCK, deaths),
                  linux(skin, kernel), top="console-input = <&linux>;",
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block",
                              HOW[skin] + 'volume = "root";')])
    with Run(log, image(log, f"pv-restarts-{skin}", text), "--disk", path, limit=time) as run:
        run.expect(BOOTED, r"linux# ")
        ask(run, f"for i in $(seq {lives * 3}); do dd if=/dev/urandom of=/mnt/f bs=64k count=16 "
            "conv=fsync 2>/dev/null; md5sum </mnt/f >/tmp/sum; echo 3 >/proc/sys/vm/drop_caches; "
            "md5sum </mnt/f | cmp - /tmp/sum || echo round $i differs; done; echo rounds are over",
            r"^linux\| rounds are over$")
        ask(run, *GOOD)
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


def panics(log, skin, kernel, lives):
    """Linux dies while it writes: what it had synced is there in its next life."""
    path = scratch(f"pv-panics-{skin}-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    more = linux(skin, kernel, bootargs="root=/dev/vda panic=1").replace(
        "autostart;", f"autostart; {RESTART}")
    text = system(driver("block", 0, BLOCK, "count-segments"), more,
                  top="console-input = <&linux>;",
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block",
                              HOW[skin] + 'volume = "root";')])
    with Run(log, image(log, f"pv-panics-{skin}", text), "--disk", path) as run:
        for life in range(lives):
            run.expect(BOOTED, r"linux# ")
            ask(run, f"cat /mnt/life-{life - 1}; echo this was {life} >/mnt/life-{life}; sync",
                rf"^linux\| this was {life - 1}" if life else "")
            run.type("dd if=/dev/urandom of=/mnt/f bs=64k & usleep 300000; "
                     "echo c >/proc/sysrq-trigger", None)
        run.expect(BOOTED, r"linux# ")
        run.type("poweroff", None)
        run.end(0)
        inside(run, "linux-root", lives)
    check_root(log, path)


def reload(log, kernel):
    """The module goes and comes back while requests are under way, and while a console's writer
    waits for a back end that takes its time: no window is lost, and what a device had is
    there again."""
    path = scratch(f"pv-reload-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    slow = guest("rt", cpus=[3], more='service; bootargs = "quiet"; ' + RESTART)
    text = system(driver("block", 0, BLOCK), slow.replace("autostart;", ""),
                  linux(MESSAGE, kernel, bootargs="").replace("after", "control = <&rt>; after"),
                  top="console-input = <&linux>;",
                  volumes=['data { back = <&block>; partition = "data1"; };'],
                  links=[link("data", "block", "linux", "block", 'volume = "data";'),
                         link("records", "console", "linux", "rt")])
    with Run(log, image(log, "pv-reload", text), "--disk", path, "--cpus", 4) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        ask(run, "dd if=/dev/urandom of=/tmp/f bs=1M count=2 2>/dev/null; md5sum </tmp/f >/tmp/sum;"
            " dd if=/tmp/f of=/dev/vda bs=64k conv=fsync 2>/dev/null; echo written", "written$")
        ask(run, "skerryctl start rt", r"^linux\| rt: running")
        ask(run, "for i in 1 2 3 4 5; do until [ -c /dev/hvc0 ]; do usleep 10000; done; "
            "(dd if=/dev/vda of=/dev/null bs=64k 2>/dev/null) & "
            "(: >/tmp/open; while echo out; do :; done) >/dev/hvc0 2>/dev/null & "
            "until [ -e /tmp/open ]; do usleep 1000; done; rm /tmp/open; "
            "rmmod skerry; wait; [ -e /dev/vda ] && echo still there; "
            "insmod /lib/modules/$(uname -r)/skerry.ko; done; echo reloaded $((4 + 1)) times",
            r"^linux\| reloaded 5 times")
        ask(run, "dd if=/dev/vda bs=64k count=32 2>/dev/null | md5sum | cmp - /tmp/sum && "
            "echo same", r"^linux\| same")
        ask(run, "dmesg | grep -c 'BUG:\\|Oops:\\|WARNING:\\|does not ack' | sed s/^/faults:/",
            "faults:0")
        run.type("poweroff", None)
        run.end(0)
        run.absent(r"^linux\| still there")


def console(log, skin, kernel):
    """A login on hvc0, and kernel's messages there too: this guest has no other console."""
    node = linux(skin, kernel, bootargs="", after="console").replace("pl011", "none")
    text = system(driver("console", 0, UART).replace('"hypercall"', '"none"'),
                  node.replace("console=ttyAMA0", "console=hvc0"),
                  top="console-input = <&linux>; console-driver = <&console>;",
                  links=[link("tty", "console", "linux", "console",
                              HOW[skin] + 'label = "linux";')])
    with Run(log, image(log, f"pv-console-{skin}", text)) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        ask(run, "echo from the kernel >/dev/kmsg", r"^linux\| .*\] from the kernel")
        ask(run, "tty; for i in $(seq 200); do echo row $i of many; done",
            r"^linux\| /dev/hvc0", r"row 200 of")
        run.type("echo it is read; head -n 1 >/tmp/in; sed s/^/read:/ /tmp/in", None)
        run.expect(r"^linux\| it is read")
        run.type("what was typed", r"^linux\| read:what was typed")
        ask(run, *GOOD)
        run.count(r"^linux\| row \d+ of many$", 200)
        run.type("reboot", None)
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        run.type("poweroff", None)
        run.end(0)


def cases(soak):
    found = [Case(f"restarts-{skin}", restarts, weight=60, skin=skin, kernel=kernel,
                  limit=1800 if soak else 180, time=1700 if soak else 110,
                  lives=1000 if soak else 20)
             for skin, kernel in ((PAGE, "vmlinuz-6.12"), (MESSAGE, "vmlinuz"))]
    found += [Case(f"reload-{kernel}", reload, weight=20, kernel=kernel)
              for kernel in (["vmlinuz", "vmlinuz-6.12"] if soak else ["vmlinuz-6.12"])]
    found += [Case(f"panics-{skin}", panics, weight=40, skin=skin, kernel=kernel,
                   lives=10 if soak else 2, limit=600 if soak else 150)
              for skin, kernel in ((PAGE, "vmlinuz"), (MESSAGE, "vmlinuz-6.12"))]
    for skin in (PAGE, MESSAGE):
        for kernel, gic in (("vmlinuz", 2), ("vmlinuz-6.12", 3)):
            found.append(Case(f"root-{skin}-{kernel}", root, weight=30, skin=skin, kernel=kernel,
                              gic=gic))
        if soak:
            found.append(Case(f"console-{skin}", console, weight=25, skin=skin, kernel="vmlinuz"))
    return found
