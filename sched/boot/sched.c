/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cores and vCPUs as the description has them, in ticks. Boot-only; what the numbers must
 * be system_check() has seen.
 */
#include <sched/sched.h>

#define SLACK_US	1000	/* equals take turns of that length without budget */

static const struct sys_core *configs[SKERRY_CPU_MAX];
static uint64_t ticks_hz;

static uint64_t to_ticks(uint64_t us)
{
	return us * ticks_hz / 1000000;
}

void sched_init(unsigned cpu, const struct sys_core *core, uint32_t frame_us, uint32_t hz,
		uint64_t now)
{
	struct sched_core *c = &sched_cores[cpu];

	ticks_hz = hz;
	configs[cpu] = core;
	*c = (struct sched_core){
		.policy = core->policy, .has_slack = core->slack, .current = SCHED_NONE,
		.since = now, .origin = now, .frame = to_ticks(frame_us),
		.slice = to_ticks(core->slice_us ? core->slice_us : SLACK_US),
		.owner = SYS_SLOT_MAX - 1, .last = { SYS_SLOT_MAX - 1, SYS_SLOT_MAX - 1 },
	};
	for (uint32_t i = 0; i < core->turn_count; i++) {
		const struct sys_turn *t = &core->turn[i];

		c->turn[i].begin = to_ticks(t->start_us);
		c->turn[i].end = to_ticks((uint64_t)t->start_us + t->length_us);
	}
	c->turn[core->turn_count] = (struct sched_turn){
		c->frame + (core->turn_count ? c->turn[0].begin : 0), UINT64_MAX, 0 };
}

void sched_add(unsigned cpu, unsigned slot, uint8_t guest, uint8_t vcpu,
	       const struct sys_server *server)
{
	struct sched_core *c = &sched_cores[cpu];
	struct sched_server *s = &sched_servers[guest][vcpu];

	*s = (struct sched_server){
		.priority = server->priority, .equal = 1u << slot,
		.left = (int64_t)to_ticks(server->budget_us), .period = to_ticks(server->period_us),
	};
	c->server[slot] = s;
	for (unsigned i = 0; i < slot; i++) {
		struct sched_server *other = c->server[i];

		s->above |= (uint32_t)(other->priority > s->priority) << i;
		s->equal |= (uint32_t)(other->priority == s->priority) << i;
		other->above |= (uint32_t)(other->priority < s->priority) << slot;
		other->equal |= (uint32_t)(other->priority == s->priority) << slot;
	}
	for (uint32_t i = 0; i < configs[cpu]->turn_count; i++) {
		const struct sys_turn *t = &configs[cpu]->turn[i];

		if (t->guest == guest && t->vcpu == vcpu) {
			c->turn[i].slot = slot;
		}
	}
}
