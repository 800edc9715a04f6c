# SPDX-License-Identifier: BSD-2-Clause
"""Stock Linux on shared cores: more vCPUs than cores under rr, stolen time, and neighbours."""

import re

from harness import (Case, Run, check, command, guest, image, link, linux, rr, scratch,
                     system)



def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    return run.expect(*patterns, r"linux# ")


def good(run):
    """Nothing in the kernel's log says that something is wrong."""
    ask(run, "dmesg | grep -c -i 'unable to handle\\|BUG:\\|WARNING:\\|I/O error\\|stall\\|lockup' "
        "| sed s/^/faults:/", r"^linux\| faults:0")


def smp(log, kernel, gic):
    """Eight vCPUs on two cores: boots, works on all eight at once, reboots, powers off."""
    text = system(guest("hello", more='bootargs = "echo";'),
                  linux(cpus=[1, 2] * 4, kernel=kernel, memory=256),
                  schedule=[rr(1), rr(2)], top="console-input = <&linux>;")
    with Run(log, image(log, "linux-8", text), "--gic", gic, "--cpus", 3, limit=400) as run:
        run.expect(r"^linux\| Linux 6\.\d+\.\S+, 8 cpus", r"linux# ")
        ask(run, "for i in 0 1 2 3 4 5 6 7; do taskset $((1 << i)) sh -c "
            "'n=0; while [ $n -lt 5000 ]; do n=$((n+1)); done; echo $0' $i & done; wait; "
            "echo loops",
            r"^linux\| loops")
        ask(run, "for i in 1 2 3 4; do (seq 5000 | sort -n | md5sum) & done; wait; echo pipes",
            r"^linux\| pipes")
        ask(run, "grep -e arch_timer /proc/interrupts", r"^linux\| +\d+:( +[1-9]\d+){8} ")
        good(run)
        run.count(r"^linux\| [0-7]$", 8)
        sums = re.findall(r"^linux\| ([0-9a-f]{32})  -$", run.text, re.MULTILINE)
        check(len(sums) == 4 and len(set(sums)) == 1, f"four pipes: {sums}")
        run.type("reboot", None)
        run.expect(r"^linux\| Linux 6\.\d+\.\S+, 8 cpus", r"linux# ")
        run.type("poweroff -f", None)
        run.expect(r"Power down")
        run.send("\x1dq")
        run.expect(r"^skerry: end hello=off linux=off")
        run.end(0)


def steal(log, kernel, gic):
    """A stock kernel sees stolen time on the core that it shares with a busy guest, and none on
    the one that it has alone."""
    text = system(guest("hello", cpus=[2], more='bootargs = "spin"; service;'),
                  linux(cpus=[1, 2], kernel=kernel), schedule=[rr(1), rr(2)],
                  top="console-input = <&linux>;")
    with Run(log, image(log, "linux-steal", text), "--gic", gic, "--cpus", 3, limit=180) as run:
        run.expect(r"^linux\| Linux 6\.\d+\.\S+, 2 cpus", r"linux# ")
        ask(run, "dmesg | grep stolen", r"arm-pv: using stolen time PV")
        ask(run, "for i in 1 2; do taskset $i sh -c 'n=0; while [ $n -lt 20000 ]; do n=$((n+1)); "
            "done' & done; wait; grep cpu /proc/stat", r"^linux\| cpu1 .*")
        rows = {m[0]: [int(n) for n in m[1].split()] for m in
                re.findall(r"^linux\| cpu([01]) ([\d ]+)$", run.text, re.MULTILINE)}
        check(len(rows) == 2, "no rows of /proc/stat")
        stolen, busy = rows["1"][7], rows["1"][0] + rows["1"][2]
        check(rows["0"][7] <= 2, f"stolen from the core that it has alone: {rows['0']}")
        check(stolen > 20 and stolen > busy // 2, f"too little stolen: {rows['1']}")
        good(run)
        run.type("poweroff -f", None)
        run.end(0)


BLOCK = """identity; service;
			priority = <2>; budget-us = <2000>; period-us = <10000>;
			memory-size = <0x0 0x00800000>;
			devices {
				disk {
					device = "/virtio_mmio@a003e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def driver(log, kernel, gic):
    """A Linux and the driver guest of its disk on one core, under the server policy: written, read
    back, unmounted; and the file system is whole."""
    path = scratch(f"linux-shared-{kernel}.img")
    command(log, "scripts/mkdisk", path)
    block = guest("block", "guests/drv_block.bin", [0], more=BLOCK)
    block = "".join(line + "\n" for line in block.splitlines() if "\tmemory = " not in line)
    stock = linux(cpus=[0, 1], kernel=kernel, bootargs="root=/dev/vda", more="after = <&block>; "
                  "priority = <1>; budget-us = <7000>; period-us = <10000>;")
    text = system(block, stock, top="console-input = <&linux>;",
                  schedule=['core-0 { core = <0>; policy = "server"; slack; };'],
                  volumes=['root { back = <&block>; partition = "root"; };'],
                  links=[link("linux-root", "block", "linux", "block", 'volume = "root";')])
    with Run(log, image(log, "linux-driver", text), "--gic", gic, "--disk", path, "--cpus", 2,
             limit=180) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus, .*root on /dev/vda$", r"linux# ")
        ask(run, "for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/f bs=64k count=16 conv=fsync "
            "2>/dev/null; md5sum </mnt/f >/tmp/sum; echo 3 >/proc/sys/vm/drop_caches; "
            "taskset $((i % 2 + 1)) md5sum </mnt/f | cmp - /tmp/sum && echo same; done; echo over",
            r"^linux\| over$")
        good(run)
        run.type("poweroff", None)
        run.end(0)
        run.count(r"^linux\| same$", 4)


def cases(soak):
    rows = [(smp, "vmlinuz", 2), (smp, "vmlinuz-6.12", 3), (steal, "vmlinuz", 3),
            (driver, "vmlinuz-6.12", 2)]
    if soak:
        rows += [(steal, "vmlinuz-6.12", 2), (driver, "vmlinuz", 3)]
    return [Case(f"{function.__name__}-{kernel}-gic{gic}", function, limit=450 if function == smp
                 else 220, weight=80 if function == smp else 30, kernel=kernel, gic=gic)
            for function, kernel, gic in rows]
