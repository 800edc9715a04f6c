/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sharetest: does a vCPU that shares its core find everything as it left it, and is it woken
 * when it should be? Runs beside others like it. Bootargs: rounds=N of each test (200),
 * seed=N, test=NAME for one test; bell: only ring at a link's other end, which answers.
 */
#include "link.h"
#include "sharetest.h"

uint64_t rounds;

static uint64_t seed_of_self(void)
{
	return arg_number("seed", 1) * 0x9e3779b97f4a7c15ull + cpu_self()->index * 0x100000001ull;
}

bool on_all(void (*fn)(uint64_t))
{
	bool is_done = true;

	for (uint32_t i = 1; i < platform.cpu_count; i++) {
		is_done &= cpu_start(i, fn, i) == 0;
	}
	fn(0);
	irq_enable();
	for (uint32_t i = 1; i < platform.cpu_count; i++) {
		is_done &= cpu_wait_off(i, 60000000);
	}
	return is_done;
}

static void registers(uint64_t unused)
{
	(void)unused;
	keep_registers(seed_of_self());
}

static void test_registers(void)
{
	check(on_all(registers), "a vCPU is stuck");
	printf("sharetest: %lu times another one ran meanwhile\n", times_away);
}

static void interrupts(uint64_t unused)
{
	(void)unused;
	keep_interrupts(seed_of_self());
}

static void test_interrupts(void)
{
	check(on_all(interrupts), "a vCPU is stuck");
}

static void by_register(uint64_t unused)
{
	(void)unused;
	keep_by_register(seed_of_self());
}

static void test_by_register(void)
{
	check(on_all(by_register), "a vCPU is stuck");
}

static void yield(uint64_t unused)
{
	uint64_t other = (cpu_self()->index + 1) % platform.cpu_count;

	(void)unused;
	for (uint64_t n = 0; n < rounds; n++) {
		check(hvc_call(SKERRY_HVC_YIELD, n % 2 ? other : SKERRY_YIELD_ANY, 0, 0) == 0,
		      "a yield is refused");
	}
	check(hvc_call(SKERRY_HVC_YIELD, platform.cpu_count, 0, 0) == SKERRY_INVALID,
	      "a vCPU that is not there");
}

static void test_yields(void)
{
	check(on_all(yield), "a vCPU is stuck");
}

static uint64_t rung;

static void on_bell(uint32_t port)
{
	rung++;
	if (!arg_has("bell")) {		/* the other end: answer */
		link_notify(port);
	}
}

/* Guests that ring each other awake; the one with "bell" counts. */
static void bells(void)
{
	uint64_t sent = 0;

	link_init();
	link_on_notify(0, on_bell);
	while (!arg_has("bell") || rung < rounds) {
		if (arg_has("bell") && sent == rung) {
			sent++;
			link_notify(0);
		}
		link_wait();
		link_poll();
	}
	printf("sharetest: %lu bells answered\n", rung);
}

void guest_main(void)
{
	static const struct test tests[] = {
		{ "registers", test_registers },
		{ "interrupts", test_interrupts },
		{ "by-register", test_by_register },
		{ "wake-ups", test_wake_ups },
		{ "yields", test_yields },
		{ "same-address", test_same_address },
		{ "sgis", test_sgis },		/* with two vCPUs, from here on */
		{ "woken", test_woken },
		{ "own-only", test_own_only },
		{ "prompt", test_prompt },
	};

	rounds = arg_number("rounds", 200);
	if (platform.info && platform.info->port_count) {
		bells();
	} else {
		tests_run(tests, platform.cpu_count < 2 ? 6 : ARRAY_SIZE(tests));
	}
}
