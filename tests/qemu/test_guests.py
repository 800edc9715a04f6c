# SPDX-License-Identifier: BSD-2-Clause
"""What a guest sees of its virtual board: the interrupt controller, PSCI, the
hypercall and PL011 consoles; the real-time guest beside Linux; the attacker
beside its victim."""

import re

from harness import Case, Failure, Run, check, guest, image, link, linux, selection, system

VICTIM_ENDS = r"^victim\| victim: \d+ beats, checksum ok"


def self_test(log, name, gic, cpus, cpu="cortex-a72"):
    """vgictest and psci: each test's line says ok, and the summary no failure."""
    text = system(guest(name, cpus=range(cpus)))
    with Run(log, image(log, f"{name}-{cpus}", text), "--gic", gic, "--cpus", max(cpus, 2),
             "--cpu", cpu) as run:
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        run.count(rf"^{name}\| test \S+: ok", 5, 1000)
        run.count(rf"^{name}\| tests: \d+ passed, 0 failed", 1)


def rt_beside_linux(log, gic):
    """The 1 kHz task goes on while Linux boots, works and reboots."""
    rt = guest("rt", cpus=[1], more='bootargs = "seconds=12";')
    text = system(rt, linux(cpus=[2, 3]), top="console-input = <&linux>;")
    with Run(log, image(log, "rt", text), "--gic", gic) as run:
        run.expect(r"^rt\| rt: every 1000 us; figures under emulation are not a board's")
        run.expect(r"linux# ")
        run.type("reboot", None)
        run.expect(r"^linux\| Linux 6", r"linux# ")
        run.type("poweroff -f", None)
        run.end(0)
        run.count(r"^rt\| rt: 12 seconds, done", 1)
        run.count(r"^linux\| Linux 6", 2)
        beats = [int(n) for n in re.findall(r"rt: since start: (\d+) beats", run.text)]
        check(len(beats) >= 12 and beats == sorted(beats), "the figures since start do not grow")
        run.count(r"^rt\| rt: last second: \d+ beats, late by min \d+ mean \d+ max \d+ ns, ",
                  10, 20)


def late_again_and_again(log, gic):
    """A task that is mostly too late for its next deadline still gets each interrupt."""
    text = system(guest("rt", cpus=[1], more='bootargs = "seconds=4 period-us=100";'))
    with Run(log, image(log, "rt-late", text), "--gic", gic, "--cpus", 2) as run:
        run.expect(r"^rt\| rt: 4 seconds, done")
        run.end(0)


def attacked(log, gic, cpus, lives, skerry="skerry.bin"):
    """All cases of the attacker; the victim's beats and memory are as they should
    be; the attacker works again after each way to die."""
    attacker = guest("attacker", cpus=range(1, 1 + cpus),
                     more=f'bootargs = "lives={lives} deadly"; on-crash = "restart"; '
                     f"restart-limit = <{lives + 5} 600>;")
    victim = guest("victim", cpus=[0], more='bootargs = "beats=1000000 every=100"; service;')
    text = system(victim, attacker)
    with Run(log, image(log, f"attack-{cpus}-{lives}", text), "--gic", gic, "--cpus", cpus + 1,
             limit=280, skerry=skerry) as run:
        run.expect(r"^attacker\| attacker: \d+ cases, 0 failed")
        before = beats_of(run)
        run.expect(rf"^attacker\| attacker: life {lives} is the last")
        run.expect(r"^skerry: end ")
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        check(beats_of(run) > before, "the victim's heart does not beat any more")
        run.count(r"^victim\| victim: life 1,", 1)
        run.count(r"^victim\| victim: life", 1)
        run.count(r"^skerry: ", 1, 60 + 16 * lives)     # its log grows by a bounded number of lines


def attacked_by_links(log, gic, scale=20, skerry="skerry.bin"):
    """The cases that need links: the attacker between a mate, who offers and rings without end,
    and a victim, whose bells both ring."""
    bank = "window-bank = <0x0 0x60000000 0x0 0x00400000>;"
    text = system(guest("victim", cpus=[0], more='bootargs = "beats=1000000 every=5"; service;'),
                  guest("attacker", cpus=[1], more=f'bootargs = "from=59 scale={scale}"; {bank}'),
                  guest("mate", "guests/attacker.bin", [2], more='bootargs = "mate"; service;'),
                  links=[link("disk", "block", "attacker", "mate"),
                         link("page", "net", "attacker", "mate",
                              'transport = "register-page"; window = "shared";'),
                         link("own", "console", "victim", "attacker"),
                         link("bell", "shared-memory", "attacker", "victim"),
                         link("other", "shared-memory", "mate", "victim")])
    with Run(log, image(log, "attack-links", text), "--gic", gic, "--cpus", 3, limit=200,
             skerry=skerry) as run:
        run.expect(r"^attacker\| attacker: 7 cases, 0 failed")
        run.expect(r"^skerry: end ")
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        check(beats_of(run) > 0, "the victim's heart does not beat")
        check(not run.lines("not done"), "a case was left out")
        run.count(r"^victim\| victim: life", 1)
        run.count(r"^skerry: ", 1, 40)


def at_random(log, gic, beats, skerry):
    """Random instructions, of which a life ends now and then; the victim's beats and memory are
    as they should be."""
    text = system(guest("victim", cpus=[0], more=f'bootargs = "beats={beats} every=100";'),
                  guest("attacker", cpus=[1], more='bootargs = "words"; on-crash = "restart"; '
                        "restart-limit = <2000 600>; service;"))
    with Run(log, image(log, f"words-{beats}", text), "--gic", gic, "--cpus", 2, limit=220,
             skerry=skerry) as run:
        run.end(0)
        run.count(rf"^victim\| victim: {beats} beats, checksum ok", 1)
        run.count(r"^skerry: end victim=off attacker=off", 1)
        lives = len(run.lines(r"attacker: restarting"))
        run.count(r"words: life \d+, \d+ instructions", max(1, lives // 2), 100000)
        run.count(r"^skerry: ", 1, 40 + 16 * lives)
        run.absent("FAILED")


def shouted_at(log, gic, pieces):
    """Two guests flood the console with what looks like others' lines; the victim's come whole
    and in order, and none is forged."""
    others = [f"other{i}" for i in range(1, 3)]
    text = system(guest("victim", cpus=[0], more='bootargs = "beats=1000000 every=2"; service;'),
                  *(guest(n, "guests/attacker.bin", [i + 1],
                          more=f'bootargs = "shout={pieces}";') for i, n in enumerate(others)))
    with Run(log, image(log, "shout", text), "--gic", gic, "--cpus", 3, limit=220) as run:
        run.end(0)
        beats = re.findall(r"^victim\| victim: beat (\d+), checksum ok$", run.text, re.MULTILINE)
        check([int(b) for b in beats] == list(range(2, 2 * len(beats) + 1, 2)) and beats,
              f"the victim's lines: {beats}")
        run.absent(r"^(victim\||skerry:).*forged")
        run.absent("\x1b\\[2J|\x07|\x08")
        for name in others:
            run.count(rf"^{name}\| shout: {pieces} pieces", 1)


def beats_of(run):
    found = re.findall(r"victim: beat (\d+), checksum ok", run.text)
    if not found:
        raise Failure("the victim printed no beat")
    return int(found[-1])


def every_console_has_its_lines(log, gic):
    """Four guests print 100 lines each at the same time; none is torn or lost."""
    names = [f"g{i}" for i in range(4)]
    text = system(*(guest(n, "guests/hello.bin", [i], more='bootargs = "lines=100";')
                    for i, n in enumerate(names)))
    with Run(log, image(log, "lines", text), "--gic", gic, "--cpus", 4) as run:
        run.end(0)
        for name in names:
            rows = re.findall(rf"^{name}\| line (\d+) of {name}$", run.text, re.MULTILINE)
            check([int(r) for r in rows] == list(range(1, 101)),
                  f"{name}: {len(rows)} lines of 100")


def cases(soak):
    found = []
    for name, counts in (("vgictest", [2, 4]), ("psci", [2, 3, 4])):
        rows = selection(soak, gic=[2, 3], cpus=counts)
        found += [Case(f"{name}-gic{r['gic']}-{r['cpus']}cpu", self_test, name=name, **r)
                  for r in rows]
    found += [Case("vgictest-gic3-max", self_test, name="vgictest", gic=3, cpus=2, cpu="max")]
    for gic in (2, 3):
        found += [Case(f"rt-beside-linux-gic{gic}", rt_beside_linux, weight=25, gic=gic),
                  Case(f"late-rt-gic{gic}", late_again_and_again, gic=gic),
                  Case(f"lines-gic{gic}", every_console_has_its_lines, gic=gic),
                  Case(f"shout-gic{gic}", shouted_at, gic=gic, limit=240,
                       pieces=2000 if soak else 200)]
        for cpus in ([1, 2, 3] if soak else [2]):
            found.append(Case(f"attacker-gic{gic}-{cpus}cpu", attacked, limit=300, weight=60,
                              gic=gic, cpus=cpus, lives=30 if soak else 12))
    found += [Case("attacker-links-gic2", attacked_by_links, limit=220, weight=20, gic=2,
                   scale=100 if soak else 20),
              Case("attacker-links-gic3", attacked_by_links, limit=220, weight=20, gic=3),
              Case("attacker-links-oracle", attacked_by_links, limit=220, weight=20, gic=3, scale=1,
                   skerry="debug/skerry.bin")]
    found += [Case(f"words-gic{gic}", at_random, limit=240, weight=15, gic=gic, skerry=skerry,
                   beats=12000 if soak else 1000)
              for gic, skerry in ((2, "debug/skerry.bin"), (3, "skerry.bin"))]
    found.append(Case("attacker-oracle", attacked, limit=300, weight=60, gic=3, cpus=1, lives=12,
                      skerry="debug/skerry.bin"))
    return found
