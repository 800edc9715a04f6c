#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is asked for wrongly is answered by one message that names it, never by a stack of
calls: make in a folder whose path has a space, run-qemu's options, outputs that are no
files, a folder that is full."""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("O") or "build"))
SYSTEM = "dts/systems/hello.dts"
failures = []


def ask(words, status, pattern, **environment):
    """Runs it: its exit status, and what stands in its output."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(words, cwd=ROOT, env=dict(kept, **environment), timeout=100,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if done.returncode != status or not re.search(pattern, done.stdout) or \
            "Traceback" in done.stdout:
        failures.append(f"{' '.join(words)}: status {done.returncode}, wanted {status} and "
                        f"\"{pattern}\":\n{done.stdout[-1000:]}")


def ask_make(work):
    spaced = os.path.join(work, "a b")
    os.mkdir(spaced)
    for name in ("kept", "a", "b"):
        os.mkdir(os.path.join(work, name))
    ask(["make", f"O={spaced}/out"], 2, r'folder to build into ".*/a b/out" .*a space')
    for name in ("a'b", "a,b", "a#b", "a)b", "a:b"):
        ask(["make", f"O={work}/{name}".replace("#", "\\#")], 2,
            "folder to build into .* another character")
    ask(["make", "clean", f"O={work}/kept {work}/b"], 2, "folder to build into .* a space")
    ask(["make", "O="], 2, 'folder to build into "" is empty')
    ask(["make", f"SKERRY_CACHE={spaced}"], 2, r'the cache folder ".*/a b" .*a space')
    ask(["make", "SKERRY_CACHE=/dev/null/cache"], 2, "set-up did not end well")
    os.symlink(os.path.join(ROOT, "Makefile"), os.path.join(spaced, "Makefile"))
    ask(["make", "-C", spaced], 2, r'this folder ".*/a b" .*a space')
    ask(["make", "-C", spaced, "help"], 0, "make run  ")
    ask(["make", f"O={work}/a", "KERNEL=/nowhere/vmlinuz", f"{work}/a/linux/vmlinuz"], 2,
        "^/nowhere/vmlinuz does not exist; it would be .*/a/linux/vmlinuz")
    ask(["make", "-n", f"O={work}/out"], 0, "BIN .*/out/skerry.bin")
    if os.path.exists(os.path.join(work, "out")) or not os.path.exists(f"{work}/kept"):
        failures.append("make -n, or make clean of two folders, did something")


def ask_run_qemu(work, image):
    def run(status, pattern, *words, **environment):
        ask(["scripts/run-qemu", "--batch", "--timeout", "60", "--skerry", f"{BUILD}/skerry.bin",
             *words], status, pattern, **environment)

    cut, damaged = os.path.join(work, "cut.itb"), os.path.join(work, "damaged.itb")
    with open(image, "rb") as f:
        data = f.read()
    for path, content in ((cut, data[:600]), (damaged, data[:64] + b"\xff" * 16 + data[80:])):
        with open(path, "wb") as f:
            f.write(content)
    run(1, "^run-qemu: /nowhere/qemu: No such file", image, QEMU="/nowhere/qemu")
    run(3, "skerry: error: .*is not a FIT", "--auto", "README.md")
    run(3, "skerry: end system=refused", "--auto", cut)
    run(3, "skerry: end system=refused", "--auto", damaged)
    ask(["bash", "-c", '"$@" >/dev/full', "-", "scripts/run-qemu", "--batch", "--skerry",
         f"{BUILD}/skerry.bin", image], 1, "^run-qemu: the output: No space left")
    for words, message in (
            (["--cpus", "0"], "--cpus: 0 is not above 0"),
            (["--cpus", "two"], "--cpus: invalid count value: 'two'"),
            (["--memory", "0"], "--memory: 0 is not above 0"),
            (["--timeout", "0"], "--timeout: 0 is not above 0"),
            (["--timeout", "nan"], "--timeout: nan is not above 0"),
            (["--gdb", "--gdb-port", "99999"], "--gdb-port 99999 is no port"),
            (["--disk", ",ro"], "no such file"),
            (["--board", "raspi4b", "--gic", "2"], "--gic is --board virt's"),
            (["--board", "raspi4b", "--cpus", "4"], "--cpus is --board virt's"),
            (["--board", "raspi4b", "--memory", "64"], "--memory is --board virt's"),
            (["--board", "versal", "--cpu", "max"], "--cpu is --board virt's"),
            (["--uart", "pl011"], "--uart is --board raspi4b's"),
            (["--card-on", "emmc"], "--card-on is --board raspi4b's")):
        run(2, "run-qemu: error: .*" + message, *words, image)


def ask_outputs(work, image):
    pipe = os.path.join(work, "pipe")
    os.mkfifo(pipe)
    ask(["scripts/mksystem", "-I", BUILD, SYSTEM, "-o", pipe], 1, f"mksystem: .*{pipe} is no file")
    ask(["scripts/mkouter", "--skerry", f"{BUILD}/skerry.bin", "-o", pipe, image], 1,
        f"mkouter: {pipe} is no file")
    ask(["scripts/mkdisk", pipe], 1, f"mkdisk: {pipe} is no file")
    ask(["scripts/mkcard", "--no-firmware", image, pipe], 1, f"mkcard: {pipe} is no file")
    ask(["scripts/mkdisk", "--help"], 2, "^usage: mkdisk")
    ask(["scripts/mksystem", "-I", BUILD, SYSTEM, "-o", f"{work}/no/x.itb"], 1,
        "mksystem: .*/no/x.itb: No such file or directory")
    ask(["scripts/check", "nothing"], 2, "there is no check nothing; there are: format ")
    ask(["scripts/figures"], 1, "figures: no .*/bench.json", O=work)
    ask([f"{BUILD}/tools/skerry-crash", "--bias", "x", "README.md"], 2,
        "--bias: invalid number value: 'x'")
    if not os.path.exists(pipe) or os.path.isfile(pipe):
        failures.append("what was no file has been replaced by one")


def ask_without_room(image):
    """As on a full disk: no file may be longer than 16 KiB."""
    for words, message in ((["scripts/mksystem", "-I", BUILD, SYSTEM, "-o", "IMAGE"], "mksystem: "),
                           (["scripts/run-qemu", "--batch", "--boot", "uboot", "--skerry",
                             f"{BUILD}/skerry.bin", image], "run-qemu: .*File too large"),
                           (["scripts/mkdisk", "IMAGE"], ".*File too large")):
        with tempfile.TemporaryDirectory() as work:
            words = [os.path.join(work, "out") if w == "IMAGE" else w for w in words]
            ask(["bash", "-c", 'ulimit -f 16; trap "" XFSZ; exec "$@"', "-", *words], 1,
                "(?m)^" + message, TMPDIR=work)
            if os.listdir(work):
                failures.append(f"{words[0]} left {os.listdir(work)}")


def main():
    with tempfile.TemporaryDirectory() as work:
        image = os.path.join(work, "hello.itb")
        ask(["scripts/mksystem", "-I", BUILD, SYSTEM, "-o", image], 0, "^$")
        ask_make(work)
        ask_run_qemu(work, image)
        ask_outputs(work, image)
        ask_without_room(image)
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
