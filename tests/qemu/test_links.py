# SPDX-License-Identifier: BSD-2-Clause
"""Links between guests, and our virtio drivers against foreign devices."""

import os
import struct

from harness import WORK, Case, Run, check, guest, image, link, system

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


def pvtest(name, arguments, cpu, more=""):
    return guest(name, "guests/pvtest.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def links_text(tester="tester", servant="servant"):
    """A tester and its servant. A link of a third guest makes their ports differ."""
    restart = 'on-crash = "restart"; restart-limit = <20 600>;'
    return system(pvtest("tester", tester, 0, restart),
                  pvtest("servant", servant, 1, restart + " service;"),
                  pvtest("other", "idle", 2, "service;"),
                  links=[link("ctl", "shared-memory", "tester", "servant"),
                         link("by", "block", "other", "servant"),
                         link("device", "block", "tester", "servant"),
                         link("reverse", "console", "servant", "tester")])


def contract(log, gic, skerry="skerry.bin"):
    """What links, messages, events and restarts promise, from both ends."""
    with Run(log, image(log, "links", links_text()), "--gic", gic, "--cpus", 3,
             skerry=skerry) as run:
        run.expect(r"^tester\| tester: life 1")
        run.end(0)
        failed = run.lines("FAILED")
        check(not failed, "; ".join(failed[:5]))
        run.count(r"^tester\| tests: 15 passed, 0 failed", 1)
        run.count(r"^tester\| tests: 5 passed, 0 failed", 3)


def stubborn(log, gic):
    """A back end that does not acknowledge that its front end is down is restarted."""
    text = links_text("tester stubborn lives=2", "servant stubborn")
    with Run(log, image(log, "stubborn", text), "--gic", gic, "--cpus", 3) as run:
        run.expect(r"^tester\| tests: 15 passed, 0 failed")
        run.expect(r"^skerry: servant crashed at [\d.]+ s: it does not let go of link ctl",
                   r"^tester\| tester: life 2", r"^tester\| tests: 5 passed, 0 failed")
        run.end(0)
        run.count(r"^skerry: servant crashed at", 1)
        run.count(r"^servant\| servant: life 5", 1)


def faults_text(load="", serve=""):
    restart = 'on-crash = "restart"; restart-limit = <2000 600>;'
    return system(pvtest("load", "load " + load, 0, restart),
                  pvtest("serve", "serve " + serve, 1, restart + " service;"),
                  links=[link("tty", "console", "load", "serve"),
                         link("disk", "block", "load", "serve")])


def faults(log, gic, load="", serve="", crashes=(0, 0), skerry="skerry.bin"):
    """Either end or both die at each of their steps, a step later in each life; the
    front end's last life sees all of its requests done."""
    with Run(log, image(log, "faults", faults_text(load, serve)), "--gic", gic, "--cpus", 2,
             limit=280, skerry=skerry) as run:
        run.expect(r"^load\| load: \d+ requests, \d+ breaks, ok")
        run.end(0)
        run.absent("FAILED")
        run.count(r"^skerry: load crashed", crashes[0])
        run.count(r"^skerry: serve crashed", crashes[1], crashes[1] + (crashes[0] and 3))


def flooded(log, gic):
    """Front ends whose events never end keep their back end from hearing no other: that one dies
    at each of its steps, and the back end lets go each time."""
    restart = 'on-crash = "restart"; restart-limit = <2000 600>;'
    floods = [f"flood{i}" for i in range(4)]
    text = system(pvtest("load", "load rounds=3 " + dying(10), 0, restart),
                  pvtest("serve", "serve", 1, "service;"),
                  *(pvtest(name, "flood", 2 + i, "service; after = <&serve>;")
                    for i, name in enumerate(floods)),
                  links=[*(link("from-" + name, "block", name, "serve") for name in floods),
                         link("tty", "console", "load", "serve"),
                         link("disk", "block", "load", "serve")])
    with Run(log, image(log, "links-flooded", text), "--gic", gic, "--cpus", 6,
             "--icount") as run:
        run.expect(r"^load\| load: \d+ requests, \d+ breaks, ok")
        run.end(0)
        run.absent("FAILED")
        run.absent("serve crashed")
        run.count(r"^skerry: load crashed", 10)


def attacked(log, gic, is_exact):
    """Two hostile front ends; a third one of the same back end and a victim go on. Exact: in
    instructions' time. Else all at once, and the back end may be restarted: the second in which
    it has to let go of a link is the board's, and a busy host may keep its core for longer."""
    restart = 'on-crash = "restart"; restart-limit = <20 600>;'
    rounds, scale = (120, 100) if is_exact else (40, 20)
    text = system(pvtest("load", f"load rounds={rounds}", 0),
                  pvtest("serve", "serve", 1, "service; " +
                         ('on-crash = "stop";' if is_exact else restart)),
                  guest("attacker", cpus=[2, 3], more=f'bootargs = "from=56 scale={scale}"; '
                        'on-crash = "stop"; after = <&serve>;'),
                  guest("second", "guests/attacker.bin", [4], more='bootargs = "from=57 '
                        f'scale={scale}"; on-crash = "stop"; after = <&serve>;'),
                  guest("victim", cpus=[5], more='bootargs = "beats=1000000 every=100"; service;'),
                  links=[link("tty", "console", "load", "serve"),
                         link("disk", "block", "load", "serve"),
                         link("bad", "block", "attacker", "serve"),
                         link("worse", "block", "second", "serve")])
    with Run(log, image(log, "links-attacked", text), "--gic", gic, "--cpus", 6,
             *(["--icount"] if is_exact else [])) as run:
        run.end(0)
        run.absent("FAILED")
        run.absent("crashed" if is_exact else
                   r"crashed(?! at [\d.]+ s: it does not let go of link (tty|disk|bad|worse)$)")
        run.count(r"^attacker\| attacker: 9 cases, 0 failed", 1)
        run.count(r"^second\| attacker: 8 cases, 0 failed", 1)
        run.count(r"^load\| load: \d+ requests, 0 breaks, ok", 1)


def dying(steps, first=1):
    return f"die-at={first} die-lives={steps} die-add=1"


def cases(soak):
    return [Case(f"foreign-gic{gic}", foreign, gic=gic) for gic in (2, 3)] + \
        [Case(f"contract-gic{gic}", contract, gic=gic) for gic in (2, 3)] + \
        [Case(f"load-gic{gic}", faults, gic=gic) for gic in (2, 3)] + \
        [Case(f"serve-dies-gic{gic}", faults, gic=gic, load="rounds=60", serve=dying(100),
              crashes=(0, 100)) for gic in (2, 3)] + \
        [Case("load-dies", faults, gic=2, load="rounds=3 " + dying(60), crashes=(60, 0)),
         Case("both-die", faults, gic=3, load="rounds=20 " + dying(40, 30),
              serve=dying(60, 20), crashes=(40, 60), skerry="debug/skerry.bin"),
         Case("back-end-lies", faults, gic=3, load="rounds=30 broken", serve="lies=37"),
         Case("front-end-hostile", faults, gic=2, load="rounds=24 hostile")] + \
        [Case(f"attacked-gic{gic}", attacked, gic=gic, is_exact=True) for gic in (2, 3)] + \
        [Case(f"flooded-gic{gic}", flooded, gic=gic) for gic in (2, 3)] + \
        [Case("attacked-at-once", attacked, gic=3, is_exact=False)] + \
        [Case(f"thousand-deaths-gic{gic}", faults, limit=300, weight=100, gic=gic,
              load="rounds=4500", serve="die-at=7 die-lives=1000 die-add=1",
              crashes=(0, 1000)) for gic in (2, 3) if soak] + \
        [Case("contract-oracle", contract, gic=2, skerry="debug/skerry.bin")] + \
        [Case(f"stubborn-gic{gic}", stubborn, gic=gic) for gic in (2, 3)]
