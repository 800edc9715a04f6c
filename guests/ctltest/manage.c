/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest with control over others can do to them, and what not.
 */
#include "ctltest.h"
#include "link.h"
#include "probe.h"
#include "test.h"

static int a, beats, late, self;

static void do_it(int guest, uint64_t operation, uint32_t state)
{
	int64_t result = control((uint64_t)guest, operation);

	check(result == SKERRY_OK, "operation %lu: %ld", operation, result);
	check(wait_state(guest, state), "operation %lu: state %u", operation, stats(guest)->state);
}

static void is_busy(const uint64_t *operations, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int64_t result = control((uint64_t)a, operations[i]);

		check(result == SKERRY_BUSY, "operation %lu in state %u: %ld", operations[i],
		      stats(a)->state, result);
	}
}

static bool faults(uint64_t page, bool is_write)
{
	probe_begin();
	if (is_write) {
		write32(page, 0);
	} else {
		(void)read32(page);
	}
	return probe_end() != 0;
}

static void others_are_denied(void)
{
	static const uint64_t odd[] = {
		SKERRY_GUEST_MAX, 1ull << 32, ~0ull, 1ull << 63, 0x100000000 | 1,
	};
	unsigned denied = 0;

	for (uint64_t g = 0; g < SKERRY_GUEST_MAX; g++) {
		if (hvc_call(SKERRY_HVC_STATS, g, 0, 0) == SKERRY_OK) {
			continue;
		}
		denied++;
		for (uint64_t o = 0; o <= SKERRY_CONTROL_COUNT; o++) {
			check(control(g, o) == SKERRY_DENIED, "guest %lu, %lu", g, o);
		}
		check(hvc_call(SKERRY_HVC_CRASH_READ, g, 0, 0) == SKERRY_DENIED, "guest %lu", g);
		check(faults(SKERRY_STATS(g), false), "guest %lu: its page is there", g);
	}
	check(denied >= 1 && denied < SKERRY_GUEST_MAX, "%u", denied);
	for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
		check(control(odd[i], SKERRY_CONTROL_STOP) == SKERRY_DENIED, "%lx", odd[i]);
		check(hvc_call(SKERRY_HVC_STATS, odd[i], 0, 0) == SKERRY_DENIED, "%lx", odd[i]);
	}
	check(faults(SKERRY_STATS((uint64_t)a), true), "a page can be written");
}

static void each_operation_and_none_from_a_wrong_state(void)
{
	static const uint64_t running[] = { SKERRY_CONTROL_START, SKERRY_CONTROL_RESUME };
	static const uint64_t paused[] = {
		SKERRY_CONTROL_START, SKERRY_CONTROL_PAUSE, SKERRY_CONTROL_CRASH,
	};
	static const uint64_t down[] = {
		SKERRY_CONTROL_STOP, SKERRY_CONTROL_PAUSE, SKERRY_CONTROL_RESUME,
		SKERRY_CONTROL_CRASH,
	};
	uint64_t life = stats(a)->life;

	check(wait_state(a, SKERRY_STATE_RUNNING), "state %u", stats(a)->state);
	is_busy(running, 2);
	check(control((uint64_t)a, SKERRY_CONTROL_COUNT) == SKERRY_INVALID, "6");
	do_it(a, SKERRY_CONTROL_PAUSE, SKERRY_STATE_PAUSED);
	is_busy(paused, 3);
	do_it(a, SKERRY_CONTROL_RESUME, SKERRY_STATE_RUNNING);
	do_it(a, SKERRY_CONTROL_STOP, SKERRY_STATE_STOPPED);
	is_busy(down, 4);
	do_it(a, SKERRY_CONTROL_START, SKERRY_STATE_RUNNING);
	check(stats(a)->life == life + 1, "life %lu", stats(a)->life);
	do_it(a, SKERRY_CONTROL_CRASH, SKERRY_STATE_CRASHED);
	check(stats(a)->crashes == 1, "%lu", stats(a)->crashes);
	is_busy(down, 4);
	do_it(a, SKERRY_CONTROL_RESTART, SKERRY_STATE_RUNNING);
	check(control((uint64_t)a, SKERRY_CONTROL_RESTART) == SKERRY_OK, "restart");
	check(wait_life(a, life + 3), "life %lu", stats(a)->life);
	do_it(a, SKERRY_CONTROL_PAUSE, SKERRY_STATE_PAUSED);
	check(control((uint64_t)a, SKERRY_CONTROL_RESTART) == SKERRY_OK, "restart");
	check(wait_life(a, life + 4), "life %lu", stats(a)->life);
	do_it(a, SKERRY_CONTROL_PAUSE, SKERRY_STATE_PAUSED);
	do_it(a, SKERRY_CONTROL_STOP, SKERRY_STATE_STOPPED);
	do_it(a, SKERRY_CONTROL_START, SKERRY_STATE_RUNNING);
}

static void a_paused_guest_stands_still_with_all_its_vcpus(void)
{
	uint64_t window = link_half((uint32_t)link_by_name("beat"), SKERRY_FRONT).base;
	volatile uint64_t *n = (volatile uint64_t *)window;
	uint64_t before[2];

	for (unsigned turn = 0; turn < 5; turn++) {
		for (unsigned i = 0; i < 2; i++) {
			uint64_t was = n[i * 8];

			while (n[i * 8] < was + 5) {
				cpu_relax();
			}
		}
		do_it(beats, SKERRY_CONTROL_PAUSE, SKERRY_STATE_PAUSED);
		delay_us(5000);		/* the other cores are on their way out */
		before[0] = n[0];
		before[1] = n[8];
		delay_us(20000);
		check(n[0] == before[0] && n[8] == before[1], "it goes on");
		do_it(beats, SKERRY_CONTROL_RESUME, SKERRY_STATE_RUNNING);
	}
	check(stats(beats)->life == 1, "life %lu", stats(beats)->life);
}

static void statistics_are_consistent(void)
{
	static struct skerry_stats old;
	const struct skerry_stats *s = stats(beats);

	check(s->magic == SKERRY_STATS_MAGIC && s->guest == (uint32_t)beats, "%x", s->magic);
	check(s->vcpu_count == 2 && s->memory == MIB(16) && s->hz == time_hz(), "%u %lx",
	      s->vcpu_count, s->memory);
	check(!strcmp(s->port[0].link, "beat") && s->port[0].role == SKERRY_FRONT &&
	      s->port[0].type == SKERRY_LINK_SHARED_MEMORY && s->port[0].peer ==
	      platform.info->guest, "port %s", s->port[0].link);
	check(s->port[0].notified == 100 && !s->port[1].link[0], "%lu", s->port[0].notified);
	for (unsigned turn = 0; turn < 200; turn++) {
		memcpy(&old, stats(beats), sizeof(old));
		delay_us(turn);
		s = stats(beats);
		check(s->now > old.now && s->now <= time_now(), "%lu", s->now);
		for (unsigned i = 0; i < 2; i++) {
			const struct skerry_vcpu_stats *v = &s->vcpu[i], *o = &old.vcpu[i];

			check(v->run + v->stolen + v->idle == s->now ||
			      (v->policy != SKERRY_POLICY_STATIC &&
			       v->run + v->stolen + v->idle - s->now < s->now - old.now),
			      "vCPU %u: %lu %lu %lu of %lu", i, v->run, v->stolen, v->idle, s->now);
			/* elsewhere what was seen as run may turn out to be stolen: its core was
			 * asked to look before, and had not come to it */
			check(v->policy != SKERRY_POLICY_STATIC || v->run >= o->run,
			      "vCPU %u: time goes back", i);
			check(v->switches >= o->switches, "vCPU %u: switches", i);
			for (unsigned k = 0; k < SKERRY_EXIT_CAUSES; k++) {
				check(v->exits[k] >= o->exits[k], "exits %u", k);
			}
			check(v->is_on == 1, "vCPU %u", i);
		}
	}
}

static void a_start_waits_for_who_comes_first(void)
{
	do_it(late, SKERRY_CONTROL_STOP, SKERRY_STATE_STOPPED);
	for (unsigned turn = 0; turn < 5; turn++) {
		uint64_t life = stats(late)->life;
		uint32_t first, second;

		do_it(a, SKERRY_CONTROL_STOP, SKERRY_STATE_STOPPED);
		check(control((uint64_t)a, SKERRY_CONTROL_START) == SKERRY_OK, "a");
		check(control((uint64_t)late, SKERRY_CONTROL_START) == SKERRY_OK, "late");
		do {
			second = stats(late)->state;
			first = stats(a)->state;
			check(second != SKERRY_STATE_RUNNING || first == SKERRY_STATE_RUNNING,
			      "it did not wait");
		} while (second != SKERRY_STATE_RUNNING);
		check(stats(late)->life == life + 1, "life");
		do_it(late, SKERRY_CONTROL_STOP, SKERRY_STATE_STOPPED);
	}
}

static void a_guest_may_manage_itself(void)
{
	check(wait_state(self, SKERRY_STATE_PAUSED), "state %u", stats(self)->state);
	check(stats(self)->crashes == 1 && stats(self)->life == 3, "life %lu", stats(self)->life);
	do_it(self, SKERRY_CONTROL_RESUME, SKERRY_STATE_STOPPED);
}

void manage(void)
{
	static const struct test tests[] = {
		{ "others are denied", others_are_denied },
		{ "each operation, and none from a wrong state",
		  each_operation_and_none_from_a_wrong_state },
		{ "a paused guest stands still with all its vCPUs",
		  a_paused_guest_stands_still_with_all_its_vcpus },
		{ "statistics are consistent", statistics_are_consistent },
		{ "a start waits for who comes first", a_start_waits_for_who_comes_first },
		{ "a guest may manage itself", a_guest_may_manage_itself },
	};

	link_init();
	a = find("a");
	beats = find("beat");
	late = find("late");
	self = find("self");
	wait_state(beats, SKERRY_STATE_RUNNING);
	wait_state(late, SKERRY_STATE_RUNNING);
	tests_run(tests, ARRAY_SIZE(tests));
}
