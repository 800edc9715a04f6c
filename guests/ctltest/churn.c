/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest's lives, many times over, while others work with it; and two that manage the
 * same guest at a time, of whom each may be late.
 */
#include "ctltest.h"

static void failed(const char *what, uint64_t turn, const struct skerry_stats *s)
{
	printf("FAILED: %s, turn %lu: state %u, life %lu\n", what, turn, s->state, s->life);
	system_off();
}

void churn(const char *name)
{
	int g = find(name);
	uint64_t count = arg_number("count", 50), crashes = stats(g)->crashes;

	wait_state(g, SKERRY_STATE_RUNNING);
	printf("churn: begins\n");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t life = stats(g)->life;
		int64_t result;

		sleep_unless(NULL, NULL, arg_number("gap", 2000));
		if (i % 4 == 1) {
			result = control((uint64_t)g, SKERRY_CONTROL_STOP);
			if (result != SKERRY_OK || !wait_state(g, SKERRY_STATE_STOPPED)) {
				failed("stop", i, stats(g));
			}
			/* those that it serves go on */
			sleep_unless(NULL, NULL, arg_number("down", 30000));
			result = control((uint64_t)g, SKERRY_CONTROL_START);
		} else if (i % 4 == 3) {
			result = control((uint64_t)g, SKERRY_CONTROL_CRASH);
			if (result != SKERRY_OK || !wait_state(g, SKERRY_STATE_CRASHED)) {
				failed("crash", i, stats(g));
			}
			result = control((uint64_t)g, SKERRY_CONTROL_RESTART);
		} else {
			result = control((uint64_t)g, SKERRY_CONTROL_RESTART);
		}
		if (result != SKERRY_OK || !wait_life(g, life + 1)) {
			failed("start", i, stats(g));
		}
	}
	printf("churn: %lu turns, life %lu, %lu crashes, ok\n", count, stats(g)->life,
	       stats(g)->crashes - crashes);
}

/* When it is down: the exits on vCPU 0's core, by cause. */
void figures(const char *name)
{
	int g = find(name);
	const struct skerry_vcpu_stats *v = &stats(g)->vcpu[0];

	if (!wait_state(g, SKERRY_STATE_STOPPED)) {
		failed("figures", 0, stats(g));
	}
	printf("%s: exits", name);
	for (unsigned i = 0; i < SKERRY_EXIT_CAUSES; i++) {
		printf(" %lu", v->exits[i]);
	}
	printf("\n");
}

/* Stops it in the middle of what it does; goes on with each key. Or its device does not stop:
 * "quarantine", and what each operation says then. */
void kill(const char *name)
{
	int g = find(name);

	if (arg_has("quarantine")) {
		wait_state(g, SKERRY_STATE_RUNNING);
		control((uint64_t)g, SKERRY_CONTROL_RESTART);
		printf("quarantined: %u", wait_state(g, SKERRY_STATE_QUARANTINED));
		for (uint64_t o = 0; o < SKERRY_CONTROL_COUNT; o++) {
			printf(" %ld", control((uint64_t)g, o));
		}
		printf("\n");
		return;
	}
	for (uint64_t i = 1; i <= arg_number("count", 5); i++) {
		wait_state(g, SKERRY_STATE_RUNNING);
		sleep_unless(NULL, NULL, arg_number("gap", 300000) + i * 1000);
		control((uint64_t)g, SKERRY_CONTROL_STOP);
		if (!wait_state(g, SKERRY_STATE_STOPPED)) {
			failed("kill", i, stats(g));
		}
		printf("down %lu\n", i);
		while (console_read() < 0) {
			delay_us(1000);
		}
		control((uint64_t)g, SKERRY_CONTROL_START);
	}
	printf("kill: ok\n");
}

void race(const char *name)
{
	int g = find(name);
	uint64_t seed = arg_number("seed", 1), count = arg_number("count", 300);
	uint64_t done[SKERRY_CONTROL_COUNT] = { 0 }, late = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t operation = random_next(&seed) % SKERRY_CONTROL_COUNT;
		int64_t result = control((uint64_t)g, operation);

		if (result == SKERRY_OK) {
			done[operation]++;
		} else if (result == SKERRY_BUSY) {
			late++;
		} else {
			printf("FAILED: operation %lu: %ld\n", operation, result);
		}
		delay_us(random_next(&seed) % 12000);
	}
	printf("race: %lu starts, %lu crashes, %lu busy\n", done[SKERRY_CONTROL_START] +
	       done[SKERRY_CONTROL_RESTART], done[SKERRY_CONTROL_CRASH], late);
	while (!arg_has("last")) {
		wfi();
	}
	sleep_unless(NULL, NULL, 2000000);	/* until the other one is through, too */
	while (control((uint64_t)g, SKERRY_CONTROL_RESTART) != SKERRY_OK) {
		delay_us(1000);
	}
	if (!wait_state(g, SKERRY_STATE_RUNNING) ||
	    control((uint64_t)g, SKERRY_CONTROL_STOP) != SKERRY_OK ||
	    !wait_state(g, SKERRY_STATE_STOPPED)) {
		failed("the end", 0, stats(g));
	}
	printf("race: at the end life %lu, %lu crashes\n", stats(g)->life, stats(g)->crashes);
}
