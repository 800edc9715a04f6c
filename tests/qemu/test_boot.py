# SPDX-License-Identifier: BSD-2-Clause
"""EL2 starts on every board, with every number of cores, however it was loaded,
starts its guest and ends the run; entered at a wrong level it says so."""

import os

from harness import (BUILD, Case, Run, command, guest, image, linux, product, qemu, selection,
                     system, WORK)

MODELS = ["cortex-a53", "cortex-a57", "cortex-a72", "cortex-a76", "neoverse-n1", "max"]

HELLO = system(guest("hello"), model="boot test")


def greets(run, board=""):
    run.expect(r"^skerry: ", board, r"^hello\| hello from hello, life 1")
    run.expect(r"^skerry: end hello=off$")
    run.end(0).count(r"^skerry: end ", 1)
    run.absent(r"panic")


def boots_virt(log, gic, cpus, boot):
    itb = image(log, "boot", HELLO)
    arguments = ["--gic", gic, "--cpus", cpus, "--boot", boot]
    with Run(log, itb, *arguments) as run:
        greets(run)


def model_runs_guests(log, gic, cpu, kernel):
    """A hypercall guest, a timer's guest and Linux on two cores of this model."""
    text = system(guest("hello"), guest("rt", cpus=[1], more='bootargs = "seconds=1";'),
                  linux(cpus=[2, 3], memory=128, kernel=kernel), top="console-input = <&linux>;")
    with Run(log, image(log, "model", text), "--gic", gic, "--cpu", cpu) as run:
        run.expect(r"^skerry: ", r"linux# ")
        run.type("poweroff -f", None)
        run.expect(r"^skerry: end ")
        run.end(0)
        run.count(r"^hello\| hello from hello, life 1", 1)
        run.count(r"^rt\| rt: 1 seconds, done", 1)
        run.count(r"^linux\| Linux 6.* 2 cpus", 1)


def boots_raspi4b(log, uart):
    itb = image(log, "boot", HELLO)
    with Run(log, itb, "--board", "raspi4b", "--uart", uart) as run:
        greets(run, r"Raspberry Pi 4")


def core_of_its_own(log, gic):
    """A guest on each of eight cores."""
    names = [f"g{i}" for i in range(8)]
    text = system(*(guest(n, "guests/hello.bin", [i]) for i, n in enumerate(names)))
    with Run(log, image(log, f"eight-{gic}", text), "--gic", gic, "--cpus", 8) as run:
        run.expect(r"^skerry: end " + " ".join(n + "=off" for n in names))
        run.end(0)
        for name in names:
            run.count(rf"^{name}\| hello from {name}, life 1", 1)


def stops_at_el1(log):
    itb = image(log, "boot", HELLO)
    with Run(log, itb, "--cpus", 1, qemu=["-machine", "virtualization=off"], limit=20) as run:
        run.expect(r"^skerry: .*EL1")
        run.absent(r"hello\|")


def stops_at_el3(log):
    """A few instructions hand the tree over as firmware at EL3 would."""
    os.makedirs(WORK, exist_ok=True)
    firmware = os.path.join(WORK, "el3-firmware")
    with open(firmware + ".S", "w", encoding="ascii") as f:
        f.write("mov x0, #0x40000000\nmov x1, xzr\nmov x2, xzr\nmov x3, xzr\n"
                "movz x4, #0x4020, lsl #16\nbr x4\n")
    cross = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
    command(log, cross + "gcc", "-c", firmware + ".S",
            "-o", firmware + ".o")
    command(log, cross + "objcopy", "-O", "binary", firmware + ".o",
            firmware + ".bin")
    words = ["timeout", "20", *qemu(), "-M", "virt,virtualization=on,secure=on,gic-version=3",
             "-cpu", "cortex-a72", "-m", "512", "-nodefaults", "-display", "none",
             "-serial", "stdio",
             "-device", f"loader,file={firmware}.bin,addr=0x4f000000,force-raw=on",
             "-device", "loader,addr=0x4f000000,cpu-num=0", "-device",
             f"loader,file={os.path.join(BUILD, 'skerry.bin')},addr=0x40200000,force-raw=on"]
    with Run(log, "", words=words, limit=20) as run:
        run.expect(r"^skerry: .*EL3")


def says_what_is_missing(log):
    """Without a system image EL2 says so and does not start anything."""
    empty = os.path.join(WORK, "empty.itb")
    os.makedirs(WORK, exist_ok=True)
    with open(empty, "wb") as f:
        f.write(bytes(4096))
    with Run(log, empty, "--cpus", 1, limit=20) as run:
        run.expect(r"^skerry: .*system image")
        run.absent(r"hello\|")


def cases(soak):
    found = []
    rows = selection(soak, gic=[2, 3], cpus=[1, 2, 4, 8], boot=["direct", "uboot", "uboot-fit"])
    found += [Case(f"virt-gic{r['gic']}-{r['cpus']}cpu-{r['boot']}", boots_virt, **r)
              for r in rows]
    kernels = {"6.1": "vmlinuz", "6.12": "vmlinuz-6.12"}
    models = product(gic=[2, 3], cpu=MODELS, kernel=list(kernels)) if soak else [
        dict(gic=2 + i % 2, cpu=cpu, kernel=list(kernels)[i // 2 % 2])
        for i, cpu in enumerate(MODELS)]
    found += [Case(f"model-{r['cpu']}-gic{r['gic']}-{r['kernel']}", model_runs_guests, weight=8,
                   gic=r["gic"], cpu=r["cpu"], kernel=kernels[r["kernel"]]) for r in models]
    found += [Case(f"raspi4b-{uart}", boots_raspi4b, uart=uart) for uart in ("pl011", "mini")]
    found += [Case(f"eight-guests-gic{gic}", core_of_its_own, gic=gic) for gic in (2, 3)]
    found += [Case("entered-at-el1", stops_at_el1), Case("entered-at-el3", stops_at_el3),
              Case("no-system-image", says_what_is_missing)]
    return found
