# SPDX-License-Identifier: BSD-2-Clause
"""A Raspberry Pi 4's card: what is on it, both ways to start from it, the two slots of
system images with the count of tries, and what `make sdcard` refuses."""

import functools
import os
import re
import shutil
import subprocess
import sys
import threading
import zlib

from harness import BUILD, NET_DEVICE, ROOT, Case, Run, Skip
from harness import cache, check, command, guest, image, link, scratch, system

sys.path.insert(0, os.path.join(ROOT, "scripts/mkcard.d"))
import card                     # noqa: E402

HELLO = system(guest("hello"), model="card test")
OTHER = system(guest("other", "guests/hello.bin"), model="card test, next version")
_lock = threading.Lock()


def has_firmware():
    return os.path.exists(cache("firmware/start4.elf")) and \
        os.environ.get("SKERRY_NON_FREE") != "no"


@functools.lru_cache(None)
def made(layout):
    """The card of a small system, with the board's firmware where it is to be had."""
    itb = scratch("card-hello.itb")
    path = scratch(f"card-{layout}.img")
    source = scratch("card-hello.dts")
    with open(source, "w", encoding="ascii") as f:
        f.write(HELLO)
    with open(path + ".log", "w", encoding="utf-8") as log:
        command(log, "scripts/mksystem", source, "-I", BUILD, "-o", itb)
        command(log, "scripts/mkcard", "--layout", layout,
                *([] if has_firmware() else ["--no-firmware"]), itb, path)
    return path


def fresh(name, layout="uboot"):
    """A copy of the card for one test."""
    with _lock:
        source = made(layout)
    path = scratch(f"card-{name}-{layout}.img")
    subprocess.run(["cp", "--sparse=always", source, path], check=True)
    return path


def read(path, name):
    folder = path + ".files"
    os.makedirs(folder, exist_ok=True)
    with open(card.take(path, name, folder), "rb") as f:
        return f.read()


def write(path, name, data):
    source = path + ".new"
    with open(source, "wb") as f:
        f.write(data)
    subprocess.run(["mcopy", "-D", "o", "-i", card.boot_drive(path), source, "::" + name],
                   check=True)


def remove(path, name):
    subprocess.run(["mdel", "-i", card.boot_drive(path), "::" + name], check=True)


def tries(path):
    """The file's settings: {"slot": .., "tries": ..}"""
    data = read(path, "tries")
    check(len(data) == 512, f"tries has {len(data)} bytes")
    return dict(line.split("=") for line in data.rstrip(b"\0").decode("ascii").splitlines())


def write_tries(path, slot, count):
    write(path, "tries", f"slot={slot}\ntries={count}\n".encode().ljust(512, b"\0"))


def start(log, path, *arguments):
    return Run(log, None, "--board", "raspi4b", "--card", path, *arguments)


# --- ways to start ------------------------------------------------------------------

def greets(run):
    run.expect(r"^skerry: .*Raspberry Pi 4", r"^hello\| hello from hello, life 1",
               r"^skerry: end hello=off$")
    run.end(0).absent(r"panic")


def starts_by_uboot(log, uart, controller):
    path = fresh("uboot-" + uart)
    with start(log, path, "--boot", "uboot", "--uart", uart, "--card-on", controller) as run:
        run.expect(r"U-Boot 20", r"Found U-Boot script /boot.scr",
                   r"^Skerry: slot a, try 1 of 3", r"^Starting kernel")
        greets(run)
        run.absent(r"damaged|missing|taking slot")
    check(tries(path) == {"slot": "a", "tries": "1"}, "the try was not counted")


def starts_by_firmware(log, uart):
    path = fresh("direct-" + uart, "firmware")
    with start(log, path, "--boot", "direct", "--uart", uart) as run:
        greets(run)
        run.absent(r"U-Boot")


def bad_without_uboot(log):
    """Nobody looks before Skerry does: it says what is wrong, and starts nothing of it."""
    path = fresh("bad", "firmware")
    whole = read(path, "system.itb")
    at = whole.index(bytes_of(os.path.join(BUILD, "guests/hello.bin"))[:64])
    for data, line, end in (
            (flip(whole, at + 1000), r"hello: damaged image \(CRC\)", "hello=crashed"),
            (whole[:len(whole) // 2], r"not whole: truncated", "system=refused"),
            (None, r"no system image", "system=refused")):
        if data is None:
            remove(path, "system.itb")
        else:
            write(path, "system.itb", data)
        with start(log, path) as run:
            run.expect(r"^skerry: .*Raspberry Pi 4", line, r"^skerry: end " + end)
            run.end(3).absent(r"hello from hello")


# --- slots --------------------------------------------------------------------------

def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def spoil(path, slot, how):
    itb, crc = slot + "/system.itb", slot + "/system.crc"
    if how == "byte":           # in a guest's bytes, far behind the description
        data = read(path, itb)
        write(path, itb, flip(data, len(data) // 2))
    elif how == "short":
        write(path, itb, read(path, itb)[:-4096])
    elif how == "sum":
        write(path, crc, flip(read(path, crc), 0))
    elif how == "no-sum":
        remove(path, crc)
    else:
        remove(path, itb)


def bad_slot(log, how, message):
    """What is wrong is said, the other slot starts, and stays chosen."""
    path = fresh("bad-" + how)
    spoil(path, "a", how)
    with start(log, path) as run:
        run.expect(rf"^Skerry: slot a: {message}", r"^Skerry: taking slot b",
                   r"^Skerry: slot b, try 1 of 3")
        if how in ("byte", "file"):
            greets(run)
    check(tries(path) == {"slot": "b", "tries": "1"}, f"tries holds {tries(path)}")


def both_bad(log):
    """One message, then U-Boot's prompt; nothing starts again, nothing is counted."""
    path = fresh("both")
    spoil(path, "a", "file")
    spoil(path, "b", "byte")
    with start(log, path) as run:
        run.expect(r"^Skerry: slot a: .* missing", r"^Skerry: slot b: .* damaged",
                   r"^Skerry: neither slot can be started", r"^U-Boot> ")
        run.send("echo still here\n")
        run.expect(r"^still here")
        run.count(r"Found U-Boot script", 1)
        run.count(r"^U-Boot 20", 1)
        run.absent(r"Starting kernel|DHCP|BOOTP")
    check(tries(path) == {"slot": "a", "tries": "0"}, f"tries holds {tries(path)}")


def counts_tries(log):
    """A try that nobody clears counts; the third one in a row gives way to the other slot."""
    path = fresh("tries")

    def run_once(*lines):
        with start(log, path) as run:
            run.expect(*lines)
    run_once(r"^Skerry: slot a, try 1 of 3")
    write_tries(path, "a", 0)               # as the guest does once the system is up
    write_tries(path, "a", 2)
    run_once(r"^Skerry: slot a, try 3 of 3")
    check(tries(path) == {"slot": "a", "tries": "3"}, f"tries holds {tries(path)}")
    run_once(r"^Skerry: slot a did not come up in three tries", r"^Skerry: taking slot b",
             r"^Skerry: slot b, try 1 of 3")
    check(tries(path) == {"slot": "b", "tries": "1"}, f"tries holds {tries(path)}")


HOSTILE = b'slot=a" || reset; echo owned; "\ntries=1\nbootcmd=reset\ncard=usb 0\n'


def hostile_tries(log):
    """What a guest writes there is data: two names are taken, and no value is run."""
    path = fresh("hostile")
    write(path, "tries", HOSTILE.ljust(512, b"\0"))
    with start(log, path) as run:
        run.expect(r"^Skerry: the file tries names no slot: taking slot a",
                   r"^Skerry: slot a, try 1 of 3", r"^Starting kernel")
        run.count(r"^U-Boot 20", 1)
        run.absent(r"owned|resetting")
    check(tries(path) == {"slot": "a", "tries": "1"}, f"tries holds {tries(path)}")


UP = """#include "link.h"
bool tries_clear(uint32_t port);

void guest_main(void)
{
	link_init();
	printf("up: %s\\n", tries_clear(0) ? "no tries are open" : "the tries are not cleared");
}
"""
CARD_DRIVER = """identity;
			memory-size = <0x0 0x00400000>;
			service;
			devices {
				card {
					device = "/emmc2bus/mmc@7e340000";
					quiesce = <0x2c 4 0x01000000  0x01000000 0x0 10000>;
				};
			};"""


def fill_slot_b(log, path, name, text, count):
    """Another system into slot b, as docs/raspberry-pi-4.md says; it has had `count` tries."""
    slot = scratch(f"{name}-slot")
    command(log, "scripts/mkcard", "--slot", image(log, name, text), slot)
    command(log, "mcopy", "-D", "o", "-i", card.boot_drive(path), slot + "/system.itb",
            slot + "/system.crc", "::b")
    write_tries(path, "b", count)


def cleared_by_guest(log):
    """The guest of docs/raspberry-pi-4.md, as it stands there, in slot b."""
    folder = scratch("card-up")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(ROOT, "docs/raspberry-pi-4.md"), encoding="utf-8") as f:
        code = re.findall(r"^```c\n(.*?)^```", f.read(), re.DOTALL | re.MULTILINE)
    for name, text in (("tries.c", code[0]), ("up.c", UP), ("Makefile", f"include {BUILD}/sdk/sdk"
                       ".mk\nCFLAGS = -Wall -Wextra -Werror\nup.elf: up.o tries.o\n")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    command(log, "make", "-s", f"O={BUILD}", "sdk")
    command(log, "make", "-C", folder, "up.bin")
    block = guest("block", "guests/drv_block.bin", [1], "", more=CARD_DRIVER)
    text = system(guest("up", os.path.join(folder, "up.bin")), block.replace("memory = ;", ""),
                  volumes=['\t\ttries { back = <&block>; file = "/tries"; '
                           'fat-partition = "boot"; };\n'],
                  links=[link("tries", "block", "up", "block", 'volume = "tries";')])
    path = fresh("cleared")
    fill_slot_b(log, path, "card-up", text, 1)
    with start(log, path) as run:
        run.expect(r"^Skerry: slot b, try 2 of 3", r"^up\| up: no tries are open",
                   r"^skerry: end up=off block=")
        run.end(0)
    check(tries(path) == {"slot": "b", "tries": "0"}, f"tries holds {tries(path)}")


def updated_slot(log):
    """The next version goes into the slot that is not in use, as docs/raspberry-pi-4.md says."""
    path = fresh("update")
    fill_slot_b(log, path, "card-other", OTHER, 0)
    with start(log, path) as run:
        run.expect(r"^Skerry: slot b, try 1 of 3", r"^other\| hello from other, life 1",
                   r"^skerry: end other=off$")
        run.end(0)


# --- what is on the card ------------------------------------------------------------

def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def holds(log, layout):
    path = fresh("holds", layout)
    check(read(path, "skerry.bin") == bytes_of(os.path.join(BUILD, "skerry.bin")),
          "the card's skerry.bin is not the build's")
    check(read(path, card.TREE) == bytes_of(cache("kernel/6.1/dtbs/broadcom", card.TREE)),
          "the card's tree is not the kernel package's")
    found = card.config(path, path + ".files")
    itb = bytes_of(scratch("card-hello.itb"))
    if layout == "uboot":
        check(found["kernel"] == "u-boot.bin" and "initramfs" not in found, str(found))
        check(read(path, "u-boot.bin") == bytes_of(cache("u-boot-rpi/u-boot.bin")), "u-boot.bin")
        for slot in "ab":
            data = read(path, slot + "/system.itb")
            crc = read(path, slot + "/system.crc")
            check(data.startswith(itb) and not data[len(itb):].strip(b"\0"), "system.itb")
            check(crc[:4] == zlib.crc32(data).to_bytes(4, "little") and len(crc) == 8, "system.crc")
    else:
        check(found["kernel"] == "skerry.bin" and
              found["initramfs"] == "system.itb followkernel", str(found))
        check(read(path, "system.itb").startswith(itb), "system.itb")
    check(tries(path) == {"slot": "a", "tries": "0"}, f"tries holds {tries(path)}")
    log.write(f"{found}\n")


def partitioned(log):
    """The same four partitions in MBR and GPT; the size is a power of two."""
    path = fresh("parts")
    found = card.partitions(path)
    log.write(f"{found}\n")
    check([name for name, _, _ in found] == ["boot", "root", "data1", "data2"], str(found))
    size = os.path.getsize(path)
    check(size & size - 1 == 0 and size < 1 << 30, f"{size} bytes")
    with open(path, "rb") as f:
        sector = f.read(512)
    entries = [sector[446 + 16 * i:462 + 16 * i] for i in range(4)]
    check([e[4] for e in entries] == [0x0c, 0x83, 0x83, 0x83] and sector[510:] == b"\x55\xaa",
          "the MBR's types")
    check([(int.from_bytes(e[8:12], "little") * 512, int.from_bytes(e[12:], "little") * 512)
           for e in entries] == [(start, size) for _, start, size in found], "the MBR's places")


def firmware_files(_log):
    """Those of the package, and their licence beside them."""
    if not has_firmware():
        raise Skip("the component non-free-firmware is not to be had")
    for layout in ("uboot", "firmware"):
        path = fresh("firmware", layout)
        for name in ("start4.elf", "fixup4.dat"):
            check(read(path, name) == bytes_of(cache("firmware", name)), name)
        check(b"Broadcom" in read(path, "LICENCE.firmware"), "LICENCE.firmware")


REFUSED = [
    (["BOARD=rpi5"], 'there is no card for the board "rpi5": BOARD=rpi4 is what there is'),
    ([], 'there is no card for the board "": BOARD=rpi4'),
    (["BOARD=rpi4", "LAYOUT=uefi"], 'there is no layout "uefi": LAYOUT=uboot or LAYOUT=firmware'),
    (["BOARD=rpi4", "SYSTEM=none.dts"], "the system none.dts does not exist"),
    (["BOARD=rpi4", "SYSTEM=dts/systems/hello.dts", "SKERRY_NON_FREE=no"],
     "no board starts without it; FIRMWARE=no makes a card for QEMU only"),
]


def refused(log):
    for words, message in REFUSED:
        text = command(log, "make", "sdcard", f"O={BUILD}", "FIRMWARE=", *words, status=2)
        check(message in text, f"{words}: no {message}")


def remade(log):
    """`make run` boots its own system also where `make sdcard` has made a card of another."""
    path = scratch("card-remade.img")
    words = [f"O={BUILD}", "BOARD=rpi4", "FIRMWARE=no", f"CARD_IMAGE={path}"]
    first = [path, *words, "SYSTEM=dts/systems/hello.dts"]
    command(log, "make", *first)
    image_of_first = read(path, "a/system.itb")
    command(log, "make", "sdcard", *words, "SYSTEM=dts/systems/rpi4-gpio.dts")
    check(read(path, "a/system.itb") != image_of_first, "make sdcard made no other card")
    command(log, "make", *first)
    check(read(path, "a/system.itb") == image_of_first, "the card of another system stays")
    write_tries(path, "a", 2)
    command(log, "make", *first)
    check(tries(path)["tries"] == "2", "the card is made anew without need")


def own_system(log):
    """A system of one's own is made again when its image has changed, and is not mistaken for one
    of the same name in another folder; on a card as well."""
    name, made_of = "card-own-system", {}
    itb, path = os.path.join(BUILD, f"systems/{name}.itb"), scratch("card-own.img")
    words = [f"O={BUILD}", "FIRMWARE=no", f"CARD_IMAGE={path}"]
    for folder in ("two", "one"):
        os.makedirs(scratch(f"card-{folder}"), exist_ok=True)
        made_of[folder] = scratch(f"card-{folder}/{name}.dts")
        with open(made_of[folder], "w", encoding="ascii") as f:
            f.write(system(guest("own", "own.bin"), model=folder + " folder"))
        shutil.copyfile(os.path.join(BUILD, "guests/hello.bin"), scratch(f"card-{folder}/own.bin"))
    card_of = [path, *words, "BOARD=rpi4", "SYSTEM=" + made_of["one"]]
    command(log, "make", itb, *words, "SYSTEM=" + made_of["one"])
    command(log, "make", *card_of)
    with open(scratch("card-one/own.bin"), "ab") as f:
        f.write(b"another version")
    command(log, "make", itb, *words, "SYSTEM=" + made_of["one"])
    check(b"another version" in bytes_of(itb), "the image's new version is not in the system")
    command(log, "make", *card_of)
    check(b"another version" in read(path, "a/system.itb"), "nor is it on the card")
    command(log, "make", itb, *words, "SYSTEM=" + made_of["two"])
    check(b"two folder" in bytes_of(itb), "it is the other folder's system")


def usage(log):
    for words in ([], ["one"], ["--slot", "one.itb"], ["--size", "one.itb", "two.img"],
                  ["--bogus", "one.itb", "two.img"], ["one.itb", "two.img", "three"]):
        text = command(log, "scripts/mkcard", *words, status=2)
        check(text.startswith("usage: scripts/mkcard [OPTION]"), f"{words}: {text}")


def other_board(log):
    """A system for QEMU's virt does not get onto a card."""
    net = guest("net", "guests/drv_net.bin", memory="", more=NET_DEVICE)
    itb = image(log, "card-virt", system(net.replace("memory = ;", "")))
    text = command(log, "scripts/mkcard", "--no-firmware", itb, scratch("card-virt.img"), status=1)
    check('device: "/virtio_mmio@a002e00" is not in the board\'s tree' in text and
          "can't run on a Raspberry Pi 4" in text, text)


def firmware_left_out(log):
    """Set-up says in one line why there is no firmware, and goes on: no network is asked."""
    folder = scratch("card-cache")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in set(os.listdir(cache())) - {"firmware", ".no-firmware"}:
        os.symlink(cache(name), os.path.join(folder, name))
    reason = "a Raspberry Pi's firmware is left out: "
    words = ["env", "SKERRY_CACHE=" + folder, "scripts/setup", "--card"]
    text = command(log, *words[:2], "SKERRY_NON_FREE=no", *words[2:])
    check(text == f"set-up: {reason}SKERRY_NON_FREE=no\n", text)
    with open(folder + "/.no-firmware", "w", encoding="ascii") as f:
        f.write(reason + "the mirror has none\n")
    text = command(log, *words)
    check(text.startswith(f"set-up: {reason}the mirror has none (asked again") and
          text.count("\n") == 1, text)


def settings(_log):
    """config.txt as the firmware reads it: sections, comments, the last line counts."""
    found = card.settings("# a=1\na=2  # why\n[pi3]\na=3\n[pi4]\nb=4\n[all]\nc=5\nc = 6\n"
                          "initramfs system.itb followkernel\n")
    check(found == {"a": "2", "b": "4", "c": "6", "initramfs": "system.itb followkernel"},
          str(found))


def no_card(log):
    """What run-qemu says of a file that is no card, and of options that don't go together."""
    path = fresh("none", "firmware")
    whole = read(path, "config.txt")
    write(path, "config.txt", whole.replace(b"followkernel", b"0x0a000000"))
    odd = scratch("card-odd.img")
    with open(path, "rb") as f, open(odd, "wb") as out:
        out.write(f.read(300 << 20))
    empty = scratch("card-empty.img")
    with open(empty, "wb") as f:
        f.truncate(1 << 20)
    pi, virt = ["--board", "raspi4b", "--card"], ["--board", "virt", "--card"]
    for words, message, status in (
            (pi + [path], "config.txt: initramfs without followkernel", 1),
            (pi + [path, "--boot", "uboot"], "its config.txt starts Skerry itself", 1),
            (pi + [empty], f"{empty} has no GPT", 1),
            (pi + [scratch("none.img")], "no such file", 2),
            (virt + [path], "--card is --board raspi4b's", 2),
            (pi + [path, "--boot", "uboot", scratch("card-hello.itb")],
             "takes U-Boot and the system image from --card", 2)):
        check(message in command(log, "scripts/run-qemu", *words, status=status), message)
    write(odd, "config.txt", whole)
    check("a power of two only" in command(log, "scripts/run-qemu", *pi, odd, status=1), "size")
    write(path, "config.txt", whole.replace(b"arm_64bit=1", b""))
    check("lacks arm_64bit=1" in command(log, "scripts/run-qemu", *pi, path, status=1), "64 bit")


def too_large(log):
    large = scratch("card-large.itb")
    with open(large, "wb") as f:
        f.truncate(130 << 20)
    text = command(log, "scripts/mkcard", "--no-firmware", large, scratch("card-large.img"),
                   status=1)
    check("the system image has 131 MiB, and a slot of the partition boot" in text, text)
    check(not os.path.exists(scratch("card-large.img")), "an image is left")


def cases(soak):
    found = [Case(f"holds-{layout}", holds, layout=layout, weight=2)
             for layout in ("uboot", "firmware")]
    found += [Case(f.__name__.replace("_", "-"), f, weight=weight) for f, weight in (
        (partitioned, 2), (firmware_files, 2), (refused, 3), (remade, 8), (own_system, 8),
        (usage, 1), (other_board, 1), (too_large, 2), (settings, 1),
        (firmware_left_out, 1), (no_card, 3),
        (both_bad, 6), (counts_tries, 16), (hostile_tries, 5), (updated_slot, 7),
        (bad_without_uboot, 6),
        (cleared_by_guest, 9))]
    ways = [("mini", "emmc2"), ("pl011", "emmc")]
    ways += [("mini", "emmc"), ("pl011", "emmc2")] if soak else []
    found += [Case(f"uboot-{u}-{c}", starts_by_uboot, uart=u, controller=c, weight=8)
              for u, c in ways]
    found += [Case(f"direct-{u}", starts_by_firmware, uart=u, weight=3) for u in ("mini", "pl011")]
    wrong = [("byte", "system.itb is damaged"), ("short", "system.itb is damaged"),
             ("sum", "system.itb is damaged"), ("file", "system.itb or system.crc is missing"),
             ("no-sum", "system.itb or system.crc is missing")]
    return found + [Case(f"bad-slot-{how}", bad_slot, how=how, message=message, weight=7)
                    for how, message in wrong]
