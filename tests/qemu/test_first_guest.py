# SPDX-License-Identifier: BSD-2-Clause
"""docs/first-guest.md, word for word: its ```sh blocks are run in order in one shell,
and the output must hold the lines of its ```text block."""

import os
import re
import shutil
import subprocess

from harness import BUILD, ROOT, WORK, Case, Failure, check

PAGE = "docs/first-guest.md"


def blocks(kind):
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as f:
        found = re.findall(rf"^```{kind}\n(.*?)^```", f.read(), re.DOTALL | re.MULTILINE)
    check(found, f"{PAGE} has no {kind} block")
    return found


def page_as_written(log):
    folder = os.path.join(WORK, "first-guest")
    shutil.rmtree(folder, ignore_errors=True)
    script = "set -e\n" + "".join(blocks("sh")).replace("$SKERRY/build", BUILD)
    log.write(script)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150,
                          env=dict(os.environ, GUEST=folder, O=BUILD), check=False)
    text = done.stdout.decode("utf-8", "replace")
    log.write(text)
    if done.returncode:
        raise Failure(f"the page's commands end with {done.returncode}\n{text[-2000:]}")
    for line in blocks("text")[0].splitlines():
        check(re.search("^" + re.escape(line), text, re.MULTILINE), f"no line: {line}")


def cases(_soak):
    return [Case("page-as-written", page_as_written, limit=170, weight=15)]
