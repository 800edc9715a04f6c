# SPDX-License-Identifier: BSD-2-Clause
"""Shared cores: who runs when, and for how long, as the guests themselves see it. Under icount
a tick of the counter is an instruction, so times are exact and the same on every machine."""

import re

from harness import Case, Run, check, guest, image, link, rr, system

US = 1000                       # ticks
SWITCH = 2 * US                 # more than EL2 ever takes to switch; measured: 0.7 us


def policy(core, name, more=""):
    return f'\t\tcore-{core} {{ core = <{core}>; policy = "{name}"; {more} }};\n'


def row(number, name, start_us, length_us):
    return (f"\t\trow-{number} {{ guest = <&{name}>; start-us = <{start_us}>; "
            f"length-us = <{length_us}>; }};\n")


def watcher(name, arguments, cpus=(0,), more=""):
    return guest(name, "guests/schedtest.bin", cpus, memory=8,
                 more=f'bootargs = "{arguments}"; {more}')


def server(priority, budget_us, period_us=10000):
    return f"priority = <{priority}>; budget-us = <{budget_us}>; period-us = <{period_us}>;"


def watched(log, name, text, gic, cpus=1, limit=200):
    with Run(log, image(log, name, text), "--icount", "--gic", gic, "--cpus", cpus,
             limit=limit) as run:
        return run.end(0)


def numbers(run, pattern):
    """Of the one line with the pattern, its groups as numbers."""
    lines = run.lines(pattern)
    check(len(lines) == 1, f"{len(lines)} lines with {pattern}")
    return [int(n) for n in re.search(pattern, lines[0]).groups()]


def windows(run, name, vcpu=0):
    """What a guest prints of cyclic: count, missed, at, early, late, shortest, longest."""
    return numbers(run, rf"^{name}\| schedtest: vCPU {vcpu}: (\d+) windows, missed (\d+), "
                        r"at (\d+) -(\d+) \+(\d+), (\d+) to (\d+) long")


def extremes(run, name, what):
    """Least, most, all of how long, as a guest prints it."""
    return numbers(run, rf"^{name}\| schedtest: {what}: least (\d+), most (\d+), "
                        r"(\d+) of (\d+)")


def exact_windows(log, gic):
    """Ten thousand frames of 100 us, once both are loaded: no window is missed, each begins
    where the frame has it, after the switch to it, and none ends late."""
    arguments = "until-ms=1050 frame-us=100 settled-ms=40"
    run = watched(log, "sched-cyclic", system(
        watcher("a", arguments), watcher("b", arguments),
        schedule=["\t\tframe-us = <100>;\n", policy(0, "cyclic"), row(0, "a", 0, 20),
                  row(1, "b", 20, 10)]), gic)
    begins = []
    for name, length in ("a", 20 * US), ("b", 10 * US):
        count, missed, at, early, late, shortest, longest = windows(run, name)
        check(count >= 10000 and missed == 0, f"{name}: {count} windows, {missed} missed")
        check(early + late < 100, f"{name}: {early + late} ticks of jitter")
        check(length - SWITCH < shortest and longest < length,
              f"{name}: {shortest} to {longest} ticks long")
        begins.append(at)
    check(0 <= (begins[1] - begins[0]) % (100 * US) - 20 * US < SWITCH, f"begins: {begins}")


def gangs(log, gic):
    """Two guests of two vCPUs each on two cores: both vCPUs of a row run in the same window of
    each frame, and never in the other's."""
    arguments = "until-ms=330 frame-us=10000 gap=3000000"
    run = watched(log, "sched-gang", system(
        watcher("a", arguments, (0, 1)), watcher("b", arguments, (0, 1)),
        schedule=["\t\tframe-us = <10000>;\n", policy(0, "cyclic"), policy(1, "cyclic"),
                  row(0, "a", 0, 5000), row(1, "b", 5000, 5000)]), gic, cpus=2)
    begins = {}
    for name in "ab":
        for vcpu in range(2):
            count, missed, at, *_ = windows(run, name, vcpu)
            check(count >= 20 and missed == 0, f"{name}: {count} windows, {missed} missed")
            begins[name, vcpu] = at
    # the cores' instructions take turns in QEMU, in steps below a millisecond
    apart = {key: (at - begins["a", 0]) % (10000 * US) for key, at in begins.items()}
    for (name, vcpu), ticks in apart.items():
        wanted = 5000 * US if name == "b" else 0
        off = (ticks - wanted + 5000 * US) % (10000 * US) - 5000 * US
        check(abs(off) < 1000 * US, f"{name}, vCPU {vcpu}: {ticks} ticks after a's first")


def looks(run, name, count):
    """How often it looked at the counter in each of its phases: what it got done."""
    return [numbers(run, rf"^{name}\| schedtest: phase {n}, (\d+) looks")[0]
            for n in range(count)]


STORMS = {"idle": "", "greedy": "", "hvc": "", "timer": "", "sgi": "", "notify": "",
          "sleep": " work-us=980 rest-us=20", "reset": ""}
PHASE, FIRST = 40, 60           # ms


def storm_guests():
    """Each has a phase of its own; what it gets there it prints itself."""
    guests = []
    for number, (kind, more) in enumerate(STORMS.items()):
        if kind != "idle":
            begin = FIRST + number * PHASE
            guests.append(watcher(kind, f"storm={kind} from-ms={begin} to-ms={begin + PHASE} "
                                        f"until-ms={FIRST + len(STORMS) * PHASE} "
                                        f"period-us=10000{more}", more=server(5, 1000)))
    return guests


def victims(log, gic):
    """A guest with the highest priority has its budget in any period, to the tick the same
    whatever a neighbour does; one with the lowest has what response-time analysis says; and
    no neighbour has more than its budget."""
    last = FIRST + len(STORMS) * PHASE
    phases = f"until-ms={last} first-ms={FIRST} phase-ms={PHASE}"
    run = watched(log, "sched-victims", system(
        watcher("top", f"{phases} period-us=5000", more=server(9, 1000, 5000)),
        watcher("low", f"{phases} period-us=15000 judge=9",
                more=server(1, 1000) + " control = <&top &low &greedy &hvc &timer &sgi &notify "
                                       "&sleep &reset>;"),
        *storm_guests(), schedule=[policy(0, "server")],
        links=[link("bell", "shared-memory", "notify", "low")]), gic)
    shares = []
    for number, kind in enumerate(STORMS):
        least, most, *_ = extremes(run, "top", rf"phase {number}, \d+ looks")
        check(1000 * US - 2 * SWITCH < least and most <= 1000 * US,
              f"beside {kind}: {least} to {most} ticks in any 5 ms")
        shares.append(least)
        # in 16/15 of its period and its response time, 1000 + 1000 + 1000 us; it pays for
        # being switched in for each of its pieces
        least, *_ = extremes(run, "low", rf"phase {number}, \d+ looks")
        check(least > 950 * US, f"low beside {kind}: {least} ticks in any 15 ms")
        if kind not in ("idle", "reset"):
            _, most, *_ = extremes(run, kind, "all")
            check(900 * US < most <= 1000 * US, f"{kind}: {most} ticks in some 10 ms")
    check(max(shares) - min(shares) <= SWITCH, f"shares: {shares}")
    run.count("^skerry: reset: restarting", 2, 40)      # scrubbing 8 MiB takes most of its budget
    done = looks(run, "top", len(STORMS))
    check(max(done) - min(done) < max(done) / 100, f"looks at the counter: {done}")
    run.expect(r"schedtest: times of 9 guests, 0 wrong, stolen some")


def storms_from_other_cores(log, gic):
    """NOTIFY and SGIs from other cores to neighbours that sleep and have no turn: the victim
    gets as much done as beside loops on those cores."""
    arguments = "until-ms=140 busy"
    run = watched(log, "sched-others", system(
        watcher("top", "until-ms=140 first-ms=80 phase-ms=20 period-us=10000",
                more=server(9, 5000)),
        watcher("asleep", "from-ms=150 to-ms=150 until-ms=150", more=server(5, 1000)),
        watcher("ringer", f"storm=notify from-ms=100 to-ms=120 {arguments}", (1,)),
        watcher("sibling", f"storm=sibling from-ms=120 to-ms=140 {arguments}", (2, 0),
                more=server(5, 1000)),
        schedule=[policy(0, "server")],
        links=[link("bell", "shared-memory", "ringer", "asleep")]), gic, cpus=3)
    for name in "ringer", "sibling":
        storms, = numbers(run, rf"^{name}\| schedtest: vCPU 0: .*, storms (\d+)")
        check(storms > 1000, f"{name}: {storms} storms")
    done = looks(run, "top", 3)
    check(max(done) - min(done) < max(done) / 20, f"looks at the counter: {done}")


def slack(log, gic):
    """Two equal ones with a tenth of the core each: with slack they share all of it, without
    it stays idle."""
    for more in "slack;", "":
        run = watched(log, "sched-slack", system(
            *(watcher(name, "until-ms=120 period-us=10000", more=server(5, 1000))
              for name in "ab"), schedule=[policy(0, "server", more)]), gic)
        ran = [numbers(run, rf"^{name}\| schedtest: vCPU 0: \d+ runs, (\d+) ticks")[0]
               for name in "ab"]
        check(sum(ran) > 100000 * US if more else sum(ran) < 25000 * US, f"they ran for {ran}")
        check(min(ran) > sum(ran) * 2 / 5, f"they ran for {ran}")


def four_in_a_round(log, gic):
    """Four greedy ones: slices of one length, nobody waits longer than for the others'."""
    run = watched(log, "sched-rr", system(
        *(watcher(name, "until-ms=150") for name in "abcd"), schedule=[rr(0, 1000)]), gic)
    counts, ticks = [], []
    for name in "abcd":
        count, ran, longest, apart = numbers(run, rf"^{name}\| schedtest: vCPU 0: (\d+) runs, "
                                                  r"(\d+) ticks, longest (\d+), most apart (\d+)")
        check(longest <= 1000 * US, f"{name} ran for {longest} ticks")
        check(apart <= 3 * 1000 * US + 4 * SWITCH, f"{name} waited for {apart} ticks")
        counts.append(count)
        ticks.append(ran)
    check(max(counts) - min(counts) <= 2, f"runs: {counts}")
    check(max(ticks) - min(ticks) <= 2 * 1000 * US, f"ticks: {ticks}")


def cases(soak):
    found = [Case("cyclic-windows-gic3", exact_windows, limit=250, weight=15, gic=3)]
    for name, function, weight in (
            ("server-victims", victims, 15), ("server-other-cores", storms_from_other_cores, 10),
            ("server-slack", slack, 5), ("rr-four", four_in_a_round, 5),
            ("cyclic-gangs", gangs, 10)):
        found += [Case(f"{name}-gic{gic}", function, limit=250, weight=weight, gic=gic)
                  for gic in ((3, 2) if soak else (3,))]
    return found
