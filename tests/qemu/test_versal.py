# SPDX-License-Identifier: BSD-2-Clause
"""A board that nobody thought of when Skerry was written: QEMU's xlnx-versal-virt, RAM at
address 0, two cores, booted by its tree alone; and the demo on it, as docs/porting.md has it."""

import os

from harness import BUILD, Case, Run, check, command, guest, image, scratch, system

BOARD = (r"^skerry: Skerry 0.* on Xilinx Versal Virtual development board",
         r"^  cores 2, memory 1024 MiB, GICv3, PSCI by SMC,")


def self_test(log, name):
    """The two cores come up by PSCI; interrupts, timers and calls as on virt."""
    text = system(guest(name, cpus=[0, 1]))
    with Run(log, image(log, f"versal-{name}", text), "--board", "versal") as run:
        run.expect(*BOARD)
        run.end(0)
        check(not run.lines(r"FAILED"), "; ".join(run.lines(r"FAILED")[:5]))
        run.count(rf"^{name}\| tests: \d+ passed, 0 failed", 1)


def demo(log):
    """Linux with its root on a disk and its console by driver guests; the disk's driver is
    killed and comes back, Linux reboots, rt stays."""
    disk = scratch("versal.img")
    command(log, "scripts/mkdisk", "--program", f"{BUILD}/linux/skerryctl", disk)
    itb = image(log, "versal", os.path.join("dts/systems/versal.dts"))
    with Run(log, itb, "--board", "versal", "--disk", disk, limit=100) as run:
        run.expect(*BOARD)
        run.expect(r"up in [\d.]+ s, root on /dev/vda", r"linux# ")
        run.type("echo kept >/mnt/file; sync; mount | grep vda", r"linux\| /dev/vda on / type ext4")
        run.send("\x1dn")               # the manager's turn
        run.expect(r"input goes to manager")
        run.type("kill drv-block", r"drv-block: restarting")
        has_input = ""
        while has_input != "linux":     # drv-block has its turn where it is up again
            run.send("\x1dn")
            has_input = run.expect(r"input goes to (\S+)")[1].rstrip()
        run.send("reboot\n")
        run.expect(r"^skerry: linux: restarting", r"root on /dev/vda", r"linux# ")
        run.type("cat /mnt/file", r"kept")
        run.send("\x1dq")
        run.expect(r"^skerry: end ")
        run.end(0)
        run.count(r"linux\| /dev/vda on / type ext4", 1)
        run.count(r"rt: every 1000 us", 1)


def cases(_soak):
    return [Case(f"{name}", self_test, weight=5, name=name) for name in ("psci", "vgictest")] + [
        Case("demo", demo, limit=200, weight=20)]
