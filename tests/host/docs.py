#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the documentation names must be there: links, tests, checks, the attacker's
cases, result codes, function numbers, properties, the ABI's version, pages of decisions."""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.chdir(ROOT)
PAGES = sorted(glob.glob("*.md") + glob.glob("docs/**/*.md", recursive=True))


def read(name):
    with open(name, encoding="utf-8") as f:
        return f.read()


def prose(page):
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", read(page), flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    heads = re.findall(r"^#+ (.*)", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


def links():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if target.startswith("http"):
                continue
            if not os.path.exists(path):
                yield f"{page}: link to {target}: no such file"
            elif anchor and anchor not in anchors(path):
                yield f"{page}: link to {target}: no such heading"


def paths():
    """Files of the tree that are named; the guests' kit has folders of its own."""
    folders = "arch|core|docs|drivers|dts|guests|include|lib|scripts|tools"
    for page in PAGES:
        for name in re.findall(rf"`((?:{folders})/[\w./*-]+)`", prose(page)):
            if not glob.glob(name) and page not in ("SPECIFICATION.md", "docs/first-guest.md"):
                yield f"{page}: {name} is not there"


def tests():
    """`SUITE/NAME` in any page, and behind the word "test" in SPECIFICATION.md."""
    names = subprocess.run(["tests/run", "--list"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    suites = {part for n in names.splitlines() for part in n.split("/")[:2]}
    for page in PAGES:
        wanted = [w for w in re.findall(r"`([a-z_]+/[\w.-]*)`", prose(page))
                  if w.split("/")[0] in suites and not w.endswith(".gz") and
                  not os.path.exists(w)]
        if page == "SPECIFICATION.md":
            for row in re.findall(r"\btest ((?:`[^`]+`(?:, )?)+)", prose(page)):
                wanted += re.findall(r"`([^`]+)`", row)
        yield from (f"{page}: no test is named {w}" for w in wanted
                    if w not in names and w != "X")


def checks():
    known = re.findall(r"^def check_(\w+)", read("scripts/check"), re.MULTILINE)
    for page in PAGES:
        for name in re.findall(r"make check (?:ARGS=)?(\w+)`", prose(page)):
            if name not in known:
                yield f"{page}: make check knows no {name}"


def attacker():
    page = "docs/threat-model.md"
    known = set(re.findall(r"^\t\{ (\d+), \"", read("guests/attacker/attacker.c"), re.MULTILINE))
    rows = re.findall(r"\bcases? ((?:\d+(?:, | and )?)+)", prose(page), re.IGNORECASE)
    named = {n for row in rows for n in re.findall(r"\d+", row)}
    yield from (f"{page}: the attacker has no case {n}" for n in sorted(named - known))
    yield from (f"{page} says nothing of the attacker's case {n}" for n in sorted(known - named))


def hypercalls():
    page = prose("docs/hypercalls.md")
    codes = re.findall(r"#define (SKERRY_\w+)\s+\(?(-?\d+)", read("include/abi/errors.h"))
    yield from (f"docs/hypercalls.md: no row for {n} {v}" for n, v in codes
                if f"| {v} | `{n}` |" not in page)
    table = read("include/abi/hypercalls.h")
    for row, name in re.findall(r"^\s*X\((\d+), (\w+),", table, re.MULTILINE):
        section = re.search(rf"^### Row {row}: {name}$.*?(?=^##)", page, re.DOTALL | re.MULTILINE)
        if not section or f"0x{0xC6000000 + int(row):X}" not in section.group(0):
            yield f"docs/hypercalls.md: no section \"Row {row}: {name}\" with its number"
    for name, value in re.findall(r"\b((?:PSCI|SMCCC)_\w+)\s+(?:= )?(0x[0-9A-F]{8})\b",
                                  read("include/abi/smccc.h")):
        if value not in page and not name.startswith("PSCI_SYSTEM_RESET2"):
            yield f"docs/hypercalls.md: {name} {value} is not there"


def properties():
    """What skerry-check takes in a description, and what its page has a row for."""
    own = {"#address-cells", "#size-cells"}
    taken = set(re.findall(r'{ "([\w#-]+)", TYPE_', read("tools/check_names.c"))) - own
    cells = re.findall(r"^\| ((?:(?:`[^`|]+`|any name: `data`)(?:, | / )?)+) \|",
                       read("docs/system-description.md"), re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} - {"segments"}
    yield from (f"docs/system-description.md has no row for {n}" for n in sorted(taken - told))
    yield from (f"docs/system-description.md: skerry-check knows no {n}"
                for n in sorted(told - taken))


def versions():
    header = read("include/abi/hypercalls.h")
    is_abi = ".".join(re.search(rf"#define SKERRY_ABI_{part}\s+(\d+)", header)[1]
                      for part in ("MAJOR", "MINOR"))
    for page in PAGES:
        if page == "CHANGES.md" or page.startswith("docs/decisions"):
            continue
        yield from (f"{page}: ABI {told}, but it is {is_abi}"
                    for told in re.findall(r"\bABI (\d+\.\d+)", read(page)) if told != is_abi)


def decisions():
    index = read("docs/decisions/README.md")
    yield from (f"docs/decisions/README.md does not list {name}" for name in
                map(os.path.basename, glob.glob("docs/decisions/0*.md")) if name not in index)


def main():
    findings = [f for find in (links, paths, tests, checks, attacker, hypercalls, properties,
                                         versions, decisions)
                for f in find()]
    print("\n".join(findings))
    print(f"{len(PAGES)} pages, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
