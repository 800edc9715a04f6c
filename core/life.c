/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/core.h>
/*
 * Life cycle of guests: the table of transitions, what each new state begins,
 * and the work that vCPUs' cores do for it. One lock for all guests, since the
 * end of the run is a question about all of them; never held while loading.
 */

static struct lock life_lock = LOCK_INIT(LOCK_LIFE);
static bool is_ending;		/* under life_lock: nothing starts again */
static bool has_ended;

#define IN(state)	(1u << GUEST_##state)

/* By event: from which states, to which, and where it stops, to which one then. */
static const struct {
	uint8_t from, to, next;
} arrows[LIFE_EVENTS] = {
	[LIFE_START] = { IN(ABSENT) | IN(STOPPED) | IN(CRASHED), GUEST_LOADING },
	[LIFE_LOADED] = { IN(LOADING), GUEST_RUNNING },
	[LIFE_LOAD_FAILED] = { IN(LOADING), GUEST_STOPPING, GUEST_CRASHED },
	[LIFE_OFF] = { IN(LOADING) | IN(RUNNING) | IN(PAUSED), GUEST_STOPPING, GUEST_STOPPED },
	[LIFE_RESET] = { IN(RUNNING) | IN(PAUSED), GUEST_STOPPING, GUEST_LOADING },
	[LIFE_CRASH] = { IN(RUNNING), GUEST_STOPPING, GUEST_CRASHED },
	[LIFE_PAUSE] = { IN(RUNNING), GUEST_PAUSED },
	[LIFE_RESUME] = { IN(PAUSED), GUEST_RUNNING },
	[LIFE_LAST_OUT] = { IN(STOPPING), GUEST_STOPPED },
	[LIFE_QUARANTINE] = { IN(STOPPING), GUEST_QUARANTINED },
};

static const char *const state_names[GUEST_STATES] = {
	"absent", "loading", "running", "paused", "stopping", "off", "crashed", "quarantined",
};

/* Counts crashes: is a restart after this one within the limit? */
static bool may_restart(struct guest *g)
{
	const struct sys_guest *c = g->config;
	uint64_t window = (uint64_t)c->restart_window_s * arch_time_hz();
	uint64_t now = arch_time_now();

	if (g->crash_count == 0 || now - g->crash_since > window) {
		g->crash_count = 0;
		g->crash_since = now;
	}
	if (g->crash_count++ < c->restart_limit) {
		return true;
	}
	log_line("%s: %u restarts within %u s were the limit: it stays down", c->name,
		 c->restart_limit, c->restart_window_s);
	return false;
}

static void begin_stopping(struct guest *g, enum life_event event)
{
	if (event == LIFE_CRASH && g->config->on_crash == CRASH_RESTART && may_restart(g)) {
		g->next_state = GUEST_LOADING;
	} else if (event != LIFE_OFF || g->next_state != GUEST_CRASHED) {	/* crash, pause */
		g->next_state = arrows[event].next;
	}
	g->is_scrubbing = false;
	store_relaxed(&g->left, 0);
}

static bool can_apply(const struct guest *g, enum life_event event)
{
	return arrows[event].from >> state_of(g) & 1;
}

/* Under life_lock. SKERRY_BUSY: no such arrow. */
static int apply_locked(struct guest *g, enum life_event event)
{
	enum guest_state to;

	if (event == LIFE_RESET && !can_apply(g, event)) {
		event = LIFE_START;
	}
	to = arrows[event].to;
	if (!can_apply(g, event) || (event == LIFE_START && is_ending) ||
	    (event == LIFE_RESUME && g->next_state == GUEST_CRASHED)) {
		return SKERRY_BUSY;
	}
	g->crashes += event == LIFE_CRASH;
	g->is_ordered = event == LIFE_START;
	if (event == LIFE_CRASH && g->config->on_crash == CRASH_PAUSE) {
		to = GUEST_PAUSED;
		g->next_state = GUEST_CRASHED;
	}
	if (event == LIFE_LAST_OUT) {
		to = g->next_state;
	}
	if (to == GUEST_STOPPING) {
		begin_stopping(g, event);
	}
	if (to == GUEST_LOADING) {
		load_begin(g, false);
		g->next_state = GUEST_STOPPED;
	}
	if (event == LIFE_PAUSE) {
		g->paused_at = arch_time_now();
	}
	store_release(&g->state, (uint8_t)to);
	if (event == LIFE_RESUME) {
		watchdog_shift(g, arch_time_now() - g->paused_at);
	}
	for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
		core_look(g->vcpu[i].cpu);
	}
	return SKERRY_OK;
}

/* Under life_lock: nothing starts again, and what is up goes down. */
static void begin_end(void)
{
	is_ending = true;
	for (uint32_t i = 0; i < guest_count; i++) {
		(void)apply_locked(&guests[i], LIFE_OFF);
		if (guests[i].next_state == GUEST_LOADING) {	/* it stopped already */
			guests[i].next_state = GUEST_STOPPED;
		}
	}
}

void life_check_end(void)
{
	uint32_t active = 0, wanted = 0;
	bool is_over;

	lock_acquire(&life_lock);
	for (uint32_t i = 0; i < guest_count; i++) {
		enum guest_state s = state_of(&guests[i]);
		bool is_active = s >= GUEST_LOADING && s <= GUEST_STOPPING;

		active += is_active;
		wanted += is_active && !guests[i].config->service;
	}
	if (wanted == 0 && !is_ending) {
		begin_end();
	}
	is_over = active == 0 && !has_ended;
	has_ended |= is_over;
	lock_release(&life_lock);
	if (!is_over) {
		return;
	}
	log_raw("skerry: end");		/* nobody else prints any more */
	for (uint32_t i = 0; i < guest_count; i++) {
		log_raw(" %s=%s", guests[i].config->name, guests[i].config->refused ?
			"refused" : state_names[state_of(&guests[i])]);
	}
	log_raw("\n");
	arch_board_end(true);
}

int life_apply(struct guest *g, enum life_event event)
{
	lock_scope(&life_lock);
	return apply_locked(g, event);
}

void life_end_run(void)
{
	lock_acquire(&life_lock);
	begin_end();
	lock_release(&life_lock);
	life_check_end();
}

static void after_crash(const struct guest *g)
{
	if (g->config->on_crash == CRASH_RESET_BOARD) {
		log_line("%s: the board is reset, as its description says", g->config->name);
		crash_note(g->vcpu, 0, "crashed: its description resets the board then");
		arch_board_end(false);
	}
	if (g->config->on_crash == CRASH_PAUSE) {
		log_line("%s: paused", g->config->name);
	}
}

void life_crash(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa)
{
	/* The first of its vCPUs speaks; until this one leaves its core, no life ends. */
	if (life_apply(v->guest, LIFE_CRASH) == SKERRY_OK) {
		crash_record(v, cause, esr, far, ipa);
		after_crash(v->guest);
	}
}

int life_force(struct guest *g, const char *why, const char *what)
{
	lock_scope(&life_lock);
	if (can_apply(g, LIFE_CRASH)) {
		g->forced[0] = why;
		g->forced[1] = what;
	}
	return apply_locked(g, LIFE_CRASH);	/* BUSY from where there is no such arrow */
}

/* vCPU 0's core: its registers are here. */
static void record_forced(struct vcpu *v)
{
	struct guest *g = v->guest;
	char cause[80];

	(void)format_to(cause, sizeof(cause), "%s %s", g->forced[0], g->forced[1]);
	g->forced[0] = NULL;
	crash_record(v, cause, 0, 0, 0);
	after_crash(g);
}

/* Those that come after it look again. */
void life_kick_waiting(uint32_t index)
{
	for (uint32_t i = 0; i < guest_count; i++) {
		if (guests[i].config->after >> index & 1) {
			core_look(guests[i].vcpu[0].cpu);
		}
	}
}

static void finish_stopping(struct guest *g, enum life_event event)
{
	enum guest_state next = event == LIFE_LAST_OUT ? g->next_state : GUEST_QUARANTINED;

	console_write(g->index, NULL, 0);
	/* said before the state changes: nothing comes after the run's last line */
	log_line("%s: %s", g->config->name, next == GUEST_LOADING ? "restarting" :
		 state_names[next]);
	life_apply(g, event);
	life_kick_waiting(g->index);
	life_check_end();
}

/* vCPU 0's core, all vCPUs off: one step of silencing and scrubbing the guest. */
static void stop_step(struct guest *g)
{
	enum pv_stop links;

	if (!g->is_scrubbing) {
		for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
			store_release(&g->vcpu[i].power, VCPU_OFF);
		}
		arch_guest_stop(g);
		store_relaxed(&g->watchdog, 0);
		console_pass(g, false);
		if (!quiesce_devices(g)) {
			finish_stopping(g, LIFE_QUARANTINE);
			return;
		}
		crash_keep_stack(g);
		pv_guest_change(g, false);
		load_begin(g, true);
		g->is_scrubbing = true;
	}
	links = load_step(g) == LOAD_MORE || console_drain() ? PV_MORE : pv_stop_step(g);
	if (links != PV_MORE) {
		finish_stopping(g, links == PV_DONE ? LIFE_LAST_OUT : LIFE_QUARANTINE);
	}
}

/* Has each guest that this one comes after run, or failed to? Does it serve its links?
 * Asked on each kick. */
static bool may_start(const struct guest *g)
{
	for (uint32_t i = 0; i < guest_count; i++) {
		const struct guest *first = &guests[i];
		enum guest_state s = state_of(first);

		if ((g->config->after >> i & 1) && !first->config->refused &&
		    (s <= GUEST_LOADING || (s == GUEST_RUNNING && !pv_has_offered(first)))) {
			return false;
		}
	}
	return true;
}

/* vCPU 0's core: one step. Who stops the guest meanwhile was faster: no arrow then. */
static bool load_step_to_run(struct guest *g)
{
	enum load_result result;

	if (g->is_ordered && !may_start(g)) {
		return false;
	}
	result = load_step(g);
	if (result == LOAD_BAD) {
		life_apply(g, LIFE_LOAD_FAILED);
	} else if (result == LOAD_DONE) {
		arch_guest_reset(g);
		vpl011_reset(g);
		pv_guest_change(g, true);
		g->vcpu[0].entry = g->config->entry;
		g->vcpu[0].context = g->config->tree.at.base;
		store_release(&g->vcpu[0].power, VCPU_STARTING);
		life_apply(g, LIFE_LOADED);
		life_kick_waiting(g->index);
	}
	return true;
}

bool life_work(struct vcpu *v)
{
	struct guest *g = v->guest;
	enum guest_state s = state_of(g);
	uint32_t left = load_acquire(&g->left);
	uint32_t all = (1u << g->config->vcpu_count) - 1;

	if (v->index == 0 && (s == GUEST_STOPPING || s == GUEST_PAUSED) && g->forced[0] != NULL) {
		record_forced(v);
		return true;		/* who reads the log has been woken, here maybe */
	}
	if (s == GUEST_STOPPING && !(left >> v->index & 1)) {	/* it leaves its core */
		if (vcpu_is_on(v)) {
			arch_vcpu_stop(v);
		}
		__atomic_fetch_or(&g->left, 1u << v->index, __ATOMIC_RELEASE);
		core_look(g->vcpu[0].cpu);
	} else if (s == GUEST_STOPPING && v->index == 0 && left == all) {
		stop_step(g);
	} else {
		return s == GUEST_LOADING && v->index == 0 && load_step_to_run(g);
	}
	return true;
}
