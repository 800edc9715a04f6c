/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion by tab, and what was meant by a word that is not quite right.
 */
#include "near.h"
#include "shell.h"

#define WORD_MAX	32u

/* Levenshtein's distance; words above WORD_MAX are far from everything. */
static uint32_t distance(const char *a, const char *b)
{
	uint32_t row[WORD_MAX + 1], size_a = (uint32_t)strlen(a), size_b = (uint32_t)strlen(b);

	if (size_a > WORD_MAX || size_b > WORD_MAX) {
		return WORD_MAX;
	}
	for (uint32_t j = 0; j <= size_b; j++) {
		row[j] = j;
	}
	for (uint32_t i = 1; i <= size_a; i++) {
		uint32_t corner = row[0];

		row[0] = i;
		for (uint32_t j = 1; j <= size_b; j++) {
			uint32_t least = corner + (a[i - 1] != b[j - 1]);

			least = row[j] + 1 < least ? row[j] + 1 : least;
			least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
			corner = row[j];
			row[j] = least;
		}
	}
	return row[size_b];
}

/* Of words up to a third wrong, or begun and not ended, the nearest. */
static void nearest(const char *word, const char *known, const char **best, uint32_t *least)
{
	uint32_t size = (uint32_t)strlen(word), d = distance(word, known);

	if (size > 1 && strncmp(word, known, size) == 0) {
		d = 0;
	}
	if (d < *least && d <= (size + 2) / 3) {
		*least = d;
		*best = known;
	}
}

const char *near_guest(const char *word)
{
	const char *best = NULL;
	uint32_t least = WORD_MAX;

	for (uint32_t i = 0; i < SKERRY_GUEST_MAX; i++) {
		if (board[i].is_ours) {
			nearest(word, board[i].name, &best, &least);
		}
	}
	return best;
}

const char *near_command(const char *word)
{
	const char *best = NULL;
	uint32_t least = WORD_MAX;

	for (uint32_t i = 0; i < command_count; i++) {
		nearest(word, commands[i].name, &best, &least);
	}
	return best;
}

struct completion {
	const char *word;		/* what is there of it */
	uint32_t size;
	uint32_t count;			/* of words that it may become */
	const char *first;
	uint32_t common;		/* characters that all of them begin with */
	bool is_told;			/* each is printed */
};

static void offer(struct completion *c, const char *known)
{
	uint32_t same = 0;

	if (strncmp(known, c->word, c->size) != 0) {
		return;
	}
	if (c->is_told) {
		say("%s  ", known);
	}
	if (!c->count++) {
		c->first = known;
		c->common = (uint32_t)strlen(known);
		return;
	}
	while (same < c->common && known[same] == c->first[same]) {
		same++;
	}
	c->common = same;
}

/* All words that may stand behind this command. */
static void offer_arguments(struct completion *c, uint32_t takes)
{
	for (uint32_t i = 0; i < SKERRY_GUEST_MAX && (takes & (TAKES_GUEST | TAKES_ONE)); i++) {
		if (board[i].is_ours) {
			offer(c, board[i].name);
		}
	}
	if (takes & TAKES_OWN) {
		offer(c, "skerry");
	}
	if (c->size && (takes & TAKES_HEX)) {
		offer(c, "--hex");
	}
	if (c->size && (takes & TAKES_JSON)) {
		offer(c, "--json");
	}
	if (c->size && (takes & TAKES_COUNT)) {
		offer(c, "-n");
	}
}

/* Of the line's first `begin` characters the first word is a command's. */
static const struct command *command_of(const char *text, uint32_t begin)
{
	while (begin && *text == ' ') {
		text++;
		begin--;
	}
	for (uint32_t i = 0; i < command_count; i++) {
		uint32_t size = (uint32_t)strlen(commands[i].name);

		if (size < begin && strncmp(text, commands[i].name, size) == 0 &&
		    text[size] == ' ') {
			return &commands[i];
		}
	}
	return NULL;
}

static bool is_blank(const char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (text[i] != ' ') {
			return false;
		}
	}
	return true;
}

static void offer_all(struct completion *c, const struct line *l, uint32_t begin)
{
	const struct command *command = command_of(l->text, begin);

	c->count = 0;
	if (command) {
		offer_arguments(c, command->takes);
	}
	for (uint32_t i = 0; i < command_count && is_blank(l->text, begin); i++) {
		offer(c, commands[i].name);
	}
}

void shell_complete(struct line *l)
{
	struct completion c = { 0 };
	char more[LINE_MAX + 2] = "";
	uint32_t begin = l->at;

	while (begin && l->text[begin - 1] != ' ') {
		begin--;
	}
	c.word = l->text + begin;
	c.size = l->at - begin;
	offer_all(&c, l, begin);
	if (!c.count) {
		say("\a");
		return;
	}
	memcpy(more, c.first + c.size, c.common - c.size);
	if (c.count == 1 && l->text[l->at] != ' ') {
		more[c.common - c.size] = ' ';
	}
	if (*more) {
		line_insert(l, more);
		return;
	}
	if (c.count == 1) {
		return;
	}
	say("\n");
	c.is_told = true;
	offer_all(&c, l, begin);
	say("\n");
	line_show(l);
}
