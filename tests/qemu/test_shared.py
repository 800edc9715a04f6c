# SPDX-License-Identifier: BSD-2-Clause
"""Several vCPUs on one core: each finds its own registers, timers and interrupts again, also
while its neighbour stops, crashes and starts again."""

import re

from harness import Case, Run, check, guest, image, rr, selection, system


def two_say_hello(log, gic):
    """Two guests on one core, each to its end, restarts included."""
    more = 'bootargs = "reset=3 wait=20 lines=20 off";'
    text = system(guest("a", "guests/hello.bin", more=more), guest("b", "guests/hello.bin", more=more),
                  schedule=[rr(0)])
    with Run(log, image(log, "shared-hello", text), "--gic", gic, "--cpus", 1) as run:
        run.end(0)
        for name in "ab":
            run.count(rf"^{name}\| hello from {name}", 3)


def own_state(log, gic, vcpus, rounds, skerry="skerry.bin"):
    """Patterns in all registers, timers, SGIs, translations: thousands of switches."""
    guests = [guest(name, "guests/sharetest.bin", [0] * vcpus,
                    more=f'bootargs = "seed={seed} rounds={rounds}";')
              for name, seed in (("a", 3), ("b", 5))]
    text = system(*guests, schedule=[rr(0, 10)])
    with Run(log, image(log, f"shared-{vcpus}-{rounds}", text), "--gic", gic, "--cpus", 1, "--icount",
             skerry=skerry) as run:
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        run.count(r"^[ab]\| tests: \d passed, 0 failed", 2)
        away = [int(n) for n in re.findall(r"(\d+) times another one ran", run.text)]
        check(len(away) == 2 and min(away) > rounds / 4, f"hardly anybody ran meanwhile: {away}")


def cases(soak):
    """The whole product only in a soak."""
    rows = selection(soak, gic=[2, 3], vcpus=[1, 2])
    found = [Case(f"hello-gic{gic}", two_say_hello, gic=gic) for gic in (2, 3)]
    found += [Case(f"own-state-gic{r['gic']}-{r['vcpus']}vcpu", own_state, rounds=3000, **r)
              for r in rows]
    return found
