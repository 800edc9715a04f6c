# SPDX-License-Identifier: BSD-2-Clause
"""drv_net: guests on its switch, and the uplink to QEMU's user network."""

from harness import Case, Run, check, guest, image, link, system

RESTART = 'on-crash = "restart"; restart-limit = <50 600>; '
DEVICE = """identity;
			memory-size = <0x0 0x00400000>;
			devices {
				net {
					device = "/virtio_mmio@a002e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def station(name, arguments, cpu, more=""):
    return guest(name, "guests/nettest.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def driver(arguments="", device=DEVICE):
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


def restarts(log, gic, lives, first, add):
    """drv_net dies again and again; the stations go on, and what was lost is sent again."""
    text = system(driver(f"die-at={first} die-add={add} die-lives={lives}"),
                  station("a", "peer=2 count=3000 uplink", 1),
                  station("b", "echo", 2, "service;"),
                  links=[lan("a-lan", 1, "uplink;"), lan("b-lan", 2)])
    with Run(log, image(log, "net", text), "--gic", gic, "--cpus", 3, "--net", "user") as run:
        run.end(0)
        passed(run, "a", 2)
        run.count(r"^drv-net\| drv_net: dies, as its boot arguments ask for", lives)


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


def cases(soak):
    found = [Case(f"switch-gic{gic}", switch, gic=gic) for gic in (2, 3)]
    found += [Case("every-step-gic2", restarts, gic=2, lives=45, first=1, add=1),
              Case("under-load-gic3", restarts, gic=3, lives=20, first=300, add=7)]
    return found + [Case("alone", alone)]
