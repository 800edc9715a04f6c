/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's commands on a fake hypervisor: what they show, what they ask for, what they
 * say when something is wrong, completion; and all JSON is read by Python.
 */
/* sources: guests/manager/shell.c guests/manager/complete.c guests/manager/line.c
 * guests/manager/say.c guests/manager/json.c guests/manager/board.c guests/manager/words.c
 * guests/manager/show.c guests/manager/act.c guests/manager/top.c guests/manager/crash.c
 * guests/manager/log.c tests/host/fake/fake_manager.c tests/host/fake/fake_guest_text.c
 * tests/host/fake/fake_terminal.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guests/manager/shell.h"
#include "fake_manager.h"

#define TEST(f)	cmocka_unit_test_setup(f, begin)
#define RT	1
#define LINUX	4

static struct skerry_log ring;

static int begin(void **state)
{
	(void)state;
	fake_reset();
	say_flush();
	memset(&ring, 0, sizeof(ring));
	return 0;
}

static const char *run(const char *line)
{
	fake_clear();
	shell_run(line);
	return fake.out;
}

static void prints(const char *line, const char *text)
{
	assert_string_equal(run(line), text);
}

static void has(const char *text)
{
	if (!strstr(fake.out, text)) {
		fail_msg("\"%s\" is not in: %s", text, fake.out);
	}
}

static void mistakes_are_named(void **state)
{
	(void)state;
	prints("", "");
	prints("   ", "");
	prints("lst", "no such command: lst; did you mean list?\n");
	prints("res", "no such command: res; did you mean restart?\n");
	prints("frobnicate", "no such command: frobnicate; `help` lists them\n");
	prints("lst --json", "{\"error\": \"no such command: lst; did you mean list?\"}\n");
	prints("stop", "stop which guest? `list` shows them\n");
	prints("stop lnux", "no such guest: lnux; did you mean linux?\n");
	prints("stop lin", "no such guest: lin; did you mean linux?\n");
	prints("stop drv", "no such guest, or none that may be managed: drv\n");
	prints("stop 2", "no such guest, or none that may be managed: 2\n");
	prints("stop 99999999999999999999", "no such guest, or none that may be managed: "
	       "99999999999999999999\n");
	prints("stop rt linux", "stop takes one guest, not also linux\n");
	prints("list rt", "list takes no rt\n");
	prints("list --hex", "list has no option --hex\n");
	prints("log -n", "log: -n wants a number, not nothing\n");
	prints("log -n 3x", "log: -n wants a number, not 3x\n");
	prints("info rt --jso", "info has no option --jso\n");
	prints("info nobody --json", "{\"error\": \"no such guest, or none that may be managed: "
	       "nobody\"}\n");
	assert_int_equal(fake.asked, 0);
}

static void list_is_aligned(void **state)
{
	(void)state;
	fake.page[RT].life_begin = 40 * FAKE_HZ;
	fake.page[LINUX].life = 12;
	fake.page[LINUX].crashes = 3;
	fake.page[LINUX].state = SKERRY_STATE_PAUSED;
	fake.page[LINUX].memory = 256 << 20;
	prints("list",
	       "GUEST  STATE    VCPUS  CORES  POLICY   MEMORY  LIFE  CRASHES       UP\n"
	       "rt     running      1  1      static   16 MiB     1        0  0:01:00\n"
	       "linux  paused       2  2-3    static  256 MiB    12        3  0:01:40\n");
	fake.columns = 40;
	prints(" list ",
	       "GUEST  STATE    VCPUS  CORES  POLICY\n"
	       "rt     running      1  1      static\n"
	       "linux  paused       2  2-3    static\n");
	fake.columns = 1;
	prints("list", "GUEST\nrt\nlinux\n");
}

static void without_statistics_that_is_said(void **state)
{
	(void)state;
	fake.has_stats = false;
	board_init();
	run("list");
	has("guest-4  ?");
	has("\n?: statistics are not supported by this hypervisor\n");
	prints("info 4", "guest-4: its statistics: not supported by this hypervisor\n");
	prints("top", "guest-1: its statistics: not supported by this hypervisor\n");
	prints("stop 4", "guest-4: stopping\n");
	assert_int_equal(fake.guest, LINUX);
	assert_int_equal(fake.operation, SKERRY_CONTROL_STOP);
	fake.answer = SKERRY_BUSY;
	prints("resume guest-1", "guest-1: resume is for one that is paused\n");
	fake.answer = SKERRY_NOT_SUPPORTED;
	prints("pause 1", "guest-1: pause: not supported by this hypervisor\n");
}

/* The guest's next states: one a look. */
static uint32_t states[8], next_state;

static void go_on(uint32_t guest)
{
	struct skerry_stats *s = &fake.page[guest];

	if (fake.asked && next_state < ARRAY_SIZE(states) && states[next_state] != UINT32_MAX) {
		s->state = states[next_state++];
		s->life += s->state == SKERRY_STATE_LOADING;
	}
}

static void goes(uint32_t a, uint32_t b, uint32_t c)
{
	memset(states, 0xff, sizeof(states));
	states[0] = a;
	states[1] = b;
	states[2] = c;
	next_state = 0;
	fake.on_stats = go_on;
	fake.asked = 0;
}

static void an_act_is_waited_for(void **state)
{
	const uint32_t none = UINT32_MAX;

	(void)state;
	goes(SKERRY_STATE_STOPPING, SKERRY_STATE_STOPPING, SKERRY_STATE_STOPPED);
	prints("stop rt", "rt: stopped, life 1\n");
	assert_int_equal(fake.operation, SKERRY_CONTROL_STOP);
	goes(SKERRY_STATE_LOADING, SKERRY_STATE_RUNNING, none);
	prints("start rt", "rt: running, life 2\n");
	goes(SKERRY_STATE_RUNNING, SKERRY_STATE_LOADING, SKERRY_STATE_RUNNING);
	prints("restart rt --json",
	       "{\"name\": \"rt\", \"state\": \"running\", \"life\": 3, \"done\": true}\n");
	goes(SKERRY_STATE_PAUSED, none, none);
	prints("pause rt", "rt: paused, life 3\n");
	goes(SKERRY_STATE_RUNNING, none, none);
	prints("resume rt", "rt: running, life 3\n");
	goes(SKERRY_STATE_STOPPING, SKERRY_STATE_CRASHED, none);
	prints("kill rt", "rt: crashed, life 3\n");
	assert_int_equal(fake.operation, SKERRY_CONTROL_CRASH);
	assert_int_equal(fake.guest, RT);
}

static void waiting_has_an_end(void **state)
{
	(void)state;
	goes(SKERRY_STATE_LOADING, UINT32_MAX, UINT32_MAX);
	prints("start linux", "linux: still loading, life 2\n");
	assert_in_range(fake.now, 129 * FAKE_HZ, 132 * FAKE_HZ);
	fake.keys = fake.now;
	goes(SKERRY_STATE_STOPPING, UINT32_MAX, UINT32_MAX);
	prints("stop linux", "linux: still stopping, life 2\n");
}

static void refusals_say_why(void **state)
{
	(void)state;
	fake.answer = SKERRY_BUSY;
	prints("start rt", "rt is running: start is for one that is absent, stopped or crashed\n");
	fake.page[RT].state = SKERRY_STATE_STOPPED;
	prints("kill rt", "rt is stopped: kill is for one that is running\n");
	fake.page[RT].state = SKERRY_STATE_REFUSED;
	prints("start rt", "rt is refused: its image is missing or damaged\n");
	fake.page[RT].state = SKERRY_STATE_STOPPED;
	fake.answer = SKERRY_DENIED;
	prints("stop rt --json", "{\"error\": \"rt: stop: denied: the system's description does "
	       "not give this right\"}\n");
}

static void traffic(void)
{
	struct skerry_stats *s = &fake.page[LINUX];

	strcpy(s->port[0].link, "linux-tty");
	s->port[0].type = SKERRY_LINK_CONSOLE;
	s->port[0].peer = 7;
	s->port[0].notified = 1234;
	strcpy(s->port[3].link, "records");
	s->port[3].type = SKERRY_LINK_CONSOLE;
	s->port[3].role = SKERRY_BACK;
	s->port[3].peer = RT;
	s->vcpu[0].run = 250;
	s->vcpu[0].stolen = 250;
	s->vcpu[0].idle = 500;
	s->vcpu[0].policy = SKERRY_POLICY_SERVER;
	s->vcpu[0].exits[0] = 17;
	s->vcpu[1].run = 1000;
	s->vcpu[1].exits[5] = 4;
	s->vcpu[1].core = 5;
}

static void info_and_stats_show_all(void **state)
{
	(void)state;
	traffic();
	fake.page[LINUX].has_crash = 1;
	prints("info linux",
	       "name     linux (number 4)\n"
	       "state    running for 0:01:40, life 1\n"
	       "memory   16 MiB\n"
	       "crashes  0; `crash` shows the last one\n"
	       "VCPU  CORE  POLICY  ON   RUN%  STOLEN%  IDLE%  SWITCHES\n"
	       "   0     2  server  on   25.0     25.0   50.0         0\n"
	       "   1     5  static  on  100.0      0.0    0.0         0\n"
	       "LINK       TYPE     END    OTHER-END  NOTIFIED\n"
	       "linux-tty  console  front  guest-7        1234\n"
	       "records    console  back   rt                0\n");
	run("stats linux");
	has("GUEST  RUN%  STOLEN%  IDLE%  HVC  SMC  SYSREG  MMIO  ABORT  IRQ  SERROR  OTHER  "
	    "NOTIFIED\nlinux  62.5     12.5   25.0   17    0       0     0      0    4       0"
	    "      0      1234\n");
	has("   0     2  server");
	run("stats");
	has("rt      0.0");
	has("linux  62.5");
	run("list");
	has("2,5    mixed");
}

static void turn(uint32_t guest)
{
	struct skerry_stats *s = &fake.page[guest];

	s->vcpu[0].run += guest == LINUX ? 600 : 400;
	s->vcpu[0].idle += guest == LINUX ? 400 : 600;
	s->vcpu[0].exits[5] += 50;
	s->port[0].notified += 20;
}

static void top_shows_what_is_new(void **state)
{
	(void)state;
	fake.page[LINUX].life = 3;
	fake.page[LINUX].vcpu[0].run = 5000000;
	fake.on_stats = turn;
	prints("top -n 2",
	       "\033[H\033[Jup 0:01:40, 2 guests, 2 running; a key ends\n"
	       "GUEST  STATE    CORES  POLICY  RUN%  STOLEN%  IDLE%  EXITS/s  NOTIFY/s  RESTARTS\n"
	       "linux  running  2-3    static  60.0      0.0   40.0      200        80         2\n"
	       "rt     running  1      static  40.0      0.0   60.0      200        80         0\n"
	       "\033[H\033[Jup 0:01:41, 2 guests, 2 running; a key ends\n"
	       "GUEST  STATE    CORES  POLICY  RUN%  STOLEN%  IDLE%  EXITS/s  NOTIFY/s  RESTARTS\n"
	       "linux  running  2-3    static  60.0      0.0   40.0       50        20         2\n"
	       "rt     running  1      static  40.0      0.0   60.0       50        20         0"
	       "\n");
	fake.keys = fake.now + 4 * FAKE_HZ;
	run("top --json");
	has("{\"uptime_s\": 101.500, \"guests\": [{\"name\": \"linux\", ");
	has("\"exits_per_s\": 50");
	assert_int_equal(fake.keys, 0);
	prints("top -n 0", "");
	fake.controlled = 0;
	board_init();
	prints("top", "no guest may be managed from here\n");
}

static void make_record(void)
{
	struct skerry_crash *c = &fake.record;

	*c = (struct skerry_crash){
		.magic = SKERRY_CRASH_MAGIC, .version = 1, .size = sizeof(*c), .guest = LINUX,
		.vcpu = 1, .core = 3, .exit_count = 2, .name = "linux",
		.cause = "data abort at \"nothing\"", .time = 90 * FAKE_HZ, .hz = FAKE_HZ,
		.life = 2, .esr = 0x92000046, .far = 0xdead0000, .ipa = 0xdead0000,
		.pc = 0xffff800008001234, .sp = 0xffff80000a000000, .pstate = 0x3c5,
		.exits = { { 0, 5 }, { 0x1234, 3 } },
		.stack_size = 16, .stack = { 0xab, 0xcd },
	};
	c->x[30] = 0x77;
	c->crc32 = crc32(0, c, sizeof(*c));
	fake.has_record = 1 << LINUX;
}

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

static void log_put(uint8_t guest, const char *text)
{
	uint8_t size = (uint8_t)strlen(text);
	uint64_t at = ring.head;

	ring.ring[at++ % SKERRY_LOG_SIZE] = guest;
	ring.ring[at++ % SKERRY_LOG_SIZE] = size;
	while (*text) {
		ring.ring[at++ % SKERRY_LOG_SIZE] = (uint8_t)*text++;
	}
	ring.head = at;
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

static struct line line;

static void completes(const char *typed, const char *text, const char *told)
{
	line_init(&line, "> ", 80);
	line_begin(&line);
	line_insert(&line, typed);
	say_flush();
	fake_clear();
	shell_complete(&line);
	say_flush();
	assert_string_equal(line.text, text);
	assert_string_equal(terminal_row(&fake.terminal, fake.terminal.y ? 1 : 60), told);
}

static void tab_completes(void **state)
{
	(void)state;
	completes("li", "list ", "");
	completes("he", "help ", "");
	completes("re", "res", "");
	completes("res", "res", "restart  resume");
	completes("sta", "sta", "start  stats");
	completes("stop l", "stop linux ", "");
	completes("  stop r", "  stop rt ", "");
	completes("stop ", "stop ", "rt  linux");
	completes("info rt --", "info rt --json ", "");
	completes("crash rt --", "crash rt --", "--hex  --json");
	completes("log s", "log skerry ", "");
	completes("help l", "help l", "");
	completes("list ", "list ", "");
	completes("nonsense l", "nonsense l", "");
	completes("xyz", "xyz", "");
	line_init(&line, "> ", 80);
	line_insert(&line, "sto linux");
	line.at = 3;
	shell_complete(&line);
	assert_string_equal(line.text, "stop linux");
	assert_int_equal(line.at, 4);
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

static void random_lines_do_no_harm(void **state)
{
	static const char *const words[] = {
		"list", "info", "start", "stop", "log", "stats", "top", "crash", "help", "uptime",
		"rt", "linux", "4", "99", "--json", "--hex", "-n", "1", "-n2", "-", "skerry", "x",
		"restart", "-nx", "kill", "123456789012345678901234567890123456789",
	};
	char text[LINE_MAX + 1];

	(void)state;
	make_record();
	fake.log = &ring;
	log_put(RT, "hello\n");
	for (int i = 0; i < 20000; i++) {
		text[0] = 0;
		for (int n = rand() % 7; n > 0; n--) {
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 words[(uint32_t)rand() % ARRAY_SIZE(words)],
				 rand() % 9 ? " " : "");
		}
		fake.keys = fake.now + 3 * FAKE_HZ;
		fake.columns = (uint32_t)rand() % 100;
		run(text);
		line_init(&line, "> ", (uint32_t)rand() % 80);
		line_insert(&line, text);
		line.at = (uint32_t)rand() % (line.count + 1);
		shell_complete(&line);
	}
}

static void times_and_sizes_are_for_people(void **state)
{
	(void)state;
	assert_string_equal(text_time(0), "0:00:00");
	assert_string_equal(text_time(FAKE_HZ * 86399), "23:59:59");
	assert_string_equal(text_time(FAKE_HZ * (86400 + 61)), "1 day 0:01:01");
	assert_string_equal(text_time(FAKE_HZ * 86400 * 400), "400 days 0:00:00");
	assert_string_equal(text_size(0), "0 bytes");
	assert_string_equal(text_size(4096), "4 KiB");
	assert_string_equal(text_size(3ull << 30), "3 GiB");
	assert_string_equal(text_size(4097), "4097 bytes");
	assert_string_equal(text_share(1, 0), "0.0");
	assert_string_equal(text_share(1, 3), "33.3");
	assert_string_equal(text_share(UINT64_MAX / 2, UINT64_MAX), "50.0");
	prints("uptime", "up 0:01:40\n");
	prints("uptime --json", "{\"uptime_s\": 100.000}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mistakes_are_named),
		TEST(list_is_aligned),
		TEST(without_statistics_that_is_said),
		TEST(an_act_is_waited_for),
		TEST(waiting_has_an_end),
		TEST(refusals_say_why),
		TEST(info_and_stats_show_all),
		TEST(top_shows_what_is_new),
		TEST(a_crash_is_shown),
		TEST(a_hostile_record_does_no_harm),
		TEST(hex_lines_are_the_record),
		TEST(the_log_comes_line_by_line),
		TEST(the_log_is_found_in_a_ring_that_went_round),
		TEST(tab_completes),
		TEST(every_answer_is_json),
		TEST(random_lines_do_no_harm),
		TEST(times_and_sizes_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
