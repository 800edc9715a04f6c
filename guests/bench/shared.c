/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench on shared cores: a boot argument says which part this guest has. "yield", "ping"
 * and "reader" measure; the other guest of the core is "yielder", "pong", "spin", which only takes
 * time, or "sleeper". Ends for those that measure only.
 */
#include "bench.h"
#include "gic.h"
#include "link.h"

/* What the yielder's own loop takes, a call */
#define YIELDER_LOOP	3

void yield_for_ever(uint64_t function, uint64_t to) __attribute__((noreturn));

/* There and back: two switches. */
static void bench_yield(void)
{
	uint64_t nothing = counter_cost();

	for (uint64_t i = 0; i < reps; i++) {
		sample[i] = (measure_hvc(SKERRY_HVC_YIELD, SKERRY_YIELD_ANY) - nothing -
			     YIELDER_LOOP) / 2;
	}
	report("yield");
}

static struct side *half(unsigned role)
{
	return (struct side *)link_half(0, role).base;
}

static void bench_ping(void)
{
	while (!__atomic_load_n(&half(SKERRY_BACK)->ready, __ATOMIC_ACQUIRE)) {
		cpu_relax();
	}
	for (uint64_t i = 0; i <= reps; i++) {
		sample[i ? i - 1 : 0] = round_trip(SKERRY_HVC_NOTIFY, 0) - COUNTER_READ;
		acknowledge(SKERRY_INTID_LINK(0));
	}
	report("ping");
}

static void pong(void)
{
	__atomic_store_n(&half(SKERRY_BACK)->ready, 1, __ATOMIC_RELEASE);
	for (;;) {
		wait_wfi();
		acknowledge(SKERRY_INTID_LINK(0));	/* first: the next one may come at once */
		measure_hvc(SKERRY_HVC_NOTIFY, 0);
	}
}

/* Reads the first crash record that there is, whole, from whichever guest. */
static void bench_reader(void)
{
	struct regs r;
	uint64_t at = 0;

	for (uint64_t guest = 0; at == 0; guest = (guest + 1) % SKERRY_GUEST_MAX) {
		do {
			r = (struct regs){ { SKERRY_HVC_CRASH_READ, guest, at } };
			hvc(&r);
			at += (int64_t)r.x[0] > 0 ? r.x[0] : 0;
		} while ((int64_t)r.x[0] > 0);
		measure_hvc(SKERRY_HVC_YIELD, SKERRY_YIELD_ANY);
	}
	report_one("record", at);
}

bool shared_run(void)
{
	bool is_linked = arg_has("ping") || arg_has("pong");

	if (is_linked && !link_init()) {
		printf("bench: FAILED, no link\n");
		return true;
	}
	irq_disable();
	if (is_linked) {
		gic_disable(SKERRY_INTID_EVENT);
	}
	sysreg_write(vbar_el1, bench_vectors);
	isb();
	if (arg_has("yielder")) {
		yield_for_ever(SKERRY_HVC_YIELD, SKERRY_YIELD_ANY);
	} else if (arg_has("yield")) {
		bench_yield();
	} else if (arg_has("pong")) {
		pong();
	} else if (arg_has("reader")) {
		bench_reader();
	} else if (arg_has("ping")) {
		bench_ping();
	} else if (arg_has("spin")) {
		for (;;) {
		}
	} else if (arg_has("sleeper")) {
		for (;;) {
			wfi();
		}
	} else {
		return false;
	}
	printf("bench: done\n");
	return true;
}
