# SPDX-License-Identifier: BSD-2-Clause
"""The Linux module beyond its virtio devices: panics as crashes with a record,
and /dev/skerry with skerryctl."""

from harness import Case, Run, guest, image, linux, system

NEIGHBOUR = guest("hello", more='bootargs = "echo";')
AGAIN = 'on-crash = "restart"; restart-limit = <9 600>;'


def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def panic(log, kernel, gic):
    """A panic is a crash: its text is in the record, and on-crash is applied. Switched off, the
    kernel's own way is back."""
    text = system(NEIGHBOUR, linux(kernel=kernel, more=AGAIN), top="console-input = <&linux>;")
    with Run(log, image(log, "linux-panic", text), "--gic", gic) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        run.type("echo c >/proc/sysrq-trigger", None)
        run.expect(r"^skerry: linux crashed at .*reported by the guest: code 74786574",
                   r"^skerry: linux: restarting", r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        run.type("echo 0 >/sys/module/skerry/parameters/panic; echo 1 >/proc/sys/kernel/panic; "
                 "echo c >/proc/sysrq-trigger", None)
        run.expect(r"Rebooting in 1 second", r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        run.send("\x1dq")
        run.expect(r"^skerry: end hello=off linux=off")
        run.end(0)
        run.count(r"^skerry: linux crashed", 1)


def skerryctl(log, kernel, gic):
    """A Linux with control over a neighbour: starts and stops it, reads its statistics and its
    crash record; what it may not is refused with the reason."""
    text = system(NEIGHBOUR.replace("autostart;", "autostart; service; " + AGAIN),
                  guest("other", "guests/hello.bin", [3], more="service;"),
                  linux(kernel=kernel, more="control = <&hello>;"),
                  top="console-input = <&linux>;")
    with Run(log, image(log, "linux-skerryctl", text), "--gic", gic, "--cpus", 4) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        ask(run, "skerryctl list; echo status $?", r"^linux\| hello +running", r"status 0")
        for word, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped"),
                            ("start", "running"), ("restart", "running"), ("kill", "running")):
            ask(run, f"skerryctl {word} hello; echo status $?", rf"^linux\| hello: {state}",
                r"status 0")
        ask(run, "skerryctl info hello; skerryctl stats hello", r"^linux\| GUEST .*HVC", r"^linux\| hello +\d")
        ask(run, "skerryctl top -n 2 --json | tail -n 1 | cut -c 1-30", r'^linux\| {"uptime_s": ')
        ask(run, "skerryctl resume hello; echo status $?", r"^linux\| hello is running", r"status 1")
        ask(run, "skerryctl restart other; echo status $?", r"no such guest.*: other", r"status 1")
        ask(run, "skerryctl rstart hello; echo status $?", r"no such command", r"status 2")
        run.type("poweroff -f", None)
        run.expect(r"^skerry: end hello=off other=off linux=off")
        run.end(0)


def cases(soak):
    return ([Case(f"panic-{kernel}-gic{gic}", panic, weight=30, kernel=kernel, gic=gic)
             for kernel, gic in (("vmlinuz", 2), ("vmlinuz-6.12", 3))] +
            [Case(f"skerryctl-{kernel}-gic{gic}", skerryctl, weight=25, kernel=kernel, gic=gic)
             for kernel, gic in (("vmlinuz", 3), ("vmlinuz-6.12", 2))])
