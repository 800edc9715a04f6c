# SPDX-License-Identifier: BSD-2-Clause
"""The manager as a person uses it, on a terminal: by a console link in the focus of
drv_console, and on its console with EL2; a victim beside it goes on all the while."""

import json
import os
import re
import time

from harness import Case, check, file_server, guest, image, link, scratch, system
from test_console import UART
from test_demo import Terminal, disk

PROMPT = r"skerry> "
TOP = 'console-driver = <&con>; console-input = <&mgr>;'


def driver():
    return guest("con", "guests/drv_console.bin", cpus=(0,), console="none", more=UART %
                 ("", 'on-crash = "restart"; restart-limit = <9 60>;'))


def manager(console, control, cpu=1, more=""):
    return guest("mgr", "guests/manager.bin", cpus=(cpu,), console=console,
                 more=f"control = <{control}>; {more}")


def managed():
    """A guest to be managed, and one that must not notice."""
    return [guest("work", "guests/ttytest.bin", cpus=(2,),
                  more='bootargs = "echo"; restart-limit = <9 60>; on-crash = "stop";'),
            guest("victim", cpus=(3,), more='bootargs = "every=100"; service;')]


def by_link():
    return system(driver(), manager("none", "&work &victim &con", more="after = <&con>;"),
                  *managed(), top=TOP, links=[link("shell", "console", "mgr", "con")])


def by_hypercall():
    return system(manager("hypercall", "&work &victim", 0), *managed(),
                  top="console-input = <&mgr>;")


class Shell:
    """Commands and answers; `name`: the console that is brought into the focus, if any."""

    def __init__(self, terminal, name=None):
        self.terminal = terminal
        self.before = "" if name else "mgr| "       # what stands before each line
        if name:
            focus(terminal, name, PROMPT)
        else:
            terminal.expect(PROMPT)

    def ask(self, command, *patterns):
        """A command; what it says up to the next prompt."""
        self.terminal.child.send(command + "\r")
        found = self.terminal.expect(*patterns) if patterns else None
        self.terminal.expect(PROMPT)
        return found

    def query(self, command):
        """A command's JSON. In the view of all, other lines come in between, an unfinished
        line is taken off the screen and shown again, and a long one is cut into several."""
        self.terminal.child.send(command + " --json\r")
        text, answer = "", None
        for _ in range(300):
            self.terminal.expect(r"\n")
            text += self.terminal.child.before + "\n"
            lines = re.sub(r"[^\n]*\r\x1b\[K", "", text).replace("\r", "").split("\n")
            lines = [l[len(self.before):] for l in lines if l.startswith(self.before)]
            begin = next((i for i, l in enumerate(lines) if l[:1] in "[{" and l), len(lines))
            try:
                answer = json.loads("".join(lines[begin:]))
                break
            except ValueError:
                pass
        check(answer is not None, f"{command}: no JSON: {text}")
        self.terminal.expect(PROMPT)
        return answer

    def until(self, name, state):
        """Waits for a guest's state."""
        for _ in range(60):
            if self.query("info " + name)["state"] == state:
                return
            time.sleep(0.2)
        check(False, f"{name} never was {state}")


def find(rows, name):
    return next(r for r in rows if r["name"] == name)


def person(t, shell):
    """Line editing, completion and history as they are typed."""
    shell.until("victim", "running")
    shell.until("work", "running")
    t.child.send("inf\tvi\t\r")
    t.expect(r"name +victim", r"state +running", PROMPT)
    t.child.send("\x1b[A")                          # up
    t.expect(r"info victim ")
    t.child.send("\x15lisX\x7f\x1b[D\x1b[D\x1b[C\x1b[F" + "t\r")
    t.expect(r"GUEST +STATE", r"work +running", PROMPT)
    t.child.send("sta\t")
    t.expect(r"start +stats", r"sta")
    t.child.send("\x03")                            # Ctrl-C
    t.expect(r"\^C", PROMPT)
    shell.ask("help", r"restart GUEST")
    shell.ask("lst", "did you mean list?")
    shell.ask("stop wrk", "no such guest: wrk; did you mean work?")
    shell.ask("resume work", "work is running: resume is for one that is paused")


def lives(shell):
    """The managed guest goes through its states."""
    shell.ask("stop work", "work: stopped, life 1")
    check(find(shell.query("list"), "work")["state"] == "stopped", "it is not stopped")
    shell.ask("stop work", "work is stopped: stop is for one that is running")
    shell.ask("start work", "work: running, life 2")
    shell.ask("pause work", "work: paused, life 2")
    check(shell.query("info work")["state"] == "paused", "it is not paused")
    shell.ask("resume work", "work: running, life 2")
    shell.ask("restart work", "work: running, life 3")
    shell.ask("kill work", "work: crashed, life 3")
    answer = shell.query("info work")
    check(answer["state"] == "crashed" and answer["crashes"] == 1 and answer["life"] == 3,
          f"after kill: {answer}")
    crash_record(shell)
    answer = shell.query("restart work")
    check(answer == {"name": "work", "state": "running", "life": 4, "done": True},
          f"after restart: {answer}")


def crash_record(shell):
    """In words, as JSON, and as the lines that skerry-crash reads."""
    shell.ask("crash victim", r"victim has no crash record")
    shell.ask("crash work", r"guest  work", r"cause  \S+", r"in life 3, vCPU 0 on core 2",
              r"pc     [0-9a-f]{16}", r"x30 [0-9a-f]{16}", r"exits .*newest last")
    record = shell.query("crash work")
    check(record["whole"] and record["name"] == "work" and record["life"] == 3 and
          len(record["registers"]) == 37, f"record: {record}")
    shell.ask("crash work --hex", r"SKERRY-CRASH work 0000 736b7279[0-9a-f]{56}",
              r"SKERRY-CRASH work 0020 [0-9a-f]{64}")


def figures(t, shell):
    """Statistics and top, and the victim's exits grow."""
    before = find(shell.query("stats"), "victim")
    t.child.send("top\r")
    for _ in range(3):
        t.expect(r"up [\d:]+, \d guests", r"GUEST +STATE +CORES +POLICY +RUN%", r"victim +running")
    t.child.send("q")
    t.expect(PROMPT)
    after = shell.query("stats victim")
    check(sum(after["vcpu"][0]["exits"].values()) > sum(before["vcpu"][0]["exits"].values()),
          "the victim makes no exits")
    check(after["life"] == 1 and after["crashes"] == 0, "the victim is not in its first life")
    shell.ask("top -n 2", r"victim", r"up ", r"victim")
    shares = shell.query("top -n 1")["guests"]
    check(all(0 <= g["run_percent"] <= 100 for g in shares), f"shares: {shares}")
    check(shell.query("uptime")["uptime_s"] > 0, "no uptime")


def console_dies(t, shell):
    """The driver of the manager's own console is killed: both go on."""
    shell.ask("log victim -n 2", r"victim\| victim: beat", r"victim\| victim: beat")
    shell.ask("log skerry", r"skerry: work: restarting")
    check(shell.query("log work -n 1")[0]["line"] == "work is here", "log of work")
    t.child.send("kill con\r")
    t.expect(r"skerry: con: restarting", r"con: running, life 2", PROMPT)
    shell.before = "shell| "            # the view of all
    answer = shell.query("info con")
    check(answer["crashes"] == 1 and answer["life"] == 2, f"after its crash: {answer}")


def victim_goes_on(t):
    first = int(t.expect(r"victim\| victim: beat (\d+), checksum ok\r+\n").group(1))
    second = int(t.expect(r"victim\| victim: beat (\d+), checksum ok\r+\n").group(1))
    check(second > first, "the victim's beats do not go on")
    check("FAILED" not in str(t.child.before), "the victim has failed")


def session(log, gic, is_link):
    text = by_link() if is_link else by_hypercall()
    itb = image(log, f"manager-{'link' if is_link else 'call'}", text)
    with Terminal(log, itb, gic, None, "--cpus", "4") as t:
        t.expect(r"Skerry's manager, \d guests")
        shell = Shell(t, "shell" if is_link else None)
        person(t, shell)
        lives(shell)
        figures(t, shell)
        if is_link:
            console_dies(t, shell)
        else:
            shell.ask("log", r"log: only for a guest with control over the console's driver")
        victim_goes_on(t)
        t.child.send("\x1dq")
        t.expect(r"skerry: end [a-z0-9=\- ]*work=off")
        t.ends(0)


def focus(t, name, prompt):
    """One console alone, and its prompt: asked for, as a kernel's line may have ended it."""
    t.child.send("\x1dl")
    key = t.expect(rf"Ctrl-\] (\S)  {name}( |\r)").group(1)
    t.child.send("\x1d" + key)
    t.expect(rf"skerry: {name} alone")
    if name == "linux":
        t.child.send("\r")
    t.expect(prompt)


DISK = ("(i=0; while dd if=/dev/urandom of=/file bs=4k count=16 2>/dev/null && sync && "
        "cp /file /dev/null; do i=$((i + 1)); echo $i >/tmp/disk; done; "
        "echo disk >>/tmp/bad) &")
NET = ("(i=0; while wget -q -O /dev/null http://10.0.2.2:%d/hello; do i=$((i + 1)); "
       "echo $i >/tmp/net; done; echo net >>/tmp/bad) &")


def work(t):
    """Linux' disk and network both move, and have shown no error."""
    t.child.send("cat /tmp/bad; a=$(cat /tmp/disk); b=$(cat /tmp/net); while [ $a -eq $(cat "
                 "/tmp/disk) ] || [ $b -eq $(cat /tmp/net) ]; do usleep 100000; done; "
                 "echo both went $((6 * 7)); ls /tmp/bad\r")
    t.expect(r"both went 42", r"/tmp/bad: No such file", r"linux# ")


def rt_beats(t):
    """rt's beats since its start, those included that an emulated board's time missed."""
    found = t.expect(r"rt: since start: (\d+) beats[^\n]*missed (\d+)\r+\n")
    return int(found.group(1)) + int(found.group(2))


def rt_goes_on(t):
    t.child.send("\x1da")
    first = rt_beats(t)
    check(rt_beats(t) >= first + 1000, "rt's beats do not go on")


def demo(log, gic):
    """In the demo a person looks at top, crashes and restarts a driver and Linux; the disk goes
    on without the network's driver, the network without the disk's, and rt all the while."""
    itb = image(log, f"manager-demo-{gic}", "dts/systems/demo.dts")
    folder = scratch("manager-files")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "hello"), "w", encoding="ascii") as f:
        f.write("from the host\n")
    words = ["--auto", "--disk", disk(log, f"manager-{gic}"), "--timeout", "280"]
    with file_server(folder) as port, Terminal(log, itb, gic, None, *words) as t:
        t.expect(r"linux# ")
        focus(t, "linux", r"linux# ")
        t.child.send("until ip addr show eth0 | grep inet; do usleep 100000; done\r")
        t.expect(r"inet 10\.0\.2\.15/24", r"linux# ")
        t.child.send("echo 0 >/tmp/disk; echo 0 >/tmp/net\r")
        t.expect(r"linux# ")
        for line in (DISK, NET % port):
            t.child.send(line + "\r")
            t.expect(r"linux# ")
        work(t)
        shell = Shell(t, "manager")
        t.child.send("top\r")
        for _ in range(3):
            t.expect(r"up [\d:]+, 6 guests, 6 running", r"GUEST +STATE", r"drv-block +running")
        t.child.send(" ")
        t.expect(PROMPT)
        for name in ("drv-block", "drv-net"):
            shell.ask("kill " + name, rf"{name}: running, life 2")
            focus(t, "linux", r"linux# ")
            work(t)
            focus(t, "manager", PROMPT)
        shell.ask("restart drv-block", r"drv-block: running, life 3")
        focus(t, "linux", r"linux# ")
        work(t)
        focus(t, "manager", PROMPT)
        shell.ask("kill linux", r"linux: (still \w+|running), life [12]")
        shell.until("linux", "running")
        rows = shell.query("list")
        lives = {row["name"]: row["life"] for row in rows}
        check(lives == {"rt": 1, "linux": 2, "hello": 1, "drv-console": 1, "drv-block": 3,
                        "drv-net": 2}, f"lives: {lives}")
        check(shell.query("crash linux")["whole"], "Linux' crash record")
        rt_goes_on(t)
        focus(t, "linux", r"linux# ")
        t.child.send("\x1dq")
        t.expect(r"skerry: end [a-z0-9=\- ]*linux=off")
        t.ends(0)


def cases(_soak):
    found = [Case(f"link-gic{gic}", session, weight=15, gic=gic, is_link=True) for gic in (2, 3)]
    found += [Case(f"demo-gic{gic}", demo, limit=300, weight=60, gic=gic) for gic in (2, 3)]
    return found + [Case("hypercall", session, weight=15, gic=3, is_link=False)]
