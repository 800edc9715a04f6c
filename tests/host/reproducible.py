#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two builds are byte for byte the same: the one at hand, and one of a copy of the tree
made later, in another folder with another path, with other times of all sources, and
another place of the cache, umask, time zone, language and folder for temporary files."""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("O") or "build"))
BUILT = ["skerry.bin", "skerry.elf", "guests/*.bin", "guests/*.elf", "guests/libskerry.a",
         "tools/skerry-*", "linux/skerryctl", "linux/module/*/linux/skerry.ko",
         "linux/busybox.cpio.gz"]
MADE = ["system.itb", "outer.itb", "card.img"]


def run(where, environment, *words):
    done = subprocess.run(words, cwd=where, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout.decode()}")


def copy_tree(to):
    """The sources alone, for nobody else to read, all as old as each other."""
    skip = {".git", "__pycache__", "build", os.path.basename(BUILD)}
    shutil.copytree(ROOT, to, symlinks=True,
                    ignore=lambda _, names: [n for n in names if n in skip])
    for folder, _, names in os.walk(to):
        for path in [folder] + [os.path.join(folder, n) for n in names]:
            os.chmod(path, os.stat(path).st_mode & 0o700)
            os.utime(path, (981173106, 981173106))


def other_environment(work, cache):
    """None of this may show."""
    os.symlink(cache, os.path.join(work, "another-cache"))
    os.mkdir(os.path.join(work, "temporary"))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return dict(kept, TZ="Pacific/Auckland", LC_ALL="C.UTF-8", LANG="C.UTF-8",
                TMPDIR=os.path.join(work, "temporary"),
                SKERRY_CACHE=os.path.join(work, "another-cache"))


def make_files(tree, build, environment, key, out):
    """What users make of a build: a system image, a signed FIT around it, a card."""
    environment = dict(environment, O=build)
    system, card = "dts/systems/demo.dts", "dts/systems/rpi4-demo.dts"
    os.makedirs(out)
    run(tree, environment, "scripts/mksystem", system, "-I", build, "-o", f"{out}/system.itb")
    run(tree, environment, "scripts/mkouter", "--key", key, "-o", f"{out}/outer.itb",
        f"{out}/system.itb")
    firmware = os.path.join(environment["SKERRY_CACHE"], "firmware/start4.elf")
    more = [] if os.path.exists(firmware) else ["--no-firmware"]
    run(tree, environment, "scripts/mkcard", *more, "--program", f"{build}/linux/skerryctl",
        "-I", build, card, f"{out}/card.img")


def digest(path):
    total = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def difference(one, other):
    """Where the first of two files' bytes that differ is."""
    at = 0
    with open(one, "rb") as f, open(other, "rb") as g:
        while (a := f.read(1 << 20)) == (b := g.read(1 << 20)) and a:
            at += len(a)
    return at + next((i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1]),
                     min(len(a), len(b)))


def compare(here, there, patterns):
    failed = 0
    for pattern in patterns:
        found = sorted(glob.glob(os.path.join(there, pattern)))
        if not found:
            print(f"{pattern}: not built")
            failed += 1
        for path in found:
            name = os.path.relpath(path, there)
            other = os.path.join(here, name)
            same = os.path.exists(other) and digest(path) == digest(other)
            print(f"{digest(path)[:16]}  {name}" if same else
                  f"differs at byte {difference(path, other)}: {name}"
                  if os.path.exists(other) else f"not built here: {name}")
            failed += not same
    return failed


def main():
    cache = subprocess.run([os.path.join(ROOT, "scripts/setup"), "--cache"],
                           stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="skerry-again-") as work:
        tree, build = os.path.join(work, "a/copy/of/skerry"), os.path.join(work, "products")
        copy_tree(tree)
        key = os.path.join(work, "key")
        here = dict(os.environ, SKERRY_CACHE=cache)
        there = other_environment(work, cache)
        run(work, here, "openssl", "req", "-batch", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-subj", "/CN=key", "-keyout", key + ".key", "-out", key + ".crt")
        make_files(ROOT, BUILD, here, key, os.path.join(work, "one"))
        os.umask(0o077)
        links = [f"{build}/linux/{n}" for n in ("vmlinuz", "vmlinuz-6.12", "u-boot.bin",
                                                "initramfs.cpio.gz")]
        run(tree, there, "make", "-s", "-j2", f"O={build}", "all", *links)
        make_files(tree, build, there, key, os.path.join(work, "two"))
        failed = compare(BUILD, build, BUILT)
        failed += compare(os.path.join(work, "one"), os.path.join(work, "two"), MADE)
    print(f"{failed} files differ" + (" (was the build at hand made of these sources?)"
                                      if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
