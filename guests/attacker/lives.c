/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends of the attacker's lives: that the next one begins is what shows that the
 * end was survived by everybody else. Each leaves memory and interrupts dirty.
 */
#include "attacker.h"
#include "lives.h"

static void spin_masked(uint64_t unused)
{
	(void)unused;
	asm volatile("msr daifset, #15\n1:\tb 1b");
}

/* Case 18: the other vCPU never looks at an interrupt again. */
static void end_masked(void)
{
	if (platform.cpu_count > 1) {
		worker_call(1, spin_masked, 0);
		delay_us(2000);
	}
	system_reset();
}

static void reset_here(struct frame *f)
{
	(void)f;
	system_reset();
}

static void end_in_handler(void)
{
	irq_override = reset_here;
	gic_enable(SKERRY_INTID_VTIMER);
	vtimer_arm(time_now() + us_to_ticks(500));
	irq_enable();
	for (;;) {
		wfi();
	}
}

static volatile uint64_t go;

static void reset_there(uint64_t unused)
{
	(void)unused;
	while (!go) {
	}
	system_reset();
}

static void end_from_secondary(void)
{
	go = 1;
	if (platform.cpu_count < 2 || !worker_start(1)) {
		system_reset();
	}
	worker_call(1, reset_there, 0);
	for (;;) {
		cpu_relax();
	}
}

static void end_from_both(void)
{
	if (platform.cpu_count > 1 && worker_start(1)) {
		worker_call(1, reset_there, 0);
		delay_us(1000);
	}
	go = 1;
	system_reset();
}

/* The other one sleeps with everything masked in its CPU interface. */
static void sleep_masked(uint64_t unused)
{
	(void)unused;
	gic_set_mask(0);
	for (;;) {
		wfi();
	}
}

static void end_asleep(void)
{
	if (platform.cpu_count > 1 && worker_start(1)) {
		worker_call(1, sleep_masked, 0);
		delay_us(2000);
	}
	system_reset();
}

/* From here on: crashes, with bootargs' "deadly". */
static void end_no_vectors(void)
{
	mmu_off();		/* stage 1 would stop it, for ever */
	sysreg_write(vbar_el1, NOWHERE);
	isb();
	asm volatile(".inst 0");
}

static void end_no_tables(void)
{
	sysreg_write(ttbr0_el1, NOWHERE);
	asm volatile("isb\n\ttlbi vmalle1\n\tdsb sy\n\tisb");
}

static void end_reported(void)
{
	guest_crash(99, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
	bool is_deadly;
} ends[] = {
	{ "reset beside a vCPU that masks everything", end_masked, false },
	{ "reset in an interrupt handler", end_in_handler, false },
	{ "reset from a secondary", end_from_secondary, false },
	{ "reset from two vCPUs at once", end_from_both, false },
	{ "reset beside a vCPU asleep for ever", end_asleep, false },
	{ "crash: vectors nowhere", end_no_vectors, true },
	{ "crash: tables nowhere", end_no_tables, true },
	{ "crash: reported", end_reported, true },
};

void life_end(uint64_t life)
{
	uint64_t at = life - 1;

	if (at < ARRAY_SIZE(ends) && (!ends[at].is_deadly || arg_has("deadly"))) {
		printf("attacker: life %lu ends by %s\n", life, ends[at].name);
		memory_dirty();
		interrupts_all(true);
		ends[at].run();
	}
	if (life < arg_number("lives", 0)) {
		memory_dirty();
		interrupts_all(true);
		system_reset();
	}
	printf("attacker: life %lu is the last\n", life);
	delay_us(arg_number("stay-ms", 1500) * 1000);	/* so that the others are seen to go on */
}

static volatile uint64_t smoke_ran;

static void smoke_there(uint64_t value)
{
	smoke_ran = value;
}

/* A small bit of everything: fresh memory, calls, timer, SGI, second vCPU. */
static bool smoke(void)
{
	bool ok = true;
	const uint64_t *at = (const uint64_t *)free_base();

	for (uint64_t i = 0; i < free_size() / 8; i += 64) {
		ok &= at[i] == 0;
	}
	ok &= hvc_call(PSCI_VERSION, 0, 0, 0) == PSCI_VERSION_1_1;
	gic_enable(SKERRY_INTID_VTIMER);
	vtimer_arm(1);
	delay_us(100);
	ok &= gic_ack() == SKERRY_INTID_VTIMER;
	vtimer_stop();
	gic_eoi(SKERRY_INTID_VTIMER);
	gic_disable(SKERRY_INTID_VTIMER);
	gic_sgi(1, 0);
	delay_us(100);
	ok &= gic_ack() == 1;
	gic_eoi(1);
	ok &= gic_ack() == GIC_NONE;
	if (platform.cpu_count > 1) {
		ok &= worker_start(1);
		worker_call(1, smoke_there, 7);
		ok &= worker_wait(1) && smoke_ran == 7;
		worker_stop(1);
	}
	return ok;
}

void life_smoke(uint64_t life)
{
	bool ok = smoke();

	printf(ok ? "attacker works again, life %lu\n" : "attacker: FAILED in life %lu\n", life);
}
