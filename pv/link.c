/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links: bells, events, and what the lives of the two guests do to a link. Each link has
 * its lock (LOCK_LINK), held for a bounded time and on one link at a time, never while
 * another guest is waited for.
 */
#include "pv.h"

#define ACK_LIMIT_S	1
#define READY_LIMIT_S	10	/* for the offer of a new life, where an acknowledgement is due */

static struct pv_link links[SKERRY_LINK_MAX] = {
	[0 ... SKERRY_LINK_MAX - 1] = { .lock = LOCK_INIT(LOCK_LINK) },
};
static uint64_t scrubbed[SKERRY_LINK_MAX];	/* bytes, by window; its guest's vCPU 0's core */
static uint8_t next_port[SKERRY_GUEST_MAX];	/* EVENT looks there first */

/* Each end that is guest g's, in the order of its ports. */
#define FOR_EACH_END(l, end, g) \
	for (struct pv_link *l = links; l < links + the_system.link_count; l++) \
		for (unsigned end = SKERRY_FRONT; end <= SKERRY_BACK; end++) \
			if (link_guest(l, end) == (g))

const struct sys_link *link_config(const struct pv_link *l) { return &the_system.link[l - links]; }

struct guest *link_guest(const struct pv_link *l, unsigned end)
{
	return &guests[link_config(l)->end[end].guest];
}

struct pv_link *link_find(const struct guest *g, uint64_t port, unsigned *end)
{
	FOR_EACH_END(l, e, g) {
		if (link_config(l)->end[e].port == port) {
			*end = e;
			return l;
		}
	}
	return NULL;
}

void link_ring(struct pv_link *l, unsigned end)
{
	++*arch_notified(link_guest(l, !end), link_config(l)->end[!end].port);
	lock_scope(&l->lock);
	if (end == SKERRY_FRONT && link_config(l)->registers != NULL) {
		page_interrupt(l, INTERRUPT_QUEUE);
	} else if (l->is_up[end]) {
		arch_event_raise(link_guest(l, end),
				 SKERRY_INTID_LINK(link_config(l)->end[end].port));
	}
}

int64_t hvc_notify(struct vcpu *v, uint64_t *x)
{
	unsigned end;
	struct pv_link *l = link_find(v->guest, x[1], &end);

	if (l == NULL) {
		return SKERRY_INVALID;
	}
	link_ring(l, !end);
	return SKERRY_OK;
}

void link_event(struct pv_link *l, unsigned end, uint32_t bits)
{
	if (l->is_up[end] && (bits & ~l->events[end])) {
		l->events[end] |= bits;
		arch_event_raise(link_guest(l, end), SKERRY_INTID_EVENT);
	}
}

static int64_t find_event(struct guest *g, uint64_t *x, unsigned from)
{
	FOR_EACH_END(l, end, g) {
		unsigned port = link_config(l)->end[end].port;

		lock_scope(&l->lock);
		if (port >= from && l->events[end] != 0) {
			x[1] = l->events[end];
			x[2] = l->epoch;
			l->events[end] = 0;
			return port;
		}
	}
	return SKERRY_AGAIN;
}

/* In turn: a peer that never ends to cause events keeps nobody else's back. */
int64_t hvc_event(struct vcpu *v, uint64_t *x)
{
	uint8_t *next = &next_port[v->guest->index];
	int64_t port = find_event(v->guest, x, load_relaxed(next));

	port = port < 0 ? find_event(v->guest, x, 0) : port;
	store_relaxed(next, (uint8_t)(port < 0 ? 0 : port + 1));
	return port;
}

void link_want_ack(struct pv_link *l, uint32_t event)
{
	store_relaxed(&l->is_ack_due, true);
	l->due_since = arch_time_now();
	link_event(l, SKERRY_BACK, event);
}

void link_acked(struct pv_link *l)
{
	if (l->is_reset_due) {
		device_reset(l);
		link_event(l, SKERRY_FRONT, SKERRY_EVENT_STATUS);
	}
	l->is_reset_due = false;
	store_release(&l->is_ack_due, false);
}

void link_enforce(struct pv_link *l)
{
	struct guest *back = link_guest(l, SKERRY_BACK);
	uint64_t now;
	bool is_late;

	lock_acquire(&l->lock);
	now = arch_time_now();			/* never before due_since, set by another core */
	is_late = l->is_ack_due && l->is_up[SKERRY_BACK] && now - l->due_since >
		  (uint64_t)(l->is_ready ? ACK_LIMIT_S : READY_LIMIT_S) * arch_time_hz();
	if (is_late) {
		l->due_since = now;		/* again, if that is not enough */
	} else if (l->is_ack_due && state_of(back) > GUEST_STOPPING) {
		link_acked(l);			/* its next life could not be loaded */
	}
	lock_release(&l->lock);
	if (is_late && life_force(back, "it does not let go of link", link_config(l)->name) != 0) {
		(void)life_apply(back, LIFE_OFF);	/* it is paused */
	}
}

bool pv_has_offered(const struct guest *g)
{
	FOR_EACH_END(l, end, g) {
		if (end == SKERRY_BACK && !load_acquire(&l->is_ready)) {
			return false;
		}
	}
	return true;
}

/* What its new life finds: events from before are gone. */
static void begin_end(struct pv_link *l, unsigned end)
{
	l->is_up[end] = true;
	l->events[end] = 0;
	l->due_since = arch_time_now();
	page_update(l);
	link_event(l, end, (l->is_up[!end] ? SKERRY_EVENT_UP : 0) |
		   (end == SKERRY_FRONT && l->is_offered ? SKERRY_EVENT_OFFER : 0));
	link_event(l, !end, SKERRY_EVENT_UP);
}

static void end_end(struct pv_link *l, unsigned end)
{
	l->is_up[end] = false;
	if (end == SKERRY_BACK) {
		l->is_ready = false;
		l->is_expected = link_guest(l, end)->next_state == GUEST_LOADING;
		if (!l->is_reset_due || !l->is_expected) {
			link_acked(l);
		}
		return;
	}
	scrubbed[link_config(l)->window] = 0;
	l->epoch++;
	l->is_reset_due = false;
	device_reset(l);
	link_acked(l);
	if (l->is_ready) {
		link_want_ack(l, SKERRY_EVENT_DOWN);
	}
}

void pv_guest_change(const struct guest *g, bool begins)
{
	FOR_EACH_END(l, end, g) {
		lock_scope(&l->lock);
		if (begins) {
			begin_end(l, end);
		} else if (l->is_up[end]) {	/* else this life never began */
			end_end(l, end);
		}
	}
}

enum pv_stop pv_stop_step(const struct guest *g)
{
	FOR_EACH_END(l, end, g) {
		bool is_bad = state_of(link_guest(l, SKERRY_BACK)) == GUEST_QUARANTINED;

		if (end == SKERRY_FRONT && (is_bad || load_acquire(&l->is_ack_due))) {
			link_enforce(l);
			return is_bad ? PV_BAD : PV_MORE;
		}
	}
	for (uint32_t i = 0; i < the_system.window_count; i++) {
		const struct sys_window *w = &the_system.window[i];
		uint64_t size = min_u64(window_whole(w) - scrubbed[i], STEP_SIZE);

		if (w->front == g->index && size != 0) {
			arch_zero(arch_window_map(pa_add(w->host, scrubbed[i]), size, false), size);
			arch_window_unmap();
			scrubbed[i] += size;
			return PV_MORE;
		}
	}
	return PV_DONE;
}
