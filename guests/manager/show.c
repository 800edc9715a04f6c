/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list, info, stats: the guests as their statistics pages show them.
 */
#include "shell.h"

static uint64_t age_of(const struct skerry_stats *s)
{
	bool is_up = s->state == SKERRY_STATE_RUNNING || s->state == SKERRY_STATE_PAUSED;

	return is_up && s->now > s->life_begin ? s->now - s->life_begin : 0;
}

static void list_row(uint32_t i)
{
	const struct member *m = &board[i];
	const struct skerry_stats *s = &m->stats;

	table_cell("%s", m->name);
	if (m->result != SKERRY_OK) {
		for (uint32_t n = 0; n < 8; n++) {
			table_cell("?");
		}
		return;
	}
	table_cell("%s", word_state(s->state));
	table_cell("%u", s->vcpu_count);
	table_cell("%s", text_cores(s));
	table_cell("%s", text_policy(s));
	table_cell("%s", text_size(s->memory));
	table_cell("%lu", s->life);
	table_cell("%lu", s->crashes);
	table_cell("%s", age_of(s) ? text_time(age_of(s)) : "-");
}

static void json_cores(const struct skerry_stats *s)
{
	json_open("cores", '[');
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		json_number(NULL, s->vcpu[i].core);
	}
	json_close(']');
}

/* What list and info have in common; the object stays open. */
static void json_guest(uint32_t i)
{
	const struct member *m = &board[i];
	const struct skerry_stats *s = &m->stats;

	json_open(NULL, '{');
	json_string("name", m->name);
	json_number("index", i);
	if (m->result != SKERRY_OK) {
		json_null("state");
		json_string("error", word_result(m->result));
		return;
	}
	json_string("state", word_state(s->state));
	json_number("vcpus", s->vcpu_count);
	json_cores(s);
	json_string("policy", text_policy(s));
	json_number("memory", s->memory);
	json_number("life", s->life);
	json_number("crashes", s->crashes);
	json_bool("has_crash_record", s->has_crash != 0);
	json_seconds("uptime_s", age_of(s));
}

/* One line below a table, where figures are missing. */
static void say_errors(void)
{
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours && board[i].result != SKERRY_OK) {
			say("?: statistics are %s\n", word_result(board[i].result));
			return;
		}
	}
}

static void begin_rows(const struct request *r, const char *columns)
{
	if (r->is_json) {
		json_begin();
		json_open(NULL, '[');
	} else {
		table_begin(columns);
	}
}

static void end_rows(const struct request *r)
{
	if (r->is_json) {
		json_close(']');
		json_end();
	} else {
		table_end();
		say_errors();
	}
}

void run_list(const struct request *r)
{
	board_update();
	begin_rows(r, "GUEST STATE +VCPUS CORES POLICY +MEMORY +LIFE +CRASHES +UP");
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours && r->is_json) {
			json_guest(i);
			json_close('}');
		} else if (board[i].is_ours) {
			list_row(i);
		}
	}
	end_rows(r);
}

static const char *word_role(const struct skerry_port_stats *p)
{
	return p->role == SKERRY_FRONT ? "front" : "back";
}

static void json_links(const struct skerry_stats *s)
{
	json_open("links", '[');
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		const struct skerry_port_stats *p = &s->port[i];

		if (p->link[0]) {
			json_open(NULL, '{');
			json_string("name", p->link);
			json_string("type", word_link(p->type));
			json_string("role", word_role(p));
			json_string("peer", board_name(p->peer));
			json_number("notified", p->notified);
			json_close('}');
		}
	}
	json_close(']');
}

static void json_vcpus(const struct skerry_stats *s)
{
	json_open("vcpu", '[');
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		const struct skerry_vcpu_stats *v = &s->vcpu[i];

		json_open(NULL, '{');
		json_number("core", v->core);
		json_string("policy", word_policy(v->policy));
		json_bool("on", v->is_on != 0);
		json_seconds("run_s", v->run);
		json_seconds("stolen_s", v->stolen);
		json_seconds("idle_s", v->idle);
		json_number("switches", v->switches);
		json_open("exits", '{');
		for (uint32_t cause = 0; cause < SKERRY_EXIT_CAUSES; cause++) {
			json_number(word_exit(cause), v->exits[cause]);
		}
		json_close('}');
		json_close('}');
	}
	json_close(']');
}

static void say_links(const struct skerry_stats *s)
{
	bool has_any = false;

	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		const struct skerry_port_stats *p = &s->port[i];

		if (!p->link[0]) {
			continue;
		}
		if (!has_any) {
			table_begin("LINK TYPE END OTHER-END +NOTIFIED");
			has_any = true;
		}
		table_cell("%s", p->link);
		table_cell("%s", word_link(p->type));
		table_cell("%s", word_role(p));
		table_cell("%s", board_name(p->peer));
		table_cell("%lu", p->notified);
	}
	if (has_any) {
		table_end();
	}
}

static void say_vcpus(const struct skerry_stats *s)
{
	table_begin("+VCPU +CORE POLICY ON +RUN% +STOLEN% +IDLE% +SWITCHES");
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		const struct skerry_vcpu_stats *v = &s->vcpu[i];
		uint64_t all = v->run + v->stolen + v->idle;

		table_cell("%u", i);
		table_cell("%u", v->core);
		table_cell("%s", word_policy(v->policy));
		table_cell("%s", v->is_on ? "on" : "off");
		table_cell("%s", text_share(v->run, all));
		table_cell("%s", text_share(v->stolen, all));
		table_cell("%s", text_share(v->idle, all));
		table_cell("%lu", v->switches);
	}
	table_end();
}

void run_info(const struct request *r)
{
	const struct skerry_stats *s = &board[r->guest].stats;

	if (!wants_stats(r, (uint32_t)r->guest)) {
		return;
	}
	if (r->is_json) {
		json_begin();
		json_guest((uint32_t)r->guest);
		json_vcpus(s);
		json_links(s);
		json_close('}');
		json_end();
		return;
	}
	say("name     %s (number %d)\n", board[r->guest].name, r->guest);
	say("state    %s", word_state(s->state));
	if (age_of(s)) {
		say(" for %s", text_time(age_of(s)));
	}
	say(", life %lu\nmemory   %s\n", s->life, text_size(s->memory));
	say("crashes  %lu%s\n", s->crashes, s->has_crash ? "; `crash` shows the last one" : "");
	say_vcpus(s);
	say_links(s);
}

static void stats_row(uint32_t i)
{
	const struct skerry_stats *s = &board[i].stats;
	struct usage u;

	usage_of(s, &u);
	table_cell("%s", board[i].name);
	table_cell("%s", text_share(u.run, usage_time(&u)));
	table_cell("%s", text_share(u.stolen, usage_time(&u)));
	table_cell("%s", text_share(u.idle, usage_time(&u)));
	for (uint32_t cause = 0; cause < SKERRY_EXIT_CAUSES; cause++) {
		table_cell("%lu", u.exits[cause]);
	}
	table_cell("%lu", u.notified);
}

static void json_stats(uint32_t i)
{
	const struct skerry_stats *s = &board[i].stats;
	struct usage u;

	json_guest(i);
	if (board[i].result == SKERRY_OK) {
		usage_of(s, &u);
		json_share("run_percent", u.run, usage_time(&u));
		json_share("stolen_percent", u.stolen, usage_time(&u));
		json_share("idle_percent", u.idle, usage_time(&u));
		json_vcpus(s);
		json_links(s);
	}
	json_close('}');
}

/* One guest: its row, and what of it is whose. */
static void stats_of_one(const struct request *r)
{
	if (!wants_stats(r, (uint32_t)r->guest)) {
		return;
	}
	if (r->is_json) {
		json_begin();
		json_stats((uint32_t)r->guest);
		json_end();
		return;
	}
	table_begin("GUEST +RUN% +STOLEN% +IDLE% +HVC +SMC +SYSREG +MMIO +ABORT +IRQ +SERROR "
		    "+OTHER +NOTIFIED");
	stats_row((uint32_t)r->guest);
	table_end();
	say_vcpus(&board[r->guest].stats);
	say_links(&board[r->guest].stats);
}

void run_stats(const struct request *r)
{
	if (r->guest != NO_GUEST) {
		stats_of_one(r);
		return;
	}
	board_update();
	begin_rows(r, "GUEST +RUN% +STOLEN% +IDLE% +HVC +SMC +SYSREG +MMIO +ABORT +IRQ "
		   "+SERROR +OTHER +NOTIFIED");
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours && r->is_json) {
			json_stats(i);
		} else if (board[i].is_ours && board[i].result == SKERRY_OK) {
			stats_row(i);
		}
	}
	end_rows(r);
}
