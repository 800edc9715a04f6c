/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench on shared cores: a boot argument says which part this guest has. "yield" and "ping"
 * measure; the other guest of the core is "yielder", "pong", or "spin", which only takes
 * time. Ends for those that measure only.
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
		answer_bell(SKERRY_HVC_NOTIFY, 0);
		acknowledge(SKERRY_INTID_LINK(0));
	}
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
	} else if (arg_has("ping")) {
		bench_ping();
	} else if (arg_has("spin")) {
		for (;;) {
		}
	} else {
		return false;
	}
	printf("bench: done\n");
	return true;
}
