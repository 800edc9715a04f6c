/* SPDX-License-Identifier: BSD-2-Clause */
/* See ctl.h. One thread; what is said after a complaint goes to standard error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "linux/skerry_ioctl.h"
#include "ctl.h"
#include "guests/manager/shell.h"

static int device = -1;
static struct skerry_query own;
static struct skerry_stats pages[SKERRY_GUEST_MAX];
static bool has_keys;
static struct termios before;		/* has_keys: what the terminal was like */

int vformat(char *to, size_t size, const char *text, va_list args)
{
	int n = vsnprintf(to, size, text, args);

	return n < 0 ? 0 : (size_t)n < size ? n : (int)size - 1;
}

int format(char *to, size_t size, const char *text, ...)
{
	va_list args;
	int n;

	va_start(args, text);
	n = vformat(to, size, text, args);
	va_end(args);
	return n;
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		}
	}
	return ~crc;
}

/* --- the terminal ---------------------------------------------------------- */

static void restore(void)
{
	tcsetattr(0, TCSANOW, &before);
}

static void interrupted(int signal)
{
	restore();
	_exit(128 + signal);
}

static void take_keys(void)
{
	struct termios raw;

	if (!isatty(0) || tcgetattr(0, &before)) {
		return;
	}
	has_keys = true;
	atexit(restore);
	signal(SIGINT, interrupted);
	signal(SIGQUIT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	signal(SIGPIPE, interrupted);	/* `top | head` */
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(0, TCSANOW, &raw);
}

void port_write(const char *bytes, size_t count)
{
	while (count) {
		ssize_t n = write(has_complained ? 2 : 1, bytes, count);

		if (n < 0) {
			fprintf(stderr, "skerryctl: its output: %s\n", strerror(errno));
			exit(1);
		}
		bytes += n;
		count -= (size_t)n;
	}
}

bool port_wait(uint64_t us)
{
	struct pollfd key = { .fd = 0, .events = POLLIN };

	return poll(&key, has_keys, (int)((us + 999) / 1000)) > 0;
}

void port_drop_keys(void)
{
	if (has_keys) {
		tcflush(0, TCIFLUSH);
	}
}

uint32_t port_columns(void)
{
	struct winsize size;

	return isatty(1) && !ioctl(1, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

/* --- /dev/skerry ----------------------------------------------------------- */

bool ctl_knows(const char *command)
{
	for (uint32_t i = 0; i < command_count; i++) {
		if (!strcmp(commands[i].name, command)) {
			return strcmp(command, "help") && strcmp(command, "log");
		}
	}
	return false;
}

bool ctl_open(bool by_keys)
{
	device = open(SKERRY_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0) {
		fprintf(stderr, "skerryctl: " SKERRY_DEVICE ": %s%s\n", strerror(errno),
			errno == ENOENT ? " (is the module skerry loaded?)" : "");
	} else if (ioctl(device, SKERRY_IOC_QUERY, &own)) {
		fprintf(stderr, "skerryctl: " SKERRY_DEVICE ": %s\n", strerror(errno));
	} else if (!own.controls) {
		fprintf(stderr, "skerryctl: %.24s has no control over any guest: the description "
			"gives it, with control = <&GUEST ...>;\n", own.name);
	} else {
		if (by_keys) {
			take_keys();
		}
		return true;
	}
	return false;
}

/* What the module made an errno of */
static int64_t result_of(int result)
{
	if (result >= 0) {
		return result;
	}
	switch (errno) {
	case EACCES:
		return SKERRY_DENIED;
	case EBUSY:
		return SKERRY_BUSY;
	case ENODATA:
		return SKERRY_AGAIN;
	case EINVAL:
		return SKERRY_INVALID;
	case EOPNOTSUPP:
		return SKERRY_NOT_SUPPORTED;
	default:
		return SKERRY_NO_MEMORY;
	}
}

int64_t port_control(uint32_t guest, uint32_t operation)
{
	struct skerry_control_request r = { guest, operation };

	return result_of(ioctl(device, SKERRY_IOC_CONTROL, &r));
}

int64_t port_stats(uint32_t guest)
{
	struct skerry_stats_request r = { .guest = guest, .size = sizeof(pages[0]),
					  .to = (uint64_t)(uintptr_t)&pages[guest] };
	int64_t result = result_of(ioctl(device, SKERRY_IOC_STATS, &r));

	pages[guest].name[SKERRY_NAME_MAX - 1] = '\0';
	return result < 0 ? result : result == sizeof(pages[0]) ? SKERRY_OK : SKERRY_INVALID;
}

const struct skerry_stats *port_page(uint32_t guest)
{
	return port_stats(guest) == SKERRY_OK && pages[guest].magic == SKERRY_STATS_MAGIC ?
	       &pages[guest] : NULL;
}

int64_t port_crash_read(uint32_t guest, uint32_t offset, uint64_t words[16])
{
	struct skerry_crash_request r = { .guest = guest, .offset = offset };
	int64_t result = result_of(ioctl(device, SKERRY_IOC_CRASH_READ, &r));

	memcpy(words, r.bytes, sizeof(r.bytes));
	return result;
}

const struct skerry_log *port_log(void)
{
	return NULL;
}

uint64_t port_now(void)
{
	return time_now();
}

uint64_t port_hz(void)
{
	return time_hz();
}

uint64_t port_begin(void)
{
	return own.begin;
}
