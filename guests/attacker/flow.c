/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 11..18: waiting, calls, AArch32, exception returns, masking.
 */
#include "attacker.h"

void a11_wait_storm(void)
{
	uint64_t count = scaled(2000), start = time_now();

	gic_enable(SKERRY_INTID_VTIMER);
	for (uint64_t i = 0; i < count; i++) {
		vtimer_arm(time_now() + us_to_ticks(5));
		asm volatile("wfi\n\twfe\n\tyield\n\tsevl\n\twfe\n\tsev");
	}
	expect(time_now() - start < us_to_ticks(20000000), "it hangs");
	interrupts_clean();
	note("%lu rounds", count);
}

static bool is_documented(int64_t result)
{
	return result >= -9 || (result <= -16 && result >= -20);
}

void a12_smc(void)
{
	uint64_t count = 0, answered = 0;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint64_t owner = 0; owner < 64; owner++) {
		for (uint64_t i = 0; i < 4 * 24; i++) {
			uint64_t function = (i & 3) << 30 | owner << 24 |
					    (i < 80 ? i >> 2 : 0xff00 + (i >> 2));
			struct regs r = { { function, ~0ull, 1, ~0ull } };

			if (!is_harmless(function)) {
				continue;
			}
			smc(&r);
			count++;
			answered += (int64_t)r.x[0] != -1;
			expect(owner == 4 || owner == 6 || owner == 0 || (int64_t)r.x[0] == -1,
			       "%lx answers %lx", function, r.x[0]);
		}
	}
	for (uint32_t imm = 1; imm < 0x10000; imm += 997) {
		uint64_t x0 = PSCI_VERSION;

		expect(try_instruction(0xd4000003 | imm << 5, &x0) == 0 && x0 == ~0ull,
		       "smc #%x gives %lx", imm, x0);
	}
	note("%lu functions, %lu answered otherwise than NOT_SUPPORTED", count, answered);
}

void a13_hvc(void)
{
	uint64_t state = 0x1234567, count = scaled(200000);

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint32_t imm = 1; imm < 0x10000; imm += 997) {
		uint64_t x0 = PSCI_VERSION;

		expect(try_instruction(0xd4000002 | imm << 5, &x0) == 0 && x0 == ~0ull,
		       "hvc #%x gives %lx", imm, x0);
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t function = random_next(&state);
		int64_t e;

		if (!is_harmless(function)) {
			continue;
		}
		e = hvc_call(function, random_next(&state), random_next(&state), i);
		expect(e == -1 || is_documented(e), "%lx gives %ld", function, e);
	}
	note("%lu random functions", count);
}

void a14_smc32(void)
{
	uint64_t garbage = 0xfedcba9800000000;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	expect(psci(PSCI_AFFINITY_INFO_32, garbage | platform.mpidr[0], garbage, 0) == 0,
	       "AFFINITY_INFO with garbage above");
	expect(psci(PSCI_AFFINITY_INFO_64, garbage | platform.mpidr[0], 0, 0) ==
	       PSCI_INVALID_PARAMETERS, "64-bit AFFINITY_INFO is truncated");
	/* the level is 32 bits wide in both */
	expect(psci(PSCI_AFFINITY_INFO_64, platform.mpidr[0], garbage, 0) != 1, "the level");
	expect(psci(PSCI_CPU_ON_64, garbage | platform.mpidr[0], (uint64_t)dump_entry, 0) ==
	       PSCI_INVALID_PARAMETERS, "64-bit CPU_ON is truncated");
	expect(psci(PSCI_FEATURES, garbage | PSCI_CPU_OFF, 0, 0) == 0, "FEATURES");
}

/* AArch32 instructions for EL0, each ended by SVC. */
static uint32_t a32[4] __attribute__((aligned(64)));

static uint64_t a32_run(uint32_t word)
{
	a32[0] = word;
	a32[1] = 0xef000000;		/* svc #0 */
	cache_sync_code(a32, sizeof(a32));
	return user_run(a32, SPSR_AARCH32, NULL);
}

void a15_aarch32(void)
{
	uint64_t state = 99, count = scaled(4000), answered = 0;
	uint64_t esr;

	if (!user_map()) {
		bad("no room for the alias");
		return;
	}
	esr = a32_run(0xe1a00000);	/* nop */
	if (ESR_EC(esr) == EC_ILLEGAL) {
		note("the return is illegal: AArch32 is not there");
	} else {
		expect(ESR_EC(esr) == 0x11 || ESR_EC(esr) == EC_UNKNOWN, "it ends by %lx", esr);
		a32_run(0xe1400070);	/* hvc */
		a32_run(0xe1600070);	/* smc */
		a32_run(0xe320f001);	/* yield */
		for (uint64_t i = 0; i < count; i++) {
			/* MRC, MCR, MRRC, MCRR, LDC, STC of coprocessors 14 and 15 */
			uint32_t w = (uint32_t)random_next(&state);

			w = (w & 0x02fff0ff) | 0xec000e00 | (w & 0x100);
			answered += ESR_EC(a32_run(w)) == 0x11;
		}
		note("%lu coprocessor accesses, %lu answered", count, answered);
	}
	mmu_unmap(USER_VA, 2 * MAP_BLOCK);
	interrupts_clean();
}

static bool illegal_seen;

static bool on_illegal(struct frame *f, uint64_t vector)
{
	(void)vector;
	if (ESR_EC(f->esr) != EC_ILLEGAL) {
		return false;
	}
	illegal_seen = true;
	f->spsr &= ~(1ull << 20);	/* PSTATE.IL off: go on where it was returned to */
	return true;
}

static void eret_with(uint64_t spsr)
{
	illegal_seen = false;
	exception_override = on_illegal;
	asm volatile("msr spsr_el1, %0\n\tadr x9, 1f\n\tmsr elr_el1, x9\n\tisb\n\teret\n1:"
		     :: "r"(spsr) : "x9", "memory");
	exception_override = NULL;
	expect(illegal_seen, "a return with SPSR %lx is taken", spsr);
}

void a16_exception_return(void)
{
	eret_with(0x3c9);		/* EL2h */
	eret_with(0x3c8);		/* EL2t */
	eret_with(0x3cd);		/* EL3h */
	eret_with(0x3c2);		/* reserved */
	probe_begin();
	misaligned_sp();
	probe_end();		/* QEMU does not check SP's alignment */
	expect(cpu_self()->esr == 0 || ESR_EC(cpu_self()->esr) == EC_SP_ALIGN,
	       "misaligned SP: %lx", cpu_self()->esr);
	expect(ESR_EC(try_exec((uint64_t)dump_entry + 2)) == EC_PC_ALIGN, "misaligned PC: %lx",
	       cpu_self()->esr);
	if (platform.info) {
		uint64_t steps = count_steps(platform.gicd);

		expect(steps == 8, "%lu of 8 trapped instructions were done once", steps);
	}
}

void a17_serror(void)
{
	for (uint32_t i = 0; i < 100; i++) {
		uint64_t esr = try_write(NOWHERE, 8, i);

		hvc_call(PSCI_VERSION, 0, 0, 0);
		if (platform.info) {
			expect(esr != 0, "a store to nowhere is taken");
		}
	}
	note("stores to nowhere; QEMU has no asynchronous aborts");
}

static volatile uint64_t masked_done;

static void masked_loop(uint64_t us)
{
	asm volatile("msr daifset, #15");
	delay_us(us);
	masked_done = 1;
	asm volatile("msr daifclr, #5");
}

void a18_masked(void)
{
	if (!has_worker()) {
		return;
	}
	masked_done = 0;
	worker_call(1, masked_loop, 20000);
	for (uint32_t i = 0; i < 100; i++) {
		hvc_call(PSCI_VERSION, 0, 0, 0);
		delay_us(50);
	}
	expect(worker_wait(1) && masked_done, "the loop did not end");
	note("that it can be stopped shows at the end of this life");
}
