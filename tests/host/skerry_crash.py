#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/skerry-crash: what it makes of whole, damaged and cut records in each form, of a
stack, of a program that was moved, of a wrong one, and of files that are neither."""

import importlib.machinery
import importlib.util
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("O") or "build")
TOOL = os.path.join(ROOT, "tools/skerry-crash")
HELLO = os.path.join(BUILD, "guests/hello.elf")
CHAIN = ["hvc_call", "guest_crash", "deep_three", "deep_two", "deep_one", "guest_main"]
SP = 0x4001b100

loader = importlib.machinery.SourceFileLoader("skerry_crash", TOOL)
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("skerry_crash", loader))
loader.exec_module(tool)


def check(condition, message):
    if not condition:
        sys.exit(f"skerry_crash.py: {message}")


def calls():
    """In hello: behind hvc()'s HVC, and of each function of CHAIN where a call to the one
    before it returns to."""
    text = subprocess.run([tool.binutil("objdump"), "-d", HELLO], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    code = {m[1]: m[2] for m in re.finditer(r"^[0-9a-f]+ <(\w+)>:\n(.*?)\n\n", text + "\n\n",
                                            re.DOTALL | re.MULTILINE)}
    at = [int(re.search(r"^ *([0-9a-f]+):.*\thvc\t", code["hvc"], re.MULTILINE)[1], 16) + 4]
    for callee, caller in zip(["hvc"] + CHAIN, CHAIN):
        found = re.search(rf"^ *([0-9a-f]+):.*\tbl\t[0-9a-f]+ <{callee}>", code[caller],
                          re.MULTILINE)
        at.append(int(found[1], 16) + 4)
    return at


def record(at, name="bad", cause="reported by the guest: code 3, argument 1234", moved=0,
           guest=0, text=b"", boots=0):
    """A record in bytes: `at` as calls() gives it, each with a frame of 32 bytes."""
    stack = b""
    for i, address in enumerate(at[1:]):
        more = SP + moved + 32 * (i + 1) if i + 2 < len(at) else 0
        stack += struct.pack("<QQ16x", more, address + moved)
    x = [0] * 31
    x[29], x[30] = SP + moved, 0x4001b200 + moved
    if text:
        x[1] = 0x74786574
        x[3:18] = struct.unpack("<15Q", text.ljust(120, b"\0"))
    fields = (b"skrycrsh", 1, 2616, 0, boots, guest, 0, 1, 2, name.encode(), cause.encode(),
              62500000 * 3 // 2, 62500000, 4, 0, 0, 0, *x, at[0] + moved, 0x3c5, SP + moved,
              0x5a000000, 0, 0, 5, *[0] * 12, SP + moved, len(stack), 0, stack)
    data = struct.pack("<8s8I24s104s3Q3Q31Q3Q16IQII2048s", *fields)
    return data[:16] + struct.pack("<I", zlib.crc32(data)) + data[20:]


def as_hex(data, name="bad", before="manager| ", size=32):
    return "".join(f"{before}SKERRY-CRASH {name} {i:04x} {data[i:i + size].hex()}\r\n"
                   for i in range(0, len(data), size))


def run(content, *arguments, status=0):
    """The report on a file of this content."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(content if isinstance(content, bytes) else content.encode())
        f.flush()
        done = subprocess.run([TOOL, f.name, *arguments], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == status, f"status {done.returncode} instead of {status}:\n"
          f"{done.stdout}")
    return done.stdout


def names(report):
    return re.findall(r"^  #\d+ +[0-9a-f]{16}  (\w+)\+", report, re.MULTILINE)


def each_form_gives_the_same_report(at):
    data = record(at)
    wanted = run(data, HELLO)
    check(names(wanted) == ["hvc"] + CHAIN, f"the back trace:\n{wanted}")
    check("guests/hello/hello.c:" in wanted, f"no lines of the source:\n{wanted}")
    check("guest    bad, life 4, vCPU 0 on core 1\n" in wanted, f"the head:\n{wanted}")
    check("hvc/5a000000 irq/0" in wanted, f"the exits:\n{wanted}")
    check("time     1.500000 s\n" in wanted, f"the time:\n{wanted}")
    for form in (bytes(4096) + data + b"\xff" * 999, as_hex(data), as_hex(data, before=""),
                 "[12:00:00] bad| x\r\n" + as_hex(data, before="[12:00:01] ", size=16)):
        check(run(form, HELLO) == wanted, f"another report:\n{run(form, HELLO)}")
    check(run(as_hex(data), f"bad={HELLO}", "rt=" + HELLO) == wanted, "NAME=ELF")
    check(not names(run(as_hex(data), "rt=" + HELLO)), "another guest's ELF was used")


def several_records_are_told_apart(at):
    both = as_hex(record(at)) + as_hex(record(at, "rt", boots=2), "rt")
    text = run(both, HELLO)
    check(re.findall(r"^guest +(\w+)", text, re.MULTILINE) == ["bad", "rt"], text)
    check("; 2 boots ago" in text, text)
    text = run(both, HELLO, "--guest", "rt")
    check(re.findall(r"^guest +(\w+)", text, re.MULTILINE) == ["rt"], text)
    check("no crash record in it of linux" in run(both, "--guest", "linux", status=2), "--guest")


def of_one_that_was_read_twice_the_one_with_a_stack_counts(at):
    data = record(at)
    early = data[:560] + bytes(len(data) - 560)
    early = early[:16] + bytes(4) + early[20:]
    early = early[:16] + struct.pack("<I", zlib.crc32(early)) + early[20:]
    for text in (as_hex(early) + as_hex(data), as_hex(data) + as_hex(early)):
        check(run(text, HELLO) == run(data, HELLO), run(text, HELLO))


def a_printed_record_is_read(at):
    log = ("skerry: bad crashed at 1.500000 s: SError\n"
           f"skerry:   life 4, vCPU 0 on core 1, pc {at[0]:016x}, pstate 3c5, sp {SP:016x}\n"
           "rt| 1000 beats\n"
           "skerry:   ESR be000000, FAR 0000000000000001, IPA 0000000002\n"
           "manager| skerry> \r\x1b[Kskerry:   x0  " + " ".join(["00000000000000ff"] * 4) + "\r\n"
           "skerry:   last exits: hvc/5a000000 irq/0\nskerry: bad: restarting\n")
    text = run(log, HELLO)
    check(names(text) == ["hvc"] and "a printed record has no stack" in text, text)
    check("ESR      be000000, SError; FAR 0000000000000001, IPA 0000000002" in text, text)
    check("x3  00000000000000ff" in text and "hvc/5a000000 irq/0" in text, text)


def damage_is_said(at):
    data = record(at)
    for i in range(len(data)):
        bad = bytearray(data)
        bad[i] ^= 0x40
        found = tool.find_records(bytes(bad))
        check(i < 8 or (found and found[0].problems), f"byte {i} is damaged, and nobody noticed")
    text = run(as_hex(data).replace("5a00", "5b00", 1), HELLO, status=1)
    check("WARNING: the record of bad in hex: damaged: its checksum is " in text, text)
    lines = as_hex(data).splitlines(keepends=True)
    text = run("".join(lines[:3] + lines[5:]), status=1)
    check("lines are missing: bytes 0060-009f" in text, text)
    text = run("".join(lines[1:]), status=1)
    check("no record: its first line is missing" in text, text)
    text = run("".join(lines[:-20]), status=1)
    check("cut: 1984 of 2616 bytes are there" in text, text)
    other = bytearray(data)
    other[8] = 9
    check("version 9" in run(bytes(other), status=1), "another version")


def wrong_programs_are_said(at):
    data = record(at)
    rt = os.path.join(BUILD, "guests/rt.elf")
    check("has no HVC before pc" in run(data, rt, status=1), "rt.elf for hello")
    text = run(record(at, cause="SError"), rt, status=1)
    check("return addresses do not stand behind a call in" in text, text)
    text = run(record([0x7000000000] + at[1:]), HELLO, status=1)
    check("is not in " in text, text)
    check("neither an ELF with symbols nor a System.map" in run(data, TOOL, status=2), "a script")
    check("not an ELF for AArch64" in run(data, "/bin/sh", status=2), "another machine's")
    check("No such file" in run(data, "/nowhere", status=2), "no file")
    check("there is no crash record in it" in run("hello\n", status=2), "no record")
    check("there is no crash record in it" in run("", status=2), "empty")


def a_moved_program_is_found(at):
    text = run(record(at, moved=0x3e00000), HELLO)
    check("moved by 0x3e00000" in text and names(text) == ["hvc"] + CHAIN, text)
    text = run(record(at, moved=0x1000), HELLO, "--bias", "0x1000")
    check(names(text) == ["hvc"] + CHAIN, text)


def a_map_serves_too(at):
    listing = subprocess.run([tool.binutil("nm"), HELLO], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(listing)
        f.flush()
        text = run(record(at), f.name)
    check(names(text) == ["hvc"] + CHAIN, text)


def bad_chains_end(at):
    data = record(at)
    stack = len(data) - 2048

    def with_frames(*pairs):
        bad = bytearray(data)
        for i, (more, back) in enumerate(pairs):
            struct.pack_into("<QQ", bad, stack + 32 * i, more, back)
        bad[16:20] = bytes(4)
        return bytes(bad[:16]) + struct.pack("<I", zlib.crc32(bad)) + bytes(bad[20:])
    check("leads back to" in run(with_frames((SP, at[1])), HELLO), "a loop")
    check("is not in the stack that was kept" in run(with_frames((SP + 2040, at[1])), HELLO), "out")
    check("is not in the stack that was kept" in run(with_frames((SP + 33, at[1])), HELLO), "odd")
    check(len(names(run(with_frames((SP + 32, 0)), HELLO))) == 1, "no return address")


def what_a_guest_said_is_shown(at):
    text = run(record(at, text=b"Kernel panic - not syncing: sysrq triggered crash"))
    check("said     Kernel panic - not syncing: sysrq triggered crash\n" in text, text)


def el2s_own_is_shown(at):
    own = record([0x4000012345], "rt", "a live translation entry would be replaced", guest=0xff)
    text = run(own)
    check("a panic of Skerry, at 4000012345\nguest    rt on core 1\n" in text, text)
    elf = os.path.join(BUILD, "skerry.elf")
    panic = re.search(r"^([0-9a-f]+) T panic$", subprocess.run(
        [tool.binutil("nm"), elf], check=True, text=True, stdout=subprocess.PIPE).stdout,
        re.MULTILINE)
    text = run(record([int(panic[1], 16) + 8], "rt", "x", guest=0xff), "skerry=" + elf)
    check(re.search(r"^in +panic\+0x8 .*core/log.c:\d+", text, re.MULTILINE), text)


def main():
    at = calls()
    for test in (each_form_gives_the_same_report, several_records_are_told_apart,
                 of_one_that_was_read_twice_the_one_with_a_stack_counts,
                 a_printed_record_is_read, damage_is_said, wrong_programs_are_said,
                 a_moved_program_is_found, a_map_serves_too, bad_chains_end,
                 what_a_guest_said_is_shown, el2s_own_is_shown):
        test(at)
        print(test.__name__)


if __name__ == "__main__":
    main()
