# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/bench runs on the build for statistics (paths.c): guests that make EL2 work in
every way, all on one core, so that under icount a tick of the counter is an instruction."""

import re

import harness
from harness import guest, link, rr, system

RESTART = 'on-crash = "restart"; restart-limit = <2000 600>;'

# Limits on instructions, by the begin of a path's name; printing apart. With 300 interrupts
# pending at once, list registers take longest; see docs/interrupts.md.
LIMITS = [
    ("hvc-message", 1800), ("hvc-control", 5000), ("hvc-", 1000),
    ("psci-", 300), ("smccc-", 300), ("call-", 300),
    ("sysreg-timer", 1500), ("sysreg-sgi", 20000), ("sysreg-", 300), ("undefined", 300),
    ("gicd-", 30000), ("gicr-", 30000), ("irq-", 20000), ("pl011-", 1000),
    ("world-switch", 900), ("register-page", 1800), ("abort", 1000), ("bell", 20000), ("", 20000),
]


def attacker():
    """All cases of the attacker, alone, and the ways in which it dies."""
    return system(guest("attacker", more='bootargs = "scale=1 deadly stay-ms=1"; ' + RESTART),
                  model="paths-attacker")


def links():
    """A back end that dies at steps of its own, its front end, an attacker with a link of each
    kind and its mate, a victim whose beat they must not take."""
    def pv(name, arguments, more):
        return guest(name, "guests/pvtest.bin", [0], 4, more=f'bootargs = "{arguments}"; {more}')
    return system(
        pv("load", "load rounds=12", RESTART),
        pv("serve", "serve die-at=1 die-lives=25 die-add=5", RESTART + " service;"),
        guest("attacker", more='bootargs = "from=59 scale=2"; '
              "window-bank = <0x0 0x60000000 0x0 0x00400000>;"),
        guest("mate", "guests/attacker.bin", more='bootargs = "mate"; service;'),
        guest("victim", more='bootargs = "beats=1000000 every=100"; service;'),
        links=[link("tty", "console", "load", "serve"), link("store", "block", "load", "serve"),
               link("disk", "block", "attacker", "mate"),
               link("page", "net", "attacker", "mate",
                    'transport = "register-page"; window = "shared";'),
               link("own", "console", "victim", "attacker"),
               link("bell", "shared-memory", "attacker", "victim"),
               link("other", "shared-memory", "mate", "victim")],
        schedule=[rr(0)], model="paths-links")


def control():
    """A back end that is stopped, started, crashed and restarted while it works."""
    def pv(name, arguments, more):
        return guest(name, "guests/pvtest.bin", [0], 4, more=f'bootargs = "{arguments}"; {more}')
    return system(guest("manager", "guests/ctltest.bin", memory=4,
                        more='bootargs = "churn=serve count=4"; control = <&serve>;'),
                  pv("serve", "serve", "service;"), pv("load", "load rounds=9", ""),
                  links=[link("tty", "console", "load", "serve"),
                         link("disk", "block", "load", "serve")],
                  schedule=[rr(0)], model="paths-control")


def console():
    """The console's driver comes and goes while others print, one to an emulated PL011; a
    reader of crash records."""
    uart = ("service; on-crash = \"stop\"; devices { uart { device = \"/pl011@9000000\"; }; };")
    return system(
        guest("con", "guests/drv_console.bin", memory=4, console="none", more=uart),
        guest("manager", "guests/ctltest.bin", memory=4,
              more='bootargs = "churn=con count=4"; control = <&con>;'),
        guest("reader", "guests/bench.bin", memory=4,
              more='bootargs = "reader"; control = <&con>;'),
        guest("one", "guests/ttytest.bin", memory=4, console="pl011",
              more='bootargs = "lines=60"; service;'),
        guest("two", "guests/hello.bin", memory=4, more='bootargs = "lines=60 wait=20";'),
        top="console-driver = <&con>; console-input = <&one>;", schedule=[rr(0)],
        model="paths-console")


LOADS = [("attacker", attacker, r"attacker: \d+ cases, 0 failed"),
         ("links", links, r"load: \d+ requests, 0 breaks, ok"),
         ("control", control, r"churn: 4 turns, life 5, 1 crashes, ok"),
         ("console", console, r"churn: 4 turns, life 5, 1 crashes, ok")]


def run(log, name, make, proof, gic):
    """name -> (count, least, most, printing) of one load."""
    itb = harness.image(log, f"paths-{name}", make())
    with harness.Run(log, itb, "--icount", "--gic", gic, "--cpus", 1, limit=280,
                     skerry="paths/skerry.bin") as r:
        r.reader.join(280)
        r.count(proof, 1)
        r.absent("FAILED")
        return {m[1]: tuple(map(int, m.groups()[1:])) for m in re.finditer(
            r"^skerry: path (\S+) (\d+) (\d+) (\d+) (\d+)$", r.text, re.MULTILINE)}


def limit_of(name):
    return next(limit for begin, limit in LIMITS if name.startswith(begin))


def measure(log, gic):
    """All loads together: name -> [count, least, most, printing]."""
    found = {}
    for load in LOADS:
        for name, (count, least, most, printing) in run(log, *load, gic).items():
            if name == "stop" and load[0] == "console":
                continue            # the log that its driver has left is printed meanwhile
            f = found.setdefault(name, [0, least, most, printing])
            f[:] = [f[0] + count, min(f[1], least), max(f[2], most), max(f[3], printing)]
    return found
