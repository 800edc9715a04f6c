/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/core.h>
/*
 * A core's loop: who runs on it next, and the work of loading and stopping guests. Runs on
 * each core by itself; other cores ask it to look again by a kick.
 *
 * Interrupts are masked in EL2. So what comes while this loop looks stays pending, and the WFI
 * of arch_cpu_wait() returns at once: no wake-up is slept over. What this core itself does to
 * a vCPU that does not run sets pcpu.look, or kicks this core as any other.
 */

/* Ready for its next (or first) instruction? */
static bool is_ready(struct vcpu *v)
{
	if (state_of(v->guest) != GUEST_RUNNING) {
		return false;
	}
	if (load_acquire(&v->power) == VCPU_STARTING) {
		arch_vcpu_start(v, v->entry, v->context);
		store_release(&v->power, VCPU_ON);
	}
	return vcpu_is_on(v);
}

/* An interrupt made this core look: who ran until now does not pay for it. */
void core_came(void)
{
	struct pcpu *p = &pcpus[arch_cpu_index()];

	p->came = arch_time_now();
	core_look(p->index);
}

void core_wait(struct vcpu *v)
{
	if (pcpus[v->cpu].is_shared) {
		v->is_waiting = true;
		core_look(v->cpu);
	} else if (!arch_vcpu_has_interrupt(v)) {
		arch_cpu_wait();
	}
}

void core_yield(int to)
{
	unsigned cpu = arch_cpu_index();

	sched_pass(cpu, to, arch_time_now());
	core_look(cpu);
}

int64_t hvc_yield(struct vcpu *v, uint64_t *x)
{
	const struct vcpu *to = v;

	if (x[1] != SKERRY_YIELD_ANY && x[1] >= v->guest->config->vcpu_count) {
		return SKERRY_INVALID;
	}
	if (x[1] != SKERRY_YIELD_ANY) {
		to = &v->guest->vcpu[x[1]];
	}
	if (pcpus[v->cpu].is_shared && to->cpu == v->cpu) {
		core_yield(to == v ? SCHED_NONE : to->slot);
	}
	return SKERRY_OK;
}

static void account(struct vcpu *v, enum vcpu_time to, uint64_t now)
{
	uint64_t spent = now - v->since;

	store_relaxed(&v->since, UINT64_MAX);		/* STATS on another core looks again */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	v->ticks[v->time] += spent;
	v->time = (uint8_t)to;
	store_release(&v->since, now);
	time_publish(v);
}

static void block(struct pcpu *p, struct vcpu *v, uint64_t now)
{
	p->running = p->running == v ? NULL : p->running;
	account(v, VCPU_IDLE, now);
	sched_block(p->index, v->slot, now);
}

/* Would it run, or has it work of its guest's life to try? */
static bool wants(const struct vcpu *v, uint64_t now)
{
	enum guest_state s = state_of(v->guest);
	uint32_t power = load_acquire(&v->power);

	if (s == GUEST_PAUSED) {	/* by a crash from outside: its record */
		return v->index == 0 && v->guest->forced[0] != NULL;
	}
	if (s != GUEST_RUNNING) {
		return s == GUEST_LOADING || s == GUEST_STOPPING || v->guest->forced[0] != NULL;
	}
	return power == VCPU_STARTING || (power == VCPU_ON &&
	       (!v->is_waiting || v->deadline <= now || arch_vcpu_has_interrupt(v)));
}

/* Wakes who lives here and has something to do; blocks whose turn it is, if it has not. */
static void look(struct pcpu *p, uint64_t now)
{
	if (p->running != NULL && !wants(p->running, now)) {
		block(p, p->running, now);
	}
	for (unsigned i = 0; i < p->vcpu_count; i++) {
		struct vcpu *v = p->vcpu[i];

		if (v->time == VCPU_IDLE && wants(v, now)) {
			v->is_waiting = false;	/* even if it is paused before its turn */
			v->deadline = UINT64_MAX;
			account(v, VCPU_READY, now);
			sched_wake(p->index, i, now);
		}
	}
}

/* Whose turn it is from `now` on; NULL: nobody's. */
static struct vcpu *give_turn(struct pcpu *p, uint64_t now, uint64_t *until)
{
	int slot = sched_pick(p->index, now, until);
	struct vcpu *v = slot == SCHED_NONE ? NULL : p->vcpu[slot];

	if (v != p->running) {
		if (p->running != NULL) {
			account(p->running, VCPU_READY, now);
		}
		if (v != NULL) {
			account(v, VCPU_RUN, now);
			v->switches++;
		}
		p->running = v;
	}
	return v;
}

/* With the timers of those that wait, and are not on the core. */
static uint64_t deadline(const struct pcpu *p, uint64_t until)
{
	for (unsigned i = 0; i < p->vcpu_count; i++) {
		const struct vcpu *v = p->vcpu[i];

		if (v->deadline < until && state_of(v->guest) == GUEST_RUNNING) {
			until = v->deadline;
		}
	}
	return until;
}

/* What came, and since when: from here on it is looked at. */
static uint64_t take_look(struct pcpu *p)
{
	uint64_t now = p->came != 0 ? p->came : arch_time_now();

	p->came = 0;
	(void)__atomic_exchange_n(&p->look, false, __ATOMIC_SEQ_CST);
	return now;
}

static struct vcpu *next_shared(struct pcpu *p)
{
	for (;;) {
		uint64_t now = take_look(p), until, watchdog = watchdog_look(p->index, now);
		bool has_worked = false;
		struct vcpu *v;

		look(p, now);
		while ((v = give_turn(p, now, &until)) != NULL && !is_ready(v) &&
		       !(has_worked = life_work(v))) {
			block(p, v, now);
		}
		if (v != NULL && !has_worked) {
			arch_vcpu_switch(v);
			v->is_waiting = false;
		}
		arch_cpu_deadline(deadline(p, min_u64(until, watchdog)));
		if (v != NULL && !has_worked) {
			return v;
		}
		if (arch_cpu_has_work() || (v == NULL && !p->look)) {
			arch_cpu_wait();
		}
	}
}

struct vcpu *core_next(void)
{
	struct pcpu *p = &pcpus[arch_cpu_index()];
	struct vcpu *v = p->vcpu[0];

	if (p->is_shared) {
		return p->current != NULL && arch_cpu_has_serror() ? p->current : next_shared(p);
	}
	for (;;) {
		if (load_relaxed(&p->look)) {
			arch_cpu_deadline(watchdog_look(p->index, take_look(p)));
		}
		if (v && is_ready(v)) {
			return v;
		}
		if (!(v && life_work(v)) || arch_cpu_has_work()) {
			arch_cpu_wait();
		}
	}
}
