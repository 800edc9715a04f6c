/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The managed guests; see board.h.
 */
#include "board.h"

struct member board[SKERRY_GUEST_MAX];

/* An operation that there is none of: INVALID for those that we have the right to. */
void board_init(void)
{
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		const struct skerry_stats *page;

		memset(&board[i], 0, sizeof(board[i]));
		board[i].result = SKERRY_NOT_SUPPORTED;
		board[i].is_ours = port_control(i, SKERRY_CONTROL_COUNT) == SKERRY_INVALID;
		format(board[i].name, sizeof(board[i].name), "guest-%u", i);
		page = board[i].is_ours ? port_page(i) : NULL;
		if (page) {
			format(board[i].name, sizeof(board[i].name), "%s", page->name);
		}
	}
}

bool board_update_one(uint32_t guest)
{
	struct member *m = &board[guest];
	const struct skerry_stats *page = port_page(guest);

	m->result = page ? port_stats(guest) : SKERRY_NOT_SUPPORTED;
	if (m->result == SKERRY_OK) {
		memcpy(&m->stats, page, sizeof(m->stats));
		m->stats.vcpu_count = m->stats.vcpu_count < SKERRY_VCPU_MAX ?
				      m->stats.vcpu_count : SKERRY_VCPU_MAX;
	}
	return m->result == SKERRY_OK;
}

void board_update(void)
{
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours) {
			(void)board_update_one(i);
		}
	}
}

int board_find(const char *name)
{
	uint32_t number = 0;
	const char *at = name;

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours && strcmp(board[i].name, name) == 0) {
			return (int)i;
		}
	}
	while (*at >= '0' && *at <= '9' && number < SKERRY_GUEST_MAX) {
		number = number * 10 + (uint32_t)(*at++ - '0');
	}
	return at > name && !*at && number < SKERRY_GUEST_MAX && board[number].is_ours ?
	       (int)number : -1;
}

const char *board_name(uint32_t guest)
{
	static char text[2][16];
	static uint32_t turn;
	char *to = text[turn++ % 2];

	if (guest < SKERRY_GUEST_MAX && board[guest].is_ours) {
		return board[guest].name;
	}
	format(to, sizeof(text[0]), "guest-%u", guest);
	return to;
}

void usage_of(const struct skerry_stats *s, struct usage *u)
{
	memset(u, 0, sizeof(*u));
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		const struct skerry_vcpu_stats *v = &s->vcpu[i];

		u->run += v->run;
		u->stolen += v->stolen;
		u->idle += v->idle;
		for (uint32_t cause = 0; cause < SKERRY_EXIT_CAUSES; cause++) {
			u->exits[cause] += v->exits[cause];
			u->exit_sum += v->exits[cause];
		}
	}
	for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
		u->notified += s->port[i].notified;
	}
}

void usage_since(struct usage *u, const struct usage *before)
{
	u->run -= before->run;
	u->stolen -= before->stolen;
	u->idle -= before->idle;
	for (uint32_t cause = 0; cause < SKERRY_EXIT_CAUSES; cause++) {
		u->exits[cause] -= before->exits[cause];
	}
	u->exit_sum -= before->exit_sum;
	u->notified -= before->notified;
}

uint64_t usage_time(const struct usage *u)
{
	return u->run + u->stolen + u->idle;
}

/* "0", "2-3", "0,4-6"; in the order of vCPUs. */
const char *text_cores(const struct skerry_stats *s)
{
	static char text[32];
	int n = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < s->vcpu_count; i++) {
		uint32_t first = s->vcpu[i].core, last = first;

		while (i + 1 < s->vcpu_count && s->vcpu[i + 1].core == last + 1) {
			i++;
			last++;
		}
		n += format(text + n, sizeof(text) - (size_t)n, n ? ",%u" : "%u", first);
		if (last > first) {
			n += format(text + n, sizeof(text) - (size_t)n, "-%u", last);
		}
	}
	return text;
}

const char *text_policy(const struct skerry_stats *s)
{
	for (uint32_t i = 1; i < s->vcpu_count; i++) {
		if (s->vcpu[i].policy != s->vcpu[0].policy) {
			return "mixed";
		}
	}
	return word_policy(s->vcpu[0].policy);
}
