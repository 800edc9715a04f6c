# SPDX-License-Identifier: BSD-2-Clause
"""A guest stops, restarts and crashes alone, any number of times, from pristine
bytes, and leaves nothing behind."""

from harness import Case, Run, check, guest, image, selection, system


def hello(name, arguments, cpu=0, more=""):
    return guest(name, "guests/hello.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def hundred_restarts(log, gic, boot):
    """One guest restarts 100 times beside another that does not notice."""
    text = system(hello("again", "reset=101 dirty"), hello("other", "echo", 1),
                  top="console-input = <&other>;")
    with Run(log, image(log, "restarts", text), "--gic", gic, "--boot", boot) as run:
        for life in range(1, 102):
            run.expect(rf"^again\| hello from again, life {life},")
        run.send("still there\rq\r")
        run.expect(r"^skerry: end again=off other=off")
        run.end(0)
        run.count(r"^other\| echo: still there", 1)
        run.count(r"^other\| hello from other, life 1,", 1)
        run.count(r"^other\| hello", 1)
        run.count(r"^again\| dirty: nothing left over", 101)


def crash_is_recorded(log, kind, gic):
    text = system(hello("bad", f"crash={kind}", 0, 'on-crash = "stop";'), hello("good", "off", 1))
    with Run(log, image(log, "crash-" + kind, text), "--gic", gic) as run:
        run.expect(r"^skerry: bad crashed at ")
        run.expect(r"^skerry: end bad=crashed good=off|^skerry: end")
        run.end(3)
        run.count(r"^good\| hello from good, life 1", 1)
        run.count(r"^skerry: bad crashed", 1)
        run.count(r"^skerry:   life 1, vCPU 0 on core 0, pc ", 1)
        run.count(r"^skerry:   ESR ", 1)


def crash_then_restart(log, gic):
    """on-crash = "restart": it comes back from pristine bytes and then ends well."""
    text = system(hello("bad", "crash=write crash-until=4 dirty", 0, 'on-crash = "restart"; '
                        "restart-limit = <10 60>;"))
    with Run(log, image(log, "crash-restart", text), "--gic", gic) as run:
        run.expect(r"^skerry: end bad=off")
        run.end(0)
        run.count(r"^skerry: bad crashed", 3)
        run.count(r"^bad\| hello from bad, life [1234],", 4)
        run.count(r"^bad\| dirty: nothing left over", 4)


def restart_limit(log):
    text = system(hello("bad", "crash=report", 0, 'on-crash = "restart"; restart-limit = <3 600>;'))
    with Run(log, image(log, "restart-limit", text)) as run:
        run.expect(r"^skerry: end bad=crashed")
        run.end(3)
        run.count(r"^bad\| hello from bad, life", 4)


def crash_leaves_a_line(log):
    """What a guest had begun to print comes out before its crash record."""
    text = system(hello("bad", "lines=3 crash=report", 0, 'on-crash = "stop";'))
    with Run(log, image(log, "crash-line", text)) as run:
        run.expect(r"^bad\| line 3 of bad", r"^skerry: bad crashed.*code 3")
        run.end(3)


def many_guests(log, gic, cpus, boot, skerry="skerry.bin"):
    """Each core restarts its guest at the same time."""
    names = [f"g{i}" for i in range(cpus)]
    text = system(*(hello(n, "reset=15 dirty", i) for i, n in enumerate(names)))
    with Run(log, image(log, f"many-{cpus}", text), "--gic", gic, "--cpus", cpus,
             "--boot", boot, skerry=skerry) as run:
        run.end(0)
        for name in names:
            run.count(rf"^{name}\| hello from {name}, life ", 15)
            run.count(rf"^{name}\| dirty: nothing left over", 15)


def critical_order(log):
    """`after`: the second starts when the first runs."""
    text = system(hello("second", "off", 0, "after = <&first>;"), hello("first", "wait=200", 1))
    with Run(log, image(log, "after", text)) as run:
        run.end(0)
        check(len(run.lines(r"hello from")) == 2, "both guests must greet")


def cases(soak):
    found = [Case(f"hundred-restarts-gic{r['gic']}-{r['boot']}", hundred_restarts, weight=20, **r)
             for r in ([dict(gic=2, boot="direct"), dict(gic=3, boot="uboot")] if not soak else
                       selection(True, gic=[2, 3], boot=["direct", "uboot", "uboot-fit"]))]
    kinds = ["read", "write", "exec", "report", "vbar"]
    for i, kind in enumerate(kinds):
        for gic in ([2, 3] if soak else [2 + i % 2]):
            found.append(Case(f"crash-{kind}-gic{gic}", crash_is_recorded, kind=kind, gic=gic))
    found += [Case(f"crash-restart-gic{gic}", crash_then_restart, gic=gic) for gic in (2, 3)]
    found += [Case("restart-limit", restart_limit), Case("after", critical_order),
              Case("crash-leaves-a-line", crash_leaves_a_line)]
    rows = selection(soak, gic=[2, 3], cpus=[1, 4, 8], boot=["direct", "uboot"])
    found += [Case(f"all-restart-gic{r['gic']}-{r['cpus']}cpu-{r['boot']}", many_guests, **r)
              for r in (rows if soak else rows[:3])]
    return found + [Case(f"oracle-gic{gic}", many_guests, gic=gic, cpus=2, boot="direct",
                         skerry="debug/skerry.bin") for gic in (2, 3)]
