# SPDX-License-Identifier: BSD-2-Clause
"""One guest manages others: every operation on them and on itself, two managers at a time,
many lives with load on the peers, watchdogs, what a killed driver guest leaves."""

import json
import re
import socket
import time

from harness import Case, Run, check, guest, image, link, scratch, system

RESTART = 'on-crash = "restart"; restart-limit = <2000 600>;'


def ctl(name, arguments, cpus, more="", memory=16):
    return guest(name, "guests/ctltest.bin", cpus, memory, more=f'bootargs = "{arguments}"; {more}')


def manage(log, gic, skerry="skerry.bin", cores=range(7), top=""):
    """Each operation, rights, pause, statistics, start order, and oneself."""
    c = list(cores)
    text = system(ctl("manager", "manage", [c[0]], "control = <&a &beat &late &self>;"),
                  ctl("a", "target", [c[1]], "service;"),
                  ctl("beat", "target rings=100", c[2:4], "service;"),
                  ctl("late", "target", [c[4]], "service; after = <&a>;"),
                  ctl("self", "target self", [c[5]], "service; control = <&self>; " + RESTART),
                  ctl("free", "target", [c[6]], "service;"),
                  top=top,
                  links=[link("beat", "shared-memory", "beat", "manager")])
    with Run(log, image(log, "control", text), "--gic", gic, "--cpus", 7,
             limit=60, skerry=skerry) as run:
        run.end(0)
        check(not run.lines("FAILED"), "; ".join(run.lines("FAILED")[:5]))
        run.count(r"^manager\| tests: 6 passed, 0 failed", 1)
        run.count(r"^skerry: self: restart, asked for by self", 1)
        run.count(r"^skerry: self: crash, asked for by self", 1)
        run.count(r"^skerry: self crashed at [\d.]+ s: asked for by self", 1)
        run.count(r"^skerry: self: stop, asked for by self", 1)
        run.count(r"^self\| pauses: 0$", 1)
        run.count(r"^skerry: a crashed at [\d.]+ s: asked for by manager", 1)
        run.count(r"^skerry: free: [a-z]*, asked", 0)
        run.count(r"^free\| life 1", 1)
        run.count(r"^free\| life 2", 0)


def lives(log, gic, count):
    """A back end's many lives: stopped, started, restarted and crashed while a front end has
    work for it, each byte of which is checked; others' links go on, and know nothing of it."""
    pv = "guests/pvtest.bin"
    text = system(ctl("manager", f"churn=serve count={count}", [0], "control = <&serve>; service;"),
                  guest("serve", pv, [1], more='bootargs = "serve"; service;'),
                  guest("load", pv, [2], more=f'bootargs = "load rounds={count * 6}";'),
                  guest("far", pv, [3], more='bootargs = "serve"; service;'),
                  guest("near", pv, [4], more=f'bootargs = "load rounds={count}";'),
                  links=[link("tty", "console", "load", "serve"),
                         link("disk", "block", "load", "serve"),
                         link("tty2", "console", "near", "far"),
                         link("disk2", "block", "near", "far")])
    with Run(log, image(log, "lives", text), "--gic", gic, "--cpus", 5,
             limit=600 if count > 100 else 100) as run:
        run.end(0)
        run.absent("FAILED")
        run.count(rf"^manager\| churn: {count} turns, life {count + 1}, {count // 4} crashes, ok",
                  1)
        run.count(r"^load\| load: \d+ requests, \d+ breaks, ok", 1)
        run.count(r"^near\| load: \d+ requests, 0 breaks, ok", 1)
        run.count(r"^skerry: serve crashed", count // 4)
        run.count(r"^skerry: (load|near|far) crashed", 0)


def race(log, gic):
    """Two guests manage a third one: each operation is done or refused, and none is lost."""
    text = system(ctl("one", "race=a seed=11 count=300", [0], "control = <&a>; service;"),
                  ctl("two", "race=a seed=22 count=300 last", [1], "control = <&a>;"),
                  ctl("a", "target", [2, 3], "service;", 4))
    with Run(log, image(log, "race", text), "--gic", gic, "--cpus", 4, limit=90) as run:
        run.end(0)
        run.absent("FAILED")
        found = [re.search(r"race: (\d+) starts, (\d+) crashes, (\d+) busy", line)
                 for line in run.lines(r"\| race: \d+ starts")]
        check(len(found) == 2, "both must come through")
        starts, crashes, busy = (sum(int(f.group(i)) for f in found) for i in (1, 2, 3))
        end = re.search(r"race: at the end life (\d+), (\d+) crashes", run.text)
        check(end, "no last line")
        check(int(end.group(1)) == starts + 2, f"{starts} starts, life {end.group(1)}")
        check(int(end.group(2)) == crashes, f"{crashes} crashes, {end.group(2)} counted")
        check(starts > 3 and crashes > 0 and busy > 50, f"{starts} {crashes} {busy}")


def figures(log, gic, is_busy):
    """What rt says, and its exits by cause, by counted instructions."""
    churn = "churn=a count=40 down=3000 " if is_busy else ""
    text = system(ctl("manager", churn + "figures=rt", [0], "control = <&a &rt>;", 4),
                  guest("rt", cpus=[1], memory=4, more='bootargs = "seconds=1 quiet";'),
                  ctl("a", "target end=wfi", [2, 3], "service;", 4))
    with Run(log, image(log, f"figures-{is_busy}", text), "--icount", "--gic", gic, "--cpus", 4,
             limit=150) as run:
        run.end(0)
        run.absent("FAILED")
        if is_busy:
            run.count(r"^manager\| churn: 40 turns, life \d+, 10 crashes, ok", 1)
            check(run.text.index("churn: 40 turns") < run.text.index("rt: in all"),
                  "rt was done before the others' lives")
        beats = re.search(r"rt: in all: (\d+) beats.* missed (\d+)", run.text)
        exits = re.search(r"^manager\| rt: exits( [ \d]+)$", run.text, re.MULTILINE)
        check(beats and exits, "figures are missing")
        return beats.groups(), exits.group(1)


def neighbour(log, gic):
    """rt's periods, its missed deadlines (none) and its exits by cause are the same whether its
    neighbour stands still or is stopped, started, restarted and crashed 40 times."""
    quiet, busy = (figures(log, gic, is_busy) for is_busy in (False, True))
    check(quiet[0][1] == "0", f"rt has missed {quiet[0][1]} alone")
    check(quiet == busy, f"alone {quiet}, with a busy neighbour {busy}")


def monitor(path):
    """A function that asks QEMU by QMP."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    f = s.makefile("rw")
    f.readline()

    def ask(what, **arguments):
        f.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        f.flush()
        while True:
            answer = json.loads(f.readline())
            if "event" not in answer:
                check("return" in answer, str(answer))
                return
    ask("qmp_capabilities")
    return ask


def slow_disk(name, gic, arguments, quiesce):
    """drv_block with work on a disk of 100 requests a second: description and QEMU's options."""
    disk, control = (scratch(f"{name}-gic{gic}.{s}") for s in ("img", "qmp"))
    with open(disk, "wb") as f:
        f.truncate(4 << 20)
    block = guest("block", "guests/drv_block.bin", [0], more=f"""identity; service;
			memory-size = <0 0x00800000>;
			devices {{
				disk {{ device = "/virtio_mmio@a003e00"; quiesce = {quiesce}; }};
			}};""")
    block = "".join(line + "\n" for line in block.splitlines() if "\tmemory = " not in line)
    text = system(block, guest("a", "guests/blktest.bin", [1], more="service; "
                               'bootargs = "load=1000000";'),
                  ctl("manager", arguments, [2], "control = <&block>;"),
                  top="console-input = <&manager>;",
                  volumes=["\t\tvolume { back = <&block>; extent = <0 0 0 8192>; };\n"],
                  links=[link("l", "block", "a", "block", 'volume = "volume";')])
    return text, control, [
        "-drive", f"if=none,id=disk,file={disk},format=raw,throttling.iops-total=100",
        "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31",
        "-global", "virtio-mmio.force-legacy=false",
        "-qmp", f"unix:{control},server=on,wait=off"]


def killed(log, gic):
    """drv_block is stopped while its slow disk has requests: its memory is zero afterwards, and
    stays so; the next life takes up what was not done."""
    text, control, qemu = slow_disk("killed", gic, "kill=block count=4",
                                    "<0x70 4 0x0  0xff 0x0 1000>")
    dump = scratch(f"killed-gic{gic}.dump")
    with Run(log, image(log, "killed", text), "--gic", gic, "--cpus", 3, qemu=qemu) as run:
        at = run.expect(r"^  block .* 8 MiB at \w+ -> (\w+)")
        ask = monitor(control)
        for i in range(1, 5):
            run.expect(rf"^manager\| down {i}$")
            for wait in (0, 0.3):       # requests would come back within 0.3 s
                time.sleep(wait)
                ask("pmemsave", val=int(at.group(1), 16), size=8 << 20, filename=dump)
                with open(dump, "rb") as f:
                    check(not any(f.read()), f"death {i}: its memory is not zero")
            run.send("g")
        run.end(0)
        run.absent("FAILED")
        run.count(r"^manager\| kill: ok", 1)
        run.count("quarantined", 0)


def quarantined(log, gic):
    """A disk that does not stop as described: drv_block is quarantined, and so is who it served."""
    text, _, qemu = slow_disk("quarantined", gic, "kill=block quarantine",
                              "<0x70 4 0xf  0xff 0xee 1000>")
    with Run(log, image(log, "quarantined", text), "--gic", gic, "--cpus", 3, qemu=qemu) as run:
        run.expect(r"^skerry: block: disk did not stop within 1000 us: its memory is quarantined$",
                   r"^manager\| quarantined: 1 -18 -18 -18 -18 -18 -18$",
                   r"^skerry: end block=quarantined a=quarantined manager=off$")
        run.count(r"^skerry: \w+: \w+, asked for", 1)


RR = "schedule { core-0 { core = <0>; policy = \"rr\"; slice-us = <1000>; }; };"


TWO = "schedule { " + "".join(f'core-{i} {{ core = <{i}>; policy = "rr"; slice-us = <1000>; }}; '
                              for i in (0, 1)) + "};"


def watchdogs(log, gic, is_shared):
    """Guests that do not check in have crashed, whatever they do: spin, with interrupts masked
    too, sleep, or check in for a while; on cores of their own, or all on one.
    Who checks in lives, over a pause too; who ends its watchdog may go. By counted
    instructions: time is exact."""
    def dog(name, arguments, cpus):
        cpus = [0] * len(cpus) if is_shared else cpus
        return ctl(name, "target dog=20000 " + arguments, cpus, "service;", 4)
    text = system(ctl("manager", "watch", [0], "control = <&dogspin &dogmasked &dogwfi &doglate "
                      "&dogoff &dogfed>;"),
                  dog("dogspin", "end=spin", [1]), dog("dogmasked", "end=masked", [2]),
                  dog("dogwfi", "end=wfi", [3]), dog("doglate", "checks=20 end=wfi", [4]),
                  dog("dogoff", "checks=3 end=off", [5]), dog("dogfed", "checks=100000", [6]),
                  top=RR if is_shared else "")
    with Run(log, image(log, "watchdogs", text), "--icount", "--gic", gic, "--cpus", 7,
             limit=60) as run:
        run.end(3)
        run.absent("FAILED")
        run.count(r"^skerry: dog\w+ crashed at [\d.]+ s: watchdog: no check-in within 20000 us$",
                  4)
        run.count(r"^manager\| dog(spin|masked|wfi|late): crashed, ok", 4)
        run.count(r"^manager\| dogoff: off, ok", 1)
        run.count(r"^manager\| dogfed: runs, ok", 1)


def cases(soak):
    return [Case(f"manage-gic{gic}", manage, gic=gic) for gic in (2, 3)] + \
        [Case("manage-oracle", manage, gic=3, skerry="debug/skerry.bin")] + \
        [Case(f"manage-shared-gic{gic}", manage, gic=gic, cores=[0, 0, 0, 1, 1, 0, 1], top=TWO)
         for gic in (2, 3)] + \
        [Case("watchdogs-gic2", watchdogs, gic=2, is_shared=False),
         Case("watchdogs-gic3", watchdogs, gic=3, is_shared=False),
         Case("watchdogs-shared-gic2", watchdogs, gic=2, is_shared=True),
         Case("watchdogs-shared-gic3", watchdogs, gic=3, is_shared=True)] + \
        [Case(f"neighbour-gic{gic}", neighbour, limit=320, weight=30, gic=gic)
         for gic in (2, 3)] + \
        [Case(f"killed-gic{gic}", killed, gic=gic) for gic in (2, 3)] + \
        [Case(f"quarantined-gic{gic}", quarantined, gic=gic) for gic in (2, 3)] + \
        [Case(f"race-gic{gic}", race, gic=gic) for gic in (2, 3)] + \
        [Case(f"lives-gic{gic}", lives, weight=20, gic=gic, count=50) for gic in (2, 3)] + \
        [Case(f"thousand-lives-gic{gic}", lives, limit=700, weight=300, gic=gic, count=1000)
         for gic in (2, 3) if soak]
