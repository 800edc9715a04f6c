# SPDX-License-Identifier: BSD-2-Clause
"""docs/rtos.md's front end, as it stands there, with the runtime in place of an RTOS."""

import os
import re
import shutil

from harness import BUILD, ROOT, WORK, Case, Run, check, command, guest, image, link, system

PAGE = "docs/rtos.md"
KERNEL = """
#include "link.h"
#include "virtq_device.h"

int front_open(uint32_t port);
uint8_t *front_read(uint32_t port, uint64_t sector);
void bell_wait(void);
static volatile bool has_rung;

static void bell(uint32_t port)
{
	(void)port;
	has_rung = true;
}

void bell_wait(void)
{
	while (!has_rung) {
		link_poll();
		if (!has_rung) {
			link_wait();
		}
	}
	has_rung = false;
}

void guest_main(void)
{
	uint32_t right = 0;

	link_init();
	link_on_notify(0, bell);
	if (front_open(0) == 0) {
		for (uint64_t sector = 0; sector < 100; sector++) {
			uint8_t *data = front_read(0, sector);

			right += data && data[0] == 0 && data[511] == 0;
		}
	}
	printf("front: %u sectors read, the one after the last: %s\\n", right,
	       front_read(0, 1u << 20) ? "read" : "refused");
}
"""


def page_as_written(log, gic):
    folder = os.path.join(WORK, f"rtos-gic{gic}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command(log, "make", "-s", f"O={BUILD}", "sdk")
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as f:
        code = re.findall(r"^```c\n(.*?)^```", f.read(), re.DOTALL | re.MULTILINE)
    check(len(code) == 1, f"{PAGE} has {len(code)} blocks of C")
    for name, text in (("front.c", code[0]), ("kernel.c", KERNEL)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as f:
        f.write(f"include {BUILD}/sdk/sdk.mk\nCFLAGS = -Wall -Wextra -Werror\n"
                "rtos.elf: kernel.o front.o\n")
    command(log, "make", "-C", folder, "rtos.bin")
    text = system(guest("rtos", os.path.join(folder, "rtos.bin"), [0]),
                  guest("block", "guests/drv_block.bin", [1], more="service;"),
                  links=[link("disk", "block", "rtos", "block", 'volume = "ram";')])
    text = text.replace("\tlinks {", "\tvolumes {\n\t\tram { back = <&block>; "
                        "ram-size = <0x0 0x00100000>; };\n\t};\n\tlinks {")
    with Run(log, image(log, "rtos", text), "--gic", gic, "--cpus", 2) as run:
        run.expect(r"^rtos\| front: 100 sectors read, the one after the last: refused")
        run.end(0)


def cases(soak):
    return [Case(f"page-as-written-gic{gic}", page_as_written, gic=gic)
            for gic in ((2, 3) if soak else (3,))]
