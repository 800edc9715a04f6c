/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How cores are shared, beyond what EL2 checks: what never runs, budgets that others may keep a
 * vCPU from (response-time analysis of the cores of the policy `server`), and the summary that
 * a good description gets. After system_parse() and system_check().
 */
#include <inttypes.h>
#include "check.h"

/* A vCPU of a core, and when it has its whole budget at the latest. */
struct share {
	const struct sys_guest *guest;
	uint32_t vcpu;
	uint64_t worst_us;	/* after its period's begin; beyond the period: or later */
};

static const char *const policies[] = { "static", "cyclic", "server", "rr" };

static const struct sys_server *server_of(const struct share *s)
{
	return &s->guest->server[s->vcpu];
}

/* The vCPUs of a core, at most SYS_SLOT_MAX. */
static uint32_t find_shares(const struct system *s, uint32_t core, struct share *shares)
{
	uint32_t count = 0;

	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->vcpu_count; i++) {
			if (g->cpu[i] == core) {
				shares[count++] = (struct share){ g, i, 0 };
			}
		}
	}
	return count;
}

/* Those of its priority or a higher one take their budgets first, in each of their periods that
 * begins meanwhile: what is left for it, until nothing changes any more. */
static void find_worst(struct share *shares, uint32_t count, struct share *of)
{
	const struct sys_server *own = server_of(of);
	uint64_t time = 0, next = own->budget_us;

	while (next != time && next <= own->period_us) {
		time = next;
		next = own->budget_us;
		for (const struct share *o = shares; o < shares + count; o++) {
			const struct sys_server *v = server_of(o);

			if (o != of && v->priority >= own->priority) {
				next += (time + v->period_us - 1) / v->period_us * v->budget_us;
			}
		}
	}
	of->worst_us = next;
}

static bool is_sure(const struct share *s)
{
	return s->worst_us <= server_of(s)->period_us;
}

static void judge_server(struct check *c, struct share *shares, uint32_t count)
{
	for (struct share *s = shares; s < shares + count; s++) {
		const struct sys_server *v = server_of(s);

		find_worst(shares, count, s);
		if (!is_sure(s)) {
			report_warning(&c->report, c->fdt, s->guest->node, "budget-us", "vCPU %u "
				       "is not sure of its %u us in each %u us: on core %u others "
				       "of its priority (%u) or a higher one go first, and it can "
				       "take %lu us or more", s->vcpu, v->budget_us, v->period_us,
				       s->guest->cpu[s->vcpu], v->priority, s->worst_us);
		}
	}
}

static void judge_cyclic(struct check *c, const struct sys_core *core, const struct share *shares,
			 uint32_t count)
{
	for (const struct share *s = shares; s < shares + count; s++) {
		bool has_turn = false;

		for (uint32_t i = 0; i < core->turn_count; i++) {
			has_turn |= &c->system.guest[core->turn[i].guest] == s->guest &&
				    core->turn[i].vcpu == s->vcpu;
		}
		if (!has_turn) {
			report_warning(&c->report, c->fdt, s->guest->node, "cpus", "vCPU %u never "
				       "runs: core %u is cyclic, and no row of schedule is for it",
				       s->vcpu, s->guest->cpu[s->vcpu]);
		}
	}
}

void check_schedule(struct check *c)
{
	struct share shares[SYS_SLOT_MAX];

	for (uint32_t i = 0; i < SKERRY_CPU_MAX; i++) {
		const struct sys_core *core = &c->system.core[i];
		uint32_t count = find_shares(&c->system, i, shares);

		if (core->node && c->board_fdt && i >= c->board.cpu_count) {
			report_error(&c->report, c->fdt, core->node, "core", "is %u; the board has "
				     "cores 0 to %u", i, c->board.cpu_count - 1);
		} else if (core->node && !count) {
			report_warning(&c->report, c->fdt, core->node, "core", "no guest has a "
				       "vCPU on core %u", i);
		}
		if (core->policy == POLICY_SERVER) {
			judge_server(c, shares, count);
		} else if (core->policy == POLICY_CYCLIC) {
			judge_cyclic(c, core, shares, count);
		}
	}
	if (c->system.watchdog_ms && c->board_fdt && !c->board.pm.size) {
		report_warning(&c->report, c->fdt, 0, "watchdog-ms", "this board has no watchdog "
			       "that Skerry drives");
	}
}

static void print_server(const struct check *c, struct share *shares, uint32_t count)
{
	for (struct share *s = shares; s < shares + count; s++) {
		const struct sys_server *v = server_of(s);

		find_worst(shares, count, s);
		printf("%s:   %-12s vCPU %u, priority %2u: %6u us of each %7u, %6.2f %%", c->file,
		       s->guest->name, s->vcpu, v->priority, v->budget_us, v->period_us,
		       100.0 * v->budget_us / v->period_us);
		printf(", after %" PRIu64 " us %s\n", s->worst_us,
		       is_sure(s) ? "at the latest" : "or more");
	}
}

static void print_turns(const struct check *c, const struct sys_core *core)
{
	for (const struct sys_turn *t = core->turn; t < core->turn + core->turn_count; t++) {
		printf("%s:   %-12s vCPU %u, %u to %u us\n", c->file,
		       c->system.guest[t->guest].name, t->vcpu, t->start_us,
		       t->start_us + t->length_us);
	}
}

/* Of the core, in %: budgets, or turns. */
static double load_of(const struct check *c, const struct sys_core *core,
		      const struct share *shares, uint32_t count)
{
	double sum = 0;

	for (const struct share *s = shares; s < shares + count; s++) {
		sum += core->policy == POLICY_SERVER ?
		       100.0 * server_of(s)->budget_us / server_of(s)->period_us : 0;
	}
	for (const struct sys_turn *t = core->turn; t < core->turn + core->turn_count; t++) {
		sum += 100.0 * t->length_us / c->system.frame_us;
	}
	return sum;
}

void print_schedule(const struct check *c)
{
	struct share shares[SYS_SLOT_MAX];

	for (uint32_t i = 0; i < SKERRY_CPU_MAX; i++) {
		const struct sys_core *core = &c->system.core[i];
		uint32_t count = find_shares(&c->system, i, shares);

		if (core->policy == POLICY_STATIC || !count) {
			continue;
		}
		printf("%s: core %u: %s, %u vCPU%s, ", c->file, i, policies[core->policy], count,
		       count == 1 ? "" : "s");
		if (core->policy == POLICY_RR) {
			printf("slices of %u us\n", core->slice_us);
			continue;
		}
		printf("%.2f %% of it in %s%s\n", load_of(c, core, shares, count),
		       core->policy == POLICY_SERVER ? "budgets" : "turns",
		       core->slack ? ", what is left to whoever is ready" : "");
		if (core->policy == POLICY_SERVER) {
			print_server(c, shares, count);
		} else {
			print_turns(c, core);
		}
	}
}
