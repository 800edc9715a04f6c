/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start, stop, restart, pause, resume, kill: asks EL2, then waits until it is done, as far
 * as that can be seen.
 */
#include "shell.h"

#define LOOK_US		10000
#define PATIENCE_S	30

struct act {
	const char *from;		/* states that it is for */
	const char *ing;
};

static const struct act acts[SKERRY_CONTROL_COUNT] = {
	[SKERRY_CONTROL_START] = { "absent, stopped or crashed", "starting" },
	[SKERRY_CONTROL_STOP] = { "running, paused or loading", "stopping" },
	[SKERRY_CONTROL_RESTART] = { "running, paused, absent, stopped or crashed", "restarting" },
	[SKERRY_CONTROL_PAUSE] = { "running", "pausing" },
	[SKERRY_CONTROL_RESUME] = { "paused", "resuming" },
	[SKERRY_CONTROL_CRASH] = { "running", "killing" },
};

/* Has what was asked for come to an end? `before`: its statistics as it was asked. */
static bool is_done(uint32_t operation, const struct skerry_stats *before,
		    const struct skerry_stats *now)
{
	uint32_t s = now->state;

	if (s == SKERRY_STATE_LOADING || s == SKERRY_STATE_STOPPING) {
		return false;
	}
	switch (operation) {
	case SKERRY_CONTROL_RESTART:
		return s != SKERRY_STATE_RUNNING || now->life != before->life;
	case SKERRY_CONTROL_CRASH:
		return s != SKERRY_STATE_RUNNING || now->crashes != before->crashes;
	default:
		return true;
	}
}

static void say_state(const struct request *r, bool is_over)
{
	const struct member *m = &board[r->guest];
	const char *state = word_state(m->stats.state);

	if (r->is_json) {
		json_begin();
		json_open(NULL, '{');
		json_string("name", m->name);
		json_string("state", state);
		json_number("life", m->stats.life);
		json_bool("done", is_over);
		json_close('}');
		json_end();
	} else {
		say("%s: %s%s, life %lu\n", m->name, is_over ? "" : "still ", state,
		    m->stats.life);
	}
}

/* A key ends the waiting, not what was asked for. */
static void wait_for_it(const struct request *r, const struct skerry_stats *before)
{
	struct member *m = &board[r->guest];
	uint64_t end = port_now() + PATIENCE_S * port_hz();
	bool is_over;

	say_flush();
	for (;;) {
		if (!board_update_one((uint32_t)r->guest)) {
			complain(r, "%s: asked, but its state is %s", m->name,
				 word_result(m->result));
			return;
		}
		is_over = is_done(r->command->number, before, &m->stats);
		if (is_over || port_now() > end || port_wait(LOOK_US)) {
			break;
		}
	}
	say_state(r, is_over);
}

void run_act(const struct request *r)
{
	const struct act *act = &acts[r->command->number];
	struct member *m = &board[r->guest];
	bool has_stats = board_update_one((uint32_t)r->guest);
	struct skerry_stats before = m->stats;
	int64_t result = port_control((uint32_t)r->guest, r->command->number);

	if (has_stats && before.state == SKERRY_STATE_REFUSED) {
		complain(r, "%s is refused: its image is missing or damaged", m->name);
	} else if (result == SKERRY_BUSY && has_stats) {
		complain(r, "%s is %s: %s is for one that is %s", m->name,
			 word_state(before.state), r->command->name, act->from);
	} else if (result == SKERRY_BUSY) {
		complain(r, "%s: %s is for one that is %s", m->name, r->command->name, act->from);
	} else if (result != SKERRY_OK) {
		complain(r, "%s: %s: %s", m->name, r->command->name, word_result(result));
	} else if (!has_stats) {
		complain(r, "%s: %s", m->name, act->ing);
	} else {
		wait_for_it(r, &before);
	}
}
