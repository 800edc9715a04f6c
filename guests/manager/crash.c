/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: a guest's last crash record (abi/crash.h), in words, as JSON, or as lines for
 * skerry-crash.
 */
#include "shell.h"

#define HEX_BYTES	32u		/* in a line */
#define EXIT_MAX	SKERRY_CRASH_EXITS

static struct skerry_crash record;
static uint32_t record_size;		/* bytes that came */

/* False: there is none, and that was said. */
static bool fetch(const struct request *r)
{
	uint64_t words[16];
	int64_t got = 0;

	memset(&record, 0, sizeof(record));
	for (record_size = 0; record_size < sizeof(record); record_size += (uint32_t)got) {
		got = port_crash_read((uint32_t)r->guest, record_size, words);
		if (got <= 0 || got > (int64_t)sizeof(words)) {
			break;
		}
		if ((uint64_t)got > sizeof(record) - record_size) {
			got = (int64_t)(sizeof(record) - record_size);
		}
		memcpy((uint8_t *)&record + record_size, words, (size_t)got);
	}
	if (got == SKERRY_AGAIN) {
		complain(r, "%s has no crash record", board[r->guest].name);
	} else if (got < 0) {
		complain(r, "%s: its crash record: %s", board[r->guest].name, word_result(got));
	} else if (record.magic != SKERRY_CRASH_MAGIC || record_size < record.size) {
		complain(r, "%s: what came is no crash record", board[r->guest].name);
		got = -1;
	}
	return got >= 0;
}

static bool is_whole(void)
{
	struct skerry_crash copy = record;
	uint32_t size = record.size < sizeof(copy) ? record.size : (uint32_t)sizeof(copy);

	copy.crc32 = 0;
	return crc32(0, &copy, size) == record.crc32;
}

static void say_hex(const char *name)
{
	const uint8_t *bytes = (const uint8_t *)&record;

	for (uint32_t at = 0; at < record_size; at += HEX_BYTES) {
		say("SKERRY-CRASH %s %04x ", name, at);
		for (uint32_t i = at; i < at + HEX_BYTES && i < record_size; i++) {
			say("%02x", bytes[i]);
		}
		say("\n");
	}
}

static const char *word_class(uint64_t esr)
{
	switch (esr >> 26 & 63) {
	case 0x01:
		return "WFI or WFE";
	case 0x07:
		return "floating point";
	case 0x0e:
		return "illegal state";
	case 0x16:
		return "HVC";
	case 0x17:
		return "SMC";
	case 0x18:
		return "system register";
	case 0x20:
	case 0x21:
		return "instruction abort";
	case 0x24:
	case 0x25:
		return "data abort";
	case 0x2f:
		return "SError";
	default:
		return "no exception";
	}
}

static uint32_t exit_count(void)
{
	return record.exit_count < EXIT_MAX ? record.exit_count : EXIT_MAX;
}

static uint32_t stack_size(void)
{
	return record.stack_size < SKERRY_CRASH_STACK_MAX ? record.stack_size :
	       SKERRY_CRASH_STACK_MAX;
}

static void say_when(void)
{
	uint64_t now = port_now();

	if (record.boots) {
		say("when   %u boot%s of Skerry ago", record.boots, record.boots > 1 ? "s" : "");
	} else if (now > record.time) {
		say("when   %s ago", text_time(now - record.time));
	} else {
		say("when   just now");
	}
	say(", in life %lu, vCPU %u on core %u\n", record.life, record.vcpu, record.core);
}

/* Why in the guest's own words (SKERRY_CRASH_TEXT); empty: it gave none. */
static const char *own_words(void)
{
	static char text[SKERRY_CRASH_TEXT_MAX + 1];

	text[0] = 0;
	if (record.x[1] == SKERRY_CRASH_TEXT && strncmp(record.cause, "reported", 8) == 0) {
		memcpy(text, &record.x[3], SKERRY_CRASH_TEXT_MAX);
	}
	for (char *at = text; *at; at++) {
		*at = *at < 0x20 || *at > 0x7e ? '?' : *at;
	}
	return text;
}

static void say_record(const char *name)
{
	say("guest  %s\ncause  %s\n", name, record.cause);
	if (*own_words()) {
		say("text   %s\n", own_words());
	}
	say_when();
	if (record.esr) {
		say("esr    %016lx (%s)  far %016lx  ipa %lx\n", record.esr,
		    word_class(record.esr), record.far, record.ipa);
	}
	say("pc     %016lx  sp  %016lx  pstate %lx\n", record.pc, record.sp, record.pstate);
	for (uint32_t i = 0; i < 31; i++) {
		say("x%-2u %016lx%s", i, record.x[i], i % 4 == 3 || i == 30 ? "\n" : "  ");
	}
	say("exits ");
	for (uint32_t i = 0; i < exit_count(); i++) {
		say("%s %s:%x", i == EXIT_MAX / 2 ? "\n      " : "",
		    word_exit(record.exits[i].cause), record.exits[i].syndrome);
	}
	say("  (the newest last)\n");
	if (stack_size()) {
		say("stack  %u bytes at %lx; --hex and skerry-crash give the back trace\n",
		    stack_size(), record.sp);
	}
	if (!is_whole()) {
		say("Its checksum is wrong: believe nothing of it.\n");
	}
}

static void json_stack(void)
{
	static char hex[2 * SKERRY_CRASH_STACK_MAX + 1];

	hex[0] = 0;
	for (uint32_t i = 0; i < stack_size(); i++) {
		format(hex + 2 * i, 3, "%02x", record.stack[i]);
	}
	json_hex("stack_at", record.sp);
	json_string("stack", hex);
}

static void json_registers(void)
{
	char name[4];

	json_open("registers", '{');
	for (uint32_t i = 0; i < 31; i++) {
		format(name, sizeof(name), "x%u", i);
		json_hex(name, record.x[i]);
	}
	json_hex("pc", record.pc);
	json_hex("sp", record.sp);
	json_hex("pstate", record.pstate);
	json_hex("esr", record.esr);
	json_hex("far", record.far);
	json_hex("ipa", record.ipa);
	json_close('}');
}

static void json_record(const char *name)
{
	json_begin();
	json_open(NULL, '{');
	json_string("name", name);
	json_string("cause", record.cause);
	json_string("text", own_words());
	json_bool("whole", is_whole());
	json_number("boots_ago", record.boots);
	json_number("life", record.life);
	json_number("vcpu", record.vcpu);
	json_number("core", record.core);
	json_number("time", record.time);
	json_number("hz", record.hz);
	json_registers();
	json_open("exits", '[');
	for (uint32_t i = 0; i < exit_count(); i++) {
		json_open(NULL, '{');
		json_string("cause", word_exit(record.exits[i].cause));
		json_hex("syndrome", record.exits[i].syndrome);
		json_close('}');
	}
	json_close(']');
	json_stack();
	json_close('}');
	json_end();
}

void run_crash(const struct request *r)
{
	const char *name = board[r->guest].name;

	if (!fetch(r)) {
		return;
	}
	if (r->is_hex) {
		say_hex(name);
		return;
	}
	record.cause[sizeof(record.cause) - 1] = 0;
	if (r->is_json) {
		json_record(name);
	} else {
		say_record(name);
	}
}
