# SPDX-License-Identifier: BSD-2-Clause
"""The Linux module beyond its virtio devices: a panic is a crash with a record."""

from harness import Case, Run, guest, image, linux, system

NEIGHBOUR = guest("hello", more='bootargs = "echo";')
AGAIN = 'on-crash = "restart"; restart-limit = <9 600>;'


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


def cases(soak):
    return [Case(f"panic-{kernel}-gic{gic}", panic, weight=30, kernel=kernel, gic=gic)
            for kernel, gic in (("vmlinuz", 2), ("vmlinuz-6.12", 3))]
