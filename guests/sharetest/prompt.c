/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A read of pending bits asks the cores that hold some, with interrupts masked in EL2: for no
 * longer than a core needs to answer, also where the vCPU that is asked has no turn for long.
 * Bootargs: limit=N, in ticks (none).
 */
#include "sharetest.h"

static volatile bool is_over;

static void spin(uint64_t unused)
{
	(void)unused;
	irq_disable();
	while (!is_over) {
	}
}

void test_prompt(void)
{
	uint64_t limit = arg_number("limit", UINT64_MAX), most = 0;

	is_over = false;
	check(cpu_start(1, spin, 0) == 0, "vCPU 1 does not start");
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t begin;

		delay_us(i % 50);
		/* something for all vCPUs to look at */
		write32(platform.gicd + GICD_CTLR, read32(platform.gicd + GICD_CTLR));
		begin = time_now();
		(void)read32(platform.gicd + GICD_ISPENDR + 4);
		most = time_now() - begin > most ? time_now() - begin : most;
	}
	is_over = true;
	check(cpu_wait_off(1, 60000000), "vCPU 1 is stuck");
	check(most <= limit, "a read took %lu ticks", most);
	printf("sharetest: a read took %lu ticks at most\n", most);
}
