/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two vCPUs of one guest on one core: their translations, their SGIs, and who is woken from
 * WFI by what.
 */
#include "mmu.h"
#include "sharetest.h"

#define ENTRIES		512
#define BLOCKS		MAP_SPARE	/* one GiB, mapped differently by each vCPU */
#define BLOCK_ENTRY	(MAP_WB | MAP_XN | 3ull << 8 | 1ull << 10 | 1)

static uint64_t roots[CPU_MAX][ENTRIES] __attribute__((aligned(4096)));
static uint64_t blocks[CPU_MAX][ENTRIES] __attribute__((aligned(4096)));
static volatile uint64_t balls[CPU_MAX];

/* The same addresses and the same ASID, but other memory: 2 MiB blocks, global and not, each
 * vCPU's begin with its number. Nothing is invalidated by this guest. */
static void same_address(uint64_t unused)
{
	uint64_t self = cpu_self()->index, old = sysreg_read(ttbr0_el1);
	uint64_t memory = (free_base() + MAP_BLOCK - 1) & ~(MAP_BLOCK - 1);
	uint64_t *root = roots[self], *table = blocks[self];

	(void)unused;
	memcpy(root, mmu_root(), sizeof(roots[0]));
	for (uint32_t i = 0; i < 4; i++) {
		/* two blocks a vCPU, in another order for each */
		table[i] = (memory + (2 * self + (i + self) % 2) * MAP_BLOCK) | BLOCK_ENTRY |
			   (i >= 2 ? MAP_NG : 0);
	}
	root[BLOCKS >> 30 & 511] = (uint64_t)table | 3;
	for (uint32_t i = 0; i < 2; i++) {
		*(volatile uint64_t *)(memory + (2 * self + i) * MAP_BLOCK) = self << 8 | i;
	}
	irq_disable();
	dsb();
	sysreg_write(ttbr0_el1, (uint64_t)root);
	isb();
	for (uint64_t n = 0; n < rounds; n++) {
		for (uint32_t i = 0; i < 4; i++) {
			uint64_t expected = self << 8 | (i + self) % 2;
			uint64_t found = read64(BLOCKS + i * MAP_BLOCK);

			check(found == expected, "block %u: %lx instead of %lx", i, found,
			      expected);
		}
		pattern_spin(n, 500);
	}
	sysreg_write(ttbr0_el1, old);
	asm volatile("isb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
}

void test_same_address(void)
{
	check(on_all(same_address), "a vCPU is stuck");
}

static void caught(uint32_t intid)
{
	(void)intid;
	balls[cpu_self()->index]++;
}

static bool has_ball(void *wanted)
{
	return balls[cpu_self()->index] >= *(uint64_t *)wanted;
}

/* Both sleep but for the one that has the ball. */
static void play(uint64_t unused)
{
	uint32_t self = (uint32_t)cpu_self()->index;

	(void)unused;
	if (self > 1) {
		return;
	}
	irq_handler(1, caught);
	gic_enable(1);
	for (uint64_t n = 1; n <= rounds; n++) {
		if (self == 0) {
			gic_sgi(1, 1);
		}
		while (!has_ball(&n)) {
			sleep_unless(has_ball, &n, 0);
		}
		if (self == 1) {
			gic_sgi(1, 0);
		}
	}
}

void test_sgis(void)
{
	memset((void *)balls, 0, sizeof(balls));
	check(on_all(play), "a vCPU is stuck");
	check(balls[0] == rounds && balls[1] == rounds, "%lu and %lu of %lu", balls[0], balls[1],
	      rounds);
}

/* By the virtual timer, by the physical one, by PSCI's standby: each vCPU by itself. */
static void wake_up(uint64_t unused)
{
	(void)unused;
	irq_disable();
	gic_enable(SKERRY_INTID_VTIMER);
	gic_enable(SKERRY_INTID_PTIMER);
	for (uint64_t n = 0; n < rounds; n++) {
		uint64_t when = time_now() + us_to_ticks(n % 50);
		uint32_t iar = GIC_NONE, expected;

		expected = n % 3 == 1 ? SKERRY_INTID_PTIMER : SKERRY_INTID_VTIMER;
		if (n % 3 == 1) {
			ptimer_arm(when);
		} else {
			vtimer_arm(when);
		}
		while ((iar & 1023) == GIC_NONE) {
			if (n % 3 == 2) {
				psci(PSCI_CPU_SUSPEND_64, 0, 0, 0);
			} else {
				wfi();
			}
			iar = gic_ack();
		}
		check((iar & 1023) == expected, "%u instead of %u", iar & 1023, expected);
		check(time_now() >= when, "early");
		vtimer_stop();
		ptimer_stop();
		gic_eoi(iar);
	}
	gic_disable(SKERRY_INTID_VTIMER);
	gic_disable(SKERRY_INTID_PTIMER);
}

void test_wake_ups(void)
{
	check(on_all(wake_up), "a vCPU is stuck");
}
