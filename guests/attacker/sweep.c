/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 1..5 and 10: system registers. Each encoding is read, then written with
 * 0 and ~0; all that may come is an answer or UNDEFINED.
 */
#include "attacker.h"

#define BATCH		512
#define ENCODINGS	32768		/* op0 2, 3 */
#define ENC(op0, op1, n, m, op2) \
	((uint32_t)(((op0) & 1) << 14 | (op1) << 11 | (n) << 7 | (m) << 3 | (op2)))

static uint32_t code[BATCH][2] __attribute__((aligned(4096)));

static uint32_t mrs(uint32_t e)
{
	return 0xd5300000 | e << 5;
}

static uint32_t msr(uint32_t e)
{
	return 0xd5100000 | e << 5;
}

/* What a guest needs to live: a write would only show that it dies of it. */
static bool is_own_life(uint32_t e)
{
	switch (e) {
	case ENC(3, 0, 1, 0, 0):	/* SCTLR_EL1 */
	case ENC(3, 0, 1, 0, 2):	/* CPACR_EL1 */
	case ENC(3, 0, 1, 0, 3):	/* SCTLR2_EL1 */
	case ENC(3, 0, 2, 0, 0):	/* TTBR0_EL1 */
	case ENC(3, 0, 2, 0, 1):	/* TTBR1_EL1 */
	case ENC(3, 0, 2, 0, 2):	/* TCR_EL1 */
	case ENC(3, 0, 2, 0, 3):	/* TCR2_EL1 */
	case ENC(3, 0, 4, 2, 0):	/* SPSel */
	case ENC(3, 0, 4, 2, 3):	/* PAN */
	case ENC(3, 3, 4, 2, 1):	/* DAIF */
	case ENC(3, 0, 10, 2, 0):	/* MAIR_EL1 */
	case ENC(3, 0, 10, 2, 2):	/* PIRE0_EL1 */
	case ENC(3, 0, 10, 2, 3):	/* PIR_EL1 */
	case ENC(3, 0, 10, 3, 0):	/* AMAIR_EL1 */
	case ENC(3, 0, 12, 0, 0):	/* VBAR_EL1 */
	case ENC(3, 0, 13, 0, 4):	/* TPIDR_EL1 */
		return true;
	case ENC(2, 0, 0, 2, 2):	/* MDSCR_EL1: on a bare machine it would step */
	case ENC(3, 3, 14, 0, 0):	/* CNTFRQ_EL0: there it can be written */
		return !platform.info;
	default:
		return false;
	}
}

/* UNDEFINED, or trapped by the guest's own CNTKCTL_EL1 and CPACR_EL1 (FP, SVE, SME) */
static bool is_clean(uint64_t ec)
{
	return ec == EC_UNKNOWN || ec == EC_SYSREG || ec == 0x07 || ec == 0x19 || ec == 0x1d;
}

struct tally {
	uint64_t answered, undefined;
};

static uint64_t call(const uint32_t *at, uint64_t *x0)
{
	register uint64_t value asm("x0") = *x0;

	probe_begin();
	asm volatile("blr %1" : "+r"(value) : "r"(at) : "x1", "x30", "memory", "cc");
	*x0 = value;
	return probe_end();
}

/* Encodings [first, first + BATCH) as `word`s, with x0 in. */
static void batch(uint32_t first, uint32_t (*word)(uint32_t), uint64_t x0, struct tally *t)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		code[i][0] = word(first + i);
		code[i][1] = 0xd65f03c0;	/* ret */
	}
	cache_sync_code(code, sizeof(code));
	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t v = x0, esr;

		if (word == msr && is_own_life(first + i)) {
			continue;
		}
		esr = call(code[i], &v);
		t->answered += esr == 0;
		t->undefined += esr != 0;
		if (esr && !is_clean(ESR_EC(esr))) {
			bad("encoding %x: exception %lx", first + i, esr);
		}
	}
}

static void restore(void)
{
	sysreg_write(cntkctl_el1, 0);
	sysreg_write(contextidr_el1, 0);
	asm volatile(".arch_extension fp\n\tmsr fpcr, xzr\n\tmsr fpsr, xzr");
	interrupts_clean();
}

void a01_sysregs(void)
{
	struct tally reads = { 0, 0 }, writes = { 0, 0 };

	for (uint32_t e = 0; e < ENCODINGS; e += BATCH) {
		batch(e, mrs, 0, &reads);
	}
	for (uint32_t e = 0; e < ENCODINGS; e += BATCH) {
		batch(e, msr, ~0ull, &writes);
		batch(e, msr, 0, &writes);
	}
	restore();
	note("%lu reads and %lu writes answered, %lu and %lu UNDEFINED", reads.answered,
	     writes.answered, reads.undefined, writes.undefined);
}

static void batch_el0(uint32_t first, uint32_t (*word)(uint32_t), uint64_t x0, struct tally *t)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		code[i][0] = word(first + i);
		code[i][1] = 0xd4000001;	/* svc #0 */
	}
	cache_sync_code(code, sizeof(code));
	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t v = x0;
		uint64_t ec = ESR_EC(user_run(code[i], SPSR_EL0, &v));

		t->answered += ec == EC_SVC;
		t->undefined += ec != EC_SVC;
		if (ec != EC_SVC && !is_clean(ec)) {
			bad("encoding %x: class %lx", first + i, ec);
		}
	}
}

void a02_sysregs_el0(void)
{
	struct tally reads = { 0, 0 }, writes = { 0, 0 };

	if (!user_map()) {
		bad("no room for the alias");
		return;
	}
	for (uint32_t e = 0; e < ENCODINGS; e += BATCH) {
		batch_el0(e, mrs, 0, &reads);
		batch_el0(e, msr, ~0ull, &writes);
		batch_el0(e, msr, 0, &writes);
	}
	mmu_unmap(USER_VA, 2 * MAP_BLOCK);
	restore();
	note("%lu reads and %lu writes answered, %lu and %lu not", reads.answered,
	     writes.answered, reads.undefined, writes.undefined);
}

void a03_el2_registers(void)
{
	struct tally t = { 0, 0 };

	/* op1 4, 5, 6, 7: EL2, EL12 and EL02 aliases, EL3, secure EL1 */
	for (uint32_t op0 = 2; op0 < 4; op0++) {
		for (uint32_t e = ENC(op0, 4, 0, 0, 0); e < ENC(op0, 7, 15, 15, 7); e += BATCH) {
			batch(e, mrs, 0, &t);
			batch(e, msr, ~0ull, &t);
			batch(e, msr, 0, &t);
		}
	}
	expect(t.answered == 0, "%lu accesses were answered", t.answered);
	note("%lu accesses UNDEFINED", t.undefined);
}

static void expect_undefined(const char *name, uint32_t e)
{
	uint64_t x0 = 0;

	expect(try_instruction(mrs(e), &x0) != 0, "%s reads %lx", name, x0);
	x0 = 0;
	expect(try_instruction(msr(e), &x0) != 0, "%s can be written", name);
}

void a04_pmu(void)
{
	static const uint32_t registers[] = {
		ENC(3, 3, 9, 12, 0), ENC(3, 3, 9, 12, 1), ENC(3, 3, 9, 12, 3), ENC(3, 3, 9, 13, 0),
		ENC(3, 3, 9, 13, 1), ENC(3, 3, 9, 13, 2), ENC(3, 3, 14, 8, 0),
		ENC(3, 3, 14, 12, 0), ENC(3, 3, 14, 15, 7), ENC(3, 0, 9, 14, 1),
	};
	uint64_t version = sysreg_read(id_aa64dfr0_el1) >> 8 & 15;

	if (version != 0 && version != 15) {
		bad("the PMU is not hidden: version %lu", version);
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(registers); i++) {
		expect_undefined("a PMU register", registers[i]);
	}
	note("hidden and UNDEFINED");
}

void a05_hidden_features(void)
{
	static const struct {
		const char *name;
		uint32_t e;
	} registers[] = {
		{ "AMCR_EL0", ENC(3, 3, 13, 2, 0) }, { "AMEVCNTR00_EL0", ENC(3, 3, 13, 4, 0) },
		{ "PMSCR_EL1", ENC(3, 0, 9, 9, 0) }, { "TRBLIMITR_EL1", ENC(3, 0, 9, 11, 0) },
		{ "TRCPRGCTLR", ENC(2, 1, 0, 1, 0) }, { "MPAM1_EL1", ENC(3, 0, 10, 5, 0) },
		{ "LORC_EL1", ENC(3, 0, 10, 4, 3) }, { "SMCR_EL1", ENC(3, 0, 1, 2, 6) },
		{ "ZCR_EL1", ENC(3, 0, 1, 2, 0) }, { "APIAKEYLO_EL1", ENC(3, 0, 2, 1, 0) },
		{ "ERRSELR_EL1", ENC(3, 0, 5, 3, 1) }, { "RGSR_EL1", ENC(3, 0, 1, 0, 5) },
	};
	uint64_t x0 = 0, cpacr = sysreg_read(cpacr_el1);

	/* SVE and SME on, as far as EL1 is asked */
	sysreg_write(cpacr_el1, cpacr | 3 << 16 | 3 << 24);
	isb();
	for (uint32_t i = 0; i < ARRAY_SIZE(registers); i++) {
		expect_undefined(registers[i].name, registers[i].e);
	}
	/* but RNDR, which EL2 can't trap */
	expect(try_instruction(0x04bf5020, &x0) != 0, "rdvl (SVE) gives %lx", x0);
	/* SVE, MPAM, AMU, RAS, EL2 of PFR0; SME of PFR1 */
	expect((sysreg_read(id_aa64pfr0_el1) & 0x0000ff0ff0000f00) == 0, "PFR0 shows %lx",
	       sysreg_read(id_aa64pfr0_el1));
	expect((sysreg_read(id_aa64pfr1_el1) & 0x0f000f00) == 0, "PFR1 shows %lx",
	       sysreg_read(id_aa64pfr1_el1));
	sysreg_write(cpacr_el1, cpacr);
	isb();
	note("%lu registers and SVE are UNDEFINED", ARRAY_SIZE(registers) + 1);
}

/* CRn 0, CRm 0..7, op2 0..7: what may be read, in one go. */
static uint64_t id_sum(void)
{
	uint64_t sum = 1;

	for (uint32_t i = 0; i < 64; i++) {
		uint64_t x0 = 0;

		/* but MPIDR, which differs */
		if (i != 5 && call(code[i], &x0) == 0) {
			sum = sum * 31 + x0;
		}
	}
	return sum;
}

static volatile uint64_t sums[2], differing;

static void id_loop(uint64_t cpu)
{
	uint64_t count = scaled(100000) / 64;

	sums[cpu] = id_sum();
	for (uint64_t i = 0; i < count; i++) {
		differing += id_sum() != sums[cpu];
	}
}

void a10_id_registers(void)
{
	for (uint32_t i = 0; i < 64; i++) {
		code[i][0] = mrs(ENC(3, 0, 0, 0, 0) + i);
		code[i][1] = 0xd65f03c0;
	}
	cache_sync_code(code, sizeof(code));
	differing = 0;
	sums[1] = 0;
	if (has_worker()) {
		worker_call(1, id_loop, 1);
	}
	id_loop(0);
	if (has_worker()) {
		worker_wait(1);
		expect(sums[0] == sums[1], "vCPUs differ: %lx %lx", sums[0], sums[1]);
	}
	expect(!differing, "%lu of the sums differ", differing);
	note("%lu reads a vCPU", scaled(100000));
}
