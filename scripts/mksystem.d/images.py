# SPDX-License-Identifier: BSD-2-Clause
"""Guests' images: arm64 Image, ELF and raw files become flat segments.

A segment is bytes and the guest-physical address that they go to. Headers are
believed only where they make sense. Raises ImageError with the reason.
"""
import gzip
import struct
import zlib

MIB2 = 0x200000
PAGE = 0x1000


class ImageError(Exception):
    """This file can't be used, and why."""


class Loaded:
    def __init__(self, kind, entry, segments, ranges):
        self.kind = kind            # "Image", "ELF" or "raw", for messages
        self.entry = entry
        self.segments = segments    # [(address, bytes)]
        self.ranges = ranges        # [(address, size)] in memory, bss included

    def end(self):
        return max(address + size for address, size in self.ranges)


def align_up(value, to):
    return (value + to - 1) & ~(to - 1)


def unpack(data):
    """Compressed kernels as files in the field have them: gzip, and EFI zboot around it."""
    if data[:2] == b"MZ" and data[4:8] == b"zimg":
        offset, size = struct.unpack_from("<2I", data, 8)
        method = data[24:32].split(b"\0")[0].decode("ascii", "replace")
        if method != "gzip" or offset + size > len(data):
            raise ImageError("is an EFI zboot image packed with %s: unpack it first" % method)
        data = data[offset:offset + size]
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as e:
        raise ImageError("is gzip-compressed and damaged: %s" % e)
    if not (is_image(data) or is_elf(data)):
        raise ImageError("is gzip-compressed, and inside is neither an arm64 Image nor an ELF "
                         "file: unpack it first")
    return data


def is_image(data):
    return data[56:60] == b"ARM\x64"


def is_elf(data):
    return data[:4] == b"\x7fELF"


def load_image(data, bank, load_address):
    """Linux' Documentation/arch/arm64/booting.rst: header of 64 bytes."""
    if len(data) < 64:
        raise ImageError("has an arm64 Image header that is cut off")
    text_offset, image_size, flags = struct.unpack_from("<3Q", data, 8)
    if image_size == 0:
        raise ImageError("arm64 Image header: image_size is 0")
    if flags & 1:
        raise ImageError("arm64 Image header: the kernel is big-endian")
    if text_offset % PAGE or text_offset >= MIB2:
        raise ImageError("arm64 Image header: text_offset 0x%x is not a multiple of 0x1000 below "
                         "2 MiB" % text_offset)
    start = align_up(bank[0], MIB2) + text_offset
    if load_address is not None:
        start = load_address
        if (start - text_offset) % MIB2:
            raise ImageError("is an arm64 Image: load-address 0x%x is not a multiple of 2 MiB plus "
                             "its text_offset, 0x%x" % (start, text_offset))
    size = max(image_size, len(data))
    return Loaded("Image", start, [(start, data)], [(start, size)])


def _elf_loads(data):
    """(type, entry, [(offset, vaddr, paddr, filesz, memsz)]) of what has to be loaded."""
    if len(data) < 64 or data[4] != 2 or data[5] != 1:
        raise ImageError("is an ELF file, but not a little-endian one of 64 bits")
    kind, machine, _, entry, table, _, _, _, row, count = struct.unpack_from(
        "<HHIQQQIHHH", data, 16)
    if machine != 183:
        raise ImageError("is an ELF file for another machine (%d), not for AArch64" % machine)
    if kind not in (2, 3):
        raise ImageError("is an ELF file, but no executable one (type %d)" % kind)
    if row < 56 or table + row * count > len(data):
        raise ImageError("is an ELF file whose program headers are cut off")
    loads = []
    for i in range(count):
        p_type, _, offset, vaddr, paddr, filesz, memsz = struct.unpack_from(
            "<IIQQQQQ", data, table + i * row)
        if p_type != 1 or memsz == 0:
            continue
        if offset + filesz > len(data) or filesz > memsz:
            raise ImageError("is an ELF file whose segment %d is cut off" % i)
        loads.append((offset, vaddr, paddr, filesz, memsz))
    if not loads:
        raise ImageError("is an ELF file without anything to load (no PT_LOAD)")
    return kind, entry, loads


def load_elf(data, bank, load_address, is_identity):
    kind, entry, loads = _elf_loads(data)
    shift = 0
    if kind == 3:       # position independent: where we like
        lowest = min(load[2] for load in loads)
        wanted = load_address if load_address is not None else align_up(bank[0], MIB2)
        shift = wanted - lowest
    elif load_address is not None:
        raise ImageError("is an ELF file with fixed addresses: load-address can't move it")
    elif is_identity:
        raise ImageError("is an ELF file with fixed addresses, and an identity guest's are chosen "
                         "at boot: link it position independent (-pie)")
    where = None
    segments, ranges = [], []
    for offset, vaddr, paddr, filesz, memsz in loads:
        if vaddr <= entry < vaddr + memsz and where is None:
            where = entry - vaddr + paddr + shift
        if filesz:
            segments.append((paddr + shift, data[offset:offset + filesz]))
        ranges.append((paddr + shift, memsz))
    if where is None:
        raise ImageError("is an ELF file whose entry, 0x%x, is in none of its segments" % entry)
    if not segments:
        raise ImageError("is an ELF file whose segments are all empty")
    return Loaded("ELF", where, segments, ranges)


def load(data, bank, load_address, is_identity):
    """Flat segments of one file. `bank`: (base, size) of the guest's first bank."""
    if not data:
        raise ImageError("is empty")
    data = unpack(data)
    if is_elf(data):
        return load_elf(data, bank, load_address, is_identity)
    if is_image(data):
        return load_image(data, bank, load_address)
    if load_address is None:
        raise ImageError("is neither an arm64 Image nor an ELF file: a raw one needs load-address")
    if load_address % 4:
        raise ImageError("load-address 0x%x is not a multiple of 4" % load_address)
    return Loaded("raw", load_address, [(load_address, data)], [(load_address, len(data))])
