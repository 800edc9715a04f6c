/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's crash and log on records and rings that are right and that are not, and all
 * JSON, read by Python.
 */
/* sources: guests/manager/shell.c guests/manager/complete.c guests/manager/line.c
 * guests/manager/say.c guests/manager/json.c guests/manager/board.c guests/manager/words.c
 * guests/manager/show.c guests/manager/act.c guests/manager/top.c guests/manager/crash.c
 * guests/manager/log.c tests/host/fake/fake_manager.c tests/host/fake/fake_guest_text.c
 * tests/host/fake/fake_terminal.c */
#include "manager_shell.h"

static void a_crash_is_shown(void **state)
{
	(void)state;
	prints("crash rt", "rt has no crash record\n");
	make_record();
	run("crash linux");
	has("guest  linux\ncause  data abort at \"nothing\"\n"
	    "when   0:00:10 ago, in life 2, vCPU 1 on core 3\n"
	    "esr    0000000092000046 (data abort)  far 00000000dead0000  ipa dead0000\n"
	    "pc     ffff800008001234  sp  ffff80000a000000  pstate 3c5\n"
	    "x0  0000000000000000  x1 ");
	has("x30 0000000000000077\nexits  irq:0 mmio:1234  (the newest last)\n"
	    "stack  16 bytes at ffff80000a000000;");
	assert_null(strstr(fake.out, "checksum"));
	fake.record.boots = 2;
	fake.record.crc32 = 0;
	fake.record.crc32 = crc32(0, &fake.record, sizeof(fake.record));
	run("crash linux");
	has("when   2 boots of Skerry ago, in life 2");
	assert_null(strstr(fake.out, "checksum"));
	fake.record.x[3]++;
	run("crash linux");
	has("Its checksum is wrong");
	fake.record.magic++;
	prints("crash linux", "linux: what came is no crash record\n");
	prints("crash linux --hex --json",
	       "{\"error\": \"linux: what came is no crash record\"}\n");
}

static void a_hostile_record_does_no_harm(void **state)
{
	(void)state;
	make_record();
	fake.record.exit_count = fake.record.stack_size = UINT32_MAX;
	fake.record.exits[0].cause = 99;
	memset(fake.record.cause, 0xff, sizeof(fake.record.cause));
	run("crash linux");
	has("unknown:0");
	run("crash linux --json");
	has("\\ufffd\\ufffd");
	fake.record.size = 100;
	run("crash linux");
	has("checksum");
	fake.record.size = sizeof(fake.record) + 1;
	prints("crash linux", "linux: what came is no crash record\n");
}

static void hex_lines_are_the_record(void **state)
{
	uint8_t bytes[sizeof(struct skerry_crash)];
	uint32_t at = 0;
	char *line;

	(void)state;
	make_record();
	run("crash linux --hex");
	for (line = strtok(fake.out, "\n"); line; line = strtok(NULL, "\n")) {
		char name[8], hex[80];
		unsigned offset, byte;

		assert_int_equal(sscanf(line, "SKERRY-CRASH %7s %4x %64s", name, &offset, hex), 3);
		assert_string_equal(name, "linux");
		assert_int_equal(offset, at);
		assert_true(strlen(line) < 100);
		for (uint32_t i = 0; hex[i]; i += 2) {
			assert_int_equal(sscanf(hex + i, "%2x", &byte), 1);
			assert_true(at < sizeof(bytes));
			bytes[at++] = (uint8_t)byte;
		}
	}
	assert_int_equal(at, sizeof(bytes));
	assert_memory_equal(bytes, &fake.record, sizeof(bytes));
}

static void the_log_comes_line_by_line(void **state)
{
	(void)state;
	prints("log", "log: only for a guest with control over the console's driver\n");
	fake.log = &ring;
	prints("log", "");
	log_put(0xff, "skerry: up\n");
	log_put(RT, "rt: one\nrt: ");
	log_put(7, "\033[31mred\n");
	log_put(RT, "two\r\n");
	log_put(7, "last words");
	log_put(7, "");
	log_put(RT, "unfini");
	prints("log", "skerry: up\nrt| rt: one\nguest-7| .[31mred\nrt| rt: two\n"
	       "guest-7| last words\nrt| unfini\n");
	prints("log rt", "rt| rt: one\nrt| rt: two\nrt| unfini\n");
	prints("log -n 2", "guest-7| last words\nrt| unfini\n");
	prints("log skerry -n5", "skerry: up\n");
	prints("log linux", "");
	prints("log rt -n 1 --json", "[{\"guest\": \"rt\", \"line\": \"unfini\"}]\n");
	prints("log -n 0", "");
}

/* Wherever the ring begins: its oldest lines may be cut, the others are whole. */
static void the_log_is_found_in_a_ring_that_went_round(void **state)
{
	char text[64], want[200];

	(void)state;
	fake.log = &ring;
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "line %d%.*s\n", i, i % 37, "\r\t\b\n 5678901234567890"
			 "123456789012345678");
		log_put(i % 3 ? RT : 0xff, text);
		if (i > 19000 && i % 50 == 2) {
			snprintf(want, sizeof(want), "line %d", i);
			run("log -n 6");
			has(want);
		}
	}
	run("log -n 100000");
	has("line 19999");
	has("\nline 19200");
	for (uint32_t i = 0; i < 3000; i++) {		/* and nonsense is survived */
		ring.ring[(uint32_t)rand() % SKERRY_LOG_SIZE] = (uint8_t)rand();
		if (i % 100 == 0) {
			ring.head += (uint32_t)rand() % 1000;
			run("log -n 100000");
			run("log rt --json");
		}
	}
}

static void every_answer_is_json(void **state)
{
	static const char *const queries[] = {
		"list --json", "info linux --json", "info --json rt", "stats --json",
		"stats linux --json", "top -n 2 --json", "crash linux --json", "crash rt --json",
		"log --json", "log skerry --json", "uptime --json", "stop rt --json",
		"pause rt --json", "stop nobody --json", "info --json", "start rt --json",
	};
	FILE *f = popen("python3 -c 'import json, sys\nn = 0\nfor l in sys.stdin:\n"
			"    json.loads(l); n += 1\nsys.exit(n < 34)'", "w");

	(void)state;
	make_record();
	traffic();
	fake.log = &ring;
	log_put(RT, "a\"b\\c\033[1m\t\x80\xc3\xa4\x7f\n");
	log_put(0xff, "skerry: x\n");
	for (int i = 0; i < 2; i++) {
		for (size_t q = 0; q < ARRAY_SIZE(queries); q++) {
			run(queries[q]);
			assert_true(fake.count > 2);
			fputs(fake.out, f);
		}
		fake.has_stats = false;
		fake.answer = SKERRY_BUSY;
		fake.page[RT].state = 77;
	}
	run("top --json -n 3");
	fputs(fake.out, f);
	fake.has_stats = true;
	run("top --json -n 1");
	fputs(fake.out, f);
	assert_int_equal(pclose(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_crash_is_shown),
		TEST(a_hostile_record_does_no_harm),
		TEST(hex_lines_are_the_record),
		TEST(the_log_comes_line_by_line),
		TEST(the_log_is_found_in_a_ring_that_went_round),
		TEST(every_answer_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
