# SPDX-License-Identifier: BSD-2-Clause
"""What QEMU tests are made of: cases, system images, runs that are watched line
by line. A test judges order, counts and content of output, never time; time
limits only end what hangs."""

import contextlib
import functools
import http.server
import itertools
import json
import os
import re
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("O") or "build"))
WORK = os.path.join(BUILD, "test-work")

ERASE = "\r\x1b[K"
TAKEN_OFF = "\0\n"       # the end of a line that was taken off the screen unfinished

_runs = set()
_image_lock = threading.Lock()
_images = {}
_tfa = []                       # why there is none; empty text: there is one


class Failure(Exception):
    pass


class Skip(Exception):
    pass


class Case:
    """`function(log, **arguments)` under a name. `weight`: about how many seconds
    it takes, so that long ones begin first."""

    def __init__(self, name, function, /, limit=120, weight=5, **arguments):
        self.name, self.function, self.limit, self.weight = name, function, limit, weight
        self.arguments = arguments

    def run(self, log):
        self.function(log, **self.arguments)


def cache(*path):
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(os.environ.get("SKERRY_CACHE") or os.path.join(base, "skerry"), *path)


def product(**axes):
    """All combinations, as a list of dictionaries."""
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def pairwise(rows):
    """A selection of `rows` in which every pair of values that occurs, occurs."""
    def pairs(row):
        return set(itertools.combinations(sorted((k, str(v)) for k, v in row.items()), 2))
    left = set().union(*(pairs(r) for r in rows))
    chosen = []
    while left:
        best = max(rows, key=lambda r: len(pairs(r) & left))
        chosen.append(best)
        left -= pairs(best)
    return chosen


def selection(soak, **axes):
    rows = product(**axes)
    return rows if soak or len(axes) < 3 else pairwise(rows)


def scratch(name):
    """The path of a file for tests to write."""
    os.makedirs(WORK, exist_ok=True)
    return os.path.join(WORK, name)


def initramfs(log, folder):
    """The initramfs with a folder's files in it, which come last; its path."""
    out = folder + ".cpio.gz"
    command(log, "sh", "-c", f"cd {folder} && find . -mindepth 1 | cpio --quiet -o -H newc "
            f"--owner=+0:+0 | gzip -1 | cat {BUILD}/linux/initramfs.cpio.gz - >{out}")
    return out


def need(*names):
    """Fails when a built file is missing."""
    for name in names:
        if not os.path.exists(os.path.join(BUILD, name)):
            raise Failure(f"{name} is not there: `make` first")


def need_tfa(log):
    """Fetches and builds TF-A once; skips the test with what set-up says where it can't."""
    with _image_lock:
        if not _tfa:
            done = subprocess.run([f"{ROOT}/scripts/setup", "--tf-a"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False)
            log.write(done.stdout)
            lines = done.stdout.strip().splitlines() or ["?"]
            _tfa.append(f"no TF-A: {lines[-1]}" if done.returncode else "")
    if _tfa[0]:
        raise Skip(_tfa[0])


def command(log, *words, status=0, limit=120):
    """Runs a command into the log; its output."""
    log.write("$ " + " ".join(words) + "\n")
    done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=limit, check=False)
    text = done.stdout.decode("utf-8", "replace")
    log.write(text)
    if done.returncode != status:
        raise Failure(f"{words[0]}: exit status {done.returncode} instead of {status}\n{text}")
    return text


# QEMU's network card for drv_net: properties of its guest
NET_DEVICE = """identity;
			memory-size = <0x0 0x00400000>;
			devices {
				net {
					device = "/virtio_mmio@a002e00";
					quiesce = <0x70 4 0x0  0xff 0x0 1000>;
				};
			};"""


def guest(name, image=None, cpus=(0,), memory=16, base=0x40000000, console="hypercall", more=""):
    """A guest's node. `memory` in MiB, or the cells as text; `more`: further properties."""
    if isinstance(memory, int):
        memory = f"<{base >> 32:#x} {base & 0xffffffff:#x} 0 {memory << 20:#x}>"
    image = f'image = "{image or "guests/" + name + ".bin"}";\n' if image != "" else ""
    return (f"\t\t{name}: {name} {{\n\t\t\t{image}"
            f"\t\t\tmemory = {memory};\n"
            f"\t\t\tcpus = <{' '.join(map(str, cpus))}>;\n"
            f'\t\t\tconsole = "{console}";\n\t\t\tautostart;\n\t\t\t{more}\n\t\t}};\n')


def linux(name="linux", cpus=(1, 2), memory=192, kernel="vmlinuz", bootargs="", more=""):
    arguments = f'ramdisk = "linux/initramfs.cpio.gz"; bootargs = "console=ttyAMA0 {bootargs}"; '
    return guest(name, f"linux/{kernel}", cpus, memory, console="pl011", more=arguments + more)


def system(*guests, model="test", top="", links=(), volumes=(), schedule=()):
    """A description's text. `top`: properties of the root, e.g. console-input; links,
    volumes, schedule: nodes."""
    groups = "".join(f'\t{name} {{\n{"".join(nodes)}\t}};\n' for name, nodes in
                     (("schedule", schedule), ("guests", guests), ("volumes", volumes),
                      ("links", links)) if nodes)
    return ('/dts-v1/;\n/ {\n\tcompatible = "skerry,system-1";\n'
            f'\tmodel = "{model}";\n\t{top}\n{groups}}};\n')


def rr(core, slice_us=1000):
    """A node of the schedule: that core's policy is rr."""
    return (f'\t\tcore-{core} {{ core = <{core}>; policy = "rr"; '
            f"slice-us = <{slice_us}>; }};\n")


def link(name, kind, front, back, more=""):
    """A link's node."""
    return (f'\t\t{name} {{ type = "{kind}"; front = <&{front}>; back = <&{back}>; '
            f'{more} }};\n')


def image(log, name, text):
    """The system image of a description given as text or as a path. The same
    text is made once a run of the tests; do not write to the file."""
    source = text
    with _image_lock:           # making one reads tens of megabytes: one at a time
        if text in _images:
            log.write(f"system image: {_images[text]}\n")
            return _images[text]
        out = os.path.join(WORK, f"{name}-{len(_images)}.itb")
        os.makedirs(WORK, exist_ok=True)
        if text.startswith("/dts-v1/"):
            source = out[:-4] + ".dts"
            with open(source, "w", encoding="ascii") as f:
                f.write(text)
            log.write(text)
        command(log, "scripts/mksystem", source, "-I", BUILD, "-o", out)
        _images[text] = out
        return out


def qemu():
    """The command that starts QEMU, as scripts/run-qemu chooses it."""
    if os.environ.get("QEMU"):
        return os.environ["QEMU"].split()
    own = cache("qemu/usr/bin/qemu-system-aarch64")
    return [own, "-L", cache("qemu/usr/share/qemu")] if os.path.exists(own) else \
        ["qemu-system-aarch64"]


class Run:
    """A run of scripts/run-qemu --batch. Output is matched from where the last match
    ended, in finished lines: what is typed next is then not echoed into the line that was
    waited for. Only a pattern that ends in a space, a prompt, is looked for in an
    unfinished line too. `words`: another command instead; no `itb`: that of a card. EL2
    takes an unfinished line off the screen for another guest's and shows it again after
    it: each is a line to wait for, and counted where it was finished."""

    def __init__(self, log, itb, *arguments, limit=100, qemu=(), words=None,
                 skerry="skerry.bin"):
        words = words or [os.path.join(ROOT, "scripts/run-qemu"), "--batch", "--skerry",
                                 os.path.join(BUILD, skerry), "--timeout", str(limit),
                                 *map(str, arguments)] + ([itb] if itb else [])
        if qemu:
            words += ["--", *qemu]
        log.write("$ " + " ".join(words) + "\n")
        log.flush()
        self.log, self.text, self.at, self.is_over = log, "", 0, False
        self.deadline = time.monotonic() + limit + 20
        self.changed = threading.Condition()
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        _runs.add(self.process)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.reader.join(5)
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        _runs.discard(self.process)

    def _read(self):
        raw = ""
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self.changed:
                raw += data.decode("utf-8", "replace")
                cut = max(n for n in range(len(ERASE)) if raw.endswith(ERASE[:n]))
                whole = len(raw) - (cut if data else 0)     # an ERASE may be cut in two
                text = raw[:whole].replace(ERASE, TAKEN_OFF).replace("\r", "")
                raw = raw[whole:]
                self.text += text
                self.is_over = not data
                self.changed.notify_all()
            self.log.write(text.replace(TAKEN_OFF, "\n"))
            self.log.flush()
            if not data:
                return

    def expect(self, *patterns):
        """Waits for each pattern in turn; the last match."""
        found = None
        for pattern in patterns:
            found = self._expect_one(re.compile(pattern, re.MULTILINE))
        return found

    def _expect_one(self, pattern):
        is_prompt = pattern.pattern.endswith(" ")
        with self.changed:
            while True:
                whole = is_prompt or self.is_over
                end = len(self.text) if whole else self.text.rfind("\n") + 1
                found = pattern.search(self.text, self.at, end)
                if found:
                    self.at = found.end()
                    return found
                wait = self.deadline - time.monotonic()
                if self.is_over or wait <= 0:
                    seen = self.text[self.at:][-1500:]
                    raise Failure(f"never came: {pattern.pattern}\n"
                                  f"seen after the last match:\n{seen}")
                self.changed.wait(wait)

    def send(self, text):
        """Types `text`, slowly enough for a UART's FIFO."""
        data = text.encode()
        for i in range(0, len(data), 8):
            self.process.stdin.write(data[i:i + 8])
            self.process.stdin.flush()
            time.sleep(0.02)

    def type(self, line, prompt=r"linux# "):
        """A shell's line, and its prompt afterwards unless `prompt` is None."""
        self.send(line + "\n")
        if prompt:
            self.expect(prompt)

    def end(self, status=0):
        """Waits for the end of the run; its exit status must be `status`, unless None."""
        self.reader.join(max(1, self.deadline - time.monotonic()))
        try:
            got = self.process.wait(10)
        except subprocess.TimeoutExpired:
            raise Failure("the run does not end") from None
        if got != status and status is not None:
            raise Failure(f"exit status {got} instead of {status}")
        return self

    def lines(self, pattern=""):
        """The lines with the pattern, those apart that were taken off the screen."""
        return [line for line in self.text.split("\n")
                if not line.endswith(TAKEN_OFF[0]) and re.search(pattern, line)]

    def count(self, pattern, least, most=None):
        """The number of lines with the pattern must lie within bounds."""
        number = len(self.lines(pattern))
        if not least <= number <= (least if most is None else most):
            raise Failure(f"{number} lines with {pattern}, wanted {least}" +
                          (f"..{most}" if most is not None else ""))
        return number

    def absent(self, pattern):
        self.count(pattern, 0)


class Monitor:
    """QEMU's machine protocol, as much as stopping it and looking into memory needs."""

    def __init__(self, path):
        for _ in range(200):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        self.stream.readline()
        self.do("qmp_capabilities")

    def do(self, name, **arguments):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise Failure(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


def check(condition, message):
    if not condition:
        raise Failure(message)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def file_server(folder):
    """The port of a web server on this machine, which guests reach as 10.0.2.2."""
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def stop_all():
    for process in list(_runs):
        if process.poll() is None:
            process.terminate()
