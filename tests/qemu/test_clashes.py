# SPDX-License-Identifier: BSD-2-Clause
"""What skerry-check would refuse, given to EL2: only the guest that asks for another's
page is refused, with the page named; the others run."""

from harness import Case, Run, guest, image, system

RTC = 'devices { clock { device = "/pl031@9010000"; }; };'
UART = 'devices { uart { device = "/pl011@9000000"; }; };'


def one_device_two_guests(log, gic):
    text = system(guest("one", "guests/hello.bin", [0], more=RTC),
                  guest("two", "guests/hello.bin", [1], more=RTC),
                  guest("three", "guests/hello.bin", [2], more=UART),
                  guest("four", "guests/hello.bin", [3]))
    with Run(log, image(log, "clashes", text), "--gic", gic) as run:
        run.expect(r"^skerry: error: .*two: 9010000-9010fff has an owner already")
        run.expect(r"^skerry: error: .*three: 9000000-9000fff has an owner already")
        run.expect(r"^skerry: end one=off two=refused three=refused four=off")
        run.end(3)
        for name, lines in (("one", 1), ("two", 0), ("three", 0), ("four", 1)):
            run.count(rf"^{name}\| hello from {name}, life 1", lines)


def cases(soak):
    return [Case(f"device-gic{gic}", one_device_two_guests, weight=3, gic=gic)
            for gic in ((2, 3) if soak else (3,))]
