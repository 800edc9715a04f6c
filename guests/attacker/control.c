/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control, statistics and watchdogs in the hands of a guest that has control over nobody, and a
 * core of its own.
 */
#include "attacker.h"
#include <abi/stats.h>

static void ask(uint64_t guest, uint64_t operation)
{
	static const uint64_t calls[] = {
		SKERRY_HVC_CONTROL, SKERRY_HVC_STATS, SKERRY_HVC_CRASH_READ,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		struct regs r = { { calls[i], guest, operation, 3, 4 } };

		hvc(&r);
		expect((int64_t)r.x[0] == SKERRY_DENIED && r.x[1] == guest && r.x[2] == operation &&
		       r.x[3] == 3 && r.x[4] == 4, "call %lx, guest %lx: %ld", calls[i], guest,
		       (int64_t)r.x[0]);
	}
}

static void check_ins(uint64_t seed)
{
	uint64_t count = scaled(20000);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t v = random_next(&seed) >> (random_next(&seed) & 63);
		bool is_good;
		int64_t e;

		if (v != 0 && v < 100000000) {		/* it would bite */
			v = v < SKERRY_WATCHDOG_MIN ? v : v + 100000000;
		}
		is_good = v == 0 || (v >= SKERRY_WATCHDOG_MIN && v <= SKERRY_WATCHDOG_MAX);
		e = hvc_call(SKERRY_HVC_WATCHDOG, v, i, v);
		expect(e == (is_good ? SKERRY_OK : SKERRY_INVALID), "WATCHDOG(%lx): %ld", v, e);
	}
}

/* 65: others' lives, pages and records; deadlines without end from two vCPUs; turns of others. */
void e65_control(void)
{
	uint64_t count = scaled(50000), state = 65;
	bool is_two = has_worker();
	bool is_shared = hvc_call(PV_TIME_FEATURES, PV_TIME_ST, 0, 0) == SKERRY_OK;

	if (!platform.info) {
		note("not done on a bare machine");
		return;
	}
	for (uint64_t g = 0; g < SKERRY_GUEST_MAX; g++) {
		for (uint64_t o = 0; o < SKERRY_CONTROL_COUNT + 2; o++) {
			ask(g, o);
		}
		expect(try_read(SKERRY_STATS(g), 4, NULL) != 0, "statistics of guest %lu", g);
	}
	for (uint64_t i = 0; i < count; i++) {
		ask(random_next(&state) >> (random_next(&state) & 63), random_next(&state));
	}
	expect(try_read(SKERRY_LOG_BASE, 4, NULL) != 0, "the log");
	expect(is_shared == (try_read(SKERRY_TIME_BASE, 4, NULL) == 0), "a time page");
	expect(is_shared || (hvc_call(PV_TIME_FEATURES, PV_TIME_ST, 0, 0) ==
			     SKERRY_NOT_SUPPORTED), "PV time");
	expect(is_shared == (hvc_call(PV_TIME_ST, 0, 0, 0) != SKERRY_NOT_SUPPORTED), "PV time");
	if (is_two) {
		worker_call(1, check_ins, 66);
	}
	check_ins(67);
	if (is_two) {
		expect(worker_wait(1), "the worker hangs");
	}
	hvc_call(SKERRY_HVC_WATCHDOG, 0, 0, 0);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t v = random_next(&state) >> (random_next(&state) & 63);
		int64_t e = hvc_call(SKERRY_HVC_YIELD, v, 0, 0);

		expect(e == (v < platform.cpu_count || v == SKERRY_YIELD_ANY ? SKERRY_OK :
			     SKERRY_INVALID), "YIELD(%lx): %ld", v, e);
	}
	note("%lu calls", 4 * count);
}
