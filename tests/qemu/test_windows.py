# SPDX-License-Identifier: BSD-2-Clause
"""What guests get for their links: windows, pages, ports, tree nodes. Guests say it, and
try what they may read, write and execute there (guests/hello/ports.c)."""

from harness import Case, Failure, Run, check, guest, image, system

ARGUMENTS = 'bootargs = "ports sleep";'
LINKS = """
	volumes { root { back = <&b>; partition = "root"; }; };
	links {
		disk { type = "block"; front = <&a>; back = <&b>; volume = "root"; };
		net { type = "net"; front = <&a>; back = <&id>; };
		tty { type = "console"; front = <&shared>; back = <&id>;
			transport = "register-page"; };
		lan { type = "net"; front = <&shared>; back = <&id>; transport = "register-page"; };
		records { type = "console"; front = <&shared>; back = <&a>;
			  transport = "register-page"; };
		bell { type = "shared-memory"; front = <&b>; back = <&a>; };
		wide { type = "shared-memory"; front = <&b>; back = <&a>;
		       window-size = <0x0 0x00400000>; };
	};
"""
# guest, its ports: type, name, role, kind, base (None: chosen at boot), size, front's base, page,
# peer
PORTS = {
    "a": [("block", "disk", "front", "split", 0x20000000, 0x200000, 0x20000000, 0, 1),
          ("net", "net", "front", "split", 0x20200000, 0x100000, 0x20200000, 0, 2),
          ("console", "records", "back", "shared", 0x20400000, 0x2600000, 0x40000000,
           0xb102000, 3),
          ("shared-memory", "bell", "back", "split", 0x22a00000, 0x20000, 0x20200000,
           0xb103000, 1),
          ("shared-memory", "wide", "back", "split", 0x22c00000, 0x400000, 0x20400000,
           0xb104000, 1)],
    "b": [("block", "disk", "back", "split", 0x20000000, 0x200000, 0x20000000, 0xb100000, 0),
          ("shared-memory", "bell", "front", "split", 0x20200000, 0x20000, 0x20200000, 0, 0),
          ("shared-memory", "wide", "front", "split", 0x20400000, 0x400000, 0x20400000, 0, 0)],
    "id": [("net", "net", "back", "split", None, 0x100000, 0x20200000, 0xb100000, 0),
           ("console", "tty", "back", "shared", None, 0x2600000, 0x40000000, 0xb101000, 3),
           ("net", "lan", "back", "shared", None, 0x2600000, 0x40000000, 0xb102000, 3)],
    "shared": [("console", "tty", "front", "shared", 0x40000000, 0x2600000, 0x40000000,
                0xa000000, 2),
               ("net", "lan", "front", "shared", 0x40000000, 0x2600000, 0x40000000, 0xa001000, 2),
               ("console", "records", "front", "shared", 0x40000000, 0x2600000, 0x40000000,
                0xa002000, 0)],
}


def linked():
    plain = guest("id", image="guests/hello.bin", cpus=(3,),
                  more="identity; memory-size = <0x0 0x01000000>; " + ARGUMENTS)
    return system(guest("a", image="guests/hello.bin", cpus=(0,), more=ARGUMENTS),
                  guest("b", image="guests/hello.bin", cpus=(1,), more=ARGUMENTS),
                  "".join(line + "\n" for line in plain.splitlines() if "memory = " not in line),
                  guest("shared", image="guests/hello.bin", cpus=(2,), base=0x80000000,
                        more="window-bank = <0x0 0x40000000 0x0 0x02600000>; " + ARGUMENTS),
                  top="console-driver = <&b>;").replace("\n};\n", "\n" + LINKS + "};\n")


def check_ports(run, name):
    """Each port as it must be; the bases that were chosen at boot, by link."""
    chosen = {}
    for port, (kind, link, role, window, base, size, front, page, peer) in enumerate(PORTS[name]):
        line = (rf"^{name}\| port {port}: {kind} {link} {role}, "
                rf"window {window} (\w+) size {size:x} "
                rf"front {front:x} page {page:x}, interrupt {289 + port}, peer {peer}, {role} in "
                "the tree$")
        found = run.lines(line)
        if len(found) != 1:
            raise Failure(f"{name}: not said: {line}")
        at = int(found[0].split(f"window {window} ")[1].split()[0], 16)
        check(at == base if base is not None else at % 0x10000 == 0, f"{found[0]}: its base")
        chosen[link] = at
    return chosen


def windows(log, gic, skerry):
    with Run(log, image(log, "windows", linked()), "--gic", gic, skerry=skerry) as run:
        for _ in PORTS:
            run.expect(r"^\w+\| ports: ")
        run.send("\x1dq")
        run.end(0)
    run.absent("WRONG")
    run.absent("error")
    bases = {name: check_ports(run, name) for name in PORTS}
    for name, ports in PORTS.items():
        run.count(rf"^{name}\| ports: {len(ports)}, 0 wrong", 1)
    check(bases["id"]["tty"] == bases["id"]["lan"] != bases["id"]["net"],
          "one window for the links of a window bank, another for another link")


def cases(soak):
    return [Case(f"gic{gic}", windows, gic=gic, skerry=skerry)
            for gic, skerry in ((2, "skerry.bin"), (3, "debug/skerry.bin"))]
