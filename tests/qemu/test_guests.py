# SPDX-License-Identifier: BSD-2-Clause
"""What our own guests find out about EL2 from inside: the interrupt controller,
PSCI, the attacker beside its victim, the real-time task."""

from harness import Case, Run, check, guest, image, selection, system

SUITES = {"vgictest": 30, "psci": 8}    # least number of tests that must pass


def arguments(text):
    return f'bootargs = "{text}";' if text else ""


def passes_inside(log, suite, console, gic, cpus, cpu="cortex-a72"):
    text = system(guest(suite, cpus=range(cpus), console=console))
    with Run(log, image(log, suite, text), "--gic", gic, "--cpus", cpus, "--cpu", cpu) as run:
        found = run.expect(rf"^{suite}\| tests: (\d+) passed, (\d+) failed")
        run.end(0)
        run.absent(rf"^{suite}\| test .*FAILED")
        check(int(found[1]) >= SUITES[suite] and found[2] == "0", found[0])


def attacker_beside_victim(log, gic, cpu="cortex-a72", scale=100, victim_core=2):
    """Every case ends well, the attacker works again, the victim notices nothing."""
    text = system(guest("attacker", cpus=[0, 1], more='on-crash = "restart"; '
                        f"restart-limit = <5 600>; bootargs = \"deadly scale={scale}\";"),
                  guest("victim", cpus=[victim_core], more=arguments("beats=1500")))
    with Run(log, image(log, "attacker", text), "--gic", gic, "--cpus", 4, "--cpu", cpu,
             limit=220) as run:
        run.expect(r"^attacker\| attacker: \d+ cases, 0 failed")
        run.end(0)
        run.absent(r"FAILED")
        run.count(r"^attacker\| attack \d\d ", 45, 99)
        run.count(r"^attacker\| attacker works again, life", 8)
        run.count(r"^skerry: attacker crashed", 3)
        run.count(r"^victim\| victim: 1500 beats, checksum ok", 1)
        run.count(r"^skerry: ", 0, 60)      # the log grows by a bounded number of lines


def rt_reports(log, gic):
    text = system(guest("rt", more=arguments("seconds=3")))
    with Run(log, image(log, "rt", text), "--gic", gic, "--cpus", 1) as run:
        run.expect(r"^rt\| .*figures under emulation are not a board's")
        for _ in range(3):
            run.expect(r"^rt\| rt: last second: \d+ beats, late by min \d+ mean \d+ max \d+ ns, "
                       r"missed \d+; <", r"^rt\| rt: since start: \d+ beats, late")
        run.expect(r"^skerry: end rt=off")
        run.end(0)


def rt_is_on_time(log, gic):
    """Under icount: no deadline is missed beside a guest that never stops calling EL2."""
    text = system(guest("rt", more=arguments("seconds=2")),
                  guest("noise", "guests/attacker.bin", [1],
                        more=arguments("case=13 scale=400")))
    with Run(log, image(log, "rt-noise", text), "--gic", gic, "--cpus", 2, "--icount") as run:
        found = run.expect(r"^rt\| rt: in all: (\d+) beats, .*max (\d+) ns, missed (\d+);")
        check(found[3] == "0" and int(found[1]) >= 1999, found[0])
        run.end(0)


def cases(soak):
    rows = selection(soak, suite=list(SUITES), gic=[2, 3], cpus=[3, 8],
                     console=["hypercall", "pl011"])
    found = [Case(f"{r['suite']}-gic{r['gic']}-{r['cpus']}cpu-{r['console']}", passes_inside, **r)
             for r in rows]
    found += [Case(f"attacker-gic{gic}", attacker_beside_victim, limit=260, weight=60, gic=gic)
              for gic in (2, 3)]
    found += [Case(f"rt-gic{gic}", rt_reports, gic=gic) for gic in (2, 3)]
    found += [Case(f"rt-on-time-gic{gic}", rt_is_on_time, weight=15, gic=gic) for gic in (2, 3)]
    for cpu in ["max", "neoverse-n1", "cortex-a53"] if soak else ["max"]:
        found.append(Case(f"attacker-{cpu}", attacker_beside_victim, limit=260, weight=60,
                          gic=3, cpu=cpu, scale=100 if soak else 20))
    return found
