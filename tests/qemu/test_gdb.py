# SPDX-License-Identifier: BSD-2-Clause
"""docs/debugging.md, word for word: its gdb session is typed as it stands there, and
each answer must hold the lines that the page shows ("..." stands for anything)."""

import os
import re
import socket

from harness import BUILD, ROOT, Case, Failure, Run, check, command, image

PAGE = "docs/debugging.md"


def session():
    """(command, lines of the answer) of all ```console blocks."""
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as f:
        text = f.read()
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("(gdb) "):
                steps.append((line[6:], []))
            elif not line.startswith("$ "):
                check(steps, f"{PAGE}: an answer without a command: {line}")
                steps[-1][1].append(line)
    check(len(steps) > 10, f"{PAGE} has no gdb session")
    return steps


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pattern(line):
    """A line of the page as a regular expression; spacing does not matter."""
    parts = [r"\s+".join(re.escape(w) for w in part.split()) for part in line.split("...")]
    return ".*?".join(r"\s*" + p + r"\s*" if p else "" for p in parts)


def follow(log, steps, port):
    """Types the session into gdb; the answers, in order."""
    words = ["gdb-multiarch", "-batch", "-nx", "-ex", "set pagination off", "-ex",
             "set confirm off", "-ex", "set width 0"]
    for number, (line, _) in enumerate(steps):
        words += ["-ex", rf"echo @@{number}@@\n", "-ex",
                  line.replace(":1234", f":{port}").replace("build/", BUILD + "/")]
    text = command(log, *words, os.path.join(BUILD, "skerry.elf"), limit=80)
    return re.split(r"@@\d+@@\n", text)[1:]


def session_as_written(log, gic):
    steps = session()
    port = free_port()
    itb = image(log, "hello", "dts/systems/hello.dts")
    with Run(log, itb, "--gdb", "--gdb-port", port, "--gic", gic, "--cpus", 1) as run:
        run.expect("waiting for gdb")
        answers = follow(log, steps, port)
        for (line, wanted), answer in zip(steps, answers):
            at = 0
            for one in wanted:
                found = re.compile(pattern(one.replace("build/", BUILD + "/"))).search(answer, at)
                if not found:
                    raise Failure(f"(gdb) {line}\n{PAGE} shows: {one}\nbut it was: {answer}")
                at = found.end()
        run.end(1)          # killed by gdb: no end line


def cases(_soak):
    return [Case(f"session-gic{gic}", session_as_written, weight=5, gic=gic) for gic in (2, 3)]
