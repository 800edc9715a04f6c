# SPDX-License-Identifier: BSD-2-Clause
"""drv_block on the Pi's SD card, on either controller: volumes, random operations against a
model of the disk, what is there after power-off, drv_block's death in mid-write."""

import os

from harness import Case, Run, check, guest, image, scratch, system
from test_block import (EXTENT, FAT, LOCKED, PART, RESTART, VOLUMES, block_link,
                        fine, front, gpt, only_changed, sectors_of, stamped)

NODES = {"emmc2": "/emmc2bus/mmc@7e340000", "emmc": "/soc/mmc@7e300000"}
CARD_SECTORS = 131072           # QEMU's card wants a power of two


def card_arguments(path, on):
    """QEMU's, for a card in that controller's slot."""
    drive = f"format=raw,file={path}"
    if on == "emmc":
        return ["-drive", f"if=sd,{drive}"]
    return ["-drive", f"if=none,id=card,{drive}",
            "-device", "sd-card,drive=card,bus=/generic-sdhci/sd-bus"]


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


def make_card(name):
    """A card whose sectors are all stamped, salt 1, under a GPT."""
    path = scratch(name + ".img")
    with open(path, "wb") as f:
        f.write(stamped(0, CARD_SECTORS, 1))
        f.seek(LOCKED[0] * 512)
        f.write(stamped(0, LOCKED[1], 5))
    gpt(path, [("fat", *FAT), ("root", *PART), ("locked", *LOCKED)])
    return path


def start(log, name, path, on, fronts, names, arguments=""):
    pairs = [n.rpartition(":")[::2] for n in names]
    text = system(driver(on, arguments), *fronts,
                  volumes=[VOLUMES[v] for v in dict.fromkeys(v for _, v in pairs)],
                  links=[block_link(f"l-{g or 'a'}-{v}", v, g or "a") for g, v in pairs])
    return Run(log, image(log, name, text), "--board", "raspi4b",
               qemu=card_arguments(path, on))


def card(log, on):
    """Random operations, checked; then all is written, and a second run reads it."""
    path = make_card("card-" + on)
    before = sectors_of(path, 0, CARD_SECTORS)
    with start(log, f"card-{on}", path, on, [front("a", "load=1000 fill=9"),
               front("r", "verify=5", 2)], ["part", "extent", "ram", "r:locked"]) as run:
        fine(run, ("a", "r"))
    check(sectors_of(path, *PART) == stamped(0, PART[1], 9), "the partition's content")
    check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")
    only_changed(path, before, PART, EXTENT)
    with start(log, f"card-again-{on}", path, on, [front("a", "verify=9")],
               ["part", "extent"]) as run:
        fine(run)
    os.unlink(path)


def cases(soak):
    del soak
    return [Case(f"card-{on}", card, weight=12, on=on) for on in NODES]
