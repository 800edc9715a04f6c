# SPDX-License-Identifier: BSD-2-Clause
"""drv_net: guests on its switch, and the uplink to QEMU's user network."""

import hashlib
import os

from harness import (NET_DEVICE, Case, Run, check, file_server, guest, image, link, scratch,
                     system)

RESTART = 'on-crash = "restart"; restart-limit = <5000 600>; '


def station(name, arguments, cpu, more=""):
    return guest(name, "guests/nettest.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def driver(arguments="", device=NET_DEVICE):
    node = guest("drv-net", "guests/drv_net.bin", [0],
                 more=f'bootargs = "{arguments}"; service; {RESTART} {device}')
    if "identity" in device:
        node = "".join(l + "\n" for l in node.splitlines() if "memory = " not in l)
    return node.replace("drv-net: drv-net", "net: drv-net")


def lan(name, number, more=""):
    return link(name, "net", name.split("-")[0], "net",
                f"mac = [02 00 00 00 00 {number:02x}]; {more}")


def passed(run, name, ok):
    failed = run.lines("FAILED")
    check(not failed, "; ".join(failed[:5]))
    run.count(rf"^{name}\| tests: {ok} passed, 0 failed", 1)


def switch(log, gic):
    """Two stations and a third one that is isolated; forged frames; the uplink."""
    text = system(driver(), station("a", "peer=2 count=600 answers=1 forge uplink", 1),
                  station("b", "echo", 2, "service;"),
                  station("c", "deaf=2 uplink", 3),
                  links=[lan("a-lan", 1, "uplink;"), lan("b-lan", 2),
                         lan("c-lan", 3, "uplink; isolated;")])
    with Run(log, image(log, "net", text), "--gic", gic, "--cpus", 4, "--net", "user") as run:
        run.end(0)
        passed(run, "a", 4)
        passed(run, "c", 2)
        run.count(r"drv_net: link a-lan: sends from a MAC that is not its own: dropped", 1)


def restarts(log, gic, lives, first, add, count=3000, patience=100):
    """drv_net dies again and again; the stations go on, and what was lost is sent again."""
    text = system(driver(f"die-at={first} die-add={add} die-lives={lives}"),
                  station("a", f"peer=2 count={count} uplink", 1),
                  station("b", "echo", 2, "service;"),
                  links=[lan("a-lan", 1, "uplink;"), lan("b-lan", 2)])
    with Run(log, image(log, "net", text), "--gic", gic, "--cpus", 3, "--net", "user",
             limit=patience) as run:
        run.end(0)
        passed(run, "a", 2)
        run.count(r"^drv-net\| drv_net: dies, as its boot arguments ask for", lives)


def together(log, gic):
    """Front ends die under load, at times while drv_net is down too; windows are zeroed and
    all come up again. The echo dies of its own count of frames."""
    text = system(driver("die-at=500 die-add=11 die-lives=10"),
                  station("a", "peer=2 count=600 die=150 lives=6", 1, RESTART),
                  station("b", "echo die=333 lives=4", 2, "service; " + RESTART),
                  links=[lan("a-lan", 1, "uplink;"), lan("b-lan", 2)])
    with Run(log, image(log, "net", text), "--gic", gic, "--cpus", 3, "--net", "user") as run:
        run.end(0)
        passed(run, "a", 1)
        run.count(r"^a\| nettest: dies", 6)
        run.count(r"^b\| nettest: dies", 4)
        run.count(r"^drv-net\| drv_net: dies, as its boot arguments ask for", 10)
        run.absent("does not let go")


def hostile(log, gic):
    """A front end that breaks the rules in each way loses its own device, each time, and gets
    it back; the others' frames go on, and drv_net lives."""
    text = system(driver(), station("a", "peer=2 count=3000 uplink", 1),
                  station("b", "echo", 2, "service;"),
                  station("evil", "hostile peer=2 count=20", 3),
                  links=[lan("a-lan", 1, "uplink;"), lan("b-lan", 2), lan("evil-lan", 3)])
    with Run(log, image(log, "net", text), "--gic", gic, "--cpus", 4, "--net", "user") as run:
        run.end(0)
        passed(run, "a", 2)
        passed(run, "evil", 2)
        run.count(r"^evil\| nettest: 16 breaches of the rules", 1)
        run.count(r"^drv-net\| drv_net: link a-lan", 1)


def alone(log):
    """Without a device there is no uplink; the stations talk all the same, at their rate."""
    text = system(driver(device=""), station("a", "peer=2 count=300 answers=1", 1),
                  station("b", "echo", 2, "service;"),
                  links=[lan("a-lan", 1, "uplink; rate-limit-kbps = <20000>;"),
                         lan("b-lan", 2)])
    with Run(log, image(log, "net", text), "--cpus", 3) as run:
        run.expect(r"link a-lan: 02:00:00:00:00:01, uplink, 20000 kbit/s",
                   r"link a-lan: there is no uplink")
        run.end(0)
        passed(run, "a", 2)


def linux(name, skin, kernel, cpu, more=""):
    window = "window-bank = <0x0 0x40000000 0x0 0x02600000>; " if skin == "page" else ""
    return guest(name, f"linux/{kernel}", [cpu], 192, 0x80000000, console="pl011",
                 more='ramdisk = "linux/initramfs.cpio.gz"; bootargs = "console=ttyAMA0"; '
                 f'{window}{more}after = <&net>;')


def web(log, skin, kernel, gic, lives=0):
    """Stock Linux on the switch: an address by DHCP, a file over TCP through the uplink, and
    the same file from one guest to the other."""
    folder = scratch(f"web-{skin}-{kernel}-{gic}")
    os.makedirs(folder, exist_ok=True)
    data = hashlib.sha512(b"web").digest() * 65536      # 4 MiB
    with open(os.path.join(folder, "file"), "wb") as f:
        f.write(data)
    total = hashlib.md5(data).hexdigest()
    how = "" if skin == "message" else 'transport = "register-page"; window = "shared"; '
    deaths = f"die-at=800 die-add=5 die-lives={lives}" if lives else ""
    text = system(driver(deaths),
                  linux("one", skin, kernel, 1, "service; "),
                  linux("two", skin, kernel, 2),
                  links=[lan("one-lan", 1, how + "uplink;"), lan("two-lan", 2, how + "uplink;")],
                  top="console-input = <&one>;")
    with file_server(folder) as port, \
            Run(log, image(log, f"web-{skin}", text), "--gic", gic, "--cpus", 3, "--net", "user",
                limit=280) as run:
        run.expect(r"^one\| Linux 6", r"linux# ")
        run.type("until ip addr show eth0 | grep 'inet 10.0.2'; do sleep 1; done", None)
        own = run.expect(r"inet (10\.0\.2\.\d+)/24").group(1)
        run.expect("linux# ")
        run.type(f"wget -q -O /tmp/file http://10.0.2.2:{port}/file; md5sum /tmp/file", None)
        run.expect(rf"^one\| {total}", "linux# ")
        run.type("httpd -p 80 -h /tmp; echo serving", None)
        run.expect(r"^one\| serving", "linux# ")
        run.send("\x1dn")
        run.type("until ip addr show eth0 | grep 'inet 10.0.2'; do sleep 1; done", None)
        run.expect(r"two\|.*inet 10\.0\.2\.")
        run.type(f"wget -q -O - http://{own}/file | md5sum", None)
        run.expect(rf"^two\| {total}")
        run.type("cat /proc/net/dev | grep eth0; poweroff", None)
        run.end(0)
        run.count(r"^drv-net\| drv_net: dies, as its boot arguments ask for", lives)


def cases(soak):
    found = [Case(f"switch-gic{gic}", switch, gic=gic) for gic in (2, 3)]
    found += [Case("every-step-gic2", restarts, gic=2, lives=45, first=1, add=1),
              Case("under-load-gic3", restarts, gic=3, lives=20, first=300, add=7)]
    if soak:
        found.append(Case("thousand-gic3", restarts, gic=3, lives=1000, first=100, add=0,
                          count=20000, patience=550, limit=600, weight=300))
    webs = [("message", "vmlinuz", 3, 0), ("page", "vmlinuz-6.12", 2, 5)]
    if soak:
        webs += [("message", "vmlinuz-6.12", 2, 20), ("page", "vmlinuz", 3, 20)]
    for skin, kernel, gic, lives in webs:
        found.append(Case(f"web-{skin}-{kernel}", web, skin=skin, kernel=kernel, gic=gic,
                          lives=lives, limit=300, weight=30))
    found += [Case(f"together-gic{gic}", together, gic=gic) for gic in ((2, 3) if soak else (2,))]
    found += [Case(f"hostile-gic{gic}", hostile, gic=gic) for gic in ((2, 3) if soak else (3,))]
    return found + [Case("alone", alone)]
