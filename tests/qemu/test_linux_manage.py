# SPDX-License-Identifier: BSD-2-Clause
"""The Linux module beyond its virtio devices: panics as crashes with a record, the watchdog,
/dev/skerry with skerryctl, and a device whose back end is stopped and started by it."""

import os

from harness import (BUILD, NET_DEVICE, Case, Run, check, command, guest, image, initramfs, link,
                     linux, scratch, system)

NEIGHBOUR = guest("hello", more='bootargs = "echo";')
AGAIN = 'on-crash = "restart"; restart-limit = <9 600>;'


def ask(run, line, *patterns):
    """Types a line; the patterns and then the next prompt must come."""
    run.type(line, None)
    run.expect(*patterns, r"linux# ")


def crashes(log, kernel, gic):
    """/dev/watchdog: a daemon pings it, and stops it by the magic character, unless nowayout; who
    closes it without that is started again. A panic is a crash, too: its text is in the record;
    switched off, the kernel's own way is back."""
    text = system(NEIGHBOUR, linux(kernel=kernel, bootargs="skerry.watchdog_timeout=2", more=AGAIN),
                  top="console-input = <&linux>;")
    booted = r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# "
    with Run(log, image(log, "linux-crashes", text), "--gic", gic, limit=400) as run:
        run.expect(*booted)
        ask(run, "cd /sys/class/watchdog/watchdog0; cat identity timeout state; ls -l /dev/skerry",
            r"^linux\| Skerry", r"^linux\| 2$", r"^linux\| inactive", r"^linux\| crw-------")
        ask(run, "watchdog -T 3 -t 1 /dev/watchdog; sleep 4; cat timeout state; killall watchdog; "
            "sleep 4; echo it was $(cat state)", r"^linux\| 3$", r"^linux\| active",
            r"it was inactive")
        run.type("echo x >/dev/watchdog; echo it is $(cat state)", None)
        run.expect(r"it is active", r"^skerry: linux crashed at .*watchdog",
                   r"^skerry: linux: restarting", *booted)
        ask(run, "sleep 3; echo still there", r"^linux\| still there")     # nothing is armed
        ask(run, "rmmod skerry; insmod /lib/modules/$(uname -r)/skerry.ko watchdog_timeout=0; "
            "echo it is $(cat /sys/class/watchdog/watchdog0/timeout); "
            "dmesg | grep -c 'watchdog_timeout=0 is not from' | sed s/^/said:/",
            r"it is 30$", r"^linux\| said:1")
        run.type("echo c >/proc/sysrq-trigger", None)
        run.expect(r"^skerry: linux crashed at .*reported by the guest: code 74786574",
                   r"^skerry: linux: restarting", *booted)
        run.type("echo 0 >/sys/module/skerry/parameters/panic; echo 1 >/proc/sys/kernel/panic; "
                 "echo c >/proc/sysrq-trigger", None)
        run.expect(r"Rebooting in 1 second", *booted)
        run.type("rmmod skerry; insmod /lib/modules/$(uname -r)/skerry.ko nowayout=1 "
                 "watchdog_timeout=1; echo V >/dev/watchdog", None)
        run.expect(r"^skerry: linux crashed at .*watchdog")
        run.send("\x1dq")
        run.expect(r"^skerry: end hello=off linux=off")
        run.end(0)
        run.count(r"^skerry: linux crashed", 3)


def with_program(log, name, program):
    """An initramfs with a program of tests/linux in /bin; its path."""
    folder = scratch(name)
    os.makedirs(folder + "/bin", exist_ok=True)
    command(log, os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-") + "gcc", "-std=gnu11", "-O2",
            "-static", "-s", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-I.",
            f"tests/linux/{program}.c", "-o", f"{folder}/bin/{program}")
    return initramfs(log, folder)


def skerryctl(log, kernel, gic):
    """A Linux with control over a neighbour: starts and stops it, reads its statistics and its
    crash record; what it may not is refused with the reason, also at /dev/skerry itself."""
    path = scratch(f"skerryctl-{gic}.hex")
    text = system(NEIGHBOUR.replace("autostart;", "autostart; service; " + AGAIN),
                  guest("other", "guests/hello.bin", [3], more="service;"),
                  linux(kernel=kernel, more="control = <&hello>;").replace(
                      "linux/initramfs.cpio.gz", with_program(log, f"skerryctl-{gic}", "ioctls")),
                  top="console-input = <&linux>;")
    with Run(log, image(log, "linux-skerryctl", text), "--gic", gic, "--cpus", 4,
             limit=180) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        ask(run, "ioctls", r"^linux\| ioctls: 0 failures")
        ask(run, "skerryctl list; echo status $?", r"^linux\| hello +running", r"status 0")
        for word, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped"),
                            ("start", "running"), ("restart", "running"), ("kill", "running")):
            ask(run, f"skerryctl {word} hello; echo status $?", rf"^linux\| hello: {state}",
                r"status 0")
        ask(run, "skerryctl info hello; skerryctl stats hello", r"^linux\| GUEST .*HVC",
            r"^linux\| hello +\d")
        ask(run, "skerryctl top -n 2 --json | tail -n 1 | cut -c 1-30", r'^linux\| {"uptime_s": ')
        ask(run, "skerryctl crash hello", r"^linux\| cause +.*asked for by")
        ask(run, "skerryctl crash hello --hex; echo whole", r"whole$")
        ask(run, "skerryctl resume hello; echo status $?", r"^linux\| hello is running",
            r"status 1")
        ask(run, "skerryctl restart other; echo status $?", r"no such guest.*: other",
            r"status 1")
        ask(run, "skerryctl rstart hello; echo status $?", r"no such command", r"status 2")
        run.type("poweroff -f", None)
        run.expect(r"^skerry: end hello=off other=off linux=off")
        run.end(0)
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(run.lines(r"^linux\| SKERRY-CRASH hello")) + "\n")
    report = command(log, os.path.join(BUILD, "tools/skerry-crash"), path,
                     os.path.join(BUILD, "guests/hello.elf"))
    check("asked for by" in report and "damaged" not in report, "no report of the record")


def stopped(log, kernel, gic):
    """A device is brought up while its back end, which has served an earlier life of it, is
    stopped: the driver waits for the new life to clear the rings, and says when none comes."""
    driver = guest("net", "guests/drv_net.bin", more="service; " + NET_DEVICE)
    text = system("".join(line + "\n" for line in driver.splitlines() if "memory = " not in line),
                  linux(kernel=kernel, more="control = <&net>; after = <&net>;"),
                  top="console-input = <&linux>;",
                  links=[link("lan", "net", "linux", "net", "mac = [02 00 00 00 00 01]; uplink;")])
    late = "dmesg | grep -c 'has not cleared the rings' | sed s/^/late:/"
    with Run(log, image(log, "linux-stopped", text), "--gic", gic, "--cpus", 3,
             "--net", "user", limit=120) as run:
        run.expect(r"^linux\| Linux 6\.\S+, 2 cpus", r"linux# ")
        ask(run, "use() { ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; "
            "for i in 1 2 3 4 5 6; do ping -c 1 -W 2 10.0.2.2; done | grep -c ttl= | "
            "sed s/^/$1:/; }; use first", r"^linux\| first:[1-6]")
        ask(run, "cd /sys/bus/virtio/drivers/virtio_net; D=$(basename virtio*); "
            "skerryctl stop net; echo $D >unbind; "
            "(echo $D >bind; ip link set eth0 up; echo bound) & "
            "sleep 2; skerryctl start net; wait; use second",
            r"^linux\| net: stopped", r"^linux\| bound", r"^linux\| second:[1-6]")
        ask(run, "dmesg | grep -c 'is not a head\\|BUG:\\|WARNING:' | sed s/^/faults:/; " + late,
            "faults:0", "late:0")
        ask(run, "skerryctl stop net; echo $D >unbind; echo $D >bind; " + late,
            r"^linux\| net: stopped", "late:1")
        ask(run, "skerryctl start net; echo $D >unbind; echo $D >bind; use third",
            r"^linux\| third:[1-6]")
        run.type("poweroff -f", None)
        run.end(0)


def cases(soak):
    rows = ((crashes, "vmlinuz", 2), (crashes, "vmlinuz-6.12", 3), (skerryctl, "vmlinuz", 3),
            (skerryctl, "vmlinuz-6.12", 2), (stopped, "vmlinuz", 2), (stopped, "vmlinuz-6.12", 3))
    return [Case(f"{function.__name__}-{kernel}-gic{gic}", function, limit=430, weight=40,
                 kernel=kernel, gic=gic) for function, kernel, gic in rows]
