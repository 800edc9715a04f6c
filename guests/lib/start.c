/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From start.S to guest_main(), vCPUs, life and death, time.
 */
#include "gic.h"
#include "mmu.h"
#include "runtime.h"

extern char stacks[];
struct cpu cpus[CPU_MAX];

/* Offsets that start.S knows. */
_Static_assert(offsetof(struct cpu, stack) == 64 && offsetof(struct cpu, start_time) == 80, "");
_Static_assert(offsetof(struct start_state, time) == 248, "");
_Static_assert(offsetof(struct start_state, system) == 264, "");
_Static_assert(offsetof(struct start_state, q) == 448, "");
_Static_assert(sizeof(struct start_state) == 960, "");

void start_main(uint64_t tree)
{
	tree_init(tree);
	mmu_init();
	console_init();
	for (uint32_t i = 0; i < CPU_MAX; i++) {
		cpus[i].index = i;
		cpus[i].stack = (uint64_t)stacks + (i + 1) * STACK_SIZE;
	}
	gic_init();
	gic_cpu_init();
	guest_main();
	system_off();
}

void start_secondary(struct cpu *c)
{
	gic_cpu_init();
	c->running = 1;
	((void (*)(uint64_t))c->entry)(c->argument);
	cpu_off();
}

int64_t cpu_start(uint32_t index, void (*fn)(uint64_t), uint64_t argument)
{
	struct cpu *c = &cpus[index];

	c->entry = (uint64_t)fn;
	c->argument = argument;
	c->running = 0;
	cache_clean_invalidate(c, sizeof(*c));
	return psci(PSCI_CPU_ON_64, platform.mpidr[index], (uint64_t)cpu_secondary_entry,
		    (uint64_t)c);
}

void cpu_off(void)
{
	irq_disable();
	gic_cpu_off();
	cpu_self()->running = 0;
	psci(PSCI_CPU_OFF, 0, 0, 0);
	guest_crash(2, 0);		/* CPU_OFF does not return */
}

bool cpu_wait_off(uint32_t index, uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);

	while (psci(PSCI_AFFINITY_INFO_64, platform.mpidr[index], 0, 0) != 1) {
		if (time_now() > end) {
			return false;
		}
	}
	return true;
}

int64_t hvc_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	struct regs r = { { function, a, b, c } };

	hvc(&r);
	return (int64_t)r.x[0];
}

int64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	struct regs r = { { function, a, b, c } };

	if (platform.by_smc) {
		smc(&r);
	} else {
		hvc(&r);
	}
	return (int64_t)r.x[0];
}

void system_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;) {
		wfi();
	}
}

void system_reset(void)
{
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	for (;;) {
		wfi();
	}
}

void guest_crash(uint64_t code, uint64_t argument)
{
	irq_disable();
	if (platform.info) {
		hvc_call(SKERRY_HVC_CRASH, code, argument, 0);
	}
	system_off();
}

uint64_t guest_life(void)
{
	return platform.info ? platform.info->life : arg_number("life", 1);
}

const char *guest_name(void)
{
	return platform.info ? platform.info->name : "bare";
}

uint64_t free_base(void)
{
	return (uint64_t)__image_end;
}

/* To the tree, if it lies above the image in the same bank, else to the bank's end. */
uint64_t free_size(void)
{
	uint64_t base = free_base();

	for (uint32_t i = 0; i < platform.bank_count; i++) {
		const struct bank *b = &platform.bank[i];
		uint64_t end = b->base + b->size;

		if (base >= b->base && base < end) {
			uint64_t tree = (uint64_t)platform.tree & ~4095ull;

			return (tree >= base && tree < end ? tree : end) - base;
		}
	}
	return 0;
}

uint64_t ticks_to_ns(uint64_t ticks)
{
	uint64_t hz = time_hz();

	return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

uint64_t us_to_ticks(uint64_t us)
{
	return us * time_hz() / 1000000;
}

void delay_us(uint64_t us)
{
	uint64_t end = time_now() + us_to_ticks(us);

	while (time_now() < end) {
		cpu_relax();
	}
}

void lock_acquire(struct lock *l)
{
	while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE)) {
		cpu_relax();
	}
}

void lock_release(struct lock *l)
{
	__atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}
