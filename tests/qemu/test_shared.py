# SPDX-License-Identifier: BSD-2-Clause
"""Several vCPUs on one core: each finds its own registers, timers and interrupts again."""

from harness import Case, Run, guest, image, rr, selection, system


def two_say_hello(log, gic):
    """Two guests on one core, each to its end, restarts included."""
    a = guest("a", "guests/hello.bin", cpus=[0], more='bootargs = "reset=3 wait=20 lines=20 off";')
    b = guest("b", "guests/hello.bin", cpus=[0], more='bootargs = "reset=3 wait=20 lines=20 off";')
    with Run(log, image(log, "shared-hello", system(a, b, schedule=[rr(0)])), "--gic", gic,
             "--cpus", 1) as run:
        run.end(0)
        for name in "ab":
            run.count(rf"^{name}\| hello from {name}", 3)


def cases(soak):
    return [Case(f"two guests say hello on one core, GICv{row['gic']}", two_say_hello, **row)
            for row in selection(soak, gic=[2, 3])]
