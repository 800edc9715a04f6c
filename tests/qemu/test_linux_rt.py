# SPDX-License-Identifier: BSD-2-Clause
"""Under icount: what rt does on its core is the same with and without a Linux that crashes and
restarts next to it."""

import json
import os
import re

from harness import Case, Run, check, guest, image, initramfs, linux, scratch, system

FIGURES = r"^rt\| rt: in all: (\d+) beats, .* missed (\d+)$"
LIFE = """#!/bin/sh
echo "a life of Linux"
echo c >/proc/sysrq-trigger
"""


def one(log, gic, name, seconds, *others):
    """rt's beats, missed deadlines and exits by cause, as a manager reads them when rt has
    ended; the run."""
    text = system(guest("manager", more="control = <&rt>;"),
                  guest("rt", cpus=[1], more=f'bootargs = "quiet seconds={seconds}"; service;'),
                  *others, top="console-input = <&manager>;")
    with Run(log, image(log, name, text), "--icount", "--gic", gic, "--cpus", 3,
             limit=100 + 20 * seconds) as run:
        run.expect(r"^rt\| rt: \d+ seconds, done", r"^skerry: rt: off")
        run.send("stats rt --json\r")
        exits = json.loads(run.expect(r'"exits": ({[^}]*})').group(1))
        run.send("\x1dq")
        run.end(0 if not others else None)
    figures = re.search(FIGURES, run.text, re.MULTILINE)
    check(figures, "no figures of rt")
    return [int(n) for n in figures.groups()], exits, run


def beside_linux(log, gic, seconds):
    """rt alone, and beside a Linux that boots and panics time and again: as many beats, no
    missed deadline, and as many exits of each cause."""
    folder = scratch(f"rt-linux-{gic}")
    os.makedirs(folder + "/etc", exist_ok=True)
    with open(folder + "/etc/rc", "w", encoding="ascii") as f:
        f.write(LIFE)
    os.chmod(folder + "/etc/rc", 0o755)
    neighbour = linux(cpus=[2], more='on-crash = "restart"; restart-limit = <900 600>; service;')
    alone, exits_alone, _ = one(log, gic, f"rt-alone-{gic}", seconds)
    beside, exits, run = one(log, gic, f"rt-linux-{gic}", seconds, neighbour.replace(
        "linux/initramfs.cpio.gz", initramfs(log, folder)))
    log.write(f"{alone} {exits_alone}\n{beside} {exits}\n")
    run.count(r"^skerry: linux crashed at .*reported by the guest", seconds // 2, seconds * 3)
    check(alone == beside, f"beats and missed deadlines: {alone} alone, {beside} beside Linux")
    check(beside[1] == 0, f"{beside[1]} missed deadlines")
    check(exits == exits_alone, f"exits: {exits_alone} alone, {exits} beside Linux")


def cases(soak):
    return [Case(f"beside-linux-gic{gic}", beside_linux, limit=2 * (120 + 20 * seconds),
                 weight=25, gic=gic, seconds=seconds)
            for gic, seconds in ([(2, 60), (3, 60)] if soak else [(2, 3)])]
