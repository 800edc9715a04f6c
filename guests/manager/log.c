/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log: the last lines that came through EL2's ring of console output (abi/info.h): EL2's own
 * and those of the guests that print through EL2. The ring is copied, since EL2 writes on;
 * where its oldest whole record begins is found by following the records: the first byte
 * from which they lead exactly to the head.
 */
#include "shell.h"

#define LINES		20u		/* without -n */
#define SOURCES		(SKERRY_GUEST_MAX + 1)
#define OWN		SKERRY_GUEST_MAX
#define LINE_BYTES	256u
#define RECORD_MAX	257u

static uint8_t ring[SKERRY_LOG_SIZE];
static uint64_t first, head;		/* what of it is whole: [first, head) */

static uint8_t byte_at(uint64_t at)
{
	return ring[at % SKERRY_LOG_SIZE];
}

static bool is_source(uint8_t guest)
{
	return guest < SKERRY_GUEST_MAX || guest == 0xff;
}

static bool leads_to_head(uint64_t at)
{
	while (at < head && is_source(byte_at(at))) {
		at += 2u + byte_at(at + 1);
	}
	return at == head;
}

/* The bytes that were written over while they were copied are left out. */
static void take_copy(const struct skerry_log *log)
{
	uint64_t after;

	head = __atomic_load_n(&log->head, __ATOMIC_ACQUIRE);
	memcpy(ring, log->ring, sizeof(ring));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(&log->head, __ATOMIC_RELAXED) + RECORD_MAX;
	first = after > SKERRY_LOG_SIZE ? after - SKERRY_LOG_SIZE : 0;
	while (first < head && !leads_to_head(first)) {
		first++;
	}
	first = first < head ? first : head;
}

struct walk {				/* over the lines that are wanted */
	const struct request *request;
	uint64_t count;			/* so far */
	uint64_t skip;			/* that many are not said */
	bool is_said;
	uint32_t used[SOURCES];
	char text[SOURCES][LINE_BYTES];
};

static struct walk walk;

static void say_line(uint32_t source)
{
	const char *text = walk.text[source];
	uint32_t size = walk.used[source];

	if (walk.request->is_json) {
		json_open(NULL, '{');
		json_string("guest", source == OWN ? "skerry" : board_name(source));
		json_bytes("line", text, size);
		json_close('}');
		return;
	}
	if (source != OWN) {
		say("%s| ", board_name(source));
	}
	for (uint32_t i = 0; i < size; i++) {
		say("%c", (uint8_t)text[i] < 0x20 || text[i] == 0x7f ? '.' : text[i]);
	}
	say("\n");
}

static void end_line(uint32_t source)
{
	int wanted = walk.request->guest;
	bool is_wanted = wanted == NO_GUEST || (wanted == OWN_LINES ? source == OWN :
						source == (uint32_t)wanted);

	if (is_wanted && walk.count++ >= walk.skip && walk.is_said) {
		say_line(source);
	}
	walk.used[source] = 0;
}

static void take_byte(uint32_t source, char c)
{
	if (c == '\n') {
		end_line(source);
	} else if (c != '\r') {
		if (walk.used[source] == LINE_BYTES) {
			end_line(source);
		}
		walk.text[source][walk.used[source]++] = c;
	}
}

static void take_records(void)
{
	memset(walk.used, 0, sizeof(walk.used));
	walk.count = 0;
	for (uint64_t at = first; at < head; at += 2u + byte_at(at + 1)) {
		uint32_t source = byte_at(at) == 0xff ? OWN : byte_at(at);
		uint32_t size = byte_at(at + 1);

		for (uint32_t i = 0; i < size; i++) {
			take_byte(source, (char)byte_at(at + 2 + i));
		}
		if (!size && walk.used[source]) {	/* it has stopped */
			end_line(source);
		}
	}
	for (uint32_t source = 0; source < SOURCES; source++) {
		if (walk.used[source]) {
			end_line(source);
		}
	}
}

void run_log(const struct request *r)
{
	const struct skerry_log *log = port_log();
	uint64_t wanted = r->has_count ? r->count : LINES;

	if (!log) {
		complain(r, "log: only for a guest with control over the console's driver");
		return;
	}
	take_copy(log);
	walk.request = r;
	walk.skip = UINT64_MAX;
	walk.is_said = false;
	take_records();
	walk.skip = walk.count > wanted ? walk.count - wanted : 0;
	walk.is_said = true;
	if (r->is_json) {
		json_begin();
		json_open(NULL, '[');
	}
	take_records();
	if (r->is_json) {
		json_close(']');
		json_end();
	}
}
