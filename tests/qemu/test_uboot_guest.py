# SPDX-License-Identifier: BSD-2-Clause
"""Debian's U-Boot for QEMU as a guest, unmodified, to its prompt. It wants its
tree at 0x40000000 and reads its environment from a second bank."""

from harness import Case, Run, guest, image, system

MEMORY = "<0 0x40000000 0 0x08000000>, <0 0x04000000 0 0x00040000>"
MORE = "load-address = <0 0x40200000>; dtb-address = <0 0x40000000>;"


def to_the_prompt(log, gic):
    node = guest("uboot", "linux/u-boot.bin", [0], MEMORY, console="pl011", more=MORE)
    text = system(node, guest("hello", cpus=[1]), top="console-input = <&uboot>;")
    with Run(log, image(log, f"uboot-{gic}", text), "--gic", gic) as run:
        run.expect(r"^uboot\| U-Boot 20")
        run.expect(r"Hit any key[^\n]*: ")
        run.send(" ")
        run.type("version", r"U-Boot 20")
        run.type("echo sum is $filesize; setenv a 6; setexpr b $a * 7; printenv b", r"b=2a")
        run.type("reset", None)
        run.expect(r"^uboot\| U-Boot 20", r"Hit any key[^\n]*: ")
        run.send(" ")
        run.type("poweroff", None)
        run.expect(r"^skerry: end uboot=off hello=off")
        run.end(0)
        run.count(r"^hello\| hello from hello", 1)


def cases(_soak):
    return [Case(f"prompt-gic{gic}", to_the_prompt, weight=10, gic=gic) for gic in (2, 3)]
