# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels, unmodified: SMP to a busybox shell; reboot and poweroff typed
there act on that guest only."""

import re

from harness import Case, Run, check, guest, image, linux, selection, system

NEIGHBOUR = guest("hello", more='bootargs = "echo";')


def one_linux(log, kernel, gic, boot, cpus, skerry="skerry.bin"):
    """To the shell; every vCPU is there; reboot; poweroff, while hello goes on."""
    mine = range(1, 1 + cpus)
    text = system(NEIGHBOUR, linux(cpus=mine, kernel=kernel), top="console-input = <&linux>;")
    with Run(log, image(log, f"{kernel}-{cpus}", text), "--gic", gic, "--boot", boot,
             "--cpus", max(2, cpus + 1), skerry=skerry) as run:
        run.expect(rf"^linux\| Linux 6\.\d+\.\S+, {cpus} cpus", r"linux# ")
        run.type("cat /proc/interrupts; echo first life: $((40 + 2))", r"first life: 42")
        run.type("reboot", None)
        run.expect(rf"^linux\| Linux 6\.\d+\.\S+, {cpus} cpus", r"linux# ")
        run.type("dmesg | grep -c -i 'unable to handle\\|BUG:\\|rcu.*stall' | sed s/^/faults:/",
                 r"^linux\| faults:0")
        run.type("poweroff", "The system is going down")  # before that, what was typed may wait
        run.send("\x1dn")               # input goes to the next guest, and what waits is dropped
        run.expect(r"^skerry: the input goes to hello")
        run.send("q\r")
        run.expect(r"^skerry: end hello=off linux=off")
        run.end(0)
        run.count(r"^hello\| hello from hello", 1)
        run.count(r"^linux\| Linux 6", 2)


def interrupts_move(log, gic):
    """Timer and inter-processor interrupts arrive on each vCPU; a CPU goes off and on."""
    text = system(linux(cpus=[0, 1, 2]), top="console-input = <&linux>;")
    with Run(log, image(log, "linux-cpus", text), "--gic", gic) as run:
        run.expect(r"3 cpus", r"linux# ")
        cpu2 = "/sys/devices/system/cpu/cpu2/online"
        run.type(f"echo 0 > {cpu2}; echo now $(nproc)", r"now 2")
        run.type(f"echo 1 > {cpu2}; echo now $(nproc)", r"now 3")
        run.type("for c in 0 1 2; do taskset $((1 << c)) true && echo ran on $c; done", r"ran on 2")
        run.type("poweroff -f", None)
        run.end(0)
        run.count(r"ran on [012]$", 3)


def sleeps(log, gic):
    """A timer that is lost once hangs a Linux for ever: many short sleeps, on both CPUs."""
    text = system(NEIGHBOUR, linux(cpus=[1, 2]), top="console-input = <&linux>;")
    with Run(log, image(log, "linux-2", text), "--gic", gic) as run:
        run.expect(r"linux# ")
        nap = "i=0; while [ $i -lt 300 ]; do usleep 3000; i=$((i+1)); done"
        for cpu in (1, 2):
            run.type(f"({nap}; echo slept) & taskset 1 sh -c '{nap}'; wait; echo awake {cpu}",
                     rf"^linux\| awake {cpu}")
        run.send("\x1dq")
        run.expect(r"^skerry: end hello=off linux=off")
        run.end(0)


def panics_and_restarts(log):
    """A Linux that panics reboots by itself; the other one does not see it."""
    text = system(linux("one", [0, 1], bootargs="panic=1 skerry.panic=0"), linux("two", [2]),
                  top="console-input = <&one>;")
    with Run(log, image(log, "linux-panic", text)) as run:
        run.expect(r"one\|.* 2 cpus", r"linux# ")
        run.type("echo c > /proc/sysrq-trigger", None)
        run.expect(r"one\|.*Rebooting in 1 second", r"one\|.* 2 cpus", r"linux# ")
        run.type("poweroff -f", "reboot: Power down")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to two")
        run.type("", r"linux# ")
        run.type("poweroff -f", None)
        run.end(0)
        run.count(r"^two\| Linux 6", 1)


def long_lines(log):
    """The console carries a few hundred lines without losing one."""
    text = system(linux(cpus=[0]), top="console-input = <&linux>;")
    with Run(log, image(log, "linux-lines", text)) as run:
        run.expect(r"linux# ")
        run.type("for i in $(seq 500); do echo row $i; done; echo rows are over",
                 r"^linux\| rows are over$")
        run.type("poweroff -f", None)
        run.end(0)
        rows = [int(m) for m in re.findall(r"^linux\| row (\d+)$", run.text, re.MULTILINE)]
        run.count(r"^linux\| row \d", 500)
        check(rows == list(range(1, 501)), f"{len(rows)} rows of 500 came whole and in order")


def cases(soak):
    rows = selection(soak, kernel=["vmlinuz", "vmlinuz-6.12"], gic=[2, 3],
                     boot=["direct", "uboot", "uboot-fit"], cpus=[1, 2, 4])
    if not soak:
        rows = [dict(kernel="vmlinuz", gic=2, boot="direct", cpus=2),
                dict(kernel="vmlinuz-6.12", gic=3, boot="direct", cpus=2),
                dict(kernel="vmlinuz", gic=3, boot="uboot", cpus=4),
                dict(kernel="vmlinuz-6.12", gic=2, boot="uboot-fit", cpus=1)]
    found = [Case(f"{r['kernel']}-gic{r['gic']}-{r['cpus']}cpu-{r['boot']}", one_linux, weight=30,
                  **r) for r in rows]
    found.append(Case("oracle-gic2", one_linux, weight=25, kernel="vmlinuz", gic=2, boot="direct",
                      cpus=2, skerry="debug/skerry.bin"))
    found += [Case(f"cpus-gic{gic}", interrupts_move, weight=15, gic=gic) for gic in (2, 3)]
    found += [Case(f"sleeps-gic{gic}", sleeps, weight=10, gic=gic) for gic in (2, 3)]
    return found + [Case("panic-restarts", panics_and_restarts, weight=25),
                    Case("console-loses-nothing", long_lines, weight=12)]
