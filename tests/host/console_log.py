#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the QEMU tests make of a console whose lines come in pieces: they wait for whole
lines and for prompts, and count each line once, however often it was shown in part."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/qemu"))
from harness import ERASE, Run, check                   # noqa: E402

SAYS = """
import sys
for piece in {pieces!r}:
    sys.stdout.write(piece)
    sys.stdout.flush()
    sys.stdin.readline()
"""


class Pieces:
    """A run whose console says one piece more for each line typed."""

    def __init__(self, log, *pieces):
        words = [sys.executable, "-c", SAYS.format(pieces=pieces)]
        self.run = Run(log, None, words=words, limit=10)

    def __enter__(self):
        return self.run.__enter__()

    def __exit__(self, *what):
        self.run.__exit__(*what)


def cut_numbers(log):
    with Pieces(log, "a 1\r\n$ ", "b 53", "12\r\n") as run:
        run.expect(r"a \d+", r"^\$ ")
        run.send("\n\n")
        found = run.expect(r"b (\d+)").group(1)
        check(found == "5312", f"{found} of a line in two pieces")


def shown_again(log):
    with Pieces(log, "linux| Linux 6", ERASE + "rt| one\r\nlinux| Linux 6.1", ERASE[:2],
                ERASE[2:] + "rt| two\r\nlinux| Linux 6.1 is up\r\n") as run:
        run.send("\n\n\n\n")
        run.end(0)
        run.count(r"^linux\| Linux 6", 1)
        run.count(r"^rt\| (one|two)$", 2)
        check("\r" not in run.text and "\x1b" not in run.text, "a sequence in pieces is left")


def end_of_line(log):
    with Pieces(log, "ready\r\n", "more\r\n") as run:
        run.expect(r"^ready")           # comes though nothing follows it
        run.send("\n\n")
        run.expect(r"^more$")
        run.end(0)


with open(os.devnull, "w", encoding="utf-8") as out:
    for test in (cut_numbers, shown_again, end_of_line):
        test(out)
        print(f"ok: {test.__name__}")
