# SPDX-License-Identifier: BSD-2-Clause
"""drv_block on the Pi's SD card, on either controller: volumes, random operations against a
model of the disk, what is there after power-off, drv_block's death in mid-write."""

import json
import os
import socket

from harness import Case, Run, check, guest, image, scratch, system
from test_block import (EXTENT, FAT, LOCKED, PART, RESTART, VOLUMES, block_link,
                        fine, front, gpt, only_changed, sectors_of, stamped)

NODES = {"emmc2": "/emmc2bus/mmc@7e340000", "emmc": "/soc/mmc@7e300000"}
CARD_SECTORS = 131072           # QEMU's card wants a power of two


def driver(on, arguments=""):
    text = guest("block", "guests/drv_block.bin", [0], more=f"""identity; service;
			memory-size = <0 0x00800000>;
			bootargs = "{arguments}";
			{RESTART}
			devices {{
				card {{
					device = "{NODES[on]}";
					quiesce = <0x2c 4 0x01000000  0x01000000 0x0 10000>;
				}};
			}};""")
    return "".join(line + "\n" for line in text.splitlines() if "\tmemory = " not in line)


def qmp(log, path, *commands):
    """QEMU's monitor does these; the last answer."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        with s.makefile("rw") as f:
            f.readline()
            for ask in ({"execute": "qmp_capabilities"}, *commands):
                f.write(json.dumps(ask) + "\n")
                f.flush()
                answer = json.loads(f.readline())
                log.write(json.dumps(answer) + "\n")
    return answer


def make_card(name):
    """A card whose sectors are all stamped, salt 1, under a GPT."""
    path = scratch(name + ".img")
    with open(path, "wb") as f:
        f.write(stamped(0, CARD_SECTORS, 1))
        f.seek(LOCKED[0] * 512)
        f.write(stamped(0, LOCKED[1], 5))
    gpt(path, [("fat", *FAT), ("root", *PART), ("locked", *LOCKED)])
    return path


def start(log, name, path, on, fronts, names, arguments="", qemu=()):
    """`path`: the card's file, None: there is none."""
    pairs = [n.rpartition(":")[::2] for n in names]
    text = system(driver(on, arguments), *fronts,
                  volumes=[VOLUMES[v] for v in dict.fromkeys(v for _, v in pairs)],
                  links=[block_link(f"l-{g or 'a'}-{v}", v, g or "a") for g, v in pairs])
    return Run(log, image(log, name, text), "--board", "raspi4b",
               *(["--card", path, "--card-on", on] if path else []), qemu=qemu)


def card(log, on, volumes):
    """Random operations, checked; then all is written, and a second run reads it."""
    path = make_card("card-" + on)
    before = sectors_of(path, 0, CARD_SECTORS)
    with start(log, f"card-{on}", path, on, [front("a", "load=1000 fill=9"),
               front("r", "verify=5", 2)], [*volumes, "ram", "r:locked"]) as run:
        fine(run, ("a", "r"))
    for name in volumes:
        where = {"part": PART, "extent": EXTENT}[name]
        check(sectors_of(path, *where) == stamped(0, where[1], 9), f"content of {name}")
    only_changed(path, before, PART, EXTENT)
    with start(log, f"card-again-{on}", path, on, [front("a", "verify=9")], volumes) as run:
        fine(run)
    os.unlink(path)


def deaths(log, on, how, lives=10):
    """drv_block dies in mid-write, again and again: the controller and the card are in any
    state then. Nothing is lost, and nothing else is written."""
    path = make_card(f"deaths-{on}-{how[:6]}")
    before = sectors_of(path, 0, CARD_SECTORS)
    with start(log, f"deaths-{on}", path, on, [front("a", "load=1000 fill=9")],
               ["extent"], f"{how} die-lives={lives}") as run:
        fine(run)
        run.count(r"^block\| drv_block: dies", lives // 2 if "us=" in how else lives, lives)
    check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")
    only_changed(path, before, EXTENT)
    os.unlink(path)


def hostile(log, on):
    """A front end that breaks the rules loses its own device only."""
    path = make_card("hostile-sd")
    with start(log, "hostile-sd", path, on, [front("bad", "raw"), front("b", "load=300", 2)],
               ["bad:part", "b:extent"]) as run:
        fine(run, ("bad", "b"))
        run.count(r"^bad\| tests: 6 passed, 0 failed", 1)
        run.count(r"block crashed", 0)
    os.unlink(path)


def no_card(log, on):
    """Without a card its volumes are refused, and RAM disks are served."""
    with start(log, "no-card", None, on, [front("a", "fill=2 verify=2"),
               guest("idle", "guests/hello.bin", [2])], ["ram", "idle:part"]) as run:
        fine(run)
        run.count(r"link l-idle-part: volume volume-part: no SD card answers; no disk", 1)


def taken_out(log):
    """The card goes: its requests fail, a RAM disk goes on. Another card is not used; with
    the first one in again all is well, and what was written before is there."""
    path, other = make_card("taken-out"), scratch("taken-out-other.img")
    control = scratch("taken-out.qmp")
    with open(other, "wb") as f:
        f.truncate(CARD_SECTORS * 1024)

    def put_in(name):
        qmp(log, control, {"execute": "blockdev-change-medium", "arguments":
                           {"device": "sd0", "filename": name, "format": "raw"}})

    with start(log, "taken-out", path, "emmc", [front("a", "load=20000 again=300 stay"),
               front("b", "load=3000 stay", 2)], ["extent", "b:ram"],
               qemu=["-qmp", f"unix:{control},server=on,wait=off"]) as run:
        run.expect(r"^a\| blktest: l-a-extent: \d+ sectors")
        qmp(log, control, {"execute": "eject", "arguments": {"device": "sd0", "force": True}})
        run.expect(r"^block\| drv_block: .*: requests fail until the card is back",
                   r"^a\| blktest: l-a-extent: load: FAILED")
        put_in(other)
        run.expect(r"^block\| drv_block: another card is in the slot: requests fail")
        put_in(path)
        run.expect(r"^block\| drv_block: the SD card is there again",
                   r"^a\| blktest: l-a-extent: again: ok")
        run.at = 0
        run.expect(r"^b\| blktest: l-b-ram: load: ok")
    with open(other, "rb") as f:
        check(not any(f.read()), "something was written to the other card")
    os.unlink(path)
    os.unlink(other)


def cases(soak):
    found = [Case("card-emmc2", card, weight=15, on="emmc2", volumes=["part", "extent"]),
             Case("card-emmc", card, weight=12, on="emmc", volumes=["extent"])]
    found += [Case(f"deaths-{on}", deaths, weight=8, on=on, how=how)
              for on, how in (("emmc2", "die-at=3 die-add=37"), ("emmc", "die-us=20000"))]
    if soak:
        found += [Case(f"hundred-deaths-{on}", deaths, weight=40, limit=300, on=on, lives=100,
                       how="die-us=20000") for on in NODES]
    return found + [Case("hostile", hostile, on="emmc2"), Case("no-card", no_card, on="emmc"),
                    Case("taken-out", taken_out, weight=10)]
