/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 49..52: PSCI. The ends of whole lives are in lives.c.
 */
#include "attacker.h"

static volatile int64_t answers[CPU_MAX];
static volatile uint64_t go;

static void racer(uint64_t cpu)
{
	while (!go) {
	}
	answers[cpu] = psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)cpu_secondary_entry,
			    (uint64_t)&cpus[1]);
}

static volatile uint64_t may_end;

static void rest(uint64_t unused)
{
	(void)unused;
	while (!may_end) {
		cpu_relax();
	}
}

/* vCPU 1, off, is switched on by everybody at once; with two vCPUs by one, twice. */
static void race_once(uint64_t round)
{
	uint32_t won = 0, lost = 0, count = 0;
	int64_t second;

	go = 0;
	may_end = 0;
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		worker_call(i, racer, i);
	}
	go = 1;
	racer(0);
	second = psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)cpu_secondary_entry,
		      (uint64_t)&cpus[1]);
	expect(second == PSCI_ALREADY_ON, "round %lu: the second call gives %ld", round, second);
	for (uint32_t i = 0; i < platform.cpu_count; i++) {
		if (i == 1) {
			continue;
		}
		if (i) {
			worker_wait(i);
		}
		count++;
		won += answers[i] == 0;
		lost += answers[i] == PSCI_ALREADY_ON;
	}
	may_end = 1;
	expect(won == 1 && lost == count - 1, "round %lu: %u won, %u lost", round, won, lost);
	expect(cpu_wait_off(1, 2000000), "round %lu: it does not go off", round);
}

void d49_race(void)
{
	if (!has_worker()) {
		return;
	}
	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	worker_stop(1);
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		expect(worker_start(i), "vCPU %u", i);
	}
	may_end = 1;
	cpu_start(1, rest, 0);
	cpu_wait_off(1, 2000000);
	for (uint64_t i = 0; i < scaled(100); i++) {
		race_once(i);
	}
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		worker_stop(i);
	}
	expect(worker_start(1), "the worker does not start again");
}

void d50_cpu_on(void)
{
	static const uint64_t targets[] = {
		~0ull, 1ull << 31, 1ull << 63, 0x100, 0x10000, 1ull << 32, 0x80000001, 8, 255,
	};
	static const uint64_t entries[] = {
		0, SKERRY_GICD_BASE, SKERRY_PL011_BASE, SKERRY_INFO_BASE, NOWHERE, ~0ull, ~3ull,
		1ull << 39, 1ull << 48, 1ull << 63,
	};

	if (!has_worker() || !platform.info) {
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(targets); i++) {
		expect(psci(PSCI_CPU_ON_64, targets[i], (uint64_t)dump_entry, 0) ==
		       PSCI_INVALID_PARAMETERS, "target %lx", targets[i]);
	}
	expect(psci(PSCI_CPU_ON_64, platform.mpidr[0], (uint64_t)dump_entry, 0) == PSCI_ALREADY_ON,
	       "oneself");
	worker_stop(1);
	for (uint32_t i = 0; i < ARRAY_SIZE(entries); i++) {
		int64_t e = psci(PSCI_CPU_ON_64, platform.mpidr[1], entries[i], 0);

		expect(e == PSCI_INVALID_ADDRESS, "entry %lx gives %ld", entries[i], e);
	}
	expect(psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)dump_entry + 2, 0) ==
	       PSCI_INVALID_ADDRESS, "an odd entry");
	expect(psci(PSCI_AFFINITY_INFO_64, platform.mpidr[1], 0, 0) == 1, "it is on");
	expect(worker_start(1), "the worker does not start again");
}

void d51_queries(void)
{
	static const uint64_t levels[] = { 1, 2, 3, 4, 1ull << 31, 1ull << 32, ~0ull };
	uint64_t supported = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(levels); i++) {
		int64_t e = psci(PSCI_AFFINITY_INFO_64, platform.mpidr[0], levels[i], 0);

		expect(e == PSCI_INVALID_PARAMETERS || (e == 0 && (uint32_t)levels[i] < 4),
		       "level %lx: %ld", levels[i], e);
	}
	for (uint64_t i = 0; i < 0x40; i++) {
		supported += psci(PSCI_FEATURES, 0x84000000 + i, 0, 0) >= 0;
		supported += psci(PSCI_FEATURES, 0xc4000000 + i, 0, 0) >= 0;
	}
	expect(psci(PSCI_FEATURES, ~0ull, 0, 0) == -1, "FEATURES of ~0");
	psci(0x84000005, ~0ull, 0, 0);		/* MIGRATE */
	psci(0x84000007, ~0ull, 0, 0);		/* MIGRATE_INFO_UP_CPU */
	for (uint32_t i = 0; i < 3; i++) {
		gic_enable(SKERRY_INTID_VTIMER);
		vtimer_arm(time_now() + us_to_ticks(500));
		psci(i ? PSCI_CPU_SUSPEND_64 : PSCI_CPU_SUSPEND_32, i == 2 ? ~0ull : 1 << 16,
		     NOWHERE, 0);
		interrupts_clean();
	}
	note("%lu functions there", supported);
}

static volatile uint64_t runs;

static void run_once(uint64_t unused)
{
	(void)unused;
	runs++;
}

void d52_off_on(void)
{
	uint64_t cycles = scaled(1000);

	if (!has_worker() || !platform.info) {
		return;
	}
	worker_stop(1);
	expect(psci(PSCI_CPU_OFF, 0, 0, 0) == PSCI_DENIED, "the last one goes off");
	runs = 0;
	for (uint64_t i = 0; i < cycles; i++) {
		expect(cpu_start(1, run_once, 0) == 0, "cycle %lu", i);
		expect(cpu_wait_off(1, 2000000), "cycle %lu does not end", i);
	}
	expect(runs == cycles, "%lu of %lu ran", runs, cycles);
	expect(worker_start(1), "the worker does not start again");
	note("%lu cycles", cycles);
}
