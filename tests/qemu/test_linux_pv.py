# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels, unmodified, on our back ends, through both skins: the register page with
stock virtio-mmio, and messages with the module of linux/ in split windows."""

import contextlib
import functools
import hashlib
import http.server
import os
import re
import threading

from harness import Case, Run, command, guest, image, link, scratch, system

BOOTED = r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda$"
RESTART = 'on-crash = "restart"; restart-limit = <1010 600>;'
PAGE, MESSAGE = "page", "message"
SKINS = (PAGE, MESSAGE)
HOW = {PAGE: 'transport = "register-page"; window = "shared"; ', MESSAGE: ""}
BLOCK = """identity;
			memory-size = <0x0 0x00800000>;
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""
NET = BLOCK.replace("disk {", "net {").replace("a003e00", "a002e00")
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
        ask(run, *GOOD)
        run.type("poweroff", None)
        run.end(0)


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
        ask(run, f"for i in $(seq {lives * 2}); do dd if=/dev/urandom of=/mnt/f bs=64k count=16 "
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


@contextlib.contextmanager
def served(name, size):
    """A file of random bytes, served on the test host: port, MD5."""
    folder = scratch("served-" + name)
    os.makedirs(folder, exist_ok=True)
    data = os.urandom(size)
    with open(os.path.join(folder, "file"), "wb") as f:
        f.write(data)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], hashlib.md5(data).hexdigest()
    finally:
        server.shutdown()
        thread.join()


def network(log, skin, gic):
    """Two Linuxes on drv_net's switch: addresses by DHCP through the uplink, a file over TCP
    from the test host, and the same file from one guest to the other."""
    text = system(driver("net", 0, NET),
                  linux(skin, "vmlinuz", "one", [1], "", "net"),
                  linux(skin, "vmlinuz-6.12", "two", [2], "", "net"),
                  top="console-input = <&one>;",
                  links=[link(f"{name}-lan", "net", name, "net", HOW[skin] + "uplink; "
                              f"mac = [02 00 00 00 00 {i:02x}];")
                         for i, name in ((1, "one"), (2, "two"))])
    lease = "until ip addr show eth0 | grep inet; do usleep 100000; done; ip route; " \
        "cat /etc/resolv.conf"
    with served(f"net-{skin}", 3 << 20) as (port, digest), \
         Run(log, image(log, f"pv-net-{skin}", text), "--gic", gic, "--net", "user") as run:
        run.expect(r"^one\| Linux 6.*", r"linux# ")
        ask(run, lease, r"inet 10\.0\.2\.1\d/24", r"default via 10\.0\.2\.2 ",
            r"nameserver 10\.0\.2\.3")
        ask(run, f"wget -q -O /tmp/file http://10.0.2.2:{port}/file; md5sum </tmp/file",
            rf"^one\| {digest}")
        ask(run, "httpd -h /tmp; ip addr show eth0 | sed -n 's@ *inet \\(.*\\)/.*@I am \\1@p'",
            r"I am 10")
        address = run.lines(r"I am 10\.0")[-1].split()[-1]
        if not re.search(r"^two\| Linux 6", run.text, re.M):
            run.expect(r"^two\| Linux 6")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to two")
        run.type("", r"^two\| linux# ")
        ask(run, lease, r"inet 10\.0\.2\.1\d/24")
        ask(run, f"wget -q -O /tmp/file http://{address}/file; md5sum </tmp/file",
            rf"^two\| {digest}")
        ask(run, *GOOD)
        run.type("poweroff -f", None)
        run.expect(r"^skerry: two: off")
        run.send("\x1dn\x1dn")          # the next one is drv_net
        run.expect(r"^skerry: the input goes to one")
        run.type("poweroff -f", None)
        run.end(0)


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
             for skin, kernel in ((PAGE, "vmlinuz-6.12"), (MESSAGE, "vmlinuz")) if skin in SKINS]
    for skin in SKINS:
        for kernel, gic in (("vmlinuz", 2), ("vmlinuz-6.12", 3)):
            found.append(Case(f"root-{skin}-{kernel}", root, weight=30, skin=skin, kernel=kernel,
                              gic=gic))
        found.append(Case(f"network-{skin}", network, weight=40, skin=skin, gic=3))
        found.append(Case(f"console-{skin}", console, weight=25, skin=skin, kernel="vmlinuz"))
    return found
