# SPDX-License-Identifier: BSD-2-Clause
"""Damaged system images: what is wrong is said with its name, that guest does
not start, the others do."""

import os
import shutil
import zlib

from harness import BUILD, WORK, Case, Failure, Run, check, command, guest, image, system


def make(log, name, more=""):
    """A system of two guests with images of their own; its path."""
    os.makedirs(WORK, exist_ok=True)
    copy = os.path.join(WORK, name + "-copy.bin")
    shutil.copyfile(os.path.join(BUILD, "guests/hello.bin"), copy)
    with open(copy, "ab") as f:             # not the same bytes: an image node of its own
        f.write(b"copy")
    return image(log, name, system(guest("good", "guests/hello.bin", [0]),
                                   guest("bad", copy, [1], more=more)))


def data_of(log, itb, node):
    """Offset and size of an image node's bytes in the file."""
    def number(prop):
        return int(command(log, "fdtget", "-t", "u", itb, "/images/" + node, prop))
    with open(itb, "rb") as f:
        size = int.from_bytes(f.read(8)[4:], "big")
    return (size + 4095 & ~4095) + number("data-offset"), number("data-size")


def node_of_bad(log, itb):
    for node in command(log, "fdtget", "-l", itb, "/images").split():
        if "copy" in node:
            return node
    raise Failure("the system image has no node for hello-copy.bin")


def patch(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at)
        old = f.read(len(data))
        check(len(old) == len(data), "patch outside the file")
        f.seek(at)
        f.write(data)
    return old


def read_at(path, at, size):
    with open(path, "rb") as f:
        f.seek(at)
        return f.read(size)


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 0x10]))


def one_does_not_start(log, itb, named, state="refused"):
    """`bad` does not start, and what is wrong is named; `good` runs."""
    with Run(log, itb) as run:
        run.expect(r"^skerry: end good=off bad=" + state)
        run.end(3)
        run.count(r"^good\| hello from good, life 1", 1)
        run.absent(r"^bad\|")
        run.absent(r"panic")
        check(run.lines(rf"^skerry: .*{named}"), f"no line of EL2's names {named}")


def damaged_data(log):
    itb = make(log, "damaged-data")
    node = node_of_bad(log, itb)
    at, size = data_of(log, itb, node)
    flip(itb, at + size // 2)
    one_does_not_start(log, itb, "guest bad: damaged image", "crashed")    # seen when loading


def truncated(log):
    itb = make(log, "truncated")
    node = node_of_bad(log, itb)
    at, size = data_of(log, itb, node)
    nodes = command(log, "fdtget", "-l", itb, "/images").split()
    check(at == max(data_of(log, itb, n)[0] for n in nodes if n != "bad-tree"),
          "only the second guest's tree is behind its image")
    os.truncate(itb, at + size // 2)
    one_does_not_start(log, itb, node)


def missing_image(log):
    itb = make(log, "missing-image")
    node = node_of_bad(log, itb)
    with open(itb, "rb") as f:
        name_at = f.read().index(b"\0\0\0\1" + node.encode() + b"\0") + 4
    patch(itb, name_at, b"x")
    one_does_not_start(log, itb, node)


def wrong_sha256(log):
    """verify = "sha256": a wrong hash in the FIT refuses the guest."""
    itb = make(log, "wrong-sha", 'verify = "sha256";')
    node = node_of_bad(log, itb)
    words = command(log, "fdtget", "-t", "bx", itb, f"/images/{node}/hash-2", "value").split()
    digest = bytes(int(w, 16) for w in words)
    check(len(digest) == 32, "hash-2 is no SHA-256")
    with open(itb, "rb") as f:
        at = f.read().index(digest)
    flip(itb, at + 7)
    one_does_not_start(log, itb, node)


def right_sha256(log):
    itb = make(log, "right-sha", 'verify = "sha256";')
    with Run(log, itb) as run:
        run.expect(r"^skerry: end good=off bad=off")
        run.end(0)


def no_start(log, itb):
    """Nothing starts, and EL2 says why."""
    with Run(log, itb, limit=20) as run:
        run.expect(r"^skerry: .*(image|description|tree|system)")
        run.expect(r"^skerry: end system=refused")
        run.end(3)
        run.absent(r"^(good|bad)\|")


def damaged_header(log):
    itb = make(log, "damaged-header")
    patch(itb, 0, b"\0\0\0\0")
    no_start(log, itb)


def damaged_description(log):
    itb = make(log, "damaged-description")
    at, _ = data_of(log, itb, "system")
    patch(itb, at + 8, b"\xff\xff\xff\xff")
    no_start(log, itb)


def bad_table(log):
    """Whole, with its CRC right, and made by nobody: EL2 names guest and field."""
    itb = make(log, "bad-table")
    at, size = data_of(log, itb, "system")
    table = bytearray(read_at(itb, at, size))
    old = zlib.crc32(table).to_bytes(4, "big")
    bank = table.index((0x40000000).to_bytes(8, "little"), table.index(b"bad\0"))
    table[bank:bank + 8] = (0x40000800).to_bytes(8, "little")
    patch(itb, at, bytes(table))
    with open(itb, "rb") as f:
        hash_at = f.read().index(old)
    patch(itb, hash_at, zlib.crc32(table).to_bytes(4, "big"))
    with Run(log, itb, limit=20) as run:
        run.expect(r"^skerry: error: bad: memory: 0x40000800, 0x\w+ bytes: no pages")
        run.expect(r"^skerry: end system=refused")
        run.end(3)


def cut_in_the_tree(log):
    itb = make(log, "cut-in-the-tree")
    os.truncate(itb, 512)
    no_start(log, itb)


def same_image_twice(log):
    text = system(*(guest(n, "guests/hello.bin", [i]) for i, n in enumerate(("one", "two"))))
    itb = image(log, "same-image", text)
    nodes = command(log, "fdtget", "-l", itb, "/images").split()
    check(sorted(nodes) == ["description", "hello.bin", "one-tree", "system",
                            "two-tree"], f"not once: {nodes}")
    with Run(log, itb) as run:
        run.expect(r"^skerry: end one=off two=off")
        run.end(0)


def cases(_soak):
    return [Case(f.__name__.replace("_", "-"), f) for f in
            (damaged_data, truncated, missing_image, wrong_sha256, right_sha256, damaged_header,
             damaged_description, bad_table, cut_in_the_tree, same_image_twice)]
