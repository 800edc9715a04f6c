# SPDX-License-Identifier: BSD-2-Clause
"""drv_block: volumes of each kind, compared with the host's image file afterwards; its
death at every step, its front ends' death, reboots of the whole system."""

import json
import os
import socket
import struct
import subprocess
import uuid
import zlib

from harness import Case, Run, check, guest, image, link, scratch, system

SECTOR, STAMP = 512, 0x9E3779B97F4A7C15
FAT, PART, LOCKED, EXTENT = (2048, 16384), (20480, 8192), (28672, 4096), (34816, 4096)
DISK_SECTORS = 40960
LONG = "A volume with a long name.img"
RESTART = 'on-crash = "restart"; restart-limit = <5000 600>;'
DISK = """devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def stamped(start, count, salt):
    """Sectors as guests/blktest stamps them, by their number in the volume."""
    return b"".join(struct.pack("<Q", (s * STAMP + salt) % 2**64) * 64
                    for s in range(start, start + count))


def gpt(path, partitions):
    """Both tables. partitions: (name, first sector, count)."""
    sectors = os.path.getsize(path) // SECTOR
    entries = b""
    for name, first, count in partitions:
        entries += struct.pack("<16s16sQQQ72s", uuid.UUID(int=0xEBD0A0A2 << 96).bytes_le,
                               uuid.uuid5(uuid.NAMESPACE_DNS, name).bytes_le, first,
                               first + count - 1, 0, name.encode("utf-16-le"))
    entries = entries.ljust(128 * 128, b"\0")
    with open(path, "r+b") as f:
        for at, other, table in ((1, sectors - 1, 2), (sectors - 1, 1, sectors - 33)):
            def header(crc):
                return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, at,
                                   other, 34, sectors - 34, bytes(16), table, 128, 128,
                                   zlib.crc32(entries))
            f.seek(at * SECTOR)
            f.write(header(zlib.crc32(header(0))))
            f.seek(table * SECTOR)
            f.write(entries)


def mtool(log, name, path, *words):
    subprocess.run([name, "-i", f"{path}@@{FAT[0] * SECTOR}", *words], check=True, stdout=log,
                   stderr=log, stdin=subprocess.DEVNULL)


def make_fat(log, path):
    """A FAT16 with a file in one piece and one in pieces, in a folder."""
    part = scratch(os.path.basename(path) + ".part")
    mtool(log, "mformat", path, "-h", "16", "-s", "32", "-T", str(FAT[1]), "-c", "1", "-v", "V",
          "::")
    mtool(log, "mmd", path, "::/Volumes")
    for name, sectors in ((LONG, 1024), ("hole", 64), ("end", 64)):
        with open(part, "wb") as f:
            f.write(stamped(0, sectors, 3))
        mtool(log, "mcopy", path, part, f"::/Volumes/{name}")
    mtool(log, "mdel", path, "::/Volumes/hole")
    with open(part, "wb") as f:
        f.write(bytes(2000 * SECTOR))
    mtool(log, "mcopy", path, part, "::/Volumes/pieces.img")
    os.unlink(part)


def make_disk(log, name):
    """A disk of 20 MiB that holds all that the tests want; all else is stamped, salt 1."""
    path = scratch(name + ".img")
    with open(path, "wb") as f:
        f.write(stamped(0, DISK_SECTORS, 1))
        f.seek(LOCKED[0] * SECTOR)
        f.write(stamped(0, LOCKED[1], 5))
    gpt(path, [("fat", *FAT), ("root", *PART), ("locked", *LOCKED)])
    make_fat(log, path)
    return path


def sectors_of(path, start, count):
    with open(path, "rb") as f:
        f.seek(start * SECTOR)
        return f.read(count * SECTOR)


def wide(value):
    return f"{value >> 32:#x} {value & 0xffffffff:#x}"


def volume(name, what):
    return f"\t\tvolume-{name} {{ back = <&block>; {what} }};\n"


def extent(name, start, count):
    return volume(name, f"extent = <{wide(start)} {wide(count)}>;")


PAGE = dict(more='transport = "register-page";',
            bank="window-bank = <0 0x60000000 0 0x00a00000>;")
VOLUMES = {
    "part": volume("part", 'partition = "root";'),
    "locked": volume("locked", 'partition = "locked"; read-only;'),
    "extent": extent("extent", *EXTENT),
    "file": volume("file", f'file = "Volumes/{LONG}"; fat-partition = "fat";'),
    "short": volume("short", 'file = "/volumes/avolum~1.img"; read-only;'),
    "ram": volume("ram", "ram-size = <0 0x100000>;"),
    "pieces": volume("pieces", 'file = "Volumes/pieces.img";'),
    "nofile": volume("nofile", 'file = "Volumes/none.img"; fat-partition = "fat";'),
    "nopart": volume("nopart", 'partition = "none";'),
    "beyond": extent("beyond", DISK_SECTORS - 10, 11),
    "huge": extent("huge", 2**64 - 1, 2),
}


def driver(arguments="", disk=DISK, cpu=0):
    text = guest("block", "guests/drv_block.bin", [cpu], more="identity; service; memory-size = "
                 f'<0 0x00800000>; bootargs = "{arguments}"; {RESTART} {disk}')
    return "".join(line + "\n" for line in text.splitlines() if "\tmemory = " not in line)


def front(name, arguments, cpu=1, more=""):
    return guest(name, "guests/blktest.bin", [cpu], more=f'bootargs = "{arguments}"; {more}')


def block_link(name, volume_name, guest_name="a", more=""):
    return link(name, "block", guest_name, "block", f'volume = "volume-{volume_name}"; {more}')


def describe(fronts, names, arguments="", disk=DISK, more=""):
    """One link a volume, all of guest a unless a name is "guest:volume"."""
    pairs = [n.rpartition(":")[::2] for n in names]
    return system(driver(arguments, disk), *fronts,
                  volumes=[VOLUMES[v] for v in dict.fromkeys(v for _, v in pairs)],
                  links=[block_link(f"l-{g or 'a'}-{v}", v, g or "a", more) for g, v in pairs])


def start(log, name, text, path, gic=3, skerry="skerry.bin"):
    arguments = ["--gic", gic] + (["--disk", path] if path else [])
    return Run(log, image(log, name, text), *arguments, skerry=skerry)


def fine(run, guests=("a",), status=0):
    """The run ends well, and all of blktest's guests say so."""
    run.end(status)
    failed = run.lines("FAILED")
    check(not failed, "; ".join(failed[:5]))
    for name in guests:
        run.count(rf"^{name}\| blktest: \d disks, ok", 1)
    return run


def only_changed(path, before, *extents):
    """Nothing but these sectors differs from what was there before."""
    with open(path, "rb") as f:
        now = bytearray(f.read())
    for begin, count in extents:
        now[begin * SECTOR:(begin + count) * SECTOR] = \
            before[begin * SECTOR:(begin + count) * SECTOR]
    check(bytes(now) == before, "sectors outside the volumes have changed")


def kinds(log, gic, good=("part", "file", "extent", "ram"), more="", bank=""):
    """Each kind of volume is written and read; what can't be had is told, and offered not."""
    path = make_disk(log, f"kinds-gic{gic}")
    before = sectors_of(path, 0, DISK_SECTORS)
    bad = ["idle:pieces", "idle:nofile", "idle:nopart", "idle:beyond", "idle:huge"]
    after = f"after = <&block>; {bank}"     # who waits for drv_block need not wait for what is bad
    text = describe([front("a", "raw load=400 fill=9 verify=9", 1, after),
                     front("r", "raw verify=5", 2, after),
                     guest("idle", "guests/hello.bin", [3], more=bank)],
                    [*good, "r:locked"] + bad, more=more)
    with start(log, "kinds", text, path, gic) as run:
        fine(run, ("a", "r"))
        run.count(r"^a\| tests: 6 passed, 0 failed", len(good))
        run.count(r"^r\| tests: 6 passed, 0 failed", 1)
        run.count(r"^r\| blktest: l-r-locked: 4096 sectors, read-only", 1)
        for name, why in (("pieces", "the file is fragmented: it must lie in one piece"),
                          ("nofile", "the file system has no such file"),
                          ("nopart", "the disk has no such partition"),
                          ("beyond", "it reaches beyond the end of the disk"),
                          ("huge", "it reaches beyond the end of the disk")):
            # more than once where the machine is so busy that EL2 takes drv_block for hung
            run.count(rf"drv_block: link l-idle-{name}: volume volume-{name}: {why}; no disk",
                      1, 99)
        first = int(run.lines(r"volume-file: sectors")[0].split("sectors ")[1].split()[0])
    check(sectors_of(path, *PART) == stamped(0, PART[1], 9), "the partition's content")
    check(sectors_of(path, first, 1024) == stamped(0, 1024, 9), "the file's content")
    if "extent" in good:
        check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")
    only_changed(path, before, PART, (first, 1024), *([EXTENT] if "extent" in good else []))


def damaged_gpt(log):
    """The backup is used when the primary table is damaged, and that is told."""
    path = make_disk(log, "damaged")
    with open(path, "r+b") as f:
        f.seek(SECTOR + 20)
        f.write(b"?")
    with start(log, "damaged", describe([front("a", "verify=5")], ["locked"]), path) as run:
        fine(run)
        run.count(r"volume volume-locked: the primary GPT is damaged: its backup was used", 1)


def no_disk(log):
    """Without a disk its volumes are refused, and RAM disks are served."""
    text = describe([front("a", "fill=2 verify=2"), guest("idle", "guests/hello.bin", [2])],
                    ["ram", "idle:part"], disk="")
    with start(log, "no-disk", text, None) as run:
        fine(run)
        run.count(r"link l-idle-part: volume volume-part: no virtio block device", 1)


def deaths(log, gic, lives, how="die-at=3 die-add=37", load=4000, name="deaths", more="",
           bank="", skerry="skerry.bin"):
    """The back end dies `lives` times, at other steps of its work; nothing is lost."""
    path = make_disk(log, f"{name}-gic{gic}")
    before = sectors_of(path, 0, DISK_SECTORS)
    text = describe([front("a", f"load={load} fill=9 verify=9", more=bank)], ["part", "extent"],
                    f"{how} die-lives={lives}", more=more)
    with start(log, name, text, path, gic, skerry) as run:
        fine(run)
        run.count(r"^block\| drv_block: dies", lives // 2 if "us=" in how else lives, lives)
    check(sectors_of(path, *PART) == stamped(0, PART[1], 9), "the partition's content")
    check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")
    only_changed(path, before, PART, EXTENT)


def front_dies(log, gic, both):
    """A front end dies with requests in flight, alone or while its back end dies; its
    neighbour notices nothing."""
    path = make_disk(log, f"front-dies-gic{gic}-{both}")
    text = describe([front("a", "load=1500 crash-after=700 fill=8 verify=8", 1, RESTART),
                     front("b", "load=3000 fill=9 verify=9", 2)],
                    ["part", "b:extent"], "die-at=900 die-add=13 die-lives=30" if both else "")
    with start(log, "front-dies", text, path, gic) as run:
        run.end(0)
        check(not run.lines("FAILED"), "; ".join(run.lines("FAILED")))
        run.count(r"^a\| blktest: life", 2)
        run.count(r"^[ab]\| blktest: 1 disks, ok", 2)
    check(sectors_of(path, *PART) == stamped(0, PART[1], 8), "the partition's content")
    check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")


def flushed(log, who):
    """What was flushed is in the host's file, whoever crashes then; QEMU is killed."""
    path = make_disk(log, f"flushed-{who}")
    crash = "crash" if who == "front" else ""
    text = describe([front("a", f"fill=9 {crash} stay", 1, 'on-crash = "stop";'),
                     front("b", "load=40000 stay", 2)], ["part", "b:extent"],
                    "die-at=60000" if who == "back" else "")
    with start(log, "flushed-" + who, text, path) as run:
        run.expect(r"^a\| blktest: l-a-part: fill: ok")
        if who != "none":
            run.expect(r"^skerry: a crashed" if who == "front" else r"^block\| drv_block: dies")
        run.process.kill()
        check(sectors_of(path, *PART) == stamped(0, PART[1], 9), "what was flushed is there")


def flush_reaches_the_disk(log):
    """Each FLUSH of a front end is one of the disk's."""
    path, control = make_disk(log, "flush"), scratch("flush.qmp")
    text = describe([front("a", "fill=9 stay")], ["part"])
    with Run(log, image(log, "flush", text), "--disk", path,
             qemu=["-qmp", f"unix:{control},server=on,wait=off"]) as run:
        run.expect(r"^a\| blktest: l-a-part: fill: ok")
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(control)
            with s.makefile("rw") as f:
                f.readline()
                for ask in ("qmp_capabilities", "query-blockstats"):
                    f.write(json.dumps({"execute": ask}) + "\n")
                    f.flush()
                    answer = json.loads(f.readline())
        log.write(json.dumps(answer) + "\n")
        stats = [d["stats"] for d in answer["return"] if d["stats"]["wr_operations"]]
        check([d["flush_operations"] for d in stats] == [1], "one FLUSH came to the disk")


def ram_is_lost(log):
    """A RAM disk does not outlive drv_block: told, and its requests fail until a reset."""
    text = describe([front("a", "load=20000 stay"), front("b", "fill=9 verify=9", 2)],
                    ["ram", "b:extent"], "die-at=6000")
    with start(log, "ram-lost", text, make_disk(log, "ram-lost")) as run:
        run.expect(r"^block\| drv_block: dies")
        run.expect(r"^block\| drv_block: link l-a-ram: the RAM disk volume-ram is empty")
        run.expect(r"^a\| blktest: l-a-ram: load: FAILED")
        run.at = 0
        run.expect(r"^b\| blktest: l-b-extent: verify: ok")


def fair(log, gic):
    """A front end with a little to do is done long before one with much."""
    text = describe([front("a", "load=20000"), front("b", "load=1000", 2)], ["part", "b:extent"])
    with start(log, "fair", text, make_disk(log, f"fair-gic{gic}"), gic) as run:
        run.expect(r"^b\| blktest: l-b-extent: load: ok", r"^a\| blktest: l-a-part: load: ok")
        fine(run, ("a", "b"))


def hostile(log, gic):
    """A front end that breaks the rules again and again loses its own device only."""
    path = make_disk(log, f"hostile-gic{gic}")
    before = sectors_of(path, 0, DISK_SECTORS)
    text = describe([front("bad", "raw", 1), front("b", "load=6000 fill=9 verify=9", 2)],
                    ["bad:part", "bad:file", "b:extent"])
    with start(log, "hostile", text, path, gic) as run:
        fine(run, ("bad", "b"))
        run.count(r"^bad\| tests: 6 passed, 0 failed", 2)
        run.count(r"block crashed", 0)
        first = int(run.lines(r"volume-file: sectors")[0].split("sectors ")[1].split()[0])
    check(sectors_of(path, *EXTENT) == stamped(0, EXTENT[1], 9), "the extent's content")
    only_changed(path, before, PART, EXTENT, (first, 1024))


def reboot(log, gic):
    """Two guests write 32 MiB each at once; the whole system starts again and reads them."""
    path = scratch(f"reboot-gic{gic}.img")
    with open(path, "wb") as f:
        f.truncate(66 << 20)
    half = 65536
    for name, arguments in (("write", "fill={0}"), ("read", "verify={0}")):
        text = system(driver(), front("a", arguments.format(21)),
                      front("b", arguments.format(22), 2),
                      volumes=[extent("one", 2048, half), extent("two", 2048 + half, half)],
                      links=[block_link("one", "one"), block_link("two", "two", "b")])
        with start(log, "reboot-" + name, text, path, gic) as run:
            fine(run, ("a", "b"))
    check(sectors_of(path, 2048, half) == stamped(0, half, 21), "the first volume's content")
    check(sectors_of(path, 2048 + half, half) == stamped(0, half, 22), "the second one's")
    check(sectors_of(path, 0, 2048) == bytes(2048 * SECTOR), "what lies before them")
    os.unlink(path)


def cases(soak):
    found = [Case("damaged-gpt", damaged_gpt), Case("no-disk", no_disk),
             Case("ram-lost", ram_is_lost), Case("flush-is-flush", flush_reaches_the_disk)]
    found += [Case(f"flushed-{who}", flushed, who=who) for who in ("front", "back", "none")]
    for gic in (2, 3):
        found += [
            Case(f"kinds-gic{gic}", kinds, gic=gic,
                 **(dict(PAGE, good=("part", "file")) if gic == 2 else {})),
            Case(f"twenty-deaths-gic{gic}", deaths, gic=gic, lives=20),
            Case(f"sudden-deaths-gic{gic}", deaths, gic=gic, lives=20, how="die-us=15000",
                 name="sudden", load=10000),
            Case(f"page-deaths-gic{gic}", deaths, gic=gic, lives=20, name="page", **PAGE),
            Case(f"front-dies-gic{gic}", front_dies, gic=gic, both=False),
            Case(f"both-die-gic{gic}", front_dies, gic=gic, both=True),
            Case(f"hostile-gic{gic}", hostile, gic=gic),
            Case(f"fair-gic{gic}", fair, gic=gic),
            Case(f"reboot-gic{gic}", reboot, gic=gic, weight=10),
        ]
        if soak:
            found.append(Case(f"thousand-deaths-gic{gic}", deaths, gic=gic, lives=1000,
                              how="die-at=70", load=100000, limit=600, name="thousand"))
    found.append(Case("oracle", deaths, gic=2, lives=20, name="oracle",
                      skerry="debug/skerry.bin"))
    return found + [Case("every-step", deaths, gic=3, lives=60, how="die-at=1 die-add=1",
                         name="every-step")]
