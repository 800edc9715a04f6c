/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What safety needs of the system's table, whoever made it: counts and indices, each guest's
 * memory, cores and segments, its devices as the board's tree has them, links, what each core's
 * policy needs. Boot-only; the same source is in skerry-check. Clashes between two guests'
 * pages or interrupts are refused where these are given out (core/boot/guests.c, gic_boot.c),
 * and told better by tools/check_clashes.c, as is spelling. Goes on after an error. Believes
 * nothing of the table.
 */
#include <core/boot/boot.h>

#define LOAD_WHOLE	((uint64_t)1000000000)	/* all of a core's time */

struct judge {
	struct system *system;
	const struct board *board;	/* or NULL, as board_fdt: no checks against one */
	const void *board_fdt;
	struct report *report;
	uint32_t vcpus[SKERRY_CPU_MAX];	/* given so far, by core */
	uint64_t load[SKERRY_CPU_MAX];	/* of servers' budgets: parts of LOAD_WHOLE */
	uint8_t ports[SKERRY_GUEST_MAX];	/* given so far */
};

const struct range system_fixed[] = {	/* names: tools/walk.h */
	{ SKERRY_GICD_BASE, SKERRY_GICR_BASE + SKERRY_GICR_STRIDE * SKERRY_VCPU_MAX -
	  SKERRY_GICD_BASE },
	{ SKERRY_PL011_BASE, PAGE_SIZE }, { SKERRY_PAGE_BASE, MIB(16) },
	{ SKERRY_INFO_BASE, MIB(16) },
	{ SKERRY_WINDOW_BASE, SKERRY_RAM_BASE - SKERRY_WINDOW_BASE }, { 0, 0 },
};

/* Where `condition` holds: an error, at a node of the description where there is one. */
#define bad_if(j, condition, node, property, ...) \
	((condition) ? report_error((j)->report, (j)->report->fdt, (node), (property), \
				    __VA_ARGS__) : false)

/* A number of the table that must be min..max. False: above, so nothing may rely on it. */
static bool check_number(struct judge *j, int node, const char *name, uint32_t value,
			 uint32_t min, uint32_t max)
{
	bad_if(j, value < min || value > max, node, name, "is out of range: %u, not %u to %u",
	       value, min, max);
	return value <= max;
}

static const struct range address_space = { 0, 1ull << SKERRY_IPA_BITS };

static void check_memory(struct judge *j, const struct sys_guest *g)
{
	for (uint32_t i = 0; i < g->bank_count; i++) {
		struct range m = g->bank[i];
		bool is_bad = !m.size || !is_aligned(m.base | m.size, PAGE_SIZE) ||
			      !range_holds(address_space, m.base, m.size) ||
			      (g->identity && m.base);

		for (const struct range *f = system_fixed; f->size; f++) {
			is_bad |= !g->identity && range_overlaps(m, *f);
		}
		for (uint32_t n = 0; n < i; n++) {
			is_bad |= range_overlaps(m, g->bank[n]);
		}
		bad_if(j, is_bad, g->node, g->identity ? "memory-size" : "memory",
		       "0x%lx, 0x%lx bytes: no pages that a guest may have", m.base, m.size);
	}
}

static void check_cpus(struct judge *j, const struct sys_guest *g)
{
	uint32_t cores = j->board ? j->board->cpu_count : SKERRY_CPU_MAX;

	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		uint32_t core = g->cpu[i], policy = j->system->core[core % SKERRY_CPU_MAX].policy;
		uint32_t most = policy == POLICY_STATIC ? 1 : SYS_SLOT_MAX;
		uint32_t budget = g->server[i].budget_us, period = g->server[i].period_us;

		bad_if(j, core >= cores, g->node, "cpus", "core %u is not there", core);
		bad_if(j, core < cores && j->vcpus[core]++ == most, g->node, "cpus", "core %u has "
		       "more than %u: sharing needs a policy in schedule, for up to %u", core,
		       most, SYS_SLOT_MAX);
		bad_if(j, policy == POLICY_SERVER &&
		       (budget < SYS_TIME_MIN_US || budget > period || period < SYS_PERIOD_MIN_US ||
			period > SYS_TIME_MAX_US), g->node, "budget-us", "vCPU %u gets %u us of "
		       "each %u: a period is %u to %u us, a budget %u us to all of it", i, budget,
		       period, SYS_PERIOD_MIN_US, SYS_TIME_MAX_US, SYS_TIME_MIN_US);
		j->load[core % SKERRY_CPU_MAX] += policy == POLICY_SERVER && period ?
						  budget * LOAD_WHOLE / period : 0;
	}
}

/* A core's policy; after the guests. */
static void check_core(struct judge *j, uint32_t core)
{
	const struct system *s = j->system;
	const struct sys_core *c = &s->core[core];
	uint32_t turns = c->policy == POLICY_CYCLIC ? SYS_TURN_MAX : 0;
	uint64_t end = 0, load = j->load[core] + LOAD_WHOLE / 10000 - 1;

	check_number(j, c->node, "policy", c->policy, 0, POLICIES - 1);
	bad_if(j, j->load[core] > LOAD_WHOLE, c->node, "policy", "core %u: budgets add up to "
	       "%lu.%02lu %% of it: 100 %% at most", core, load / (LOAD_WHOLE / 100),
	       load / (LOAD_WHOLE / 10000) % 100);
	check_number(j, c->node, "slice-us", c->slice_us,
		     c->policy == POLICY_RR ? SYS_TIME_MIN_US : 0, SYS_TIME_MAX_US);
	check_number(j, c->node, "frame-us", s->frame_us, turns ? SYS_PERIOD_MIN_US : 0,
		     SYS_TIME_MAX_US);
	if (!check_number(j, c->node, "turns", c->turn_count, 0, turns)) {
		return;
	}
	for (const struct sys_turn *t = c->turn; t < c->turn + c->turn_count; t++) {
		bool is_bad = t->start_us < end || t->length_us < SYS_TIME_MIN_US ||
			      t->guest >= s->guest_count ||
			      t->vcpu >= min_u64(s->guest[t->guest].vcpu_count, SKERRY_VCPU_MAX) ||
			      s->guest[t->guest].cpu[t->vcpu] != core;

		end = (uint64_t)t->start_us + t->length_us;
		bad_if(j, is_bad || end > s->frame_us, c->node, "turns", "core %u: the turn at %u "
		       "us can't be", core, t->start_us);
	}
}

static bool is_in_bank(const struct sys_guest *g, uint64_t base, uint64_t size)
{
	return size && guest_find_bank(g, base, size) < g->bank_count;
}

static void check_segments(struct judge *j, struct sys_guest *g)
{
	for (uint32_t i = 0; i <= g->segment_count; i++) {
		struct sys_segment *s = i < g->segment_count ? &g->segment[i] : &g->tree;

		s->image[SYS_IMAGE_MAX - 1] = '\0';
		j->report->in[1] = s->image;
		bad_if(j, !is_in_bank(g, s->at.base, s->at.size), s->node, "address",
		       "0x%lx, 0x%lx bytes: not in the guest's memory", s->at.base, s->at.size);
	}
	j->report->in[1] = NULL;
	bad_if(j, g->tree.at.base % 8, g->node, "tree", "is at no multiple of 8: 0x%lx",
	       g->tree.at.base);
	bad_if(j, g->entry % 4 || !is_in_bank(g, g->entry, 4), g->node, "entry",
	       "0x%lx: not in the guest's memory, or no multiple of 4", g->entry);
}

/* What the board's tree says of it. */
static void read_device(struct judge *j, struct sys_device *d)
{
	const void *fdt = j->board_fdt;
	int regs, irqs;
	struct dt_interrupt irq;
	bool is_ram = false;
	struct range r;

	d->board_node = strcmp(d->path, "stdout-path") ? dt_path(fdt, d->path) :
			j->board->uart_node;
	while ((regs = dt_reg(fdt, d->board_node, d->reg_count, &r)) == SKERRY_OK && r.size &&
	       d->reg_count < SYS_REG_MAX) {
		d->regs[d->reg_count++] = r;
		for (uint32_t i = 0; i < j->board->memory_count; i++) {
			is_ram |= range_overlaps(r, j->board->memory[i]);
		}
	}
	while ((irqs = dt_interrupt(fdt, d->board_node, j->board->gic_node, d->irq_count, &irq)) ==
	       SKERRY_OK && irq.intid >= 32 && d->irq_count < SYS_IRQ_MAX) {
		d->intid[d->irq_count] = irq.intid;
		d->edge[d->irq_count++] = (irq.flags & 3) != 0;
	}
	bad_if(j, is_ram || regs != SKERRY_AGAIN || !d->reg_count || irqs != SKERRY_AGAIN ||
	       !dt_is_enabled(fdt, d->board_node) || dt_has(fdt, d->board_node, "msi-controller"),
	       d->node, "device", "\"%s\" is not there, disabled, RAM, or no guest can have its "
	       "registers or interrupts", d->path);
	d->is_dma = !d->no_dma && d->board_node >= 0;
	for (const char *class = j->system->no_dma; *class; class += strlen(class) + 1) {
		d->is_dma &= !dt_is_compatible(fdt, d->board_node, class);
	}
}

/* Where its DMA gets to. A bus with several windows: the one with most memory in it. */
static void read_reach(struct judge *j, struct sys_guest *g, struct sys_device *d)
{
	uint64_t most = 0, memory;
	struct dt_dma dma;

	d->reach.size = 0;
	for (unsigned n = 0; dt_dma(j->board_fdt, d->board_node, n, &dma); n++) {
		memory = 0;
		for (uint32_t i = 0; i < j->board->memory_count; i++) {
			memory += range_common(dma.cpu, j->board->memory[i]).size;
		}
		if (memory > most) {
			most = memory;
			d->reach = dma.cpu;
			d->bus = dma.bus;
		}
	}
	g->reach_by = d->reach.size < g->reach.size ? d->name : g->reach_by;
	g->reach = range_common(g->reach, d->reach);
	bad_if(j, !g->reach.size, d->node, "device", "its DMA reaches no memory, or none that the "
	       "other devices of \"%s\" reach", g->name);
}

static void check_device(struct judge *j, struct sys_guest *g, struct sys_device *d)
{
	const struct sys_quiesce *q = d->quiesce;
	struct range first = { 0, UINT64_MAX };

	d->name[SKERRY_NAME_MAX - 1] = d->path[SYS_PATH_MAX - 1] = '\0';
	d->reg_count = d->irq_count = d->is_dma = 0;
	d->board_node = -1;
	j->report->in[1] = d->name;
	if (j->board) {
		read_device(j, d);
		first.size = d->regs[0].size;
	}
	check_number(j, d->node, "quiesce", d->quiesce_count, 0, SYS_QUIESCE_MAX);
	for (; q < d->quiesce + min_u64(d->quiesce_count, SYS_QUIESCE_MAX); q++) {
		bad_if(j, (q->width != 1 && q->width != 2 && q->width != 4) ||
		       q->offset % q->width || !range_holds(first, q->offset, q->width), d->node,
		       "quiesce", "0x%x, width %u: not in its first range", q->offset, q->width);
		check_number(j, d->node, "quiesce", q->limit_us, 0, SYS_QUIESCE_MAX_US);
	}
	bad_if(j, d->is_dma && !g->identity, d->node, "device", "may master the bus: its "
	       "guest \"%s\" needs identity (or no-dma here)", g->name);
	bad_if(j, d->is_dma && !d->quiesce_count, d->node, "quiesce", "is missing: the device "
	       "may master the bus (or no-dma here)");
	if (d->is_dma) {
		read_reach(j, g, d);
	}
	j->report->in[1] = NULL;
}

static void check_guest(struct judge *j, struct sys_guest *g)
{
	g->name[SKERRY_NAME_MAX - 1] = g->note[SYS_IMAGE_MAX - 1] = '\0';
	g->reach = address_space;
	g->reach_by = NULL;
	j->report->in[0] = g->name;
	if (check_number(j, g->node, "memory", g->bank_count, 1, g->identity ? 1 : SYS_BANK_MAX) &&
	    check_number(j, g->node, "cpus", g->vcpu_count, 1, SKERRY_VCPU_MAX) &&
	    check_number(j, g->node, "console", g->console, 0, CONSOLE_PL011) &&
	    check_number(j, g->node, "on-crash", g->on_crash, 0, CRASH_RESET_BOARD) &&
	    check_number(j, g->node, "after", g->after >> j->system->guest_count, 0, 0) &&
	    check_number(j, g->node, "control", g->control >> j->system->guest_count, 0, 0) &&
	    check_number(j, g->node, "segments", g->segment_count, 0, SYS_SEGMENT_MAX) &&
	    check_number(j, g->node, "devices", g->device_count, 0, SYS_DEVICE_MAX)) {
		check_memory(j, g);
		check_cpus(j, g);
		if (!g->refused) {
			check_segments(j, g);
		}
		for (uint32_t i = 0; i < g->device_count; i++) {
			check_device(j, g, &g->device[i]);
		}
	}
	j->report->in[0] = NULL;
}

static void check_window(struct judge *j, struct sys_window *w)
{
	uint64_t step = w->kind == SKERRY_WINDOW_SPLIT ? 2 * WINDOW_SIZE : WINDOW_SIZE;

	w->link_count = w->identity = 0;
	w->reach = address_space;
	bad_if(j, !w->size || !is_aligned(w->size, step) || w->size > address_space.size ||
	       w->kind > SKERRY_WINDOW_SHARED, 0, "links", "a window has 0x%lx bytes, kind %u",
	       w->size, w->kind);
}

/* Can a guest have the window there? Ports count up. */
static bool is_end_good(struct judge *j, struct sys_end *e, struct sys_window *w)
{
	struct range at = { e->base, w->size };
	bool is_bad = !is_aligned(at.base, WINDOW_SIZE) ||
		      !range_holds(address_space, at.base, at.size);

	if (e->guest >= j->system->guest_count || j->ports[e->guest] == SKERRY_PORT_MAX) {
		return false;
	}
	for (const struct range *f = system_fixed; f->size; f++) {
		is_bad |= f->base != SKERRY_WINDOW_BASE && range_overlaps(at, *f);
	}
	e->port = j->ports[e->guest]++;
	w->identity |= j->system->guest[e->guest].identity;
	w->reach = range_common(w->reach, j->system->guest[e->guest].reach);
	return !is_bad || j->system->guest[e->guest].identity;
}

static bool is_link_good(struct judge *j, struct sys_link *l)
{
	struct sys_window *w = j->system->window + l->window % SKERRY_LINK_MAX;
	struct sys_end *front = &l->end[SKERRY_FRONT], *back = &l->end[SKERRY_BACK];

	if (l->window >= j->system->window_count || front->guest == back->guest ||
	    l->transport > SKERRY_BY_REGISTER_PAGE || (w->link_count && w->front != front->guest) ||
	    !is_end_good(j, front, w) || !is_end_good(j, back, w)) {
		return false;
	}
	w->front = front->guest;
	l->back_index = (uint8_t)w->link_count++;
	return true;
}

int system_check(struct system *s, const struct board *b, const void *board_fdt, struct report *r)
{
	struct judge j = { .system = s, .board = b, .board_fdt = board_fdt, .report = r };
	uint32_t errors = r->errors, i;

	memset(s->no_dma + SYS_NO_DMA_MAX - 2, 0, 2);
	memset(s->dropped + SYS_DROPPED_MAX - 2, 0, 2);
	if (check_number(&j, 0, "guests", s->guest_count, 1, SKERRY_GUEST_MAX)) {
		check_number(&j, 0, "console-input", s->input + 1u, 0, s->guest_count);
		check_number(&j, 0, "console-driver", s->console_driver + 1u, 0, s->guest_count);
		for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
			check_guest(&j, g);
		}
		for (i = 0; i < SKERRY_CPU_MAX; i++) {
			check_core(&j, i);
		}
		check_number(&j, 0, "watchdog-ms", s->watchdog_ms,
			     s->watchdog_ms ? SYS_WATCHDOG_MIN_MS : 0, SYS_WATCHDOG_MAX_MS);
		if (check_number(&j, 0, "links", s->link_count, 0, SKERRY_LINK_MAX) &&
		    check_number(&j, 0, "windows", s->window_count, 0, SKERRY_LINK_MAX)) {
			for (i = 0; i < s->window_count; i++) {
				check_window(&j, &s->window[i]);
			}
			for (i = 0; i < s->link_count; i++) {
				s->link[i].name[SKERRY_NAME_MAX - 1] = '\0';
				s->link[i].registers = NULL;
				bad_if(&j, !is_link_good(&j, &s->link[i]), s->link[i].node, NULL,
				       "link %s: its guests, window or transport can't be",
				       s->link[i].name);
			}
		}
	}
	return r->errors == errors ? SKERRY_OK : SKERRY_INVALID;
}
