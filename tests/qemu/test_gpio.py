# SPDX-License-Identifier: BSD-2-Clause
"""drv_gpio on raspi4b: pins as rights of two front ends; what QEMU's GPIO registers hold is
looked at from outside. QEMU has the registers for functions, levels and pulls, no events."""

import os
import re
import tempfile

from harness import Case, Monitor, Run, check, guest, image, link, system

GPIO = 0xFE200000
LEVEL, FUNCTION, PULL = 0x34, 0x00, 0xE4
PINS = """devices {
				gpio { device = "/soc/gpio@7e200000"; };
			};"""
RESTART = 'on-crash = "restart"; restart-limit = <5000 600>;'


def gpio_system(first="", second="stay", driver="", more=""):
    """Two front ends on cores of their own, one with pins 17 27 and one with 22. `more` of the
    second one's link."""
    return system(
        guest("one", "guests/gpiotest.bin", (1,), more=f'bootargs = "{first}"; after = <&gpio>; '
              + RESTART),
        guest("two", "guests/gpiotest.bin", (2,),
              more=f'bootargs = "{second}"; after = <&gpio>; service; '
              "window-bank = <0 0x60000000 0 0x00200000>;"),
        guest("gpio", "guests/drv_gpio.bin", (0,),
              more=f'service; bootargs = "{driver}"; {RESTART} {PINS}'),
        links=[link("one-pins", "gpio", "one", "gpio", "pins = <17 27>; pull-up = <17>; "
                    "pull-down = <27>;"),
               link("two-pins", "gpio", "two", "gpio", "pins = <22>; " + more)])


class Board:
    """A run on raspi4b, and its GPIO registers."""

    def __init__(self, log, text, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="skerry-")
        path = os.path.join(self.folder.name, "qmp")
        self.run = Run(log, image(log, "gpio", text), "--board", "raspi4b", *arguments, limit=90,
                       qemu=["-qmp", f"unix:{path},server=on,wait=off"])
        self.run.deadline -= 30                 # before QEMU is stopped
        self.monitor = Monitor(path)

    def __enter__(self):
        self.run.__enter__()
        return self

    def __exit__(self, *error):
        if error[0] and not self.run.is_over:   # what hangs is to be found in the log
            self.run.log.write(self.ask("info registers -a"))
        self.run.__exit__(*error)
        self.folder.cleanup()

    def ask(self, command):
        return self.monitor.do("human-monitor-command", **{"command-line": command})

    def word(self, offset):
        return int(re.search(r": (0x[0-9a-f]+)", self.ask(f"xp /1wx {GPIO + offset:#x}"))[1], 16)

    def level(self, pin):
        return self.word(LEVEL + pin // 32 * 4) >> pin % 32 & 1

    def function(self, pin):
        return self.word(FUNCTION + pin // 10 * 4) >> pin % 10 * 3 & 7

    def pull(self, pin):
        return self.word(PULL + pin // 16 * 4) >> pin % 16 * 2 & 3

    def must_be_untouched(self, *others):
        """All other pins are as QEMU's firmware-less board has them: low inputs."""
        for pin in set(range(58)) - set(others):
            self.must_be(pin, 0, 0)

    def must_be(self, pin, function, level):
        got = self.function(pin), self.level(pin)
        check(got == (function, level), f"pin {pin}: function, level {got}, "
              f"not {(function, level)}")


def pins(log):
    """Each front end has its pins and no other, whatever it sends; the second one finds its
    device by a register page, as stock kernels do."""
    text = gpio_system("drive=2 stay", "drive=1 stay", more='transport = "register-page";')
    with Board(log, text) as b:
        b.run.expect(r"link one-pins: pins 17 27$", r"link two-pins: pins 22$")
        for _ in range(2):
            b.run.expect(r"gpiotest: done")
        b.run.count(r"tests: 8 passed, 0 failed", 2)
        for pin, function, level in ((17, 1, 0), (27, 1, 1), (22, 1, 1)):
            b.must_be(pin, function, level)
        b.must_be_untouched(17, 22, 27)
        pulls = [b.pull(pin) for pin in (16, 17, 27, 28)]
        check(pulls == [2, 1, 2, 0], f"pulls {pulls}")
        b.run.absent("FAILED")


def ends(log, how):
    """Pins of a front end that crashes, or resets its device, are inputs again; not others'."""
    with Board(log, gpio_system(f"quick drive=3 {how} stay", "quick drive=1 stay")) as b:
        b.run.expect(r"^one\| gpiotest: 2 lines driven")
        b.run.expect(r"^one\| gpiotest: life 2" if how == "crash" else r"^one\| gpiotest: reset: 0")
        b.run.expect(r"^one\| gpiotest: done")
        b.run.at = 0
        b.run.expect(r"^two\| gpiotest: done")
        for pin, function in ((17, 0), (27, 0), (22, 1)):
            b.must_be(pin, function, 1)


def deaths(log):
    """drv_gpio dies again and again under its front ends, which notice a pause; the pins that
    they drive stay as they are."""
    dies = "die-at=60 die-add=30 die-lives=12"
    with Board(log, gpio_system("drive=2 stay", "quick drive=1 stay", dies)) as b:
        b.run.expect(r"^two\| gpiotest: done")
        b.run.expect(r"tests: 8 passed, 0 failed", r"^one\| gpiotest: done")
        b.run.count(r"^skerry: gpio: restarting", 3, 12)
        for pin, function, level in ((17, 1, 0), (27, 1, 1), (22, 1, 1)):
            b.must_be(pin, function, level)


def both_die(log):
    """Front end and driver die again and again, each in its own rhythm; what the front end drove
    is never driven on, and the other one's pin is."""
    text = gpio_system("quick drive=3 crash stay lives=8", "quick drive=1 stay",
                       "die-at=25 die-add=7 die-lives=10")
    with Board(log, text) as b:
        b.run.expect(r"^one\| gpiotest: life 9$", r"^one\| gpiotest: done")
        b.run.count(r"^skerry: one: restarting", 8)
        b.run.count(r"^skerry: gpio: restarting", 2, 10)
        for pin, function in ((17, 0), (27, 0), (22, 1)):
            b.must_be(pin, function, 1)


def none(log):
    """Without its devices drv_gpio says so; its links stay without a device, and a guest that
    waits for it in `after` starts."""
    text = system(
        guest("one", "guests/gpiotest.bin", (1,), more='bootargs = "quick"; after = <&gpio>;'),
        guest("gpio", "guests/drv_gpio.bin", (0,), more="service;"),
        links=[link("pins", "gpio", "one", "gpio", "pins = <17>;"),
               link("clocks", "scmi", "one", "gpio", "clocks = <2>;")])
    with Run(log, image(log, "gpio-none", text)) as run:
        run.expect(r"link pins: no brcm,bcm2711-gpio is assigned; no device is offered",
                   r"link clocks: no brcm,bcm2835-mbox is assigned; no device is offered")
        run.end(0)
        run.count(r"^one\| gpiotest: done", 1)


def firmware(log):
    """Clocks and power domains of QEMU's firmware: each front end has those of its lists, and
    may set only some. QEMU's answers: EMMC 50 MHz, UART 3 MHz, others 700 MHz or so; setting
    changes nothing."""
    mailbox = """identity; memory-size = <0x0 0x00400000>;
			devices {
				gpio { device = "/soc/gpio@7e200000"; };
				mailbox {
					device = "/soc/mailbox@7e00b880";
					quiesce = <0x38 4 0x0  0x40000000 0x40000000 10000>;
				};
			};"""
    driver = guest("gpio", "guests/drv_gpio.bin", (0,), more=f"service; {RESTART} {mailbox}")
    text = system(
        guest("one", "guests/gpiotest.bin", (1,), more='after = <&gpio>;'),
        guest("two", "guests/gpiotest.bin", (2,), more='after = <&gpio>;'),
        "".join(line + "\n" for line in driver.splitlines() if "memory = " not in line),
        links=[link("one-clocks", "scmi", "one", "gpio", "clocks = <2 4>; "
                    "clocks-read-only = <1>; power-domains = <3>; power-domains-read-only = <0>;"),
               link("two-clocks", "scmi", "two", "gpio", "clocks-read-only = <2 255>;"),
               link("two-pins", "gpio", "two", "gpio", "pins = <22>;")])
    with Board(log, text) as b:
        b.run.end(0)
        b.run.count(r"^one\| gpiotest: clock 1: 50000000 Hz", 1)
        b.run.count(r"gpiotest: clock 2: 3000000 Hz", 2)
        b.run.count(r"tests: 5 passed, 0 failed", 2)
        b.run.count(r"^two\| tests: 8 passed, 0 failed", 1)
        b.run.absent("FAILED")


def example(log):
    """dts/systems/rpi4-gpio.dts shows what it says."""
    with Board(log, "dts/systems/rpi4-gpio.dts") as b:
        b.run.expect(r"link pump-pins: pins 17 27$", r"link panel-pins: pins 22$")
        b.run.end(0)
        b.run.count(r"^pump\| gpiotest: clock (4|10): ", 2)
        b.run.count(r"^panel\| gpiotest: clock (1|2|4): ", 3)
        b.run.count(r"tests: [58] passed, 0 failed", 4)


def direct(log):
    """The whole page assigned to rt: its pin changes with each beat, and nothing exits. In
    instructions' time: nothing else changes a line here, and QEMU's GICv2 loses a timer for good
    that a busy host keeps the guest from ending in time (docs/interrupts.md)."""
    text = system(guest("rt", cpus=(1,), more=f'bootargs = "pin=27 seconds=10 quiet"; {PINS}'))
    with Board(log, text, "--icount") as b:
        b.run.expect(r"^rt\| rt: pin 27 changes with each beat")
        seen = set()
        while seen != {0, 1} and not b.run.lines("in all: "):
            seen.add(b.level(27))
        check(seen == {0, 1}, f"levels of pin 27: {seen}")
        check(b.function(27) == 1, "pin 27 is no output")
        b.run.expect(r"^rt\| rt: in all: (\d+) beats")
        changes = int(b.run.expect(r"^rt\| rt: the pin changed (\d+) times")[1])
        beats = int(re.search(r"in all: (\d+) beats", b.run.text)[1])
        check(changes == beats and beats >= 10000, f"{changes} changes in {beats} beats")
        b.run.end(0)


def cases(soak):
    return [Case("pins", pins, weight=5), Case("deaths", deaths, weight=5),
            Case("both-die", both_die, weight=4), Case("none", none, weight=2),
            Case("firmware", firmware, weight=5), Case("example", example, weight=5),
            Case("direct", direct, weight=4)] + \
        [Case(how, ends, weight=3, how=how) for how in ("crash", "reset")]
