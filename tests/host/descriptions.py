#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Descriptions that must be refused, and some that must pass.

tests/bad/NAME.dts: skerry-check (or mksystem, where a comment says so) ends with
status 1 and prints every line that an `expect:` comment of the file gives.
tests/good/NAME.dts: no error and no warning, but each `expect:` line; mksystem makes the
same image twice; skerry-check finds that image good too. With the test board, or the one that
a comment names (`board: FILE.dts`; `board: kernel:PATH`, one of Debian's), and with images that
are made here. `--update` writes the expectations down anew.
"""
import glob
import gzip
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("O", "build"))
CHECK = os.path.join(BUILD, "tools/skerry-check")
MKSYSTEM = os.path.join(ROOT, "scripts/mksystem")


def image(text_offset=0, size=0x8000, flags=0xa, length=0x3000):
    """An arm64 Image of a few pages."""
    data = bytearray(i * 7 & 0xff for i in range(length))
    data[0:4] = struct.pack("<I", 0x14000000)
    data[8:32] = struct.pack("<3Q", text_offset, size, flags)
    data[56:60] = b"ARM\x64"
    return bytes(data)


def elf(machine=183, kind=2, at=0x40200000):
    """An ELF file of two segments, the second one with bss."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", kind, machine, 1, at, 64, 0,
                         0, 64, 56, 2, 0, 0, 0)
    loads = struct.pack("<IIQQQQQQ", 1, 5, 0x1000, at, at, 0x1000, 0x1000, 0x1000)
    loads += struct.pack("<IIQQQQQQ", 1, 6, 0x2000, at + 0x1000, at + 0x1000, 0x100, 0x3000,
                         0x1000)
    return (header + loads).ljust(0x1000, b"\0") + bytes(range(256)) * 16 + b"data" * 64


def own_tree(gic="arm,gic-v3", at=0x8000000):
    return ("""/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@0 { device_type = "memory"; reg = <0x0 0x0 0x0 0x0>; };
	interrupt-controller@%x {
		compatible = "%s";
		#address-cells = <0>;
		#interrupt-cells = <3>;
		interrupt-controller;
		reg = <0x0 0x%x 0x0 0x10000>, <0x0 0x80a0000 0x0 0x40000>;
	};
};
""" % (at, gic, at)).encode()


def zboot(packed):
    """An EFI application that unpacks the gzip'd kernel in it."""
    return struct.pack("<2sH4sII8x8s32x", b"MZ", 0, b"zimg", 64, len(packed), b"gzip") + packed


def make_files(folder):
    raw = bytes(i & 0xff for i in range(5000))
    packed = gzip.compress(image(), mtime=0)
    files = {
        "good.img": image(), "large.img": image(size=0x2000000), "zero.img": image(size=0),
        "big-endian.img": image(flags=0xb), "odd-offset.img": image(text_offset=0x80),
        "raw.bin": raw, "empty.bin": b"", "big.bin": bytes(0x300000),
        "raw.bin.gz": gzip.compress(raw, mtime=0), "good.img.gz": packed,
        "long.txt": b"a" * 512 + b"\0", "good.efi": zboot(packed),
        "cut.img.gz": packed[:100], "good.elf": elf(), "pie.elf": elf(kind=3, at=0),
        "x86.elf": elf(machine=62), "cut.elf": elf()[:0x1800],
        "gicv2.dts": own_tree("arm,cortex-a15-gic"), "gicv3.dts": own_tree(),
        "gicv3-elsewhere.dts": own_tree(at=0x9800000),
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


def run(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False, timeout=60)
    return done.returncode, done.stdout


class Cases:
    def __init__(self, folder):
        self.folder = folder
        self.passed = self.failed = 0
        self.boards = {}

    def board(self, text):
        """The tree of the board that the description's text names."""
        source = re.search(r"/\* board: (\S+) \*/", text)
        source = source.group(1) if source else "tests/boards/test.dts"
        if source not in self.boards:
            path = os.path.join(self.folder, "board%d.dtb" % len(self.boards))
            if source.startswith("kernel:"):
                path = self.kernels_board(source[7:], path)
            else:
                status, said = run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, source])
                if status:
                    sys.exit(said)
            self.boards[source] = path
        return self.boards[source]

    @staticmethod
    def kernels_board(name, path):
        """A tree of Debian's kernel package with a GiB of memory; None where set-up has none."""
        cache = os.environ.get("SKERRY_CACHE") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "skerry")
        found = glob.glob(os.path.join(cache, "kernel/6.1/dtbs", name))
        if not found:
            return None
        shutil.copyfile(found[0], path)
        status, said = run(["fdtput", "-t", "x", path, "/memory@0", "reg", "0", "0", "3b400000"])
        if status:
            sys.exit(said)
        return path

    def tell(self, name, problem, output=""):
        if problem:
            self.failed += 1
            print("%-40s FAILED: %s\n%s" % (name, problem, output))
        else:
            self.passed += 1
            print("%-40s ok" % name)

    def command(self, path, text):
        if "/* tool: mksystem */" in text:
            return [MKSYSTEM, path, "-I", self.folder, "-o", os.path.join(self.folder, "bad.itb")]
        return [CHECK, "-I", self.folder, path, self.board(text)]

    @staticmethod
    def wanted(path):
        """The file's text and the lines that its comments expect."""
        with open(path, encoding="utf-8") as f:
            text = f.read()
        return text, [" ".join(line.replace("\n * ", " ").split()) for line in
                      re.findall(r"/\* expect: (.*?) \*/", text, re.DOTALL)]

    def bad(self, path, is_update):
        text, wanted = self.wanted(path)
        status, output = run(self.command(path, text))
        lines = [" ".join(line.replace(self.folder, "DIR").split())
                 for line in output.splitlines()]
        if is_update:
            seen = [line for line in lines if re.search("error|mksystem", line, re.I) and
                    not re.search(" errors?, ", line)]
            comments = [textwrap.fill("/* expect: " + line, 90, subsequent_indent=" * ",
                                      break_long_words=False, break_on_hyphens=False) + " */"
                        for line in seen]
            before, *rest = re.split(r"/\* expect: .*? \*/\n", text, flags=re.DOTALL)
            text = before + "".join(c + "\n" for c in comments) + "".join(rest)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        missing = [line for line in wanted if line not in lines]
        left = glob.glob(os.path.join(self.folder, "bad.itb*"))
        self.tell(path, not wanted and "expects nothing" or
                  status != 1 and "exit status %d" % status or
                  missing and "not said: %s" % missing[0] or
                  left and "left behind: %s" % left[0], output)

    def good(self, path):
        made = [os.path.join(self.folder, name) for name in ("one.itb", "two.itb")]
        problem, said = None, ""
        text, wanted = self.wanted(path)
        board = self.board(text)
        if not board:
            print("%-40s skipped: the kernel's package is not unpacked (make setup)" % path)
            return
        for command in ([CHECK, "-I", self.folder, path, board],
                        [MKSYSTEM, path, "-I", self.folder, "-o", made[0]],
                        [MKSYSTEM, path, "-I", self.folder, "-o", made[1]],
                        [CHECK, made[0], board], ["cmp"] + made):
            status, output = run(command)
            said += output
            if status or "warning:" in output and "warning:" not in "".join(wanted):
                problem = "%s: exit status %d" % (" ".join(command), status)
                break
        lines = [" ".join(line.split()) for line in said.splitlines()]
        missing = [line for line in wanted if line not in lines]
        self.tell(path, problem or missing and "not said: %s" % missing[0], said)

    def damaged(self):
        """A system image with one changed byte, and one cut off."""
        path = os.path.join(self.folder, "one.itb")
        with open(path, "rb") as f:
            whole = f.read()
        at = whole.rindex(bytes(i & 0xff for i in range(1000)))
        for name, data, text in (
                ("flipped", whole[:at] + b"\x55" + whole[at + 1:], "is damaged"),
                ("cut", whole[:at], "truncated"), ("very short", whole[:64], "error: ")):
            bad = os.path.join(self.folder, "damaged.itb")
            with open(bad, "wb") as f:
                f.write(data)
            status, output = run([CHECK, bad, self.board("")])
            self.tell("system image, " + name, (status != 1 or text not in output) and
                      "status %d" % status, output)


def main():
    if not os.access(CHECK, os.X_OK):
        sys.exit("%s is not there: make" % CHECK)
    with tempfile.TemporaryDirectory(prefix="descriptions") as folder:
        make_files(folder)
        cases = Cases(folder)
        for path in sorted(glob.glob(os.path.join(ROOT, "tests/bad/*.dts"))):
            cases.bad(os.path.relpath(path, ROOT), "--update" in sys.argv[1:])
        for path in sorted(glob.glob(os.path.join(ROOT, "tests/good/*.dts"))):
            cases.good(os.path.relpath(path, ROOT))
        cases.damaged()
    print("%d passed, %d failed" % (cases.passed, cases.failed))
    return 1 if cases.failed or not cases.passed else 0


if __name__ == "__main__":
    sys.exit(main())
