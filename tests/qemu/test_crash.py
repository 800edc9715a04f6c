# SPDX-License-Identifier: BSD-2-Clause
"""Crash records: kept over a reset of the board and told once, with why it was reset; read
by a guest with control; made a report of by skerry-crash."""

import os
import re

from harness import BUILD, Case, Run, check, command, guest, image, rr, scratch, system
from test_gdb import free_port

NEXT = "\x1dn"          # Ctrl-] n: the input to the next guest
CHAIN = ["hvc", "hvc_call", "guest_crash", "deep_three", "deep_two", "deep_one", "guest_main",
         "start_main"]


def hello(name, cpu, arguments, more):
    return guest(name, "guests/hello.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def board_is_reset(log, arguments):
    """Two guests crash, the second resets the board; the next boot tells of both. Of a third
    boot the records of the second are news, that of the first boot is not."""
    text = system(hello("bad", 0, "echo", 'on-crash = "restart";'),
                  hello("last", 1, "echo", 'on-crash = "reset-board";'),
                  top="console-input = <&bad>;")
    told = "^skerry: kept from an earlier boot:"
    with Run(log, image(log, "reset", text), "--reset", *arguments) as run:
        run.expect(*[r"\| hello from \w+, life 1,"] * 2)
        run.send("crash\r")
        run.expect(r"^skerry: bad crashed at .*code 3", r"^bad\| hello from bad, life 2,")
        run.send(NEXT)
        run.expect(r"input goes to last")
        run.send("crash\r")
        run.expect(r"^skerry: last crashed at .*code 3",
                   r"^skerry: last: the board is reset, as its description says")
        run.expect(r"^skerry: Skerry 0", told, r"^skerry: bad crashed at .*code 3",
                   r"^skerry:   life 1, vCPU 0 on core 0, pc 0", r"^skerry:   x28 ",
                   r"^skerry:   last exits: ", told,
                   r"^skerry: last crashed at .*code 3", r"^skerry:   life 1, vCPU 0 on core 1, ",
                   r"^skerry: the board was reset: last crashed: its description",
                   *[r"\| hello from \w+, life 1,"] * 2)
        run.send(NEXT)
        run.expect(r"input goes to last")
        run.send("crash\r")
        run.expect(r"^skerry: Skerry 0", told, r"^skerry: last crashed",
                   r"^skerry: the board was reset: last ", *[r"\| hello from \w+, life 1,"] * 2)
        run.send("q\r")
        run.expect(r"^skerry: bad: off")
        run.send(NEXT)
        run.send("q\r")
        run.expect(r"^skerry: end bad=off last=off")
        run.end(0)
        run.count("^skerry: the board's reset status: ", 3 if "raspi4b" in arguments else 0)
        run.count(told, 3)
        run.count("^skerry: bad crashed at", 2)     # when it did, and the boot after
        run.count("crash records are not kept", 0)


def power_on_tells_nothing(log, gic):
    """Memory that was never written, and one more record than told: nothing is told."""
    text = system(hello("good", 0, "off", ""))
    with Run(log, image(log, "first", text), "--gic", gic) as run:
        run.end(0)
        run.absent("kept from|was reset|earlier boot|not kept")


def managed(log, name, arguments, more=""):
    manager = guest("manager", "guests/manager.bin", [1],
                    more="service; control = <&bad>;")
    text = system(hello("bad", 0, arguments, f'on-crash = "stop"; {more}'), manager,
                  hello("stays", 2, "echo", ""), top="console-input = <&manager>;")
    return image(log, name, text)


def report_of(log, run, elf="hello", status=0, name="bad"):
    """What skerry-crash makes of the console's log."""
    path = scratch(f"crash-{os.getpid()}-{id(run)}.log")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(run.lines()) + "\n")
    return command(log, os.path.join(BUILD, "tools/skerry-crash"), path,
                   f"{name}={BUILD}/guests/{elf}.elf", "--guest", name, status=status)


def names(report):
    return re.findall(r"^  #\d+ +[0-9a-f]{16}  (\w+)\+", report, re.MULTILINE)


def with_manager(run, *patterns):
    """All of them, in any order, and the manager: what is typed before it runs is lost."""
    either = "|".join(patterns) + r"|manager\| Skerry's manager, "
    run.expect(*[either] * (len(patterns) + 1))


def crash_by_name(log, gic, kind, wanted):
    """The manager reads the record; skerry-crash names every frame."""
    with Run(log, managed(log, f"report-{kind}", f"crash={kind}"), "--gic", gic) as run:
        with_manager(run, r"^skerry: bad crashed at", r"^skerry: bad: crashed")
        run.send("crash bad --hex\r")
        run.expect(r"SKERRY-CRASH bad 0000 736b7279637273680100", r"SKERRY-CRASH bad 0a20 ",
                   r"skerry> ")
        run.send("\x1dq")
        run.end(3)
        text = report_of(log, run)
        check(names(text) == wanted, f"{names(text)} instead of {wanted}:\n{text}")
        check("guests/hello/hello.c:" in text, f"no lines of the source:\n{text}")
        check("has no HVC before pc" in report_of(log, run, "rt", 1), "rt.elf was believed")


def wild_stacks(log):
    """Stack pointers that lead out of the guest's RAM: to pages that EL2 publishes, to the
    distributor, to where the records lie, to nothing, to the end of RAM. None is followed."""
    places = [0xb000000, 0x8000000, 0x70000000, 0xfffffffffffffff8, 0x41000000, 0x40fffff0]
    bad = [hello(f"bad{i}", i, f"crash=wild sp={at}", 'on-crash = "stop";')
           for i, at in enumerate(places)]
    names_of = " ".join(f"&bad{i}" for i in range(len(places)))
    manager = guest("manager", "guests/manager.bin", [7], more=f"control = <{names_of}>;")
    with Run(log, image(log, "wild", system(*bad, manager, top="console-input = <&manager>;")),
             "--cpus", 8) as run:
        with_manager(run, *[rf"^skerry: bad{i}: crashed" for i in range(len(places))])
        for i, at in enumerate(places):
            run.send(f"crash bad{i} --hex\r")
            run.expect(rf"SKERRY-CRASH bad{i} 0a20 ", r"skerry> ")
            kept = "40fffff0-40ffffff" if at == 0x40fffff0 else "none"
            text = report_of(log, run, name=f"bad{i}")
            check(f" sp  {at:016x} " in text and f"in the stack that was kept ({kept})" in text,
                  f"a stack at {at:x}:\n{text}")
        run.send("\x1dq")
        run.end(3)


def killed_on_a_shared_core(log, gic):
    """Another guest has its core when the manager kills it: its registers and its stack are
    its own. It is paused; the stack comes when it is stopped."""
    manager = guest("manager", "guests/manager.bin", [1], more="service; control = <&bad>;")
    text = system(hello("bad", 0, "sleep", 'on-crash = "pause";'), manager,
                  hello("busy", 0, "spin", ""), top="console-input = <&manager>;",
                  schedule=[rr(0)])
    with Run(log, image(log, "shared", text), "--gic", gic) as run:
        with_manager(run, r"\| hello from bad, life 1,", r"\| hello from busy, life 1,")
        run.send("kill bad\r")
        run.expect(r"^skerry: bad crashed at .* asked for by manager", r"^skerry: bad: paused",
                   r"skerry> ")
        run.send("crash bad --hex\r")
        run.expect(r"SKERRY-CRASH bad 0a20 ", r"skerry> ")
        text = report_of(log, run)
        check("is not in the stack that was kept (none)" in text, f"it has a stack:\n{text}")
        run.send("stop bad\r")
        run.expect(r"^skerry: bad: crashed", r"skerry> ")
        run.send("crash bad --hex\r")
        run.expect(r"SKERRY-CRASH bad 0a20 ", r"skerry> ")
        text = report_of(log, run)
        check(names(text)[-2:] == ["guest_main", "start_main"], f"the back trace:\n{text}")
        run.send("\x1dq")
        run.end(3)


def el2_panics(log, gic, resets):
    """gdb sends a core into panic(). on-panic: the board halts, or is reset and tells."""
    port = free_port()
    text = system(hello("a", 0, "echo", ""),
                  top=f'on-panic = "{"reset" if resets else "halt"}";')
    more = ["--reset"] if resets else []
    words = ["gdb-multiarch", "-batch", "-nx"]
    for line in (f"target remote :{port}", "break hvc_console_read", "continue", "delete",
                 "set var $x0 = 0", "set var $x1 = 0x96000000", "set var $x2 = 0x1234",
                 "set var $x3 = 0x4000001234", "set var $pc = exit_panic", "detach"):
        words += ["-ex", line]
    with Run(log, image(log, f"panic-{resets}", text), "--gic", gic, "--gdb", "--gdb-port", port,
             *more) as run:
        run.expect("waiting for gdb")
        command(log, *words, os.path.join(BUILD, "skerry.elf"), limit=60)
        line = r"panic on core 0, guest a, at 0x[0-9a-f]+: exception in EL2 at 4000001234: ESR 96"
        run.expect("^skerry: " + line, r"^skerry:   last exits: .*hvc/5a000000")
        if resets:
            run.expect(r"^skerry: Skerry 0", "^skerry: an earlier boot ended in a " + line,
                       r"^skerry:   last exits: .*hvc/5a000000", r"^a\| hello from a, life 1,")


def watchdog_resets(log):
    """QEMU's raspi4b is reset at once when its watchdog is started. gdb skips the start at boot,
    so a critical guest's first check-in starts it, after another one has crashed: the next boot
    tells of that, and ends the same way, before any guest runs."""
    port = free_port()
    text = system(guest("bad", "guests/hello.bin", more='bootargs = "crash=report"; service;'),
                  guest("rt", cpus=[1], more='critical; after = <&bad>; bootargs = '
                        '"period-us=1000000 watchdog-us=5000000";'),
                  top="watchdog-ms = <5000>;")
    words = ["gdb-multiarch", "-batch", "-nx"]
    for line in (f"target remote :{port}", "break arch_board_watchdog", "continue",
                 "set var $x0 = 1", "set var $pc = $lr", "continue", "info registers x0",
                 "delete", "detach"):
        words += ["-ex", line]
    with Run(log, image(log, "watchdog", text), "--board", "raspi4b", "--reset", "--gdb",
             "--gdb-port", port) as run:
        run.expect("waiting for gdb")
        said = command(log, *words, os.path.join(BUILD, "skerry.elf"), limit=60)
        check(re.search(r"^x0 +0x1388\b", said, re.MULTILINE), "the check-in did not feed it")
        run.expect(r"^skerry: bad crashed at .*code 3",
                   r"^skerry: Skerry 0", r"^skerry: kept from an earlier boot:",
                   r"^skerry: bad crashed at .*code 3", r"^skerry:   life 1, vCPU 0 on core 0",
                   r"^skerry: Skerry 0")
        run.count(r"^rt\| rt: every", 1)
        run.count(r"^skerry: the board was reset:", 0)  # not by EL2


def cases(_soak):
    resets = {"gic2": ["--gic", 2], "gic3": [], "uboot": ["--boot", "uboot"],
              "raspi4b": ["--board", "raspi4b"]}
    found = [Case(f"reset-{name}", board_is_reset, weight=15, arguments=words)
             for name, words in resets.items()]
    found += [Case(f"power-on-gic{gic}", power_on_tells_nothing, gic=gic) for gic in (2, 3)]
    found += [Case("deep-gic2", crash_by_name, gic=2, kind="deep", wanted=CHAIN),
              Case("watchdog-raspi4b", watchdog_resets),
              Case("undef-gic3", crash_by_name, gic=3, kind="undef",
                   wanted=["hvc", "hvc_call", "guest_crash", "exception", "common",
                           "guest_main", "start_main"])]
    found += [Case(f"shared-gic{gic}", killed_on_a_shared_core, gic=gic) for gic in (2, 3)]
    found.append(Case("wild", wild_stacks))
    return found + [Case(f"panic-{'resets' if r else 'halts'}-gic{gic}", el2_panics, gic=gic,
                         resets=r) for gic, r in ((2, True), (3, False))]
