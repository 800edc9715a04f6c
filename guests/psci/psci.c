/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psci: PSCI 1.1 and SMCCC as a guest sees them. Needs two vCPUs, three for the
 * race. Bootargs: test=NAME for one test, cycles=N for the on/off test.
 * What QEMU's own PSCI answers differently is tested on Skerry only.
 */
#include "gic.h"
#include "test.h"
#include "timer.h"

#define ON	0
#define OFF	1

static bool on_skerry(void)
{
	if (!platform.info) {
		test_skip("not on Skerry");
	}
	return platform.info != NULL;
}

static int64_t affinity(uint32_t cpu)
{
	return psci(PSCI_AFFINITY_INFO_64, platform.mpidr[cpu], 0, 0);
}

static void test_version(void)
{
	struct regs r = { { PSCI_VERSION } };

	check(psci(PSCI_VERSION, 0, 0, 0) == PSCI_VERSION_1_1, "by the tree's method");
	if (platform.info) {
		smc(&r);
		check(r.x[0] == PSCI_VERSION_1_1, "by SMC: %lx", r.x[0]);
		r.x[0] = PSCI_VERSION;
		hvc(&r);
		check(r.x[0] == PSCI_VERSION_1_1, "by HVC: %lx", r.x[0]);
	}
}

static void test_smccc(void)
{
	struct regs r = { { SMCCC_HYP_UID } };

	if (!on_skerry()) {
		return;
	}
	check(hvc_call(SMCCC_VERSION, 0, 0, 0) == SMCCC_VERSION_1_2, "version");
	check(hvc_call(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0) == 0, "features of VERSION");
	check(hvc_call(SMCCC_ARCH_FEATURES, 0x8000ffff, 0, 0) == -1, "features of nothing");
	hvc(&r);
	check(r.x[0] == SKERRY_UID_0 && r.x[1] == SKERRY_UID_1 && r.x[2] == SKERRY_UID_2 &&
	      r.x[3] == SKERRY_UID_3, "UID %lx %lx %lx %lx", r.x[0], r.x[1], r.x[2], r.x[3]);
	r = (struct regs){ { SKERRY_HVC_VERSION } };
	hvc(&r);
	check(r.x[0] == 0 && r.x[1] == (SKERRY_ABI_MAJOR << 16 | SKERRY_ABI_MINOR),
	      "VERSION %lx %lx", r.x[0], r.x[1]);
	check(hvc_call(SKERRY_HVC(0xfff), 0, 0, 0) == -1, "unknown row");
	check(hvc_call(0x12345678, 0, 0, 0) == -1, "unknown function");
}

/* Those that the firmware offers for this core, found and called either way. */
static void test_workarounds(void)
{
	static const uint32_t functions[] = {
		SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3,
	};

	for (uint32_t i = 0; on_skerry() && i < ARRAY_SIZE(functions); i++) {
		int64_t offered = hvc_call(SMCCC_ARCH_FEATURES, functions[i], 0, 0);
		struct regs r = { { SMCCC_ARCH_FEATURES, functions[i] } };

		smc(&r);
		check((int32_t)r.x[0] == (int32_t)offered, "%x: %ld by HVC, %lx by SMC",
		      functions[i], offered, r.x[0]);
		printf("psci: workaround %u: %s\n", i + 1,
		       (int32_t)offered >= 0 ? "firmware's" : "none");
		r = (struct regs){ { functions[i] } };
		smc(&r);
		check((int32_t)offered < 0 ? r.x[0] == ~0ull : (int32_t)r.x[0] != -1,
		      "%x is called: %lx", functions[i], r.x[0]);
	}
}

static void test_features(void)
{
	static const uint32_t there[] = {
		PSCI_VERSION, PSCI_CPU_SUSPEND_64, PSCI_CPU_OFF, PSCI_CPU_ON_32, PSCI_CPU_ON_64,
		PSCI_AFFINITY_INFO_32, PSCI_AFFINITY_INFO_64, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET,
		PSCI_FEATURES,
	};

	for (uint32_t i = 0; i < ARRAY_SIZE(there); i++) {
		check(psci(PSCI_FEATURES, there[i], 0, 0) >= 0, "%x", there[i]);
	}
	check(psci(PSCI_FEATURES, 0x840000ff, 0, 0) == -1, "unknown");
	check(psci(0x840000ff, 0, 0, 0) == -1, "call of the unknown");
}

static void nothing(uint64_t unused)
{
	(void)unused;
}

static volatile uint64_t ran;

static void count(uint64_t amount)
{
	ran += amount;
}

static void test_on_off(void)
{
	uint64_t cycles = arg_number("cycles", 200);

	ran = 0;
	for (uint64_t i = 0; i < cycles; i++) {
		int64_t e = cpu_start(1, count, 3);

		check(e == 0, "cycle %lu: %ld", i, e);
		if (e) {
			return;
		}
		for (uint64_t end = time_now() + us_to_ticks(20000000); ran < 3 * (i + 1);) {
			if (time_now() > end) {
				break;
			}
		}
		check(cpu_wait_off(1, 20000000), "cycle %lu: not off", i);
	}
	check(ran == 3 * cycles, "ran %lu", ran);
	check(affinity(1) == OFF && affinity(0) == ON, "%ld %ld", affinity(1), affinity(0));
}

static void test_already_on(void)
{
	struct cpu *c = &cpus[1];

	check(worker_start(1), "start");
	check(affinity(1) == ON, "%ld", affinity(1));
	check(psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)cpu_secondary_entry,
		   (uint64_t)c) == PSCI_ALREADY_ON, "the other");
	check(psci(PSCI_CPU_ON_64, platform.mpidr[0], (uint64_t)cpu_secondary_entry,
		   (uint64_t)c) == PSCI_ALREADY_ON, "myself");
	worker_stop(1);
	check(affinity(1) == OFF, "%ld", affinity(1));
}

static void test_bad_arguments(void)
{
	static const uint64_t mpidrs[] = {
		7ull << 8, 0xffull, 1ull << 32, 1ull << 24, 0x123456789abcdef0, ~0ull,
	};

	if (!on_skerry()) {
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(mpidrs); i++) {
		int64_t e = psci(PSCI_CPU_ON_64, mpidrs[i], (uint64_t)cpu_secondary_entry, 0);

		check(e == PSCI_INVALID_PARAMETERS, "CPU_ON %lx: %ld", mpidrs[i], e);
		e = psci(PSCI_AFFINITY_INFO_64, mpidrs[i], 0, 0);
		check(e == PSCI_INVALID_PARAMETERS, "AFFINITY_INFO %lx: %ld", mpidrs[i], e);
	}
	check(psci(PSCI_CPU_ON_64, platform.mpidr[1], 0x30000000, 0) == PSCI_INVALID_ADDRESS,
	      "entry where nothing is");
	check(psci(PSCI_CPU_ON_64, platform.mpidr[1], 0x7fffffffffff0000, 0) ==
	      PSCI_INVALID_ADDRESS, "entry far away");
	check(psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)nothing + 1, 0) ==
	      PSCI_INVALID_ADDRESS, "odd entry");
	check(affinity(1) == OFF, "still off");
}

static void test_affinity_levels(void)
{
	for (uint64_t level = 1; level < 4; level++) {
		int64_t e = psci(PSCI_AFFINITY_INFO_64, platform.mpidr[0], level, 0);

		check(e == ON || e == PSCI_INVALID_PARAMETERS, "level %lu: %ld", level, e);
	}
	check(psci(PSCI_AFFINITY_INFO_64, platform.mpidr[0], 1ull << 32, 0) != OFF, "2^32");
}

static void test_32_bit(void)
{
	uint64_t garbage = 0xdeadbeef00000000;

	if (!on_skerry()) {
		return;
	}
	check(psci(PSCI_AFFINITY_INFO_32, garbage | platform.mpidr[0], garbage, garbage) == ON,
	      "upper halves are ignored");
	check(psci(PSCI_CPU_ON_32, garbage | platform.mpidr[0],
		   garbage | (uint32_t)(uint64_t)cpu_secondary_entry, 0) == PSCI_ALREADY_ON,
	      "CPU_ON by SMC32");
	check(psci(garbage | PSCI_VERSION, 0, 0, 0) == PSCI_VERSION_1_1, "function is in w0");
}

static void test_suspend(void)
{
	for (uint32_t i = 0; i < 10; i++) {
		uint64_t when = time_now() + us_to_ticks(2000);
		int64_t e;

		gic_enable(SKERRY_INTID_VTIMER);
		vtimer_arm(when);
		e = psci(PSCI_CPU_SUSPEND_64, 0, (uint64_t)cpu_secondary_entry, 0);
		check(e == PSCI_SUCCESS, "%ld", e);
		check(time_now() + us_to_ticks(100) >= when, "woke %lu early", when - time_now());
		check((gic_ack() & 1023) == SKERRY_INTID_VTIMER, "by the timer");
		vtimer_stop();
		gic_eoi(SKERRY_INTID_VTIMER);
		gic_disable(SKERRY_INTID_VTIMER);
	}
}

static volatile int64_t answer[CPU_MAX];
static volatile uint64_t go;

static void racer(uint64_t cpu)
{
	while (!go) {
		cpu_relax();
	}
	answer[cpu] = psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)cpu_secondary_entry,
			   (uint64_t)&cpus[1]);
}

/* One race of vCPUs 0 and 2 upwards to switch on vCPU 1. */
static void race(uint64_t round)
{
	uint32_t won = 0, lost = 0;

	go = 0;
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		worker_call(i, racer, i);
	}
	go = 1;
	racer(0);
	for (uint32_t i = 0; i < platform.cpu_count; i++) {
		if (i == 1) {
			continue;
		}
		if (i) {
			worker_wait(i);
		}
		won += answer[i] == 0;
		lost += answer[i] == PSCI_ALREADY_ON;
	}
	/* on QEMU itself the vCPU may be off again before the last one asks */
	check(won >= 1 && won + lost == platform.cpu_count - 1, "round %lu: %u won, %u lost",
	      round, won, lost);
	check(cpu_wait_off(1, 20000000), "round %lu: not off", round);
}

static void wait_go(uint64_t unused)
{
	(void)unused;
	delay_us(300);
}

static void test_race(void)
{
	if (platform.cpu_count < 3) {
		test_skip("needs three vCPUs");
		return;
	}
	if (!on_skerry()) {
		return;
	}
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		check(worker_start(i), "vCPU %u", i);
	}
	/* fills in what the racers' calls will start */
	cpu_start(1, wait_go, 0);
	cpu_wait_off(1, 20000000);
	for (uint64_t i = 0; i < 240 / platform.cpu_count; i++) {
		race(i);
	}
	for (uint32_t i = 2; i < platform.cpu_count; i++) {
		worker_stop(i);
	}
}

static void test_registers_kept(void)
{
	static const uint64_t functions[] = {
		PSCI_VERSION, PSCI_FEATURES, SMCCC_VERSION, SKERRY_HVC_VERSION, 0x84001234,
	};

	if (!on_skerry()) {
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct regs r;

		for (uint32_t n = 0; n < 18; n++) {
			r.x[n] = 0x1111111111111111ull * n;
		}
		r.x[0] = functions[i];
		hvc(&r);
		for (uint32_t n = 4; n < 18; n++) {
			check(r.x[n] == 0x1111111111111111ull * n, "%lx: x%u is %lx",
			      functions[i], n, r.x[n]);
		}
	}
}

static const struct test tests[] = {
	{ "version", test_version },
	{ "smccc", test_smccc },
	{ "workarounds", test_workarounds },
	{ "features", test_features },
	{ "registers-kept", test_registers_kept },
	{ "on-off", test_on_off },
	{ "already-on", test_already_on },
	{ "bad-arguments", test_bad_arguments },
	{ "affinity-levels", test_affinity_levels },
	{ "smc32", test_32_bit },
	{ "suspend", test_suspend },
	{ "race", test_race },
};

void guest_main(void)
{
	irq_disable();
	printf("psci: %u vCPUs\n", platform.cpu_count);
	tests_run(tests, ARRAY_SIZE(tests));
}
