# SPDX-License-Identifier: BSD-2-Clause
"""Trusted Firmware-A at EL3, then U-Boot, then Skerry: its PSCI by SMC starts the cores
and ends or resets the board, its workarounds reach guests, and no other call does."""

import re

from harness import Case, Run, check, guest, image, linux, need_tfa, selection, system

BOOTS = (r"^NOTICE:  BL31: v2", r"^U-Boot ", r"^skerry: Skerry 0",
         r"^  cores \d, .*, PSCI by SMC,")
OFF = r"QEMU System Power off"  # TF-A's own line
RESET = r"QEMU System Reset"


def under_tfa(log, name, text, *arguments, limit=100):
    need_tfa(log)
    return Run(log, image(log, name, text), "--el3", "tf-a", *arguments, limit=limit)


def psci_by_smc(log, gic, cpus, cpu, boot):
    """Real PSCI starts each core; a guest's PSCI stays Skerry's, and of EL3's calls it
    gets the workarounds that TF-A offers for this core."""
    with under_tfa(log, f"psci-{cpus}", system(guest("psci", cpus=range(cpus))), "--gic", gic,
                   "--cpus", cpus, "--cpu", cpu, "--boot", boot) as run:
        run.expect(*BOOTS)
        run.expect(r"^psci\| psci: workaround 1: firmware's$",
                   r"^psci\| tests: \d+ passed, 0 failed", r"^skerry: end psci=off$", OFF)
        run.end(0)
        check(not run.lines(r"FAILED"), "; ".join(run.lines(r"FAILED")[:5]))
        check(f"  cores {cpus}, memory 1024 MiB, GICv{gic}, PSCI by SMC" in run.text,
              "the banner says otherwise")


def guests_run(log, gic, cpu):
    """Linux takes the firmware's workaround, and reboots alone beside rt."""
    text = system(guest("hello", cpus=[0]), guest("rt", cpus=[1], more='bootargs = "seconds=4";'),
                  linux(cpus=[2, 3]), top="console-input = <&linux>;")
    with under_tfa(log, "tfa-linux", text, "--gic", gic, "--cpu", cpu) as run:
        run.expect(*BOOTS)
        run.expect(r"linux# ")
        run.type("cat /sys/devices/system/cpu/vulnerabilities/spectre_v2")
        run.type("reboot", None)
        run.expect(r"^linux\| Linux 6", r"linux# ")
        run.type("poweroff -f", None)
        run.expect(r"^skerry: end ", OFF)
        run.end(0)
        run.count(r"^linux\| Mitigation: Branch predictor hardening", 1)
        run.count(r"^linux\| Linux 6.* 2 cpus", 2)
        run.count(r"^rt\| rt: 4 seconds, done", 1)
        run.count(r"^hello\| hello from hello", 1)
        run.count(r"BL31: v2", 1)           # each guest's PSCI ended or reset that guest only


def board_is_reset(log, gic):
    """A guest's crash resets the board: through TF-A, which boots all of it again."""
    text = system(guest("hello", cpus=[0], more='bootargs = "echo"; on-crash = "reset-board";'),
                  top="console-input = <&hello>;")
    with under_tfa(log, "tfa-reset", text, "--gic", gic, "--reset") as run:
        run.expect(*BOOTS)
        run.expect(r"\| hello from hello, life 1,")
        run.send("crash\r")
        run.expect(r"^skerry: hello: the board is reset", RESET, *BOOTS[:3])
        run.expect(r"^skerry: kept from an earlier boot:", r"^skerry: hello crashed at",
                   BOOTS[3], r"\| hello from hello, life 1,")
        run.send("\x1dq")
        run.expect(r"^skerry: end ", OFF)
        run.end(0)


def attacked(log, gic):
    """Calls of all owners by SMC, and each way to die: none of it reaches TF-A."""
    text = system(guest("victim", cpus=[0], more='bootargs = "beats=1000000 every=10"; service;'),
                  guest("attacker", cpus=[1, 2], more='bootargs = "lives=9 deadly scale=2"; '
                        'on-crash = "restart"; restart-limit = <20 600>;'))
    with under_tfa(log, "tfa-attack", text, "--gic", gic, "--cpus", 3, limit=200) as run:
        run.expect(*BOOTS)
        run.expect(r"^attacker\| attacker: \d+ cases, 0 failed",
                   r"^attacker\| attacker: life 9 is the last", r"^skerry: end ", OFF)
        run.end(0)
        check(not run.lines(r"FAILED"), "; ".join(run.lines(r"FAILED")[:5]))
        check(re.search(r"victim: beat \d+, checksum ok", run.text), "the victim has no beat")
        run.count(r"^victim\| victim: life", 1)
        run.count(r"BL31: v2", 1)
        check(not run.lines("PANIC|Unhandled|x30"), "TF-A reports an exception")


def cases(soak):
    rows = selection(soak, gic=[2, 3], cpus=[2, 4], cpu=["cortex-a57", "cortex-a72"],
                     boot=["uboot", "uboot-fit"]) if soak else [
        dict(gic=2, cpus=4, cpu="cortex-a57", boot="uboot"),
        dict(gic=3, cpus=4, cpu="cortex-a72", boot="uboot-fit")]
    found = [Case(f"psci-gic{r['gic']}-{r['cpus']}cpu-{r['cpu'][7:]}-{r['boot']}", psci_by_smc,
                  weight=8, **r) for r in rows]
    for gic in (2, 3):
        found.append(Case(f"reset-gic{gic}", board_is_reset, weight=9, gic=gic))
        if soak or gic == 3:
            found.append(Case(f"guests-gic{gic}", guests_run, weight=20, gic=gic,
                              cpu="cortex-a57"))
        if soak or gic == 2:
            found.append(Case(f"attacker-gic{gic}", attacked, limit=240, weight=30, gic=gic))
    return found
