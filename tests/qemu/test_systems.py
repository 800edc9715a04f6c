# SPDX-License-Identifier: BSD-2-Clause
"""Every example in dts/systems boots, and shows what it is an example of. The demos, which are
among them, have test_demo.py, test_rpi4.py and test_versal.py, and rpi4-gpio test_gpio.py."""

import glob
import os

from harness import ROOT, Case, Run, check, image


def hello(run):
    run.expect(r"^hello\| hello from hello")
    run.send("\x1dq")
    run.end(0)


def shared(run):
    run.expect(r"^  linux +1,2\*4 +rr ")
    run.expect(r"linux# ")
    run.type("echo cpus=$(nproc)", r"\bcpus=4\b")
    run.expect(r"^rt\| rt: since start: \d+ beats")     # both go on in their windows
    run.count(r"^hello\| hello from hello", 1)
    run.send("poweroff\r")
    run.end(0)
    run.count(r"^skerry: end .*\blinux=off\b", 1)


SYSTEMS = {"hello": (hello, 1), "shared": (shared, 20)}


def boots(log, name, gic):
    itb = image(log, f"system-{name}-{gic}", f"dts/systems/{name}.dts")
    with Run(log, itb, "--gic", gic, "--auto") as run:
        SYSTEMS[name][0](run)


def none_is_forgotten(_log):
    there = {os.path.splitext(os.path.basename(p))[0]
             for p in glob.glob(os.path.join(ROOT, "dts/systems/*.dts"))}
    elsewhere = {"demo", "rpi4-demo", "rpi4-gpio", "rpi4-genet", "versal"}
    check(there == set(SYSTEMS) | elsewhere, f"dts/systems has {sorted(there)}")


def cases(soak):
    found = [Case(f"{name}-gic{gic}", boots, weight=weight, name=name, gic=gic)
             for name, (_, weight) in SYSTEMS.items() for gic in ((2, 3) if soak else (3,))]
    return found + [Case("none-is-forgotten", none_is_forgotten)]
