#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scripts/mkdisk: partitions by name; owners, modes, setuid and device nodes survive
from a folder, a tar and an image; the same input makes the same bytes; what is
missing or of no use is named."""

import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MKDISK = os.path.join(ROOT, "scripts/mkdisk")
failures = []


def check(condition, message):
    if not condition:
        failures.append(message)


def run(*words, status=0):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != status:
        print(done.stdout)
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}, not {status}")
    return done.stdout


def partitions(disk):
    """Name -> (first byte, size in bytes)."""
    found = {}
    for line in run("sfdisk", "-d", disk).splitlines():
        match = re.search(r'start= *(\d+), size= *(\d+),.* name="(\w+)"', line)
        if match:
            found[match[3]] = (int(match[1]) * 512, int(match[2]) * 512)
    return found


def root_of(disk, to):
    start, size = partitions(disk)["root"]
    with open(disk, "rb") as f, open(to, "wb") as out:
        f.seek(start)
        out.write(f.read(size))
    run("e2fsck", "-fn", to)
    return to


def stat(fs, path):
    """Mode and owner as debugfs prints them: (type, mode, user, group, all of it)."""
    text = run("debugfs", "-R", f"stat {path}", fs)
    match = re.search(r"Type: (.*?) +Mode: +(\d+).*?User: +(\d+) +Group: +(\d+)", text, re.DOTALL)
    return match.groups() + (text,) if match else ("missing", "", "", "", text)


def has_all(fs, what):
    check(stat(fs, "/bin/su")[:4] == ("regular", "04755", "0", "0"), f"{what}: setuid")
    check(stat(fs, "/home/file")[:4] == ("regular", "0640", "1000", "1001"), f"{what}: owners")
    node = stat(fs, "/dev/ttyS7")
    check(node[:4] == ("character special", "0620", "0", "5"), f"{what}: a device node's mode")
    check("04:71" in node[4], f"{what}: a device node's numbers: {node[4]}")
    check(stat(fs, "/dev/vda")[0] == "block special", f"{what}: a block device")
    check(stat(fs, "/link")[0] == "symlink", f"{what}: a symbolic link")
    check(run("debugfs", "-R", "cat /home/file", fs).endswith("kept\n"), f"{what}: content")


def member(name, kind, mode, owner=(0, 0), **more):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, 1
    info.uid, info.gid = owner
    for key, value in more.items():
        setattr(info, key, value)
    return info


def make_tar(path):
    with tarfile.open(path, "w:gz") as tar:
        for name in ("./bin", "./dev", "./home"):
            tar.addfile(member(name, tarfile.DIRTYPE, 0o755))
        tar.addfile(member("./bin/su", tarfile.REGTYPE, 0o4755))
        tar.addfile(member("./home/file", tarfile.REGTYPE, 0o640, (1000, 1001), size=5),
                    io.BytesIO(b"kept\n"))
        tar.addfile(member("./dev/ttyS7", tarfile.CHRTYPE, 0o620, (0, 5), devmajor=4, devminor=71))
        tar.addfile(member("./dev/vda", tarfile.BLKTYPE, 0o660, devmajor=254, devminor=0))
        tar.addfile(member("./link", tarfile.SYMTYPE, 0o777, linkname="home/file"))


def sources(folder):
    """From a tar, from the image that came of it, and from a folder in a fake root's session."""
    tar, disk, fs = (os.path.join(folder, n) for n in ("root.tar.gz", "disk.img", "fs.img"))
    make_tar(tar)
    run(MKDISK, "--rootfs", tar, disk)
    has_all(root_of(disk, fs), "tar")
    again = os.path.join(folder, "again.img")
    run(MKDISK, "--rootfs", tar, again)
    run("cmp", disk, again)
    run(MKDISK, "--rootfs", fs, "--size", "300", disk)
    check(partitions(disk)["root"][1] == 300 << 20, "--size of an image")
    has_all(root_of(disk, fs), "image")
    unpacked = os.path.join(folder, "unpacked")
    os.mkdir(unpacked)
    run("fakeroot", "-u", "sh", "-c",
        f"tar -xpf {tar} --numeric-owner -C {unpacked} && {MKDISK} --rootfs {unpacked} {disk}")
    has_all(root_of(disk, fs), "folder")


def default(folder):
    disk, fs = (os.path.join(folder, n) for n in ("disk.img", "fs.img"))
    run(MKDISK, disk)
    found = partitions(disk)
    check(sorted(found) == ["boot", "data1", "data2", "root"], f"partitions: {found}")
    root_of(disk, fs)
    check(stat(fs, "/dev/console")[:4] == ("character special", "0600", "0", "0"),
          "the small root's console")
    check(stat(fs, "/etc/rc")[1:4] == ("0755", "0", "0"), "the small root's rc")
    listing = run("mdir", "-i", f"{disk}@@{found['boot'][0]}", "::")
    check(re.search(r"volume +img +8388608", listing), "volume.img on the FAT partition")


def refusals(folder):
    disk = os.path.join(folder, "disk.img")
    plain = os.path.join(folder, "plain")
    with open(plain, "wb") as f:
        f.write(bytes(4096))
    for what, words in ((f"{folder}/none", ["--rootfs", f"{folder}/none"]),
                        (plain, ["--rootfs", plain]), ("12x", ["--size", "12x"]),
                        ("--size 1 ", ["--size", "1"])):
        text = run(MKDISK, *words, disk, status=1)
        check(text.splitlines()[-1].startswith("mkdisk: ") and what in text, f"{words}: {text}")
        check(not os.path.exists(disk), f"{words}: left a disk behind")


def main():
    with tempfile.TemporaryDirectory() as folder:
        refusals(folder)
        sources(folder)
        default(folder)
    print("\n".join(failures) or "mkdisk: all as it should be")
    sys.exit(bool(failures))


main()
