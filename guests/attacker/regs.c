/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 6..9: whose bytes are in whose registers.
 */
#include "attacker.h"

static void nothing_here(void)
{
	asm volatile("nop\n\tnop");
}

void a06_debug(void)
{
	uint64_t faults = cpu_self()->faults;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	probe_begin();
	asm volatile("msr S2_0_C1_C0_4, xzr");			/* OSLAR_EL1: unlock */
	asm volatile("msr S2_0_C0_C0_4, %0" :: "r"(nothing_here)); /* DBGBVR0_EL1 */
	asm volatile("msr S2_0_C0_C0_5, %0" :: "r"(0x1e7ull));	/* DBGBCR0_EL1: enabled */
	asm volatile("msr S2_0_C0_C0_6, %0" :: "r"(&faults));	/* DBGWVR0_EL1 */
	asm volatile("msr S2_0_C0_C0_7, %0" :: "r"(0x1fffull));	/* DBGWCR0_EL1 */
	asm volatile("msr mdscr_el1, %0\n\tisb" :: "r"(0xa001ull)); /* MDE, KDE, SS */
	asm volatile("msr daifclr, #8\n\tisb");
	nothing_here();
	asm volatile("" :: "r"(*(volatile uint64_t *)&faults));
	asm volatile("msr daifset, #8\n\tmsr mdscr_el1, xzr\n\tisb");
	probe_end();
	note("%lu exceptions of its own", cpu_self()->faults - faults);
}

static void traps(void)
{
	hvc_call(PSCI_VERSION, 0, 0, 0);
	hvc_call(0x12345678, 0, 0, 0);
	(void)read32(platform.gicd + GICD_TYPER);
	(void)sysreg_read(id_aa64pfr0_el1);
	ptimer_arm(time_now() + us_to_ticks(100));
	delay_us(200);
	ptimer_stop();
	try_read(NOWHERE, 4, NULL);
}

static void patterns(uint64_t seed)
{
	uint64_t mask32 = 0xffffffff;

	for (uint64_t i = 0; i < scaled(50); i++) {
		uint64_t s = seed + i * 0x10001;

		sysreg_write(tpidr_el0, s);
		sysreg_write(tpidrro_el0, ~s);
		sysreg_write(contextidr_el1, s & mask32);
		sysreg_write(sp_el0, s + 1);
		sysreg_write(csselr_el1, i & 1);
		sysreg_write(cntkctl_el1, 0);
		sysreg_write(afsr0_el1, 0);
		canary_set(s);
		traps();
		expect(sysreg_read(tpidr_el0) == s && sysreg_read(tpidrro_el0) == ~s, "TPIDR");
		expect(sysreg_read(contextidr_el1) == (s & mask32), "CONTEXTIDR");
		expect(sysreg_read(sp_el0) == s + 1, "SP_EL0");
		expect((sysreg_read(csselr_el1) & 1) == (i & 1), "CSSELR");
		expect(sysreg_read(cntkctl_el1) == 0, "CNTKCTL");
		expect(canary_check(s) == 0, "V0..V31");
	}
}

void a07_patterns(void)
{
	if (has_worker()) {
		worker_call(1, patterns, 0x1111111122222222);
	}
	patterns(0x3333333344444444);
	if (has_worker()) {
		worker_wait(1);
	}
}

/* Which of x0..x17 a call may change: a bit each. */
static uint64_t may_change(uint64_t function)
{
	switch (function) {
	case SMCCC_HYP_UID:
		return 0xf;
	case SMCCC_HYP_REVISION:
		return 3;
	case SKERRY_HVC_VERSION:
	case SKERRY_HVC_CONSOLE_READ:
	case SKERRY_HVC_EVENT:
		return 7;
	default:
		return 1;
	}
}

static void call_keeps(uint64_t function, void (*call)(struct regs *r))
{
	uint64_t pattern = 0x0101010101010101;
	struct regs r;

	for (uint32_t n = 1; n < 18; n++) {
		r.x[n] = pattern * (n + 0x40);
	}
	r.x[0] = function;
	call(&r);
	for (uint32_t n = 1; n < 18; n++) {
		if (!(may_change(function) >> n & 1) && r.x[n] != pattern * (n + 0x40)) {
			bad("function %lx changed x%u to %lx", function, n, r.x[n]);
		}
	}
}

void a08_call_registers(void)
{
	static const uint64_t functions[] = {
		PSCI_VERSION, PSCI_CPU_ON_64, PSCI_AFFINITY_INFO_64, PSCI_AFFINITY_INFO_32,
		PSCI_FEATURES, PSCI_MIGRATE_INFO_TYPE, SMCCC_VERSION, SMCCC_ARCH_FEATURES,
		SMCCC_HYP_UID, SMCCC_HYP_REVISION, SKERRY_HVC_VERSION, SKERRY_HVC_CONSOLE_READ,
		SKERRY_HVC_CONSOLE_WRITE, SKERRY_HVC(77), 0, ~0ull, 0x84000fff, 0xc4000fff,
		SMCCC_TRNG_VERSION, SKERRY_HVC_NOTIFY, SKERRY_HVC_MESSAGE, SKERRY_HVC_EVENT,
	};

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(functions); i++) {
		call_keeps(functions[i], hvc);
		call_keeps(functions[i], smc);
	}
	note("%lu functions by HVC and SMC", ARRAY_SIZE(functions));
}

static struct vcpu_dump dump __attribute__((aligned(64)));

static void dirty_registers(uint64_t seed)
{
	canary_set(seed);
	asm volatile("mov x9, #-1\n\tmov x10, #-1\n\tmov x11, #-1\n\tmov x12, #-1\n\t"
		     "mov x13, #-1\n\tmov x14, #-1\n\tmov x15, #-1\n\tmov x16, #-1"
		     ::: "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16");
}

void a09_fresh_vcpu(void)
{
	uint64_t end;

	if (!has_worker()) {
		return;
	}
	worker_call(1, dirty_registers, 0x5555555555555555);
	worker_wait(1);
	worker_stop(1);
	dump.is_done = 0;
	memset(&dump, 0xee, offsetof(struct vcpu_dump, is_done));
	memset(dump.q, 0xee, sizeof(dump.q));
	cache_clean_invalidate(&dump, sizeof(dump));
	expect(psci(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)dump_entry,
		    (uint64_t)&dump) == 0, "CPU_ON");
	end = time_now() + us_to_ticks(20000000);
	do {
		cache_clean_invalidate(&dump, sizeof(dump));
	} while (!dump.is_done && time_now() < end);
	expect(dump.is_done, "it did not start");
	expect(dump.x[0] == (uint64_t)&dump, "x0 is %lx", dump.x[0]);
	for (uint32_t i = 1; i < 31; i++) {
		expect(dump.x[i] == 0, "x%u is %lx", i, dump.x[i]);
	}
	for (uint32_t i = 0; i < 64; i++) {
		expect(dump.q[i] == 0, "half %u of V%u is %lx", i & 1, i / 2, dump.q[i]);
	}
	cpu_wait_off(1, 1000000);
	expect(worker_start(1), "the worker does not start again");
}
