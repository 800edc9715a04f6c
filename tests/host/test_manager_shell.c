/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's commands on a fake hypervisor: what they show, what they ask for, what they
 * say when something is wrong, and completion.
 */
/* sources: guests/manager/shell.c guests/manager/complete.c guests/manager/line.c
 * guests/manager/say.c guests/manager/json.c guests/manager/board.c guests/manager/words.c
 * guests/manager/show.c guests/manager/act.c guests/manager/top.c guests/manager/crash.c
 * guests/manager/log.c tests/host/fake/fake_manager.c tests/host/fake/fake_guest_text.c
 * tests/host/fake/fake_terminal.c */
#include "manager_shell.h"

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
		TEST(tab_completes),
		TEST(random_lines_do_no_harm),
		TEST(times_and_sizes_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
