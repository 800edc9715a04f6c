# SPDX-License-Identifier: BSD-2-Clause
"""Pages of docs, word for word: their ```sh blocks are run in order in one shell, and
the output must hold the lines of their ```text blocks."""

import os
import re
import shutil
import subprocess

from harness import BUILD, ROOT, WORK, Case, Failure, check


def blocks(page, kind):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        found = re.findall(rf"^```{kind}\n(.*?)^```", f.read(), re.DOTALL | re.MULTILINE)
    check(found, f"{page} has no {kind} block")
    return "".join(found)


def page_as_written(log, page):
    folder = os.path.join(WORK, "page-" + os.path.basename(page)[:-3])
    shutil.rmtree(folder, ignore_errors=True)
    script = "set -e\n" + blocks(page, "sh").replace("$SKERRY/build", BUILD)
    log.write(script)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150,
                          env=dict(os.environ, GUEST=folder, O=BUILD), check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    log.write(text)
    if done.returncode:
        raise Failure(f"the page's commands end with {done.returncode}\n{text[-2000:]}")
    for line in blocks(page, "text").splitlines():
        check(re.search("^" + re.escape(line), text, re.MULTILINE), f"no line: {line}")


def cases(_soak):
    return [Case(name, page_as_written, limit=170, weight=15, page=f"docs/{name}.md")
            for name in ("first-guest", "shipping", "porting")]
