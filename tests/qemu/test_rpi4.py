# SPDX-License-Identifier: BSD-2-Clause
"""A Raspberry Pi 4 in QEMU (raspi4b): drv_console on each of its two UARTs."""

from harness import Case, Run, image, link, system
from test_console import TOP, driver, tty, wait_for_driver, whole_lines

UARTS = {"pl011": "/soc/serial@7e201000", "mini": "/soc/serial@7e215040"}


def console(log, uart, after):
    """drv_console shows lines by both ways and gives what is typed; it dies in mid-line, EL2
    prints with its own driver, and the next life goes on."""
    text = system(driver(f"die-after={after}", more='on-crash = "restart";')
                  .replace("/pl011@9000000", UARTS[uart]),
                  tty("a", "lines=30 part echo", 1),
                  tty("b", "lines=30 part echo", 2, "hypercall"), top=TOP + "console-input = <&a>;",
                  links=[link("one", "console", "a", "con")])
    with Run(log, image(log, f"rpi4-{uart}", text), "--board", "raspi4b", "--uart", uart) as run:
        run.expect(r"^skerry: .*Raspberry Pi 4", r"^skerry: con: restarting")
        wait_for_driver(run)
        run.send("\r")
        run.expect(r"^one\| .*line$", r"^one\| a is here")
        run.send("a line of more bytes than the FIFO takes at a time\rq\r")
        run.expect(r"^one\| echo: a line of more bytes than the FIFO takes at a time$",
                   r"^one\| echo: q", r"^skerry: a: off")
        run.send("\x1dn")
        run.expect(r"^skerry: the input goes to b")
        run.send("\rq\r")
        run.expect(r"^b\| echo: q", r"^skerry: end con=off a=off b=off")
        run.end(0)
        for i in range(1, 31):
            run.count(rf"^b\| line {i} of b$", 1, 2)
            run.count(rf"^one\| line {i} of a$", 1, 2)
        whole_lines(run, ["one", "b"], is_cut=True)


def cases(_soak):
    return [Case(f"console-{uart}", console, uart=uart, after=after)
            for uart, after in (("pl011", 701), ("mini", 700))]
