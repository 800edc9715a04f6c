/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top: who uses what since the last look, each second. On a terminal of its own (the
 * console's focus) it stays in place; in the view of all its tables follow each other.
 */
#include "shell.h"

#define SECOND_US	1000000

struct row {
	uint32_t guest;
	struct usage usage;		/* since the last look */
};

static struct usage last[SKERRY_GUEST_MAX];
static uint64_t last_time[SKERRY_GUEST_MAX];

/* Thousandths of a core: rounded, so that those who have one of their own are alike. */
static uint64_t weight(const struct row *r)
{
	uint64_t all = usage_time(&r->usage) / 1000;

	return (all ? (r->usage.run + all / 2) / all : 0) * board[r->guest].stats.vcpu_count;
}

/* Most of a core's time first, then most exits, then as described. */
static bool is_before(const struct row *a, const struct row *b)
{
	uint64_t weight_a = weight(a), weight_b = weight(b);

	if (weight_a != weight_b) {
		return weight_a > weight_b;
	}
	if (a->usage.exit_sum != b->usage.exit_sum) {
		return a->usage.exit_sum > b->usage.exit_sum;
	}
	return a->guest < b->guest;
}

static uint32_t look(struct row *rows, uint64_t *elapsed)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		struct row row = { .guest = i };
		struct usage now;
		uint32_t at = count;

		if (!board[i].is_ours || !board_update_one(i)) {
			continue;
		}
		usage_of(&board[i].stats, &now);
		row.usage = now;
		usage_since(&row.usage, &last[i]);
		elapsed[i] = board[i].stats.now - last_time[i];
		last[i] = now;
		last_time[i] = board[i].stats.now;
		for (; at && is_before(&row, &rows[at - 1]); at--) {
			rows[at] = rows[at - 1];
		}
		rows[at] = row;
		count++;
	}
	return count;
}

static uint64_t a_second(uint64_t count, uint64_t ticks)
{
	return ticks ? count * port_hz() / ticks : 0;
}

static uint64_t restarts(const struct skerry_stats *s)
{
	return s->life ? s->life - 1 : 0;
}

static void say_top(const struct row *rows, uint32_t count, const uint64_t *elapsed)
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < count; i++) {
		running += board[rows[i].guest].stats.state == SKERRY_STATE_RUNNING;
	}
	say("\033[H\033[Jup %s, %u guests, %u running; a key ends\n",
	    text_time(port_now() - port_begin()), count, running);
	table_begin("GUEST STATE CORES POLICY +RUN% +STOLEN% +IDLE% +EXITS/s +NOTIFY/s +RESTARTS");
	for (uint32_t i = 0; i < count; i++) {
		const struct usage *u = &rows[i].usage;
		const struct member *m = &board[rows[i].guest];
		uint64_t ticks = elapsed[rows[i].guest];

		table_cell("%s", m->name);
		table_cell("%s", word_state(m->stats.state));
		table_cell("%s", text_cores(&m->stats));
		table_cell("%s", text_policy(&m->stats));
		table_cell("%s", text_share(u->run, usage_time(u)));
		table_cell("%s", text_share(u->stolen, usage_time(u)));
		table_cell("%s", text_share(u->idle, usage_time(u)));
		table_cell("%lu", a_second(u->exit_sum, ticks));
		table_cell("%lu", a_second(u->notified, ticks));
		table_cell("%lu", restarts(&m->stats));
	}
	table_end();
	say_flush();
}

static void json_top(const struct row *rows, uint32_t count, const uint64_t *elapsed)
{
	json_begin();
	json_open(NULL, '{');
	json_seconds("uptime_s", port_now() - port_begin());
	json_open("guests", '[');
	for (uint32_t i = 0; i < count; i++) {
		const struct usage *u = &rows[i].usage;
		const struct member *m = &board[rows[i].guest];
		uint64_t ticks = elapsed[rows[i].guest];

		json_open(NULL, '{');
		json_string("name", m->name);
		json_string("state", word_state(m->stats.state));
		json_string("policy", text_policy(&m->stats));
		json_share("run_percent", u->run, usage_time(u));
		json_share("stolen_percent", u->stolen, usage_time(u));
		json_share("idle_percent", u->idle, usage_time(u));
		json_number("exits_per_s", a_second(u->exit_sum, ticks));
		json_number("notifications_per_s", a_second(u->notified, ticks));
		json_number("restarts", restarts(&m->stats));
		json_close('}');
	}
	json_close(']');
	json_close('}');
	json_end();
}

/* Is one of ours without figures? Then there is nothing to show; and that was said. */
static bool has_none(const struct request *r)
{
	uint32_t ours = 0;

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours) {
			ours++;
			if (!wants_stats(r, i)) {
				return true;
			}
		}
	}
	if (!ours) {
		complain(r, "no guest may be managed from here");
	}
	return !ours;
}

void run_top(const struct request *r)
{
	struct row rows[SKERRY_GUEST_MAX];
	uint64_t elapsed[SKERRY_GUEST_MAX];
	uint64_t turns = r->has_count ? r->count : UINT64_MAX;

	if (has_none(r)) {
		return;
	}
	(void)look(rows, elapsed);
	if (port_wait(SECOND_US / 4)) {			/* the first one: of a quarter */
		turns = turns < 1 ? turns : 1;
	}
	for (uint64_t turn = 0; turn < turns; turn++) {
		uint32_t count = look(rows, elapsed);

		if (r->is_json) {
			json_top(rows, count, elapsed);
		} else {
			say_top(rows, count, elapsed);
		}
		if (turn + 1 < turns && port_wait(SECOND_US)) {
			break;
		}
	}
	port_drop_keys();
}
