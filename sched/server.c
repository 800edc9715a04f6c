/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy server: fixed priorities, each vCPU a sporadic server. What it uses of its
 * budget in one piece comes back a period after that piece began, so no interval of one
 * period holds more than the budget: max(left, 0) and all refills always add up to it.
 * When the table of refills is full, the two that are closest become one, which comes back
 * when the later would have: later, never earlier, and by a fifteenth of a period at most.
 */
#include "sched.h"

static void remove_refill(struct sched_server *s, uint32_t i)
{
	for (s->refill_count--; i < s->refill_count; i++) {
		s->refill[i] = s->refill[i + 1];
	}
}

/* A full table: of all neighbours those two that began within the shortest time become one. */
static void add_refill(struct sched_server *s, uint64_t begin, uint64_t amount)
{
	struct sched_refill *best = s->refill;

	if (s->refill_count == SCHED_REFILLS) {
		for (struct sched_refill *r = best; r < &s->refill[SCHED_REFILLS - 1]; r++) {
			best = r[1].last - r->first < best[1].last - best->first ? r : best;
		}
		best[1].first = best->first;
		best[1].amount += best->amount;
		remove_refill(s, (uint32_t)(best - s->refill));
	}
	s->refill[s->refill_count++] = (struct sched_refill){ begin, begin, amount };
}

/* The current one ran since the last pick: from its budget, and what is more is owed. */
static void charge(struct sched_core *c, uint64_t now)
{
	struct sched_server *s = c->server[c->current];
	uint64_t used = now - c->since, paid = min_u64(used, (uint64_t)s->left);

	if (now <= c->since) {
		return;
	}
	s->left -= (int64_t)used;
	if (!c->is_piece || !s->refill_count) {
		add_refill(s, c->since, 0);
	}
	s->refill[s->refill_count - 1].amount += paid;
	c->is_piece = true;
}

/* What has come back; what is owed is used at once, for a period again. Its next refill is
 * later than now: a period is at least one tick. */
static void replenish(struct sched_server *s, uint64_t now)
{
	while (s->refill_count && s->refill[0].last + s->period <= now) {
		uint64_t amount = s->refill[0].amount;
		uint64_t owed = s->left < 0 ? min_u64((uint64_t)-s->left, amount) : 0;

		remove_refill(s, 0);
		s->left += (int64_t)amount;
		if (owed) {
			add_refill(s, now, owed);
		}
	}
}

/* Of `mask`, which is not empty, those of the highest priority; of these `keep`, or the one
 * after `last`. */
static int choose(const struct sched_core *c, uint32_t mask, int keep, uint32_t *last)
{
	uint32_t slot = (uint32_t)__builtin_ctz(mask);

	while (mask & c->server[slot]->above) {
		slot = (uint32_t)__builtin_ctz(mask & c->server[slot]->above);
	}
	mask &= c->server[slot]->equal;
	*last = keep >= 0 && (mask >> keep & 1) ? (uint32_t)keep : sched_after(mask, *last);
	return (int)*last;
}

/* When the first of those in `mask` has budget again; none of them has any. */
static uint64_t next_refill(const struct sched_core *c, uint32_t mask)
{
	uint64_t next = UINT64_MAX;

	for (; mask; mask &= mask - 1) {
		const struct sched_server *s = c->server[__builtin_ctz(mask)];

		next = min_u64(next, s->refill[0].last + s->period);
	}
	return next;
}

int sched_pick_server(struct sched_core *c, uint64_t now, uint64_t *until)
{
	int ran = c->is_paying ? c->current : SCHED_NONE, slot;
	uint32_t funded = 0;

	if (c->is_paying) {
		charge(c, now);
	} else if (c->current != SCHED_NONE) {
		c->slack_left -= min_u64(c->slack_left, now - c->since);
	}
	c->since = now;
	for (uint32_t m = c->runnable; m; m &= m - 1) {
		slot = __builtin_ctz(m);
		replenish(c->server[slot], now);
		funded |= (uint32_t)(c->server[slot]->left > 0) << slot;
	}
	c->is_paying = funded != 0;
	if (funded) {
		slot = choose(c, funded, ran, &c->last[true]);
		c->is_piece &= slot == ran;
		*until = min_u64(now + (uint64_t)c->server[slot]->left,
				 next_refill(c, c->runnable & c->server[slot]->above));
		return c->current = slot;
	}
	*until = next_refill(c, c->runnable);
	if (!c->has_slack || !c->runnable) {
		return c->current = SCHED_NONE;
	}
	ran = c->slack_left ? (int)c->last[false] : SCHED_NONE;
	slot = choose(c, c->runnable, ran, &c->last[false]);
	c->slack_left = slot == ran ? c->slack_left : c->slice;
	*until = min_u64(*until, now + c->slack_left);
	return c->current = slot;
}
