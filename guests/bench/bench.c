/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: what EL2 costs its guest, in ticks of the counter. Under
 * -icount shift=0,sleep=off with a 1 GHz counter a tick is one instruction.
 * Each row is from the instruction before the event to the first instruction
 * of the handler, or back in the caller; the counter's own reading is
 * subtracted. A row: "bench: NAME MEDIAN MIN MAX unit".
 * Boot arguments: reps=N (default 101); with "pair" or "echo" links are measured (pair.c), with
 * "pins" a Raspberry Pi 4's pins (pins.c), with "wake" the timer from WFI alone, lead=N ticks
 * before its deadline; other words: shared.c.
 */
#include "bench.h"
#include "gic.h"
#include "timer.h"

#define SGI		5
#define LEAD		5000		/* ticks from arming a timer to its deadline */

uint64_t measure_nothing(void);
uint64_t measure_read(uint64_t at);
uint64_t wait_awake(void);
uint64_t measure_sgi_v3(uint64_t value);
uint64_t measure_sgi_v2(uint64_t value, uint64_t at);
uint64_t send_sgi_v3(uint64_t value, uint64_t at, const volatile uint64_t *flag);
uint64_t send_sgi_v2(uint64_t value, uint64_t at, const volatile uint64_t *flag);
uint64_t send_cpu_on(uint64_t function, uint64_t mpidr, uint64_t entry, uint64_t context,
		     const volatile uint64_t *flag);
void bench_died(uint64_t esr, uint64_t elr) __attribute__((noreturn));

uint64_t sample[REPS_MAX];
uint64_t reps;
static uint64_t nothing;
static volatile uint64_t is_ready, arrived, quit;

void bench_died(uint64_t esr, uint64_t elr)
{
	printf("bench: FAILED, exception %lx at %lx\n", esr, elr);
	guest_crash(1, esr);
}

void sort_samples(void)
{
	for (uint64_t i = 1; i < reps; i++) {
		uint64_t v = sample[i], at = i;

		for (; at > 0 && sample[at - 1] > v; at--) {
			sample[at] = sample[at - 1];
		}
		sample[at] = v;
	}
}

void report(const char *name)
{
	sort_samples();
	printf("bench: %s %lu %lu %lu ticks\n", name, sample[reps / 2], sample[0],
	       sample[reps - 1]);
}

void report_one(const char *name, uint64_t v)
{
	printf("bench: %s %lu %lu %lu ticks\n", name, v, v, v);
}

uint64_t counter_cost(void)
{
	measure_nothing();
	return measure_nothing();
}

static void bench_traps(void)
{
	for (uint64_t i = 0; i < reps; i++) {
		sample[i] = measure_nothing();
	}
	report("counter-read");
	nothing = sample[reps / 2];
	for (uint64_t i = 0; i < reps; i++) {
		sample[i] = measure_hvc(PSCI_VERSION, 0) - nothing;
	}
	report("hvc-psci-version");
	for (uint64_t i = 0; i < reps; i++) {
		sample[i] = measure_hvc(SKERRY_HVC_VERSION, 0) - nothing;
	}
	report("hvc-version");
	for (uint64_t i = 0; i < reps; i++) {
		sample[i] = measure_read(platform.gicd + GICD_TYPER) - nothing;
	}
	report("gicd-read");
}

void acknowledge(uint32_t intid)
{
	uint32_t iar = gic_ack();

	if ((iar & 1023) != intid) {
		printf("bench: FAILED, interrupt %u instead of %u\n", iar & 1023, intid);
	}
	vtimer_stop();
	gic_eoi(iar);
}

static void bench_timer(const char *name, uint64_t (*wait)(void))
{
	gic_enable(SKERRY_INTID_VTIMER);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t deadline = time_now() + arg_number("lead", LEAD) + i * 7;

		vtimer_arm(deadline);
		sample[i] = wait() - deadline;
		acknowledge(SKERRY_INTID_VTIMER);
	}
	gic_disable(SKERRY_INTID_VTIMER);
	report(name);
}

/* What makes SGI `SGI` for a vCPU: the value, and for GICv2 the place. */
static uint64_t sgi_value(uint32_t cpu)
{
	uint64_t m = platform.mpidr[cpu];

	if (platform.gic == 3) {
		return (m >> 32 & 0xff) << 48 | (m >> 16 & 0xff) << 32 | (uint64_t)SGI << 24 |
			(m >> 8 & 0xff) << 16 | 1ull << (m & 15);
	}
	return 1ull << (16 + cpu) | SGI;
}

static void bench_sgi_self(void)
{
	uint64_t value = sgi_value(0);
	uint64_t at = platform.gicd + GICD_SGIR;

	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t = platform.gic == 3 ? measure_sgi_v3(value) : measure_sgi_v2(value, at);

		sample[i] = t - COUNTER_READ;
		acknowledge(SGI);
	}
	report("sgi-self");
}

static void receiver(uint64_t unused)
{
	(void)unused;
	sysreg_write(vbar_el1, bench_vectors);
	isb();
	while (!quit) {
		uint64_t t;

		is_ready = 1;
		t = wait_wfi();
		acknowledge(SGI);
		arrived = t;
	}
	gic_cpu_off();
	psci(PSCI_CPU_OFF, 0, 0, 0);
}

void let_others_wait(void)
{
	for (int i = 0; i < 20; i++) {
		cpu_relax();
	}
}

static void bench_sgi_other(void)
{
	uint64_t value = sgi_value(1);
	uint64_t at = platform.gicd + GICD_SGIR;

	cpu_start(1, receiver, 0);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t;

		while (!is_ready) {
			cpu_relax();
		}
		is_ready = 0;
		arrived = 0;
		quit = i == reps - 1;
		let_others_wait();
		t = platform.gic == 3 ? send_sgi_v3(value, at, &arrived) :
			send_sgi_v2(value, at, &arrived);
		sample[i] = arrived - t - COUNTER_READ;
	}
	report("sgi-other");
	cpu_wait_off(1, 1000000);
}

static void started(uint64_t unused)
{
	(void)unused;
	arrived = cpu_self()->start_time;
	gic_cpu_off();
	psci(PSCI_CPU_OFF, 0, 0, 0);
}

static void bench_cpu_on(void)
{
	struct cpu *c = &cpus[1];

	/* once by the runtime's way, which fills in the vCPU's record */
	arrived = 0;
	cpu_start(1, started, 0);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t t;

		if (!cpu_wait_off(1, 1000000)) {
			printf("bench: FAILED, vCPU 1 does not go off\n");
			return;
		}
		let_others_wait();
		arrived = 0;
		t = send_cpu_on(PSCI_CPU_ON_64, platform.mpidr[1], (uint64_t)cpu_secondary_entry,
				(uint64_t)c, &arrived);
		if (!t) {
			printf("bench: FAILED, CPU_ON\n");
			return;
		}
		sample[i] = arrived - t - COUNTER_READ;
	}
	report("cpu-on");
}

static void bench_boot(void)
{
	const struct skerry_info *info = platform.info;
	uint64_t first = start_state.time - START_TIME_INSTRUCTIONS;
	uint64_t apart;

	if (!info) {
		return;
	}
	apart = info->boot_hash_ticks + info->boot_console_ticks + info->load_copy_ticks +
		info->load_scrub_ticks;
	report_one("boot", first - info->boot_entry - apart);
	report_one("boot-hash", info->boot_hash_ticks);
	report_one("boot-copy", info->load_copy_ticks);
	report_one("boot-scrub", info->load_scrub_ticks);
	report_one("boot-console", info->boot_console_ticks);
	report_one("boot-el2", info->boot_ready - info->boot_entry);
	report_one("boot-total", first - info->boot_entry);
}

void guest_main(void)
{
	reps = arg_number("reps", 101);
	reps = reps < 1 ? 1 : reps > REPS_MAX ? REPS_MAX : reps;
	if (arg_has("pair") || arg_has("echo")) {
		pair_run(arg_has("pair"));
		return;
	}
	if (arg_has("pins")) {
		pins_run();
		return;
	}
	if (shared_run()) {
		return;
	}
	printf("bench: gic %u, counter %lu Hz, %u vCPUs\n", platform.gic, time_hz(),
	       platform.cpu_count);
	if (arg_has("wake")) {
		bench_timer("timer-wfi", wait_wfi);
		printf("bench: done\n");
		return;
	}
	bench_boot();
	bench_traps();
	bench_timer("timer", wait_awake);
	bench_timer("timer-wfi", wait_wfi);
	bench_sgi_self();
	if (platform.cpu_count > 1) {
		bench_sgi_other();
		bench_cpu_on();
	}
	printf("bench: done\n");
}
