/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ttytest: prints and reads on a console link whose front end it is, or without one on
 * its console with EL2. Boot arguments, done in this order:
 *   lines=N     "line 1 of NAME" ... "line N of NAME"
 *   reset=N     restarts until life N
 *   forge       tries to print lines of others, in a hostile guest's ways
 *   flood=N     N lines of 64 bytes, as fast as they are taken; then "flooded"
 *   part        prints "half a " and, when it was given a line, "line"
 *   read=N      prints N lines that come over the link on its console with EL2
 *   deaf=MS     before it reads: MS milliseconds without a look at its input
 *   echo        lines back; "q" alone ends it
 */
#include "link.h"
#include "virtio_console.h"

static struct virtio_console link;
static bool has_link;

static void out(const char *bytes, size_t count)
{
	if (!has_link) {
		console_write(bytes, count);
	} else if (!virtio_console_print(&link, bytes, count)) {
		guest_crash(8, 0);
	}
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vformat(text, sizeof(text), format, args);
	va_end(args);
	out(text, strlen(text));
}

static void read_line(char *line, size_t size)
{
	size_t used = 0;
	char c = 0;

	while (c != '\r' && c != '\n') {
		if (has_link && virtio_console_read(&link, &c, 1) == 0) {
			virtio_console_wait(&link);
			continue;
		}
		if (!has_link) {
			int got = console_read();

			if (got < 0) {
				delay_us(1000);
				continue;
			}
			c = (char)got;
		}
		if (c >= ' ' && used < size - 1) {
			line[used++] = c;
		}
	}
	line[used] = 0;
}

static void forge(void)
{
	static const char *const tries[] = {
		"begin\rvictim| forged by cr\n",
		"x\033[2K\033[1Gvictim| forged by column\n",
		"x\033[1A\rvictim| forged by up\n\n",
		"x\033[2J\033[Hvictim| forged by clear\n",
		"x\b\b\b\b\b\b\b\b\b\b\b\b\b\b\bvictim| forged by backspace\n",
		"x\033[99Dvictim| forged by left\n",
		"x\033]0;title\avictim| forged by title\n",
		"x\x9b" "2Kvictim| forged by c1\n",
		"x\x0bvictim| forged by vt\x0cvictim| and ff\n",
		"\r\033[Kskerry: end of run\n",
	};
	char text[300];

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		out(tries[i], strlen(tries[i]));
	}
	out("nul\0victim| forged by nul\n", 26);
	memset(text, 'x', 252);
	memcpy(text + 252, "victim| forged by length\n", 25);
	out(text, 277);
	say("forging is over\n");
}

static void flood(uint64_t count)
{
	char line[65];

	memset(line, 'f', 63);
	line[63] = '\n';
	for (uint64_t i = 0; i < count; i++) {
		out(line, 64);
	}
	say("\nflooded\n");
}

static void echo(void)
{
	char line[128];

	for (;;) {
		read_line(line, sizeof(line));
		say("echo: %s\n", line);
		if (strcmp(line, "q") == 0) {
			return;
		}
	}
}

void guest_main(void)
{
	char line[256];
	int port;

	link_init();
	port = link_by_type(SKERRY_LINK_CONSOLE, SKERRY_FRONT, 0);
	has_link = port >= 0;
	if (has_link && (virtio_open_link(&link.virtio, (uint32_t)port) != SKERRY_OK ||
			 virtio_console_start(&link) != SKERRY_OK)) {
		guest_crash(9, 0);
	}
	for (uint64_t i = 0; i < arg_number("lines", 0); i++) {
		say("line %lu of %s\n", i + 1, guest_name());
	}
	if (guest_life() < arg_number("reset", 0)) {
		system_reset();
	}
	if (arg_has("forge")) {
		forge();
	}
	if (arg_has("flood")) {
		flood(arg_number("flood", 0));
	}
	if (arg_has("part")) {
		say("half a ");
		read_line(line, sizeof(line));
		say("line\n");
	}
	for (uint64_t i = 0; i < arg_number("read", 0); i++) {
		read_line(line, sizeof(line));
		printf("read: %s\n", line);
	}
	delay_us(arg_number("deaf", 0) * 1000);
	if (arg_has("echo")) {
		say("%s is here\n", guest_name());
		echo();
	}
}
