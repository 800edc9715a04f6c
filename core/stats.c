/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EL2 publishes: statistics, brought up to date by the call STATS on the caller's time,
 * and paravirtualised time (Arm DEN0057A), by the vCPU's own core. No lock.
 */
#include <core/core.h>

/* Called by core_next() where another vCPU gets the core, or may have to wait for it. */
void time_publish(struct vcpu *v)
{
	struct skerry_time_page *t = v->guest->time;
	uint64_t hz = arch_time_hz(), stolen = v->ticks[VCPU_READY];

	if (t != NULL) {
		t->state[v->index].preempted = v->time == VCPU_READY;
	}
	if (t != NULL && v->time == VCPU_RUN) {
		stolen = stolen / hz * 1000000000 + stolen % hz * 1000000000 / hz;
		store_relaxed(&t->time[v->index].stolen, stolen);
	}
}

_Static_assert(offsetof(struct vcpu, switches) - offsetof(struct vcpu, exits) ==
	       offsetof(struct skerry_vcpu_stats, switches), "copied as they stand");

/* Its own core may be at it, but not for long: UINT64_MAX. Where that was after `now` its time
 * adds up to then. */
static void tell_vcpu(struct skerry_vcpu_stats *s, const struct vcpu *v, uint64_t now)
{
	unsigned tries = 100;	/* a bound, for a core that does nothing but switch */
	uint64_t since;

	do {
		since = load_acquire(&v->since);
		memcpy(s, v->exits, offsetof(struct skerry_vcpu_stats, core));
		(&s->idle)[v->time] += now - min_u64(now, since);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (--tries && (since == UINT64_MAX || load_relaxed(&v->since) != since));
	if (!pcpus[v->cpu].is_shared) {
		s->idle = 0;
		s->run = now;
	}
	s->is_on = vcpu_is_on(v);
}

int64_t hvc_stats(struct vcpu *v, uint64_t *x)
{
	struct guest *g = &guests[x[1]];
	struct skerry_stats *s = g->stats;

	(void)v;
	s->now = arch_time_now();
	s->life = g->life;
	s->crashes = g->crashes;
	s->has_crash = crash_pages[x[1]].record.crc32 != 0;
	s->life_begin = g->config->refused ? 0 : g->info->load_begin;
	s->state = g->config->refused ? SKERRY_STATE_REFUSED : g->state;
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		tell_vcpu(&s->vcpu[i], &g->vcpu[i], s->now);
	}
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		s->port[i].notified = *arch_notified(g, i);
	}
	return SKERRY_OK;
}
