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
	uint32_t power = load_acquire(&v->power);

	if (power == VCPU_STARTING && state_of(v->guest) == GUEST_RUNNING) {
		arch_vcpu_start(v, v->entry, v->context);
		store_release(&v->power, power = VCPU_ON);
	}
	return power == VCPU_ON && state_of(v->guest) == GUEST_RUNNING;
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
		v->is_waiting = !arch_vcpu_has_interrupt(v);
		pcpus[v->cpu].came = arch_time_now();
	} else if (!arch_vcpu_has_interrupt(v)) {
		arch_cpu_wait();
	}
}

static always_inline void account(struct vcpu *v, enum vcpu_time to, uint64_t now)
{
	uint64_t spent = now - v->since;

	store_relaxed(&v->since, UINT64_MAX);		/* STATS on another core looks again */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	v->ticks[v->time] += spent;
	v->time = (uint8_t)to;
	store_release(&v->since, now);
	if (v->has_asked_time) {
		time_publish(v);
	}
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

/* Wakes who lives here and has something to do. When the timers of the others want them: of
 * those that wait, and are not on the core. */
static void look(struct pcpu *p, uint64_t now)
{
	p->wake = watchdog_look(p->index, now);
	if (p->running != NULL && (p->running->is_waiting || !wants(p->running, now))) {
		block(p, p->running, now);	/* maybe to wake up at once */
	}
	for (unsigned i = 0; i < p->vcpu_count; i++) {
		struct vcpu *v = p->vcpu[i];

		if (v->time == VCPU_IDLE && wants(v, now)) {
			v->is_waiting = false;	/* even if it is paused before its turn */
			v->deadline = UINT64_MAX;
			account(v, VCPU_READY, now);
			sched_wake(p->index, i, now);
		} else if (v->deadline < p->wake && state_of(v->guest) == GUEST_RUNNING) {
			p->wake = v->deadline;
		}
	}
}

/* Whose turn it is from `now` on; NULL: nobody's. */
static always_inline struct vcpu *give_turn(struct pcpu *p, uint64_t now, uint64_t *until)
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

static always_inline void switch_to(struct pcpu *p, struct vcpu *v, uint64_t until)
{
	arch_vcpu_switch(v);
	arch_cpu_deadline(min_u64(until, p->wake));
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
		uint64_t now = take_look(p), until;
		bool has_worked = false;
		struct vcpu *v;

		look(p, now);
		while ((v = give_turn(p, now, &until)) != NULL && !is_ready(v) &&
		       !(has_worked = life_work(v))) {
			block(p, v, now);
		}
		if (v != NULL && !has_worked) {
			switch_to(p, v, until);
			return v;
		}
		arch_cpu_deadline(min_u64(until, p->wake));
		if (arch_cpu_has_work() || (v == NULL && !p->look)) {
			arch_cpu_wait();
		}
	}
}

/* Who ran until now passes its turn, or waits: what is known of the others holds, unless
 * something else has come. */
static always_inline struct vcpu *next_turn(struct pcpu *p, uint64_t now)
{
	uint64_t until;
	struct vcpu *v;

	if (p->running->is_waiting) {
		block(p, p->running, now);
	}
	v = give_turn(p, now, &until);
	if (v == NULL || v->power != VCPU_ON || v->guest->state != GUEST_RUNNING) {
		return next_shared(p);
	}
	p->came = 0;
	switch_to(p, v, until);
	return v;
}

static always_inline struct vcpu *next_of_many(struct pcpu *p)
{
	uint64_t came = p->came;

	return p->current != NULL && arch_cpu_has_serror() ? p->current :
	       came != 0 && !p->look ? next_turn(p, came) : next_shared(p);
}

struct vcpu *core_next(struct pcpu *p)
{
	struct vcpu *v = p->vcpu[0];

	if (p->is_shared) {
		return next_of_many(p);
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

static always_inline int64_t yield(struct vcpu *v, struct pcpu *p, const uint64_t *x)
{
	const struct vcpu *to = v;

	if (x[1] != SKERRY_YIELD_ANY) {
		if (x[1] >= v->guest->config->vcpu_count) {
			return SKERRY_INVALID;
		}
		to = &v->guest->vcpu[x[1]];
	}
	if (p->is_shared && to->cpu == v->cpu) {
		p->came = arch_time_now();
		sched_pass(p->index, to == v ? SCHED_NONE : to->slot, p->came);
	}
	return SKERRY_OK;
}

int64_t hvc_yield(struct vcpu *v, uint64_t *x) { return yield(v, &pcpus[v->cpu], x); }

struct vcpu *exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr)
{
	stats_exit(v, EXIT_HVC, esr);
	v->arch.x[0] = (uint64_t)yield(v, p, v->arch.x);
	return p->came != 0 ? next_of_many(p) : p->look ? core_next(p) : v;
}
