# SPDX-License-Identifier: BSD-2-Clause
"""Several vCPUs on one core: each finds its own registers, timers and interrupts again, also
while its neighbour stops, crashes and starts again."""

import re

from harness import Case, Run, check, guest, image, link, rr, selection, system


def two_say_hello(log, gic):
    """Two guests on one core, each to its end, restarts included."""
    more = 'bootargs = "reset=3 wait=20 lines=20 off";'
    text = system(*(guest(name, "guests/hello.bin", more=more) for name in "ab"),
                  schedule=[rr(0)])
    with Run(log, image(log, "shared-hello", text), "--gic", gic, "--cpus", 1) as run:
        run.end(0)
        for name in "ab":
            run.count(rf"^{name}\| hello from {name}", 3)


def own_state(log, gic, vcpus, rounds, skerry="skerry.bin", slice_us=10):
    """Patterns in all registers, timers, SGIs, translations: thousands of switches."""
    guests = [guest(name, "guests/sharetest.bin", [0] * vcpus,
                    more=f'bootargs = "seed={seed} rounds={rounds}";')
              for name, seed in (("a", 3), ("b", 5))]
    text = system(*guests, schedule=[rr(0, slice_us)])
    with Run(log, image(log, f"shared-{vcpus}-{rounds}", text), "--gic", gic, "--cpus", 1,
             "--icount", skerry=skerry) as run:
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        run.count(r"^[ab]\| tests: \d+ passed, 0 failed", 2)
        away = [int(n) for n in re.findall(r"(\d+) times another one ran", run.text)]
        check(len(away) == 2 and (slice_us > 10 or min(away) > rounds / 4),
              f"hardly anybody ran meanwhile: {away}")


def mixed(log):
    """Three guests, each with a vCPU on each of three cores, in another order, one core of each
    policy: all find their state again and all wake-ups arrive. Not on GICv2: QEMU's clears the
    pending bit of every core's timer where one core clears its own."""
    orders = ([0, 1, 2], [1, 2, 0], [2, 0, 1])
    guests = [guest(name, "guests/sharetest.bin", cpus,
                    more=f'bootargs = "seed={seed} rounds=100"; priority = <{seed}>; '
                    "budget-us = <2500>; period-us = <10000>;")
              for seed, (name, cpus) in enumerate(zip("abc", orders), 3)]
    rows = "".join(f"\t\trow-{i} {{ guest = <&{name}>; start-us = <{2000 * i}>; "
                   "length-us = <2000>; };\n" for i, name in enumerate("abc"))
    text = system(*guests, schedule=[
        "\t\tframe-us = <6000>;\n", rr(0, 50),
        '\t\tcore-1 { core = <1>; policy = "server"; slack; };\n'
        '\t\tcore-2 { core = <2>; policy = "cyclic"; };\n', rows])
    with Run(log, image(log, "shared-mixed", text), "--gic", 3, "--cpus", 3, "--icount") as run:
        run.end(0)
        run.count(r"^[abc]\| tests: 10 passed, 0 failed", 3)


def woken(log, gic, test, cpus):
    """A vCPU that runs on without leaving its core wakes another one that sleeps there, and its
    own interrupts stay its own: nobody else runs, so that nothing but that makes EL2 look."""
    text = system(guest("a", "guests/sharetest.bin", cpus, more=f'bootargs = "test={test}";'),
                  schedule=[rr(0, 10)])
    with Run(log, image(log, "shared-woken", text), "--gic", gic, "--cpus", 2,
             "--icount") as run:
        run.end(0)
        run.count(rf"^a\| test {test}: ok", 1)


def prompt(log, gic):
    """Who asks for the state of a vCPU that has a core to itself, but no turn for nine
    milliseconds, gets it as fast as from one that runs."""
    text = system(guest("a", "guests/sharetest.bin", [0, 1],
                        more='bootargs = "test=prompt rounds=1000 limit=30000";'), schedule=[
        "\t\tframe-us = <10000>;\n", '\t\tcore-1 { core = <1>; policy = "cyclic"; };\n'
        "\t\trow-0 { guest = <&a>; start-us = <0>; length-us = <1000>; };\n"])
    with Run(log, image(log, "shared-prompt", text), "--gic", gic, "--cpus", 2,
             "--icount") as run:
        run.end(0)
        run.count(r"^a\| test prompt: ok", 1)


def bells(log, gic):
    """Two guests on one core wake each other by NOTIFY, in a core's own time only."""
    text = system(guest("asks", "guests/sharetest.bin", more='bootargs = "bell rounds=500";'),
                  guest("answers", "guests/sharetest.bin", more="service;"),
                  links=[link("bells", "shared-memory", "asks", "answers")],
                  schedule=[rr(0, 1000)])
    with Run(log, image(log, "shared-bells", text), "--gic", gic, "--cpus", 1) as run:
        run.end(0)
        run.count(r"^asks\| sharetest: 500 bells answered", 1)


def neighbours_die(log, gic):
    """One guest is checked while its neighbours on the core reset, crash in every way that
    ends in a restart, and stop."""
    kept = guest("kept", "guests/sharetest.bin", more='bootargs = "rounds=1500";')
    others = [guest(f"n{i}", "guests/hello.bin",
                    more=f'bootargs = "{words}"; on-crash = "restart"; restart-limit = <9 60>;')
              for i, words in enumerate(("reset=6 off", "crash-until=4 crash=read off",
                                         "crash-until=3 crash=vbar off", "wait=1 off"))]
    text = system(kept, *others, schedule=[rr(0, 50)])
    with Run(log, image(log, "shared-deaths", text), "--gic", gic, "--cpus", 1, "--icount") as run:
        run.end(0)
        run.count(r"^kept\| tests: 6 passed, 0 failed", 1)
        run.count(r"^n0\| hello from n0", 6)
        run.count(r"^n1\| hello from n1", 4)
        run.count(r"^n2\| hello from n2", 3)


def attacked(log, gic, skerry="skerry.bin"):
    """The attacker and its victim take turns on one core."""
    attacker = guest("attacker", cpus=[0], more='bootargs = "lives=9 deadly"; '
                     'on-crash = "restart"; restart-limit = <15 600>; '
                     "priority = <1>; budget-us = <8000>; period-us = <10000>;")
    victim = guest("victim", more='bootargs = "beats=1000000 every=100"; service; '
                   "priority = <2>; budget-us = <1000>; period-us = <10000>;")
    text = system(victim, attacker, schedule=[
        '\t\tcore-0 { core = <0>; policy = "server"; slack; };\n'])
    with Run(log, image(log, "shared-attack", text), "--gic", gic, "--cpus", 1, limit=280,
             skerry=skerry) as run:
        run.end(0)
        failed = run.lines(r"FAILED")
        check(not failed, "; ".join(failed[:5]))
        run.count(r"^victim\| victim: beat \d+, checksum ok", 5, 1000)
        run.count(r"^attacker\| attacker: life 9 is the last", 1)


def cases(soak):
    """The whole product only in a soak."""
    rows = selection(soak, gic=[2, 3], vcpus=[1, 2])
    found = [Case(f"hello-gic{gic}", two_say_hello, gic=gic) for gic in (2, 3)]
    found += [Case(f"own-state-gic{r['gic']}-{r['vcpus']}vcpu", own_state, rounds=1500, **r)
              for r in rows]
    for gic in (2, 3):
        found += [Case(f"woken-gic{gic}", woken, gic=gic, test="woken", cpus=[0, 0, 1]),
                  Case(f"own-only-gic{gic}", woken, gic=gic, test="own-only", cpus=[0, 0]),
                  Case(f"prompt-gic{gic}", prompt, gic=gic),
                  Case(f"bells-gic{gic}", bells, gic=gic),
                  Case(f"neighbours-die-gic{gic}", neighbours_die, gic=gic)]
    found += [Case("mixed", mixed), Case("attacker-gic2", attacked, limit=300, weight=60, gic=2),
              Case("own-state-oracle", own_state, gic=3, vcpus=2, rounds=50, slice_us=2000,
                   skerry="debug/skerry.bin")]
    return found
