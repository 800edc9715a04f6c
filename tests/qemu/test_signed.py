# SPDX-License-Identifier: BSD-2-Clause
"""U-Boot with a key in its control tree boots what was signed with that key, and
nothing else; without a key it boots the same file unverified."""

import hashlib
import os
import re
import threading

from harness import BUILD, Case, Run, command, guest, image, need_tfa, scratch, system

TEXT = system(guest("hello"), model="signed")
REFUSED = r"^run-qemu: U-Boot refused outer.itb"
UNVERIFIED = r"Verifying Hash Integrity \.\.\. (OK|sha256\+ OK)"
_lock = threading.Lock()


def key(log, folder):
    """A key pair made by this run of the tests, named `ours` in each folder; DIR/ours."""
    path = scratch(f"keys-{os.getpid()}-{folder}/ours")
    with _lock:
        if not os.path.exists(path + ".crt"):
            os.makedirs(os.path.dirname(path))
            command(log, "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                    "rsa_keygen_bits:2048", "-out", path + ".key")
            command(log, "openssl", "req", "-batch", "-new", "-x509", "-subj", "/CN=ours",
                    "-key", path + ".key", "-out", path + ".crt")
    return path


def outer(log, name, *more):
    out = scratch(f"outer-{name}.itb")
    command(log, "scripts/mkouter", "--skerry", f"{BUILD}/skerry.bin", *more, "-o", out,
            image(log, "signed", TEXT))
    return out


def boots(log, with_tfa):
    """run-qemu signs and boots it in one go; firmware at EL3 does not mind."""
    more = []
    if with_tfa:
        need_tfa(log)
        more = ["--el3", "tf-a"]
    itb = image(log, "signed", TEXT)
    with Run(log, itb, "--boot", "uboot-fit", "--key", key(log, "dev"), *more) as run:
        run.expect(r"sha256,rsa2048:ours\+ OK", r"sha256,rsa2048:ours\+ OK",
                   r"^skerry: Skerry", r"^hello\| hello from hello", r"^skerry: end hello=off")
        run.end(0)


def boots_unverified(log):
    """What was signed boots where no key wants it, and nobody looks at the signature."""
    signed = outer(log, "no-key", "--key", key(log, "dev"))
    with Run(log, signed, "--boot", "uboot-fit") as run:
        run.expect(UNVERIFIED, r"^skerry: Skerry", r"^skerry: end hello=off")
        run.end(0).absent("rsa2048")


def change(log, path, kernel=False, hash_anew=False):
    """A bit of an image's data, in the file's bytes, and the image's hash after it: all
    that was signed stays in its place."""
    with open(f"{BUILD}/skerry.bin" if kernel else image(log, "signed", TEXT), "rb") as f:
        data = f.read()
    with open(path, "rb") as f:
        fit = bytearray(f.read())
    at = fit.index(data)
    fit[at + len(data) // 2] ^= 1
    if hash_anew:
        old, new = (hashlib.sha256(d).digest() for d in (data, fit[at:at + len(data)]))
        place = fit.index(old)
        fit[place:place + len(new)] = new
    with open(path, "wb") as f:
        f.write(fit)


def second_configuration(log, path):
    """The signed one is there as `d`, and `c` is another without a signature."""
    with open(path, "rb") as f:
        fit = f.read()
    with open(path, "wb") as f:
        f.write(fit.replace(b"\0\0\0\1c\0\0\0", b"\0\0\0\1d\0\0\0", 1))
    command(log, "fdtput", "-c", path, "/configurations/c")
    for name in ("kernel", "ramdisk"):
        command(log, "fdtput", "-t", "s", path, "/configurations/c", name, name)


HASH = "Bad hash value for 'hash-1' hash node in '%s' image node"
SIGNATURE = "Verification failed for '<NULL>' hash node in 'c' config node"
NONE = "No 'signature' subnode found for '<NULL>' hash node in 'c' config node"
CHANGES = {                     # what is done to a signed FIT, what U-Boot says of it
    "system-changed": (change, {}, HASH % "ramdisk"),
    "kernel-changed": (change, {"kernel": True}, HASH % "kernel"),
    "system-hashed-anew": (change, {"hash_anew": True}, SIGNATURE),
    "kernel-hashed-anew": (change, {"kernel": True, "hash_anew": True}, SIGNATURE),
    "configuration-added": (second_configuration, {}, NONE),
}


def refused(log, what):
    if what in CHANGES:
        fit = outer(log, what, "--key", key(log, "dev"))
        function, arguments, says = CHANGES[what]
        function(log, fit, **arguments)
    else:
        is_signed = what == "another-key"
        fit = outer(log, what, *(["--key", key(log, "other")] if is_signed else []))
        says = SIGNATURE if is_signed else NONE
    with Run(log, fit, "--boot", "uboot-fit", "--key", key(log, "dev"), limit=60) as run:
        run.expect(re.escape(says), REFUSED)
        run.end(1).absent(r"^skerry: ")


def cases(_soak):
    found = [Case("boots", boots, weight=5, with_tfa=False),
             Case("boots-with-tfa", boots, weight=5, with_tfa=True),
             Case("unverified-without-a-key", boots_unverified, weight=4)]
    return found + [Case(f"refused-{what}", refused, weight=4, what=what)
                    for what in ("unsigned", "another-key", *CHANGES)]
