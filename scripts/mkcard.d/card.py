# SPDX-License-Identifier: BSD-2-Clause
"""What a Raspberry Pi's firmware does with a card of scripts/mkcard, for QEMU, which has
none: finds the partition boot, reads config.txt, and takes from the card what it names."""

import os
import struct
import subprocess

TREE = "bcm2711-rpi-4-b.dtb"    # the name that the firmware looks for on this board
SECTIONS = ("all", "pi4", "board-type=0x11")


class CardError(Exception):
    """The card lacks something; the text says what."""


def partitions(card):
    """(name, start, size) of each partition of the GPT, in bytes."""
    with open(card, "rb") as f:
        f.seek(512)
        header = f.read(92)
        if header[:8] != b"EFI PART":
            raise CardError(f"{card} has no GPT")
        where, count, size = struct.unpack_from("<QII", header, 72)
        f.seek(where * 512)
        entries = [f.read(size) for _ in range(count)]
    found = []
    for entry in entries:
        first, last = struct.unpack_from("<QQ", entry, 32)
        if first:
            name = entry[56:128].decode("utf-16-le").rstrip("\0")
            found.append((name, first * 512, (last + 1 - first) * 512))
    return found


def boot_drive(card):
    """The partition boot as mtools name it."""
    for name, start, _ in partitions(card):
        if name == "boot":
            return f"{card}@@{start}"
    raise CardError(f"{card} has no partition named boot")


def take(card, name, folder):
    """A file of the partition boot, copied into a folder; its path there."""
    path = os.path.join(folder, os.path.basename(name))
    done = subprocess.run(["mcopy", "-n", "-o", "-i", boot_drive(card), "::" + name, path],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise CardError(f"{card}: the partition boot has no {name}")
    return path


def settings(text):
    """config.txt's settings that count on a Pi 4; `initramfs` has no equals sign."""
    found, counts = {}, True
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            counts = line.strip("[]").lower() in SECTIONS
        elif counts and line:
            name, _, value = line.partition(" " if line.startswith("initramfs") else "=")
            found[name.strip()] = value.strip()
    return found


def config(card, folder):
    with open(take(card, "config.txt", folder), encoding="ascii") as f:
        found = settings(f.read())
    if found.get("arm_64bit") != "1" or "kernel" not in found:
        raise CardError(f"{card}: config.txt lacks arm_64bit=1 or kernel=")
    return found


def check_size(card):
    size = os.path.getsize(card)
    if size & size - 1:
        raise CardError(f"{card}: {size} bytes: QEMU takes a card of a power of two only")


def starts_uboot(card, folder):
    return config(card, folder)["kernel"].startswith("u-boot")


def take_files(card, folder):
    """(kernel, tree, initrd or None) as the firmware loads them."""
    found = config(card, folder)
    initrd = found.get("initramfs", "").split()
    if initrd and initrd[1:] != ["followkernel"]:
        raise CardError(f"{card}: config.txt: initramfs without followkernel")
    kernel = take(card, found["kernel"], folder)
    tree = take(card, found.get("device_tree", TREE), folder)
    try:
        return kernel, tree, take(card, initrd[0], folder) if initrd else None
    except CardError:           # the kernel is started all the same
        return kernel, tree, None


def device(card, controller):
    """QEMU's arguments for the card in one of the two controllers."""
    drive = f"format=raw,file={card.replace(',', ',,')}"
    if controller == "emmc":
        return ["-drive", "if=sd," + drive]
    return ["-drive", "if=none,id=card," + drive,
            "-device", "sd-card,drive=card,bus=/generic-sdhci/sd-bus"]
