#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The tests of the ring library can fail: each line taken out of the library below must be
missed by the test that is named with it."""

import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.chdir(ROOT)
OUT = os.path.join(os.environ.get("O") or "build", "mutants")
FLAGS = ["-std=gnu11", "-O1", "-g", "-w", "-fno-sanitize-recover=all"]
HEADERS = ("virtq.h", "virtq_driver.h", "virtq_device.h")

MUTANTS = [     # what is lost, header, pattern, replacement, test
    ("acquire", "virtq.h", r"__ATOMIC_ACQUIRE", "__ATOMIC_RELAXED", "virtq_threads"),
    ("release", "virtq.h", r"__ATOMIC_RELEASE", "__ATOMIC_RELAXED", "virtq_threads"),
    ("the 16 bits of the event test", "virtq.h",
     r"return \(uint16_t\)\(now - event - 1\)", "return (now - event - 1)", "virtq"),
    ("overflow-safe bounds", "virtq_device.h",
     r"address < w->front_base \|\| offset < begin \|\| offset > end \|\| "
     r"size > end - offset",
     "offset < begin || offset + size > end", "virtq"),
    ("the halves", "virtq_device.h", r"w->is_split &&", "0 &&", "virtq"),
    ("the longest chain", "virtq_device.h", r"count >= c->part_max \|\| count >= q->size",
     "count >= c->part_max + 1000", "virtq_hostile"),
    ("negotiation", "virtq_device.h", r"!q->has_indirect \|\| ", "", "virtq"),
    ("readable before writable", "virtq_device.h", r"!is_writable && c->writable", "0", "virtq"),
    ("the bound of the driver's index", "virtq_device.h",
     r"ready > q->size \|\| flying > q->size - ready", "0", "virtq"),
    ("heads in flight", "virtq_device.h", r" \|\| vqv_is_in_flight\(q, c->head\)", "", "virtq"),
    ("the look at the last used entry", "virtq_device.h", r"q->track->used != q->done", "0",
     "virtq_resume"),
    ("used index before the bit", "virtq_device.h",
     r"(\tvirtq_store_release\(&q->used->idx, q->done\);\n)(\tvqv_mark_\(q, head, false\);\n)",
     r"\2\1", "virtq_resume"),
    ("used entry before the index", "virtq_device.h",
     r"(\tvirtq_store32\(&e->id, head\);\n)((?:.*\n){3})", r"\2\1", "virtq_resume"),
    ("the bound of the device's index", "virtq_driver.h",
     r"ready > \(uint16_t\)\(q->published - q->taken\)", "0", "virtq"),
    ("the posted length", "virtq_driver.h", r"len > q->slot\[id\].writable", "0", "virtq"),
    ("ids in range", "virtq_driver.h", r"id < q->size && ", "", "virtq"),
    ("chains that were published", "virtq_driver.h",
     r" &&\n\t +\(uint16_t\)\(q->slot\[id\].turn - q->published\) >= q->size", "", "virtq"),
]


def is_missed(number, what, header, pattern, replacement, test):
    """The mutant is built, and the test's exit status is not 0"""
    folder = os.path.join(OUT, str(number))
    lib = os.path.join(folder, "guests/lib")
    os.makedirs(lib, exist_ok=True)
    for name in HEADERS:
        shutil.copy(os.path.join("guests/lib", name), lib)
    with open(os.path.join(lib, header), "r+", encoding="utf-8") as f:
        text, count = re.subn(pattern, replacement, f.read(), count=1)
        f.seek(0)
        f.write(text)
        f.truncate()
    source, program = f"tests/host/test_{test}.c", os.path.join(folder, "test")
    with open(source, encoding="utf-8") as f:
        kind = "thread" if "sanitizer: thread" in f.read() else "address,undefined"
    build = [os.environ.get("HOSTCC", "gcc"), *FLAGS, f"-fsanitize={kind}", f"-I{folder}", "-I.",
             source, "-o", program, "-lcmocka"]
    if not count or subprocess.run(build, check=False).returncode:
        print(f"{what}: the mutant can't be made")
        return False
    try:
        status = subprocess.run([program], stdout=subprocess.DEVNULL, timeout=100, check=False,
                                env=dict(os.environ, TSAN_OPTIONS="halt_on_error=1"),
                                stderr=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        status = "none in 100 s"
    print(f"without {what}: {test} ends with {status}", flush=True)
    return status != 0


def main():
    results = [is_missed(i, *mutant) for i, mutant in enumerate(MUTANTS)]
    print(f"{results.count(True)} of {len(results)} mutants are found")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
