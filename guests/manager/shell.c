/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of commands, and from a line to a call; see shell.h.
 */
#include "shell.h"
#include "near.h"

#define WORDS		8u

const struct command commands[] = {
	{ "list", "", "the guests, their state, cores and memory", run_list, TAKES_JSON, 0 },
	{ "info", "GUEST", "one guest: vCPUs, links, lives", run_info,
	  TAKES_GUEST | TAKES_JSON, 0 },
	{ "start", "GUEST", "starts one that is absent, stopped or crashed", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_START },
	{ "stop", "GUEST", "switches it off; its memory is scrubbed", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_STOP },
	{ "restart", "GUEST", "stops it and starts it from its pristine image", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_RESTART },
	{ "pause", "GUEST", "halts its vCPUs where they are", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_PAUSE },
	{ "resume", "GUEST", "lets them go on", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_RESUME },
	{ "kill", "GUEST", "as if it had crashed: its on-crash says what follows", run_act,
	  TAKES_GUEST | TAKES_JSON, SKERRY_CONTROL_CRASH },
	{ "crash", "GUEST [--hex]", "its last crash record; --hex: for skerry-crash", run_crash,
	  TAKES_GUEST | TAKES_JSON | TAKES_HEX, 0 },
	{ "log", "[GUEST] [-n N]", "last lines of consoles through EL2; GUEST may be skerry",
	  run_log, TAKES_ONE | TAKES_OWN | TAKES_JSON | TAKES_COUNT, 0 },
	{ "stats", "[GUEST]", "since boot: exits, CPU time, link traffic", run_stats,
	  TAKES_ONE | TAKES_JSON, 0 },
	{ "top", "[-n N]", "who uses what, each second until a key (N times)", run_top,
	  TAKES_JSON | TAKES_COUNT, 0 },
	{ "uptime", "", "how long the board has been up", run_uptime, TAKES_JSON, 0 },
	{ "help", "", "this list", run_help, 0, 0 },
};

const uint32_t command_count = ARRAY_SIZE(commands);

bool has_complained;

void complain(const struct request *r, const char *text, ...)
{
	char line[200];
	va_list args;

	va_start(args, text);
	vformat(line, sizeof(line), text, args);
	va_end(args);
	has_complained = true;
	if (r->is_json) {
		json_begin();
		json_open(NULL, '{');
		json_string("error", line);
		json_close('}');
		json_end();
	} else {
		say("%s\n", line);
	}
}

bool wants_stats(const struct request *r, uint32_t guest)
{
	bool is_fine = board_update_one(guest);

	if (!is_fine) {
		complain(r, "%s: its statistics: %s", board[guest].name,
			 word_result(board[guest].result));
	}
	return is_fine;
}

/* Cuts `line` into words, in place. Too many: the last ones are left out. */
static uint32_t split(char *line, char **words, uint32_t max)
{
	uint32_t count = 0;

	while (count < max) {
		while (*line == ' ') {
			line++;
		}
		if (!*line) {
			break;
		}
		words[count++] = line;
		while (*line && *line != ' ') {
			line++;
		}
		if (*line) {
			*line++ = 0;
		}
	}
	return count;
}

static bool read_count(struct request *r, const char *word)
{
	const char *at = word;

	r->count = 0;
	r->has_count = true;
	while (*at >= '0' && *at <= '9' && r->count < 1000000) {
		r->count = r->count * 10 + (uint64_t)(*at++ - '0');
	}
	if (at == word || *at) {
		complain(r, "%s: -n wants a number, not %s", r->command->name,
			 *word ? word : "nothing");
		return false;
	}
	return true;
}

static bool take_guest(struct request *r, const char *word)
{
	const char *meant = near_guest(word);
	int guest = board_find(word);

	if (!(r->command->takes & (TAKES_GUEST | TAKES_ONE))) {
		complain(r, "%s takes no %s", r->command->name, word);
	} else if (r->guest != NO_GUEST) {
		complain(r, "%s takes one guest, not also %s", r->command->name, word);
	} else if ((r->command->takes & TAKES_OWN) && strcmp(word, "skerry") == 0) {
		r->guest = OWN_LINES;
		return true;
	} else if (guest >= 0) {
		r->guest = guest;
		return true;
	} else if (meant) {
		complain(r, "no such guest: %s; did you mean %s?", word, meant);
	} else {
		complain(r, "no such guest, or none that may be managed: %s", word);
	}
	return false;
}

/* The words behind the command's name. False: something is wrong, and was said. */
static bool take_words(struct request *r, char **words, uint32_t count)
{
	uint32_t takes = r->command->takes;

	for (uint32_t i = 0; i < count; i++) {		/* errors are to be JSON, too */
		r->is_json |= (takes & TAKES_JSON) && strcmp(words[i], "--json") == 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *w = words[i];

		if ((takes & TAKES_JSON) && strcmp(w, "--json") == 0) {
			continue;
		}
		if ((takes & TAKES_HEX) && strcmp(w, "--hex") == 0) {
			r->is_hex = true;
		} else if ((takes & TAKES_COUNT) && strncmp(w, "-n", 2) == 0) {
			if (!read_count(r, w[2] ? w + 2 : i + 1 < count ? words[++i] : "")) {
				return false;
			}
		} else if (*w == '-') {
			complain(r, "%s has no option %s", r->command->name, w);
			return false;
		} else if (!take_guest(r, w)) {
			return false;
		}
	}
	if ((takes & TAKES_GUEST) && r->guest == NO_GUEST) {
		complain(r, "%s which guest? `list` shows them", r->command->name);
		return false;
	}
	return true;
}

static void no_command(struct request *r, char **words, uint32_t count)
{
	const char *meant = near_command(words[0]);

	for (uint32_t i = 1; i < count; i++) {
		r->is_json |= strcmp(words[i], "--json") == 0;
	}
	if (meant) {
		complain(r, "no such command: %s; did you mean %s?", words[0], meant);
	} else {
		complain(r, "no such command: %s; `help` lists them", words[0]);
	}
}

void shell_run(const char *line)
{
	struct request r = { .guest = NO_GUEST };
	char copy[LINE_MAX + 1], *words[WORDS];
	uint32_t count;

	has_complained = false;
	format(copy, sizeof(copy), "%s", line);
	count = split(copy, words, WORDS);
	if (!count) {
		return;
	}
	for (uint32_t i = 0; i < command_count; i++) {
		if (strcmp(words[0], commands[i].name) == 0) {
			r.command = &commands[i];
		}
	}
	if (r.command && take_words(&r, words + 1, count - 1)) {
		r.command->run(&r);
	} else if (!r.command) {
		no_command(&r, words, count);
	}
	say_flush();
}

void run_help(const struct request *r)
{
	(void)r;
	for (uint32_t i = 0; i < command_count; i++) {
		say("%-8s%-15s %s\n", commands[i].name, commands[i].arguments, commands[i].what);
	}
	say("All but help and top's display take --json. GUEST: a name or a number.\n"
	    "Keys: cursor keys, home, end, delete, tab completes, up and down recall lines,\n"
	    "Ctrl-A E begin and end, Ctrl-U K W cut, Ctrl-L clears, Ctrl-C gives the line up.\n");
}

void run_uptime(const struct request *r)
{
	uint64_t up = port_now() - port_begin();

	if (r->is_json) {
		json_begin();
		json_open(NULL, '{');
		json_seconds("uptime_s", up);
		json_close('}');
		json_end();
	} else {
		say("up %s\n", text_time(up));
	}
}
