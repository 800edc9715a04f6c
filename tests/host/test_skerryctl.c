/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skerryctl: its command line, what an errno of the module becomes, exit statuses, and where
 * errors go. The commands' own output is the manager's tests'.
 */
/* sources: guests/manager/act.c guests/manager/board.c guests/manager/complete.c
 * guests/manager/crash.c guests/manager/json.c guests/manager/line.c guests/manager/log.c
 * guests/manager/say.c guests/manager/shell.c guests/manager/show.c guests/manager/top.c
 * guests/manager/words.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#include <fcntl.h>
#include <errno.h>
#include <cmocka.h>
#include "guests/lib/guest.h"
#include "linux/skerry_ioctl.h"
#include "guests/manager/shell.h"

static struct {
	int open_errno, errno_of_control, write_errno;
	bool is_terminal;
	uint32_t controls;
	uint32_t guest, operation, asked;
	size_t record_size;
	uint8_t record[sizeof(struct skerry_crash)];
	char said[2][65536];		/* on standard output, on standard error */
	size_t count[2];
} fake;

/* --- what the program stands on ---------------------------------------------- */

static int fake_open(const char *path)
{
	assert_string_equal(path, "/dev/skerry");
	errno = fake.open_errno;
	return errno ? -1 : 77;
}

static int fake_stats(struct skerry_stats_request *r)
{
	struct skerry_stats *s = (struct skerry_stats *)(uintptr_t)r->to;

	if (!(fake.controls >> r->guest & 1)) {
		errno = EACCES;
		return -1;
	}
	assert_int_equal(r->size, sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->magic = SKERRY_STATS_MAGIC;
	s->guest = r->guest;
	s->vcpu_count = 1;
	s->state = SKERRY_STATE_RUNNING;
	s->life = 1 + fake.asked;
	s->hz = 1000000;
	strcpy(s->name, r->guest == 2 ? "rt" : "block");
	return sizeof(*s);
}

static int fake_control(const struct skerry_control_request *r)
{
	errno = !(fake.controls >> r->guest & 1) ? EACCES :
		r->operation >= SKERRY_CONTROL_COUNT ? EINVAL : fake.errno_of_control;
	if (errno) {
		return -1;
	}
	fake.guest = r->guest;
	fake.operation = r->operation;
	fake.asked++;
	return 0;
}

static int fake_crash(struct skerry_crash_request *r)
{
	size_t n = fake.record_size - r->offset;

	assert_int_equal(r->offset % 8, 0);
	if (!fake.record_size) {
		errno = ENODATA;
		return -1;
	}
	n = n < sizeof(r->bytes) ? n : sizeof(r->bytes);
	memcpy(r->bytes, fake.record + r->offset, n);
	return (int)n;
}

static int fake_ioctl(int file, unsigned long request, void *argument)
{
	struct skerry_query q = { .guest = 3, .controls = fake.controls, .name = "linux" };

	switch (request) {
	case SKERRY_IOC_QUERY:
		assert_int_equal(file, 77);
		memcpy(argument, &q, sizeof(q));
		return 0;
	case SKERRY_IOC_CONTROL:
		return fake_control(argument);
	case SKERRY_IOC_STATS:
		return fake_stats(argument);
	case SKERRY_IOC_CRASH_READ:
		return fake_crash(argument);
	default:
		errno = ENOTTY;
		return -1;
	}
}

static void said(int file, const char *bytes, size_t count)
{
	size_t *at = &fake.count[file - 1];

	assert_true(*at + count < sizeof(fake.said[0]));
	memcpy(fake.said[file - 1] + *at, bytes, count);
	*at += count;
	fake.said[file - 1][*at] = 0;
}

static ssize_t fake_write(int file, const void *bytes, size_t count)
{
	size_t part = count > 7 ? 7 : count;	/* it need not take all */

	if (fake.write_errno) {
		errno = fake.write_errno;
		return -1;
	}
	said(file, bytes, part);
	return (ssize_t)part;
}

static bool *is_raw;		/* the terminal, which outlives the program */

static int fake_tcsetattr(const struct termios *mode)
{
	*is_raw = !(mode->c_lflag & ICANON);
	return 0;
}

static int fake_fprintf(FILE *file, const char *text, ...)
{
	char line[1000];
	va_list args;
	int n;

	va_start(args, text);
	n = vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	said(file == stdout ? 1 : 2, line, (size_t)n);
	return n;
}

#define open(path, flags)	fake_open(path)
#define ioctl(file, request, at) fake_ioctl(file, request, at)
#define write			fake_write
#define fprintf			fake_fprintf
#define isatty(file)		fake.is_terminal
#define tcgetattr(file, mode)	(*(mode) = (struct termios){ .c_lflag = ICANON | ECHO }, 0)
#define tcsetattr(file, when, mode) fake_tcsetattr(mode)
#define tcflush(file, what)	(void)0
#define time_now()		5000000
#define time_hz()		1000000
#define main			skerryctl
#include "tools/skerryctl/port.c"
#include "tools/skerryctl/skerryctl.c"
#undef main
#undef write
#undef open

/* --- tests -------------------------------------------------------------------- */

static int begin(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.controls = 1 << 0 | 1 << 2;
	return 0;
}

#define run(...)	run_words((char *[]){ "skerryctl", __VA_ARGS__, NULL })

static int run_words(char **words)
{
	int count = 0;

	while (words[count]) {
		count++;
	}
	memset(fake.count, 0, sizeof(fake.count));
	fake.said[0][0] = fake.said[1][0] = 0;
	return skerryctl(count, words);
}

#define assert_said(file, text)	assert_non_null(strstr(fake.said[(file) - 1], text))
#define assert_quiet(file)	assert_string_equal(fake.said[(file) - 1], "")

static void the_words_are_the_managers(void **state)
{
	static const struct {
		char *word;
		uint32_t operation;
	} words[] = {
		{ "start", SKERRY_CONTROL_START }, { "stop", SKERRY_CONTROL_STOP },
		{ "restart", SKERRY_CONTROL_RESTART }, { "pause", SKERRY_CONTROL_PAUSE },
		{ "resume", SKERRY_CONTROL_RESUME },
	};

	(void)state;
	assert_int_equal(run("list"), 0);
	assert_said(1, "block");
	assert_said(1, "rt");
	assert_quiet(2);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(run(words[i].word, "rt"), 0);
		assert_int_equal(fake.guest, 2);
		assert_int_equal(fake.operation, words[i].operation);
		assert_said(1, "rt: running, life ");
	}
	assert_int_equal(run("stop", "0"), 0);
	assert_int_equal(fake.guest, 0);
}

static void errors_have_a_status_and_go_to_standard_error(void **state)
{
	(void)state;
	fake.errno_of_control = EBUSY;
	assert_int_equal(run("resume", "rt"), 1);
	assert_string_equal(fake.said[1], "rt is running: resume is for one that is paused\n");
	assert_quiet(1);
	fake.errno_of_control = EOPNOTSUPP;
	assert_int_equal(run("stop", "rt"), 1);
	assert_said(2, "not supported");
	fake.errno_of_control = EIO;
	assert_int_equal(run("stop", "rt"), 1);
	assert_said(2, "failed");
	assert_int_equal(run("stop", "linux"), 1);
	assert_said(2, "linux");
	assert_int_equal(run("stop", "3"), 1);
	assert_int_equal(run("stop"), 1);
	assert_int_equal(run("list", "rt"), 1);
	assert_int_equal(run("list", "--hex"), 1);
	assert_int_equal(run("crash", "rt"), 1);
	assert_said(2, "rt has no crash record");
	assert_quiet(1);
	assert_int_equal(run("crash", "rt", "--json"), 1);
	assert_said(2, "{\"error\": \"rt has no crash record\"}");
	assert_int_equal(run("list"), 0);
	assert_quiet(2);
}

static void a_wrong_command_line_is_status_2(void **state)
{
	char long_word[LINE_MAX + 1];

	(void)state;
	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = 0;
	assert_int_equal(run_words((char *[]){ "skerryctl", NULL }), 2);
	assert_said(2, "usage: skerryctl COMMAND");
	assert_int_equal(run("rstart", "rt"), 2);
	assert_said(2, "rstart: it has no such command");
	assert_int_equal(run("log"), 2);
	assert_int_equal(run("stop", long_word), 2);
	assert_said(2, "too long");
	assert_int_equal(run("help"), 0);
	assert_said(1, "restart GUEST");
	assert_null(strstr(fake.said[0], "  log"));
	assert_int_equal(fake.asked, 0);
}

static void without_device_or_rights_it_says_so(void **state)
{
	(void)state;
	fake.open_errno = ENOENT;
	assert_int_equal(run("list"), 2);
	assert_said(2, "is the module skerry loaded?");
	fake.open_errno = EACCES;
	assert_int_equal(run("list"), 2);
	assert_said(2, "/dev/skerry: Permission denied");
	fake.open_errno = 0;
	fake.controls = 0;
	assert_int_equal(run("list"), 2);
	assert_said(2, "linux has no control over any guest");
}

static void a_record_in_hex_is_whole(void **state)
{
	struct skerry_crash *r = (struct skerry_crash *)fake.record;
	size_t lines = 0;

	(void)state;
	r->magic = SKERRY_CRASH_MAGIC;
	r->version = SKERRY_CRASH_VERSION;
	r->size = sizeof(*r);
	strcpy(r->name, "rt");
	strcpy(r->cause, "reported by the guest: code 74786574, argument 0");
	r->x[1] = SKERRY_CRASH_TEXT;
	strcpy((char *)&r->x[3], "Attempted to kill\tinit!");
	r->hz = 1000000;
	r->crc32 = crc32(0, r, sizeof(*r));
	fake.record_size = sizeof(*r);
	assert_int_equal(run("crash", "rt", "--hex"), 0);
	for (char *at = fake.said[0]; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		unsigned int offset;

		if (*at) {
			assert_int_equal(sscanf(at, "SKERRY-CRASH rt %04x ", &offset), 1);
			assert_int_equal(offset, 32 * lines++);
		}
	}
	assert_int_equal(lines, (sizeof(*r) + 31) / 32);
	assert_int_equal(strncmp(fake.said[0], "SKERRY-CRASH rt 0000 736b7279", 29), 0);
	assert_int_equal(run("crash", "rt"), 0);
	assert_said(1, "text   Attempted to kill?init!\n");
	assert_null(strstr(fake.said[0], "checksum"));
}

/* Exit status of a program that shows `top` on a terminal and gets a signal, if not 0. */
static int status_of_top(int number)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		int file = open("/dev/null", O_RDONLY);

		if (file < 0 || dup2(file, 0) < 0) {
			_exit(99);
		}
		fake.is_terminal = true;
		status = run("top", "-n", "1");
		if (!*is_raw) {
			_exit(98);
		}
		raise(number);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_terminal_is_as_it_was_however_top_ends(void **state)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE };

	(void)state;
	is_raw = mmap(NULL, sizeof(*is_raw), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	assert_true(is_raw != MAP_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_int_equal(status_of_top(signals[i]), 128 + signals[i]);
		assert_false(*is_raw);
	}
	fake.write_errno = ENOSPC;
	assert_int_equal(status_of_top(SIGINT), 1);
	assert_false(*is_raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_words_are_the_managers, begin),
		cmocka_unit_test_setup(errors_have_a_status_and_go_to_standard_error, begin),
		cmocka_unit_test_setup(a_wrong_command_line_is_status_2, begin),
		cmocka_unit_test_setup(without_device_or_rights_it_says_so, begin),
		cmocka_unit_test_setup(a_record_in_hex_is_whole, begin),
		cmocka_unit_test_setup(the_terminal_is_as_it_was_however_top_ends, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
