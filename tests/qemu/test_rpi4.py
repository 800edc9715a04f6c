# SPDX-License-Identifier: BSD-2-Clause
"""A Raspberry Pi 4 in QEMU (raspi4b): drv_console on each of its two UARTs, and the demo from
its card, started by U-Boot and as the firmware alone would start it."""

import glob
import os
import re
import shutil
import sys

from harness import BUILD, ROOT, Case, Run, cache, check, command, image, link, scratch, system
from test_console import TOP, driver, tty, wait_for_driver, whole_lines

sys.path.insert(0, os.path.join(ROOT, "scripts/mkcard.d"))
import card                     # noqa: E402

UARTS = {"pl011": "/soc/serial@7e201000", "mini": "stdout-path"}    # this one by its role
RECOVERIES = "dmesg | grep -c 'EXT4-fs.*recovery' | sed s/^/recoveries:/"


def console(log, uart, after):
    """drv_console shows lines by both ways and gives what is typed; it dies in mid-line, EL2
    prints with its own driver, and the next life goes on."""
    text = system(driver(f"die-after={after}", more='on-crash = "restart";')
                  .replace("/pl011@9000000", UARTS[uart]),
                  tty("a", "lines=30 part echo", 1),
                  tty("b", "lines=30 part echo", 2, "hypercall"), top=TOP + "console-input = <&a>;",
                  links=[link("one", "console", "a", "con")])
    with Run(log, image(log, f"rpi4-{uart}", text), "--board", "raspi4b", "--uart", uart) as run:
        run.expect(r"^skerry: .*Raspberry Pi 4", r"^skerry: con: restarting")
        wait_for_driver(run)
        run.send("\r")
        run.expect(r"^one\| .*line$", r"^one\| a is here")
        run.send("a line of more bytes than the FIFO takes at a time\rq\r")
        run.expect(r"^one\| echo: a line of more bytes than the FIFO takes at a time$",
                   r"^one\| echo: q", r"^skerry: a: off")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to b")
        run.send("\rq\r")
        run.expect(r"^b\| echo: q", r"^skerry: end con=off a=off b=off")
        run.end(0)
        for i in range(1, 31):
            run.count(rf"^b\| line {i} of b$", 1, 2)
            run.count(rf"^one\| line {i} of a$", 1, 2)
        whole_lines(run, ["one", "b"], is_cut=True)


BANKS = {1: "0 0 3b400000", 2: "0 0 3b400000 0 40000000 40000000",
         4: "0 0 3b400000 0 40000000 bc000000",
         8: "0 0 3b400000 0 40000000 bc000000 1 0 80000000 1 80000000 80000000"}


def good_on_each_board(log, gib):
    """skerry-check finds nothing wrong with the Pi's systems on a board of this size."""
    tree = scratch(f"rpi4-{gib}.dtb")
    shutil.copyfile(cache("kernel/6.1/dtbs/broadcom", card.TREE), tree)
    command(log, "fdtput", "-t", "x", tree, "/memory@0", "reg", *BANKS[gib].split())
    systems = glob.glob(os.path.join(ROOT, "dts/systems/rpi4-*.dts"))
    check(len(systems) >= 2, "systems are missing")
    for path in systems:
        said = command(log, os.path.join(BUILD, "tools/skerry-check"), "-I", BUILD, path, tree)
        check(re.search(r": 0 errors", said), said)


# --- the demo -----------------------------------------------------------------------

def demo_card(log, layout, name=""):
    path = scratch(f"rpi4-demo-{layout}{name}.img")
    has_firmware = os.path.exists(cache("firmware/start4.elf"))
    command(log, "scripts/mkcard", "--layout", layout, *([] if has_firmware else ["--no-firmware"]),
            "--program", os.path.join(BUILD, "linux/skerryctl"), "-I", BUILD,
            "dts/systems/rpi4-demo.dts", path)
    return path


def tries(path):
    folder = path + ".files"
    os.makedirs(folder, exist_ok=True)
    with open(card.take(path, "tries", folder), "rb") as f:
        return f.read().rstrip(b"\0").decode("ascii")


def start(log, path, *arguments):
    # One thread: the cores in the spin table never sleep, and take turns then with the one
    # that works, instead of the machine's.
    return Run(log, None, "--board", "raspi4b", "--card", path, *arguments, limit=240,
               qemu=["-accel", "tcg,thread=single"])


def prompt(run):
    run.expect(r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda$", r"linux# ")


def ask(run, line, *patterns):
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def manager(run, line, *patterns):
    """A line for the manager alone, then all are shown again, with the input for Linux."""
    run.send("\x1dl")
    keys = [run.expect(rf"^skerry: Ctrl-\] (\S)  {name}\b").group(1)
            for name in ("linux", "manager")]
    run.send("\x1d" + keys[1])
    run.expect(r"^skerry: manager alone")
    run.send(line + "\n")
    run.expect(*patterns)
    run.send("\x1d" + keys[0] + "\x1da")
    run.expect(r"^skerry: linux alone", r"^skerry: all are shown")


SUM = "md5sum </mnt/many | cmp - /mnt/sum && echo sum is right"


def by_uboot(log):
    """U-Boot to Linux' prompt; drv-block is killed under Linux, which reboots alone; all others
    go on. The boot script's try is taken back, and what was written is there in the next boot,
    on the other UART."""
    path = demo_card(log, "uboot")
    with start(log, path, "--boot", "uboot", "--uart", "mini") as run:
        run.expect(r"^Skerry: slot a, try 1 of 3", r"^skerry: .*Raspberry Pi 4",
                   r"^ +device gpio at fe200000", r"^ +device card at fe340000")
        prompt(run)
        run.count(r"^linux\| Slot a of the card is up: its tries are 0 again", 1)
        run.count(r"^rt\| rt: pin 17 changes with each beat", 1)
        run.expect(r"^rt\| rt: since start: \d+ beats")
        manager(run, "list", r"^rt +running +1 +1 ", r"^linux +running +2 +2-3 ",
                r"^drv-console +running", r"^drv-block +running")
        run.type("(dd if=/dev/urandom of=/mnt/many bs=64k count=24 2>/dev/null; sync; md5sum "
                 "</mnt/many >/mnt/sum) &")
        manager(run, "kill drv-block", r"^drv-block: ")
        ask(run, "wait; echo all written", r"^linux\| all written$")
        run.type("reboot", None)
        prompt(run)
        ask(run, SUM, r"^linux\| sum is right")
        ask(run, RECOVERIES, "recoveries:0")
        manager(run, "list", r"^rt +running .* 1 +0 ", r"^linux +running .* 2 +0 ",
                r"^drv-block +running .* 2 +1 ")
        run.send("\x1dq")
        run.expect(r"^skerry: end rt=off linux=off")
        run.end(0)
    check(tries(path) == "slot=a\ntries=0\n", "Linux did not take the try back")
    with start(log, path, "--boot", "uboot", "--uart", "pl011") as run:
        run.expect(r"Skerry: slot a, try 1 of 3")
        prompt(run)
        ask(run, SUM, r"^linux\| sum is right")
        run.send("\x1dq")
        run.end(0)


def by_firmware(log):
    """Skerry as the firmware starts it, on each UART: what Linux wrote before the board was
    switched off is there in the next boot, and its file system is clean."""
    path = demo_card(log, "firmware")
    with start(log, path, "--boot", "direct", "--uart", "pl011") as run:
        prompt(run)
        ask(run, "dd if=/dev/urandom of=/mnt/many bs=64k count=16 2>/dev/null; md5sum "
            "</mnt/many >/mnt/sum; echo kept >/mnt/file; echo written", r"^linux\| written")
        run.type("poweroff", None)
        run.expect(r"^skerry: linux: off")
        run.send("\x1dq")
        run.end(0)
        run.absent("U-Boot")
    with start(log, path, "--boot", "direct", "--uart", "mini") as run:
        prompt(run)
        ask(run, "cat /mnt/file", r"^linux\| kept$")
        ask(run, SUM, r"^linux\| sum is right")
        ask(run, RECOVERIES, "recoveries:0")
        run.send("\x1dq")
        run.end(0)


def without_root(log):
    """Linux without the root file system that it was to have is not up: its try stays counted."""
    path = demo_card(log, "firmware", "-no-root")
    counted = scratch("rpi4-no-root.tries")
    with open(counted, "wb") as f:
        f.write(b"slot=b\ntries=2\n".ljust(512, b"\0"))
    command(log, "mcopy", "-D", "o", "-i", card.boot_drive(path), counted, "::tries")
    with open(path, "r+b") as f:
        f.seek({name: start for name, start, _ in card.partitions(path)}["root"] + 1024)
        f.write(bytes(1024))
    with start(log, path, "--boot", "direct", "--uart", "mini") as run:
        run.expect(r"^linux\| init: /dev/vda can't be mounted as ext4",
                   r"^linux\| The card's tries stay: ", r"^linux\| Linux 6\.\S+, 2 cpus, up",
                   r"linux# ")
        run.send("\x1dq")
        run.end(0)
    check(tries(path) == "slot=b\ntries=2\n", f"tries holds {tries(path)}")


def cases(_soak):
    return [Case(f"good-on-{gib}-gib", good_on_each_board, gib=gib) for gib in BANKS] + \
        [Case(f"console-{uart}", console, uart=uart, after=after)
         for uart, after in (("pl011", 701), ("mini", 700))] + \
        [Case("demo-uboot", by_uboot, limit=500, weight=50),
         Case("demo-firmware", by_firmware, limit=500, weight=20),
         Case("demo-without-root", without_root, limit=300, weight=12)]
