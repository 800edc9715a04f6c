# SPDX-License-Identifier: BSD-2-Clause
"""The console from a driver guest: drv_console owns the UART, the others print over
console links or through EL2, and what is typed finds its way."""

import re

from harness import TAKEN_OFF, Case, Run, check, guest, image, link, linux, system

TOP = "console-driver = <&con>;"
UART = """service;
			bootargs = "%s"; %s
			devices {
				uart { device = "/pl011@9000000"; };
			};"""


def driver(arguments="", core=0, more=""):
    return guest("con", "guests/drv_console.bin", cpus=(core,), console="none",
                 more=UART % (arguments, more))


def tty(name, arguments, core, console="none", more=""):
    return guest(name, "guests/ttytest.bin", cpus=(core,), console=console,
                 more=f'bootargs = "{arguments}"; after = <&con>; {more}')


def tty_link(name, front, more="", back="con"):
    return link(name, "console", front, back, more)


def console_system(guests, links=(), top="", arguments="", more="", core=0):
    return system(driver(arguments, core, more), *guests, top=TOP + top, links=links)


def run_console(log, name, text, *arguments, **more):
    return Run(log, image(log, "console-" + name, text), *arguments, **more)


def whole_lines(run, names, is_cut=False):
    """From the moment that drv_console has the UART, each line begins with a name. `is_cut`:
    one that it did not end because it crashed may be cut in its name."""
    lines = run.text.replace(TAKEN_OFF, "\n").split("\n")
    first = next(i for i, line in enumerate(lines) if "Ctrl-] ? helps" in line) + 1
    begins = ["skerry:"] + [name + "|" for name in names]
    bare = [line for line in lines[first:] if line and not line.startswith(tuple(begins)) and
            not (is_cut and any(begin.startswith(line) for begin in begins))]
    check(not bare, "lines without a name: " + "; ".join(bare[:5]))


def in_any_order(run, *patterns):
    begin, end = run.at, run.at
    for pattern in patterns:
        run.at = begin
        run.expect(pattern)
        end = max(end, run.at)
    run.at = end


def wait_for_driver(run):
    """Until it is drv_console that answers to the key."""
    answer = "and then"
    while answer == "and then":
        run.send("\x1dl")
        answer = run.expect(r"^skerry: Ctrl-\] (and then|\d  )").group(1)


def kinds(log, gic, skerry="skerry.bin"):
    """A guest on a link and one that prints through EL2: lines with names, input to each."""
    text = console_system([tty("a", "lines=3 echo", 1),
                           tty("b", "lines=3 echo", 2, "hypercall")],
                          [tty_link("one", "a")], "console-input = <&a>;")
    with run_console(log, "kinds", text, "--gic", gic, skerry=skerry) as run:
        run.expect(r"^one\| line 3 of a", r"^one\| a is here")
        run.send("hello\r")
        run.expect(r"^one\| echo: hello")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to b")
        run.send("and you\r")
        run.expect(r"^b\| echo: and you")
        run.send("q\r")
        run.expect(r"^b\| echo: q", r"^skerry: b: off")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to one")
        run.send("q\r")
        run.expect(r"^one\| echo: q", r"^skerry: end .*a=off.*b=off")
        run.end(0)
        run.count(r"^one\| line", 3)
        run.count(r"^b\| line", 3)
        whole_lines(run, ["one", "b"])


def focus(log):
    """Only the guest in the focus is seen, as it is; then all again, and what was missed."""
    text = console_system([tty("a", "echo", 1), tty("b", "echo", 2),
                           guest("rt", cpus=[3], more='bootargs = "period-us=20000"; service;')],
                          [tty_link("one", "a", 'label = "first";'), tty_link("two", "b")],
                          "console-input = <&a>;")
    with run_console(log, "focus", text) as run:
        run.expect(r"^first\| a is here", r"^rt\| ")
        run.send("\x1dl")
        listed = [run.expect(rf"^skerry: Ctrl-\] (\d)  {name}( |$)").group(1)
                  for name in ("rt", "first", "two")]
        run.send("\x1d" + listed[2])
        run.expect(r"^skerry: two alone")
        begin = run.at
        run.send("seen\rand this\r")
        run.expect(r"^echo: seen", r"^echo: and this")
        run.send("\x1dn")                        # in the focus: the next one's
        run.expect(r"^skerry: rt alone", r"^rt: last second")
        run.send("\x1d" + listed[1] + "again\r")
        run.expect(r"^skerry: first alone", r"^echo: again")
        alone = run.text[begin:run.at]
        check(not re.search(r"^(rt|first|two)\|", alone, re.M), "another's line in the focus")
        run.send("\x1da")
        run.expect(r"^skerry: all are shown; \d+ lines of others were not", r"^rt\| ")
        run.send("named\r")
        run.expect(r"^first\| echo: named")
        run.send("\x1dq")
        run.expect(r"^skerry: end ")
        run.end(0)


def flood(log):
    """A guest above its rate: what is too much is dropped and told, others are whole."""
    limit = "rate-limit = <4096>;"
    text = console_system([tty("a", "flood=2000", 1), tty("b", "lines=200 echo", 2)],
                          [tty_link("loud", "a", limit), tty_link("quiet", "b")],
                          "console-input = <&b>;")
    with run_console(log, "flood", text) as run:
        in_any_order(run, r"^skerry: loud: \d+ bytes dropped", r"^quiet\| b is here")
        run.send("still here\r")
        run.expect(r"^quiet\| echo: still here")
        run.send("q\r")
        run.expect(r"^skerry: end .*a=off b=off")
        run.end(0)
        run.count(r"^loud\| f{63}$", 1, 1000)
        for i in (1, 50, 100, 200):
            run.count(rf"^quiet\| line {i} of b$", 1)


def flood_through_el2(log):
    """Two guests that flood through EL2 hinder neither EL2's own lines nor a link."""
    text = console_system([tty("a", "flood=1500", 1, "hypercall"),
                           tty("b", "flood=1500", 2, "hypercall"), tty("c", "echo", 3)],
                          [tty_link("link", "c")], "console-input = <&c>;")
    with run_console(log, "flood2", text) as run:
        in_any_order(run, r"^skerry: a: off", r"^skerry: b: off")
        run.send("q\r")
        run.expect(r"^link\| echo: q", r"^skerry: end ")
        run.end(0)
        run.count(r"^(a|b)\| f{63}$", 1, 3000)
        whole_lines(run, ["a", "b", "link"])


def forging(log):
    """No line that begins with another's name, by either way, with and without the input."""
    text = console_system([tty("a", "forge", 1), tty("b", "forge", 2, "hypercall"),
                           tty("victim", "lines=1 echo", 3)],
                                  [tty_link("one", "a"), tty_link("victim", "victim")],
                          "console-input = <&a>;")
    with run_console(log, "forging", text) as run:
        in_any_order(run, r"^one\| forging is over", r"^b\| forging is over",
                     r"^skerry: a: off", r"^skerry: b: off", r"^victim\| victim is here")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to victim")
        run.send("q\r")
        run.expect(r"^victim\| echo: q", r"^skerry: end ")
        run.end(0)
        run.absent(r"^(victim\||skerry:).*(forged|of run)")
        run.count(r"^b\| forging is over", 1)
        run.count(r"forged", 22)
        whole_lines(run, ["one", "b", "victim"])


def killed(log, gic, after, skerry="skerry.bin"):
    """drv_console dies in mid-line: EL2 prints, it comes back, nobody else notices."""
    text = console_system([tty("a", "lines=60 part echo", 1),
                           tty("b", "lines=60 part echo", 2, "hypercall")],
                          [tty_link("one", "a")], "console-input = <&a>;", f"die-after={after}",
                          'on-crash = "restart";')
    with run_console(log, f"killed-{after}", text, "--gic", gic, skerry=skerry) as run:
        run.expect(r"^skerry: con: crashed|^skerry: .*con.* reported by the guest",
                   r"^skerry: con: restarting")
        run.expect(r"^skerry: con is back; what is typed goes to one$")
        wait_for_driver(run)
        run.send("\r")
        run.expect(r"^one\| .*line$", r"^one\| a is here")
        run.send("q\r")
        run.expect(r"^one\| echo: q", r"^skerry: a: off")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to b")
        run.send("\rq\r")
        run.expect(r"^b\| echo: q", r"^skerry: end .*con=off a=off b=off")
        run.end(0)
        for i in range(1, 61):
            run.count(rf"^b\| line {i} of b$", 1, 2)
            run.count(rf"^one\| line {i} of a$", 1, 2)
        whole_lines(run, ["one", "b"], is_cut=True)


def lives(log, gic):
    """A front end that restarts has its console in each life; its last words are shown."""
    text = console_system([tty("a", "lines=20 reset=5", 1)], [tty_link("one", "a")])
    with run_console(log, "lives", text, "--gic", gic) as run:
        run.expect(r"^skerry: end .*a=off")
        run.end(0)
        for i in (1, 10, 20):
            run.count(rf"^one\| line {i} of a$", 5)


def rt_records(log):
    """rt is the back end of a console port: its records arrive on the other side."""
    text = system(guest("rt", cpus=[1], more='bootargs = "seconds=4"; service;'),
                  guest("a", "guests/ttytest.bin", cpus=[2],
                        more='bootargs = "read=4"; after = <&rt>;'),
                  links=[tty_link("records", "a", back="rt")])
    with run_console(log, "rt", text) as run:
        run.expect(r"^a\| read: rt: last second: \d+ beats", r"^a\| read: rt: +<",
                   r"^a\| read: rt: since start: \d+ beats", r"^a\| read: rt: +<")
        run.expect(r"^skerry: end ")
        run.end(0)


def linux_shell(log):
    """Linux' PL011 is EL2's; what it prints and reads goes through drv_console."""
    text = console_system([linux(more="after = <&con>;")], (), "console-input = <&linux>;",
                          core=0)
    with run_console(log, "linux", text) as run:
        run.expect(r"linux# ")
        run.type("echo $((6 * 7)) cpus=$(nproc)")
        run.count(r"^linux\| 42 cpus=2", 1)
        run.type("dmesg | tail -n 200 | wc -l")
        run.send("\x1dq")
        run.expect(r"^skerry: end .*linux=off")
        run.end(0)


def stock_linux(log, skin, kernel, gic, after):
    """Debian's kernel with its console on drv_console, which dies in mid-line on the way."""
    page = 'transport = "register-page"; window = "shared";'
    bank = "window-bank = <0x0 0x40000000 0x0 0x02600000>; "
    node = guest("linux", f"linux/{kernel}", [1, 2], 256, 0x80000000, console="pl011",
                 more='ramdisk = "linux/initramfs.cpio.gz"; after = <&con>; bootargs = '
                 f'"console=ttyAMA0 console=hvc0 quiet"; {bank if skin == "page" else ""}')
    rt = guest("rt", cpus=[3], more='bootargs = "period-us=20000 quiet"; service;')
    how = page if skin == "page" else ""
    links = [tty_link("hvc", "linux", how), tty_link("records", "linux", how, "rt")]
    text = console_system([node, rt], links, "console-input = <&linux>;", f"die-after={after}",
                          'on-crash = "restart";')
    with run_console(log, f"{skin}-{kernel}", text, "--gic", gic, limit=220) as run:
        run.expect(r"^hvc\| .*linux# ")
        run.type("echo $((6 * 7)) cpus=$(nproc) on $(tty)")
        run.count(r"^hvc\| 42 cpus=2 on /dev/hvc0", 1)
        run.type("i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo line $i of 300; done", None)
        run.expect(r"^skerry: con crashed", r"^skerry: con: restarting", r"line 300 of 300$",
                   r"linux# ")
        run.type("echo still $((6 * 7))")
        run.count(r"^hvc\| still 42", 1)
        run.type("head -n 3 /dev/hvc1 | tr r R")        # rt's records: a tty's lines
        run.count(r"^hvc\| Rt: (last second|since staRt): \d+ beats", 1, 2)
        for i in range(1, 301):
            run.count(rf"line {i} of 300", 1, 2)
        run.send("\x1dq")
        run.expect(r"^skerry: end .*linux=off")
        run.end(0)
        whole_lines(run, ["hvc", "linux", "rt"], is_cut=True)


def cases(soak):
    found = [Case(f"{f.__name__}-gic{gic}", f, gic=gic) for f in (kinds, lives) for gic in (2, 3)]
    found += [Case(f.__name__.replace("_", "-"), f)
              for f in (focus, flood, flood_through_el2, forging, rt_records)]
    found += [Case(f"killed-{after}-gic{gic}", killed, gic=gic, after=after)
              for after, gic in ((100, 2), (700, 3), (1501, 3))]
    found += [Case(f"stock-{skin}-{kernel}", stock_linux, limit=260, weight=20, skin=skin,
                   kernel=kernel, gic=gic, after=5000)
              for skin, kernel, gic in (("message", "vmlinuz", 2), ("page", "vmlinuz-6.12", 3))]
    return found + [Case("linux-shell", linux_shell, weight=15),
                    Case("kinds-oracle", kinds, gic=3, skerry="debug/skerry.bin"),
                    Case("killed-oracle", killed, gic=2, after=900, skerry="debug/skerry.bin")]
