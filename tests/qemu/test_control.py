# SPDX-License-Identifier: BSD-2-Clause
"""One guest manages others: every operation on them and on itself, two managers at a time,
many lives with load on the peers, watchdogs, what a killed driver guest leaves."""

from harness import Case, Run, check, guest, image, link, system

RESTART = 'on-crash = "restart"; restart-limit = <2000 600>;'


def ctl(name, arguments, cpus, more=""):
    return guest(name, "guests/ctltest.bin", cpus, more=f'bootargs = "{arguments}"; {more}')


def manage(log, gic, skerry="skerry.bin"):
    """Each operation, rights, pause, statistics, start order, and oneself."""
    text = system(ctl("manager", "manage", [0], "control = <&a &beat &late &self>;"),
                  ctl("a", "target", [1], "service;"),
                  ctl("beat", "target rings=100", [2, 3], "service;"),
                  ctl("late", "target", [4], "service; after = <&a>;"),
                  ctl("self", "target self", [5], "service; control = <&self>; " + RESTART),
                  ctl("free", "target", [6], "service;"),
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


def cases(soak):
    return [Case(f"manage-gic{gic}", manage, gic=gic) for gic in (2, 3)] + \
        [Case("manage-oracle", manage, gic=3, skerry="debug/skerry.bin")]
