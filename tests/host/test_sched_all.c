/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three vCPUs for twelve ticks: everything that can happen. In each tick any of the vCPUs may
 * wake or be blocked, by itself or by others (8 ways); the running one may give way, to anybody
 * or to one of the three (rr, 5 ways); and a pick that is due may come up to two ticks late.
 * After each of all these sequences the policy chooses as the model does. A state that was
 * reached before in the same tick, of policy and model together, is not gone through again:
 * what follows from it is the same.
 */
/* sources: sched/sched.c sched/server.c sched/boot/sched.c */
#pragma GCC optimize("O2")
#define MODEL_RING	16	/* enough for twelve ticks and these periods */
#include "sched_model.h"

#define VCPUS	3
#define TICKS	12
#define SEEN	(1u << 21)

struct both {
	struct model m;
	struct sched_core core;
	struct sched_server server[VCPUS];
	uint64_t until;
};

static struct both at[TICKS + 1];
static uint64_t *seen;
static unsigned long states, steps;
static unsigned late;			/* ticks that a pick may come too late by */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Of all that differs between two states of one description. */
static uint64_t hash_of(const struct both *b)
{
	const struct sched_core *c = &b->core;
	const struct model *m = &b->m;
	uint64_t h = mix(m->now, c->runnable | (uint64_t)(uint32_t)c->current << 32);

	h = mix(h, c->slice_end);
	h = mix(h, c->slack_left);
	h = mix(h, c->since);
	h = mix(h, b->until);
	h = mix(h, c->owner | c->runner << 8 | c->last[0] << 16 | (uint64_t)c->last[1] << 24 |
		   (uint64_t)c->is_paying << 32 | (uint64_t)c->is_piece << 33 |
		   (uint64_t)m->is_paying << 34);
	h = mix(h, m->piece ^ m->slack_left << 20 ^ m->slice_end << 40);
	h = mix(h, (uint8_t)m->last_paid | (uint64_t)(uint8_t)m->last_slack << 8 |
		   (uint64_t)(uint8_t)m->owner << 16 | (uint64_t)(uint8_t)m->runner << 24 |
		   (uint64_t)(uint8_t)m->running << 32);
	for (unsigned i = 0; i < VCPUS && c->policy == POLICY_SERVER; i++) {
		const struct sched_server *s = &b->server[i];
		const struct model_vcpu *v = &m->vcpu[i];

		h = mix(h, (uint64_t)s->left ^ (uint64_t)v->left << 16 ^ (uint64_t)v->owed << 32 ^
			   v->looked << 48);
		for (unsigned r = 0; r < s->refill_count; r++) {
			h = mix(h, s->refill[r].first ^ s->refill[r].last << 20 ^
				   s->refill[r].amount << 40);
		}
		for (unsigned w = 0; w < MODEL_RING; w += 8) {
			uint64_t word;

			memcpy(&word, &v->back[w], sizeof(word));
			h = mix(h, word);
		}
	}
	return h ? h : 1;
}

static bool is_new(uint64_t hash)
{
	uint64_t i = hash % SEEN;

	for (; seen[i]; i = (i + 1) % SEEN) {
		if (seen[i] == hash) {
			return false;
		}
	}
	seen[i] = hash;
	assert_true(++states < SEEN / 2);
	return true;
}

/* What changes: the core's turns and who lives there do not. */
static void copy(struct sched_core *to, struct sched_server *to_servers,
		 const struct sched_core *from, const struct sched_server *servers)
{
	size_t turn = offsetof(struct sched_core, turn), slice = offsetof(struct sched_core, slice);

	memcpy(to, from, turn);
	memcpy(&to->slice, &from->slice, offsetof(struct sched_core, server) - slice);
	for (unsigned i = 0; i < VCPUS && from->policy == POLICY_SERVER; i++) {
		memcpy(&to_servers[i], &servers[i], offsetof(struct sched_server, refill) +
		       servers[i].refill_count * sizeof(servers[i].refill[0]));
	}
}

static void from(unsigned tick);

/* The next tick's state: events, and a pick unless it is late. */
static void step(unsigned tick, unsigned toggled, int to, bool is_late)
{
	struct both *b = &at[tick + 1];

	model_copy(&b->m, &at[tick].m);
	b->until = at[tick].until;
	copy(&sched_cores[0], sched_servers[0], &at[tick].core, at[tick].server);
	for (unsigned i = 0; i < VCPUS; i++) {
		if (toggled >> i & 1) {
			model_set(&b->m, i, !b->m.is_runnable[i]);
		}
	}
	if (to > SCHED_NONE - 1) {
		model_yield(&b->m, to);
		sched_pass(0, to, b->m.now);
	}
	if (!is_late) {
		assert_int_equal(sched_pick(0, b->m.now, &b->until), model_pick(&b->m));
		assert_true(b->until > b->m.now);
	}
	copy(&b->core, b->server, &sched_cores[0], sched_servers[0]);
	model_tick(&b->m);
	steps++;
	from(tick + 1);
}

/* Nothing happened and it is not time: the model would choose the same anew. */
static void stays(const struct both *b)
{
	static struct model would;

	model_copy(&would, &b->m);
	assert_int_equal(model_pick(&would), b->m.running);
	assert_int_equal(would.is_paying, b->m.is_paying);
}

static void from(unsigned tick)
{
	const struct both *b = &at[tick];
	bool is_rr = b->core.policy == POLICY_RR && b->m.running >= 0;

	if (tick == TICKS || !is_new(hash_of(b))) {
		return;
	}
	for (unsigned toggled = 0; toggled < 1u << VCPUS; toggled++) {
		for (int to = SCHED_NONE - 1; to < (is_rr ? VCPUS : SCHED_NONE); to++) {
			if (!toggled && to < SCHED_NONE && b->m.now < b->until) {
				continue;
			}
			step(tick, toggled, to, false);
		}
	}
	if (b->m.now < b->until) {
		stays(b);
	}
	if (b->m.now < b->until || b->m.now - b->until < late) {
		step(tick, 0, SCHED_NONE - 1, true);
	}
}

static void everything(const struct sys_core *core, uint32_t frame,
		       const struct sys_server *servers, unsigned late_ticks)
{
	memset(seen, 0, SEEN * sizeof(*seen));
	states = steps = 0;
	model_begin(&at[0].m, core, frame, VCPUS, servers, 1000);
	at[0].core = sched_cores[0];
	memcpy(at[0].server, sched_servers[0], sizeof(at[0].server));
	at[0].until = 1000;
	late = late_ticks;
	from(0);
	print_message("             %lu states, %lu steps\n", states, steps);
}

static void servers_in_all_ways(void **unused)
{
	static const struct sys_server servers[][VCPUS] = {
		{ { 3, 1, 4 }, { 2, 2, 6 }, { 1, 2, 5 } },
		{ { 1, 2, 5 }, { 1, 1, 3 }, { 1, 1, 4 } },
		{ { 2, 3, 3 }, { 2, 1, 4 }, { 1, 2, 2 } },
	};
	static const struct sys_core cores[] = {
		{ .policy = POLICY_SERVER }, { .policy = POLICY_SERVER, .slack = 1, .slice_us = 2 },
		{ .policy = POLICY_SERVER },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(servers); i++) {
		everything(&cores[i], 0, servers[i], i == 2);
	}
}

static void rounds_in_all_ways(void **unused)
{
	static const struct sys_server none[VCPUS];

	for (unsigned slice = 1; slice <= 3; slice++) {
		struct sys_core core = { .policy = POLICY_RR, .slice_us = slice };

		everything(&core, 0, none, 2);
	}
}

static void frames_in_all_ways(void **unused)
{
	static const struct sys_server none[VCPUS];
	static const struct sys_core cores[] = {
		{ .policy = POLICY_CYCLIC, .turn_count = 3,
		  .turn = { { 0, 1, 0, 0, { 0 } }, { 1, 2, 0, 1, { 0 } }, { 4, 1, 0, 2, { 0 } } } },
		{ .policy = POLICY_CYCLIC, .turn_count = 3,
		  .turn = { { 1, 2, 0, 2, { 0 } }, { 3, 1, 0, 2, { 0 } }, { 4, 2, 0, 0, { 0 } } } },
		{ .policy = POLICY_CYCLIC },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cores); i++) {
		everything(&cores[i], 5 + i, none, 2);
	}
}

static int make_room(void **unused)
{
	seen = malloc(SEEN * sizeof(*seen));
	return seen == NULL;
}

static int free_room(void **unused)
{
	free(seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_in_all_ways),
		cmocka_unit_test(rounds_in_all_ways),
		cmocka_unit_test(frames_in_all_ways),
	};

	return cmocka_run_group_tests(tests, make_room, free_room);
}
