/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads how cores are shared: the policies and rows of /schedule, after the guests, then
 * priority, budget and period of vCPUs on cores of the policy `server`. A row becomes turns of
 * its vCPUs' cores, in the order of their start; one that can't be is told and left out. What
 * the numbers must be is system_check()'s. Runs on the host only.
 */
#include <string.h>
#include <lib/string.h>
#include "parse.h"

#define SLICE_US	1000		/* where slice-us is not given */

struct schedule {
	struct parse *p;
	int node;			/* /schedule; negative: there is none */
	int rows[SKERRY_CPU_MAX][SYS_TURN_MAX];	/* node of each turn, as in sys_core.turn[] */
};

/* A property of one number, told where it is something else or must be there and is not. */
static bool parse_number(struct parse *p, int node, const char *name, bool must, uint32_t *value)
{
	const fdt32_t *c;
	bool is_there = parse_cells(p, node, name, 1, 1, must, &c);

	*value = is_there ? fdt32_ld(c) : *value;
	return is_there;
}

static void parse_core(struct schedule *k, int node)
{
	struct parse *p = k->p;
	struct sys_core *c;
	uint32_t core = 0;

	if (!parse_number(p, node, "core", true, &core) ||
	    bad_if(p, core >= SKERRY_CPU_MAX, node, "core", "is %u; it can be 0 to %u", core,
		   SKERRY_CPU_MAX - 1) ||
	    bad_if(p, p->system->core[core].node, node, "core", "is %u, as in node \"%s\"", core,
		   dt_name(p->fdt, p->system->core[core].node))) {
		return;
	}
	c = &p->system->core[core];
	c->node = node;
	bad_if(p, !dt_has(p->fdt, node, "policy"), node, "policy", "is missing");
	c->policy = parse_choice(p, node, "policy", "static cyclic server rr");
	c->slack = dt_has(p->fdt, node, "slack");
	bad_if(p, c->slack && c->policy != POLICY_SERVER, node, "slack", "goes with policy = "
	       "\"server\"");
	bad_if(p, c->policy != POLICY_RR && dt_has(p->fdt, node, "slice-us"), node, "slice-us",
	       "goes with policy = \"rr\"");
	c->slice_us = c->policy == POLICY_RR ? SLICE_US : 0;
	if (c->policy == POLICY_RR) {
		parse_number(p, node, "slice-us", false, &c->slice_us);
	}
}

/* The major frame, and whether it is needed: where it is bad, the longest, so that nothing
 * more is said about it. */
static void parse_frame(struct schedule *k)
{
	struct system *s = k->p->system;
	bool is_cyclic = false, is_there = dt_has(k->p->fdt, k->node, "frame-us");

	for (uint32_t i = 0; i < SKERRY_CPU_MAX; i++) {
		is_cyclic |= s->core[i].policy == POLICY_CYCLIC;
	}
	bad_if(k->p, is_there && !is_cyclic, k->node, "frame-us", "goes with cores of the policy "
	       "cyclic: there are none");
	if (is_cyclic && (!parse_number(k->p, k->node, "frame-us", true, &s->frame_us) ||
			  bad_if(k->p, s->frame_us < SYS_PERIOD_MIN_US ||
				 s->frame_us > SYS_TIME_MAX_US, k->node, "frame-us", "is %u; it "
				 "can be %u to %u", s->frame_us, SYS_PERIOD_MIN_US,
				 SYS_TIME_MAX_US))) {
		s->frame_us = SYS_TIME_MAX_US;
	}
}

/* A turn into its place. */
static void add_turn(struct schedule *k, int node, const struct sys_turn *turn)
{
	const struct sys_guest *g = &k->p->system->guest[turn->guest];
	uint32_t core = g->cpu[turn->vcpu], at;
	struct sys_core *c = &k->p->system->core[core];
	struct sys_turn *t = c->turn;
	int *rows = k->rows[core];

	if (bad_if(k->p, c->turn_count == SYS_TURN_MAX, node, NULL, "is one too many for core %u: "
		   "%u at most", core, SYS_TURN_MAX)) {
		return;
	}
	for (at = c->turn_count; at && t[at - 1].start_us > turn->start_us; at--) {
	}
	for (uint32_t n = at ? at - 1 : 0; n < c->turn_count && n <= at; n++) {
		bool before = t[n].start_us <= turn->start_us;
		uint64_t end = before ? (uint64_t)t[n].start_us + t[n].length_us :
			       (uint64_t)turn->start_us + turn->length_us;

		if (bad_if(k->p, rows[n] == node, node, "guest", "has two vCPUs on core %u: give "
			   "each a row, with vcpus", core) ||
		    bad_if(k->p, end > (before ? turn->start_us : t[n].start_us), node, "start-us",
			   "core %u: %u to %lu us overlaps row \"%s\", %u to %lu us", core,
			   turn->start_us, (uint64_t)turn->start_us + turn->length_us,
			   dt_name(k->p->fdt, rows[n]), t[n].start_us,
			   (uint64_t)t[n].start_us + t[n].length_us)) {
			return;
		}
	}
	memmove(t + at + 1, t + at, (c->turn_count - at) * sizeof(*t));
	memmove(rows + at + 1, rows + at, (c->turn_count++ - at) * sizeof(*rows));
	t[at] = *turn;
	rows[at] = node;
}

/* Which vCPUs a row is for: those of `vcpus`, or all on cyclic cores. */
static uint32_t parse_vcpus(struct parse *p, int node, const struct sys_guest *g)
{
	const struct sys_core *cores = p->system->core;
	const fdt32_t *c;
	uint32_t mask = 0, given, on_cyclic = 0;

	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		on_cyclic |= (g->cpu[i] < SKERRY_CPU_MAX &&
			      cores[g->cpu[i]].policy == POLICY_CYCLIC) << i;
	}
	if (!dt_has(p->fdt, node, "vcpus")) {
		bad_if(p, !on_cyclic, node, "guest", "\"%s\" has no vCPU on a core of the policy "
		       "cyclic", g->name);
		return on_cyclic;
	}
	for (uint32_t n = parse_cells(p, node, "vcpus", 1, SKERRY_VCPU_MAX, false, &c); n; n--) {
		given = fdt32_ld(c++);
		if (!bad_if(p, given >= g->vcpu_count, node, "vcpus", "names vCPU %u; \"%s\" has "
			    "0 to %u", given, g->name, g->vcpu_count - 1) &&
		    !bad_if(p, !(on_cyclic & 1u << given), node, "vcpus", "vCPU %u of \"%s\" is "
			    "not on a core of the policy cyclic", given, g->name)) {
			mask |= 1u << given;
		}
	}
	return mask;
}

static void parse_row(struct schedule *k, int node)
{
	struct parse *p = k->p;
	const struct system *s = p->system;
	uint32_t guest = parse_guests(p, node, "guest", 1), vcpus;
	struct sys_turn t = { 0 };
	uint64_t end;

	if (!guest || !parse_number(p, node, "start-us", true, &t.start_us) ||
	    !parse_number(p, node, "length-us", true, &t.length_us) ||
	    bad_if(p, t.length_us < SYS_TIME_MIN_US, node, "length-us", "is %u; %u at least",
		   t.length_us, SYS_TIME_MIN_US)) {
		return;
	}
	t.guest = (uint8_t)(__builtin_ffs((int)guest) - 1);
	vcpus = parse_vcpus(p, node, &s->guest[t.guest]);
	end = (uint64_t)t.start_us + t.length_us;
	if (bad_if(p, vcpus && end > s->frame_us, node, "length-us", "ends %lu us into the major "
		   "frame, which has %u", end, s->frame_us)) {
		return;
	}
	for (t.vcpu = 0; vcpus >> t.vcpu; t.vcpu++) {
		if (vcpus & 1u << t.vcpu) {
			add_turn(k, node, &t);
		}
	}
}

/* One of priority, budget-us and period-us: a number for all vCPUs, or one for each. Where it
 * is bad, told, `otherwise`, about which nothing more need be said. */
static void parse_server(struct parse *p, const struct sys_guest *g, uint32_t mask,
			 const char *name, uint32_t value[SKERRY_VCPU_MAX], uint32_t otherwise)
{
	const fdt32_t *c;
	uint32_t n = parse_cells(p, g->node, name, 1, SKERRY_VCPU_MAX, false, &c);

	bad_if(p, !mask && n, g->node, name, "goes with vCPUs on cores of the policy server: "
	       "\"%s\" has none", g->name);
	bad_if(p, mask && !dt_has(p->fdt, g->node, name), g->node, name, "is missing: the guest "
	       "has a vCPU on core %u, whose policy is server",
	       g->cpu[(__builtin_ffs((int)mask) - 1) % SKERRY_VCPU_MAX]);
	if (bad_if(p, mask && n > 1 && n != g->vcpu_count, g->node, name, "has %u numbers; it "
		   "takes one, or one for each of the %u vCPUs", n, g->vcpu_count)) {
		n = 0;
	}
	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		value[i] = n ? fdt32_ld(c + (n == 1 ? 0 : i)) : otherwise;
	}
}

static void parse_servers(struct parse *p, struct sys_guest *g)
{
	uint32_t priority[SKERRY_VCPU_MAX], budget[SKERRY_VCPU_MAX], period[SKERRY_VCPU_MAX];
	uint32_t mask = 0;

	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		mask |= (g->cpu[i] < SKERRY_CPU_MAX &&
			 p->system->core[g->cpu[i]].policy == POLICY_SERVER) << i;
	}
	parse_server(p, g, mask, "priority", priority, 0);
	parse_server(p, g, mask, "budget-us", budget, SYS_TIME_MIN_US);
	parse_server(p, g, mask, "period-us", period, SYS_TIME_MAX_US);
	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		if (mask & 1u << i) {
			g->server[i] = (struct sys_server){ priority[i], budget[i], period[i] };
		}
	}
}

void parse_schedule(struct parse *p)
{
	static struct schedule k;
	struct system *s = p->system;
	int node = -1;

	k = (struct schedule){ .p = p, .node = dt_path(p->fdt, "/schedule") };
	while ((node = dt_child(p->fdt, k.node, node)) >= 0) {
		bool is_core = dt_has(p->fdt, node, "core");

		bad_if(p, is_core == dt_has(p->fdt, node, "guest"), node, NULL, "must have either "
		       "core (the policy of one) or guest (a row of the cyclic cores)");
		if (is_core) {
			parse_core(&k, node);
		}
	}
	parse_frame(&k);
	while ((node = dt_child(p->fdt, k.node, node)) >= 0) {
		if (dt_has(p->fdt, node, "guest") && !dt_has(p->fdt, node, "core")) {
			parse_row(&k, node);
		}
	}
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		parse_servers(p, g);
	}
}
