# SPDX-License-Identifier: BSD-2-Clause
"""The demo as a person runs it, on a terminal: a Linux shell with its disk and network and
with the others' lines around it, the keys, and a terminal left as it was."""

import fcntl
import os
import pickle
import re
import signal
import sys
import tempfile
import termios
import time

import pexpect

from harness import (BUILD, ROOT, Case, Failure, Run, check, command, file_server, image,
                     scratch)


TIOCGPTN = 0x80045430


def slave_name(master):
    number = fcntl.ioctl(master, TIOCGPTN, b"\0\0\0\0")
    return f"/dev/pts/{int.from_bytes(number, sys.byteorder)}"


def disk(log, name):
    path = scratch(f"demo-{name}.img")
    command(log, "scripts/mkdisk", path)
    return path


class Terminal:
    """scripts/run-qemu on a pseudo-terminal."""

    def __init__(self, log, itb, gic, name, *arguments):
        words = ["--skerry", os.path.join(BUILD, "skerry.bin"), "--timeout", "160",
                 "--gic", str(gic),
                 *(arguments or ("--auto", "--disk", disk(log, name))), itb]
        mode = tempfile.NamedTemporaryFile()

        def note_mode():        # in the child: it may have changed it before we come to ask
            with open(mode.name, "wb") as f:
                pickle.dump(termios.tcgetattr(0), f)

        self.child = pexpect.spawn(os.path.join(ROOT, "scripts/run-qemu"), words, timeout=160,
                                   encoding="utf-8", codec_errors="replace", logfile=log,
                                   preexec_fn=note_mode)
        self.slave = os.open(slave_name(self.child.child_fd), os.O_RDWR | os.O_NOCTTY)
        self.before = pickle.load(mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)
        os.close(self.slave)

    def expect(self, *patterns):
        found = None
        for pattern in patterns:
            try:
                self.child.expect(pattern)
                found = self.child.match
            except (pexpect.TIMEOUT, pexpect.EOF) as e:
                raise Failure(f"never came: {pattern}\n{str(self.child.before)[-800:]}") from e
        return found

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ISIG)

    def ends(self, status):
        """The program ends so, and the terminal's mode is what it was before."""
        deadline = time.monotonic() + 30
        while self.child.isalive():
            try:
                self.child.read_nonblocking(4096, timeout=0.2)
            except pexpect.TIMEOUT:
                if time.monotonic() > deadline:
                    raise Failure("run-qemu does not end") from None
            except pexpect.EOF:
                break
        self.child.wait()
        got = self.child.exitstatus
        check(got == status, f"exit status {got} instead of {status}")
        check(termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was")


def shell_and_end(log, gic):
    itb = image(log, f"demo-{gic}", "dts/systems/demo.dts")
    with Terminal(log, itb, gic, f"shell-{gic}") as t:
        t.expect(r"skerry: ", r"Ctrl-\] ")
        t.expect(r"linux# ")
        check(t.is_raw(), "the terminal is not raw during the run")
        t.child.send("echo $((6 * 7)) cpus=$(nproc)\r")
        t.expect(r"linux\| 42 cpus=2")
        t.expect(r"\x1b\[Krt\| |\nrt\| ")               # the others' lines go on
        t.child.send("(sleep 1; echo sleeping) & sleep 1000\r")    # it runs by then
        t.expect(r"linux\| sleeping")
        t.child.send("\x03")                            # Ctrl-C is the guest's
        t.expect(r"\^C", r"linux# ")
        disk_and_network(t)
        t.child.send("head -n 3 /dev/hvc1\r")           # rt's records, by its console link
        t.expect(r"linux\| rt: ", r"linux# ")
        t.child.send("\x1dl")
        focus = t.expect(r"Ctrl-\] (\S)  hello").group(1)
        t.expect(r"Ctrl-\] 6  manager")                 # as README says
        t.child.send("\x1d" + focus)                    # Ctrl-] and its key: it is alone
        t.expect(r"skerry: hello alone")
        t.child.send("typed at hello\r")
        t.expect(r"typed at hello")
        t.child.send("\x1da")                           # all again
        t.expect(r"skerry: all are shown")
        t.child.send("\x1dq")                           # Ctrl-] then q
        t.expect(r"skerry: end [a-z0-9=\- ]*linux=off")
        t.ends(0)


def disk_and_network(t):
    """What README promises of the shell."""
    t.child.send("cat /proc/partitions; mount | grep vda\r")
    t.expect(r"131072 vda", r"/dev/vda on / type ext4", r"linux# ")
    t.child.send("until ip addr show eth0 | grep inet; do usleep 100000; done\r")
    t.expect(r"inet 10\.0\.2\.15/24", r"linux# ")
    folder = scratch("demo-files")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "hello"), "w", encoding="ascii") as f:
        f.write("from the host\n")
    with file_server(folder) as port:
        t.child.send(f"wget -q -O - http://10.0.2.2:{port}/hello\r")
        t.expect(r"\nfrom the host|\| from the host", r"linux# ")


def signals(log, number):
    itb = image(log, "demo-signal", "dts/systems/demo.dts")
    with Terminal(log, itb, 3, f"signal-{number}") as t:
        t.expect(r"skerry: ")
        check(t.is_raw(), "the terminal is not raw during the run")
        t.child.kill(number)
        t.ends(128 + number)


def every_line_has_a_name(log):
    """Lines of guests do not mix: each begins with a name or with "skerry:"."""
    itb = image(log, "demo-lines", "dts/systems/demo.dts")
    with Run(log, itb, "--auto", "--disk", disk(log, "lines")) as run:
        run.expect(r"linux# ")
        run.type("dmesg", r"linux# ")
        run.send("\x1dq")
        run.end(0)
        bare = [l for l in run.lines(r"\S") if not re.match(r"(skerry:|[a-z0-9-]+\|| )", l)]
        check(not bare, "lines without a name: " + "; ".join(bare[:5]))


def cases(_soak):
    found = [Case(f"shell-gic{gic}", shell_and_end, weight=20, gic=gic) for gic in (2, 3)]
    found += [Case(f"signal-{n.name}", signals, weight=6, number=n)
              for n in (signal.SIGINT, signal.SIGTERM)]
    return found + [Case("lines", every_line_has_a_name, weight=20)]
